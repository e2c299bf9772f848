//! Feeds `holdall_repo::wire::fuzz::tree`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| drop(holdall_repo::wire::fuzz::tree(data)));
