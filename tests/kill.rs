//! Killed at any instant: what was acknowledged is there, a target is old or new, and the next run clears the rest.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use holdall_testkit::{Home, cases, compare};

use crate::{home, init, with_repo};

/// How often each operation is killed; quick runs do fewer.
fn rounds() -> u32 {
    cases(if std::env::var_os("HOLDALL_TEST_QUICK").is_some() { 10 } else { 60 })
}

/// Starts a run and kills it after `delay`. True if it ended by itself before.
fn killed(mut command: Command, delay: Duration) -> bool {
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let until = Instant::now() + delay;
    while Instant::now() < until {
        if let Some(status) = child.try_wait().unwrap() {
            return status.success();
        }
        std::hint::spin_loop();
    }
    child.kill().unwrap();
    child.wait().unwrap().success()
}

/// How long a run takes that nobody kills.
fn measure(home: &Home, args: &[&str]) -> Duration {
    let began = Instant::now();
    with_repo(home, args).output().success();
    began.elapsed()
}

/// The instants are spread over the run, and a little beyond it.
fn instants(whole: Duration) -> impl Iterator<Item = Duration> {
    let rounds = rounds();
    (0..rounds).map(move |nr| whole.mul_f64(1.1 * f64::from(nr) / f64::from(rounds)))
}

fn files(home: &Home, dir: &str, salt: u32) {
    for nr in 0..60u32 {
        let text = format!("{salt} {nr} ").repeat(300 + (nr * 37 % 500) as usize);
        home.write(format!("{dir}/d{}/f{nr}", nr % 7), text);
    }
}

#[test]
fn a_snapshot_or_prune_that_is_killed_loses_nothing_that_was_acknowledged() {
    let home = home();
    init(&home);
    files(&home, "p", 0);
    let whole = measure(&home, &["snapshot", "p"]);
    for (nr, delay) in instants(whole).enumerate() {
        files(&home, "p", nr as u32 + 1);
        let kill = |args: &[&str]| killed(with_repo(&home, args).into_command(), delay);
        kill(&["snapshot", "p"]);
        kill(&["repo", "forget", "--keep-last", "2", "--prune"]);
    }
    // Locks of the killed are taken over, and what they left is cleared away.
    with_repo(&home, &["repo", "prune"]).output().success();
    let report =
        with_repo(&home, &["repo", "check", "--read-data", "--json"]).output().success().text();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["unreferenced_packs"], 0, "{report}");
    let listed = with_repo(&home, &["snapshots", "--json"]).output().success().text();
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    for snapshot in listed["snapshots"].as_array().unwrap() {
        let id = format!("@{}", snapshot["short_id"].as_str().unwrap());
        with_repo(&home, &["verify", &id]).output().success();
    }
}

#[test]
fn a_restore_that_is_killed_leaves_the_old_tree_or_the_new_one() {
    let home = home();
    init(&home);
    files(&home, "p", 1);
    with_repo(&home, &["snapshot", "p"]).output().success();
    let copy = |from: &str, to: &str| {
        let _ = std::fs::remove_dir_all(home.path(to));
        let status =
            Command::new("cp").arg("-a").arg(home.path(from)).arg(home.path(to)).status().unwrap();
        assert!(status.success());
    };
    copy("p", "new");
    files(&home, "p", 2);
    copy("p", "old");
    let args = ["restore", "@latest", "--to", "t", "--overwrite", "always"];
    copy("old", "t");
    let whole = measure(&home, &args);
    let (mut olds, mut news) = (0, 0);
    // On a busy machine the run takes longer than it did: then later instants follow, until one comes too late.
    let later = (1..20).map(|doubling| whole * (1 << doubling));
    for delay in instants(whole).chain(later) {
        copy("old", "t");
        let acknowledged = killed(with_repo(&home, &args).into_command(), delay);
        let is_new = compare(&home.path("new"), &home.path("t")).is_empty();
        let is_old = compare(&home.path("old"), &home.path("t")).is_empty();
        assert!(is_new || is_old, "neither the old tree nor the new one");
        assert!(is_new || !acknowledged, "acknowledged and not there");
        olds += u32::from(is_old);
        news += u32::from(is_new);
        if acknowledged && olds + news >= rounds() {
            break;
        }
    }
    assert!(olds > 0 && news > 0, "the instants cover the run: {olds} old, {news} new");
    // The next restore clears away what the killed ones staged, and its point leads back.
    with_repo(&home, &args).output().success();
    assert!(!home.path(".t.holdall/staging").exists());
}

