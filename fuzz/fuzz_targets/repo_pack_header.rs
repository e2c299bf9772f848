//! Feeds `holdall_repo::fuzz::pack_header`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| drop(holdall_repo::fuzz::pack_header(data)));
