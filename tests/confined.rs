//! A command that somebody took over: what it can still reach, and what each layer of protection keeps from it alone.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::process::Command;

use holdall_testkit::{Home, Outcome, Run};

use crate::{home, init, with_repo};

/// What each attempt of the breach came to; `true` if it was done.
pub(crate) fn attempts(outcome: &Outcome) -> BTreeMap<String, bool> {
    tried(&outcome.error_text())
}

/// The same of what was said on standard error.
pub(crate) fn tried(text: &str) -> BTreeMap<String, bool> {
    let breach = text.lines().filter_map(|line| line.strip_prefix("breach ")?.split_once(": "));
    breach.map(|(what, how)| (what.to_owned(), how == "done")).collect()
}

/// A run that acts, when it is confined, as if the archive had taken it over.
pub(crate) fn breached(home: &Home, args: &[&str], without: &str) -> Run {
    home.run(args).env("FAULTS_BREACH", home.path("outside")).env("FAULTS_WITHOUT", without)
}

pub(crate) fn archive(home: &Home) {
    home.write("p/a", "one");
    tar(home);
}

/// What is in `p`, as `p.tar`.
pub(crate) fn tar(home: &Home) {
    let mut tar = Command::new("tar");
    let status = tar.current_dir(home.work()).args(["-cf", "p.tar", "-C", "p", "."]).status();
    assert!(status.unwrap().success());
}

/// The programs that compress, and how what they make is called.
const PACKERS: [(&str, &str); 6] = [
    ("gzip", "p.tar.gz"),
    ("bzip2", "p.tar.bz2"),
    ("xz", "p.tar.xz"),
    ("zstd", "p.tar.zst"),
    ("lz4", "p.tar.lz4"),
    ("brotli", "p.tar.br"),
];

/// What lies outside, each to be changed by one attempt.
const CANARIES: [&str; 5] = ["overwritten", "read", "removed", "renamed", "truncated"];

pub(crate) fn canary(home: &Home) {
    let _ = std::fs::remove_dir_all(home.path("outside"));
    for name in CANARIES {
        home.write(format!("outside/{name}"), "untouched");
    }
}

pub(crate) fn untouched(home: &Home) -> bool {
    let names = std::fs::read_dir(home.path("outside")).unwrap();
    let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    let same =
        |name: &&str| std::fs::read(home.path("outside").join(name)).unwrap() == b"untouched";
    names == CANARIES && CANARIES.iter().all(same)
}

pub(crate) const FILES: [&str; 8] = [
    "write",
    "write by handle",
    "overwrite",
    "make directory",
    "link",
    "hard link",
    "rename",
    "remove",
];

#[test]
fn a_restore_that_was_taken_over_reaches_nothing_with_either_layer_alone() {
    let home = home();
    archive(&home);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    // Where the target lies is to be written; the rest of the machine is not.
    let run = |number: u32, without: &str, more: &[&str]| {
        canary(&home);
        let target = format!("in/{number}/t");
        std::fs::create_dir_all(home.path(format!("in/{number}"))).unwrap();
        let mut args = vec!["restore", "p.tar", "--to", &target];
        args.extend(more);
        let outcome = breached(&home, &args, without).env("FAULTS_BREACH_PORT", &port).output();
        let outcome = outcome.success();
        assert_eq!(std::fs::read(home.path(format!("{target}/a"))).unwrap(), b"one");
        attempts(&outcome)
    };
    // The attempts are real: without any protection each of them is done.
    let free = run(0, "landlock,seccomp", &[]);
    assert!(free.values().all(|done| *done), "{free:?}");
    assert!(free.len() >= 15 && !untouched(&home));

    let both = run(1, "", &["--sandbox", "require"]);
    assert!(both.values().all(|done| !*done), "{both:?}");
    assert!(untouched(&home));

    let landlock = run(2, "seccomp", &[]);
    for what in FILES.iter().chain(&["read", "list", "truncate", "connect", "signal", "execute"]) {
        assert!(!landlock[*what], "{what} with Landlock alone");
    }
    assert!(untouched(&home));

    // A filter of calls does not see paths: it forbids every change that is made by a path alone.
    let seccomp = run(3, "landlock", &[]);
    for what in FILES.iter().filter(|what| **what != "write by handle") {
        assert!(!seccomp[*what], "{what} with seccomp alone");
    }
    for what in ["truncate", "socket", "connect", "signal", "execute"] {
        assert!(!seccomp[what], "{what} with seccomp alone");
    }

    // A dry run may not even write beside its target.
    canary(&home);
    let dry = ["restore", "p.tar", "--to", "outside/t", "--dry-run"];
    let dry = attempts(&breached(&home, &dry, "seccomp").output().success());
    assert!(FILES.iter().all(|what| !dry[*what]), "{dry:?}");
    assert!(untouched(&home));
}

