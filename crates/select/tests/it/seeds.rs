//! The seeds of the fuzzer, whole and damaged, are read or refused.

#[test]
fn an_ignore_file_is_read_or_refused() {
    holdall_testkit::replay_seeds("select_patterns", holdall_select::fuzz::patterns);
}
