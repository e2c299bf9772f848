//! Feeds `holdall_insight::secrets::fuzz::secrets`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| drop(holdall_insight::secrets::fuzz::secrets(data)));
