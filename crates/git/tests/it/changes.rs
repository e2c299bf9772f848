//! What changed since a revision, against `git diff`.

use std::collections::BTreeMap;
use std::fs;

use holdall_git::{Change, ChangeKind, Changes, Error, Until};

use crate::support::Repo;

const LIMIT: u64 = 1 << 20;

fn based() -> Option<Repo> {
    let repo = Repo::new()?;
    for at in 0..5 {
        repo.write(format!("keep{at}"), format!("kept {at}\n"));
    }
    repo.write("edit", "one\n");
    repo.write("gone", "gone for good\n");
    repo.write("move/me", (0..30).map(|at| format!("line {at}\n")).collect::<String>());
    repo.write("move/exact", "exactly the same bytes\n");
    repo.write("mode", "m\n");
    repo.write("type", "t\n");
    repo.write(".gitignore", "*.log\n");
    repo.commit_all();
    Some(repo)
}

fn edited() -> Option<Repo> {
    let repo = based()?;
    repo.write("edit", "two\n");
    repo.remove("gone");
    fs::create_dir(repo.path("to")).unwrap();
    fs::rename(repo.path("move/me"), repo.path("to/you")).unwrap();
    let text = fs::read_to_string(repo.path("to/you")).unwrap();
    repo.write("to/you", text.replace("line 7\n", "line seven\n"));
    fs::rename(repo.path("move/exact"), repo.path("to/exact")).unwrap();
    repo.mode("mode", 0o755);
    repo.remove("type");
    repo.link("type", "edit");
    repo.write("new ü", "new\n");
    repo.write("x.log", "ignored\n");
    Some(repo)
}

fn summary(changes: &Changes<'_>) -> BTreeMap<String, String> {
    let word = |change: &Change| match &change.kind {
        ChangeKind::Renamed { from } => format!("Renamed from {from}"),
        other => format!("{other:?}"),
    };
    changes.list().iter().map(|change| (change.path.to_string(), word(change))).collect()
}

fn of(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(path, word)| ((*path).to_owned(), (*word).to_owned())).collect()
}

#[test]
fn the_work_tree_is_compared_with_what_is_new_in_it() {
    let Some(repo) = edited() else { return };
    let git = repo.open();
    let expected = of(&[
        ("edit", "Modified"),
        ("gone", "Deleted"),
        ("mode", "ModeChanged"),
        ("new ü", "Added"),
        ("to/exact", "Renamed from move/exact"),
        ("to/you", "Renamed from move/me"),
        ("type", "TypeChanged"),
    ]);
    assert_eq!(summary(&git.changes("HEAD", Until::WorkTree).unwrap()), expected);
    // Whether it is staged, or committed meanwhile, is all the same.
    repo.git(&["add", "-A"]);
    assert_eq!(summary(&git.changes("HEAD", Until::WorkTree).unwrap()), expected);
    repo.git(&["commit", "-q", "-m", "c"]);
    assert_eq!(summary(&git.changes("HEAD~1", Until::WorkTree).unwrap()), expected);
    assert_eq!(summary(&git.changes("HEAD~1", Until::Revision("HEAD")).unwrap()), expected);
    assert!(git.changes("HEAD", Until::WorkTree).unwrap().list().is_empty());
}

#[test]
fn modes_and_ids_are_those_of_git() {
    let Some(repo) = edited() else { return };
    let git = repo.open();
    let changes = git.changes("HEAD", Until::WorkTree).unwrap();
    repo.git(&["add", "-A"]);
    let raw = ["diff", "--cached", "--raw", "-z", "--no-renames", "--abbrev=40", "HEAD"];
    let raw = repo.git_in(&repo.dir, &raw, b"");
    let mut expected = BTreeMap::new();
    let mut parts = raw.split(|byte| *byte == 0);
    while let (Some(head), Some(path)) = (parts.next(), parts.next()) {
        let head = String::from_utf8_lossy(head).trim_start_matches(':').to_owned();
        let fields: Vec<_> = head.split(' ').map(str::to_owned).collect();
        expected.insert(String::from_utf8_lossy(path).into_owned(), fields);
    }
    for change in changes.list() {
        if let Some(new) = change.new {
            let fields = &expected[&change.path.to_string()];
            assert_eq!((new.mode.octal(), new.id.to_string()), (&*fields[1], fields[3].clone()));
        }
        if let Some(old) = change.old {
            let fields = &expected[&change.old_path().to_string()];
            assert_eq!((old.mode.octal(), old.id.to_string()), (&*fields[0], fields[2].clone()));
        }
    }
    let paths: std::collections::BTreeSet<_> = changes
        .list()
        .iter()
        .flat_map(|c| [c.path.to_string(), c.old_path().to_string()])
        .collect();
    assert_eq!(paths.len(), expected.len());
}

