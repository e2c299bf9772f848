//! A stop at every step that changes the disk: the target of a restore is the old tree or the new one, what was
//! acknowledged stays, and the next run clears away the rest.
//!
//! A binary of its own, because steps are counted over the whole process.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "../it/support.rs"]
mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

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
    a_restore_to_a_new_place();
    a_rollback();
    a_snapshot();
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
    let target = bed.path("t");
    let is = |tree: Option<&Path>| match tree {
        Some(tree) => target.exists() && compare(tree, &target).is_empty(),
        None => !target.exists(),
    };
    let steps = every_step(
        20_000,
        |step| {
            reset();
            let fault = stop_at(step);
            let done = operation();
            drop(fault);
            if done.is_ok() { Progress::Completed } else { Progress::Stopped }
        },
        |step, progress| {
            let (is_old, is_new) = (is(old), is(new));
            assert!(is_old || is_new, "step {step}: neither the old tree nor the new one");
            assert!(
                is_new || progress == Progress::Stopped,
                "step {step}: acknowledged and not there"
            );
            // The next run, whatever it is, recovers.
            context(|ctx| holdall::fs::restore::recover(ctx, &target)).unwrap();
            assert!(is(old) || is(new), "step {step}: recovery changed the target");
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
    let options = RestoreOptions {
        existing: Existing::Merge,
        extra: holdall::fs::restore::Extra::Delete,
        ..RestoreOptions::default()
    };
    let reset = || {
        let _ = std::fs::remove_dir_all(bed.path(".t.holdall"));
        copy(&bed.path("old"), &bed.path("t"));
    };
    let restore = || bed.restore(&snapshot, "t", &options).map(|_| ());
    either(&bed, Some(&bed.path("old")), Some(&bed.path("new")), &restore, &reset);
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
