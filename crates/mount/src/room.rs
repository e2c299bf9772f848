//! Room for what is not kept in memory.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{AtFlags, Mode, OFlags, openat, unlinkat};
use rustix::io::Errno;

/// A directory in which files without a name are made. It is reached by a handle, so that a process which may write
/// nowhere else can have it.
#[derive(Debug)]
pub struct Room {
    dir: OwnedFd,
    made: AtomicU64,
}

impl Room {
    /// A directory in the usual place for what is temporary. It goes when it is dropped.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn make() -> io::Result<tempfile::TempDir> {
        tempfile::Builder::new().prefix("holdall-").tempdir()
    }

    /// Uses a directory that nobody else writes.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn open(dir: &Path) -> io::Result<Self> {
        let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        Ok(Self { dir: rustix::fs::open(dir, flags, Mode::empty())?, made: AtomicU64::new(0) })
    }

    /// A file that nobody else can reach and that goes when it is closed.
    pub(crate) fn file(&self) -> io::Result<File> {
        let (flags, mode) = (OFlags::RDWR | OFlags::CLOEXEC, Mode::RUSR | Mode::WUSR);
        match openat(&self.dir, ".", flags | OFlags::TMPFILE, mode) {
            Ok(file) => return Ok(file.into()),
            // What file systems say that know no such files.
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::NOENT) => {}
            Err(other) => return Err(other.into()),
        }
        let name = self.made.fetch_add(1, Ordering::Relaxed).to_string();
        let file = openat(&self.dir, &name, flags | OFlags::CREATE | OFlags::EXCL, mode)?;
        unlinkat(&self.dir, &name, AtFlags::empty())?;
        Ok(file.into())
    }
}
