//! A stop at every step that changes the disk: the target of a restore is the old tree or the new one, what was
//! acknowledged stays, and the next run clears away the rest.
//!
//! A binary of its own, because steps are counted over the whole process.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod clones;
#[path = "../it/support.rs"]
mod support;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::Command;

use holdall::repo::Id;
use holdall::restore::{Existing, RestoreOptions};
use holdall_disk::faults::{Armed, Fault, What, arm};
use holdall_testkit::{Progress, compare, every_step};

use support::{Bed, context, tree};

/// Lets the steps before the `step`-th pass and none after, wherever they are.
fn stop_at(step: u64) -> Armed {
    arm(Fault { beneath: PathBuf::new(), at: step - 1, what: What::Stop })
}

fn copy(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    assert!(Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap().success());
}

#[test]
fn whatever_is_stopped_at_any_step_harms_nothing() {
    a_restore_over_an_old_tree();
    a_restore_of_what_changed_far_below();
    a_restore_to_a_new_place();
    a_rollback();
    clones::a_clone_beside_an_older_one_that_goes();
    clones::a_mirror();
    a_snapshot();
    a_failed_call_never_costs_what_a_restore_replaced();
    a_program_whose_owner_cannot_be_set_runs_as_nobody_else();
    a_dump_that_is_replaced_is_there_or_in_its_archive();
}

/// Runs `operation` stopped at every step. After each the target equals one of the two trees; then a run without a
/// fault succeeds and leaves no staging behind.
fn either(
    bed: &Bed,
    old: Option<&Path>,
    new: Option<&Path>,
    operation: &dyn Fn() -> holdall::Result<()>,
    reset: &dyn Fn(),
) {
    either_but(None, bed, old, new, operation, reset);
}

/// The same, where differences that begin like this may last until the next run.
fn either_but(
    later: Option<&str>,
    bed: &Bed,
    old: Option<&Path>,
    new: Option<&Path>,
    operation: &dyn Fn() -> holdall::Result<()>,
    reset: &dyn Fn(),
) {
    let target = bed.path("t");
    let told = |line: &String| later.is_none_or(|later| !line.starts_with(later));
    let is = |tree: Option<&Path>| match tree {
        Some(tree) => target.exists() && !compare(tree, &target).iter().any(told),
        None => !target.exists(),
    };
    let acknowledged = Cell::new(false);
    let steps = every_step(
        20_000,
        |step| {
            reset();
            let fault = stop_at(step);
            acknowledged.set(operation().is_ok());
            let reached = fault.steps() >= step;
            drop(fault);
            // What fails behind the exchange is completed later and fails nothing.
            if acknowledged.get() && !reached { Progress::Completed } else { Progress::Stopped }
        },
        |step, _| {
            let (is_old, is_new) = (is(old), is(new));
            assert!(is_old || is_new, "step {step}: neither the old tree nor the new one");
            assert!(is_new || !acknowledged.get(), "step {step}: acknowledged and not there");
            // The next run, whatever it is, recovers.
            context(|ctx| holdall::fs::restore::recover(ctx, &target)).unwrap();
            assert!(is(old) || is(new), "step {step}: recovery changed the target");
            if let (Some(tree), true) = (if is(old) { old } else { new }, target.exists()) {
                assert_eq!(compare(tree, &target), Vec::<String>::new(), "step {step}");
            }
            assert!(!bed.path(".t.holdall/staging").exists(), "step {step}: litter");
        },
    );
    assert!(steps > 10, "only {steps} steps were counted");
}

fn a_restore_over_an_old_tree() {
    let bed = Bed::new();
    tree(&bed.path("new"), 1);
    let snapshot = bed.snapshot("new");
    tree(&bed.path("old"), 2);
    // What does not change is shared, what the source lacks goes.
    std::fs::write(bed.path("old/extra"), "extra").unwrap();
    new_over_old(&bed, &snapshot, None, &|_| ());
}

