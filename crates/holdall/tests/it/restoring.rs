//! A plan says exactly what its execution changes, and a plan alone changes nothing.

use std::collections::BTreeMap;
use std::path::Path;

use holdall::fs::restore::{Extra, Overwrite};
use holdall::repo::Id;
use holdall::restore::{Existing, RestoreOptions};
use holdall::tree::RelPath;
use holdall_testkit::{EntrySpec, KindSpec, TreeSpec, arb_tree, compare, is_root};
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

fn copy(from: &Path, to: &Path) {
    let cp = std::process::Command::new("cp").arg("-a").arg(from).arg(to).status();
    assert!(cp.unwrap().success());
}

/// Gives `to` the times of `from`.
fn take_times(from: &Path, to: &Path) {
    let touch = std::process::Command::new("touch").arg("-r").arg(from).arg(to).status();
    assert!(touch.unwrap().success());
}

/// Names of one file in the directory `p`, which is empty before; every file has the same size and time.
fn linked(bed: &Bed, groups: &[&[&str]]) {
    let top = bed.path("p");
    std::fs::create_dir_all(&top).unwrap();
    for entry in std::fs::read_dir(&top).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    for group in groups {
        let (first, others) = group.split_first().unwrap();
        let file = std::fs::File::create(top.join(first)).unwrap();
        std::io::Write::write_all(&mut &file, b"content").unwrap();
        let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
        file.set_modified(time).unwrap();
        for other in others {
            std::fs::hard_link(top.join(first), top.join(other)).unwrap();
        }
    }
}

#[test]
fn names_of_one_file_are_names_of_one_file_again() {
    let check = |before: &[&[&str]], after: &[&[&str]]| {
        let bed = Bed::new();
        linked(&bed, before);
        let id = bed.snapshot("p");
        copy(&bed.path("p"), &bed.path("q"));
        linked(&bed, after);
        bed.restore(&id, "p", &merge()).unwrap();
        let differences = compare(&bed.path("q"), &bed.path("p"));
        assert!(differences.is_empty(), "{after:?} to {before:?}: {differences:#?}");
        assert!(bed.plan(&id, "p", &merge()).unwrap().is_empty(), "{after:?} to {before:?}");
    };
    let all: &[&[&[&str]]] = &[
        &[&["a", "b", "c", "d"]],
        &[&["a", "b"], &["c", "d"]],
        &[&["a", "c"], &["b", "d"]],
        &[&["a", "b"], &["c"]],
        &[&["b", "c"], &["d"]],
    ];
    for before in all {
        for after in all {
            check(before, after);
        }
    }
}

#[test]
fn a_file_that_loses_a_name_is_not_shared_with_the_point() {
    use std::io::Write;
    let bed = Bed::new();
    linked(&bed, &[&["a", "b", "c"]]);
    let id = bed.snapshot("p");
    linked(&bed, &[&["a", "b", "c", "x"]]);
    std::fs::create_dir(bed.path("p/d")).unwrap();
    std::fs::rename(bed.path("p/x"), bed.path("p/d/x")).unwrap();
    bed.restore(&id, "p", &merge()).unwrap();
    // In place, so that every name of the inode would see it.
    let mut file = std::fs::OpenOptions::new().append(true).open(bed.path("p/a")).unwrap();
    file.write_all(b"later").unwrap();
    drop(file);
    assert_eq!(std::fs::read(bed.path("p/c")).unwrap(), b"contentlater");
    bed.rollback("p").unwrap();
    assert_eq!(std::fs::read(bed.path("p/d/x")).unwrap(), b"content");
    assert_eq!(std::fs::read(bed.path("p/a")).unwrap(), b"content");
}

/// What is left of `one` where `bits` says so, and what `other` has beside it: most of it is as in `one`.
fn mixed(one: &TreeSpec, other: &TreeSpec, bits: &[bool]) -> TreeSpec {
    let mut entries: Vec<EntrySpec> = Vec::new();
    let is_dir = |entries: &[EntrySpec], path: &Path| {
        path.as_os_str().is_empty()
            || entries.iter().any(|entry| entry.path == path && entry.kind == KindSpec::Dir)
    };
    for (entry, keep) in one.entries.iter().zip(bits.iter().cycle()) {
        if !keep || !is_dir(&entries, entry.path.parent().unwrap()) {
            continue;
        }
        let mut entry = entry.clone();
        if let KindSpec::HardLink(first) = &entry.kind
            && !entries.iter().any(|other| other.path == *first)
        {
            // The name stays, as a file of its own that looks the same.
            let same = one.entries.iter().find(|other| other.path == *first).unwrap();
            entry = EntrySpec { path: entry.path, ..same.clone() };
        }
        entries.push(entry);
    }
    for entry in &other.entries {
        let taken = entries.iter().any(|ours| ours.path == entry.path);
        let mut entry = entry.clone();
        let linked = match &entry.kind {
            KindSpec::HardLink(first) => entries
                .iter()
                .any(|ours| ours.path == *first && matches!(ours.kind, KindSpec::File(_))),
            _ => true,
        };
        if taken || !linked || !is_dir(&entries, entry.path.parent().unwrap()) {
            continue;
        }
        // A file of the same size and time counts as the same one.
        entry.mtime.0 += i64::from(one.entries.iter().any(|twin| twin.path == entry.path)) * 7;
        entries.push(entry);
    }
    TreeSpec { entries }
}

