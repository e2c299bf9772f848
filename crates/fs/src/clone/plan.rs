//! What a clone beside an older one would hold that the older one has not, without making it.

use std::path::Path;

use holdall_tree::diff::meta_differs;
use holdall_tree::id::ContentHasher;
use holdall_tree::{
    ContentHash, Context, Entry, ErrorKind, Filter, Kind, Phase, RelPath, Result, Tree,
};

use super::record::{Record, Row};
use crate::directory::{DirectoryTree, ReadOptions};
use crate::restore::{RestorePlan, Step, is_intact, taken};

/// How much of a file is read at once, in bytes.
const BUFFER_BYTES: usize = 1 << 18;

/// Plans a clone at `target` that shares with `older`, of which `record` tells. It decides as making it does.
///
/// # Errors
/// If something cannot be read.
pub fn plan_beside(
    ctx: &Context<'_>,
    source: &dyn Tree,
    filter: &dyn Filter,
    target: &Path,
    older: &Path,
    record: &Record,
) -> Result<RestorePlan> {
    ctx.observer.phase(Phase::Planning, None);
    let present = DirectoryTree::open(older, ReadOptions::default())?;
    let mut plan = RestorePlan::fresh(target);
    let mut met = vec![RelPath::root()];
    let mut stack = vec![RelPath::root()];
    while let Some(dir) = stack.pop() {
        ctx.check()?;
        let mut next = 0;
        for mut entry in taken(ctx, source, filter, &dir)? {
            met.push(entry.path.clone());
            if entry.is_dir() {
                stack.push(entry.path.clone());
            }
            plan.total_bytes = plan.total_bytes.saturating_add(entry.size());
            let holds = record.still_holds(&entry, &mut next);
            let shared = holds.is_some_and(|row| entry.is_dir() || intact(&present, row));
            if shared {
                plan.unchanged += 1;
                continue;
            }
            if let Err(error) = source.details(&mut entry) {
                ctx.observer.problem(Some(&entry.path), &error);
                continue;
            }
            step(ctx, source, &present, record, entry, &mut plan)?;
        }
    }
    met.sort_unstable();
    let gone = record.rows.iter().map(|row| &row.entry);
    let gone = gone.filter(|entry| met.binary_search(&entry.path).is_err());
    plan.steps.extend(gone.cloned().map(Step::Remove));
    plan.steps.sort_by(|a, b| a.path().cmp(b.path()));
    Ok(plan)
}

fn intact(present: &DirectoryTree, row: &Row) -> bool {
    let looked = present.handle().stat(&row.entry.path).ok().flatten();
    looked.is_some_and(|stat| is_intact(&stat, row))
}

fn step(
    ctx: &Context<'_>,
    source: &dyn Tree,
    present: &DirectoryTree,
    record: &Record,
    entry: Entry,
    plan: &mut RestorePlan,
) -> Result<()> {
    let is_file = matches!(entry.kind, Kind::File { .. });
    let Some(row) = record.find(&entry.path) else {
        plan.files += u64::from(is_file);
        plan.bytes = plan.bytes.saturating_add(entry.size());
        plan.steps.push(Step::Create(entry));
        return Ok(());
    };
    let before = row.entry.clone();
    if entry.is_dir() && before.is_dir() {
        if meta_differs(&before, &entry) {
            plan.steps.push(Step::Metadata { before, after: entry });
        } else {
            plan.unchanged += 1;
        }
        return Ok(());
    }
    if relinked(ctx, source, present, row, &entry)? {
        plan.unchanged += 1;
        return Ok(());
    }
    plan.files += u64::from(is_file);
    plan.bytes = plan.bytes.saturating_add(entry.size());
    plan.steps.push(Step::Replace { before, after: entry });
    Ok(())
}

/// True if the file would be shared once its content was read.
fn relinked(
    ctx: &Context<'_>,
    source: &dyn Tree,
    present: &DirectoryTree,
    row: &Row,
    entry: &Entry,
) -> Result<bool> {
    let candidate = matches!((&row.entry.kind, &entry.kind), (Kind::File { size: a }, Kind::File { size: b }) if a == b)
        && row.link.is_none()
        && entry.meta.hard_link.is_none()
        && !meta_differs(&row.entry, entry)
        && intact(present, row);
    Ok(candidate && Some(hash(ctx, source, entry)?) == row.hash)
}

fn hash(ctx: &Context<'_>, source: &dyn Tree, entry: &Entry) -> Result<ContentHash> {
    let mut read = source.open(entry)?.into_read();
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut hasher = ContentHasher::default();
    loop {
        ctx.check()?;
        match read.read(&mut buffer) {
            Ok(0) => return Ok(hasher.finish()),
            Ok(n) => hasher.update(buffer.get(..n).unwrap_or_default()),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => {
                let what = format!("cannot read {} to compare it: {error}", entry.path);
                return Err(holdall_tree::Error::new(ErrorKind::Failed, what));
            }
        }
    }
}
