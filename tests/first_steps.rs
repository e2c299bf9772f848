//! What somebody does in the first ten minutes.

use crate::{home, init, with_repo};

#[test]
fn a_beginner_is_led_to_a_first_snapshot_and_back() {
    let home = home();
    home.write("project/src/main.rs", "fn main() {}\n");
    home.write("project/notes.txt", "one\n");
    let project = home.path("project");

    let guide = home.run([] as [&str; 0]).cwd(&project).output().success();
    assert!(guide.text().contains("holdall snapshot ."), "{}", guide.text());

    let taken = home.run(["snapshot", "."]).cwd(&project).output().success();
    assert!(taken.text().starts_with("snapshot "), "{}", taken.text());
    assert!(taken.error_text().contains("Save a copy of that file"), "{}", taken.error_text());
    let key = home.home().join(".config/holdall/repository.key");
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&key).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);

    let again = home.run(["snapshot", "."]).cwd(&project).output().success();
    assert!(!again.error_text().contains("Save a copy"), "only the first run says so");

    let guide = home.run([] as [&str; 0]).cwd(&project).output().success();
    assert!(guide.text().contains("holdall restore @latest --to DIR"), "{}", guide.text());

    home.run(["restore", "@latest", "--to", "back"]).output().success();
    assert!(holdall_testkit::compare(&project, &home.path("back")).is_empty());
    let text = home.run(["cat", "@latest", "notes.txt"]).output().success().text();
    assert_eq!(text, "one\n");
    let listed = home.run(["ls", "@latest", "-R"]).output().success().text();
    assert_eq!(listed, "notes.txt\nsrc/\nsrc/main.rs\n");
}

#[test]
fn a_restore_in_place_is_previewed_and_rolled_back() {
    let home = home();
    init(&home);
    home.write("p/kept.txt", "kept\n");
    home.write("p/changed.txt", "one\ntwo\n");
    home.write("p/gone.txt", "gone\n");
    with_repo(&home, &["snapshot", "p"]).output().success();
    home.write("p/changed.txt", "one\n2\n");
    home.write("p/extra.txt", "extra\n");
    std::fs::remove_file(home.path("p/gone.txt")).unwrap();
    std::fs::copy(home.path("p/changed.txt"), home.path("edited")).unwrap();

    let preview = with_repo(&home, &["restore", "@latest", "--preview"]).output().success().text();
    for expected in ["M changed.txt", "-2", "+two", "+ gone.txt"] {
        assert!(preview.contains(expected), "{expected} is not in {preview}");
    }
    assert!(!home.path("p/gone.txt").exists(), "a preview changes nothing");

    with_repo(&home, &["restore", "@latest"]).output().exits(4);
    with_repo(&home, &["restore", "@latest", "--yes"]).output().success();
    assert_eq!(std::fs::read(home.path("p/changed.txt")).unwrap(), b"one\ntwo\n");
    assert!(home.path("p/gone.txt").exists() && home.path("p/extra.txt").exists());

    let points = home.run(["rollback", "--list", "--target", "p"]).output().success().text();
    assert!(points.contains('1'), "{points}");
    home.run(["rollback", "--target", "p", "--yes"]).output().success();
    assert_eq!(std::fs::read(home.path("p/changed.txt")).unwrap(), b"one\n2\n");
    assert!(!home.path("p/gone.txt").exists() && home.path("p/extra.txt").exists());

    // A rollback is undone like any restore.
    home.run(["rollback", "--target", "p", "--yes"]).output().success();
    assert!(home.path("p/gone.txt").exists());

    with_repo(&home, &["restore", "@latest", "--delete", "--yes"]).output().success();
    assert!(!home.path("p/extra.txt").exists());
    let same =
        with_repo(&home, &["restore", "@latest", "--delete", "--yes"]).output().success().text();
    assert!(same.contains("as it should be already"), "{same}");
}

