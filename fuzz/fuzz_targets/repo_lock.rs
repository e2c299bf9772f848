//! Feeds `holdall_repo::fuzz::lock`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| drop(holdall_repo::fuzz::lock(data)));
