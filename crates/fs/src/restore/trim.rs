//! Old trees give up what they share with the target.

use std::collections::BTreeSet;
use std::thread;

use holdall_disk::{Dir, write_new};
use holdall_tree::{Context, RelPath, Result};

use super::points::{self, child, directory, list, read_shared};
use super::staged::Shared;
use super::state::State;
use super::times;

/// Directories that are brought to the disk one by one; where more were changed, the whole file system is.
const ONE_BY_ONE_MAX: usize = 8;
/// Fewer files are not worth a thread more.
const PART_MIN: usize = 1000;

/// Takes the files that are shared with the target out of every old tree that still has them.
pub(super) fn finish_trimming(state: &State, ctx: &Context<'_>) -> Result<()> {
    for point in list(&state.dir)? {
        ctx.check()?;
        if !point.trimmed {
            trim(state, point.number, ctx.threads)?;
        }
    }
    Ok(())
}

/// Takes the files that a point shares with the target out of its old tree, by so many threads. A file that the target does
/// not have any more under that inode stays: this is then its last name. So does what may not be taken out of its
/// directory, which costs nothing but the name. It is not interrupted, since until it is done a change to a shared file
/// reaches into the point.
pub(super) fn trim(state: &State, number: u64, threads: usize) -> Result<()> {
    let dir = directory(number);
    let tree = child(&dir, "tree");
    if state.dir.stat(&tree)?.is_some() {
        let old = state.dir.open_dir(&tree)?;
        let target = state.parent.open_dir(&state.name).ok();
        let at = points::at(&state.dir, &dir)?;
        let mut shared = read_shared(&state.dir, &dir)?;
        // Outside of what was exchanged the old tree has no files.
        shared.retain(|file| file.path.starts_with(&at));
        let part = shared.len().div_ceil(threads.max(1)).max(PART_MIN);
        let touched = thread::scope(|scope| {
            let (old, target) = (&old, target.as_ref());
            let begin = |files| scope.spawn(move || give_up(old, target, files));
            let parts: Vec<_> = shared.chunks(part).map(begin).collect();
            let ended = parts.into_iter().map(|part| match part.join() {
                Ok(touched) => touched,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            ended.flatten().collect()
        });
        // Unlinking changed the times of directories, which going back restores. A run that was cut off may have begun.
        for (dir, mtime) in times::noted(&state.dir, &dir)?.old {
            if let Ok(Some(stat)) = old.stat(&dir)
                && stat.mtime != mtime
            {
                // Another user's directory keeps its new time; going back could not set it either.
                let _ = old.set_times(&dir, stat.atime, mtime);
            }
        }
        keep(&old, &touched)?;
    }
    // It need not be durable: without it the next run looks once more and finds nothing to do.
    match write_new(&state.dir, &child(&dir, "trimmed"), b"", 0o600) {
        Err(error) if !error.is_exists() => Err(error.into()),
        _ => Ok(()),
    }
}

/// Removes the names of `old` that `target` has too, and gives the directories in which there were any.
fn give_up(old: &Dir, target: Option<&Dir>, files: &[Shared]) -> BTreeSet<RelPath> {
    let mut touched = BTreeSet::new();
    // They are in order, so most come after one of the same directory.
    let mut last: Option<(RelPath, Option<(Dir, Dir)>)> = None;
    for file in files {
        let above = file.path.parent().unwrap_or_default();
        let here = match last.take().filter(|(path, _)| *path == above) {
            Some(last) => last,
            None => {
                // What cannot be looked at is not known to be the same: somebody may have put a link where a directory
                // was.
                let both = target.and_then(|target| {
                    Some((old.open_dir(&above).ok()?, target.open_dir(&above).ok()?))
                });
                (above, both)
            }
        };
        let (above, both) = last.insert(here);
        let (Some((old, target)), Some(name)) = (both, file.path.name()) else { continue };
        let name = RelPath::root().join(&name);
        let look = |dir: &Dir| dir.stat(&name).ok().flatten();
        let (Some(stat), Some(live)) = (look(old), look(target)) else { continue };
        if (stat.device, stat.inode) == (live.device, live.inode) && old.remove_file(&name).is_ok()
        {
            touched.insert(above.clone());
        }
    }
    touched
}

/// Brings to the disk what was changed in these directories, before it is written down as done.
fn keep(old: &Dir, touched: &BTreeSet<RelPath>) -> Result<()> {
    if touched.len() > ONE_BY_ONE_MAX {
        return Ok(old.sync_filesystem()?);
    }
    for dir in touched {
        old.open_dir(dir)?.sync()?;
    }
    Ok(old.sync()?)
}
