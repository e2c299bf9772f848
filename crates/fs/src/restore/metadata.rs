//! Giving an entry its metadata.

use holdall_disk::{Dir, NewFile, Result};
use holdall_tree::{Attributes, Context, Entry, Kind, RelPath, Timestamp, Xattr};

use super::RestoreError;

/// What gets metadata.
pub(super) enum On<'a, 'd> {
    /// What has this name.
    Name(&'a Dir, &'a RelPath),
    /// A file that was just made.
    File(&'a mut NewFile<'d>),
}

impl On<'_, '_> {
    fn set_owner(&mut self, uid: u32, gid: u32) -> Result<()> {
        match self {
            Self::Name(dir, path) => dir.set_owner(path, uid, gid),
            Self::File(file) => file.set_owner(uid, gid),
        }
    }

    fn set_xattrs(&mut self, xattrs: &[Xattr]) -> Result<()> {
        match self {
            Self::Name(dir, path) => dir.set_xattrs(path, xattrs),
            Self::File(file) => file.set_xattrs(xattrs),
        }
    }

    fn set_mode(&mut self, mode: u32) -> Result<()> {
        match self {
            Self::Name(dir, path) => dir.set_mode(path, mode),
            Self::File(file) => file.set_mode(mode),
        }
    }

    fn set_times(&mut self, atime: Timestamp, mtime: Timestamp) -> Result<()> {
        match self {
            Self::Name(dir, path) => dir.set_times(path, atime, mtime),
            Self::File(file) => file.set_times(atime, mtime),
        }
    }

    fn set_attributes(&mut self, attributes: Attributes) -> Result<()> {
        match self {
            Self::Name(dir, path) => dir.set_attributes(path, attributes),
            Self::File(file) => file.set_attributes(attributes),
        }
    }
}

/// Sets all that `entry` knows but file attributes, in the one order in which nothing undoes what came before: an
/// owner clears set-ID bits and capabilities, so it comes first; an ACL changes permissions, and permissions may forbid
/// to set an attribute; times come after all that changes them. What cannot be set goes to the observer; gives how many
/// parts that were.
///
/// # Errors
/// The disk fails.
pub(super) fn set(
    ctx: &Context<'_>,
    mut on: On<'_, '_>,
    entry: &Entry,
) -> Result<u64, RestoreError> {
    let (path, meta) = (&entry.path, &entry.meta);
    let mut problems = 0;
    let mut tell = |what, result: Result<()>| -> Result<(), RestoreError> {
        problems += told(ctx, path, what, result)?;
        Ok(())
    };
    let mut set_id = 0o6000;
    if let (Some(uid), Some(gid)) = (meta.uid, meta.gid) {
        let set = on.set_owner(uid, gid);
        // With these bits a program would run as somebody whom nobody meant.
        if set.is_err() && !entry.is_dir() {
            set_id = 0;
        }
        tell("owner", set)?;
    }
    // Also where there are none: what a new entry inherited (a default ACL of the directory above) goes by this.
    if let Some(xattrs) = &meta.xattrs {
        tell("extended attributes", on.set_xattrs(xattrs))?;
    }
    let link = matches!(entry.kind, Kind::Symlink { .. });
    if let Some(mode) = meta.mode.filter(|_| !link) {
        tell("mode", on.set_mode(mode & (0o1777 | set_id)))?;
    }
    if let Some(mtime) = meta.mtime {
        tell("times", on.set_times(meta.atime.unwrap_or(mtime), mtime))?;
    }
    if let Some(attributes) = meta.attributes.filter(|_| meta.hard_link.is_none()) {
        problems += set_attributes(ctx, on, path, attributes)?;
    }
    Ok(problems)
}

/// Sets file attributes, as [`set`] does at the end of what has one name.
///
/// # Errors
/// As [`set`].
pub(super) fn set_attributes(
    ctx: &Context<'_>,
    mut on: On<'_, '_>,
    path: &RelPath,
    attributes: Attributes,
) -> Result<u64, RestoreError> {
    if attributes.0 == 0 {
        return Ok(0);
    }
    told(ctx, path, "file attributes", on.set_attributes(attributes))
}

/// How many parts were not set, one or none.
fn told(
    ctx: &Context<'_>,
    path: &RelPath,
    what: &'static str,
    result: Result<()>,
) -> Result<u64, RestoreError> {
    let Err(source) = result else { return Ok(0) };
    let failed = source.is_failure();
    let error = RestoreError::Metadata { what, path: path.clone(), source };
    if failed {
        return Err(error);
    }
    ctx.observer.problem(Some(path), &error);
    Ok(1)
}
