//! Feeds `holdall_git::fuzz::modules`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| drop(holdall_git::fuzz::modules(data)));
