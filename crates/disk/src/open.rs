//! Resolving a path beneath a handle without following a link.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use holdall_tree::RelPath;
use rustix::fs::{Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

const BENEATH: ResolveFlags =
    ResolveFlags::BENEATH.union(ResolveFlags::NO_SYMLINKS).union(ResolveFlags::NO_MAGICLINKS);

/// Opens `path` beneath `dir`. No component may be a link; with `O_NOFOLLOW | O_PATH` the last one may.
pub(crate) fn open(
    dir: BorrowedFd<'_>,
    path: &RelPath,
    flags: OFlags,
    mode: Mode,
) -> Result<OwnedFd, Errno> {
    let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    if path.is_root() {
        return rustix::fs::openat(dir, ".", flags, mode);
    }
    if !path.as_bytes().contains(&b'/') {
        return rustix::fs::openat(dir, path.as_path(), flags, mode);
    }
    // O_NOFOLLOW with RESOLVE_NO_SYMLINKS still refuses a link at the end, so a look at a link itself goes through
    // its directory.
    if !flags.contains(OFlags::PATH) {
        match rustix::fs::openat2(dir, path.as_path(), flags, mode, BENEATH) {
            Err(Errno::NOSYS | Errno::PERM | Errno::NAMETOOLONG) => {}
            done => return done,
        }
    }
    let parent = parent(dir, path)?;
    rustix::fs::openat(&parent, name(path), flags, mode)
}

/// Opens the directory that holds `path`, so that the last component can be used alone.
pub(crate) fn parent(dir: BorrowedFd<'_>, path: &RelPath) -> Result<OwnedFd, Errno> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let above = path.parent().unwrap_or_default();
    if above.is_root() {
        return rustix::fs::openat(dir, ".", flags, Mode::empty());
    }
    match rustix::fs::openat2(dir, above.as_path(), flags, Mode::empty(), BENEATH) {
        // Old kernels and some sandboxes lack openat2, and the kernel takes no path over 4096 bytes at once.
        Err(Errno::NOSYS | Errno::PERM | Errno::NAMETOOLONG) => walk(dir, &above),
        done => done,
    }
}

/// Walks down one component at a time, refusing links.
fn walk(dir: BorrowedFd<'_>, path: &RelPath) -> Result<OwnedFd, Errno> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut here = rustix::fs::openat(dir, ".", flags, Mode::empty())?;
    for component in path.components() {
        here = rustix::fs::openat(here.as_fd(), component, flags, Mode::empty())?;
    }
    Ok(here)
}

/// The last component; the root is `.`.
pub(crate) fn name(path: &RelPath) -> &Path {
    use std::os::unix::ffi::OsStrExt;
    match path.file_name() {
        Some(name) => Path::new(std::ffi::OsStr::from_bytes(name)),
        None => Path::new("."),
    }
}
