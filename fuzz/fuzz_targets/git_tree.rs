//! Feeds `holdall_git::fuzz::tree`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| drop(holdall_git::fuzz::tree(data)));
