//! Feeds `holdall_archive::fuzz::tar`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| drop(holdall_archive::fuzz::tar(data)));
