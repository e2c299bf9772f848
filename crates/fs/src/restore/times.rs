//! The times of directories that change because a tree is moved or something is taken out of it, and not because anybody
//! changed it.
//!
//! XFS gives a directory a new time when it goes to another one, and every file system gives one to a directory out of
//! which something is taken. What the times were is noted beside the staged tree before it is published, so that the next
//! run can set them too if this one is cut off.

use std::collections::BTreeMap;

use holdall_disk::{Dir, Stat};
use holdall_tree::{RelPath, Result, Timestamp};

use super::points::{bad, bytes, child};
use super::staged::Shared;
use super::state::{STAGING, State, rel};

/// The name of the note.
pub(super) const FILE: &str = "times";
/// The name of the new root in a note; paths in the old tree begin with a slash.
const NEW: &[u8] = b"new";
/// Times that one move gives to two directories are not further apart, in nanoseconds.
const ONE_MOVE: i128 = 100_000_000;

/// What is noted.
#[derive(Debug, Default)]
pub(super) struct Times {
    new: Option<Timestamp>,
    /// Of the old root, and of each directory in the old tree that holds something shared.
    pub(super) old: BTreeMap<RelPath, Timestamp>,
}

/// What is to be noted of the staged tree, and of the one that is there now and shares these files with it.
pub(super) fn note(state: &State, shared: &[Shared]) -> Result<Vec<u8>> {
    let mut note = Vec::new();
    let mut add = |name: &[u8], mtime: Timestamp| {
        note.extend_from_slice(name);
        note.extend_from_slice(format!("\0{}\0{}\0", mtime.secs, mtime.nanos).as_bytes());
    };
    if let Some(stat) = state.dir.stat(&child(&rel(STAGING), "tree"))? {
        add(NEW, stat.mtime);
    }
    if let Ok(old) = state.parent.open_dir(&state.name) {
        let mut dirs: Vec<RelPath> = shared.iter().filter_map(|file| file.path.parent()).collect();
        dirs.push(RelPath::root());
        dirs.sort();
        dirs.dedup();
        for dir in dirs {
            // What cannot be looked at is not touched either.
            if let Ok(Some(stat)) = old.stat(&dir) {
                add(&[b"/", dir.as_bytes()].concat(), stat.mtime);
            }
        }
    }
    Ok(note)
}

/// Reads the note in the directory of a point.
pub(super) fn noted(state: &Dir, dir: &RelPath) -> Result<Times> {
    let path = child(dir, FILE);
    let mut times = Times::default();
    if state.stat(&path)?.is_none() {
        return Ok(times);
    }
    let bytes = bytes(state, &path)?;
    let fail = || bad(&state.shown(&path), "an entry is malformed");
    let mut parts = bytes.split(|byte| *byte == 0);
    while let Some(name) = parts.next().filter(|name| !name.is_empty()) {
        let mut text = || std::str::from_utf8(parts.next()?).ok();
        let secs = text().and_then(|secs| secs.parse().ok()).ok_or_else(fail)?;
        let nanos = text().and_then(|nanos| nanos.parse().ok()).ok_or_else(fail)?;
        let mtime = Timestamp::new(secs, nanos);
        match name.strip_prefix(b"/") {
            Some(path) => {
                times.old.insert(RelPath::parse(path).map_err(|_| fail())?, mtime);
            }
            None if name == NEW => times.new = Some(mtime),
            None => return Err(fail()),
        }
    }
    Ok(times)
}

/// Gives the roots of both trees their times again, after they were exchanged or one was moved. The target may have been
/// changed by others since: its root gets its time only if the one that it has comes from the move.
pub(super) fn put_back(state: &State) -> Result<()> {
    let times = noted(&state.dir, &rel(STAGING))?;
    let root = RelPath::root();
    let new = state.parent.open_dir(&state.name).ok();
    let old = state.dir.open_dir(&child(&rel(STAGING), "tree")).ok();
    let there = stat(new.as_ref())?;
    let beside = match &old {
        Some(old) => old.stat(&root)?,
        None => state.parent.stat(&root)?,
    };
    if let (Some(new), Some(there), Some(beside), Some(mtime)) = (&new, there, beside, times.new) {
        let apart = nanos(there.mtime) - nanos(beside.mtime);
        if there.mtime != mtime && apart.abs() <= ONE_MOVE {
            new.set_times(&root, there.atime, mtime)?;
            new.sync()?;
        }
    }
    let before = times.old.get(&root);
    if let (Some(old), Some(stat), Some(mtime)) = (&old, stat(old.as_ref())?, before)
        && stat.mtime != *mtime
    {
        // Another user's directory keeps its new time; going back could not set it either.
        let _ = old.set_times(&root, stat.atime, *mtime);
    }
    Ok(())
}

fn stat(dir: Option<&Dir>) -> Result<Option<Stat>> {
    Ok(match dir {
        Some(dir) => dir.stat(&RelPath::root())?,
        None => None,
    })
}

fn nanos(time: Timestamp) -> i128 {
    i128::from(time.secs) * 1_000_000_000 + i128::from(time.nanos)
}
