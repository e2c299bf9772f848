//! A commit is what a checkout of it would be.

use std::fs;

use holdall_git::{CommitTree, Error};
use holdall_tree::{Kind, RelPath, Timestamp, Tree};

use crate::support::{COMMITTED, Notes, Repo, id, on_disk, open, path, read, shape};

fn filled() -> Option<Repo> {
    let repo = Repo::new()?;
    repo.write("a.txt", "one\n");
    repo.write("crlf.txt", "one\r\ntwo");
    repo.write("empty", "");
    repo.write("bin", [0, 159, 146, 150, 0]);
    repo.write("run.sh", "#!/bin/sh\n");
    repo.mode("run.sh", 0o755);
    repo.write("dir/deep/er/file", "deep");
    repo.write("dir/ä b\"\\", "odd");
    repo.write(b"dir/\xff\n\t", "not UTF-8");
    repo.write("dir.txt", "sorts between dir and dir/ in git");
    repo.link("link", "a.txt");
    repo.link("dangling", "no/where");
    repo.link("dir/up", "..");
    Some(repo)
}

/// A checkout with the modes of a common umask, whatever that of the test is.
fn checked_out(repo: &Repo) -> std::path::PathBuf {
    let dir = repo.home().join("out");
    let status = std::process::Command::new("sh")
        .args(["-c", "umask 022 && exec git clone -q repo out"])
        .current_dir(repo.home())
        .env_clear()
        .envs(repo.command(&repo.dir).get_envs().filter_map(|(k, v)| Some((k, v?))))
        .status()
        .unwrap();
    assert!(status.success());
    dir
}

#[test]
fn it_is_what_a_clean_checkout_is_loose_and_packed() {
    let Some(repo) = filled() else { return };
    repo.commit_all();
    let disk = on_disk(&checked_out(&repo));
    for pack in [false, true] {
        if pack {
            repo.git(&["gc", "-q", "--aggressive"]);
        }
        let git = repo.open();
        let tree = CommitTree::open(&git, "HEAD", &RelPath::root()).unwrap();
        let commit = read(&tree, &Notes::default()).unwrap();
        assert_eq!(shape(&commit), shape(&disk));
        assert_eq!(id(&commit), id(&disk));
        let time = Some(Timestamp::new(COMMITTED, 0));
        assert!(commit.iter().all(|(entry, _)| entry.meta.mtime == time));
    }
}

#[test]
fn the_work_tree_and_the_index_do_not_matter() {
    let Some(repo) = filled() else { return };
    repo.commit_all();
    let git = repo.open();
    let tree = CommitTree::open(&git, "HEAD", &RelPath::root()).unwrap();
    let before = id(&read(&tree, &Notes::default()).unwrap());
    for entry in fs::read_dir(&repo.dir).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name() != ".git" {
            let path = entry.path();
            let dir = entry.file_type().unwrap().is_dir();
            if dir { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
        }
    }
    repo.git(&["add", "-A"]);
    let tree = CommitTree::open(&git, "HEAD", &RelPath::root()).unwrap();
    assert_eq!(id(&read(&tree, &Notes::default()).unwrap()), before);
}

#[test]
fn a_directory_of_it_is_a_tree_of_its_own() {
    let Some(repo) = filled() else { return };
    repo.commit_all();
    let git = repo.open();
    let tree = CommitTree::open(&git, "main", &path("dir/deep")).unwrap();
    let found = read(&tree, &Notes::default()).unwrap();
    let paths: Vec<_> = found.iter().map(|(entry, _)| entry.path.to_string()).collect();
    assert_eq!(paths[1..], ["er", "er/file"]);
    assert_eq!(found[2].1, b"deep");
}

#[test]
fn any_notation_of_a_revision_is_understood() {
    let Some(repo) = Repo::new() else { return };
    repo.write("a", "1");
    let first = repo.commit_all();
    repo.git(&["tag", "-a", "v1", "-m", "tag"]);
    repo.write("a", "2");
    repo.commit_all();
    let git = repo.open();
    let check = |rev: &str, content: &[u8]| {
        let tree = CommitTree::open(&git, rev, &RelPath::root()).unwrap();
        assert_eq!(read(&tree, &Notes::default()).unwrap()[1].1, content, "{rev}");
    };
    check("HEAD", b"2");
    check("@", b"2");
    check("main~1", b"1");
    check("v1", b"1");
    check("refs/tags/v1^{commit}", b"1");
    check("HEAD^{tree}", b"2");
    check(&first, b"1");
    check(&first[..8], b"1");
    let tree = CommitTree::open(&git, "HEAD^{tree}", &RelPath::root()).unwrap();
    assert_eq!(tree.time(), None);
}

