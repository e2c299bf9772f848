//! Bad input of each kind gets a clear error and the right exit code.

use crate::{home, init, with_repo};

#[test]
fn each_kind_of_failure_has_its_exit_code_and_says_what_to_try() {
    let home = home();
    init(&home);
    home.write("p/a", "a");
    with_repo(&home, &["snapshot", "p"]).output().success();
    home.write("full/x", "x");
    let check = |args: &[&str], code: i32, said: &str, hint: &str| {
        let outcome = with_repo(&home, args).output().exits(code);
        let text = outcome.error_text();
        assert!(text.contains(said), "{args:?}: {text}");
        assert!(text.contains(hint), "{args:?}: {text}");
        assert!(outcome.stdout.is_empty(), "{args:?} printed a result: {}", outcome.text());
    };
    check(&["restore", "@nosuch", "--to", "x"], 1, "no snapshot nosuch", "holdall snapshots");
    check(&["restore", "@latest:no/such", "--to", "x"], 1, "there is no no/such", "holdall ls");
    check(&["restore", "@latest", "--to", "full"], 4, "is not empty", "--overwrite");
    check(
        &["restore", "@latest", "--to", "y", "--max-files", "0"],
        4,
        "more than the limit",
        "--preview",
    );
    check(&["restore", "s3://bucket/x", "--to", "y"], 2, "names no source", "@latest");
    check(&["snapshot", "nothing-here"], 1, "there is nothing at", "");
    check(&["snapshot", "p", "--exclude", "[a"], 2, "--exclude", "gitignore syntax");
    check(&["snapshot", "p", "--regex", "("], 2, "--regex", "");
    check(&["repo", "forget"], 2, "say what to keep", "");
    check(&["repo", "init"], 1, "already", "");
    check(&["repo", "check", "--read-data-subset", "9/7"], 2, "--read-data-subset", "");
    check(&["rollback", "--target", "p"], 1, "no restore point", "--target");
    check(&["cat", "@latest", "nosuch"], 1, "there is nothing at", "holdall ls");
    check(&["frobnicate"], 2, "unrecognized", "");
    let wrong =
        home.run(["-r", "repo", "snapshots"]).env("HOLDALL_PASSWORD", "wrong").output().exits(1);
    assert!(wrong.error_text().contains("opens none of the 1 keys"), "{}", wrong.error_text());
    let none =
        home.run(["-r", "elsewhere", "snapshots"]).env("HOLDALL_PASSWORD", "x").output().exits(1);
    assert!(none.error_text().contains("holdall repo init"), "{}", none.error_text());
    let asked = home.run(["-r", "repo", "snapshots"]).output().exits(2);
    assert!(asked.error_text().contains("--password-file"), "{}", asked.error_text());
}

#[test]
fn errors_are_json_where_json_is_asked_for() {
    let home = home();
    init(&home);
    let outcome =
        with_repo(&home, &["restore", "@nosuch", "--to", "x", "--json"]).output().exits(1);
    let error: serde_json::Value = serde_json::from_str(&outcome.error_text()).unwrap();
    assert_eq!(error["error"]["kind"], "failed");
    assert!(outcome.stdout.is_empty());
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_is_captured() {
    let home = home();
    init(&home);
    home.write("p/good", "good");
    // A name that a file system error hides from everybody, root too, is hard to make; a directory that vanishes
    // from a list is not: a socket is captured, a path through a file is not.
    let outcome = with_repo(&home, &["snapshot", "p/good/below"]).output().exits(1);
    assert!(outcome.error_text().contains("there is nothing at"), "{}", outcome.error_text());
    if !holdall_testkit::is_root() {
        use std::os::unix::fs::PermissionsExt;
        let secret = home.write("p/secret", "x");
        std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o000)).unwrap();
        let outcome = with_repo(&home, &["snapshot", "p"]).output().exits(3);
        assert!(outcome.error_text().contains("secret"), "{}", outcome.error_text());
    }
}

#[test]
fn damage_is_found_named_and_never_restored() {
    let home = home();
    init(&home);
    home.write("p/a", "a".repeat(100_000));
    with_repo(&home, &["snapshot", "p"]).output().success();
    let mut packs = Vec::new();
    for dir in std::fs::read_dir(home.path("repo/data")).unwrap() {
        packs.extend(
            std::fs::read_dir(dir.unwrap().path()).unwrap().map(|file| file.unwrap().path()),
        );
    }
    for pack in packs {
        let mut bytes = std::fs::read(&pack).unwrap();
        bytes[30] ^= 1;
        std::fs::remove_file(&pack).unwrap();
        std::fs::write(&pack, bytes).unwrap();
    }
    let found = with_repo(&home, &["repo", "check", "--read-data"]).output().exits(1);
    assert!(found.text().contains("does not match its name"), "{}", found.text());
    let restored = with_repo(&home, &["restore", "@latest", "--to", "out"]).output();
    assert_ne!(restored.code, 0);
    assert!(!home.path("out/a").exists());
}

#[test]
fn a_repository_in_what_it_holds_is_left_out_and_never_replaced() {
    let home = home();
    init(&home);
    home.write("a", "a");
    let first = with_repo(&home, &["snapshot", "."]).output().success();
    assert!(first.error_text().contains("is left out"), "{}", first.error_text());
    let listed = with_repo(&home, &["ls", "@latest"]).output().success().text();
    assert_eq!(listed, "a\n");
    with_repo(&home, &["restore", "@latest", "--yes"]).output().exits(4);
}
