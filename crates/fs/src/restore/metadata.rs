//! Giving an entry its metadata.

use holdall_disk::Dir;
use holdall_tree::{Attributes, Context, Entry, Kind, RelPath};

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
    let mut set_id = 0o6000;
    if let (Some(uid), Some(gid)) = (meta.uid, meta.gid) {
        let set = dir.set_owner(path, uid, gid);
        // With these bits a program would run as somebody whom nobody meant.
        if set.is_err() && !entry.is_dir() {
            set_id = 0;
        }
        tell("owner", set);
    }
    let link = matches!(entry.kind, Kind::Symlink { .. });
    if let Some(mode) = meta.mode.filter(|_| !link) {
        tell("mode", dir.set_mode(path, mode & (0o1777 | set_id)));
    }
    // Also where there are none: what a new entry inherited (a default ACL of the directory above) goes by this.
    if let Some(xattrs) = &meta.xattrs {
        tell("extended attributes", dir.set_xattrs(path, xattrs));
    }
    if let Some(mtime) = meta.mtime {
        tell("times", dir.set_times(path, meta.atime.unwrap_or(mtime), mtime));
    }
    problems + meta.attributes.map_or(0, |attributes| set_attributes(ctx, dir, path, attributes))
}

/// Sets file attributes, as [`set`] does at the end.
pub(super) fn set_attributes(
    ctx: &Context<'_>,
    dir: &Dir,
    path: &RelPath,
    attributes: Attributes,
) -> u64 {
    if attributes.0 == 0 {
        return 0;
    }
    let Err(source) = dir.set_attributes(path, attributes) else { return 0 };
    let error = RestoreError::Metadata { what: "file attributes", path: path.clone(), source };
    ctx.observer.problem(Some(path), &error);
    1
}
