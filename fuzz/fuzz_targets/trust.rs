//! Feeds `holdall::trust::fuzz`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| drop(holdall::trust::fuzz(data)));
