//! Trees that git itself would never write, and repositories that want to run something.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use holdall_git::{CommitTree, Repository, Until, Untracked, UserSettings};
use holdall_tree::{ErrorKind, RelPath};

use crate::support::{Notes, Repo, open, read};

/// Makes an object of whatever bytes, and gives its ID.
fn object(repo: &Repo, kind: &str, bytes: &[u8]) -> String {
    let args = ["hash-object", "-w", "-t", kind, "--literally", "--stdin"];
    let id = repo.git_in(&repo.dir, &args, bytes);
    String::from_utf8(id).unwrap().trim().to_owned()
}

fn raw(id: &str) -> Vec<u8> {
    (0..id.len()).step_by(2).map(|at| u8::from_str_radix(&id[at..at + 2], 16).unwrap()).collect()
}

fn entry(mode: &str, name: &[u8], id: &str) -> Vec<u8> {
    [mode.as_bytes(), b" ", name, b"\0", &raw(id)].concat()
}

fn commit(repo: &Repo, tree: &str) -> String {
    let bytes = format!("tree {tree}\nauthor a <a> 1 +0000\ncommitter a <a> 1 +0000\n\nc\n");
    object(repo, "commit", bytes.as_bytes())
}

#[test]
fn a_hostile_name_is_refused_and_named() {
    let Some(repo) = Repo::new() else { return };
    let blob = object(&repo, "blob", b"x");
    let git = repo.open();
    let refuse = |entries: &[Vec<u8>], said: &str| {
        let tree = object(&repo, "tree", &entries.concat());
        // Beneath a directory, so that it is met while reading.
        let top = object(&repo, "tree", &entry("40000", b"inner", &tree));
        let commit = commit(&repo, &top);
        let opened = CommitTree::open(&git, &commit, &RelPath::root()).unwrap();
        let error = read(&opened, &Notes::default()).unwrap_err();
        let source = std::error::Error::source(&error).map(ToString::to_string);
        let whole = format!("{error} {}", source.unwrap_or_default());
        assert_eq!(error.kind(), ErrorKind::Refused, "{whole}");
        assert!(whole.contains(&tree) && whole.contains(said), "{whole}");
        assert!(whole.contains("inner"), "{whole}");
        // At the root it is refused at once.
        let bare = self::commit(&repo, &tree);
        CommitTree::open(&git, &bare, &RelPath::root()).unwrap_err();
    };
    let file = |name: &[u8]| entry("100644", name, &blob);
    refuse(&[file(b"..")], "entry 1");
    refuse(&[file(b"a"), file(b".")], "entry 2");
    refuse(&[file(b"a/../../b")], "slash");
    refuse(&[file(b"/etc/passwd")], "slash");
    refuse(&[file(b"")], "empty");
    refuse(&[file(b".git")], ".git");
    refuse(&[entry("40000", b".GIT", &blob)], ".GIT");
    refuse(&[file(b"a"), file(b"b"), file(b"a")], "twice");
    refuse(&[file(b"a"), entry("40000", b"a", &blob)], "twice");
    refuse(&[entry("140000", b"socket", &blob)], "unknown mode");
    refuse(&[entry("777", b"m", &blob)], "unknown mode");
    refuse(&[file(&[b'x'; 3000])], "longer");
    refuse(&[file(b"a"), b"100644 cut\0\x01\x02".to_vec()], "damaged after 1");
    refuse(&[b"rubbish".to_vec()], "damaged after 0");
}

#[test]
fn an_object_of_the_wrong_kind_is_an_error_and_no_panic() {
    let Some(repo) = Repo::new() else { return };
    let blob = object(&repo, "blob", b"x");
    let tree = object(&repo, "tree", &entry("100644", b"a", &blob));
    let git = repo.open();
    let check = |entries: Vec<u8>, said: &str| {
        let commit = commit(&repo, &object(&repo, "tree", &entries));
        let opened = CommitTree::open(&git, &commit, &RelPath::root()).unwrap();
        let error = read(&opened, &Notes::default()).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    };
    check(entry("100644", b"a", &tree), "should be a blob and is a tree");
    check(entry("40000", b"a", &blob), "should be a tree and is a blob");
    check(entry("120000", b"a", &tree), "should be a blob and is a tree");
    check(entry("100644", b"a", &"1".repeat(40)), "is missing");
    let nul = object(&repo, "blob", b"a\0b");
    check(entry("120000", b"a", &nul), "cannot be taken");
    let long = object(&repo, "blob", &[b'a'; 100_000]);
    check(entry("120000", b"a", &long), "cannot be taken");
    for broken in ["", "tree", "tree zz\n", "rubbish"] {
        let id = object(&repo, "commit", broken.as_bytes());
        CommitTree::open(&git, &id, &RelPath::root()).unwrap_err();
    }
}

