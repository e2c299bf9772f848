//! A dry run says what a run would do, and writes nothing at all.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use holdall_testkit::Home;

use crate::{home, init, with_repo};

/// Everything beneath a directory with what changes when it is written: also the times of directories, in which even
/// a file that came and went leaves its mark.
fn state(dir: &Path) -> BTreeMap<PathBuf, (u64, u64, i64, i64)> {
    let mut found = BTreeMap::new();
    let mut open = vec![dir.to_path_buf()];
    while let Some(path) = open.pop() {
        let meta = path.symlink_metadata().unwrap();
        found.insert(path.clone(), (meta.ino(), meta.size(), meta.mtime(), meta.mtime_nsec()));
        if meta.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    found
}

/// A home with two snapshots, a restore point, a second key and something that may be pruned.
fn busy() -> Home {
    let home = home();
    init(&home);
    home.write("p/a", "one\n");
    home.write("p/sub/b", "b");
    home.write("password", "other\n");
    with_repo(&home, &["snapshot", "p"]).output().ok();
    home.write("p/a", "two\n");
    with_repo(&home, &["snapshot", "p"]).output().ok();
    home.write("p/a", "three\n");
    with_repo(&home, &["restore", "@latest", "--yes"]).output().ok();
    home.write("p/a", "four\n");
    with_repo(&home, &["repo", "key", "add", "--new-password-file", "password"]).output().ok();
    home
}

#[test]
fn a_dry_run_of_every_command_that_writes_leaves_every_file_and_directory_as_it_was() {
    let home = busy();
    let before = (state(&home.work()), state(&home.home()));
    let keys = with_repo(&home, &["repo", "key", "list", "--json"]).output().success().text();
    let keys: serde_json::Value = serde_json::from_str(&keys).unwrap();
    let other = keys["keys"].as_array().unwrap().iter().find(|key| key["current"] == false);
    let other = other.unwrap()["id"].as_str().unwrap().to_owned();
    // Listing keys took a lock.
    let before = (state(&home.work()), before.1);
    let check = |args: &[&str], said: &str| {
        for json in [false, true] {
            let mut all = args.to_vec();
            all.push("--dry-run");
            all.extend(json.then_some("--json"));
            let outcome = with_repo(&home, &all).output().success();
            if !json {
                assert!(outcome.text().contains(said), "{args:?}: {}", outcome.text());
            } else if !args.contains(&"man") && !args.contains(&"--documents") {
                let document: serde_json::Value = serde_json::from_str(&outcome.text()).unwrap();
                assert_eq!(document["schema_version"], 1, "{args:?}");
            }
            assert_eq!((state(&home.work()), state(&home.home())), before, "{args:?}");
        }
    };
    check(&["snapshot", "p"], "would capture 2 files");
    check(&["snapshot", "--stdin", "--stdin-name", "x"], "standard input as x");
    check(&["archive", "p", "-o", "p.tar.zst"], "would write 2 files");
    check(&["archive", "@latest", "-o", "p/p.zip"], "as zip");
    check(&["convert", "p", "p.tar.zst"], "would write 2 files");
    check(&["convert", "p", "new"], "+ sub/b");
    check(&["restore", "@latest"], "M a");
    check(&["restore", "@latest", "--to", "new"], "+ sub/b");
    check(&["restore", "@latest", "--delete", "--overwrite", "always"], "M a");
    check(&["rollback", "--target", "p"], "M a");
    check(&["clone", "p", "clone"], "+ sub/b");
    check(&["clone", "p", "clones", "--incremental"], "+ sub/b");
    check(&["clone", "@latest", "p", "--delete"], "M a");
    check(&["repo", "forget", "--keep-last", "1"], "no rule keeps it");
    check(&["repo", "forget", "--keep-last", "1", "--prune"], "would be freed");
    check(&["repo", "forget", "latest"], "would remove");
    check(&["repo", "prune"], "nothing to prune");
    check(&["repo", "check", "--read-data"], "no problems");
    check(&["repo", "key", "add"], "would add");
    check(&["repo", "key", "passwd"], "would replace");
    check(&["repo", "key", "remove", &other], "would remove");
    check(&["repo", "unlock", "--all"], "");
    check(&["man", "manual"], "would write");
    check(&["config", "schema", "--documents", "schemas"], "would write");
    // The repository of the home itself does not exist, and is not made.
    for args in [&["snapshot", "p"][..], &["repo", "init"], &["snapshot", "--stdin"]] {
        home.run(args).arg("--dry-run").output().ok();
        assert_eq!((state(&home.work()), state(&home.home())), before, "{args:?}");
    }
}

#[test]
fn a_dry_run_is_refused_where_the_run_is() {
    let home = busy();
    for (args, code) in [
        (&["repo", "init"][..], 1),
        (&["repo", "forget", "--keep-last", "0"], 4),
        (&["repo", "key", "remove", "zz"], 4),
        (&["restore", "@latest", "--to", "p"], 4),
        (&["restore", "@latest", "--max-files", "0"], 4),
        (&["rollback", "--target", "p", "--to", "99"], 1),
        (&["snapshot", "nosuch"], 1),
    ] {
        let real = with_repo(&home, args).arg("--yes").output().exits(code);
        let dry = with_repo(&home, args).arg("--dry-run").output().exits(code);
        assert_eq!(real.error_text(), dry.error_text(), "{args:?}");
    }
}

#[test]
fn what_a_dry_run_lists_is_what_the_run_does() {
    let home = busy();
    let listed = with_repo(&home, &["snapshot", "p", "--dry-run", "--verbose", "--json"]);
    let listed: serde_json::Value =
        serde_json::from_str(&listed.output().success().text()).unwrap();
    let taken = with_repo(&home, &["snapshot", "p", "--json"]).output().success().text();
    let taken: serde_json::Value = serde_json::from_str(&taken).unwrap();
    assert_eq!(listed["bytes"], taken["bytes"]);
    let captured = with_repo(&home, &["ls", "@latest", "-R"]).output().success().text();
    let root = home.path("p").canonicalize().unwrap();
    let captured: Vec<String> =
        captured.lines().map(|line| format!("{}/{line}", root.display())).collect();
    let listed: Vec<&str> =
        listed["paths"].as_array().unwrap().iter().map(|path| path.as_str().unwrap()).collect();
    assert_eq!(listed, captured);

    // What a prune would free after a forget is what it frees.
    let forget = ["repo", "forget", "--keep-last", "1", "--prune", "--json"];
    let document = |outcome: holdall_testkit::Outcome| -> serde_json::Value {
        serde_json::from_str(&outcome.success().text()).unwrap()
    };
    let dry = document(with_repo(&home, &forget).arg("--dry-run").output());
    let real = document(with_repo(&home, &forget).output());
    assert_eq!(dry["groups"], real["groups"]);
    assert_eq!(dry["prune"]["bytes_gained"], real["prune"]["bytes_gained"]);
    assert_eq!(dry["prune"]["packs_unused"], real["prune"]["packs_unused"]);
    assert!(real["prune"]["packs_removed"].as_u64().unwrap() > 0, "{real}");
}
