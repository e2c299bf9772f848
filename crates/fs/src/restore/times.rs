//! The times of directories that change because a tree is moved or something is taken out of it, and not because anybody
//! changed it.
//!
//! XFS gives a directory a new time when it goes to another one, and every file system gives one to a directory out of
//! which something is taken. What the times were is noted beside the staged tree before it is published, so that the next
//! run can set them too if this one is cut off.

use std::collections::BTreeMap;
use std::io;

use holdall_disk::{Dir, Stat};
use holdall_tree::{RelPath, Result, Timestamp};

use super::points::{self, bad, bytes, child};
use super::staged::Shared;
use super::state::{STAGING, State, rel};

/// The name of the note.
pub(super) const FILE: &str = "times";
/// The name of what is staged in a note; paths in the old tree begin with a slash.
const NEW: &[u8] = b"new";
/// Times that one move gives to two directories are not further apart, in nanoseconds.
const ONE_MOVE: i128 = 100_000_000;

/// What is noted.
#[derive(Debug, Default)]
pub(super) struct Times {
    new: Option<Timestamp>,
    /// Of the directory that is exchanged, of the one that holds it, and of each one in it that holds something shared.
    pub(super) old: BTreeMap<RelPath, Timestamp>,
}

/// What is to be noted of the staged tree, and of the one that is there now and shares these files with it, where `at` is what
/// is exchanged of both.
pub(super) fn note(state: &State, at: &RelPath, shared: &[Shared]) -> Result<Vec<u8>> {
    let mut note = Vec::new();
    let mut add = |name: &[u8], mtime: Timestamp| {
        note.extend_from_slice(name);
        note.extend_from_slice(format!("\0{}\0{}\0", mtime.secs, mtime.nanos).as_bytes());
    };
    if let Some(stat) = state.dir.stat(&child(&rel(STAGING), "tree").join_path(at))? {
        add(NEW, stat.mtime);
    }
    if let Ok(old) = state.parent.open_dir(&state.name) {
        let moved = shared.iter().filter(|file| file.path.starts_with(at));
        let mut dirs: Vec<RelPath> = moved.filter_map(|file| file.path.parent()).collect();
        dirs.extend(at.parent());
        dirs.push(at.clone());
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

/// Gives what was exchanged its times again, and the directories in which that lies, or lay. The target may have been changed by
/// others since: a directory of it gets its time only if the one that it has comes from the move.
pub(super) fn put_back(state: &State) -> Result<()> {
    let times = noted(&state.dir, &rel(STAGING))?;
    let at = points::at(&state.dir, &rel(STAGING))?;
    let tree = child(&rel(STAGING), "tree");
    let both = |path: &RelPath| {
        let new = state.parent.open_dir(&state.name.join_path(path)).ok();
        (new, state.dir.open_dir(&tree.join_path(path)).ok())
    };
    let (new, old) = both(&at);
    let beside = match &old {
        Some(_) => stat(old.as_ref())?,
        None => state.parent.stat(&RelPath::root())?,
    };
    back(new.as_ref(), beside, times.new)?;
    again(old.as_ref(), times.old.get(&at))?;
    if let Some(above) = at.parent() {
        let (new, old) = both(&above);
        let mtime = times.old.get(&above);
        back(new.as_ref(), stat(old.as_ref())?, mtime.copied())?;
        again(old.as_ref(), mtime)?;
    }
    Ok(())
}

/// Gives a directory of the target its time again, if it has the one that the move gave to both.
fn back(new: Option<&Dir>, beside: Option<Stat>, mtime: Option<Timestamp>) -> Result<()> {
    let there = stat(new)?;
    if let (Some(new), Some(there), Some(beside), Some(mtime)) = (new, there, beside, mtime) {
        let apart = nanos(there.mtime) - nanos(beside.mtime);
        if there.mtime != mtime && apart.abs() <= ONE_MOVE {
            match new.set_times(&RelPath::root(), there.atime, mtime) {
                Ok(()) => new.sync()?,
                // Who may write to another user's directory may not give it a time.
                Err(error) if error.io_error().is_some_and(is_refused) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(())
}

fn is_refused(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied
}

/// Gives a directory of the old tree its time again.
fn again(old: Option<&Dir>, mtime: Option<&Timestamp>) -> Result<()> {
    if let (Some(old), Some(stat), Some(mtime)) = (old, stat(old)?, mtime)
        && stat.mtime != *mtime
    {
        // Another user's directory keeps its new time; going back could not set it either.
        let _ = old.set_times(&RelPath::root(), stat.atime, *mtime);
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
