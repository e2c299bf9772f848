//! The paths that git knows, against `git ls-files`.

use std::fs;
use std::path::Path;

use holdall_git::{Error, Untracked};
use holdall_tree::RelPath;

use crate::support::{Repo, open, path};

/// What git lists in `dir`, in canonical order.
fn listed(repo: &Repo, dir: &Path, args: &[&str]) -> Vec<RelPath> {
    let out = repo.git_in(dir, &[&["ls-files", "-z"], args].concat(), b"");
    let each = out.split(|byte| *byte == 0).filter(|path| !path.is_empty());
    let mut paths: Vec<_> = each.map(|p| path(p.strip_suffix(b"/").unwrap_or(p))).collect();
    paths.sort();
    paths.dedup();
    paths
}

#[track_caller]
fn same(repo: &Repo, dir: &Path) {
    let git = open(dir);
    assert_eq!(git.index_files(dir, Untracked::Leave).unwrap(), listed(repo, dir, &["-c"]));
    let both = listed(repo, dir, &["-co", "--exclude-standard"]);
    assert_eq!(git.index_files(dir, Untracked::Take).unwrap(), both);
}

fn filled() -> Option<Repo> {
    let repo = Repo::new()?;
    for name in
        ["a", "dir/b", "dir/sub/c", "dir.x", "ünï/ö", "with \"quote\"\n", "ignored/but-tracked"]
    {
        repo.write(name, name);
    }
    repo.write(b"\xff\xfe/latin", "x");
    repo.link("link", "dir");
    repo.git(&["add", "-A"]);
    repo.write(".gitignore", "*.log\n/ignored/\n!keep.log\nbuild/\n");
    repo.write("dir/.gitignore", "*.tmp\n!b.tmp\n");
    Some(repo)
}

#[test]
fn an_empty_repository_has_none() {
    let Some(repo) = Repo::new() else { return };
    same(&repo, &repo.dir);
}

#[test]
fn odd_names_and_sub_directories_are_as_git_lists_them() {
    let Some(repo) = filled() else { return };
    same(&repo, &repo.dir);
    repo.git(&["commit", "-q", "-m", "c"]);
    for name in [
        "new",
        "dir/new",
        "a.log",
        "keep.log",
        "build/x",
        "dir/a.tmp",
        "dir/b.tmp",
        "ignored/y",
        "deep/er/and/z",
    ] {
        repo.write(name, "new");
    }
    repo.link("new-link", "nowhere");
    repo.link("dir/link-to-dir", "sub");
    fs::create_dir(repo.path("empty")).unwrap();
    for dir in ["", "dir", "dir/sub", "ünï", "empty", "ignored", "deep/er"] {
        same(&repo, &repo.path(dir));
    }
}

#[test]
fn what_is_only_meant_to_be_added_or_is_gone_is_listed() {
    let Some(repo) = filled() else { return };
    repo.git(&["commit", "-q", "-m", "c"]);
    repo.write("intended", "x");
    repo.git(&["add", "-N", "intended"]);
    repo.remove("a");
    repo.git(&["rm", "-q", "--cached", "dir/b"]);
    same(&repo, &repo.dir);
}

#[test]
fn what_git_excludes_by_its_own_file_is_excluded() {
    let Some(repo) = filled() else { return };
    repo.write(".git/info/exclude", "*.mine\n");
    repo.write("x.mine", "");
    repo.write("dir/y.mine", "");
    same(&repo, &repo.dir);
}

#[test]
fn pipes_and_sockets_are_not_listed() {
    let Some(repo) = filled() else { return };
    let status = std::process::Command::new("mkfifo").arg(repo.path("pipe")).status().unwrap();
    assert!(status.success());
    let _socket = std::os::unix::net::UnixListener::bind(repo.path("socket")).unwrap();
    same(&repo, &repo.dir);
}

#[test]
fn a_conflict_is_listed_once() {
    let Some(repo) = Repo::new() else { return };
    repo.write("a", "base\n");
    repo.commit_all();
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.write("a", "side\n");
    repo.commit_all();
    repo.git(&["checkout", "-q", "main"]);
    repo.write("a", "main\n");
    repo.commit_all();
    assert!(!repo.try_git_in(&repo.dir, &["merge", "side"], b"").status.success());
    same(&repo, &repo.dir);
}

#[test]
fn a_nested_repository_stands_for_itself() {
    let Some(repo) = filled() else { return };
    for name in ["nested", "deep/nested"] {
        repo.git(&["init", "-q", name]);
        repo.write(format!("{name}/file"), "x");
        repo.git_in(&repo.path(name), &["add", "-A"], b"");
        repo.git_in(&repo.path(name), &["commit", "-q", "-m", "c"], b"");
    }
    same(&repo, &repo.dir);
    same(&repo, &repo.path("nested"));
    repo.git(&["add", "nested"]);
    same(&repo, &repo.dir);
}

#[test]
fn linked_work_trees_have_their_own_index() {
    let Some(repo) = filled() else { return };
    repo.git(&["commit", "-q", "-m", "c"]);
    repo.git(&["worktree", "add", "-q", "../linked"]);
    let linked = repo.home().join("linked");
    fs::write(linked.join("only-here"), "").unwrap();
    repo.git_in(&linked, &["rm", "-q", "a"], b"");
    same(&repo, &linked);
    same(&repo, &linked.join("dir"));
    same(&repo, &repo.dir);
}

#[test]
fn a_sparse_checkout_lists_what_is_left_out() {
    let Some(repo) = filled() else { return };
    repo.commit_all();
    for sparse_index in ["--no-sparse-index", "--sparse-index"] {
        repo.git(&["sparse-checkout", "set", "--cone", sparse_index, "dir"]);
        assert!(!repo.path("ünï").exists());
        same(&repo, &repo.dir);
        same(&repo, &repo.path("dir"));
        repo.git(&["sparse-checkout", "disable"]);
    }
}

#[test]
fn every_form_of_index_is_read() {
    let Some(repo) = filled() else { return };
    for version in ["2", "3", "4"] {
        repo.git(&["update-index", "--index-version", version]);
        same(&repo, &repo.dir);
    }
    repo.git(&["update-index", "--split-index"]);
    repo.write("after-the-split", "x");
    repo.git(&["add", "after-the-split"]);
    same(&repo, &repo.dir);
    repo.git(&["update-index", "--no-split-index", "--untracked-cache"]);
    same(&repo, &repo.dir);
}

#[test]
fn a_directory_elsewhere_and_a_bare_repository_are_refused() {
    let Some(repo) = filled() else { return };
    let git = repo.open();
    let error = git.index_files(repo.home(), Untracked::Leave).unwrap_err();
    assert!(matches!(error, Error::Outside { .. }), "{error}");
    repo.git_in(repo.home(), &["init", "-q", "--bare", "bare.git"], b"");
    let bare = repo.home().join("bare.git");
    let error = open(&bare).index_files(&bare, Untracked::Leave).unwrap_err();
    assert!(matches!(error, Error::Bare { .. }), "{error}");
}