#[test]
fn merging_one_tree_into_any_other_gives_the_one() {
    if !is_root() {
        return;
    }
    let bed = Bed::new();
    let count = std::cell::Cell::new(0);
    let mut runner = TestRunner::new(Config {
        cases: holdall_testkit::cases(32),
        max_shrink_iters: 80,
        ..Config::default()
    });
    let trees = (arb_tree(), arb_tree(), prop::collection::vec(any::<bool>(), 1..40))
        .prop_map(|(one, other, bits)| (mixed(&one, &other, &bits), one));
    runner
        .run(&(trees, any::<bool>()), |((other, one), below)| {
            count.set(count.get() + 1);
            let (source, target) = (format!("s{}", count.get()), format!("t{}", count.get()));
            // All that differs may lie below what does not.
            let place = if below { "x/y" } else { "" };
            for (name, spec) in [(&source, &one), (&target, &other)] {
                std::fs::create_dir_all(bed.path(name).join(place)).unwrap();
                spec.write(&bed.path(name).join(place)).unwrap();
            }
            if below {
                let beside = |name: &str| bed.path(name).join("x/beside");
                std::fs::write(beside(&source), "beside").unwrap();
                copy(&beside(&source), &beside(&target));
                for dir in ["x", ""] {
                    take_times(&bed.path(&source).join(dir), &bed.path(&target).join(dir));
                }
            }
            let before = format!("b{}", count.get());
            copy(&bed.path(&target), &bed.path(&before));
            let id = bed.snapshot(&source);
            let report = bed.restore(&id, &target, &merge()).unwrap();
            prop_assert_eq!(report.problems, 0);
            let differences = compare(&bed.path(&source), &bed.path(&target));
            prop_assert!(differences.is_empty(), "{differences:#?}");
            prop_assert!(bed.plan(&id, &target, &merge()).unwrap().is_empty());
            if report.point.is_some() {
                bed.rollback(&target).unwrap();
                let differences = compare(&bed.path(&before), &bed.path(&target));
                prop_assert!(differences.is_empty(), "after going back: {differences:#?}");
            }
            Ok(())
        })
        .unwrap();
}

fn inode(bed: &Bed, path: &str) -> u64 {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(bed.path(path)).unwrap().ino()
}

/// Two trees that differ far below and nowhere else: a snapshot of the new one, and the old one as `p`, of which `old` is a
/// copy. The directory above what differs is prepared before.
fn differing_below(bed: &Bed, prepare: impl FnOnce(&Path)) -> Id {
    tree(&bed.path("p"), 1);
    std::fs::create_dir_all(bed.path("p/d/e/f")).unwrap();
    std::fs::write(bed.path("p/d/e/f/same"), "same").unwrap();
    prepare(&bed.path("p/d"));
    let id = bed.snapshot("p");
    copy(&bed.path("p"), &bed.path("new"));
    std::fs::write(bed.path("p/d/e/c"), "changed").unwrap();
    std::fs::write(bed.path("p/d/e/f/extra"), "extra").unwrap();
    copy(&bed.path("p"), &bed.path("old"));
    id
}

#[test]
fn only_the_directory_that_holds_all_that_changes_is_exchanged() {
    let bed = Bed::new();
    let id = differing_below(&bed, |_| ());
    let stays = ["p", "p/d", "p/a", "p/d/b", "p/d/e/f/same"].map(|path| (path, inode(&bed, path)));
    let goes = ["p/d/e", "p/d/e/f"].map(|path| (path, inode(&bed, path)));
    let report = bed.restore(&id, "p", &merge()).unwrap();
    assert_eq!((report.files, report.problems), (1, 0));
    assert_eq!(compare(&bed.path("new"), &bed.path("p")), Vec::<String>::new());
    assert!(stays.iter().all(|(path, before)| inode(&bed, path) == *before));
    assert!(goes.iter().all(|(path, before)| inode(&bed, path) != *before));
    // What did not change is in no point, and editing it reaches into none.
    assert!(!bed.path(".p.holdall/points/000001/tree/a").exists());
    assert!(!bed.path(".p.holdall/points/000001/tree/d/e/f/same").exists());
    std::fs::write(bed.path("p/a"), "edited since").unwrap();
    std::fs::write(bed.path("old/a"), "edited since").unwrap();
    bed.rollback("p").unwrap();
    let differences = compare(&bed.path("old"), &bed.path("p"));
    assert!(differences.iter().all(|line| line.starts_with("\"a\": mtime")), "{differences:#?}");
    bed.rollback("p").unwrap();
    assert_eq!(
        std::fs::read(bed.path("p/d/e/c")).unwrap(),
        std::fs::read(bed.path("new/d/e/c")).unwrap()
    );
}

