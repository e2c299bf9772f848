//! A lock that the kernel frees when its holder dies.

use std::fs::File;
use std::io::{Read, Write};

use holdall_tree::{Name, RelPath};
use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use crate::dir::Dir;
use crate::error::{Error, Result};
use crate::faults::step_file;
use crate::machine;
use crate::resolve::open_beneath;

/// A lock on a file, held until dropped. The file stays: removing it would let two holders in.
#[derive(Debug)]
pub struct LockFile {
    file: File,
}

impl LockFile {
    /// Takes the lock `name` in `dir`, or says who holds it.
    ///
    /// # Errors
    /// [`Error::Locked`] if another process has it.
    pub fn acquire(dir: &Dir, name: &Name) -> Result<Self> {
        let path = RelPath::root().join(name);
        let fail = |e: std::io::Error| dir.error("lock", &path, e);
        // Without NONBLOCK, opening a pipe that somebody put there would wait.
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NONBLOCK | OFlags::NOCTTY;
        let mut file = dir.change("lock", &path, |at| {
            let mode = Mode::from_raw_mode(0o600);
            Ok(File::from(open_beneath(at.dir(), at.name, flags, mode)?))
        })?;
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
        step_file("write", &file).map_err(fail)?;
        file.set_len(0).map_err(fail)?;
        let words = format!(
            "process {} of {} on {}\n",
            std::process::id(),
            machine::user_name(),
            machine::host_name()
        );
        file.write_all(words.as_bytes()).map_err(fail)?;
        Ok(Self { file })
    }
}

impl Drop for LockFile {
    fn drop(&mut self) {
        // Closing alone would not free it while a process that is just being started has a copy of the handle.
        let _ = rustix::fs::flock(&self.file, FlockOperation::Unlock);
    }
}
