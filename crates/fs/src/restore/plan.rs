//! What a restore would change, before it changes anything.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use holdall_disk::Dir;
use holdall_tree::diff::meta_differs;
use holdall_tree::{Context, Entry, Filter, Kind, Phase, RelPath, Result, Tree, Verdict};

use super::RestoreError;
use super::decide::{Decision, Extra, Policy};
use super::links::{Fate, Links, Seen as SeenNames};
use super::state;
use crate::directory::{DirectoryTree, ReadOptions};

/// One thing that a restore changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Nothing is there yet.
    Create(Entry),
    /// Something is there and its content, target or kind changes.
    Replace {
        /// What is there.
        before: Entry,
        /// What will be there.
        after: Entry,
    },
    /// Only metadata changes.
    Metadata {
        /// What is there.
        before: Entry,
        /// What will be there.
        after: Entry,
    },
    /// It goes; the restore point keeps it.
    Remove(Entry),
}

impl Step {
    /// The path that changes.
    #[must_use]
    pub fn path(&self) -> &RelPath {
        match self {
            Self::Create(entry) | Self::Remove(entry) => &entry.path,
            Self::Replace { after, .. } | Self::Metadata { after, .. } => &after.path,
        }
    }

    /// The directory that is another one after it: what changes is the directory itself, or a name in it.
    fn holds(&self) -> RelPath {
        match self {
            Self::Metadata { before, after } if before.is_dir() && after.is_dir() => {
                after.path.clone()
            }
            other => other.path().parent().unwrap_or_default(),
        }
    }
}

/// What a restore will do. A preview prints it; `apply` does only this.
#[derive(Debug, Clone)]
pub struct RestorePlan {
    /// The directory that is restored.
    pub target: PathBuf,
    /// How what is there is treated.
    pub policy: Policy,
    /// What changes, in canonical order.
    pub steps: Vec<Step>,
    /// Files and directories that stay as they are.
    pub unchanged: u64,
    /// Files that are written.
    pub files: u64,
    /// Bytes that are written.
    pub bytes: u64,
    /// Bytes of content of the whole tree as it will be, as far as the source determines it.
    pub total_bytes: u64,
    /// The directory as it was when the plan was made: device and inode. `None` if it is not there.
    pub(super) seen: Option<(u64, u64)>,
    /// The same for the directory above it.
    pub(super) above: Option<(u64, u64)>,
    /// The deepest directory of the target that holds all that changes: it alone is exchanged.
    pub(super) at: RelPath,
    /// What goes, as the steps say: all else of the target that the source does not have is carried over.
    pub(super) removed: BTreeSet<RelPath>,
    /// Where files with several names cannot be shared name by name.
    pub(super) links: Links,
}

impl RestorePlan {
    /// A plan for a target where nothing is: all of the source is written, so nothing need be looked at before.
    #[must_use]
    pub fn fresh(target: &Path) -> Self {
        Self {
            target: target.to_owned(),
            policy: Policy::default(),
            steps: Vec::new(),
            unchanged: 0,
            files: 0,
            bytes: 0,
            total_bytes: 0,
            seen: None,
            above: None,
            at: RelPath::root(),
            removed: BTreeSet::new(),
            links: Links::default(),
        }
    }
}

/// Plans to bring what `filter` takes of `source` to `target`.
///
/// # Errors
/// If the source or the target cannot be read.
pub fn plan(
    ctx: &Context<'_>,
    source: &dyn Tree,
    filter: &dyn Filter,
    target: &Path,
    policy: Policy,
) -> Result<RestorePlan> {
    plan_with(ctx, source, filter, (target, None), policy)
}

/// The same where somebody has just looked at all of the target: `known` is what was found, with all details, and nothing
/// of it is looked at again before the plan is carried out.
///
/// # Errors
/// If the source or the target cannot be read.
pub fn plan_known(
    ctx: &Context<'_>,
    source: &dyn Tree,
    filter: &dyn Filter,
    (target, known): (&Path, &dyn Tree),
    policy: Policy,
) -> Result<RestorePlan> {
    plan_with(ctx, source, filter, (target, Some(known)), policy)
}

