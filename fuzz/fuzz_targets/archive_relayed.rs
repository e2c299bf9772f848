//! Feeds `holdall_archive::fuzz::relayed`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| drop(holdall_archive::fuzz::relayed(data)));