#[test]
fn going_back_beyond_several_restores_brings_each_state_exactly() {
    let home = home();
    init(&home);
    let state = |nr: u32| {
        home.write("p/a", format!("a{nr}"));
        home.write("p/same", "same");
        home.write(format!("p/only{nr}/x"), format!("{nr}"));
    };
    let copy = |name: &str| {
        let (from, to) = (home.path("p"), home.path(name));
        assert!(
            std::process::Command::new("cp")
                .arg("-a")
                .arg(from)
                .arg(to)
                .status()
                .unwrap()
                .success()
        );
    };
    for nr in 1..=3 {
        state(nr);
        with_repo(&home, &["snapshot", "p"]).output().success();
    }
    let ids = with_repo(&home, &["snapshots", "--json"]).output().success().text();
    let ids: serde_json::Value = serde_json::from_str(&ids).unwrap();
    let id = |nr: usize| format!("@{}", ids["snapshots"][nr]["short_id"].as_str().unwrap());
    for (nr, name) in ["before1", "before2", "before3"].iter().enumerate() {
        copy(name);
        with_repo(&home, &["restore", &id(nr), "--delete", "--yes"]).output().success();
    }
    for (point, name) in [("2", "before2"), ("1", "before1"), ("3", "before3")] {
        home.run(["rollback", "--target", "p", "--to", point, "--yes"]).output().success();
        let differences = holdall_testkit::compare(&home.path(name), &home.path("p"));
        assert!(differences.is_empty(), "point {point}: {differences:?}");
    }
}

#[test]
fn only_some_paths_are_restored_and_rolled_back() {
    let home = home();
    init(&home);
    home.write("p/src/a.rs", "a");
    home.write("p/src/b.rs", "b");
    home.write("p/doc/c.md", "c");
    with_repo(&home, &["snapshot", "p"]).output().success();
    home.write("p/src/a.rs", "A!");
    home.write("p/doc/c.md", "C!");
    with_repo(&home, &["restore", "@latest", "--path", "*.rs", "--yes"]).output().success();
    assert_eq!(std::fs::read(home.path("p/src/a.rs")).unwrap(), b"a");
    assert_eq!(std::fs::read(home.path("p/doc/c.md")).unwrap(), b"C!");
    with_repo(&home, &["restore", "@latest", "--to", "part", "--path", "doc/"]).output().success();
    assert!(home.path("part/doc/c.md").exists());
    home.run(["rollback", "--target", "p", "--yes", "src/a.rs"]).output().success();
    assert_eq!(std::fs::read(home.path("p/src/a.rs")).unwrap(), b"A!");
}

#[test]
fn a_path_that_was_not_there_goes_when_it_is_rolled_back_and_is_no_pattern() {
    let home = home();
    init(&home);
    home.write("p/src/[ab].rs", "ab");
    home.write("p/src/a.rs", "a");
    with_repo(&home, &["snapshot", "p"]).output().success();
    std::fs::remove_dir_all(home.path("p/src")).unwrap();
    std::fs::create_dir(home.path("p/src")).unwrap();
    with_repo(&home, &["restore", "@latest", "--yes"]).output().success();
    home.run(["rollback", "--target", "p", "--yes", "src/[ab].rs"]).output().success();
    assert!(!home.path("p/src/[ab].rs").exists());
    assert_eq!(std::fs::read(home.path("p/src/a.rs")).unwrap(), b"a");
}

#[test]
fn a_stream_is_captured_and_printed_again() {
    let home = home();
    init(&home);
    let bytes = vec![7; 3 << 20];
    with_repo(&home, &["snapshot", "--stdin", "--stdin-name", "dump.sql"])
        .stdin(bytes.clone())
        .output()
        .success();
    assert_eq!(with_repo(&home, &["cat", "@latest", "dump.sql"]).output().success().stdout, bytes);
}

#[test]
fn the_selection_is_obeyed_and_explained() {
    let home = home();
    init(&home);
    home.write("p/.holdallignore", "*.log\n!keep.log\n");
    home.write("p/.gitignore", "target/\n");
    for file in ["a.log", "keep.log", "target/x", ".hidden", "big"] {
        home.write(format!("p/{file}"), "x");
    }
    let listed = |args: &[&str]| {
        let mut all = vec!["snapshot", "p"];
        all.extend_from_slice(args);
        with_repo(&home, &all).output().success();
        with_repo(&home, &["ls", "@latest", "-R"]).output().success().text()
    };
    let plain = listed(&[]);
    assert!(
        !plain.contains("a.log") && plain.contains("target/x") && plain.contains(".hidden"),
        "{plain}"
    );
    let git = listed(&["--gitignore", "--exclude", "big"]);
    assert!(!git.contains("target") && !git.contains("big") && git.contains("keep.log"), "{git}");
    assert!(listed(&["--no-ignore"]).contains("a.log"));
    let why = home
        .run(["explain", "a.log", "keep.log", "big"])
        .cwd(home.path("p"))
        .output()
        .success()
        .text();
    assert!(why.contains(".holdallignore:1") && why.contains(".holdallignore:2"), "{why}");
}

