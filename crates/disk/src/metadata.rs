//! Owners, permissions, times and file attributes of what a path names, never of what a link points to.
//!
//! The order matters to whoever restores: owner, then extended attributes, then mode, then times, then attributes.
//! A change of owner takes set-user-ID bits and capabilities away, an ACL changes permissions, a file that may not be
//! written takes no attribute from its owner, and an immutable file takes no change at all.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use holdall_tree::{Attributes, RelPath, Timestamp};
use rustix::fs::{AtFlags, Gid, IFlags, Mode, OFlags, Timespec, Timestamps, Uid};
use rustix::io::Errno;

use crate::change::bits;
use crate::dir::Dir;
use crate::error::Result;
use crate::resolve::{Place, open_beneath};

impl Dir {
    /// Sets owner and group by number, if they are others now.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io): giving files away is root's.
    pub fn set_owner(&self, path: &RelPath, uid: u32, gid: u32) -> Result<()> {
        if self.stat(path)?.is_some_and(|stat| stat.uid == uid && stat.gid == gid) {
            return Ok(());
        }
        self.change("set owner of", path, |at| {
            let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::EMPTY_PATH;
            let (uid, gid) = (Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)));
            Ok(rustix::fs::chownat(at.dir(), at.name, uid, gid, flags)?)
        })
    }

    /// Sets the permission bits, `0..=0o7777`. A symbolic link has none.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io).
    pub fn set_mode(&self, path: &RelPath, mode: u32) -> Result<()> {
        self.change("set mode of", path, |at| set_mode_at(at, mode))
    }

    /// Sets the times of last access and change.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io).
    pub fn set_times(&self, path: &RelPath, atime: Timestamp, mtime: Timestamp) -> Result<()> {
        let times = times(atime, mtime);
        self.change("set times of", path, |at| {
            Ok(rustix::fs::utimensat(
                at.dir(),
                at.name_or_dot(),
                &times,
                AtFlags::SYMLINK_NOFOLLOW,
            )?)
        })
    }

    /// The file attributes of a directory; none where the file system has none.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) if it cannot be opened.
    pub fn dir_attributes(&self, path: &RelPath) -> Result<Attributes> {
        Ok(file_attributes(self.open_dir(path)?))
    }

    /// Sets file attributes beside those that are there.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io): immutable and append-only are root's, and not every file system has them.
    pub fn set_attributes(&self, path: &RelPath, attributes: Attributes) -> Result<()> {
        self.change("set attributes of", path, |at| {
            let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
            let opened = open_beneath(at.dir(), at.name, flags, Mode::empty())?;
            Ok(add_flags(opened, attributes)?)
        })
    }
}

pub(crate) fn times(atime: Timestamp, mtime: Timestamp) -> Timestamps {
    let spec = |time: Timestamp| Timespec { tv_sec: time.secs, tv_nsec: time.nanos.into() };
    Timestamps { last_access: spec(atime), last_modification: spec(mtime) }
}

pub(crate) fn add_flags(file: impl AsFd, attributes: Attributes) -> Result<(), Errno> {
    let wanted = IFlags::from_bits_retain(attributes.0 & Attributes::RESTORABLE);
    let now = rustix::fs::ioctl_getflags(&file)?;
    if now.contains(wanted) { Ok(()) } else { rustix::fs::ioctl_setflags(&file, now | wanted) }
}

/// The file attributes of an open file or directory that a restore can set again; none where the file system has none.
#[must_use]
pub fn file_attributes(file: impl AsFd) -> Attributes {
    let flags = rustix::fs::ioctl_getflags(file).map_or(0, |flags| flags.bits());
    Attributes(flags & Attributes::RESTORABLE)
}

/// `fchmodat` follows links, so the inode is pinned first and named through its handle.
fn set_mode_at(at: &Place<'_>, mode: u32) -> io::Result<()> {
    if at.name.is_empty() {
        return Ok(rustix::fs::fchmod(at.dir(), bits(mode))?);
    }
    let pinned = open_beneath(at.dir(), at.name, OFlags::PATH, Mode::empty())?;
    chmod_pinned(&pinned, at.dir(), at.name, mode)
}

pub(crate) fn chmod_pinned(
    pinned: &OwnedFd,
    dir: BorrowedFd<'_>,
    name: &[u8],
    mode: u32,
) -> io::Result<()> {
    let stat = crate::stat::look(pinned.as_fd(), b"", AtFlags::empty())?;
    if stat.file_type == crate::stat::FileType::Symlink {
        return Err(Errno::LOOP.into());
    }
    match rustix::fs::chmod(format!("/proc/self/fd/{}", pinned.as_raw_fd()), bits(mode)) {
        // No /proc here. Opening for reading does as well, where it is allowed.
        Err(Errno::NOENT | Errno::NOTDIR) => {
            let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
            let opened = open_beneath(dir, name, flags, Mode::empty())?;
            Ok(rustix::fs::fchmod(opened, bits(mode))?)
        }
        other => Ok(other?),
    }
}
