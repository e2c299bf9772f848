//! Feeds `holdall_codec::fuzz::decode`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| drop(holdall_codec::fuzz::decode(data)));
