//! Feeds `holdall_archive::fuzz::indexed`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| drop(holdall_archive::fuzz::indexed(data)));
