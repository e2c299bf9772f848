//! Removing whole trees that somebody else may have built to make that hard.
//!
//! Links are removed, never followed. Depth is bounded by neither the stack nor the number of handles: what lies deeper
//! than [`LEVELS_MAX`] is first moved up to the top. Another file system mounted beneath is refused, not emptied.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use holdall_tree::RelPath;
use rustix::fs::{AtFlags, FileType, IFlags, Mode, OFlags, RawDir, ResolveFlags};
use rustix::io::Errno;

use crate::dir::Dir;
use crate::error::Result;
use crate::faults::step;
use crate::metadata::chmod_pinned;
use crate::resolve::open_beneath;
use crate::stat::look;

/// How many directories are held open at once.
const LEVELS_MAX: usize = 64;
/// Read from a directory at once, in bytes.
const LIST_BUFFER_BYTES: usize = 32 << 10;
/// Immutable and append-only.
const PROTECTED: IFlags = IFlags::IMMUTABLE.union(IFlags::APPEND);

struct Level {
    fd: OwnedFd,
    /// Its name in the level above.
    name: Box<[u8]>,
    left: Vec<(Box<[u8]>, FileType)>,
}

impl Dir {
    /// Removes what is at `path` with everything beneath it. Nothing there is no error.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io); then part of it may be gone.
    pub fn remove_tree(&self, path: &RelPath) -> Result<()> {
        let fail = |e: io::Error| {
            let mounted = e.raw_os_error() == Some(Errno::XDEV.raw_os_error());
            let e =
                if mounted { io::Error::other("another file system is mounted there") } else { e };
            self.error("remove", path, e)
        };
        let at = match self.place("remove", path) {
            Ok(at) => at,
            Err(e) if e.is_not_found() => return Ok(()),
            Err(e) => return Err(e),
        };
        let shown = self.shown(path);
        let mut count = || step("remove", &shown);
        let stat = match look(at.dir(), at.name, AtFlags::empty()) {
            Ok(stat) => stat,
            Err(Errno::NOENT) => return Ok(()),
            Err(e) => return Err(fail(e.into())),
        };
        if stat.is_dir() {
            empty(at.dir(), at.name, &mut count).map_err(fail)?;
            unlink(at.dir(), at.name, AtFlags::REMOVEDIR, &mut count).map_err(fail)
        } else {
            unlink(at.dir(), at.name, AtFlags::empty(), &mut count).map_err(fail)
        }
    }
}

type Count<'c> = dyn FnMut() -> io::Result<()> + 'c;

/// Removes everything in the directory `name`, but not that directory.
fn empty(parent: BorrowedFd<'_>, name: &[u8], count: &mut Count<'_>) -> io::Result<()> {
    let mut stack = vec![enter(parent, name)?];
    let mut moved = 0_u64;
    loop {
        let depth = stack.len();
        let Some(level) = stack.last_mut() else { return Ok(()) };
        match level.left.pop() {
            Some((child, FileType::Directory)) if depth >= LEVELS_MAX => {
                let Some(top) = stack.first() else { return Ok(()) };
                let Some(level) = stack.last() else { return Ok(()) };
                let fresh = move_up(level.fd.as_fd(), &child, top.fd.as_fd(), &mut moved, count)?;
                if let Some(top) = stack.first_mut() {
                    top.left.push((fresh, FileType::Directory));
                }
            }
            Some((child, FileType::Directory)) => {
                let entered = enter(level.fd.as_fd(), &child)?;
                stack.push(entered);
            }
            Some((child, _)) => unlink(level.fd.as_fd(), &child, AtFlags::empty(), count)?,
            None => {
                let Some(done) = stack.pop() else { return Ok(()) };
                let Some(above) = stack.last() else { return Ok(()) };
                unlink(above.fd.as_fd(), &done.name, AtFlags::REMOVEDIR, count)?;
            }
        }
    }
}

