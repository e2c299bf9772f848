//! What differs between two sources, with what was only moved told as moved.

use std::collections::HashMap;

use holdall_tree::diff::{Change, Compare, same_content};
use holdall_tree::{Context, Entry, Kind};

use crate::error::Result;
use crate::read;
use crate::source::Opened;

/// Changes that are held back to find out what was moved; beyond this many all are told as they come.
const HELD_MAX: usize = 200_000;
/// Removed files of one size that an added file is compared with.
const CANDIDATES_MAX: usize = 16;

/// One difference between two sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// Something was added, removed or changed where it is.
    Changed(Change),
    /// A file with the same content has another path.
    Renamed {
        /// In the first source.
        before: Entry,
        /// In the second source.
        after: Entry,
    },
}

/// Calls `visit` with each difference between two sources, in canonical order of the path in the second one.
///
/// A file that is gone and one that is new are one renamed file if their contents are equal and not empty.
///
/// # Errors
/// If one cannot be read, or what `visit` returns.
pub fn changes(
    ctx: &Context<'_>,
    a: &Opened<'_>,
    b: &Opened<'_>,
    compare: Compare,
    visit: &mut dyn FnMut(Difference) -> Result<()>,
) -> Result<()> {
    let mut held = Some(Vec::new());
    read::diff(ctx, a, b, compare, &mut |change| {
        let Some(changes) = &mut held else { return visit(Difference::Changed(change)) };
        changes.push(change);
        if changes.len() > HELD_MAX {
            held.take()
                .into_iter()
                .flatten()
                .try_for_each(|one| visit(Difference::Changed(one)))?;
        }
        Ok(())
    })?;
    let held = held.unwrap_or_default();
    let mut moves = moves(ctx, a, b, &held)?;
    let gone: Vec<usize> = moves.values().copied().collect();
    let mut sources: HashMap<usize, Entry> = HashMap::new();
    for at in gone {
        if let Some(Change::Removed(entry)) = held.get(at) {
            sources.insert(at, entry.clone());
        }
    }
    for (at, change) in held.into_iter().enumerate() {
        match (change, moves.remove(&at).and_then(|from| sources.get(&from).cloned())) {
            (Change::Added(after), Some(before)) => visit(Difference::Renamed { before, after })?,
            (Change::Removed(_), _) if sources.contains_key(&at) => {}
            (change, _) => visit(Difference::Changed(change))?,
        }
    }
    Ok(())
}

/// For each added file that is a removed one, the places of both in `held`.
fn moves(
    ctx: &Context<'_>,
    a: &Opened<'_>,
    b: &Opened<'_>,
    held: &[Change],
) -> Result<HashMap<usize, usize>> {
    let mut gone: HashMap<u64, Vec<(usize, &Entry)>> = HashMap::new();
    for (at, change) in held.iter().enumerate() {
        if let Change::Removed(entry) = change
            && let Some(size) = movable(entry)
        {
            gone.entry(size).or_default().push((at, entry));
        }
    }
    let mut moves = HashMap::new();
    for (at, change) in held.iter().enumerate() {
        let Change::Added(after) = change else { continue };
        let Some(candidates) = movable(after).and_then(|size| gone.get_mut(&size)) else {
            continue;
        };
        ctx.check()?;
        // Most moved files keep their name.
        candidates
            .sort_by_key(|(at, before)| (before.path.file_name() != after.path.file_name(), *at));
        let mut found = None;
        for (nr, (_, before)) in candidates.iter().take(CANDIDATES_MAX).enumerate() {
            let same = match a.same(before, b, after) {
                Some(known) => known,
                // A file that cannot be read is not known to be equal.
                None => same_content(a.tree(), before, b.tree(), after).unwrap_or(false),
            };
            if same {
                found = Some(nr);
                break;
            }
        }
        if let Some(nr) = found {
            moves.insert(at, candidates.remove(nr).0);
        }
    }
    Ok(moves)
}

/// The size of a file that is told as moved where its content is found again.
fn movable(entry: &Entry) -> Option<u64> {
    match entry.kind {
        Kind::File { size } if size > 0 => Some(size),
        _ => None,
    }
}
