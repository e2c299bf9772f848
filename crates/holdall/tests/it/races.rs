//! Somebody exchanges directories for symbolic links while a restore runs: nothing is written where they lead.

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use holdall::fs::restore::Overwrite;
use holdall::restore::{Existing, RestoreOptions, apply};
use holdall_testkit::cases;
use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::support::Bed;

/// So many restores are run where the place is only there for a moment and seldom met.
const RUNS: u64 = 40;

/// So often each place is exchanged: 20,000 times those that are there from the beginning to the end.
fn exchanges() -> u64 {
    cases(4000).into()
}

fn files(dir: &Path, text: &str) {
    for sub in ["", "sub", "sub/deep", "other"] {
        std::fs::create_dir_all(dir.join(sub)).unwrap();
        for nr in 0..6 {
            std::fs::write(dir.join(sub).join(format!("f{nr}")), format!("{text} {nr}")).unwrap();
        }
    }
}

/// Everything in a directory, with what changes when anything of it does.
fn state(dir: &Path) -> BTreeMap<PathBuf, (u64, u64, i64, i64, Vec<u8>)> {
    let (mut found, mut open) = (BTreeMap::new(), vec![dir.to_path_buf()]);
    while let Some(path) = open.pop() {
        let meta = path.symlink_metadata().unwrap();
        let content = if meta.is_file() { std::fs::read(&path).unwrap() } else { Vec::new() };
        let look = (meta.ino(), meta.nlink(), meta.ctime(), meta.ctime_nsec(), content);
        if meta.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
        found.insert(path, look);
    }
    found
}

fn exchange(a: &Path, b: &Path) -> bool {
    renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE).is_ok()
}

/// Exchanges `place` for a link to `leads` as long as restores to `w/t` go on, as many as `runs_max`, and gives how
/// often that was done.
fn race(place: &str, leads: &str, runs_max: u64) -> u64 {
    let bed = Bed::new();
    files(&bed.path("p"), "new");
    let id = bed.snapshot("p");
    // Whoever follows the link finds what it is looking for.
    files(&bed.path("outside/t"), "canary");
    files(&bed.path("outside/tree"), "canary");
    files(&bed.path("w/t"), "old");
    let options = RestoreOptions {
        existing: Existing::Merge,
        overwrite: Overwrite::Always,
        ..RestoreOptions::default()
    };
    // What lies beside a target that was restored is there from now on.
    bed.restore(&id, "w/t", &options).unwrap();
    let before = state(&bed.path("outside"));
    let (place, link) = (bed.path(place), bed.path("link"));
    symlink(bed.path(leads), &link).unwrap();
    let (mut done, mut runs) = (0, 0);
    while done < exchanges() && runs < runs_max {
        runs += 1;
        let restored = AtomicBool::new(false);
        // It is planned before, while the directories are what their user named.
        let outcome = bed.with_planned(&id, "w/t", &options, |ctx, opened, planned| {
            std::thread::scope(|scope| {
                let exchanged = scope.spawn(|| {
                    let mut count = 0;
                    while !restored.load(Ordering::Relaxed) {
                        count += u64::from(exchange(&place, &link));
                    }
                    count
                });
                let outcome = apply(ctx, opened.tree(), &opened.name, planned);
                restored.store(true, Ordering::Relaxed);
                done += exchanged.join().unwrap();
                outcome
            })
        });
        // It may fail, but it ends.
        drop(outcome);
        if !link.is_symlink() {
            exchange(&place, &link);
        }
    }
    assert!(state(&bed.path("outside")) == before, "{} led out", place.display());
    done
}

/// The same of a place that is there all the time.
fn race_enough(place: &str, leads: &str) {
    let done = race(place, leads, RUNS.max(exchanges()));
    assert!(done >= exchanges(), "{place} was exchanged {done} times");
}

#[test]
fn a_target_that_is_exchanged_for_a_link_leads_nowhere() {
    race_enough("w/t", "outside/t");
}

#[test]
fn a_directory_of_the_target_that_is_exchanged_for_a_link_leads_nowhere() {
    race_enough("w/t/sub", "outside/t/sub");
}

#[test]
fn a_directory_above_the_target_that_is_exchanged_for_a_link_leads_nowhere() {
    race_enough("w", "outside");
}

#[test]
fn what_lies_beside_the_target_and_is_exchanged_for_a_link_leads_nowhere() {
    race_enough("w/.t.holdall", "outside");
    race_enough("w/.t.holdall/points", "outside");
}

#[test]
fn a_staged_directory_that_is_exchanged_for_a_link_leads_nowhere() {
    let met = race("w/.t.holdall/staging/tree/sub", "outside/tree/sub", RUNS)
        + race("w/.t.holdall/staging/tree", "outside/tree", RUNS)
        + race("w/.t.holdall/staging", "outside", RUNS);
    assert!(met > 0, "none was met");
}
