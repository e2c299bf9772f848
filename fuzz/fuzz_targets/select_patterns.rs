//! Feeds `holdall_select::fuzz::patterns`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| drop(holdall_select::fuzz::patterns(data)));
