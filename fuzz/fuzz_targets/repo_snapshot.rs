//! Feeds `holdall_repo::wire::fuzz::snapshot`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| drop(holdall_repo::wire::fuzz::snapshot(data)));
