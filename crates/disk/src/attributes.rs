//! Extended attributes and file attributes, of the entry itself and never of what it links to.

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

impl Dir {
    /// The extended attributes of an entry, in the order that the system lists them; none where the file system has
    /// none.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn xattrs(&self, path: &RelPath) -> Result<Vec<Xattr>> {
        let fail = |e| self.error("read the extended attributes of", path, e);
        let (_dir, path_now) = self.pinned(path)?;
        let mut names = vec![0u8; 256];
        let length = loop {
            match rustix::fs::llistxattr(&path_now, &mut names[..]) {
                Ok(length) => break length,
                Err(Errno::RANGE) if names.len() <= VALUE_BYTES_MAX => {
                    names.resize(names.len() * 8, 0)
                }
                Err(Errno::NOTSUP) => return Ok(Vec::new()),
                Err(e) => return Err(fail(e)),
            }
        };
        let mut xattrs = Vec::new();
        let listed = names.get(..length).unwrap_or_default();
        for name in listed.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
            let mut value = vec![0u8; 1024];
            let read = match rustix::fs::lgetxattr(&path_now, name, &mut value[..]) {
                Err(Errno::RANGE) => {
                    value.resize(VALUE_BYTES_MAX, 0);
                    rustix::fs::lgetxattr(&path_now, name, &mut value[..])
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
                Err(e) => return Err(fail(e)),
            }
        }
        Ok(xattrs)
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
