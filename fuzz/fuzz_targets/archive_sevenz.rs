//! Feeds `holdall_archive::fuzz::sevenz`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| drop(holdall_archive::fuzz::sevenz(data)));
