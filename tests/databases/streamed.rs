//! Databases that are captured while their program writes them, by programs that stand in for those of a server.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use holdall_testkit::{Home, Run};

use crate::hooks::user_file;
use crate::{home, init, with_repo};

/// Where a capture of `p` has the database.
const PLACE: &str = ".holdall/databases/shop.sql";

/// Lets a script stand in for the program that writes the database.
fn writes(home: &Home, script: &str, more: &str) {
    let program = home.write("program", format!("#!/bin/sh\n{script}\n"));
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&program, mode).unwrap();
    configure(home, &program, more);
}

fn configure(home: &Home, program: &Path, more: &str) {
    let project = home.path("p");
    let text = format!(
        "[[database]]\nname = \"shop\"\nkind = \"postgresql\"\nproject = {project:?}\n\
         dump-program = {program:?}\n{more}\n"
    );
    user_file(home, &text);
}

fn scene() -> Home {
    let home = home();
    home.write("p/a", "one\n");
    init(&home);
    home
}

/// True if the file is what the script writes.
fn is_of(script: &str, file: &Path) -> bool {
    let compare = format!("{{ {script}; }} | cmp - {:?}", file.display());
    Command::new("sh").args(["-c", &compare]).status().unwrap().success()
}

#[test]
fn a_snapshot_and_a_clone_need_no_room_for_a_database_but_where_they_keep_it() {
    const BYTES: u64 = 200 << 20;
    let home = scene();
    let script = format!("seq 1 99999999 | head -c {BYTES}");
    writes(&home, &script, "");
    let began = SystemTime::now();
    let peak = |run: Run| {
        let said = run.env("TMPDIR", "/nowhere").arg("--json").output().success().text();
        let said: serde_json::Value = serde_json::from_str(&said).unwrap();
        assert!(said["bytes"].as_u64().unwrap() >= BYTES, "{said}");
        said["peak_memory_bytes"].as_u64().unwrap()
    };
    for peak in [peak(with_repo(&home, &["snapshot", "p"])), peak(home.run(["clone", "p", "c"]))] {
        assert!(peak < BYTES / 2, "{peak}");
    }
    with_repo(&home, &["restore", "@latest", "--to", "r"]).output().ok();
    for dir in ["c", "r"] {
        let file = home.path(dir).join(PLACE);
        assert!(is_of(&script, &file), "{dir}");
        let time = file.metadata().unwrap().modified().unwrap();
        assert!((began..SystemTime::now()).contains(&time), "{dir}: {time:?}");
    }
    home.run(["verify", "c"]).output().ok();
    let archive = home.run(["archive", "p", "-o", "x.zip"]).env("TMPDIR", "/nowhere");
    let said = archive.output().exits(3).error_text();
    assert!(said.contains("cannot use a temporary file"), "{said}");
}

#[test]
fn of_two_databases_each_is_captured_whatever_becomes_of_the_other() {
    let home = scene();
    let table = |name: &str, program: &str| {
        let (project, program) = (home.path("p"), home.path(program));
        format!(
            "[[database]]\nname = \"{name}\"\nkind = \"mariadb\"\nproject = {project:?}\n\
             dump-program = {program:?}\n"
        )
    };
    writes(&home, "echo whole", "");
    std::fs::rename(home.path("program"), home.path("good")).unwrap();
    writes(&home, "head -c 3000000 /dev/zero; exit 1", "");
    let text =
        ["a", "b", "c"].map(|name| table(name, if name == "b" { "program" } else { "good" }));
    user_file(&home, &text.concat());
    with_repo(&home, &["snapshot", "p"]).output().exits(3);
    home.run(["clone", "p", "c"]).output().exits(3);
    for source in ["@latest", "c"] {
        let listed = with_repo(&home, &["ls", source, "-R"]).output().success().text();
        let dir = ".holdall/databases";
        assert_eq!(listed, format!(".holdall/\n{dir}/\n{dir}/a.sql\n{dir}/c.sql\na\n"));
    }
}

