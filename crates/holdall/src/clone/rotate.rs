//! Which clones of a project go when a new one is there, and why.

use holdall_fs::clone::{Collection, Head, Kept, Record};
use holdall_fs::{DirectoryTree, ReadOptions};
use holdall_select::retention::{Captured, Line, Policy, decide, has_tags};
use holdall_tree::{Context, Counter, Note, Phase, Timestamp};

use super::judge::judge;
use crate::error::{Error, Result};

/// What becomes of the clones of a project.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rotation {
    /// The newest first, each with the rules that keep it.
    pub keep: Vec<(Head, Vec<String>)>,
    /// The newest first.
    pub remove: Vec<Head>,
}

struct One(Kept);

impl Captured for One {
    fn time(&self) -> Timestamp {
        self.0.head.time
    }

    fn offset(&self) -> i32 {
        // Names of clones are in UTC, so their days are too.
        0
    }

    fn has_tags(&self, wanted: &[String]) -> bool {
        has_tags(&self.0.head.tags, wanted)
    }
}

/// Decides about the clones of the project with this ID, by the time that was written down of each. The newest one and
/// those that are pinned always stay.
#[must_use]
pub fn plan_rotation(clones: Vec<Kept>, id: &str, policy: &Policy) -> Rotation {
    let mut line: Vec<One> =
        clones.into_iter().filter(|kept| kept.head.id == id).map(One).collect();
    line.sort_by(|One(a), One(b)| (b.head.time, &b.head.name).cmp(&(a.head.time, &a.head.name)));
    let newest = line.first().map(|One(kept)| kept.head.name.clone());
    let Line { keep, remove } = decide(line, policy, "clone");
    let mut all: Vec<(Kept, Vec<String>)> =
        keep.into_iter().map(|(One(kept), reasons)| (kept, reasons)).collect();
    all.extend(remove.into_iter().map(|One(kept)| (kept, Vec::new())));
    let mut rotation = Rotation::default();
    for (kept, mut reasons) in all {
        if kept.pinned {
            reasons.push("pinned".to_owned());
        }
        if reasons.is_empty() && Some(&kept.head.name) == newest.as_ref() {
            reasons.push("newest clone".to_owned());
        }
        if reasons.is_empty() {
            rotation.remove.push(kept.head);
        } else {
            rotation.keep.push((kept.head, reasons));
        }
    }
    rotation.keep.sort_by(|(a, _), (b, _)| (b.time, &b.name).cmp(&(a.time, &a.name)));
    rotation
}

/// Removes what the rules do not keep, now that `new` is there. It is read again before anything goes: what it shares with
/// `older` is looked at, all else is compared with what was written down. If it lacks something, nothing is removed.
///
/// # Errors
/// If the new clone is not as it should be, or something cannot be removed.
pub(super) fn rotate(
    ctx: &Context<'_>,
    collection: &Collection,
    new: &Head,
    older: Option<&Record>,
    policy: &Policy,
) -> Result<Option<Rotation>> {
    if new.problems > 0 {
        let why = "no clone was removed, because the new one lacks what could not be read";
        ctx.observer.note(&Note::Other(why.to_owned()));
        return Ok(None);
    }
    let rotation = plan_rotation(collection.clones(ctx)?, &new.id, policy);
    if rotation.remove.is_empty() {
        return Ok(Some(rotation));
    }
    let record = collection.record(&new.name)?;
    let tree = DirectoryTree::open(&collection.place(&new.name), ReadOptions::default())?;
    let judged = judge(ctx, &tree, &record, older)?;
    if let Some(first) = judged.differences.first() {
        let clone = collection.place(&new.name);
        return Err(Error::CloneDiffers { clone, path: first.path.clone() });
    }
    if judged.problems > 0 {
        let why = "no clone was removed, because the new one could not be read again";
        ctx.observer.note(&Note::Other(why.to_owned()));
        return Ok(None);
    }
    ctx.observer.phase(Phase::Removing, Some(rotation.remove.len() as u64));
    for gone in &rotation.remove {
        ctx.check()?;
        collection.remove(&gone.name)?;
        ctx.observer.count(Counter::Items, 1);
    }
    Ok(Some(rotation))
}