fn a_restore_of_what_changed_far_below() {
    let bed = Bed::new();
    tree(&bed.path("new"), 1);
    let snapshot = bed.snapshot("new");
    copy(&bed.path("new"), &bed.path("old"));
    std::fs::write(bed.path("old/d/e/c"), "another").unwrap();
    std::fs::write(bed.path("old/d/e/extra"), "extra").unwrap();
    // The directory above one that is exchanged gets its time again after that, or from the next run.
    new_over_old(&bed, &snapshot, Some("\"d\": mtime"), &|restore| {
        // Else this tests what another one does.
        let inode =
            |path: &str| std::os::unix::fs::MetadataExt::ino(&bed.path(path).metadata().unwrap());
        let before = (inode("t"), inode("t/d/e"));
        restore();
        assert!(inode("t") == before.0 && inode("t/d/e") != before.1);
    });
}

/// Restores `new` over `old` with all stops, and then hands a restore that is not stopped to `more`.
fn new_over_old(bed: &Bed, snapshot: &Id, later: Option<&str>, more: &dyn Fn(&dyn Fn())) {
    let options = RestoreOptions {
        existing: Existing::Merge,
        extra: holdall::fs::restore::Extra::Delete,
        ..RestoreOptions::default()
    };
    let reset = || {
        let _ = std::fs::remove_dir_all(bed.path(".t.holdall"));
        copy(&bed.path("old"), &bed.path("t"));
    };
    let restore = || bed.restore(snapshot, "t", &options).map(|_| ());
    let (old, new) = (bed.path("old"), bed.path("new"));
    either_but(later, bed, Some(&old), Some(&new), &restore, &reset);
    reset();
    more(&|| restore().unwrap());
}

fn a_restore_to_a_new_place() {
    let bed = Bed::new();
    tree(&bed.path("new"), 1);
    let snapshot = bed.snapshot("new");
    let reset = || {
        let _ = std::fs::remove_dir_all(bed.path(".t.holdall"));
        let _ = std::fs::remove_dir_all(bed.path("t"));
    };
    let restore = || bed.restore(&snapshot, "t", &RestoreOptions::default()).map(|_| ());
    either(&bed, None, Some(&bed.path("new")), &restore, &reset);
}

fn a_rollback() {
    let bed = Bed::new();
    tree(&bed.path("new"), 1);
    let snapshot = bed.snapshot("new");
    tree(&bed.path("old"), 2);
    std::fs::write(bed.path("old/extra"), "extra").unwrap();
    let merge = RestoreOptions { existing: Existing::Merge, ..RestoreOptions::default() };
    let mut with_extra = bed.path("new");
    with_extra.set_file_name("new-and-extra");
    let reset = || {
        let _ = std::fs::remove_dir_all(bed.path(".t.holdall"));
        copy(&bed.path("old"), &bed.path("t"));
        bed.restore(&snapshot, "t", &merge).unwrap();
        copy(&bed.path("t"), &with_extra);
    };
    let rollback = || bed.rollback("t").map(|_| ());
    either(&bed, Some(&with_extra), Some(&bed.path("old")), &rollback, &reset);
}

fn a_snapshot() {
    let bed = Bed::new();
    tree(&bed.path("p"), 3);
    let first = bed.snapshot("p");
    tree(&bed.path("p"), 4);
    every_step(
        20_000,
        |step| {
            let fault = stop_at(step);
            let done = bed.try_snapshot("p");
            drop(fault);
            if done.is_ok() { Progress::Completed } else { Progress::Stopped }
        },
        |step, _| {
            let report = bed.check();
            assert!(report.is_clean(), "step {step}: {:?}", report.problems);
            assert!(bed.ids().contains(&first), "step {step}");
        },
    );
    bed.prune();
    assert!(bed.check().unreferenced_packs.is_empty());
}

/// After one failed call the process goes on and tidies up; that must not take what it replaced with it.
fn a_failed_call_never_costs_what_a_restore_replaced() {
    let bed = Bed::new();
    tree(&bed.path("new"), 1);
    let snapshot = bed.snapshot("new");
    tree(&bed.path("old"), 2);
    let merge = RestoreOptions { existing: Existing::Merge, ..RestoreOptions::default() };
    let target = bed.path("t");
    every_step(
        20_000,
        |step| {
            let _ = std::fs::remove_dir_all(bed.path(".t.holdall"));
            copy(&bed.path("old"), &target);
            let what = What::Error(28);
            let fault = arm(Fault { beneath: bed.path(""), at: step - 1, what });
            let done = bed.restore(&snapshot, "t", &merge);
            let reached = fault.steps() >= step;
            drop(fault);
            if done.is_ok() && !reached { Progress::Completed } else { Progress::Stopped }
        },
        |step, _| {
            context(|ctx| holdall::fs::restore::recover(ctx, &target)).unwrap();
            if compare(&bed.path("old"), &target).is_empty() {
                return;
            }
            let back = bed.rollback("t");
            assert!(back.is_ok(), "step {step}: no way back: {back:?}");
            let differences = compare(&bed.path("old"), &target);
            assert!(differences.is_empty(), "step {step}: {differences:#?}");
        },
    );
}

