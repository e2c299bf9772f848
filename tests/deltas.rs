//! Deltas between two directories: over files and pipes, exactly, or not at all.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use holdall_testkit::{Home, Outcome, compare, hostile_tree, is_root, rsync_identical};

use crate::home;

/// Runs a step of a delta and gives what it writes to standard output.
fn step(home: &Home, args: &[&str]) -> Vec<u8> {
    home.run([&["delta"], args].concat()).output().success().stdout
}

fn copy(home: &Home, from: &str, to: &str) {
    let _ = std::fs::remove_dir_all(home.path(to));
    let mut command = Command::new("cp");
    assert!(command.arg("-a").arg(home.path(from)).arg(home.path(to)).status().unwrap().success());
}

fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    };
    (0..length).map(|_| next()).collect()
}

/// `old`, and `new` which is a later state of it.
fn scene(home: &Home) {
    home.write("old/large", noise(1, 3_000_000));
    home.write("old/moves", noise(2, 200_000));
    home.write("old/gone", "gone");
    home.write("old/d/same", "same");
    home.write("old/d/text", "one\ntwo\n");
    copy(home, "old", "new");
    let mut large = b"in front".to_vec();
    large.extend_from_slice(&noise(1, 3_000_000));
    home.write("new/large", large);
    std::fs::rename(home.path("new/moves"), home.path("new/d/moved")).unwrap();
    std::fs::remove_file(home.path("new/gone")).unwrap();
    home.write("new/d/text", "one\nthree\n");
    home.write("new/fresh", noise(3, 50_000));
    std::fs::hard_link(home.path("new/fresh"), home.path("new/fresh-too")).unwrap();
    std::os::unix::fs::symlink("d/text", home.path("new/link")).unwrap();
}

fn same(a: &Path, b: &Path) {
    assert_eq!(compare(a, b), [] as [String; 0]);
    assert_eq!(rsync_identical(a, b), [] as [String; 0]);
}

#[test]
fn a_directory_becomes_another_by_what_differs_alone() {
    let home = home();
    scene(&home);
    let signature = step(&home, &["signature", "old"]);
    assert!(signature.len() < 40_000, "{}", signature.len());
    home.write("sig", &signature);
    let delta = step(&home, &["make", "new", "sig"]);
    // What is new is 50,000 bytes without structure, and the chunk that something was put in front of.
    assert!(delta.len() < 100_000, "{}", delta.len());
    home.write("delta", &delta);
    copy(&home, "old", "before");
    step(&home, &["apply", "old", "delta"]);
    same(&home.path("new"), &home.path("old"));
    home.run(["rollback", "--target", "old", "--yes"]).output().success();
    same(&home.path("before"), &home.path("old"));
}

#[test]
fn a_delta_goes_over_a_pipe_and_into_a_directory_of_any_kind() {
    let home = home();
    std::fs::create_dir(home.path("new")).unwrap();
    hostile_tree(&home.path("new")).unwrap();
    std::fs::create_dir(home.path("old")).unwrap();
    let program = home.run([] as [&str; 0]).into_command();
    let mut command = Command::new("bash");
    let script = "set -o pipefail; \"$0\" delta signature old | \"$0\" delta make new - | \"$0\" delta apply old -";
    command.args(["-c", script]).arg(program.get_program()).current_dir(home.work()).env_clear();
    command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let ended = command.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success() || !is_root(), "{said}");
    if is_root() {
        same(&home.path("new"), &home.path("old"));
    }
}

#[test]
fn what_a_delta_was_not_made_against_and_what_was_changed_is_refused() {
    let home = home();
    scene(&home);
    let signature = home.write("sig", step(&home, &["signature", "old"]));
    let delta = home.write("delta", step(&home, &["make", "new", "sig"]));
    copy(&home, "old", "before");
    // Another directory, even if only one byte of one file differs and its time does not.
    copy(&home, "old", "other");
    let text = home.path("other/d/text");
    let time = text.metadata().unwrap().modified().unwrap();
    std::fs::write(&text, "one\ntwO\n").unwrap();
    std::fs::File::open(&text).unwrap().set_modified(time).unwrap();
    let refused = home.run(["delta", "apply", "other", "delta"]).output().exits(4);
    assert!(refused.error_text().contains("is not what the delta was made against"));
    let whole = std::fs::read(&delta).unwrap();
    for nr in 0..30 {
        let at = nr * whole.len() / 30;
        let mut changed = whole.clone();
        changed[at] ^= 0x20;
        for damaged in [&changed[..], &whole[..at]] {
            home.write("changed", damaged);
            let outcome = home.run(["delta", "apply", "old", "changed"]).output();
            assert!(outcome.code != 0, "byte {at} may be changed, or the delta be cut off there");
        }
    }
    same(&home.path("before"), &home.path("old"));
    // Of a signature a chunk may be taken for another: then the delta is larger, or is refused where it is applied.
    let whole = std::fs::read(&signature).unwrap();
    for nr in 0..10 {
        let mut changed = whole.clone();
        changed[nr * whole.len() / 10] ^= 0x20;
        home.write("changed", &changed);
        let made = home.run(["delta", "make", "new", "changed"]).output();
        if made.code != 0 {
            continue;
        }
        home.write("made", &made.stdout);
        copy(&home, "before", "target");
        let applied = home.run(["delta", "apply", "target", "made"]).output();
        same(&home.path(if applied.code == 0 { "new" } else { "before" }), &home.path("target"));
    }
    same(&home.path("before"), &home.path("old"));
    let swapped = home.run(["delta", "apply", "old", "sig"]).output().exits(4);
    assert!(swapped.error_text().contains("no delta"), "{}", swapped.error_text());
}

