//! From a relative path to a handle, without ever passing through a symbolic link.
//!
//! The kernel does it in one call (`openat2`). Where it cannot (an old kernel, a sandbox that forbids the call, a path
//! longer than the kernel takes at once), the components are opened one by one.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use holdall_tree::RelPath;
use rustix::fs::{AtFlags, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use crate::faults;
use crate::stat::{FileType, look};

/// Opening a directory only to reach what is in it needs no permission to read it.
pub(crate) const PASS: OFlags =
    OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// One name in an open directory.
pub(crate) struct Place<'a> {
    dir: Parent<'a>,
    /// The last component; empty if the path is the root.
    pub(crate) name: &'a [u8],
}

enum Parent<'a> {
    Here(BorrowedFd<'a>),
    Beneath(OwnedFd),
}

impl Place<'_> {
    /// The directory that holds the name.
    pub(crate) fn dir(&self) -> BorrowedFd<'_> {
        match &self.dir {
            Parent::Here(fd) => *fd,
            Parent::Beneath(fd) => fd.as_fd(),
        }
    }

    /// The name for calls that cannot take an empty one.
    pub(crate) fn name_or_dot(&self) -> &[u8] {
        if self.name.is_empty() { b"." } else { self.name }
    }
}

/// Finds the directory that holds `path`.
pub(crate) fn place<'a>(root: BorrowedFd<'a>, path: &'a RelPath) -> Result<Place<'a>, Errno> {
    let bytes = path.as_bytes();
    let Some(slash) = bytes.iter().rposition(|b| *b == b'/') else {
        return Ok(Place { dir: Parent::Here(root), name: bytes });
    };
    let (parent, name) = bytes.split_at_checked(slash).unwrap_or_default();
    let dir = Parent::Beneath(open_beneath(root, parent, PASS, Mode::empty())?);
    Ok(Place { dir, name: name.strip_prefix(b"/").unwrap_or(name) })
}

/// Opens `path` beneath `root`; the empty path is `root` itself, opened anew.
pub(crate) fn open_beneath(
    root: BorrowedFd<'_>,
    path: &[u8],
    flags: OFlags,
    mode: Mode,
) -> Result<OwnedFd, Errno> {
    if faults::without("beneath") {
        let path = if path.is_empty() { b"." } else { path };
        return rustix::fs::openat(root, path, (flags - OFlags::NOFOLLOW) | OFlags::CLOEXEC, mode);
    }
    if !path.contains(&b'/') {
        return open_name(root, path, flags, mode);
    }
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    loop {
        let opened = rustix::fs::openat2(
            root,
            path,
            flags | OFlags::NOFOLLOW | OFlags::CLOEXEC,
            mode,
            resolve,
        );
        match opened {
            // A rename raced with the walk; the kernel asks to try again.
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(Errno::NOSYS | Errno::PERM | Errno::NAMETOOLONG) => {
                return walk(root, path, flags, mode);
            }
            other => return other,
        }
    }
}

fn walk(root: BorrowedFd<'_>, path: &[u8], flags: OFlags, mode: Mode) -> Result<OwnedFd, Errno> {
    let mut held: Option<OwnedFd> = None;
    let mut rest = path;
    while let Some(slash) = rest.iter().position(|b| *b == b'/') {
        let (name, after) = rest.split_at_checked(slash).unwrap_or_default();
        let next =
            open_name(held.as_ref().map_or(root, |fd| fd.as_fd()), name, PASS, Mode::empty())?;
        held = Some(next);
        rest = after.strip_prefix(b"/").unwrap_or(after);
    }
    open_name(held.as_ref().map_or(root, |fd| fd.as_fd()), rest, flags, mode)
}

/// Opens one name without following it. Where a directory is wanted and a link found, that is an error of its own.
fn open_name(
    dir: BorrowedFd<'_>,
    name: &[u8],
    flags: OFlags,
    mode: Mode,
) -> Result<OwnedFd, Errno> {
    let name = if name.is_empty() { b"." } else { name };
    loop {
        return match rustix::fs::openat(dir, name, flags | OFlags::NOFOLLOW | OFlags::CLOEXEC, mode)
        {
            Err(Errno::INTR) => continue,
            Err(Errno::NOTDIR) if flags.contains(OFlags::DIRECTORY) => {
                let link = look(dir, name, AtFlags::empty())
                    .is_ok_and(|stat| stat.file_type == FileType::Symlink);
                Err(if link { Errno::LOOP } else { Errno::NOTDIR })
            }
            other => other,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_walk_and_the_kernel_agree() {
        let temp = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(temp.path().join("a/b")).unwrap();
        std::fs::write(temp.path().join("a/b/f"), "x").unwrap();
        std::os::unix::fs::symlink("a", temp.path().join("l")).unwrap();
        let root = std::fs::File::open(temp.path()).unwrap();
        type Open = fn(BorrowedFd<'_>, &[u8], OFlags, Mode) -> Result<OwnedFd, Errno>;
        for open in [open_beneath as Open, walk as Open] {
            let open = |path: &[u8]| open(root.as_fd(), path, OFlags::RDONLY, Mode::empty());
            assert!(open(b"a/b/f").is_ok());
            let kind = |path: &[u8]| open(path).unwrap_err();
            assert_eq!(kind(b"l/b/f"), Errno::LOOP);
            assert_eq!(kind(b"a/b/none"), Errno::NOENT);
            assert_eq!(kind(b"a/b/f/x"), Errno::NOTDIR);
        }
    }
}
