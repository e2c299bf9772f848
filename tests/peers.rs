//! restic judges what this program writes, and this program continues what restic wrote.

use std::path::Path;

use holdall_testkit::{Home, compare, hostile_tree, peer, rsync_identical};

use crate::{home, init, with_repo};

/// Runs restic on the repository of the home, and gives what it printed.
pub(crate) fn restic(home: &Home, args: &[&str]) -> Option<String> {
    let peer = peer("restic")?;
    let mut command = peer.command(&home.home());
    command.current_dir(home.work()).env("RESTIC_PASSWORD", "test");
    let output = command.args(["-r", "repo", "--no-cache", "--quiet"]).args(args).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "restic {args:?}: {text}{error}");
    Some(text)
}

/// Where restic restores an absolute path to.
pub(crate) fn under(target: &Path, path: &Path) -> std::path::PathBuf {
    target.join(path.strip_prefix("/").unwrap())
}

#[test]
fn restic_checks_lists_and_restores_what_is_written_here() {
    let home = home();
    if peer("restic").is_none() {
        return;
    }
    init(&home);
    let tree = home.path("tree");
    std::fs::create_dir(&tree).unwrap();
    hostile_tree(&tree).unwrap();
    // Several chunks, so that the cuts are judged too.
    let noise: Vec<u8> =
        (0..6_000_000u64).map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33) as u8).collect();
    home.write("tree/large", &noise);
    with_repo(&home, &["snapshot", "tree"]).output().success();
    home.write("tree/new", "new");
    with_repo(&home, &["snapshot", "tree", "--tag", "second"]).output().success();
    restic(&home, &["check", "--read-data"]);
    let listed: serde_json::Value =
        serde_json::from_str(&restic(&home, &["snapshots", "--json"]).unwrap()).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    assert_eq!(listed[1]["tags"][0], "second");

    restic(&home, &["restore", "latest", "--target", "out"]);
    let restored = under(&home.path("out"), &tree.canonicalize().unwrap());
    if holdall_testkit::is_root() {
        // What the oldest restic that is judged with cannot: sockets, file attributes, holes, pipes with two names,
        // targets that are no UTF-8, attributes of links (which it gives to what they lead to), times beyond 2262.
        let beyond = [
            "socket",
            "flags",
            "holes",
            "links/fifo",
            "links/bytes",
            "meta/xattrs",
            "meta/time15000000000",
        ];
        let differences: Vec<String> = compare(&tree, &restored)
            .into_iter()
            .filter(|line| !beyond.iter().any(|word| line.contains(word)))
            .collect();
        assert!(differences.is_empty(), "{differences:#?}");
    }

    // restic continues, then we forget and prune, then restic judges again.
    restic(&home, &["backup", tree.to_str().unwrap()]);
    with_repo(&home, &["repo", "forget", "--keep-last", "1", "--group-by", "", "--prune"])
        .output()
        .success();
    restic(&home, &["check", "--read-data"]);
    // As root everything comes back; for others owners do not, which is told and no failure here.
    let back = with_repo(&home, &["restore", "@latest", "--to", "back"]).output();
    assert!(matches!(back.code, 0 | 3), "{}", back.error_text());
    assert_eq!(std::fs::read(home.path("back/large")).unwrap(), noise);
}

