//! Old trees give up what they share with the target.

use std::collections::BTreeSet;

use holdall_disk::{Dir, Replace};
use holdall_tree::{Context, Name, RelPath, Result};

use super::points::{bad, child, directory, list, read_shared};
use super::state::State;
use super::times;

/// Directories that are brought to the disk one by one; where more were changed, the whole file system is.
const ONE_BY_ONE_MAX: usize = 8;

/// Takes the files that are shared with the target out of every old tree that still has them.
pub(super) fn finish_trimming(state: &State, ctx: &Context<'_>) -> Result<()> {
    for point in list(&state.dir)? {
        ctx.check()?;
        if !point.trimmed {
            trim(state, point.number)?;
        }
    }
    Ok(())
}

/// Takes the files that a point shares with the target out of its old tree. A file that the target does not have any
/// more under that inode stays: this is then its last name. So does what may not be taken out of its directory, which
/// costs nothing but the name. It is not interrupted, since until it is done a change to a shared file reaches into the
/// point.
pub(super) fn trim(state: &State, number: u64) -> Result<()> {
    let dir = directory(number);
    let tree = child(&dir, "tree");
    if state.dir.stat(&tree)?.is_some() {
        let old = state.dir.open_dir(&tree)?;
        let target = state.parent.open_dir(&state.name).ok();
        let mut touched = BTreeSet::new();
        for file in read_shared(&state.dir, &dir)? {
            // What cannot be looked at is not known to be the same: somebody may have put a link where a directory was.
            let look = |dir: &Dir| dir.stat(&file.path).ok().flatten();
            let (Some(stat), Some(live)) = (look(&old), target.as_ref().and_then(look)) else {
                continue;
            };
            if (stat.device, stat.inode) == (live.device, live.inode)
                && old.remove_file(&file.path).is_ok()
            {
                touched.insert(file.path.parent().unwrap_or_default());
            }
        }
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
    let name = Name::parse("trimmed").map_err(|e| bad(&state.path, &e.to_string()))?;
    let handle = state.dir.open_dir(&dir)?;
    match holdall_disk::publish(&handle, &name, b"", 0o600, Replace::Always) {
        Ok(()) => Ok(()),
        Err(error) => Err(error.into()),
    }
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
