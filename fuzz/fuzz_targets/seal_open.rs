//! Feeds `holdall_seal::fuzz::open`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| drop(holdall_seal::fuzz::open(data)));
