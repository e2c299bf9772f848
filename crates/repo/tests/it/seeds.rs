//! The seeds of the fuzzer, whole and damaged, are read or refused.

use holdall_repo::{fuzz, wire};
use holdall_testkit::replay_seeds;

#[test]
fn a_key_file_is_read_or_refused() {
    replay_seeds("repo_key_file", fuzz::key_file);
}

#[test]
fn a_configuration_is_read_or_refused() {
    replay_seeds("repo_config", fuzz::repo_config);
}

#[test]
fn a_pack_header_is_read_or_refused() {
    replay_seeds("repo_pack_header", fuzz::pack_header);
}

#[test]
fn an_index_is_read_or_refused() {
    replay_seeds("repo_index", fuzz::index);
}

#[test]
fn a_lock_is_read_or_refused() {
    replay_seeds("repo_lock", fuzz::lock);
}

#[test]
fn an_encoding_is_read_or_refused() {
    replay_seeds("repo_unpacked", fuzz::unpacked);
}

#[test]
fn a_tree_is_read_or_refused() {
    replay_seeds("repo_tree", wire::fuzz::tree);
}

#[test]
fn a_snapshot_is_read_or_refused() {
    replay_seeds("repo_snapshot", wire::fuzz::snapshot);
}
