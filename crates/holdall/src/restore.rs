//! Bringing a source to a directory.

mod chosen;
mod lines;

use std::path::Path;

use holdall_fs::restore::{
    self as staged, Extra, Overwrite, Policy, RestorePlan, RestoreReport, Unread, Verify,
};
use holdall_select::{IgnoreFiles, SelectOptions, Selection};
use holdall_tree::{Context, ErrorKind, Everything, Filter, RelPath, Tree};

pub use chosen::{Chose, Chosen, Pick, Picks, plan_id};
pub use lines::{Lines, TEXT_BYTES_MAX};

use crate::bounds::Bounds;
use crate::capture::capture;
use crate::error::{Error, Result};

/// What may be there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Existing {
    /// Nothing, or an empty directory.
    #[default]
    Refuse,
    /// Anything: what differs is replaced, and the restore point keeps it.
    Merge,
}

/// How to restore.
#[derive(Debug, Clone, Default)]
pub struct RestoreOptions {
    /// Only what matches one of these patterns; all if there are none.
    pub paths: Vec<String>,
    /// Which entries are taken, if no patterns are given; all unless given.
    pub select: Option<SelectOptions>,
    /// What may be there already.
    pub existing: Existing,
    /// What happens to files that are there.
    pub overwrite: Overwrite,
    /// What happens to what the source does not have.
    pub extra: Extra,
    /// Paths of the target that stay as they are.
    pub keep: Vec<RelPath>,
    /// What happens if a content cannot be read.
    pub unread: Unread,
    /// Whether staged files are read again.
    pub verify: Verify,
    /// How much may be written.
    pub bounds: Bounds,
    /// How many restore points are kept; all of them unless given.
    pub keep_points: Option<u64>,
}

/// A restore that was planned: what it will change, and the selection it was made with.
pub struct Planned {
    /// What will change.
    pub plan: RestorePlan,
    filter: Box<dyn Filter>,
    verify: Verify,
    keep_points: Option<u64>,
}

/// Completes or clears away what a restore of `target` left that was cut off. A plan that is made after it sees the target
/// as it is to be.
///
/// # Errors
/// If that cannot be done. A restore that is running is no error: it is not cut off.
pub fn complete(ctx: &Context<'_>, target: &Path) -> Result<()> {
    if staged::unfinished(target)? {
        match staged::recover(ctx, target) {
            Err(error) if error.kind() == ErrorKind::Locked => {}
            done => _ = done?,
        }
    }
    Ok(())
}

/// Plans to bring `source` to `target`, changing nothing.
///
/// # Errors
/// If a pattern is broken, a limit would be crossed, the target may not be merged into, or something cannot be read.
pub fn plan(
    ctx: &Context<'_>,
    source: &dyn Tree,
    target: &Path,
    options: &RestoreOptions,
) -> Result<Planned> {
    if options.extra == Extra::Delete && !options.paths.is_empty() {
        let why = "deleting what the source does not have and restoring only some paths exclude each other";
        return Err(Error::Usage(why.into()));
    }
    if options.existing == Existing::Refuse && !is_free(target)? {
        return Err(Error::TargetExists { target: target.to_owned() });
    }
    let filter: Box<dyn Filter> = if options.paths.is_empty() {
        match options.select.clone() {
            None => Box::new(Everything),
            Some(select) => Box::new(Selection::new(select)?),
        }
    } else {
        let select = SelectOptions {
            include: options.paths.clone(),
            ignore_files: IgnoreFiles::None,
            ..SelectOptions::default()
        };
        Box::new(Selection::new(select)?)
    };
    let policy = Policy {
        overwrite: options.overwrite,
        extra: options.extra,
        keep: options.keep.iter().cloned().collect(),
        unread: options.unread,
    };
    let plan = staged::plan(ctx, source, &*filter, target, policy)?;
    options.bounds.check(&plan)?;
    Ok(Planned { plan, filter, verify: options.verify, keep_points: options.keep_points })
}

/// Fails if the file system of the target has less room than `needed` bytes, before anything is written.
///
/// # Errors
/// [`Error::NoRoom`], or if it cannot be looked at.
pub fn check_room(target: &Path, needed: u64) -> Result<()> {
    let Some(dir) = target.ancestors().skip(1).find(|dir| dir.is_dir()) else { return Ok(()) };
    match holdall_disk::Dir::open(dir)?.free_bytes()? {
        free if free < needed => Err(Error::NoRoom { target: target.to_owned(), needed, free }),
        _ => Ok(()),
    }
}

/// Carries out a restore. When this returns, the target is the new tree, durably, and a point leads back.
///
/// # Errors
/// If it fails, the target is as it was.
pub fn apply(
    ctx: &Context<'_>,
    source: &dyn Tree,
    from: &str,
    planned: &Planned,
) -> Result<RestoreReport> {
    let Planned { plan, filter, verify, keep_points } = planned;
    let mut report =
        staged::apply(ctx, plan, source, &**filter, from, *verify, &|ctx, tree, filter, sink| {
            capture(ctx, tree, filter, sink)
        })?;
    if let Some(keep) = keep_points
        && let Err(error) = remove_old_points(ctx, &plan.target, *keep)
    {
        // The restore is done, whatever becomes of older points.
        report.problems += 1;
        ctx.observer.problem(None, &error);
    }
    Ok(report)
}

fn remove_old_points(ctx: &Context<'_>, target: &Path, keep: u64) -> Result<()> {
    let points = staged::points(target)?;
    let over = points.len().saturating_sub(usize::try_from(keep).unwrap_or(usize::MAX));
    for point in points.iter().take(over) {
        staged::remove_point(ctx, target, point.number)?;
    }
    Ok(())
}

/// True if nothing is at `target`, or an empty directory.
pub(crate) fn is_free(target: &Path) -> Result<bool> {
    match holdall_disk::Dir::open(target) {
        Ok(dir) => Ok(dir.list()?.is_empty()),
        Err(error) if error.is_not_found() => Ok(true),
        Err(_) if target.symlink_metadata().is_ok_and(|meta| !meta.is_dir()) => {
            let target = target.to_owned();
            Err(holdall_tree::Error::from(staged::RestoreError::NotADirectory { target }).into())
        }
        Err(error) => Err(error.into()),
    }
}
