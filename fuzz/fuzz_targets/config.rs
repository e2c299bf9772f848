//! Feeds `holdall::config::fuzz`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| drop(holdall::config::fuzz(data)));
