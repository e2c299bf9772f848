//! A plan says exactly what its execution changes, and a plan alone changes nothing.

use std::collections::BTreeMap;
use std::path::Path;

use holdall::fs::restore::{Extra, Overwrite};
use holdall::restore::{Existing, RestoreOptions};
use holdall::tree::RelPath;
use holdall_testkit::{arb_tree, compare, is_root};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::{Bed, tree};

/// Each path with what `lstat` says of it: inode, size and times, so that any change shows.
fn look(top: &Path) -> BTreeMap<String, (u64, u64, i64, i64)> {
    use std::os::unix::fs::MetadataExt;
    let mut seen = BTreeMap::new();
    let mut stack = vec![top.to_owned()];
    while let Some(dir) = stack.pop() {
        for entry in std::fs::read_dir(&dir).unwrap() {
            let path = entry.unwrap().path();
            let meta = std::fs::symlink_metadata(&path).unwrap();
            let name = path.strip_prefix(top).unwrap().to_string_lossy().into_owned();
            if meta.is_dir() {
                stack.push(path);
            } else {
                seen.insert(name, (meta.ino(), meta.size(), meta.mtime(), meta.mtime_nsec()));
            }
        }
    }
    seen
}

fn merge() -> RestoreOptions {
    RestoreOptions { existing: Existing::Merge, extra: Extra::Delete, ..RestoreOptions::default() }
}

#[test]
fn a_plan_changes_nothing_and_its_execution_changes_what_it_says() {
    let bed = Bed::new();
    tree(&bed.path("p"), 1);
    let id = bed.snapshot("p");
    tree(&bed.path("p"), 2);
    std::fs::write(bed.path("p/extra"), "x").unwrap();
    let before = look(&bed.path("p"));
    let planned = bed.plan(&id, "p", &merge()).unwrap();
    assert_eq!(look(&bed.path("p")), before);
    assert!(!bed.path(".p.holdall").exists());
    bed.restore(&id, "p", &merge()).unwrap();
    let after = look(&bed.path("p"));
    let mut changed: Vec<String> = before.keys().chain(after.keys()).cloned().collect();
    changed.sort();
    changed.dedup();
    changed.retain(|name| before.get(name) != after.get(name));
    let mut said: Vec<String> = planned.into_iter().filter(|path| changed.contains(path)).collect();
    said.sort();
    assert_eq!(changed, said);
    assert!(bed.plan(&id, "p", &merge()).unwrap().is_empty(), "nothing is left to do");
}

#[test]
fn what_is_kept_or_never_overwritten_stays() {
    let bed = Bed::new();
    tree(&bed.path("p"), 1);
    let id = bed.snapshot("p");
    tree(&bed.path("p"), 2);
    let keep = RestoreOptions { keep: vec![RelPath::parse("d").unwrap()], ..merge() };
    bed.restore(&id, "p", &keep).unwrap();
    assert_eq!(std::fs::read(bed.path("p/a")).unwrap().len(), 100);
    assert_eq!(std::fs::read(bed.path("p/d/b")).unwrap().len(), 400);
    std::fs::remove_file(bed.path("p/link")).unwrap();
    let never = RestoreOptions { overwrite: Overwrite::Never, extra: Extra::Keep, ..merge() };
    bed.restore(&id, "p", &never).unwrap();
    assert_eq!(std::fs::read(bed.path("p/d/b")).unwrap().len(), 400);
    assert!(bed.path("p/link").is_symlink());
}

#[test]
fn editing_a_restored_file_never_reaches_into_a_point() {
    use std::io::Write;
    let bed = Bed::new();
    tree(&bed.path("p"), 1);
    let id = bed.snapshot("p");
    tree(&bed.path("p"), 2);
    bed.restore(&id, "p", &merge()).unwrap();
    // In place, so that every name of the inode would see it.
    let mut file = std::fs::OpenOptions::new().append(true).open(bed.path("p/a")).unwrap();
    file.write_all(b"later").unwrap();
    drop(file);
    bed.rollback("p").unwrap();
    assert_eq!(std::fs::read(bed.path("p/a")).unwrap().len(), 200);
}

#[test]
fn one_restore_at_a_time_and_a_place_that_cannot_be_exchanged_is_refused() {
    let bed = Bed::new();
    tree(&bed.path("p"), 1);
    let id = bed.snapshot("p");
    std::fs::create_dir(bed.path(".p.holdall")).unwrap();
    let state = holdall::disk::Dir::open(&bed.path(".p.holdall")).unwrap();
    let lock =
        holdall::disk::LockFile::acquire(&state, &holdall::tree::Name::parse("lock").unwrap())
            .unwrap();
    tree(&bed.path("p"), 2);
    let error = bed.restore(&id, "p", &merge()).unwrap_err();
    assert!(error.to_string().contains(&std::process::id().to_string()), "{error}");
    drop(lock);
    bed.restore(&id, "p", &merge()).unwrap();
}

#[test]
fn merging_one_tree_into_any_other_gives_the_one() {
    if !is_root() {
        return;
    }
    let bed = Bed::new();
    let count = std::cell::Cell::new(0);
    let mut runner =
        TestRunner::new(Config { cases: 32, max_shrink_iters: 80, ..Config::default() });
    runner
        .run(&(arb_tree(), arb_tree()), |(one, other)| {
            count.set(count.get() + 1);
            let (source, target) = (format!("s{}", count.get()), format!("t{}", count.get()));
            for (name, spec) in [(&source, &one), (&target, &other)] {
                std::fs::create_dir(bed.path(name)).unwrap();
                spec.write(&bed.path(name)).unwrap();
            }
            let before = format!("b{}", count.get());
            let cp = std::process::Command::new("cp")
                .arg("-a")
                .arg(bed.path(&target))
                .arg(bed.path(&before))
                .status();
            assert!(cp.unwrap().success());
            let id = bed.snapshot(&source);
            let report = bed.restore(&id, &target, &merge()).unwrap();
            prop_assert_eq!(report.problems, 0);
            let differences = compare(&bed.path(&source), &bed.path(&target));
            prop_assert!(differences.is_empty(), "{differences:#?}");
            if report.point.is_some() {
                bed.rollback(&target).unwrap();
                let differences = compare(&bed.path(&before), &bed.path(&target));
                prop_assert!(differences.is_empty(), "after going back: {differences:#?}");
            }
            Ok(())
        })
        .unwrap();
}
