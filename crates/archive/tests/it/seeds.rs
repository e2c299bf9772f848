//! The fuzzer's seeds.

#[test]
fn every_tar_is_read_the_same_in_both_ways_or_refused_in_both() {
    holdall_testkit::replay_seeds("archive_tar", holdall_archive::fuzz::tar);
}

#[test]
fn every_zip_is_read_or_refused() {
    holdall_testkit::replay_seeds("archive_zip", holdall_archive::fuzz::zip);
}

#[test]
fn every_7z_is_read_the_same_at_once_and_one_by_one_or_refused() {
    holdall_testkit::replay_seeds("archive_sevenz", holdall_archive::fuzz::sevenz);
}

#[test]
fn every_index_says_what_the_archive_does_or_is_refused() {
    holdall_testkit::replay_seeds("archive_indexed", holdall_archive::fuzz::indexed);
}

#[test]
fn answers_of_a_parser_out_of_reach_are_refused_or_read_as_they_say() {
    holdall_testkit::replay_seeds("archive_relayed", holdall_archive::fuzz::relayed);
}