#[test]
fn a_restore_says_how_far_it_is_confined_and_refuses_where_it_must_be_and_cannot() {
    let home = home();
    archive(&home);
    let restore = |to: &str, more: &[&str]| {
        let mut args = vec!["restore", "p.tar", "--to", to];
        args.extend(more);
        home.run(args)
    };
    let json = |outcome: Outcome| -> serde_json::Value {
        serde_json::from_str(&outcome.success().text()).unwrap()
    };
    let whole = json(restore("a", &["--sandbox", "require", "--json"]).output());
    assert!(whole["sandbox"]["landlock"].as_u64().unwrap() >= 2, "{whole}");
    assert_eq!(whole["sandbox"]["seccomp"], true);
    let said = restore("b", &["-v"]).output().success().error_text();
    assert!(said.contains("confined by Landlock") && said.contains("seccomp"), "{said}");
    let off = json(restore("c", &["--sandbox", "off", "--json"]).output());
    assert_eq!(off["sandbox"]["landlock"], serde_json::Value::Null);
    assert_eq!(off["sandbox"]["seccomp"], false);

    let lacking = |to: &str, more: &[&str]| restore(to, more).env("FAULTS_WITHOUT", "landlock");
    let said = lacking("d", &[]).output().success().error_text();
    assert!(said.contains("the system has no Landlock"), "{said}");
    let refused = lacking("e", &["--sandbox", "require"]).output().exits(4).error_text();
    assert!(refused.contains("the system has no Landlock"), "{refused}");
    assert!(refused.contains("no-sandbox") && !home.path("e").exists(), "{refused}");

    // Whoever wrote a project does not decide how it is protected from what is restored.
    home.write("holdall.toml", "[restore]\nsandbox = \"off\"\n");
    let refused = restore("f", &[]).output().exits(4).error_text();
    assert!(refused.contains("restore.sandbox"), "{refused}");
}

#[test]
fn what_a_confined_restore_needs_is_still_there() {
    let home = home();
    init(&home);
    home.write("p/a", "one\n");
    home.write("p/sub/b", "two\n");
    with_repo(&home, &["snapshot", "p"]).output().success();
    let required = |args: &[&str]| {
        let mut all = args.to_vec();
        all.extend(["--sandbox", "require"]);
        with_repo(&home, &all)
    };
    tar(&home);
    for (program, file) in PACKERS {
        let packed = Command::new(program).arg("-c").arg(home.path("p.tar")).output().unwrap();
        home.write(file, &packed.stdout);
        for (source, to) in [(file, "out"), ("-", "in")] {
            let to = format!("{to}/{program}");
            // Nothing in the bytes of brotli says that they are.
            if source == "-" && program == "brotli" {
                continue;
            }
            let restore = required(&["restore", source, "--to", &to, "--verify"]);
            restore.stdin(packed.stdout.clone()).output().success();
            assert_eq!(std::fs::read(home.path(format!("{to}/sub/b"))).unwrap(), b"two\n");
        }
    }
    home.run(["dump", "p", "-o", "p.md"]).output().success();
    home.run(["dump", "p", "--split", "600", "-o", "parts.md"]).output().success();
    for (to, source) in [("x", "p.md"), ("y", "parts.md"), ("z", "p"), ("s", "@latest")] {
        // Directories above the target are made, a merge follows, and the way back is there.
        let target = format!("deep/{to}/t");
        required(&["restore", source, "--to", &target]).output().success();
        home.write(format!("{target}/a"), "changed\n");
        let merge = ["restore", source, "--to", &target, "--overwrite", "always", "--delete"];
        required(&merge).arg("--trace").arg(home.path("trace.json")).output().success();
        assert_eq!(std::fs::read(home.path(format!("{target}/a"))).unwrap(), b"one\n", "{source}");
        assert!(home.path("trace.json").metadata().unwrap().len() > 0);
        home.run(["rollback", "--target", &target, "--yes"]).output().success();
        assert_eq!(std::fs::read(home.path(format!("{target}/a"))).unwrap(), b"changed\n");
    }
    // To its own place, which stands in the snapshot. The lock of the repository is gone afterwards.
    home.write("p/a", "changed\n");
    required(&["restore", "@latest", "--yes"]).output().success();
    assert_eq!(std::fs::read(home.path("p/a")).unwrap(), b"one\n");
    assert!(std::fs::read_dir(home.path("repo/locks")).unwrap().next().is_none());
}

