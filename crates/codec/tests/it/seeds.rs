//! The fuzzer's seeds.

#[test]
fn every_format_is_read_without_a_panic_whatever_it_holds() {
    holdall_testkit::replay_seeds("codec_decode", holdall_codec::fuzz::decode);
}