#[test]
fn where_one_directory_cannot_be_exchanged_the_whole_target_is() {
    let bed = Bed::new();
    let can = std::cell::Cell::new(false);
    let id = differing_below(&bed, |above| can.set(chattr(&["+i"], above)));
    let before = inode(&bed, "p");
    let restored = bed.restore(&id, "p", &merge());
    let files = |top: &str| look(&bed.path(top)).into_keys().collect::<Vec<_>>();
    let (found, wanted) = (files("p"), files("new"));
    let back = bed.rollback("p");
    let (again, old) = (files("p"), files("old"));
    chattr(&["-R", "-i"], &bed.path(""));
    restored.unwrap();
    back.unwrap();
    assert_eq!((found, again), (wanted, old));
    assert_eq!(inode(&bed, "p") != before, can.get());
}

/// Sets or clears a file attribute. False where that cannot be done.
fn chattr(how: &[&str], path: &Path) -> bool {
    let done = std::process::Command::new("chattr").args(how).arg(path).output();
    done.is_ok_and(|output| output.status.success())
}

#[test]
fn a_directory_that_lets_nothing_go_stops_neither_a_restore_nor_the_way_back() {
    use std::os::unix::fs::PermissionsExt;
    let bed = Bed::new();
    std::fs::create_dir_all(bed.path("p/d")).unwrap();
    std::fs::write(bed.path("p/d/same"), "same").unwrap();
    std::fs::write(bed.path("p/a"), "first").unwrap();
    let id = bed.snapshot("p");
    // Root may take names out of a directory without write permission, but not out of an immutable one.
    std::fs::set_permissions(bed.path("p/d"), std::fs::Permissions::from_mode(0o555)).unwrap();
    if is_root() && !chattr(&["+i"], &bed.path("p/d")) {
        return;
    }
    std::fs::write(bed.path("p/a"), "second one").unwrap();
    let restored = bed.restore(&id, "p", &merge());
    std::fs::write(bed.path("p/a"), "a third one").unwrap();
    let again = bed.restore(&id, "p", &merge());
    let back = bed.rollback("p");
    let found = std::fs::read_to_string(bed.path("p/a"));
    chattr(&["-R", "-i"], &bed.path(""));
    restored.unwrap();
    again.unwrap();
    back.unwrap();
    assert_eq!(found.unwrap(), "a third one");
    assert_eq!(std::fs::read_to_string(bed.path("p/d/same")).unwrap(), "same");
}

#[test]
fn an_immutable_file_gets_all_its_names() {
    use std::os::unix::fs::MetadataExt;
    let bed = Bed::new();
    linked(&bed, &[&["a", "b", "c"]]);
    if !chattr(&["+i"], &bed.path("p/a")) {
        return;
    }
    let id = bed.snapshot("p");
    let new = bed.restore(&id, "q", &merge());
    // An immutable file takes no name from the staged tree either.
    std::fs::write(bed.path("q/more"), "more").unwrap();
    std::fs::write(bed.path("p/more"), "changed").unwrap();
    let more = bed.snapshot("p");
    let over = bed.restore(&more, "q", &merge());
    let immutable = std::fs::OpenOptions::new().append(true).open(bed.path("q/b")).is_err();
    chattr(&["-R", "-i"], &bed.path(""));
    assert_eq!((new.unwrap().problems, over.unwrap().problems), (0, 0));
    let inode = |name: &str| std::fs::metadata(bed.path(name)).unwrap().ino();
    assert_eq!((inode("q/b"), inode("q/c")), (inode("q/a"), inode("q/a")));
    assert!(immutable);
}

#[test]
fn what_cannot_be_replaced_does_not_go() {
    let bed = Bed::new();
    std::fs::create_dir(bed.path("p")).unwrap();
    let mut state = 1u64;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    });
    let noise: Vec<u8> = noise.take(100_000).collect();
    std::fs::write(bed.path("p/damaged"), &noise).unwrap();
    std::fs::hard_link(bed.path("p/damaged"), bed.path("p/too")).unwrap();
    let id = bed.snapshot("p");
    let packs = look(&bed.path("repo/data"));
    let (largest, _) = packs.iter().max_by_key(|(_, (_, size, ..))| *size).unwrap();
    let pack = bed.path("repo/data").join(largest);
    let mut bytes = std::fs::read(&pack).unwrap();
    bytes.iter_mut().skip(50_000).take(8).for_each(|byte| *byte = !*byte);
    std::fs::set_permissions(&pack, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    std::fs::write(&pack, bytes).unwrap();
    std::fs::remove_file(bed.path("p/damaged")).unwrap();
    std::fs::write(bed.path("p/damaged"), "what is there now").unwrap();
    let report = bed.restore(&id, "p", &merge()).unwrap();
    assert!(report.problems > 0);
    assert_eq!(std::fs::read(bed.path("p/damaged")).unwrap(), b"what is there now");
    assert_eq!(std::fs::read(bed.path("p/too")).unwrap(), noise);
}