fn head(git: &Repository) -> CommitTree<'_> {
    CommitTree::open(git, "HEAD", &RelPath::root()).unwrap()
}

#[test]
fn a_damaged_object_is_an_error_and_no_panic() {
    let Some(repo) = Repo::new() else { return };
    repo.write("a", "content ".repeat(50));
    repo.commit_all();
    let blob = repo.git(&["rev-parse", "HEAD:a"]);
    let file = repo.dir.join(".git/objects").join(&blob[..2]).join(&blob[2..]);
    let whole = fs::read(&file).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let expected = read(&head(&repo.open()), &Notes::default()).unwrap();
    let mut told = 0;
    let mut check = |damaged: &[u8]| {
        fs::write(&file, damaged).unwrap();
        // The checksum alone may be damaged, which is no harm.
        match read(&head(&repo.open()), &Notes::default()) {
            Ok(found) => assert_eq!(found, expected),
            Err(_) => told += 1,
        }
    };
    for at in 0..whole.len() {
        check(&whole[..at]);
        for bit in 0..8 {
            let mut damaged = whole.clone();
            damaged[at] ^= 1 << bit;
            check(&damaged);
        }
    }
    assert!(told > whole.len() * 5, "{told} of {}", whole.len() * 9);
}

#[test]
fn nothing_that_a_repository_configures_is_run() {
    let Some(repo) = Repo::new() else { return };
    let trace = repo.home().join("was-run");
    let script = repo.home().join("trap.sh");
    fs::write(&script, format!("#!/bin/sh\necho \"$0 $*\" >> {}\ncat\n", trace.display())).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let script = script.to_str().unwrap();
    repo.write("a.dat", "one\n");
    repo.write("b.txt", "one\n");
    repo.commit_all();
    repo.write(".gitattributes", "*.dat filter=trap diff=trap merge=trap\n");
    repo.write("a.dat", "two\n");
    repo.write("new.dat", "three\n");
    for (key, value) in [
        ("filter.trap.clean", script),
        ("filter.trap.smudge", script),
        ("filter.trap.process", script),
        ("filter.trap.required", "true"),
        ("diff.trap.textconv", script),
        ("diff.trap.command", script),
        ("diff.external", script),
        ("core.fsmonitor", script),
        ("core.sshCommand", script),
        ("core.pager", script),
        ("core.editor", script),
        ("core.alternateRefsCommand", script),
        ("credential.helper", script),
        ("gpg.program", script),
        ("core.hooksPath", repo.home().to_str().unwrap()),
        ("extensions.partialClone", "origin"),
        ("remote.origin.url", &format!("ext::{script} %S")),
        ("remote.origin.promisor", "true"),
        ("protocol.ext.allow", "always"),
    ] {
        repo.git(&["config", key, value]);
    }
    let git = repo.open();
    let tree = CommitTree::open(&git, "HEAD", &RelPath::root()).unwrap();
    read(&tree, &Notes::default()).unwrap();
    assert_eq!(git.describe().unwrap().dirty, Some(true));
    assert_eq!(git.index_files(&repo.dir, Untracked::Take).unwrap().len(), 4);
    let changes = git.changes("HEAD", Until::WorkTree).unwrap();
    assert_eq!(changes.list().len(), 3);
    for change in changes.list() {
        changes.old_content(change, 1000).unwrap();
        changes.new_content(change, 1000).unwrap();
    }
    let run = fs::read_to_string(&trace).unwrap_or_default();
    assert_eq!(run, "");
    // The trap works: git itself walks into it.
    let _ = repo.try_git_in(&repo.dir, &["status"], b"");
    assert!(trace.exists());
}