fn a_program_whose_owner_cannot_be_set_runs_as_nobody_else() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    if !holdall_testkit::is_root() {
        return;
    }
    let bed = Bed::new();
    std::fs::create_dir(bed.path("p")).unwrap();
    let program = bed.path("p/program");
    std::fs::write(&program, "program").unwrap();
    std::os::unix::fs::chown(&program, Some(12345), Some(12345)).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o6755)).unwrap();
    let snapshot = bed.snapshot("p");
    let mut owners = std::collections::BTreeSet::new();
    every_step(
        20_000,
        |step| {
            let _ = std::fs::remove_dir_all(bed.path(".t.holdall"));
            let _ = std::fs::remove_dir_all(bed.path("t"));
            let fault = arm(Fault { beneath: bed.path(""), at: step - 1, what: What::Error(1) });
            let done = bed.restore(&snapshot, "t", &RestoreOptions::default());
            let reached = fault.steps() >= step;
            if done.is_ok() && !reached { Progress::Completed } else { Progress::Stopped }
        },
        |_, _| {
            if let Ok(meta) = std::fs::metadata(bed.path("t/program")) {
                owners.insert(meta.uid());
                assert!(meta.uid() == 12345 || meta.mode() & 0o6000 == 0, "{:o}", meta.mode());
            }
        },
    );
    assert!(owners.len() == 2, "no owner failed to be set: {owners:?}");
}

fn a_dump_that_is_replaced_is_there_or_in_its_archive() {
    use holdall::archive::Packing;
    use holdall::dump::{keep_old, rotate};
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("d");
    let file = dir.join("x.md");
    let packing = Packing::parse("tar.gz").unwrap();
    every_step(
        20_000,
        |step| {
            let _ = std::fs::remove_dir_all(&dir);
            std::fs::create_dir(&dir).unwrap();
            std::fs::write(&file, "old").unwrap();
            std::fs::write(dir.join("x.md.sha256"), "sum").unwrap();
            let _fault = stop_at(step);
            let done = context(|ctx| {
                keep_old(ctx, &file, packing)?;
                let above = holdall_disk::Dir::open(&dir)?;
                let name = holdall::tree::Name::parse("x.md").unwrap();
                holdall_disk::publish(&above, &name, b"new", 0o644, holdall_disk::Replace::Always)?;
                rotate(&file, std::num::NonZero::<usize>::MIN)
            });
            if done.is_ok() { Progress::Completed } else { Progress::Stopped }
        },
        |step, _| {
            let there = std::fs::read(&file).unwrap();
            // A run that comes after finds the archive of the one that was stopped, and makes no second one.
            let kept = context(|ctx| keep_old(ctx, &file, packing)).unwrap().unwrap();
            let archives = || std::fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path());
            let archives: Vec<_> =
                archives().filter(|path| path.extension().is_some_and(|e| e == "gz")).collect();
            assert!(archives.contains(&kept), "step {step}");
            if there == b"old" {
                return;
            }
            assert_eq!(there, b"new", "step {step}");
            let old = archives.iter().any(|path| {
                context(|ctx| {
                    let locator = holdall::Locator::Path(path.clone());
                    let homes = holdall::source::Homes::default();
                    let reading = holdall::source::Reading::default();
                    let opened = holdall::source::open(ctx, &locator, homes, reading).unwrap();
                    let listed = opened.tree().list(ctx, &holdall::tree::RelPath::root()).unwrap();
                    listed.iter().any(|entry| {
                        let mut bytes = Vec::new();
                        let mut read = opened.tree().open(entry).unwrap().into_read();
                        std::io::Read::read_to_end(&mut read, &mut bytes).unwrap();
                        bytes == b"old"
                    })
                })
            });
            assert!(old, "step {step}: the old dump is nowhere");
        },
    );
}
