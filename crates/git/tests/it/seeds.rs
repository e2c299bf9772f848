//! The seeds of the fuzzer, whole and damaged, are read or refused.

use holdall_git::fuzz;
use holdall_testkit::replay_seeds;

#[test]
fn a_tree_is_read_or_refused() {
    replay_seeds("git_tree", fuzz::tree);
}

#[test]
fn the_list_of_submodules_is_read_or_refused() {
    replay_seeds("git_modules", fuzz::modules);
}
