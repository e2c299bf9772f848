//! The seeds of the fuzzer, whole and damaged, are read or refused.

#[test]
fn a_configuration_is_read_or_refused() {
    holdall_testkit::replay_seeds("config", holdall::config::fuzz);
}
