//! The handle of a directory, and what can be read through it.
//!
//! Every path is relative to the handle. It may have several components, but one is cheapest; whoever works on many
//! entries of a directory opens that directory first. The empty path is the directory itself.

use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use holdall_tree::{Name, RelPath};
use rustix::fs::{AtFlags, Mode, OFlags, RawDir};
use rustix::io::Errno;

use crate::error::{Error, Result};
use crate::resolve::{Place, open_beneath, place};
use crate::stat::{FileType, Stat, look};

/// The kernel fills this at once when a directory is read, in bytes.
const LIST_BUFFER_BYTES: usize = 64 << 10;

pub(crate) const OPEN_DIR: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// An open directory.
#[derive(Debug)]
pub struct Dir {
    fd: OwnedFd,
    path: PathBuf,
    /// True once it was listed: the handle's position is then at the end.
    listed: Mutex<bool>,
}

/// One entry of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: Name,
    /// What one look tells.
    pub stat: Stat,
}

impl Dir {
    /// Opens the directory that the user named, through symbolic links if there are any.
    ///
    /// # Errors
    /// [`Error::Io`] if it is no directory or cannot be read.
    pub fn open(path: &Path) -> Result<Self> {
        let shown = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let fd = rustix::fs::open(shown, OPEN_DIR, Mode::empty()).map_err(|e| Error::Io {
            doing: "open",
            path: shown.into(),
            source: e.into(),
        })?;
        Ok(Self::from_fd(fd, shown.into()))
    }

    /// Opens the directory at `path` beneath this one.
    ///
    /// # Errors
    /// [`Error::Escapes`] if a component is a symbolic link; [`Error::Io`] otherwise.
    pub fn open_dir(&self, path: &RelPath) -> Result<Self> {
        let fd = open_beneath(self.fd.as_fd(), path.as_bytes(), OPEN_DIR, Mode::empty())
            .map_err(|e| self.error("open", path, e))?;
        Ok(Self::from_fd(fd, self.shown(path)))
    }

    pub(crate) fn from_fd(fd: OwnedFd, path: PathBuf) -> Self {
        Self { fd, path, listed: Mutex::new(false) }
    }

    /// Where the directory was when it was opened, for messages.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where `path` beneath this directory is, for messages.
    #[must_use]
    pub fn shown(&self, path: &RelPath) -> PathBuf {
        if path.is_root() { self.path.clone() } else { self.path.join(path.as_path()) }
    }

    pub(crate) fn error(
        &self,
        doing: &'static str,
        path: &RelPath,
        source: impl Into<io::Error>,
    ) -> Error {
        Error::new(doing, &self.shown(path), source)
    }

