//! Trees with everything that a file system allows come back exactly.

use holdall_testkit::{arb_tree, compare, hostile_tree, is_root, rsync_identical};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::{home, init, with_repo};

#[test]
fn a_tree_with_everything_comes_back_exactly() {
    let home = home();
    init(&home);
    let tree = home.path("tree");
    std::fs::create_dir(&tree).unwrap();
    hostile_tree(&tree).unwrap();
    with_repo(&home, &["snapshot", "tree"]).output().success();
    let back = with_repo(&home, &["restore", "@latest", "--to", "back", "--verify"]).output();
    if is_root() {
        back.success();
        let differences = compare(&tree, &home.path("back"));
        assert!(differences.is_empty(), "{differences:#?}");
        assert!(rsync_identical(&tree, &home.path("back")).is_empty());
    }
    // A file that was made within a tick of the clock before a snapshot began is read again by the next one, so it is
    // the third that takes everything over.
    with_repo(&home, &["snapshot", "tree"]).output().success();
    let again = with_repo(&home, &["snapshot", "tree", "--json"]).output().success().text();
    let again: serde_json::Value = serde_json::from_str(&again).unwrap();
    assert_eq!(again["files_new"], 0);
    assert_eq!(again["files_changed"], 0);
}

#[test]
fn arbitrary_trees_come_back_exactly() {
    let home = home();
    init(&home);
    let count = std::cell::Cell::new(0);
    let mut runner = TestRunner::new(Config {
        cases: holdall_testkit::cases(24),
        max_shrink_iters: 60,
        ..Config::default()
    });
    runner
        .run(&arb_tree(), |spec| {
            count.set(count.get() + 1);
            let nr = count.get();
            let (tree, back) = (format!("tree{nr}"), format!("back{nr}"));
            std::fs::create_dir(home.path(&tree)).unwrap();
            spec.write(&home.path(&tree)).unwrap();
            with_repo(&home, &["snapshot", &tree]).output().success();
            let outcome = with_repo(&home, &["restore", "@latest", "--to", &back]).output();
            prop_assert!(outcome.code == 0 || !is_root(), "{}", outcome.error_text());
            let differences = compare(&home.path(&tree), &home.path(&back));
            prop_assert!(differences.is_empty() || !is_root(), "{differences:#?}");
            let merged =
                with_repo(&home, &["restore", "@latest", "--to", &back, "--delete", "--yes"])
                    .output();
            prop_assert!(
                merged.text().contains("as it should be already") || !is_root(),
                "{}",
                merged.text()
            );
            Ok(())
        })
        .unwrap();
}
