//! The fuzzer's seeds.

#[test]
fn sealed_files_and_keys_are_read_without_a_panic_whatever_they_hold() {
    holdall_testkit::replay_seeds("seal_open", holdall_seal::fuzz::open);
}