#[test]
fn a_dump_that_is_killed_leaves_the_old_file_or_the_new_one_and_the_checksum_of_one_of_them() {
    let home = home();
    // The same bytes come from every run, so that it can be told which dump is there.
    let dump = || home.run(["dump", "p", "-o", "d.md"]).env("SOURCE_DATE_EPOCH", "1");
    let state = || ["d.md", "d.md.sha256"].map(|name| std::fs::read(home.path(name)).unwrap());
    files(&home, "p", 1);
    dump().output().success();
    let old = state();
    files(&home, "p", 2);
    let began = Instant::now();
    dump().output().success();
    let (whole, new) = (began.elapsed(), state());
    assert!(old[0] != new[0] && old[1] != new[1]);
    let (mut olds, mut news) = (0, 0);
    // On a busy machine the run takes longer than it did: then later instants follow, until one comes too late.
    let later = (1..20).map(|doubling| whole * (1 << doubling));
    for delay in instants(whole).chain(later) {
        home.write("d.md", &old[0]);
        home.write("d.md.sha256", &old[1]);
        let acknowledged = killed(dump().into_command(), delay);
        let [text, sum] = state();
        let is_new = text == new[0];
        assert!(is_new || text == old[0], "neither the old dump nor the new one");
        // The checksum comes after the dump: never is it that of a dump that is not there yet.
        assert!(sum == old[1] || (is_new && sum == new[1]), "{}", String::from_utf8_lossy(&sum));
        assert!(!acknowledged || (is_new && sum == new[1]), "acknowledged and not there");
        olds += u32::from(!is_new);
        news += u32::from(is_new);
        if acknowledged && olds + news >= rounds() {
            break;
        }
    }
    assert!(olds > 0 && news > 0, "the instants cover the run: {olds} old, {news} new");
    // What the killed ones left is cleared away.
    dump().output().success();
    let names = std::fs::read_dir(home.work()).unwrap().map(|entry| entry.unwrap().file_name());
    let litter: Vec<_> = names.filter(|name| name.to_string_lossy().contains("-tmp-")).collect();
    assert!(litter.is_empty(), "{litter:?}");
}

#[test]
fn a_clone_that_is_killed_is_there_whole_or_not_at_all_and_so_is_each_that_goes() {
    let home = home();
    let seen = || {
        let list = std::fs::read_dir(home.path("clones")).unwrap();
        let paths = list.map(|entry| entry.unwrap().path());
        let shown = |path: &std::path::PathBuf| {
            !path.file_name().unwrap().to_string_lossy().starts_with('.')
        };
        paths.filter(shown).collect::<Vec<_>>()
    };
    let args = ["clone", "p", "clones", "--incremental", "--keep", "2"];
    files(&home, "p", 0);
    let began = Instant::now();
    home.run(args).output().success();
    let whole = began.elapsed();
    let (mut killed_runs, mut done_runs) = (0, 0);
    for (nr, delay) in instants(whole).enumerate() {
        files(&home, "p", nr as u32 + 1);
        if killed(home.run(args).into_command(), delay) {
            done_runs += 1;
        } else {
            killed_runs += 1;
        }
        let found = seen();
        assert!(!found.is_empty());
        for clone in found {
            home.run(["verify", clone.to_str().unwrap()]).output().success();
        }
    }
    assert!(killed_runs > 0, "{done_runs} runs ended before they were killed");
    // The next run clears away what the killed ones left.
    home.run(args).output().success();
    assert_eq!(seen().len(), 2);
    assert!(!home.path("clones/.holdall/staging").exists());
    let removing = std::fs::read_dir(home.path("clones/.holdall/removing"));
    assert!(removing.is_err() || removing.is_ok_and(|mut left| left.next().is_none()));
    let newest = seen().into_iter().max().unwrap();
    assert!(compare(&home.path("p"), &newest).is_empty());
}
