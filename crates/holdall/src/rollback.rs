//! Going back to what a restore replaced.

use std::path::Path;

use holdall_fs::restore::{
    self as staged, Extra, Overwrite, Point, PointTree, Policy, RestorePlan, RestoreReport, Verify,
};
use holdall_tree::{Context, Entry, Everything, Filter, RelPath, Tree, Verdict};

use crate::capture::capture;
use crate::error::{Error, Result};

pub use holdall_fs::restore::points;

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

/// Plans to go back to a point, for the whole target or for some paths. Changes nothing.
///
/// # Errors
/// If there is no such point, or something cannot be read.
pub fn plan(
    ctx: &Context<'_>,
    target: &Path,
    wanted: &Wanted,
    paths: &[String],
) -> Result<Planned> {
    let all = points(target)?;
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
    let policy =
        Policy { overwrite: Overwrite::Changed, extra: Extra::Delete, ..Policy::default() };
    let plan = staged::plan(ctx, &tree, &*filter, target, policy)?;
    Ok(Planned { tree, plan: Some(plan), filter })
}

/// Carries out a rollback. What it replaces is kept by a new point, so a rollback can be undone too.
///
/// # Errors
/// If it fails, the target is as it was.
pub fn apply(ctx: &Context<'_>, target: &Path, planned: &Planned) -> Result<RestoreReport> {
    let from = format!("point {}", planned.tree.point.number);
    let Some(plan) = &planned.plan else {
        return Ok(staged::withdraw(ctx, target, &from)?);
    };
    Ok(staged::apply(
        ctx,
        plan,
        &planned.tree,
        &*planned.filter,
        &from,
        Verify::No,
        &|ctx, tree, filter, sink| capture(ctx, tree, filter, sink),
    )?)
}

/// Files that the restores since left alone and that were changed by someone else: going back keeps them as they are.
#[must_use]
pub fn drifted(planned: &Planned) -> &[RelPath] {
    &planned.tree.drifted
}