#[test]
fn whoever_only_looks_at_an_archive_or_a_dump_reaches_nothing_else_and_writes_nothing() {
    let home = home();
    archive(&home);
    home.run(["archive", "p", "-o", "p.7z"]).output().success();
    home.run(["dump", "p", "-o", "p.md"]).output().success();
    let signature = home.run(["delta", "signature", "p"]).output().success().stdout;
    home.write("signature", signature);
    let commands = [
        &["ls", "p.tar"][..],
        &["cat", "p.7z", "a"],
        &["find", "p.md", "a"],
        &["verify", "p.tar"],
        &["id", "p.7z"],
        &["diff", "p.tar", "p"],
        &["stats", "p.md"],
        &["scan", "p.tar"],
        &["archive", "p.tar", "-o", "-", "--format", "tar.gz"],
        &["dump", "p.7z", "-o", "-"],
        &["delta", "make", "p", "signature"],
    ];
    for (number, command) in commands.iter().enumerate() {
        canary(&home);
        let both = attempts(&breached(&home, command, "").output().success());
        assert!(both.len() >= 15 && both.values().all(|done| !*done), "{command:?}: {both:?}");
        assert!(untouched(&home), "{command:?}");
        // One layer alone for each, in turn.
        let without = if number % 2 == 0 { "seccomp" } else { "landlock" };
        let one = attempts(&breached(&home, command, without).output().success());
        for what in FILES.iter().filter(|what| without == "seccomp" || **what != "write by handle")
        {
            assert!(!one[*what], "{command:?}: {what} without {without}");
        }
    }
    let off = [&["ls", "p.tar"][..], &["--sandbox", "off"]].concat();
    assert!(attempts(&breached(&home, &off, "").output().success()).is_empty());
    // In a directory of one's own there is nothing that others made.
    assert!(attempts(&breached(&home, &["ls", "p"], "").output().success()).is_empty());
    let refused = [&["id", "p.tar"][..], &["--sandbox", "require"]].concat();
    let refused = breached(&home, &refused, "landlock").output().exits(4).error_text();
    assert!(refused.contains("error[no-sandbox]"), "{refused}");
}

#[test]
fn all_that_is_looked_at_is_read_confined() {
    let home = home();
    init(&home);
    home.write("p/a", "one\n");
    home.write("p/sub/b", "two\n");
    home.write("pass", "horse\n");
    with_repo(&home, &["snapshot", "p"]).output().success();
    let pass = ["--passphrase-file", "pass"];
    let id = home.run(["id", "p"]).output().success().text();
    for file in ["p.tar", "p.tar.gz", "p.tar.xz", "p.tar.zst", "p.zip", "p.7z"] {
        home.run(["archive", "p", "-o", file]).output().success();
    }
    home.run(["dump", "p", "-o", "p.md"]).output().success();
    home.run(["dump", "p", "--split", "600", "-o", "parts.md"]).output().success();
    for (file, how) in [("e.zip", "zip-aes256"), ("p.zip.age", "age"), ("p.7z.age", "age")] {
        let args = ["archive", "p", "-o", file, "--encrypt", how];
        home.run([&args[..], &pass].concat()).output().success();
    }
    let required = |args: &[&str]| {
        with_repo(&home, &[args, &["--sandbox", "require"], &pass].concat()).output().success()
    };
    // Not every form holds times to the nanosecond.
    let alike = |said: &str| said.lines().all(|line| line.starts_with("U "));
    home.write("patterns", "nothing-like-it\n");
    let files = ["p.tar", "p.tar.gz", "p.tar.xz", "p.tar.zst", "p.zip", "p.7z", "p.md", "parts.md"];
    for file in files.iter().chain(&["e.zip", "p.zip.age", "p.7z.age"]) {
        assert_eq!(required(&["id", file, "--exclude-from", "patterns"]).text(), id, "{file}");
        assert_eq!(required(&["ls", file]).text(), "a\nsub/\n", "{file}");
        assert_eq!(required(&["cat", file, "sub/b"]).text(), "two\n", "{file}");
        assert_eq!(required(&["find", file, "b"]).text(), "sub/b\n", "{file}");
        required(&["verify", file]);
        // Two that are unpacked, and one beside a snapshot whose lock is removed.
        assert!(alike(&required(&["diff", file, "p.tar.gz", "--content"]).text()), "{file}");
    }
    assert!(alike(&required(&["diff", "p.tar.gz", "@latest", "--content"]).text()));
    assert!(std::fs::read_dir(home.path("repo/locks")).unwrap().next().is_none());
    for file in ["p.tar.gz", "p.7z", "p.md", "p.zip"] {
        let bytes = std::fs::read(home.path(file)).unwrap();
        let piped = home.run(["id", "-", "--sandbox", "require"]).stdin(bytes).output().success();
        assert_eq!(piped.text(), id, "{file}");
    }
    // Inside WebAssembly too, which takes archives alone.
    assert_eq!(home.run(["id", "p.tar.gz", "--sandbox", "wasm"]).output().success().text(), id);
    home.run(["id", "p.md", "--sandbox", "wasm"]).output().exits(4);
}
