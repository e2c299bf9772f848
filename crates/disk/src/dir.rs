//! A handle to a directory, and what can be done beneath it.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use holdall_tree::{Kind, Name, RelPath, Timestamp};
use rustix::fs::{
    AtFlags, FileType as RawType, Gid, Mode, OFlags, RawDir, RenameFlags, StatxFlags, Timespec,
    Timestamps, Uid,
};
use rustix::io::Errno;

use crate::error::{Error, Result};
use crate::faults::step;
use crate::open::{name, open, parent};
use crate::stat::Stat;

/// One entry of a directory.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Its name.
    pub name: Name,
    /// What one look at it told.
    pub stat: Stat,
}

/// An open directory. Paths are relative to it; none leads out of it, and no link is followed beneath it.
#[derive(Debug)]
pub struct Dir {
    fd: OwnedFd,
    shown: PathBuf,
}

impl Dir {
    /// Opens the directory at `path`, following links in it: the user wrote it.
    ///
    /// # Errors
    /// If there is none or it may not be read.
    pub fn open(path: &Path) -> Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd =
            rustix::fs::open(path, flags, Mode::empty()).map_err(|e| Error::io("open", path, e))?;
        Ok(Self { fd, shown: path.to_owned() })
    }

    /// Opens a directory beneath this one.
    ///
    /// # Errors
    /// If there is none, it may not be read, or a link is on the way.
    pub fn open_dir(&self, path: &RelPath) -> Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let fd = open(self.fd.as_fd(), path, flags, Mode::empty())
            .map_err(|e| self.error("open", path, e))?;
        Ok(Self { fd, shown: self.shown(path) })
    }

    /// The path of something beneath, for messages.
    #[must_use]
    pub fn shown(&self, path: &RelPath) -> PathBuf {
        if path.is_root() { self.shown.clone() } else { self.shown.join(path.as_path()) }
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    pub(crate) fn error(
        &self,
        doing: &'static str,
        path: &RelPath,
        source: impl Into<std::io::Error>,
    ) -> Error {
        Error::io(doing, &self.shown(path), source)
    }

    /// Its entries by name, each looked at once. What vanishes between listing and looking is left out.
    ///
    /// # Errors
    /// If it cannot be read, or holds a name that no tree can hold.
    pub fn list(&self) -> Result<Vec<Listed>> {
        let fail = |e: Errno| Error::io("list", &self.shown, e);
        // A handle of its own, so that two threads may list at once: the position belongs to the open file.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(&self.fd, ".", flags, Mode::empty()).map_err(fail)?;
        let mut buffer = Vec::with_capacity(64 << 10);
        let mut entries = RawDir::new(&fd, buffer.spare_capacity_mut());
        let mut listed = Vec::new();
        while let Some(entry) = entries.next() {
            let entry = entry.map_err(fail)?;
            let bytes = entry.file_name().to_bytes();
            if bytes == b"." || bytes == b".." {
                continue;
            }
            let stat = match look(self.fd.as_fd(), Path::new(std::ffi::OsStr::new(os(bytes)))) {
                Ok(stat) => stat,
                Err(Errno::NOENT) => continue,
                Err(e) => return Err(Error::io("look at", &self.shown.join(os(bytes)), e)),
            };
            let name = Name::parse(bytes)
                .map_err(|source| Error::Name { path: self.shown.clone(), source })?;
            listed.push(Listed { name, stat });
        }
        listed.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(listed)
    }

    /// One look at `path`, `None` if there is nothing.
    ///
    /// # Errors
    /// If it cannot be looked at.
    pub fn stat(&self, path: &RelPath) -> Result<Option<Stat>> {
        let looked = if path.as_bytes().contains(&b'/') {
            parent(self.fd(), path).and_then(|dir| look(dir.as_fd(), name(path)))
        } else {
            look(self.fd(), name(path))
        };
        match looked {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
            Err(e) => Err(self.error("look at", path, e)),
        }
    }

    /// Opens a regular file for reading, without changing when it was last read if the system lets us.
    ///
    /// # Errors
    /// If there is none, it may not be read, or it is no regular file.
    pub fn open_file(&self, path: &RelPath) -> Result<File> {
        // Without O_NONBLOCK, opening a pipe that took the file's place would wait for a writer.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK;
        let fd = match open(self.fd(), path, flags | OFlags::NOATIME, Mode::empty()) {
            Err(Errno::PERM) => open(self.fd(), path, flags, Mode::empty()),
            done => done,
        };
        let fd = fd.map_err(|e| self.error("open", path, e))?;
        let stat = rustix::fs::fstat(&fd).map_err(|e| self.error("look at", path, e))?;
        if RawType::from_raw_mode(stat.st_mode) != RawType::RegularFile {
            return Err(self.error("open", path, Errno::INVAL));
        }
        Ok(File::from(fd))
    }

    /// The target of a link.
    ///
    /// # Errors
    /// If it is no link or cannot be read.
    pub fn read_link(&self, path: &RelPath) -> Result<Vec<u8>> {
        let fail = |e| self.error("read the link", path, e);
        let dir = parent(self.fd(), path).map_err(fail)?;
        let target = rustix::fs::readlinkat(&dir, name(path), Vec::new()).map_err(fail)?;
        Ok(target.into_bytes())
    }

    /// Makes a directory.
    ///
    /// # Errors
    /// If there is something of that name, or it cannot be made.
    pub fn create_dir(&self, path: &RelPath, mode: u32) -> Result<()> {
        self.change("make the directory", path, |dir, name| {
            rustix::fs::mkdirat(dir, name, Mode::from_raw_mode(mode))
        })
    }

    /// Makes an empty file, open for reading and writing.
    ///
    /// # Errors
    /// If there is something of that name, or it cannot be made.
    pub fn create_file(&self, path: &RelPath, mode: u32) -> Result<File> {
        step("create").map_err(|e| self.error("create", path, e))?;
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL;
        open(self.fd(), path, flags, Mode::from_raw_mode(mode))
            .map(File::from)
            .map_err(|e| self.error("create", path, e))
    }

    /// Makes a symbolic link to `target`, which need not name anything.
    ///
    /// # Errors
    /// If there is something of that name, or it cannot be made.
    pub fn symlink(&self, target: &[u8], path: &RelPath) -> Result<()> {
        self.change("make the link", path, |dir, name| rustix::fs::symlinkat(os(target), dir, name))
    }

    /// Gives the file `from` beneath this directory another name `to` beneath `to_dir`.
    ///
    /// # Errors
    /// If there is something of that name, or the system refuses.
    pub fn hard_link(&self, from: &RelPath, to_dir: &Self, to: &RelPath) -> Result<()> {
        let source = parent(self.fd(), from).map_err(|e| self.error("link", from, e))?;
        to_dir.change("link", to, |dir, new| {
            rustix::fs::linkat(&source, name(from), dir, new, AtFlags::empty())
        })
    }

    /// Makes a device, pipe or socket.
    ///
    /// # Errors
    /// If there is something of that name, or it may not be made: devices are root's.
    pub fn make_node(&self, path: &RelPath, kind: &Kind, mode: u32) -> Result<()> {
        let (file_type, rdev) = match kind {
            Kind::CharDevice { rdev } => (RawType::CharacterDevice, *rdev),
            Kind::BlockDevice { rdev } => (RawType::BlockDevice, *rdev),
            Kind::Socket => (RawType::Socket, 0),
            _ => (RawType::Fifo, 0),
        };
        self.change("make", path, |dir, name| {
            rustix::fs::mknodat(dir, name, file_type, Mode::from_raw_mode(mode), rdev)
        })
    }

    /// Moves `from` to `to` beneath `to_dir`, replacing what is there.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn rename(&self, from: &RelPath, to_dir: &Self, to: &RelPath) -> Result<()> {
        self.rename_with(from, to_dir, to, RenameFlags::empty())
    }

    /// Moves `from` to `to` beneath `to_dir`, where nothing may be.
    ///
    /// # Errors
    /// If there is something, or the system refuses.
    pub fn rename_no_replace(&self, from: &RelPath, to_dir: &Self, to: &RelPath) -> Result<()> {
        self.rename_with(from, to_dir, to, RenameFlags::NOREPLACE)
    }

    /// Exchanges two entries in one step: at no instant is either name without one of them.
    ///
    /// # Errors
    /// If one is missing or a mount point, or the file system cannot exchange.
    pub fn exchange(&self, from: &RelPath, to_dir: &Self, to: &RelPath) -> Result<()> {
        self.rename_with(from, to_dir, to, RenameFlags::EXCHANGE)
    }

    fn rename_with(
        &self,
        from: &RelPath,
        to_dir: &Self,
        to: &RelPath,
        flags: RenameFlags,
    ) -> Result<()> {
        let source = parent(self.fd(), from).map_err(|e| self.error("move", from, e))?;
        to_dir.change("move onto", to, |dir, new| {
            rustix::fs::renameat_with(&source, name(from), dir, new, flags)
        })
    }

    /// Removes anything but a directory.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn remove_file(&self, path: &RelPath) -> Result<()> {
        self.change("remove", path, |dir, name| rustix::fs::unlinkat(dir, name, AtFlags::empty()))
    }

    /// Removes an empty directory.
    ///
    /// # Errors
    /// If it is not empty, or the system refuses.
    pub fn remove_dir(&self, path: &RelPath) -> Result<()> {
        self.change("remove", path, |dir, name| rustix::fs::unlinkat(dir, name, AtFlags::REMOVEDIR))
    }

    /// Sets owner and group of the entry itself.
    ///
    /// # Errors
    /// If the system refuses: giving files away is root's.
    pub fn set_owner(&self, path: &RelPath, uid: u32, gid: u32) -> Result<()> {
        let stat = self.stat(path)?;
        if stat.is_some_and(|stat| stat.uid == uid && stat.gid == gid) {
            return Ok(());
        }
        self.change("change the owner of", path, |dir, name| {
            let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(gid));
            rustix::fs::chownat(dir, name, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW)
        })
    }

    /// Sets the permission bits of anything but a link.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn set_mode(&self, path: &RelPath, mode: u32) -> Result<()> {
        // fchmodat follows a link in the last place; everything beneath was made by whoever holds this handle, and
        // the path above was resolved without links.
        if self.stat(path)?.is_some_and(|stat| stat.file_type == crate::FileType::Symlink) {
            return Ok(());
        }
        self.change("change the mode of", path, |dir, name| {
            rustix::fs::chmodat(dir, name, Mode::from_raw_mode(mode), AtFlags::empty())
        })
    }

    /// Sets the times of the entry itself.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn set_times(&self, path: &RelPath, atime: Timestamp, mtime: Timestamp) -> Result<()> {
        let spec = |time: Timestamp| Timespec { tv_sec: time.secs, tv_nsec: time.nanos.into() };
        let times = Timestamps { last_access: spec(atime), last_modification: spec(mtime) };
        self.change("set the times of", path, |dir, name| {
            rustix::fs::utimensat(dir, name, &times, AtFlags::SYMLINK_NOFOLLOW)
        })
    }

    /// Makes names in this directory durable.
    ///
    /// # Errors
    /// If the disk fails; then nothing that was not synced before may be relied on.
    pub fn sync(&self) -> Result<()> {
        step("sync").map_err(|e| Error::io("sync", &self.shown, e))?;
        rustix::fs::fsync(&self.fd).map_err(|e| Error::io("sync", &self.shown, e))
    }

    /// Makes everything on this file system durable.
    ///
    /// # Errors
    /// If the disk fails; then nothing that was not synced before may be relied on.
    pub fn sync_filesystem(&self) -> Result<()> {
        step("sync").map_err(|e| Error::io("sync", &self.shown, e))?;
        rustix::fs::syncfs(&self.fd)
            .map_err(|e| Error::io("sync the file system of", &self.shown, e))
    }

    fn change(
        &self,
        doing: &'static str,
        path: &RelPath,
        change: impl FnOnce(BorrowedFd<'_>, &Path) -> Result<(), Errno>,
    ) -> Result<()> {
        step(doing).map_err(|e| self.error(doing, path, e))?;
        let done = if path.as_bytes().contains(&b'/') {
            parent(self.fd(), path).and_then(|dir| change(dir.as_fd(), name(path)))
        } else {
            change(self.fd(), name(path))
        };
        done.map_err(|e| self.error(doing, path, e))
    }
}

fn look(dir: BorrowedFd<'_>, name: &Path) -> Result<Stat, Errno> {
    let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::STATX_DONT_SYNC | AtFlags::NO_AUTOMOUNT;
    let stat = rustix::fs::statx(dir, name, flags, StatxFlags::BASIC_STATS)?;
    Ok(Stat::new(&stat))
}

fn os(bytes: &[u8]) -> &std::ffi::OsStr {
    use std::os::unix::ffi::OsStrExt;
    std::ffi::OsStr::from_bytes(bytes)
}

#[cfg(test)]
#[path = "dir_tests.rs"]
mod tests;
