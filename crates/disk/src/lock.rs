//! A lock that the kernel frees when its holder dies.

use std::fs::File;
use std::io::{Read, Write};

use holdall_tree::{Name, RelPath};
use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use crate::dir::Dir;
use crate::error::{Error, Result};
use crate::machine;
use crate::open::open;

/// A lock on a file, held until dropped. The file stays: removing it would let two holders in.
#[derive(Debug)]
pub struct LockFile {
    _file: File,
}

impl LockFile {
    /// Takes the lock `name` in `dir`, or says who holds it.
    ///
    /// # Errors
    /// [`Error::Locked`] if another process has it.
    pub fn acquire(dir: &Dir, name: &Name) -> Result<Self> {
        let path = RelPath::root().join(name);
        let fail = |e: std::io::Error| dir.error("lock", &path, e);
        let flags = OFlags::RDWR | OFlags::CREATE;
        let fd =
            open(dir.fd(), &path, flags, Mode::from_raw_mode(0o600)).map_err(|e| fail(e.into()))?;
        let mut file = File::from(fd);
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => {
                let mut holder = String::new();
                // Its words are for people; if they cannot be read the lock is held all the same.
                let _ = Read::take(&file, 1024).read_to_string(&mut holder);
                let holder = if holder.is_empty() {
                    "another process".into()
                } else {
                    holder.trim().to_owned()
                };
                return Err(Error::Locked { path: dir.shown(&path), holder });
            }
            Err(e) => return Err(fail(e.into())),
        }
        file.set_len(0).map_err(fail)?;
        let words = format!(
            "process {} of {} on {}\n",
            std::process::id(),
            machine::user_name(),
            machine::host_name()
        );
        file.write_all(words.as_bytes()).map_err(fail)?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_has_one_holder_who_is_named_and_is_free_when_dropped() {
        let scratch = tempfile::tempdir().unwrap();
        let dir = Dir::open(scratch.path()).unwrap();
        let name = Name::parse("lock").unwrap();
        let held = LockFile::acquire(&dir, &name).unwrap();
        match LockFile::acquire(&dir, &name) {
            Err(Error::Locked { holder, .. }) => {
                assert!(holder.contains(&std::process::id().to_string()), "{holder}");
            }
            other => panic!("{other:?}"),
        }
        drop(held);
        LockFile::acquire(&dir, &name).unwrap();
    }
}
