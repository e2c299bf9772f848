//! The seeds of the fuzzer, whole and damaged, are read or refused.

#[test]
fn rules_and_files_are_read_or_refused() {
    holdall_testkit::replay_seeds("secrets", holdall_insight::secrets::fuzz::secrets);
}
