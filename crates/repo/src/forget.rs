//! Forgetting snapshots. Their data stays until it is pruned.

use holdall_tree::{Context, Counter, Phase};

use crate::error::{Error, Result};
use crate::id::Id;
use crate::repository::{FileKind, Repository};
use crate::retention::RetentionPlan;

/// Whether a plan may leave a group without any snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Emptying {
    /// It may not: such a plan is refused whole.
    #[default]
    Refuse,
    /// It may.
    Allow,
}

/// Says whether [`apply`] would carry this plan out.
///
/// # Errors
/// [`Error::KeepsNone`] if a group would be left empty and that is not allowed.
pub fn permit(plan: &RetentionPlan, emptying: Emptying) -> Result<()> {
    if emptying == Emptying::Refuse
        && let Some(group) = plan.emptied().next()
    {
        let group = if group.name.is_empty() {
            "all snapshots".to_owned()
        } else {
            format!("the group {}", group.name)
        };
        return Err(Error::KeepsNone { group });
    }
    Ok(())
}

/// Removes exactly the snapshots that the plan removes. The caller holds an exclusive lock.
///
/// # Errors
/// As [`permit`], and if one cannot be removed.
pub fn apply(
    ctx: &Context<'_>,
    repository: &Repository,
    plan: &RetentionPlan,
    emptying: Emptying,
) -> Result<u64> {
    permit(plan, emptying)?;
    let ids: Vec<Id> = plan.removed().map(|file| file.id).collect();
    remove(ctx, repository, &ids)
}

/// Removes these snapshots. The caller holds an exclusive lock.
///
/// # Errors
/// If one cannot be removed.
pub fn remove(ctx: &Context<'_>, repository: &Repository, ids: &[Id]) -> Result<u64> {
    ctx.observer.phase(Phase::Removing, Some(ids.len() as u64));
    for id in ids {
        ctx.check()?;
        repository.delete_file(FileKind::Snapshot, id)?;
        ctx.observer.count(Counter::Items, 1);
    }
    repository.store.sync()?;
    Ok(ids.len() as u64)
}
