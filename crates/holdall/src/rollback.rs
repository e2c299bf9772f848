//! Going back to what a restore replaced.

use std::path::Path;

use holdall_fs::restore::{
    self as staged, Extra, Overwrite, Point, PointTree, Policy, RestoreError, RestorePlan,
    RestoreReport, Verify,
};
use holdall_tree::{Context, Entry, Everything, Filter, Kind, Metadata, RelPath, Tree, Verdict};

use crate::capture::capture;
use crate::error::{Error, Result};
use crate::restore;

/// A rollback that was planned.
pub struct Planned {
    /// The tree that it goes back to.
    pub tree: PointTree,
    /// What will change; `None` if nothing was there, so that the target goes.
    pub plan: Option<RestorePlan>,
    filter: Box<dyn Filter>,
}

/// Takes some paths with all beneath them. They are paths and no patterns.
struct Only(Vec<RelPath>);

impl Only {
    fn parse(paths: &[String]) -> Result<Self> {
        let parse = |path: &String| {
            let path = path.strip_prefix("./").unwrap_or(path).trim_matches('/');
            RelPath::parse(path).map_err(|error| Error::Usage(error.to_string()))
        };
        Ok(Self(paths.iter().map(parse).collect::<Result<_>>()?))
    }
}

impl Filter for Only {
    fn judge(&self, entry: &Entry, _: &dyn Tree) -> holdall_tree::Result<Verdict> {
        Ok(if self.0.iter().any(|path| entry.path.starts_with(path)) {
            Verdict::Take
        } else if self.0.iter().any(|path| path.starts_with(&entry.path)) {
            Verdict::Enter
        } else {
            Verdict::Leave
        })
    }
}

/// Which point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// The newest: what the last restore replaced.
    Newest,
    /// By its number.
    Number(u64),
}

/// The points of a target, the oldest first. A restore that was cut off after it had replaced the target has left one
/// too: that is completed before.
///
/// # Errors
/// If they cannot be read, or what was cut off cannot be completed.
pub fn points(ctx: &Context<'_>, target: &Path) -> Result<Vec<Point>> {
    restore::complete(ctx, target)?;
    Ok(staged::points(target)?)
}

/// Plans to go back to a point, for the whole target or for some paths. Changes nothing in it.
///
/// # Errors
/// If there is no such point, something cannot be read, or a restore that was cut off cannot be completed.
pub fn plan(
    ctx: &Context<'_>,
    target: &Path,
    wanted: &Wanted,
    paths: &[String],
) -> Result<Planned> {
    let all = points(ctx, target)?;
    let newest = all.last().map(|point: &Point| point.number);
    let number = match wanted {
        Wanted::Newest => newest,
        Wanted::Number(number) => Some(*number),
    };
    let number = number.ok_or_else(|| Error::NoPoints { target: target.to_owned() })?;
    let tree = PointTree::open(target, number)?;
    let filter: Box<dyn Filter> =
        if paths.is_empty() { Box::new(Everything) } else { Box::new(Only::parse(paths)?) };
    if !tree.point.existed && paths.is_empty() {
        return Ok(Planned { tree, plan: None, filter });
    }
    let policy = Policy { overwrite: Overwrite::Other, extra: Extra::Delete, ..Policy::default() };
    let plan = staged::plan(ctx, &tree, &*filter, target, policy)?;
    Ok(Planned { tree, plan: Some(plan), filter })
}

/// Carries out a rollback. What it replaces is kept by a new point, so a rollback can be undone too. Each file that is
/// [`lost`] goes to the observer as a problem.
///
/// # Errors
/// If it fails, the target is as it was.
pub fn apply(ctx: &Context<'_>, target: &Path, planned: &Planned) -> Result<RestoreReport> {
    let from = format!("point {}", planned.tree.point.number);
    let lost = lost(planned)?;
    let Some(plan) = &planned.plan else {
        return Ok(staged::withdraw(ctx, target, &from)?);
    };
    let mut report = staged::apply(
        ctx,
        plan,
        &planned.tree,
        &*planned.filter,
        &from,
        Verify::No,
        &|ctx, tree, filter, sink| capture(ctx, tree, filter, sink),
    )?;
    for path in lost {
        report.problems += 1;
        ctx.observer.problem(Some(path), &RestoreError::Lost { path: path.clone() });
    }
    Ok(report)
}

/// Files that the restores since left alone and that were changed by someone else: going back keeps them as they are.
///
/// # Errors
/// If it cannot be told which of them the rollback is about.
pub fn drifted(planned: &Planned) -> Result<Vec<&RelPath>> {
    concerned(planned, &planned.tree.drifted)
}

/// Files that the restores since left alone and that are gone: no restore replaced them, so none kept them.
///
/// # Errors
/// If it cannot be told which of them the rollback is about.
pub fn lost(planned: &Planned) -> Result<Vec<&RelPath>> {
    concerned(planned, &planned.tree.lost)
}

/// Those of `paths` that the rollback is about.
fn concerned<'p>(planned: &'p Planned, paths: &'p [RelPath]) -> Result<Vec<&'p RelPath>> {
    let mut about = Vec::with_capacity(paths.len());
    for path in paths {
        let (kind, meta) = (Kind::File { size: 0 }, Metadata::default());
        let entry = Entry { path: path.clone(), kind, meta };
        if planned.filter.judge(&entry, &planned.tree)? == Verdict::Take {
            about.push(path);
        }
    }
    Ok(about)
}
