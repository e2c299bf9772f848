//! Extended attributes and file attributes, of the entry itself and never of what it links to.

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::PathBuf;

use holdall_tree::{Attributes, RelPath, Xattr};
use rustix::fs::{IFlags, Mode, OFlags, XattrFlags};
use rustix::io::Errno;

use crate::dir::Dir;
use crate::error::Result;
use crate::faults::step;
use crate::open::{name, open, parent};

/// The longest value of one extended attribute, in bytes: the kernel's own limit (`XATTR_SIZE_MAX`).
const VALUE_BYTES_MAX: usize = 64 << 10;

/// Asks for names and values until the buffers are large enough.
fn read_all(
    list: impl Fn(&mut [u8]) -> Result<usize, Errno>,
    get: impl Fn(&[u8], &mut [u8]) -> Result<usize, Errno>,
) -> Result<Vec<Xattr>, Errno> {
    let mut names = vec![0u8; 256];
    let length = loop {
        match list(&mut names) {
            Ok(length) => break length,
            Err(Errno::RANGE) if names.len() <= VALUE_BYTES_MAX => names.resize(names.len() * 8, 0),
            Err(Errno::NOTSUP) => return Ok(Vec::new()),
            Err(e) => return Err(e),
        }
    };
    let mut xattrs = Vec::new();
    let listed = names.get(..length).unwrap_or_default();
    for name in listed.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let mut value = vec![0u8; 1024];
        let read = match get(name, &mut value) {
            Err(Errno::RANGE) => {
                value.resize(VALUE_BYTES_MAX, 0);
                get(name, &mut value)
            }
            done => done,
        };
        match read {
            Ok(length) => {
                value.truncate(length);
                xattrs.push(Xattr { name: name.to_vec(), value });
            }
            // It went between listing and reading, or it is one that the system lists but does not give.
            Err(Errno::NODATA | Errno::NOTSUP) => {}
            Err(e) => return Err(e),
        }
    }
    Ok(xattrs)
}

/// The extended attributes of an open file, in the order that the system lists them.
///
/// # Errors
/// What the system says.
pub fn file_xattrs(file: &File) -> std::io::Result<Vec<Xattr>> {
    let list = |names: &mut [u8]| rustix::fs::flistxattr(file, names);
    let get = |name: &[u8], value: &mut [u8]| rustix::fs::fgetxattr(file, name, value);
    Ok(read_all(list, get)?)
}

/// The file attributes of an open file or directory; none where the file system has none.
#[must_use]
pub fn file_attributes(file: impl AsFd) -> Attributes {
    let flags = rustix::fs::ioctl_getflags(file).map_or(0, |flags| flags.bits());
    Attributes(flags & Attributes::RESTORABLE)
}

impl Dir {
    /// The extended attributes of an entry, in the order that the system lists them; none where the file system has
    /// none.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn xattrs(&self, path: &RelPath) -> Result<Vec<Xattr>> {
        let fail = |e| self.error("read the extended attributes of", path, e);
        let (_dir, path_now) = self.pinned(path)?;
        let list = |names: &mut [u8]| rustix::fs::llistxattr(&path_now, names);
        let get = |name: &[u8], value: &mut [u8]| rustix::fs::lgetxattr(&path_now, name, value);
        read_all(list, get).map_err(fail)
    }

    /// The file attributes of a directory; none where the file system has none.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn dir_attributes(&self, path: &RelPath) -> Result<Attributes> {
        Ok(file_attributes(self.open_dir(path)?.fd()))
    }

    /// Sets extended attributes, beside those that are there.
    ///
    /// # Errors
    /// The first one that the system refuses; the others are set all the same.
    pub fn set_xattrs(&self, path: &RelPath, xattrs: &[Xattr]) -> Result<()> {
        let fail = |e: std::io::Error| self.error("set the extended attributes of", path, e);
        let (_dir, path_now) = self.pinned(path)?;
        let mut first = Ok(());
        for xattr in xattrs {
            step("setxattr").map_err(fail)?;
            let set = rustix::fs::lsetxattr(
                &path_now,
                &xattr.name[..],
                &xattr.value,
                XattrFlags::empty(),
            );
            if let Err(e) = set {
                first = first.and(Err(fail(e.into())));
            }
        }
        first
    }

    /// Sets file attributes beside those that are there.
    ///
    /// # Errors
    /// If the system refuses: immutable and append-only are root's.
    pub fn set_attributes(&self, path: &RelPath, attributes: Attributes) -> Result<()> {
        self.change_attributes(path, |flags| flags | IFlags::from_bits_retain(attributes.0))
    }

    /// Takes immutable and append-only away, so that the entry can be removed.
    pub(crate) fn make_mutable(&self, path: &RelPath) -> Result<()> {
        self.change_attributes(path, |flags| flags - (IFlags::IMMUTABLE | IFlags::APPEND))
    }

    fn change_attributes(
        &self,
        path: &RelPath,
        change: impl FnOnce(IFlags) -> IFlags,
    ) -> Result<()> {
        let fail = |e: std::io::Error| self.error("set the file attributes of", path, e);
        step("setflags").map_err(fail)?;
        let flags = OFlags::RDONLY | OFlags::NONBLOCK;
        let fd = open(self.fd(), path, flags, Mode::empty()).map_err(|e| fail(e.into()))?;
        let now = rustix::fs::ioctl_getflags(&fd).map_err(|e| fail(e.into()))?;
        rustix::fs::ioctl_setflags(&fd, change(now)).map_err(|e| fail(e.into()))
    }

    /// A path through `/proc` to an entry in a directory that is held open: there is no call that takes a handle and
    /// a name for extended attributes before Linux 6.13.
    fn pinned(&self, path: &RelPath) -> Result<(Option<OwnedFd>, PathBuf)> {
        let slash = path.as_bytes().contains(&b'/');
        let dir = if slash {
            Some(parent(self.fd(), path).map_err(|e| self.error("open", path, e))?)
        } else {
            None
        };
        let raw = dir.as_ref().map_or_else(|| self.fd(), |dir| dir.as_fd()).as_raw_fd();
        let path = PathBuf::from(format!("/proc/self/fd/{raw}")).join(name(path));
        Ok((dir, path))
    }
}
