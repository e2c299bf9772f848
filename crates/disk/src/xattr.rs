//! Extended attributes, POSIX ACLs and capabilities among them.
//!
//! A path `/proc/self/fd/N/NAME` reaches a name through the handle of its directory and works for every kind of entry,
//! links and pipes included, without opening it.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

use holdall_tree::path::printable;
use holdall_tree::{RelPath, Xattr};
use rustix::fs::XattrFlags;
use rustix::io::Errno;

use crate::dir::Dir;
use crate::error::{Error, Result};
use crate::faults::step;
use crate::resolve::Place;

/// The kernel's limit for a list of names and for one value, in bytes.
const XATTR_BYTES_MAX: usize = 64 << 10;
/// Most lists and values fit in this, in bytes.
const XATTR_BYTES_USUAL: usize = 1024;

/// The extended attributes of an open file, in the order that the system lists them; none where the file system has
/// none.
///
/// # Errors
/// What the system says.
pub fn file_xattrs(file: &File) -> io::Result<Vec<Xattr>> {
    Owner::File(file).read()
}

/// What the attributes belong to: a path through a handle, or an open file.
pub(crate) enum Owner<'f> {
    Path(Vec<u8>),
    File(&'f File),
}

impl Dir {
    /// The extended attributes in the order that the system lists them; none where the file system has none.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn xattrs(&self, path: &RelPath) -> Result<Vec<Xattr>> {
        let at = self.place("read attributes of", path)?;
        Owner::at(&at).read().map_err(|e| self.error("read attributes of", path, e))
    }

    /// Makes the extended attributes exactly these, but for those that the system itself keeps (labels). All are
    /// tried; the first failure is returned.
    ///
    /// # Errors
    /// [`Error::Xattr`] names the attribute; [`Error::Io`] if they cannot be listed.
    pub fn set_xattrs(&self, path: &RelPath, xattrs: &[Xattr]) -> Result<()> {
        let at = self.place("set attributes of", path)?;
        let step = &mut || step("set attribute of", &self.shown(path));
        Owner::at(&at).write(xattrs, step).map_err(|failure| failure.into_error(self, path))
    }
}

/// Which attribute could not be set, none if another change failed, and why.
pub(crate) struct Failure<'x>(Option<&'x [u8]>, io::Error);

impl Failure<'_> {
    pub(crate) fn into_error(self, dir: &Dir, path: &RelPath) -> Error {
        match self {
            Self(None, source) => dir.error("read attributes of", path, source),
            Self(Some(name), source) => {
                let name = printable(name).into_owned();
                Error::Xattr { path: dir.shown(path), name, source }
            }
        }
    }
}

impl Owner<'_> {
    fn at(place: &Place<'_>) -> Self {
        let mut path = format!("/proc/self/fd/{}/", place.dir().as_raw_fd()).into_bytes();
        path.extend_from_slice(place.name_or_dot());
        Self::Path(path)
    }

    fn read(&self) -> io::Result<Vec<Xattr>> {
        let mut found = Vec::new();
        for name in self.list()?.split(|b| *b == 0).filter(|name| !name.is_empty()) {
            match grow(|buffer| self.get(name, buffer)) {
                Ok(value) => found.push(Xattr { name: name.to_vec(), value }),
                // Gone since it was listed, or one that the system lists but does not give.
                Err(Errno::NODATA | Errno::NOTSUP) => {}
                // Listed by NFS, but readable only by its own tools.
                Err(_) if name == b"system.nfs4_acl" => {}
                Err(e) => return Err(e.into()),
            }
        }
        Ok(found)
    }

    /// The names, each with a NUL behind it; none where the file system has none.
    pub(crate) fn list(&self) -> Result<Vec<u8>, Errno> {
        let list = |buffer: &mut [u8]| match self {
            Self::Path(path) => rustix::fs::llistxattr(&**path, buffer),
            Self::File(file) => rustix::fs::flistxattr(file, buffer),
        };
        match grow(list) {
            Err(Errno::NOTSUP | Errno::NOSYS) => Ok(Vec::new()),
            listed => listed,
        }
    }

    fn get(&self, name: &[u8], buffer: &mut [u8]) -> Result<usize, Errno> {
        match self {
            Self::Path(path) => rustix::fs::lgetxattr(&**path, name, buffer),
            Self::File(file) => rustix::fs::fgetxattr(file, name, buffer),
        }
    }

    fn set(&self, Xattr { name, value }: &Xattr) -> Result<(), Errno> {
        let flags = XattrFlags::empty();
        match self {
            Self::Path(path) => rustix::fs::lsetxattr(&**path, &**name, value, flags),
            Self::File(file) => rustix::fs::fsetxattr(file, &**name, value, flags),
        }
    }

    fn remove(&self, name: &[u8]) -> Result<(), Errno> {
        match self {
            Self::Path(path) => rustix::fs::lremovexattr(&**path, name),
            Self::File(file) => rustix::fs::fremovexattr(file, name),
        }
    }

    pub(crate) fn write<'x>(
        &self,
        xattrs: &'x [Xattr],
        step: &mut dyn FnMut() -> io::Result<()>,
    ) -> Result<(), Failure<'x>> {
        let present = self.list().map_err(|e| Failure(None, e.into()))?;
        let mut failure = Ok(());
        for name in present.split(|b| *b == 0).filter(|name| is_ours(name)) {
            if xattrs.iter().any(|xattr| xattr.name == name) {
                continue;
            }
            if let Err(e) = step().and_then(|()| Ok(self.remove(name)?)) {
                failure = failure.and(Err(Failure(None, e)));
            }
        }
        for xattr in xattrs {
            if let Err(e) = step().and_then(|()| Ok(self.set(xattr)?)) {
                failure = failure.and(Err(Failure(Some(&xattr.name), e)));
            }
        }
        failure
    }
}

/// True for attributes that whoever restores may remove: a label that the system's policy gave stays.
pub(crate) fn is_ours(name: &[u8]) -> bool {
    name.starts_with(b"user.")
        || name.starts_with(b"trusted.")
        || name.starts_with(b"system.posix_acl_")
        || name == b"security.capability"
}

fn grow(read: impl Fn(&mut [u8]) -> Result<usize, Errno>) -> Result<Vec<u8>, Errno> {
    for len in [XATTR_BYTES_USUAL, XATTR_BYTES_MAX] {
        let mut buffer = vec![0; len];
        match read(&mut buffer) {
            Ok(n) => {
                buffer.truncate(n);
                return Ok(buffer);
            }
            Err(Errno::RANGE) => {}
            Err(e) => return Err(e),
        }
    }
    Err(Errno::RANGE)
}
