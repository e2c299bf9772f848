//! Giving an entry its metadata.

use holdall_disk::Dir;
use holdall_tree::{Context, Entry, Kind};

use super::RestoreError;

/// Sets all that `entry` knows, in the one order in which nothing undoes what came before: an owner clears set-ID
/// bits and capabilities, so it comes first; times come after all that changes them. What cannot be set goes to the
/// observer; gives how many parts that were.
pub(super) fn set(ctx: &Context<'_>, dir: &Dir, entry: &Entry) -> u64 {
    let (path, meta) = (&entry.path, &entry.meta);
    let mut problems = 0;
    let mut tell = |what, result: Result<(), holdall_disk::Error>| {
        if let Err(source) = result {
            let error = RestoreError::Metadata { what, path: path.clone(), source };
            ctx.observer.problem(Some(path), &error);
            problems += 1;
        }
    };
    if let (Some(uid), Some(gid)) = (meta.uid, meta.gid) {
        tell("owner", dir.set_owner(path, uid, gid));
    }
    let link = matches!(entry.kind, Kind::Symlink { .. });
    if let Some(mode) = meta.mode.filter(|_| !link) {
        tell("mode", dir.set_mode(path, mode));
    }
    // Also where there are none: what a new entry inherited (a default ACL of the directory above) goes by this.
    if let Some(xattrs) = &meta.xattrs {
        tell("extended attributes", dir.set_xattrs(path, xattrs));
    }
    if let Some(mtime) = meta.mtime {
        tell("times", dir.set_times(path, meta.atime.unwrap_or(mtime), mtime));
    }
    if let Some(attributes) = meta.attributes.filter(|attributes| attributes.0 != 0) {
        tell("file attributes", dir.set_attributes(path, attributes));
    }
    problems
}
