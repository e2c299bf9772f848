//! Trees are written as specified, and the comparison sees every change.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use holdall_testkit::{
    Content, EntrySpec, KindSpec, TreeSpec, arb_tree, cases, compare, hostile_tree, peer,
    rsync_identical,
};
use proptest::prop_assert_eq;
use proptest::test_runner::{Config, TestRunner};
use tempfile::tempdir;

fn copy(a: &Path, b: &Path) {
    let status =
        Command::new("cp").arg("-aT").arg("--sparse=always").arg(a).arg(b).status().unwrap();
    assert!(status.success());
}

#[test]
fn one_spec_written_twice_gives_the_same_tree() {
    let mut runner = TestRunner::new(Config { cases: cases(24), ..Config::default() });
    runner
        .run(&arb_tree(), |spec| {
            let dir = tempdir().unwrap();
            let (a, b) = (dir.path().join("a"), dir.path().join("b"));
            for top in [&a, &b] {
                fs::create_dir(top).unwrap();
                spec.write(top).unwrap();
            }
            same_time_of_the_top(&a, &b);
            prop_assert_eq!(compare(&a, &b), Vec::<String>::new());
            prop_assert_eq!(rsync_identical(&a, &b), Vec::<String>::new());
            Ok(())
        })
        .unwrap();
}

fn same_time_of_the_top(a: &Path, b: &Path) {
    let status = Command::new("touch").arg("-r").arg(a).arg(b).status().unwrap();
    assert!(status.success());
}

#[test]
fn the_hostile_tree_and_its_copy_are_the_same() {
    let dir = tempdir().unwrap();
    let (a, b) = (dir.path().join("a"), dir.path().join("b"));
    fs::create_dir(&a).unwrap();
    let left_out = hostile_tree(&a).unwrap();
    println!("left out: {left_out:?}");
    copy(&a, &b);
    let differences = compare(&a, &b);
    // cp knows nothing of chattr; everything else it brings over.
    let others: Vec<_> = differences.iter().filter(|line| !line.contains(": flags:")).collect();
    assert!(others.is_empty(), "{others:#?}");
    assert_eq!(rsync_identical(&a, &b), Vec::<String>::new());
}

/// A small tree and its copy, then one change to the copy: the comparison must name it.
#[test]
fn each_change_is_seen() {
    check("mode", "f: mode: 644 became 600", |top| {
        fs::set_permissions(top.join("f"), Permissions::from_mode(0o600)).unwrap();
    });
    check("content", "content differs", |top| {
        let time = fs::metadata(top.join("f")).unwrap().modified().unwrap();
        fs::write(top.join("f"), "THAT").unwrap();
        fs::File::options().append(true).open(top.join("f")).unwrap().set_modified(time).unwrap();
    });
    check("time", "f: mtime: 1000s 5ns became", |top| {
        fs::File::options()
            .append(true)
            .open(top.join("f"))
            .unwrap()
            .set_modified(std::time::SystemTime::UNIX_EPOCH)
            .unwrap();
    });
    check("target", "target", |top| {
        fs::remove_file(top.join("l")).unwrap();
        std::os::unix::fs::symlink("elsewhere", top.join("l")).unwrap();
    });
    check("hard link", "hard link of", |top| sh(top, "cp -p h h2 && mv h2 h"));
    check("kind", "kind: fifo became directory", |top| {
        fs::remove_file(top.join("p")).unwrap();
        fs::create_dir(top.join("p")).unwrap();
    });
    check("absence", "only in the first", |top| fs::remove_file(top.join("p")).unwrap());
    check("presence", "only in the second", |top| fs::write(top.join("new"), "").unwrap());
    check("holes", "holes were filled", |top| sh(top, "cp -p --sparse=never s s2 && mv s2 s"));
    check("xattr", "xattrs", |top| {
        if let Some(setfattr) = peer("setfattr") {
            let mut command = setfattr.command(top);
            assert!(command.args(["-n", "user.a", "-v", "other", "f"]).status().unwrap().success());
        }
    });
}

fn sh(dir: &Path, script: &str) {
    let status = Command::new("sh").args(["-c", script]).current_dir(dir).status().unwrap();
    assert!(status.success(), "{script}");
}

fn check(what: &str, expected: &str, change: impl Fn(&Path)) {
    let dir = tempdir().unwrap();
    let (a, b) = (dir.path().join("a"), dir.path().join("b"));
    fs::create_dir(&a).unwrap();
    small().write(&a).unwrap();
    copy(&a, &b);
    assert_eq!(compare(&a, &b), Vec::<String>::new(), "before the change of {what}");
    change(&b);
    let differences = compare(&a, &b).join("\n").replace('"', "");
    assert!(differences.contains(expected), "{what}: {differences}");
}

fn small() -> TreeSpec {
    let entry = |path: &str, kind: KindSpec| EntrySpec {
        path: path.into(),
        kind,
        mode: 0o644,
        mtime: (1000, 5),
        owner: None,
        xattrs: Vec::new(),
    };
    let mut f = entry("f", KindSpec::File(Content::Bytes(b"this".to_vec())));
    f.xattrs.push(("user.a".to_owned(), b"value".to_vec()));
    let sparse = Content::Sparse { length: 1 << 20, pieces: vec![(5, b"x".to_vec())] };
    TreeSpec {
        entries: vec![
            f,
            entry("g", KindSpec::File(Content::Noise { seed: 1, length: 100 })),
            entry("h", KindSpec::HardLink("g".into())),
            entry("l", KindSpec::Symlink("f".into())),
            entry("p", KindSpec::Fifo),
            entry("s", KindSpec::File(sparse)),
        ],
    }
}
