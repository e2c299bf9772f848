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
    let list = |buffer: &mut [u8]| rustix::fs::flistxattr(file, buffer);
    Ok(read(list, |name, buffer| rustix::fs::fgetxattr(file, name, buffer))?)
}

/// What the attributes belong to: a path through a handle.
struct Owner(Vec<u8>);

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
        Owner::at(&at).write(xattrs, &mut || step("set attribute of", &self.shown(path))).map_err(
            |(name, source)| match name {
                None => self.error("read attributes of", path, source),
                Some(name) => {
                    let name = printable(name).into_owned();
                    Error::Xattr { path: self.shown(path), name, source }
                }
            },
        )
    }
}

type Failure<'x> = (Option<&'x [u8]>, io::Error);

impl Owner {
    fn at(place: &Place<'_>) -> Self {
        let mut path = format!("/proc/self/fd/{}/", place.dir().as_raw_fd()).into_bytes();
        path.extend_from_slice(place.name_or_dot());
        Self(path)
    }

    fn read(&self) -> io::Result<Vec<Xattr>> {
        let list = |buffer: &mut [u8]| rustix::fs::llistxattr(&*self.0, buffer);
        Ok(read(list, |name, buffer| rustix::fs::lgetxattr(&*self.0, name, buffer))?)
    }

    fn list(&self) -> Result<Vec<u8>, Errno> {
        grow(|buffer| rustix::fs::llistxattr(&*self.0, buffer))
    }

    fn write<'x>(
        &self,
        xattrs: &'x [Xattr],
        step: &mut dyn FnMut() -> io::Result<()>,
    ) -> Result<(), Failure<'x>> {
        let present = match self.list() {
            Ok(names) => names,
            Err(Errno::NOTSUP | Errno::NOSYS) => Vec::new(),
            Err(e) => return Err((None, e.into())),
        };
        let mut failure = Ok(());
        for name in present.split(|b| *b == 0).filter(|name| is_ours(name)) {
            if xattrs.iter().any(|xattr| xattr.name == name) {
                continue;
            }
            let removed = step().and_then(|()| Ok(rustix::fs::lremovexattr(&*self.0, name)?));
            if let Err(e) = removed {
                failure = failure.and(Err((None, e)));
            }
        }
        for Xattr { name, value } in xattrs {
            let set = step().and_then(|()| {
                Ok(rustix::fs::lsetxattr(&*self.0, &**name, value, XattrFlags::empty())?)
            });
            if let Err(e) = set {
                failure = failure.and(Err((Some(name.as_slice()), e)));
            }
        }
        failure
    }
}

fn read(
    list: impl Fn(&mut [u8]) -> Result<usize, Errno>,
    get: impl Fn(&[u8], &mut [u8]) -> Result<usize, Errno>,
) -> Result<Vec<Xattr>, Errno> {
    let names = match grow(list) {
        Ok(names) => names,
        Err(Errno::NOTSUP | Errno::NOSYS) => return Ok(Vec::new()),
        Err(e) => return Err(e),
    };
    let mut found = Vec::new();
    for name in names.split(|b| *b == 0).filter(|name| !name.is_empty()) {
        match grow(|buffer| get(name, buffer)) {
            Ok(value) => found.push(Xattr { name: name.to_vec(), value }),
            // Gone since it was listed, or one that the system lists but does not give.
            Err(Errno::NODATA | Errno::NOTSUP) => {}
            // Listed by NFS, but readable only by its own tools.
            Err(_) if name == b"system.nfs4_acl" => {}
            Err(e) => return Err(e),
        }
    }
    Ok(found)
}

/// True for attributes that whoever restores may remove: a label that the system's policy gave stays.
fn is_ours(name: &[u8]) -> bool {
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
