//! Commands that are run before and after what is done.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Command;

use holdall_testkit::Home;

use crate::{home, init, with_repo};

/// Writes the user's own configuration.
pub(crate) fn user_file(home: &Home, text: &str) {
    let dir = home.home().join(".config/holdall");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("holdall.toml"), text).unwrap();
}

/// A hook that runs a script.
fn hook(on: &str, script: &str, more: &str) -> String {
    format!("[[hook]]\non = [\"{on}\"]\ncommand = [\"sh\", \"-c\", '''{script}''']\n{more}\n")
}

fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// A home with a directory to work on.
fn scene(hooks: &[String]) -> Home {
    let home = home();
    home.write("p/a", "one\n");
    home.write("p/b", "two\n");
    user_file(&home, &hooks.concat());
    home
}

const NOTE: &str = "echo $HOLDALL_EVENT $HOLDALL_EXIT_CODE $HOLDALL_FILES \
                    $HOLDALL_DESTINATION >> \"$HOME/log\"";

#[test]
fn hooks_are_run_in_order_around_each_operation_and_told_what_it_did() {
    let home = scene(&[hook("*.*", NOTE, "")]);
    let log = home.home().join("log");
    let took = |args: &[&str], code: i32| {
        home.run(args).output().exits(code);
        let said = read(&log);
        let _ = std::fs::remove_file(&log);
        said
    };
    let expected = "archive.start x.tar\narchive.success 0 2 x.tar\narchive.end 0 2 x.tar\n";
    assert_eq!(took(&["archive", "p", "-o", "x.tar"], 0), expected);
    let expected = "restore.start out\nrestore.success 0 2 out\nrestore.end 0 2 out\n";
    assert_eq!(took(&["restore", "x.tar", "--to", "out"], 0), expected, "it confined itself");
    assert_eq!(read(home.path("out/a")), "one\n");
    let expected = "clone.start c\nclone.success 0 2 c\nclone.end 0 2 c\n";
    assert_eq!(took(&["clone", "p", "c"], 0), expected);
    let expected = "dump.start d.md\ndump.success 0 2 d.md\ndump.end 0 2 d.md\n";
    assert_eq!(took(&["dump", "p", "-o", "d.md"], 0), expected);
    let expected = "convert.start e.zip\nconvert.success 0 2 e.zip\nconvert.end 0 2 e.zip\n";
    assert_eq!(took(&["convert", "p", "e.zip"], 0), expected);
    let expected = "archive.start x.tar\narchive.failure 1 x.tar\narchive.end 1 x.tar\n";
    assert_eq!(took(&["archive", "nothing", "-o", "x.tar"], 1), expected);
    assert_eq!(took(&["ls", "p"], 0), "", "what only looks has no hooks");
    assert_eq!(took(&["archive", "p", "-o", "x.tar", "--no-hooks"], 0), "");
}

#[test]
fn a_hook_that_fails_before_anything_is_done_stops_the_run_unless_it_may_fail() {
    let fails = |more: &str| hook("archive.start", "echo no room; exit 7", more);
    let home = scene(&[fails(""), hook("archive.failure", NOTE, ""), hook("*.end", NOTE, "")]);
    let outcome = home.run(["archive", "p", "-o", "x.tar"]).output().exits(1);
    let said = outcome.error_text();
    for expected in ["error[hook]", "nothing was done", "exit status: 7", "no room"] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    assert!(!home.path("x.tar").exists());
    let log = read(home.home().join("log"));
    assert_eq!(log, "archive.failure 1 x.tar\narchive.end 1 x.tar\n", "what was begun is ended");
    for (more, told) in [("on-failure = \"warn\"", true), ("on-failure = \"ignore\"", false)] {
        user_file(&home, &fails(more));
        let outcome = home.run(["archive", "p", "-o", "x.tar"]).output().success();
        assert_eq!(outcome.error_text().contains("exit status: 7"), told, "{more}");
        std::fs::remove_file(home.path("x.tar")).unwrap();
    }
}

#[test]
fn a_hook_that_fails_afterwards_makes_the_run_incomplete_unless_it_may_fail() {
    for (more, code) in [("", 3), ("on-failure = \"warn\"", 0), ("on-failure = \"ignore\"", 0)] {
        let home = scene(&[hook("archive.success", "exit 1", more), hook("*.end", NOTE, "")]);
        let outcome = home.run(["archive", "p", "-o", "x.tar"]).output().exits(code);
        let told = outcome.error_text().contains("failed at archive.success");
        assert_eq!(told, !more.contains("ignore"), "{}", outcome.error_text());
        assert!(home.path("x.tar").exists());
        assert_eq!(read(home.home().join("log")), "archive.end 0 2 x.tar\n", "the rest is run");
    }
}