#[test]
fn a_repository_of_restic_is_checked_restored_continued_and_pruned() {
    let home = home();
    if peer("restic").is_none() {
        return;
    }
    let version = |number| vec!["--repository-version", number];
    for (nr, (options, how)) in [
        (version("2"), vec![]),
        (version("1"), vec![]),
        (version("2"), vec!["--compression", "off"]),
        (version("2"), vec!["--compression", "max", "--pack-size", "64"]),
    ]
    .iter()
    .enumerate()
    {
        let _ = std::fs::remove_dir_all(home.path("repo"));
        let mut init = vec!["init"];
        init.extend_from_slice(options);
        restic(&home, &init);
        let backup = |more: &[&str]| restic(&home, &[&["backup"], &how[..], more].concat());
        let tree = home.path(format!("tree{nr}"));
        home.write(format!("tree{nr}/a/b"), "content\n");
        home.write(format!("tree{nr}/zeros"), vec![0; 2_000_000]);
        home.write(format!("tree{nr}/we ird\"\\\u{a0}<&>"), "x");
        std::os::unix::fs::symlink("a/b", tree.join("link")).unwrap();
        backup(&["--tag", "one", tree.to_str().unwrap()]);
        home.write(format!("tree{nr}/later"), "later");
        // Between the write and the next snapshot lies more than a tick of the clock, or the file would be read again.
        restic(&home, &["list", "locks"]);
        backup(&[tree.to_str().unwrap()]);
        with_repo(&home, &["repo", "check", "--read-data"]).output().success();
        let back = format!("back{nr}");
        with_repo(&home, &["restore", "@latest", "--to", &back]).output().success();
        assert!(compare(&tree, &home.path(&back)).is_empty());
        assert!(rsync_identical(&tree, &home.path(&back)).is_empty());
        if nr == 1 {
            // Version 1 is read and not written.
            with_repo(&home, &["snapshot", tree.to_str().unwrap()]).output().exits(4);
            continue;
        }
        let report = with_repo(&home, &["snapshot", tree.to_str().unwrap(), "--json"])
            .output()
            .success()
            .text();
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        assert_eq!(
            (report["files_new"].clone(), report["files_changed"].clone()),
            (0.into(), 0.into()),
            "{report}"
        );
        with_repo(&home, &["repo", "forget", "--keep-last", "1", "--prune"]).output().success();
        restic(&home, &["check", "--read-data"]);
        restic(&home, &["restore", "latest", "--target", "theirs"]);
        assert!(
            compare(&tree, &under(&home.path("theirs"), &tree.canonicalize().unwrap())).is_empty()
        );
    }
}

#[test]
fn what_restic_captured_by_a_relative_path_goes_back_to_where_it_was() {
    let home = home();
    let Some(restic_peer) = peer("restic") else { return };
    init(&home);
    home.write("a/p/file", "content");
    home.write("a/p/d/file", "content");
    for (cwd, path, back) in [(".", "a/p", "1"), ("a", "p", "2"), ("a/p", ".", "3")] {
        let mut backup = restic_peer.command(&home.home());
        backup.current_dir(home.path(cwd)).env("RESTIC_PASSWORD", "test");
        let repo = home.path("repo");
        let args = ["-r", repo.to_str().unwrap(), "--no-cache", "--quiet", "backup", path];
        assert!(backup.args(args).status().unwrap().success());
        with_repo(&home, &["restore", "@latest", "--to", back]).output().success();
        let differences = compare(&home.path("a/p"), &home.path(back));
        // Of `.` restic does not store the directory itself.
        let all: Vec<_> = differences.iter().filter(|line| !line.starts_with(".: ")).collect();
        assert!(all.is_empty(), "{path} in {cwd}: {all:#?}");
    }
}

#[test]
fn locks_of_one_program_are_respected_by_the_other() {
    let home = home();
    let Some(restic_peer) = peer("restic") else { return };
    init(&home);
    home.write("p/a", "a");
    with_repo(&home, &["snapshot", "p"]).output().success();
    // A reader of a stream that does not end holds a shared lock.
    let mut holding = with_repo(&home, &["snapshot", "--stdin"]).into_command();
    let mut child = holding
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let locks = home.path("repo/locks");
    // A lock has its hash for a name; what is being written has not.
    let is_lock = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.unwrap().file_name().to_string_lossy().len() == 64
    };
    while !std::fs::read_dir(&locks).unwrap().any(is_lock) {
        std::thread::yield_now();
        assert!(child.try_wait().unwrap().is_none(), "it ended before it held a lock");
    }
    let mut prune = restic_peer.command(&home.home());
    prune.current_dir(home.work()).env("RESTIC_PASSWORD", "test");
    let output = prune.args(["-r", "repo", "--no-cache", "prune"]).output().unwrap();
    assert!(!output.status.success(), "restic pruned under a lock of ours");
    with_repo(&home, &["repo", "prune"]).output().exits(5);
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    with_repo(&home, &["repo", "prune"]).output().success();
}