#[test]
fn one_identity_holds_for_a_directory_and_its_snapshot() {
    let home = home();
    init(&home);
    home.write("p/a/b", "content");
    home.write("p/c", "");
    with_repo(&home, &["snapshot", "p"]).output().success();
    for flag in [&["id"][..], &["id", "--full"]] {
        let of = |source: &str| {
            let mut args = flag.to_vec();
            args.push(source);
            with_repo(&home, &args).output().success().text()
        };
        assert_eq!(of("p"), of("@latest"));
    }
    with_repo(&home, &["verify", "@latest"]).output().success();
    let same = with_repo(&home, &["diff", "@latest", "p"]).output().success();
    assert_eq!(same.text(), "");
}

#[test]
fn snapshots_are_forgotten_by_rules_with_reasons_and_pruned() {
    let home = home();
    init(&home);
    for nr in 0..4 {
        home.write("p/a", format!("{nr}").repeat(5000));
        with_repo(&home, &["snapshot", "p", "--tag", "x"]).output().success();
    }
    let dry = with_repo(&home, &["repo", "forget", "--keep-last", "1", "--dry-run"])
        .output()
        .success()
        .text();
    assert!(dry.contains("last snapshot") && dry.contains("no rule keeps it"), "{dry}");
    with_repo(&home, &["repo", "forget", "--keep-last", "0"]).output().exits(4);
    with_repo(&home, &["repo", "forget", "--keep-last", "1", "--prune"]).output().success();
    let left = with_repo(&home, &["snapshots", "--json"]).output().success().text();
    let left: serde_json::Value = serde_json::from_str(&left).unwrap();
    assert_eq!(left["snapshots"].as_array().unwrap().len(), 1);
    with_repo(&home, &["repo", "check", "--read-data"]).output().success();
}

#[test]
fn settings_come_from_files_environment_and_flags() {
    let home = home();
    home.write(
        "p/holdall.toml",
        "[repository]\nurl = \"/nowhere\"\n[snapshot]\ntags = [\"fromfile\"]\n",
    );
    let shown =
        home.run(["config", "show", "--origin"]).cwd(home.path("p")).output().success().text();
    assert!(shown.contains("fromfile") && shown.contains("holdall.toml"), "{shown}");
    home.write("p/holdall.toml", "[snapshot]\ntgas = [\"x\"]\n");
    let wrong = home.run(["config", "check"]).cwd(home.path("p")).output().exits(2);
    let text = format!("{}{}", wrong.text(), wrong.error_text());
    assert!(text.contains("tags") && text.contains("holdall.toml:2"), "{text}");
    let schema: serde_json::Value =
        serde_json::from_str(&home.run(["config", "schema"]).output().success().text()).unwrap();
    assert!(schema["properties"].is_object());
}

#[test]
fn completions_and_manual_pages_are_made() {
    let home = home();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(
            home.run(["completions", shell]).output().success().text().contains("holdall"),
            "{shell}"
        );
    }
    home.run(["man", "man"]).output().success();
    assert!(home.path("man/holdall-snapshot.1").exists());
}