/// Asks this very test, in a process of its own with such an environment.
fn ask_again(test: &str, repo: &Repo, environment: &[(&str, &str)]) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env("HOLDALL_TEST_REPOSITORY", &repo.dir)
        .env("HOME", repo.home())
        .env_remove("XDG_CONFIG_HOME")
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}{said}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn the_environment_of_a_hook_does_not_lead_elsewhere() {
    if let Some(dir) = std::env::var_os("HOLDALL_TEST_REPOSITORY") {
        let git = Repository::discover(dir.as_ref(), UserSettings::Read).unwrap();
        assert_eq!(git.work_dir().unwrap(), std::path::Path::new(&dir));
        let tree = CommitTree::open(&git, "HEAD", &RelPath::root()).unwrap();
        assert_eq!(read(&tree, &Notes::default()).unwrap()[1].1, b"mine");
        let files = git.index_files(dir.as_ref(), Untracked::Leave).unwrap();
        assert_eq!(files.iter().map(ToString::to_string).collect::<Vec<_>>(), ["mine"]);
        assert_eq!(git.describe().unwrap().branch.as_deref(), Some("main"));
        return;
    }
    let (Some(repo), Some(other)) = (Repo::new(), Repo::with(&["-b", "other"])) else { return };
    repo.write("mine", "mine");
    repo.commit_all();
    other.write("other", "other");
    other.commit_all();
    let at = |path: &str| other.dir.join(path).to_str().unwrap().to_owned();
    let (dir, index, objects) = (at(".git"), at(".git/index"), at(".git/objects"));
    ask_again(
        "hostile::the_environment_of_a_hook_does_not_lead_elsewhere",
        &repo,
        &[
            ("GIT_DIR", &dir),
            ("GIT_WORK_TREE", &at("")),
            ("GIT_INDEX_FILE", &index),
            ("GIT_OBJECT_DIRECTORY", &objects),
            ("GIT_COMMON_DIR", &dir),
            ("GIT_NAMESPACE", "elsewhere"),
            ("GIT_CEILING_DIRECTORIES", "/"),
            ("GIT_CONFIG_COUNT", "1"),
            ("GIT_CONFIG_KEY_0", "core.bare"),
            ("GIT_CONFIG_VALUE_0", "true"),
        ],
    );
}

#[test]
fn what_the_user_ignores_everywhere_counts_if_it_shall() {
    if let Some(dir) = std::env::var_os("HOLDALL_TEST_REPOSITORY") {
        let files = |settings| {
            let git = Repository::discover(dir.as_ref(), settings).unwrap();
            let files = git.index_files(dir.as_ref(), Untracked::Take).unwrap();
            files.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(files(UserSettings::Read), ["a"]);
        assert_eq!(files(UserSettings::Ignore), ["a", "b.mine", "c.theirs"]);
        return;
    }
    let Some(repo) = Repo::new() else { return };
    for name in ["a", "b.mine", "c.theirs"] {
        repo.write(name, "");
    }
    fs::write(repo.home().join(".gitconfig"), "[core]\n\texcludesFile = ~/ignored\n").unwrap();
    fs::write(repo.home().join("ignored"), "*.mine\n*.theirs\n").unwrap();
    let test = "hostile::what_the_user_ignores_everywhere_counts_if_it_shall";
    ask_again(test, &repo, &[]);
}

#[test]
fn a_broken_repository_is_an_error_and_no_panic() {
    let Some(repo) = Repo::new() else { return };
    repo.write("a", "1");
    repo.commit_all();
    for (file, content) in [
        (".git/index", "DIRC\0\0\0\x02\0\0\0\x01rubbish"),
        (".git/index", ""),
        (".git/HEAD", "ref: refs/heads/../../x\n"),
        (".git/HEAD", "rubbish"),
        (".git/config", "[core\nrubbish"),
    ] {
        let path = repo.dir.join(file);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, content).unwrap();
        if let Ok(git) = Repository::open(&repo.dir, UserSettings::Ignore) {
            let _ = git.describe();
            let _ = git.index_files(&repo.dir, Untracked::Take);
            let _ = git.changes("main", Until::WorkTree);
        }
        fs::write(&path, whole).unwrap();
    }
    assert_eq!(open(&repo.dir).describe().unwrap().dirty, Some(false));
}