    pub(crate) fn place<'a>(&'a self, doing: &'static str, path: &'a RelPath) -> Result<Place<'a>> {
        place(self.fd.as_fd(), path).map_err(|e| self.error(doing, path, e))
    }

    /// Lists the directory: names by their bytes, each with one look. What vanishes meanwhile is left out.
    ///
    /// # Errors
    /// [`Error::Io`] if the directory or an entry cannot be read, [`Error::Name`] for a name that cannot be used.
    pub fn list(&self) -> Result<Vec<Listed>> {
        let mut first = None;
        let list = self.list_reporting(&mut |error| {
            first.get_or_insert(error);
        })?;
        first.map_or(Ok(list), Err)
    }

    /// As [`Dir::list`], but an entry that cannot be looked at goes to `problem` and is left out.
    ///
    /// # Errors
    /// [`Error::Io`] if the directory itself cannot be read.
    pub fn list_reporting(&self, problem: &mut dyn FnMut(Error)) -> Result<Vec<Listed>> {
        let mut found = Vec::new();
        self.each_name(|name| {
            let stat = match look(self.fd.as_fd(), name, AtFlags::STATX_DONT_SYNC) {
                Ok(stat) => stat,
                Err(Errno::NOENT) => return,
                Err(e) => {
                    let path = self.path.join(Path::new(os_str(name)));
                    return problem(Error::new("look at", &path, e));
                }
            };
            match Name::parse(name) {
                Ok(name) => found.push(Listed { name, stat }),
                Err(source) => problem(Error::Name { path: self.path.clone(), source }),
            }
        })?;
        found.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    fn each_name(&self, mut each: impl FnMut(&[u8])) -> Result<()> {
        let fail = |e: Errno| Error::new("list", &self.path, e);
        // Two threads that list through one handle would share its position.
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        if *listed {
            rustix::fs::seek(&self.fd, rustix::fs::SeekFrom::Start(0)).map_err(fail)?;
        }
        *listed = true;
        let mut buffer = Vec::with_capacity(LIST_BUFFER_BYTES);
        let mut entries =
            RawDir::new(&self.fd, buffer.spare_capacity_mut() as &mut [MaybeUninit<u8>]);
        while let Some(entry) = entries.next() {
            let entry = entry.map_err(fail)?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                each(name);
            }
        }
        Ok(())
    }

    /// Looks at `path` without following it. `None` if there is nothing.
    ///
    /// # Errors
    /// [`Error::Escapes`] or [`Error::Io`].
    pub fn stat(&self, path: &RelPath) -> Result<Option<Stat>> {
        let looked =
            place(self.fd.as_fd(), path).and_then(|at| look(at.dir(), at.name, AtFlags::empty()));
        match looked {
            Ok(stat) => Ok(Some(stat)),
            // A file where a directory was looked for: what is beneath it is not there either.
            Err(e)
                if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
            {
                Ok(None)
            }
            Err(e) => Err(self.error("look at", path, e)),
        }
    }

    /// Opens a regular file for reading; its time of last access is left alone where the system allows that.
    ///
    /// # Errors
    /// [`Error::NotFile`] if it is anything else, [`Error::Escapes`] for a symbolic link, [`Error::Io`].
    pub fn open_file(&self, path: &RelPath) -> Result<File> {
        let file = self.open_unseen(path)?;
        let stat = Stat::of(&file).map_err(|e| self.error("look at", path, e))?;
        if stat.file_type != FileType::File {
            return Err(Error::NotFile { path: self.shown(path) });
        }
        Ok(file)
    }

    /// As [`Dir::open_file`], but without a look at what was opened. [`Stat::of`] must say that it is a regular file before
    /// anything is read of it: a device may have no end.
    ///
    /// # Errors
    /// As there.
    pub fn open_unseen(&self, path: &RelPath) -> Result<File> {
        // Without NONBLOCK, opening a pipe that somebody put in the file's place would wait for a writer.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        let open = |flags| open_beneath(self.fd.as_fd(), path.as_bytes(), flags, Mode::empty());
        let opened = match open(flags | OFlags::NOATIME) {
            Err(Errno::PERM) => open(flags),
            other => other,
        };
        match opened {
            Ok(fd) => Ok(File::from(fd)),
            // A socket cannot be opened at all.
            Err(Errno::NXIO) => Err(Error::NotFile { path: self.shown(path) }),
            Err(e) => Err(self.error("open", path, e)),
        }
    }

    /// How many bytes may still be written to the file system of this directory.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn free_bytes(&self) -> Result<u64> {
        let found = rustix::fs::fstatvfs(&self.fd);
        let found = found.map_err(|e| self.error("look at the room of", &RelPath::root(), e))?;
        Ok(found.f_bavail.saturating_mul(found.f_frsize))
    }

    /// The target of a symbolic link, as written.
    ///
    /// # Errors
    /// [`Error::Io`] if it is no link or cannot be read.
    pub fn read_link(&self, path: &RelPath) -> Result<Vec<u8>> {
        let at = self.place("read link", path)?;
        match rustix::fs::readlinkat(at.dir(), at.name, Vec::new()) {
            Ok(target) => Ok(target.into_bytes()),
            Err(e) => Err(self.error("read link", path, e)),
        }
    }
}

impl AsFd for Dir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

pub(crate) fn os_str(bytes: &[u8]) -> &std::ffi::OsStr {
    std::os::unix::ffi::OsStrExt::from_bytes(bytes)
}
