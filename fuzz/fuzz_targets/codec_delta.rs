//! Feeds `holdall_codec::fuzz::delta`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| drop(holdall_codec::fuzz::delta(data)));