#[test]
fn contents_are_those_that_git_would_record() {
    let Some(repo) = based() else { return };
    repo.write(".gitattributes", "*.txt text\n");
    repo.write("a.txt", "one\r\ntwo\r\n");
    repo.link("link", "some/where");
    repo.remove("gone");
    let git = repo.open();
    let changes = git.changes("HEAD", Until::WorkTree).unwrap();
    let contents = |path: &str| {
        let change = changes.list().iter().find(|change| change.path.to_string() == path).unwrap();
        let old = changes.old_content(change, LIMIT).unwrap();
        (old, changes.new_content(change, LIMIT).unwrap())
    };
    assert_eq!(contents("a.txt"), (None, Some(b"one\ntwo\n".to_vec())));
    assert_eq!(contents("link"), (None, Some(b"some/where".to_vec())));
    assert_eq!(contents("gone"), (Some(b"gone for good\n".to_vec()), None));
}

#[test]
fn a_file_that_changes_meanwhile_is_not_taken_for_the_one_that_was_seen() {
    let Some(repo) = based() else { return };
    repo.write("edit", "two\n");
    let git = repo.open();
    let changes = git.changes("HEAD", Until::WorkTree).unwrap();
    let [change] = changes.list() else { panic!("{changes:?}") };
    let large = changes.new_content(change, 2);
    assert!(matches!(large, Err(Error::BlobLarge { .. })), "{large:?}");
    repo.write("edit", "three\n");
    let changed = changes.new_content(change, LIMIT);
    assert!(matches!(changed, Err(Error::Changed { .. })), "{changed:?}");
    repo.remove("edit");
    let changed = changes.new_content(change, LIMIT);
    assert!(matches!(changed, Err(Error::Changed { .. })), "{changed:?}");
}

#[test]
fn a_file_behind_a_filter_is_what_git_recorded() {
    let Some(repo) = based() else { return };
    repo.git(&["config", "filter.short.clean", "cut -c 1-3"]);
    repo.git(&["config", "filter.short.smudge", "cat"]);
    repo.write(".gitattributes", "*.long filter=short\n");
    repo.write("a.long", "a text that is recorded in short\n");
    repo.git(&["add", "-A"]);
    // Until its times are sure to be older than the index, it would be read again.
    let index = repo.dir.join(".git/index");
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(10);
    fs::File::options().append(true).open(index).unwrap().set_modified(later).unwrap();
    let git = repo.open();
    let changes = git.changes("HEAD", Until::WorkTree).unwrap();
    let change = changes.list().iter().find(|change| change.path.to_string() == "a.long").unwrap();
    assert_eq!(changes.new_content(change, LIMIT).unwrap().unwrap(), b"a t\n");
}

#[test]
fn what_lies_behind_a_link_is_not_in_the_work_tree() {
    let Some(repo) = based() else { return };
    fs::rename(repo.path("move"), repo.home().join("outside")).unwrap();
    repo.link("move", repo.home().join("outside").to_str().unwrap());
    let git = repo.open();
    let expected = of(&[("move", "Added"), ("move/exact", "Deleted"), ("move/me", "Deleted")]);
    assert_eq!(summary(&git.changes("HEAD", Until::WorkTree).unwrap()), expected);
}

#[test]
fn a_directory_in_place_of_a_file_is_seen() {
    let Some(repo) = based() else { return };
    repo.remove("edit");
    repo.write("edit/inner", "entirely other\n");
    let status = std::process::Command::new("mkfifo").arg(repo.path("pipe")).status().unwrap();
    assert!(status.success());
    let git = repo.open();
    let expected = of(&[("edit", "Deleted"), ("edit/inner", "Added")]);
    assert_eq!(summary(&git.changes("HEAD", Until::WorkTree).unwrap()), expected);
}

#[test]
fn a_submodule_that_moved_on_is_a_change_of_its_commit() {
    let Some(repo) = based() else { return };
    repo.git(&["init", "-q", "sub"]);
    let commit = |message: &str| {
        repo.git_in(&repo.path("sub"), &["commit", "-q", "--allow-empty", "-m", message], b"");
        let id = repo.git_in(&repo.path("sub"), &["rev-parse", "HEAD"], b"");
        String::from_utf8(id).unwrap().trim().to_owned()
    };
    let first = commit("one");
    repo.commit_all();
    let second = commit("two");
    let git = repo.open();
    let changes = git.changes("HEAD", Until::WorkTree).unwrap();
    let [change] = changes.list() else { panic!("{changes:?}") };
    let line = |id: &str| Some(format!("Subproject commit {id}\n").into_bytes());
    assert_eq!(changes.old_content(change, LIMIT).unwrap(), line(&first));
    assert_eq!(changes.new_content(change, LIMIT).unwrap(), line(&second));
}

#[test]
fn a_sparse_checkout_deletes_nothing() {
    let Some(repo) = based() else { return };
    for sparse_index in ["--no-sparse-index", "--sparse-index"] {
        repo.git(&["sparse-checkout", "set", "--cone", sparse_index]);
        assert!(!repo.path("move").exists());
        repo.write("edit", "two\n");
        let git = repo.open();
        let found = summary(&git.changes("HEAD", Until::WorkTree).unwrap());
        assert_eq!(found, of(&[("edit", "Modified")]));
        repo.git(&["checkout", "-q", "--", "edit"]);
        repo.git(&["sparse-checkout", "disable"]);
    }
}