#[test]
fn on_a_terminal_there_are_colours_and_questions_and_nothing_breaks() {
    let home = home();
    init(&home);
    home.write("p/a", "one\n");
    // `script` runs a program on a terminal of its own.
    let on_terminal = |line: &str, typed: &str| {
        let command = format!("{} -r repo {line}", env!("CARGO_BIN_EXE_holdall"));
        let mut script = std::process::Command::new("script");
        script.args(["-qec", &command, "/dev/null"]).current_dir(home.work());
        script
            .env("HOME", home.home())
            .env("HOLDALL_PASSWORD", "test")
            .env("TERM", "xterm")
            .env_remove("NO_COLOR");
        script.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
        let mut child = script.spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), typed.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, text) = on_terminal("snapshot p", "");
    assert!(
        code == Some(0) && text.contains("saved") && text.contains("\x1b[32m"),
        "{code:?} {text}"
    );
    let (code, text) = on_terminal("snapshots", "");
    assert!(code == Some(0) && text.contains("\x1b[1m"), "{code:?} {text}");
    home.write("p/a", "two\n");
    let (code, text) = on_terminal("restore @latest", "n\n");
    assert!(code == Some(4) && text.contains("[y/N]"), "{code:?} {text}");
    assert_eq!(std::fs::read(home.path("p/a")).unwrap(), b"two\n");
    let (code, text) = on_terminal("restore @latest", "y\n");
    assert!(code == Some(0), "{code:?} {text}");
    assert_eq!(std::fs::read(home.path("p/a")).unwrap(), b"one\n");
}

#[test]
fn log_lines_are_json_where_that_is_asked_for_and_carry_the_operation() {
    let home = home();
    init(&home);
    let outcome =
        with_repo(&home, &["snapshots", "-v", "--log-format", "json", "--json"]).output().success();
    let mut operations = std::collections::BTreeSet::new();
    for line in outcome.error_text().lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        operations.insert(line["operation"].as_str().unwrap().to_owned());
    }
    assert_eq!(operations.len(), 1);
    let document: serde_json::Value = serde_json::from_str(&outcome.text()).unwrap();
    assert_eq!(document["schema_version"], 1);
}

#[test]
fn a_shell_that_stands_in_a_replaced_tree_means_the_restored_one() {
    let home = home();
    init(&home);
    home.write("p/a", "one\n");
    with_repo(&home, &["snapshot", "p"]).output().success();
    home.write("p/a", "two\n");
    let holdall = format!("{} -r {}", env!("CARGO_BIN_EXE_holdall"), home.path("repo").display());
    let line = format!("{holdall} restore @latest --yes && {holdall} rollback --yes");
    let status = std::process::Command::new("sh")
        .args(["-c", &format!("cd p && {line}")])
        .current_dir(home.work())
        .env("HOME", home.home())
        .env("HOLDALL_PASSWORD", "test")
        .status()
        .unwrap();
    assert!(status.success());
    assert_eq!(std::fs::read(home.path("p/a")).unwrap(), b"two\n");
}

#[test]
fn a_broken_configuration_stops_commands_but_not_the_one_that_shows_all_that_is_wrong() {
    let home = home();
    home.write("holdall.toml", "[selct]\n\n[limits]\nthreads = \"many\"\n");
    let outcome = home.run(["config", "check", "--json"]).output().exits(2);
    let document: serde_json::Value = serde_json::from_str(&outcome.text()).unwrap();
    assert_eq!(document["problems"].as_array().unwrap().len(), 2);
    home.run(["snapshots"]).output().exits(2);
    home.run(["completions", "bash"]).output().success();
}

#[test]
fn what_is_typed_wrong_is_said_in_json_too() {
    let outcome = home().run(["snapshts", "--json"]).output().exits(2);
    let error: serde_json::Value = serde_json::from_str(&outcome.error_text()).unwrap();
    assert_eq!(error["error"]["kind"], "usage");
    assert_eq!(outcome.text(), "");
}

#[test]
fn what_git_tracks_is_asked_of_the_repository_around_the_directory_also_from_a_hook() {
    let home = home();
    init(&home);
    for (repository, files) in [("one", ["f", "g"]), ("other", ["f", "mine"])] {
        for file in files {
            home.write(format!("{repository}/{file}"), file);
        }
        for args in [&["init", "-q"][..], &["add", "."]] {
            let git = std::process::Command::new("git")
                .args(args)
                .current_dir(home.path(repository))
                .status();
            assert!(git.unwrap().success());
        }
    }
    with_repo(&home, &["snapshot", "other", "--git"])
        .env("GIT_DIR", home.path("one/.git"))
        .env("GIT_INDEX_FILE", home.path("one/.git/index"))
        .output()
        .ok();
    assert_eq!(with_repo(&home, &["ls", "@latest"]).output().success().text(), "f\nmine\n");
}