#[test]
fn a_database_that_fails_on_the_way_is_nowhere_and_all_else_is_captured() {
    let home = scene();
    let whole = "echo whole";
    let much = "head -c 20000000 /dev/urandom";
    for (script, more, why) in [
        ("echo it broke >&2; exit 7".to_owned(), "", "ended with exit status: 7: it broke"),
        (format!("{much}; echo it broke >&2; exit 1"), "", "ended with exit status: 1: it broke"),
        (format!("{much}; kill -9 $$"), "", "ended with signal: 9"),
        (format!("{much}; exec sleep 600"), "time-limit = \"1s\"", "took longer than 1 seconds"),
        ("exec yes".to_owned(), "max-size = 5000000", "more than the limit of 5000000 bytes"),
        (String::new(), "client-program = \"none\"", "could not be started"),
    ] {
        writes(&home, whole, "");
        home.run(["clone", "p", "c"]).output().ok();
        home.run(["clone", "p", "all", "--incremental"]).output().ok();
        assert!(home.path("c").join(PLACE).exists());
        writes(&home, &script, more);
        if script.is_empty() {
            configure(&home, &home.path("none"), more);
        }
        for run in [
            with_repo(&home, &["snapshot", "p"]),
            home.run(["clone", "p", "c", "--delete"]),
            home.run(["clone", "p", "all", "--incremental", "--keep", "1"]),
        ] {
            let said = run.output().exits(3).error_text();
            assert!(said.contains("cannot capture the database shop"), "{said}");
            assert!(said.contains(why), "{why}: {said}");
        }
        let listed = with_repo(&home, &["ls", "@latest", "-R"]).output().success().text();
        assert_eq!(listed, ".holdall/\n.holdall/databases/\na\n", "{why}");
        let mut clones: Vec<_> = std::fs::read_dir(home.path("all"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        clones.retain(|path| path.file_name() != Some(".holdall".as_ref()));
        clones.sort();
        assert_eq!(clones.len(), 2, "none goes for one that lacks something");
        for clone in [home.path("c"), clones.pop().unwrap()] {
            assert!(clone.join("a").exists());
            let databases = clone.join(PLACE).parent().unwrap().read_dir().unwrap();
            assert_eq!(databases.count(), 0, "{why}");
            home.run(["verify".as_ref(), clone.as_os_str()]).output().ok();
        }
        for gone in ["c", ".c.holdall", "all"] {
            std::fs::remove_dir_all(home.path(gone)).unwrap();
        }
    }
    with_repo(&home, &["repo", "check", "--read-data"]).output().ok();
}

#[test]
fn an_interrupt_ends_the_program_and_leaves_nothing() {
    let home = scene();
    let fifo = home.path("begun");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    writes(&home, &format!("echo some of it; echo $$ > {:?}; exec sleep 600", fifo.display()), "");
    for run in [with_repo(&home, &["snapshot", "p"]), home.run(["clone", "p", "c"])] {
        let mut child = run.into_command().spawn().unwrap();
        let mut program = String::new();
        BufReader::new(std::fs::File::open(&fifo).unwrap()).read_line(&mut program).unwrap();
        let kill = |signal: &str, pid: &str| {
            Command::new("kill").args([signal, pid.trim()]).output().unwrap().status.success()
        };
        assert!(kill("-INT", &child.id().to_string()));
        assert_eq!(child.wait().unwrap().code(), Some(130));
        assert!(!kill("-0", &program), "it was waited for");
    }
    assert!(!home.path("c").exists() && !home.path(".c.holdall").exists());
    let listed = with_repo(&home, &["snapshots", "--json"]).output().success().text();
    assert!(!listed.contains("\"id\""), "{listed}");
}

#[test]
fn a_conversion_to_a_snapshot_takes_a_database_whatever_is_left_out() {
    let home = scene();
    writes(&home, "echo whole", "");
    with_repo(&home, &["convert", "p", "@", "--exclude", ".holdall"]).output().ok();
    let text = with_repo(&home, &["cat", "@latest", PLACE]).output().success().text();
    assert_eq!(text, "whole\n");
}
