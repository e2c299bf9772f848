//! The seeds of the fuzzer, whole and damaged, are read or refused.

#[test]
fn damaged_dumps_are_read_or_refused() {
    holdall_testkit::replay_seeds("dump", holdall_dump::fuzz::dump);
}
