//! Feeds `holdall_dump::fuzz::dump`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| drop(holdall_dump::fuzz::dump(data)));