#[test]
fn what_is_not_there_is_said() {
    let Some(repo) = filled() else { return };
    repo.commit_all();
    let git = repo.open();
    let check = |rev: &str, dir: &str, said: &str| {
        let error = CommitTree::open(&git, rev, &path(dir)).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    };
    check("nowhere", "", "cannot find the revision \"nowhere\"");
    check("HEAD~7", "", "cannot find the revision \"HEAD~7\"");
    check("", "", "cannot find the revision \"\"");
    check("HEAD:a.txt", "", "is a blob");
    check("HEAD", "dir/none", "there is no dir/none");
    check("HEAD", "a.txt", "a.txt in the revision \"HEAD\" is not a directory");
    check("HEAD", "a.txt/b", "a.txt in the revision \"HEAD\" is not a directory");
}

#[test]
fn a_file_is_read_by_its_path_alone() {
    let Some(repo) = filled() else { return };
    repo.commit_all();
    let git = repo.open();
    let tree = CommitTree::open(&git, "HEAD", &RelPath::root()).unwrap();
    let (entry, content) = read(&tree, &Notes::default())
        .unwrap()
        .into_iter()
        .find(|(entry, _)| entry.path == path("dir/deep/er/file"))
        .unwrap();
    let fresh = CommitTree::open(&git, "HEAD", &RelPath::root()).unwrap();
    let mut again = Vec::new();
    fresh.open(&entry).unwrap().into_read().read_to_end(&mut again).unwrap();
    assert_eq!(again, content);
}

#[test]
fn many_threads_read_what_one_reads() {
    let Some(repo) = Repo::new() else { return };
    for at in 0..300 {
        repo.write(format!("d{}/f{at}", at % 7), format!("{at}\n").repeat(at));
    }
    repo.commit_all();
    repo.git(&["gc", "-q"]);
    let git = repo.open();
    let tree = CommitTree::open(&git, "HEAD", &RelPath::root()).unwrap();
    let expected = id(&read(&tree, &Notes::default()).unwrap());
    std::thread::scope(|scope| {
        let readers: Vec<_> =
            (0..8).map(|_| scope.spawn(|| id(&read(&tree, &Notes::default()).unwrap()))).collect();
        for reader in readers {
            assert_eq!(reader.join().unwrap(), expected);
        }
    });
}

#[test]
fn a_repository_with_sha_256_is_read() {
    let Some(repo) = Repo::with(&["--object-format=sha256"]) else { return };
    repo.write("a", "1");
    repo.commit_all();
    let git = repo.open();
    let tree = CommitTree::open(&git, "HEAD", &RelPath::root()).unwrap();
    assert_eq!(read(&tree, &Notes::default()).unwrap()[1].1, b"1");
}

#[test]
fn bare_repositories_and_linked_work_trees_are_found() {
    let Some(repo) = filled() else { return };
    repo.commit_all();
    repo.git(&["worktree", "add", "-q", "-b", "other", "../linked"]);
    repo.git_in(repo.home(), &["clone", "-q", "--bare", "repo", "bare.git"], b"");
    let first = repo.open();
    let expected = CommitTree::open(&first, "HEAD", &RelPath::root()).unwrap();
    let expected = id(&read(&expected, &Notes::default()).unwrap());
    for dir in ["linked", "linked/dir/deep", "bare.git", "bare.git/objects", "repo/.git"] {
        let git = open(&repo.home().join(dir));
        let tree = CommitTree::open(&git, "HEAD", &RelPath::root()).unwrap();
        assert_eq!(id(&read(&tree, &Notes::default()).unwrap()), expected, "{dir}");
    }
}

#[test]
fn without_a_repository_or_a_commit_it_is_said() {
    let Some(repo) = Repo::new() else { return };
    let error = holdall_git::Repository::discover(repo.home(), holdall_git::UserSettings::Ignore);
    assert!(matches!(error, Err(Error::NoRepository { .. })), "{error:?}");
    let git = repo.open();
    let error = CommitTree::open(&git, "HEAD", &RelPath::root());
    assert!(matches!(error, Err(Error::Revision { .. })), "{error:?}");
}

#[test]
fn a_missing_blob_is_named() {
    let Some(repo) = Repo::new() else { return };
    repo.write("a", "content");
    repo.commit_all();
    let blob = repo.git(&["rev-parse", "HEAD:a"]);
    fs::remove_file(repo.dir.join(".git/objects").join(&blob[..2]).join(&blob[2..])).unwrap();
    let git = repo.open();
    let tree = CommitTree::open(&git, "HEAD", &RelPath::root()).unwrap();
    let error = read(&tree, &Notes::default()).unwrap_err().to_string();
    assert!(error.contains(&blob) && error.contains("is missing"), "{error}");
}

#[test]
fn an_empty_commit_is_an_empty_tree() {
    let Some(repo) = Repo::new() else { return };
    repo.commit_all();
    let git = repo.open();
    let tree = CommitTree::open(&git, "HEAD", &RelPath::root()).unwrap();
    let found = read(&tree, &Notes::default()).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0.kind, Kind::Directory);
}