#[test]
fn a_hook_sees_the_snapshot_and_none_of_our_secrets() {
    let home = scene(&[
        hook("snapshot.start", "env > \"$HOME/before\"", ""),
        hook("snapshot.end", "env > \"$HOME/after\"", ""),
    ]);
    init(&home);
    let run = with_repo(&home, &["snapshot", "p", "--json"]);
    let run = run.env("RESTIC_PASSWORD", "s3").env("HOLDALL_NOTIFY_TOKEN", "s3").env("OTHER", "x");
    let taken: serde_json::Value = serde_json::from_str(&run.output().success().text()).unwrap();
    let after = read(home.home().join("after"));
    let id = taken["snapshot_id"].as_str().unwrap();
    for expected in
        [format!("HOLDALL_SNAPSHOT_ID={id}"), "HOLDALL_BYTES=8".into(), "OTHER=x".into()]
    {
        assert!(after.lines().any(|line| line == expected), "{expected}: {after}");
    }
    for seen in [read(home.home().join("before")), after] {
        assert!(seen.contains("HOLDALL_OP_ID="), "{seen}");
        assert!(!seen.contains("PASSWORD") && !seen.contains("TOKEN"), "{seen}");
    }
}

#[test]
fn what_a_hook_says_goes_to_the_log_and_what_takes_too_long_is_ended() {
    let home = scene(&[
        hook("archive.start", "echo hello", ""),
        hook("archive.end", "sleep 600 & sleep 600", "time-limit = 1"),
    ]);
    let run = home.run(["archive", "p", "-o", "x.tar", "-v", "--log-format", "json"]);
    let said = run.output().exits(3).error_text();
    let lines: Vec<serde_json::Value> =
        said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let has = |event: &str, text: &str| {
        lines.iter().any(|line| line["event"] == event && line.to_string().contains(text))
    };
    assert!(has("hook_said", "hello"), "{said}");
    assert!(has("problem", "took longer than 1 seconds"), "{said}");
}

#[test]
fn a_project_can_neither_run_commands_nor_read_databases() {
    let home = scene(&[]);
    let marker = home.path("ran");
    let touch = format!("touch {}", marker.display());
    for text in [
        hook("*.*", &touch, ""),
        hook("*.*", &touch, "").replace("[[hook]]", "[[profile.x.hook]]"),
        format!(
            "[[database]]\nname = \"x\"\nkind = \"mysql\"\nproject = \".\"\npassword-command = \"{touch}\"\n"
        ),
    ] {
        home.write("p/holdall.toml", &text);
        let run = home.run(["archive", ".", "-o", "../x.tar", "--profile", "x"]);
        let run = if text.contains("profile") {
            run
        } else {
            home.run(["archive", ".", "-o", "../x.tar"])
        };
        let said = run.cwd("p").output().exits(4).error_text();
        assert!(said.contains("error[config-untrusted]"), "{said}");
        assert!(!marker.exists() && !home.path("x.tar").exists());
    }
}

#[test]
fn hooks_of_a_project_are_for_that_project() {
    let home = scene(&[hook("archive.end", NOTE, "project = \"~/../work/p\"")]);
    home.write("q/a", "1");
    home.run(["archive", "q", "-o", "q.tar"]).output().ok();
    home.run(["archive", "p", "-o", "p.tar"]).output().ok();
    assert_eq!(read(home.home().join("log")), "archive.end 0 2 p.tar\n");
}

#[test]
fn a_dry_run_tells_which_hooks_it_would_run() {
    let home = scene(&[hook("archive.*", NOTE, "name = \"note it\"")]);
    let said = home.run(["archive", "p", "-o", "x.tar", "--dry-run"]).output().success();
    let expected = "would run the hook \"note it\" at archive.*";
    assert!(said.error_text().contains(expected), "{}", said.error_text());
    assert!(!home.home().join("log").exists());
}

#[test]
fn hooks_for_the_end_are_run_even_if_the_run_is_killed() {
    let home = scene(&[
        hook("archive.start", "echo $PPID $$ > \"$HOME/begun\"; exec sleep 600", ""),
        hook("*.failure", "echo \"$HOLDALL_EVENT $HOLDALL_ERROR\" > \"$HOME/ended\"", ""),
    ]);
    let pipes = ["begun", "ended"].map(|name| home.home().join(name));
    assert!(Command::new("mkfifo").args(&pipes).status().unwrap().success());
    let line = |pipe: &Path| {
        let mut line = String::new();
        BufReader::new(std::fs::File::open(pipe).unwrap()).read_line(&mut line).unwrap();
        line
    };
    let mut child = home.run(["archive", "p", "-o", "x.tar"]).into_command().spawn().unwrap();
    let [begun, ended] = &pipes;
    let numbers = line(begun);
    let mut numbers = numbers.split_whitespace();
    assert_eq!(numbers.next(), Some(child.id().to_string().as_str()));
    child.kill().unwrap();
    child.wait().unwrap();
    let hook = numbers.next().unwrap();
    let killed = Command::new("kill").args(["-9", hook]).status().unwrap();
    assert!(killed.success());
    assert_eq!(line(ended), "archive.failure the run ended before it could say how\n");
}
