//! The fuzzer's seeds.

#[test]
fn signatures_and_deltas_are_read_without_a_panic_whatever_they_hold() {
    holdall_testkit::replay_seeds("codec_delta", holdall_codec::fuzz::delta);
}

#[test]
fn every_format_is_read_without_a_panic_whatever_it_holds() {
    holdall_testkit::replay_seeds("codec_decode", holdall_codec::fuzz::decode);
}
