//! Feeds `holdall::delta::fuzz::directory`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| drop(holdall::delta::fuzz::directory(data)));