/// Sends `new` to a program that receives into `old`, through whatever `between` does on the way there and back.
fn send(home: &Home, flags: &[&str], old: &str, there: &str, back: &str) -> Outcome {
    let program = home.run([] as [&str; 0]).into_command();
    let program = program.get_program().to_string_lossy().into_owned();
    let other = format!("{there} | '{program}' delta receive {old} | {back}");
    let other = format!("set -o pipefail; {other}");
    home.run([&["delta", "send", "new"], flags, &["--", "bash", "-c", &other]].concat()).output()
}

#[test]
fn a_directory_is_sent_and_only_what_differs_travels() {
    let home = home();
    scene(&home);
    for number in 0..300 {
        for tree in ["old", "new"] {
            home.write(format!("{tree}/many/{number}"), noise(number + 9, 4000));
        }
    }
    copy(&home, "new/many", "old/many");
    home.write("new/many/7", [noise(16, 4000), b"and more".to_vec()].concat());
    std::fs::remove_file(home.path("new/many/8")).unwrap();
    // The permissions alone are others.
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(home.path("new/many/9"), mode).unwrap();
    // Another name of a file that is there, and one in the place of a file of the same size.
    std::fs::hard_link(home.path("new/many/10"), home.path("new/many/zz")).unwrap();
    std::fs::remove_file(home.path("new/many/12")).unwrap();
    std::fs::hard_link(home.path("new/many/11"), home.path("new/many/12")).unwrap();
    copy(&home, "old", "before");
    send(&home, &[], "old", "tee up", "tee down").success();
    same(&home.path("new"), &home.path("old"));
    let length = |name: &str| home.path(name).metadata().unwrap().len();
    // Whole are: 50,000 bytes of a new file and 200,000 of one that moved, which is not looked for here.
    assert!(length("up") < 270_000, "{}", length("up"));
    assert!(length("down") < 40_000, "{}", length("down"));
    home.run(["rollback", "--target", "old", "--yes"]).output().success();
    same(&home.path("before"), &home.path("old"));
    // Who reads all finds what moved, and what changed although its size and time did not.
    let text = home.path("new/many/10");
    let time = text.metadata().unwrap().modified().unwrap();
    std::fs::write(&text, noise(5, 4000)).unwrap();
    std::fs::File::open(&text).unwrap().set_modified(time).unwrap();
    send(&home, &["--checksum"], "old", "tee up", "cat").success();
    same(&home.path("new"), &home.path("old"));
    assert!(length("up") < 80_000, "{}", length("up"));
}

#[test]
fn what_is_damaged_on_the_way_changes_nothing_and_both_sides_say_so() {
    let home = home();
    scene(&home);
    copy(&home, "old", "before");
    // Both sides wait for each other, so nothing on the way may keep bytes back.
    for (there, back) in [
        ("dd bs=1 count=9 status=none", "cat"),
        ("dd bs=1 count=3000 status=none", "cat"),
        ("(dd bs=1 count=3 status=none; dd bs=1 count=1 status=none | wc -c; cat)", "cat"),
        ("cat", "(dd bs=1 count=1 status=none | wc -c; cat)"),
        ("exec false", "cat"),
    ] {
        let ended = send(&home, &[], "old", there, back);
        assert!(ended.code != 0, "{there}, {back}");
        same(&home.path("before"), &home.path("old"));
    }
    let none = home.run(["delta", "send", "new", "--", "no-such-program"]).output();
    assert!(none.error_text().contains("no-such-program"), "{}", none.error_text());
    let gone = send(&home, &[], "nowhere", "cat", "cat").exits(1);
    assert!(gone.error_text().contains("nowhere"), "{}", gone.error_text());
}

#[test]
fn the_first_signal_ends_a_send_whose_other_side_is_silent() {
    let home = home();
    scene(&home);
    // It takes what fits into the pipe and says nothing; it has no sleep that outlives it.
    let silent = "echo ready >&2; exec sleep 600";
    let mut command = home.run(["delta", "send", "new", "--", "sh", "-c", silent]).into_command();
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(child.stderr.take().unwrap()).lines();
    while told.next().unwrap().unwrap() != "ready" {}
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    // Its end is that of all who hold the pipe.
    assert!(told.all(|line| line.is_ok()));
}

#[test]
fn a_directory_of_any_kind_is_sent() {
    let home = home();
    std::fs::create_dir(home.path("new")).unwrap();
    hostile_tree(&home.path("new")).unwrap();
    std::fs::create_dir(home.path("old")).unwrap();
    let sent = send(&home, &[], "old", "cat", "cat");
    assert!(sent.code == 0 || !is_root(), "{}", sent.error_text());
    if is_root() {
        same(&home.path("new"), &home.path("old"));
        // And again, when nothing differs.
        send(&home, &[], "old", "tee up", "cat").success();
        same(&home.path("new"), &home.path("old"));
    }
}