fn plan_with(
    ctx: &Context<'_>,
    source: &dyn Tree,
    filter: &dyn Filter,
    (target, known): (&Path, Option<&dyn Tree>),
    policy: Policy,
) -> Result<RestorePlan> {
    ctx.observer.phase(Phase::Planning, None);
    let above = state::above(target)?;
    let (present, seen) = present(target)?;
    let mut plan = RestorePlan { policy, seen, above, ..RestorePlan::fresh(target) };
    let mut stack = vec![RelPath::root()];
    let mut names = SeenNames::default();
    let there = There { tree: present.as_ref(), known };
    while let Some(dir) = stack.pop() {
        ctx.check()?;
        directory(ctx, source, filter, there, &dir, &mut plan, &mut names, &mut stack)?;
    }
    if let Some(present) = &present {
        link(ctx, present, names, &mut plan)?;
        top(source, present, &mut plan)?;
    }
    plan.steps.sort_by(|a, b| a.path().cmp(b.path()));
    plan.at = at(&plan);
    Ok(plan)
}

/// The deepest directory that holds all that changes. It is the whole target if files lose a name: what keeps one is copied,
/// wherever it lies.
fn at(plan: &RestorePlan) -> RelPath {
    if !plan.links.detached.is_empty() {
        return RelPath::root();
    }
    let mut dirs = plan.steps.iter().map(Step::holds);
    let Some(mut common) = dirs.next() else { return RelPath::root() };
    for dir in dirs {
        while !dir.starts_with(&common) {
            common = common.parent().unwrap_or_default();
        }
    }
    common
}

/// What the target holds: as it is, or as somebody has just found it.
#[derive(Clone, Copy)]
struct There<'t> {
    tree: Option<&'t DirectoryTree>,
    known: Option<&'t dyn Tree>,
}

impl There<'_> {
    fn list(&self, ctx: &Context<'_>, dir: &RelPath) -> Result<Vec<Entry>> {
        match (self.known, self.tree) {
            (Some(known), _) => known.list(ctx, dir),
            (None, Some(tree)) => list_if_dir(ctx, tree, dir),
            (None, None) => Ok(Vec::new()),
        }
    }

    fn details(&self, found: &mut Entry) -> Result<()> {
        match (self.known, self.tree) {
            (None, Some(tree)) => tree.details(found),
            _ => Ok(()),
        }
    }
}

/// Plans for the target itself, whose metadata the source may know.
fn top(source: &dyn Tree, present: &DirectoryTree, plan: &mut RestorePlan) -> Result<()> {
    let (mut before, mut after) = (present.root()?, source.root()?);
    if !knows_metadata(&after) {
        return Ok(());
    }
    present.details(&mut before)?;
    source.details(&mut after)?;
    if meta_differs(&before, &after) {
        plan.steps.push(Step::Metadata { before, after });
    }
    Ok(())
}

/// False for the root of a tree that is not a directory of its own, such as several paths of one snapshot.
pub(super) fn knows_metadata(dir: &Entry) -> bool {
    dir.meta.mode.is_some() || dir.meta.mtime.is_some()
}

/// Finds out which files with several names cannot be shared as they are.
fn link(
    ctx: &Context<'_>,
    present: &DirectoryTree,
    mut names: SeenNames,
    plan: &mut RestorePlan,
) -> Result<()> {
    // What the source does not have is carried over with all beneath it, and may share a file with what goes.
    let carries = plan.policy.extra == Extra::Keep || !plan.policy.keep.is_empty();
    if names.shares() || carries {
        for step in &plan.steps {
            let (Step::Remove(before) | Step::Replace { before, .. }) = step else { continue };
            let mut stack = vec![before.clone()];
            while let Some(entry) = stack.pop() {
                ctx.check()?;
                if entry.is_dir() {
                    stack.extend(present.list(ctx, &entry.path)?);
                } else {
                    names.lost(&entry);
                }
            }
        }
    }
    let (links, changed) = names.links();
    plan.unchanged -= changed.len() as u64;
    plan.steps.extend(changed.into_iter().map(|(before, after)| Step::Metadata { before, after }));
    plan.links = links;
    Ok(())
}

/// A target that may not be there: as a tree, and its device and inode.
pub(super) type Seen = (Option<DirectoryTree>, Option<(u64, u64)>);

/// The target as a tree with its device and inode, if it is there.
pub(super) fn present(target: &Path) -> Result<Seen> {
    match Dir::open(target) {
        Ok(_) => {
            let tree = DirectoryTree::open(target, ReadOptions::default())?;
            // Of the handle that is read, whatever its path leads to by now.
            let seen = tree.handle().stat(&RelPath::root())?;
            Ok((Some(tree), seen.map(|stat| (stat.device, stat.inode))))
        }
        Err(error) if error.is_not_found() => Ok((None, None)),
        Err(_) if target.symlink_metadata().is_ok_and(|meta| !meta.is_dir()) => {
            Err(RestoreError::NotADirectory { target: target.to_owned() }.into())
        }
        Err(error) => Err(error.into()),
    }
}

