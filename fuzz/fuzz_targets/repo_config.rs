//! Feeds `holdall_repo::fuzz::repo_config`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| drop(holdall_repo::fuzz::repo_config(data)));
