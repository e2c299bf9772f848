//! Making, renaming and removing single entries. Nothing here is durable before the directory is synced.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use holdall_tree::{Kind, RelPath};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use crate::dir::Dir;
use crate::error::{Error, Result};
use crate::faults::step;
use crate::resolve::{Place, open_beneath};
use crate::stat::look;

impl Dir {
    /// Makes one directory. The process's umask takes bits from `mode`.
    ///
    /// # Errors
    /// [`Error::Io`]; see [`Error::is_exists`].
    pub fn create_dir(&self, path: &RelPath, mode: u32) -> Result<()> {
        self.change("create", path, |at| Ok(rustix::fs::mkdirat(at.dir(), at.name, bits(mode))?))
    }

    /// Makes a file that is not there yet, for reading and writing. The process's umask takes bits from `mode`.
    ///
    /// # Errors
    /// [`Error::Io`]; see [`Error::is_exists`].
    pub fn create_file(&self, path: &RelPath, mode: u32) -> Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOCTTY;
        self.change("create", path, |at| {
            Ok(File::from(open_beneath(at.dir(), at.name, flags, bits(mode))?))
        })
    }

    /// Makes a symbolic link to `target`, which is not looked at.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn symlink(&self, target: &[u8], path: &RelPath) -> Result<()> {
        self.change("create link", path, |at| Ok(rustix::fs::symlinkat(target, at.dir(), at.name)?))
    }

    /// Gives the inode at `from` another name: `to` beneath `to_dir`. A symbolic link is linked itself.
    ///
    /// # Errors
    /// [`Error::Io`]; see [`Error::is_exists`].
    pub fn hard_link(&self, from: &RelPath, to_dir: &Self, to: &RelPath) -> Result<()> {
        let source = self.place("link", from)?;
        to_dir.change("link", to, |at| {
            Ok(rustix::fs::linkat(source.dir(), source.name, at.dir(), at.name, AtFlags::empty())?)
        })
    }

    /// Makes a pipe, socket or device. The process's umask takes bits from `mode`.
    ///
    /// # Errors
    /// [`Error::Io`]; also if `kind` is made in another way.
    pub fn make_node(&self, path: &RelPath, kind: &Kind, mode: u32) -> Result<()> {
        let (file_type, rdev) = match kind {
            Kind::CharDevice { rdev } => (FileType::CharacterDevice, *rdev),
            Kind::BlockDevice { rdev } => (FileType::BlockDevice, *rdev),
            Kind::Fifo => (FileType::Fifo, 0),
            Kind::Socket => (FileType::Socket, 0),
            Kind::File { .. } | Kind::Directory | Kind::Symlink { .. } => {
                return Err(self.error("create node", path, Errno::INVAL));
            }
        };
        self.change("create node", path, |at| {
            Ok(rustix::fs::mknodat(at.dir(), at.name, file_type, bits(mode), rdev)?)
        })
    }

    /// Renames `from` to `to` beneath `to_dir`, in place of what may be there.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn rename(&self, from: &RelPath, to_dir: &Self, to: &RelPath) -> Result<()> {
        let source = self.place("rename", from)?;
        to_dir.change("rename", to, |at| {
            Ok(rustix::fs::renameat(source.dir(), source.name, at.dir(), at.name)?)
        })
    }

    /// Renames `from` to `to` beneath `to_dir`, where nothing may be.
    ///
    /// # Errors
    /// [`Error::Exists`] if something is there; [`Error::Io`].
    pub fn rename_no_replace(&self, from: &RelPath, to_dir: &Self, to: &RelPath) -> Result<()> {
        let source = self.place("rename", from)?;
        to_dir
            .change("rename", to, |at| {
                let (old, new) = ((source.dir(), source.name), (at.dir(), at.name));
                match rustix::fs::renameat_with(old.0, old.1, new.0, new.1, RenameFlags::NOREPLACE)
                {
                    // The file system has no such rename.
                    Err(Errno::INVAL | Errno::NOSYS) => Ok(rename_plainly(old, new)?),
                    other => Ok(other?),
                }
            })
            .map_err(|e| if e.is_exists() { Error::Exists { path: to_dir.shown(to) } } else { e })
    }

    /// Exchanges `from` and `to` beneath `to_dir` in one step. Both exist.
    ///
    /// # Errors
    /// [`Error::NotExchangeable`] if the file system cannot; [`Error::Io`].
    pub fn exchange(&self, from: &RelPath, to_dir: &Self, to: &RelPath) -> Result<()> {
        let source = self.place("exchange", from)?;
        let at = to_dir.place("exchange", to)?;
        let path = to_dir.shown(to);
        step("exchange", &path).map_err(|e| Error::new("exchange", &path, e))?;
        rustix::fs::renameat_with(
            source.dir(),
            source.name,
            at.dir(),
            at.name,
            RenameFlags::EXCHANGE,
        )
        .map_err(|e| match e {
            Errno::INVAL | Errno::NOSYS | Errno::XDEV | Errno::OPNOTSUPP => {
                Error::NotExchangeable { path: path.clone(), source: e.into() }
            }
            other => Error::new("exchange", &path, other),
        })
    }

    /// Removes one name that is no directory.
    ///
    /// # Errors
    /// [`Error::Io`]; see [`Error::is_not_found`].
    pub fn remove_file(&self, path: &RelPath) -> Result<()> {
        self.change("remove", path, |at| {
            Ok(rustix::fs::unlinkat(at.dir(), at.name, AtFlags::empty())?)
        })
    }

    /// Removes an empty directory.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn remove_dir(&self, path: &RelPath) -> Result<()> {
        self.change("remove", path, |at| {
            Ok(rustix::fs::unlinkat(at.dir(), at.name, AtFlags::REMOVEDIR)?)
        })
    }

    /// Makes the names in this directory durable.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn sync(&self) -> Result<()> {
        self.on_self("sync", || Ok(rustix::fs::fsync(self.as_fd())?))
    }

    /// Makes everything on the file system of this directory durable.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn sync_filesystem(&self) -> Result<()> {
        self.on_self("sync", || Ok(rustix::fs::syncfs(self.as_fd())?))
    }

    /// The same, but only so that it has begun: it changes nothing that anybody relies on, so it says nothing.
    pub fn begin_sync(&self) {
        let _ = rustix::fs::syncfs(self.as_fd());
    }

    fn on_self(&self, doing: &'static str, act: impl FnOnce() -> io::Result<()>) -> Result<()> {
        let path = self.path();
        step(doing, path).and_then(|()| act()).map_err(|e| Error::new(doing, path, e))
    }

    /// Does one counted step on the name at `path`.
    pub(crate) fn change<T>(
        &self,
        doing: &'static str,
        path: &RelPath,
        act: impl FnOnce(&Place<'_>) -> io::Result<T>,
    ) -> Result<T> {
        let at = self.place(doing, path)?;
        if cfg!(any(test, feature = "faults")) {
            step(doing, &self.shown(path)).map_err(|e| self.error(doing, path, e))?;
        }
        act(&at).map_err(|e| self.error(doing, path, e))
    }
}

type At<'a> = (BorrowedFd<'a>, &'a [u8]);

/// Renames to a name that nothing has, where the kernel cannot do that in one step. A link fails if the name is taken.
/// Directories cannot be linked: for them a look must do, and what comes between can be at most an empty directory.
fn rename_plainly(old: At<'_>, new: At<'_>) -> Result<(), Errno> {
    if !look(old.0, old.1, AtFlags::empty())?.is_dir() {
        rustix::fs::linkat(old.0, old.1, new.0, new.1, AtFlags::empty())?;
        return rustix::fs::unlinkat(old.0, old.1, AtFlags::empty());
    }
    match look(new.0, new.1, AtFlags::empty()) {
        Ok(_) => Err(Errno::EXIST),
        Err(Errno::NOENT) => rustix::fs::renameat(old.0, old.1, new.0, new.1),
        Err(e) => Err(e),
    }
}

pub(crate) fn bits(mode: u32) -> Mode {
    Mode::from_raw_mode(mode & 0o7777)
}
