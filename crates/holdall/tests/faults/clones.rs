//! A clone is there as a whole or not at all, and so is each that goes.

use std::path::{Path, PathBuf};

use holdall::clone::{
    About, CloneReport, Input, judge, make_full, make_incremental, plan_full, record_of,
};
use holdall::fs::clone::Collection;
use holdall::fs::{DirectoryTree, ReadOptions};
use holdall::select::retention::{Count, Policy};
use holdall::source::{self, Homes, Reading};
use holdall::tree::{Context, Everything};
use holdall::{Locator, Opened};
use holdall_testkit::{Progress, compare, every_step};

use super::support::{Bed, context, tree};
use super::{copy, stop_at};

fn about() -> About {
    About { project: "p".into(), id: "path:h:/p".into(), tags: Vec::new(), pin: false }
}

fn with_source<T>(
    path: &Path,
    run: impl FnOnce(&Context<'_>, &Input<'_, '_>) -> holdall::Result<T>,
) -> holdall::Result<T> {
    context(|ctx| {
        let locator = Locator::Path(path.to_owned());
        let source: Opened<'_> = source::open(ctx, &locator, Homes::default(), Reading::default())?;
        run(ctx, &Input { source: &source, filter: &Everything, path: Some(path) })
    })
}

fn beside(path: &Path, dest: &Path) -> holdall::Result<CloneReport> {
    let rules = Policy { last: Count::Of(1), ..Policy::default() };
    with_source(path, |ctx, input| make_incremental(ctx, input, dest, &about(), Some(&rules)))
}

fn visible(dir: &Path) -> Vec<PathBuf> {
    let Ok(list) = std::fs::read_dir(dir) else { return Vec::new() };
    let paths = list.map(|entry| entry.unwrap().path());
    paths.filter(|path| !path.file_name().unwrap().to_string_lossy().starts_with('.')).collect()
}

/// True if what was written down of a clone holds.
fn holds(clone: &Path) -> bool {
    context(|ctx| {
        let record = record_of(clone).unwrap().unwrap();
        let tree = DirectoryTree::open(clone, ReadOptions::default()).unwrap();
        let judged = judge(ctx, &tree, &record, None).unwrap();
        judged.differences.is_empty() && judged.problems == 0
    })
}

pub(crate) fn a_clone_beside_an_older_one_that_goes() {
    let bed = Bed::new();
    let (project, dest, old) = (bed.path("p"), bed.path("clones"), bed.path("old"));
    let prepare = || {
        let _ = std::fs::remove_dir_all(&dest);
        tree(&project, 1);
        copy(&project, &old);
        beside(&project, &dest).unwrap();
        tree(&project, 2);
    };
    let steps = every_step(
        20_000,
        |step| {
            prepare();
            let fault = stop_at(step);
            let done = beside(&project, &dest);
            let reached = fault.steps() >= step;
            drop(fault);
            let acknowledged = done.is_ok_and(|report| report.written.problems == 0);
            if acknowledged && !reached { Progress::Completed } else { Progress::Stopped }
        },
        |step, _| {
            let seen = visible(&dest);
            assert!(!seen.is_empty(), "step {step}: neither the old clone nor the new one");
            for clone in seen {
                let is = |tree: &Path| compare(tree, &clone).is_empty();
                assert!(is(&old) || is(&project), "step {step}: {clone:?} is not whole");
                assert!(holds(&clone), "step {step}: {clone:?} is not as it was written down");
            }
            // The next run clears away the rest.
            let next = beside(&project, &dest).unwrap();
            assert_eq!(visible(&dest), [next.path], "step {step}");
            for rest in ["staging", "removing"] {
                let rest = dest.join(".holdall").join(rest);
                let empty = std::fs::read_dir(&rest).is_ok_and(|mut list| list.next().is_none());
                assert!(!rest.exists() || empty, "step {step}: {rest:?} is left");
            }
            let kept = Collection::look(&dest).unwrap();
            assert_eq!(kept.len(), 1, "step {step}");
            let records = std::fs::read_dir(dest.join(".holdall/clones")).unwrap().count();
            assert_eq!(records, 1, "step {step}: records of clones that are gone");
        },
    );
    assert!(steps > 30, "only {steps} steps were counted");
}

pub(crate) fn a_mirror() {
    let bed = Bed::new();
    let (project, target, old) = (bed.path("p"), bed.path("t"), bed.path("old"));
    tree(&project, 2);
    tree(&old, 1);
    std::fs::write(old.join("extra"), "extra").unwrap();
    let mirror = || {
        with_source(&project, |ctx, input| {
            let plan = plan_full(ctx, input, &target, true)?;
            make_full(ctx, input, &target, Some(&plan), &about())
        })
    };
    let steps = every_step(
        20_000,
        |step| {
            let _ = std::fs::remove_dir_all(bed.path(".t.holdall"));
            copy(&old, &target);
            let fault = stop_at(step);
            let done = mirror();
            let reached = fault.steps() >= step;
            drop(fault);
            if done.is_ok() && !reached { Progress::Completed } else { Progress::Stopped }
        },
        |step, _| {
            let is = |tree: &Path| compare(tree, &target).is_empty();
            assert!(is(&old) || is(&project), "step {step}: neither the old tree nor the new one");
            if is(&project) {
                assert!(holds(&target), "step {step}: it is not as it was written down");
            }
            mirror().unwrap();
            assert!(is(&project) && holds(&target), "step {step}");
            assert!(!bed.path(".t.holdall/staging").exists(), "step {step}: litter");
            bed.rollback("t").unwrap();
            assert!(is(&old), "step {step}: no way back");
        },
    );
    assert!(steps > 30, "only {steps} steps were counted");
}
