//! What a header says, against `git status`.

use std::fs;

use holdall_tree::Timestamp;

use crate::support::{COMMITTED, Repo, open};

#[track_caller]
fn dirty(repo: &Repo) -> bool {
    let status = !repo.git(&["status", "--porcelain"]).is_empty();
    assert_eq!(repo.open().describe().unwrap().dirty, Some(status));
    status
}

fn clean() -> Option<Repo> {
    let repo = Repo::new()?;
    repo.write("a", "one\n");
    repo.write("dir/b", "two\n");
    repo.write("run", "#!\n");
    repo.mode("run", 0o755);
    repo.link("link", "a");
    repo.write(".gitignore", "*.log\n");
    repo.commit_all();
    assert!(!dirty(&repo));
    Some(repo)
}

#[test]
fn branch_commit_and_time_are_told() {
    let Some(repo) = Repo::new() else { return };
    let head = repo.open().describe().unwrap();
    assert_eq!((head.branch.as_deref(), head.commit, head.time), (Some("main"), None, None));
    assert_eq!(head.dirty, Some(false));
    repo.write("a", "");
    let id = repo.commit_all();
    repo.git(&["checkout", "-q", "-b", "feature/ü"]);
    let head = repo.open().describe().unwrap();
    assert_eq!(head.branch.as_deref(), Some("feature/ü"));
    assert_eq!(head.commit.unwrap().to_string(), id);
    assert_eq!(head.time, Some(Timestamp::new(COMMITTED, 0)));
    repo.git(&["checkout", "-q", "--detach"]);
    let head = repo.open().describe().unwrap();
    assert_eq!(head.branch, None);
    assert_eq!(head.commit.unwrap().to_string(), id);
    repo.git_in(repo.home(), &["clone", "-q", "--bare", "repo", "bare.git"], b"");
    assert_eq!(open(&repo.home().join("bare.git")).describe().unwrap().dirty, None);
}

#[test]
fn it_is_dirty_when_git_says_so() {
    let check = |change: &dyn Fn(&Repo), expected: bool| {
        let Some(repo) = clean() else { return };
        change(&repo);
        assert_eq!(dirty(&repo), expected);
    };
    check(&|repo| repo.write("a", "two\n"), true);
    check(&|repo| repo.write("a", "longer than before\n"), true);
    check(&|repo| repo.write("a", "one\n"), false);
    check(&|repo| repo.mode("a", 0o755), true);
    check(&|repo| repo.mode("a", 0o600), false);
    check(&|repo| repo.remove("dir/b"), true);
    check(&|repo| repo.write("new", ""), true);
    check(&|repo| repo.write("x.log", ""), false);
    check(&|repo| fs::create_dir(repo.path("empty")).unwrap(), false);
    check(
        &|repo| {
            repo.remove("link");
            repo.link("link", "b");
        },
        true,
    );
    check(
        &|repo| {
            repo.remove("a");
            repo.link("a", "dir");
        },
        true,
    );
    check(
        &|repo| {
            repo.write("a", "staged\n");
            repo.git(&["add", "a"]);
            repo.write("a", "one\n");
        },
        true,
    );
    check(
        &|repo| {
            repo.git(&["rm", "-q", "--cached", "a"]);
        },
        true,
    );
    check(
        &|repo| {
            fs::rename(repo.path("dir"), repo.path("moved")).unwrap();
            repo.link("dir", "moved");
        },
        true,
    );
    check(
        &|repo| {
            repo.git(&["config", "core.fileMode", "false"]);
            repo.mode("a", 0o755);
        },
        false,
    );
}

#[test]
fn line_ends_that_git_converts_are_no_change() {
    let Some(repo) = clean() else { return };
    repo.write(".gitattributes", "*.txt text\n*.crlf text eol=crlf\n*.id ident\n");
    repo.write("t.txt", "a\nb\n");
    repo.write("t.crlf", "a\nb\n");
    repo.write("t.id", "$Id$\n");
    repo.commit_all();
    repo.write("t.txt", "a\r\nb\r\n");
    repo.write("t.crlf", "a\r\nb\r\n");
    repo.write("t.id", "$Id: 0123456789 $\n");
    // Git names a file of another size until it is told to look into it.
    let ours = || repo.open().describe().unwrap().dirty;
    let looked_into = || {
        repo.git(&["add", "--renormalize", "."]);
        dirty(&repo)
    };
    assert_eq!(ours(), Some(false));
    assert!(!looked_into());
    repo.git(&["config", "core.autocrlf", "true"]);
    repo.write("a", "one\r\n");
    assert_eq!(ours(), Some(false));
    assert!(!looked_into());
    repo.write("t.txt", "a\r\nc\r\n");
    assert!(dirty(&repo));
}

#[test]
fn a_sparse_checkout_is_clean() {
    let Some(repo) = clean() else { return };
    for sparse_index in ["--no-sparse-index", "--sparse-index"] {
        repo.write("other/c", "c");
        repo.commit_all();
        repo.git(&["sparse-checkout", "set", "--cone", sparse_index, "dir"]);
        assert!(!repo.path("other/c").exists() && !dirty(&repo));
        repo.write("dir/b", "changed");
        assert!(dirty(&repo));
        repo.git(&["checkout", "-q", "--", "dir/b"]);
        repo.git(&["sparse-checkout", "disable"]);
    }
}

#[test]
fn a_submodule_counts_as_git_counts_it() {
    let Some(repo) = clean() else { return };
    repo.git_in(repo.home(), &["init", "-q", "source"], b"");
    let source = repo.home().join("source");
    fs::write(source.join("s"), "s").unwrap();
    repo.git_in(&source, &["add", "-A"], b"");
    repo.git_in(&source, &["commit", "-q", "-m", "c"], b"");
    repo.git(&["submodule", "--quiet", "add", "../source", "sub"]);
    repo.commit_all();
    assert!(!dirty(&repo));
    repo.write("sub/new", "x");
    assert!(dirty(&repo));
    for (ignore, expected) in
        [("untracked", false), ("dirty", false), ("all", false), ("none", true)]
    {
        repo.git(&["config", "submodule.sub.ignore", ignore]);
        assert_eq!(dirty(&repo), expected, "{ignore}");
    }
    repo.git_in(&repo.path("sub"), &["add", "-A"], b"");
    repo.git_in(&repo.path("sub"), &["commit", "-q", "-m", "moved"], b"");
    assert!(dirty(&repo));
    repo.git(&["submodule", "--quiet", "deinit", "--force", "sub"]);
    dirty(&repo);
}

#[test]
fn the_remote_is_the_one_that_is_followed_and_shows_no_secret() {
    let Some(repo) = clean() else { return };
    let remote = || repo.open().describe().unwrap().remote;
    assert_eq!(remote(), None);
    repo.git(&["remote", "add", "only", "https://me:s3cret@example.org/only.git"]);
    assert_eq!(remote().as_deref(), Some("https://example.org/only.git"));
    repo.git(&["remote", "add", "origin", "git@example.org:origin.git"]);
    assert_eq!(remote().as_deref(), Some("git@example.org:origin.git"));
    repo.git(&["config", "branch.main.remote", "only"]);
    assert_eq!(remote().as_deref(), Some("https://example.org/only.git"));
}