#[expect(clippy::too_many_arguments, reason = "the body of a loop, and what it gathers")]
fn directory(
    ctx: &Context<'_>,
    source: &dyn Tree,
    filter: &dyn Filter,
    present: There<'_>,
    dir: &RelPath,
    plan: &mut RestorePlan,
    names: &mut SeenNames,
    stack: &mut Vec<RelPath>,
) -> Result<()> {
    let wanted = taken(ctx, source, filter, dir)?;
    let mut there = present.list(ctx, dir)?.into_iter().peekable();
    for mut entry in wanted {
        let name = entry.path.file_name().map(<[u8]>::to_vec).unwrap_or_default();
        while let Some(extra) =
            there.next_if(|other| other.path.file_name().unwrap_or_default() < &name[..])
        {
            remove(plan, filter, present.tree, extra)?;
        }
        let mut found = there.next_if(|other| other.path.file_name() == Some(&name[..]));
        let untouched = |found: &Entry| plan.policy.is_untouched(&entry, found);
        if !found.as_ref().is_some_and(untouched) {
            source.details(&mut entry)?;
            if let Some(found) = &mut found {
                present.details(found)?;
            }
        }
        // Nothing is made beneath what stays and is no directory.
        let stays = found.as_ref().is_some_and(|found| !found.is_dir());
        if entry.is_dir() && !(stays && plan.policy.keeps(&entry.path)) {
            stack.push(entry.path.clone());
        }
        plan.total_bytes = plan.total_bytes.saturating_add(entry.size());
        step(plan, names, entry, found);
    }
    for extra in there {
        remove(plan, filter, present.tree, extra)?;
    }
    Ok(())
}

fn step(plan: &mut RestorePlan, names: &mut SeenNames, wanted: Entry, found: Option<Entry>) {
    let decision = plan.policy.decide(&wanted, found.as_ref());
    let fate = match decision {
        Decision::Share if plan.policy.insists(&wanted) => Fate::Kept,
        Decision::Share => Fate::Shared,
        Decision::CopyContent | Decision::Write => Fate::Written,
    };
    names.name(&wanted, found.as_ref(), fate);
    let writes = decision == Decision::Write && matches!(wanted.kind, Kind::File { .. });
    match (decision, found) {
        (Decision::Share, _) => plan.unchanged += 1,
        (_, None) => plan.steps.push(Step::Create(wanted.clone())),
        (_, Some(before)) if before.is_dir() && wanted.is_dir() => {
            if meta_differs(&before, &wanted) {
                plan.steps.push(Step::Metadata { before, after: wanted.clone() });
            } else {
                plan.unchanged += 1;
            }
        }
        (Decision::CopyContent, Some(before)) => {
            plan.steps.push(Step::Metadata { before, after: wanted.clone() });
        }
        (Decision::Write, Some(before)) => {
            plan.steps.push(Step::Replace { before, after: wanted.clone() });
        }
    }
    if writes {
        plan.files += 1;
        plan.bytes = plan.bytes.saturating_add(wanted.size());
    }
}

/// Removes what the source does not have, as far as the filter takes it.
fn remove(
    plan: &mut RestorePlan,
    filter: &dyn Filter,
    present: Option<&DirectoryTree>,
    extra: Entry,
) -> Result<()> {
    let goes = !plan.policy.keeps(&extra.path)
        && match (plan.policy.extra, present) {
            (Extra::Keep, _) | (_, None) => false,
            (Extra::Delete, Some(tree)) => filter.judge(&extra, tree)? == Verdict::Take,
            (Extra::DeleteAll, Some(_)) => true,
        };
    if goes {
        plan.removed.insert(extra.path.clone());
        plan.steps.push(Step::Remove(extra));
    } else {
        plan.unchanged += 1;
    }
    Ok(())
}

/// What the filter takes of one directory of the source.
pub(crate) fn taken(
    ctx: &Context<'_>,
    source: &dyn Tree,
    filter: &dyn Filter,
    dir: &RelPath,
) -> Result<Vec<Entry>> {
    filter.keep(ctx, dir, source.list(ctx, dir)?, source)
}

/// The entries of `dir`, or none if it is no directory in this tree.
fn list_if_dir(ctx: &Context<'_>, tree: &DirectoryTree, dir: &RelPath) -> Result<Vec<Entry>> {
    if tree.is_dir(dir)? { tree.list(ctx, dir) } else { Ok(Vec::new()) }
}