/// Moves a directory that lies too deep to the top, under a name that nothing there has.
fn move_up(
    from: BorrowedFd<'_>,
    name: &[u8],
    top: BorrowedFd<'_>,
    moved: &mut u64,
    count: &mut Count<'_>,
) -> io::Result<Box<[u8]>> {
    // Moving a directory changes its `..`, for which it must be writable.
    allow(from, name);
    loop {
        let fresh = format!(".moved-up-{moved}").into_bytes();
        *moved += 1;
        count()?;
        let flags = rustix::fs::RenameFlags::NOREPLACE;
        let renamed = match rustix::fs::renameat_with(from, name, top, &*fresh, flags) {
            Err(Errno::INVAL | Errno::NOSYS) => match look(top, &fresh, AtFlags::empty()) {
                Ok(_) => Err(Errno::EXIST),
                Err(_) => rustix::fs::renameat(from, name, top, &*fresh),
            },
            other => other,
        };
        match renamed {
            Ok(()) => return Ok(fresh.into()),
            Err(Errno::EXIST) => {}
            Err(e) => return Err(e.into()),
        }
    }
}

/// Opens a directory and reads its names, giving itself the permission where that is missing.
fn enter(parent: BorrowedFd<'_>, name: &[u8]) -> io::Result<Level> {
    let opened = match open_here(parent, name) {
        Err(Errno::ACCESS) => {
            allow(parent, name);
            open_here(parent, name)
        }
        other => other,
    };
    let fd = opened?;
    let mode = look(fd.as_fd(), b"", AtFlags::empty())?.mode;
    if mode & 0o700 != 0o700 {
        // Failure shows when the first name cannot be removed.
        let _ = rustix::fs::fchmod(&fd, Mode::from_raw_mode(mode | 0o700));
    }
    let mut left = Vec::new();
    let mut buffer = Vec::with_capacity(LIST_BUFFER_BYTES);
    let mut entries = RawDir::new(&fd, buffer.spare_capacity_mut() as &mut [MaybeUninit<u8>]);
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let child = entry.file_name().to_bytes();
        if child == b"." || child == b".." {
            continue;
        }
        let kind = match entry.file_type() {
            FileType::Unknown => match look(fd.as_fd(), child, AtFlags::empty()) {
                Ok(stat) if stat.is_dir() => FileType::Directory,
                _ => FileType::RegularFile,
            },
            known => known,
        };
        left.push((child.into(), kind));
    }
    Ok(Level { fd, name: name.into(), left })
}

fn open_here(parent: BorrowedFd<'_>, name: &[u8]) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_XDEV;
    let name = if name.is_empty() { b"." } else { name };
    match rustix::fs::openat2(parent, name, flags, Mode::empty(), resolve) {
        Err(Errno::NOSYS | Errno::PERM) => {
            let fd = open_beneath(parent, name, flags, Mode::empty())?;
            let device = |fd| look(fd, b"", AtFlags::empty()).map(|stat| stat.device);
            if device(fd.as_fd())? == device(parent)? { Ok(fd) } else { Err(Errno::XDEV) }
        }
        other => other,
    }
}

fn unlink(
    dir: BorrowedFd<'_>,
    name: &[u8],
    flags: AtFlags,
    count: &mut Count<'_>,
) -> io::Result<()> {
    count()?;
    let first = rustix::fs::unlinkat(dir, name, flags);
    let second = match first {
        Err(Errno::PERM) => {
            unprotect(dir, b"");
            unprotect(dir, name);
            rustix::fs::unlinkat(dir, name, flags)
        }
        other => other,
    };
    match second {
        // Somebody else removed it: just as well.
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(e) => Err(e.into()),
    }
}

/// Takes the attributes away that forbid removal. Failure shows when the removal is tried again.
fn unprotect(dir: BorrowedFd<'_>, name: &[u8]) {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
    let Ok(fd) = open_beneath(dir, name, flags, Mode::empty()) else { return };
    if let Ok(now) = rustix::fs::ioctl_getflags(&fd)
        && now.intersects(PROTECTED)
    {
        let _ = rustix::fs::ioctl_setflags(&fd, now - PROTECTED);
    }
}

/// Gives the owner all permissions on the directory `name`. Failure shows when it is opened.
fn allow(dir: BorrowedFd<'_>, name: &[u8]) {
    let flags = OFlags::PATH | OFlags::DIRECTORY;
    if let Ok(pinned) = open_beneath(dir, name, flags, Mode::empty())
        && let Ok(stat) = look(pinned.as_fd(), b"", AtFlags::empty())
        && stat.mode & 0o700 != 0o700
    {
        let _ = chmod_pinned(&pinned, dir, name, stat.mode | 0o700);
    }
}
