//! Feeds `holdall_fs::fuzz::record`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| drop(holdall_fs::fuzz::record(data)));
