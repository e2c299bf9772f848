//! What is said where something is wrong: each message in `errors.txt` is what a run really says.
//!
//! A block there is a command, its exit code and what it printed. To take over changed messages, run this with
//! `HOLDALL_TEST_WRITE=1` and look at the difference.

use std::collections::BTreeSet;
use std::path::Path;

use holdall_testkit::{Home, Run};

use crate::{home, init, with_repo};

/// Repositories, trees and configurations with something wrong in each.
fn scene() -> Home {
    let home = home();
    init(&home);
    home.write("p/a", "a");
    home.write("p/d/b", "b");
    home.write("full/x", "x");
    with_repo(&home, &["snapshot", "p", "--host", "h"]).output().ok();
    with_repo(&home, &["restore", "@latest", "--to", "restored"]).output().ok();
    for args in [&["repo", "init"][..], &["snapshot", "p"]] {
        torn(&home, args).output().ok();
    }
    tear(&home.path("torn/data"));
    for (name, text) in [
        ("syntax", "[select]\nexclude = [\"*.o\""),
        ("key", "[select]\nexclude = []\nexlude = [\"*.o\"]\n"),
        ("section", "[selct]\n"),
        ("type", "[limits]\n\nmax-depth = \"deep\"\n"),
        ("value", "[repository]\npack-size = \"1 GiB\"\n"),
        ("command", "[repository]\npassword-command = \"pass\"\n"),
        ("notify", "[notify]\nurl = \"https://ntfy.sh/t\"\n"),
        ("token", "[notify]\ntoken = \"secret\"\n"),
        ("password", "[repository]\npassword = \"secret\"\n"),
        ("profiles", "[profile.work.select]\ngit = true\n"),
        ("rule", "[[secrets.rules]]\nid = \"x\"\nregex = 'tok_(\\w+'\n"),
        ("outside", "[dump]\noutput = \"../x.md\"\n"),
        ("keep", "[forget]\nkeep-daily = \"some\"\n"),
    ] {
        home.write(format!("{name}.toml"), text);
    }
    home.write("binary.toml", [0xff, 0xfe]);
    home.write("patterns", "*.o\n[a\n");
    home
}

/// A run with the repository whose packs are changed.
fn torn(home: &Home, args: &[&str]) -> Run {
    home.run([&["-r", "torn"], args].concat()).env("HOLDALL_PASSWORD", "test")
}

/// Changes every pack beneath a directory.
fn tear(dir: &Path) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tear(&path);
        } else {
            let bytes: Vec<u8> = std::fs::read(&path).unwrap().iter().map(|b| b ^ 1).collect();
            let mut permissions = std::fs::metadata(&path).unwrap().permissions();
            std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o600);
            std::fs::set_permissions(&path, permissions).unwrap();
            std::fs::write(&path, bytes).unwrap();
        }
    }
}

/// Runs `VARIABLE=value ... holdall arguments`. There are no quotes: words are what stands between blanks.
fn run(home: &Home, command: &str) -> String {
    let (variables, args) = command.split_once("holdall").unwrap();
    let mut run = home.run(args.split_whitespace()).env("HOLDALL_PASSWORD", "test");
    for variable in variables.split_whitespace() {
        let (name, value) = variable.split_once('=').unwrap();
        run = run.env(name, value);
    }
    run.filter("[HOME]/work/", "").output().snapshot()
}

#[test]
fn every_message_is_as_written_down_and_has_a_code_that_is_explained() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/errors.txt");
    let written = std::fs::read_to_string(&page).unwrap();
    let mut blocks = written.split("\n$ ");
    let mut said = blocks.next().unwrap().to_owned();
    let home = scene();
    let mut codes = BTreeSet::new();
    for block in blocks {
        let command = block.lines().next().unwrap();
        let printed = run(&home, command);
        let error = printed.lines().find_map(|line| line.strip_prefix("error["));
        codes.extend(error.and_then(|rest| rest.split(']').next()).map(str::to_owned));
        said.push_str(&format!("\n$ {command}\n{printed}"));
    }
    if std::env::var_os("HOLDALL_TEST_WRITE").is_some() {
        std::fs::write(&page, &said).unwrap();
        return;
    }
    for (line, (written, said)) in written.lines().zip(said.lines()).enumerate() {
        assert_eq!(said, written, "line {} of tests/errors.txt", line + 1);
    }
    assert_eq!(said.lines().count(), written.lines().count());
    let explained = include_str!("../docs/errors.md");
    assert!(codes.len() >= 25, "{codes:?}");
    for code in codes {
        assert!(explained.contains(&format!("| `{code}` |")), "{code}");
    }
}

#[test]
fn no_message_has_a_trace_of_calls() {
    let home = scene();
    let outcome = torn(&home, &["ls", "@latest"]).env("RUST_BACKTRACE", "1");
    let text = outcome.output().exits(1).error_text();
    assert!(!text.contains("backtrace") && !text.contains(".rs:"), "{text}");
}
