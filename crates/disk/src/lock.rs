//! A lock that the kernel frees when its holder dies.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::time::Duration;

use holdall_tree::path::printable;
use holdall_tree::{Name, RelPath};
use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use crate::dir::Dir;
use crate::error::{Error, Result};
use crate::faults::step_file;
use crate::machine;
use crate::resolve::open_beneath;

/// The most that is read of what a holder says of itself, in bytes.
const WORDS_BYTES_MAX: usize = 1024;
/// How often a held lock is looked at for its holder's words, and how long it is left between.
const LOOKS: u32 = 50;
const BETWEEN_LOOKS: Duration = Duration::from_millis(2);

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
        if let Some(holder) = take(&file).map_err(fail)? {
            return Err(Error::Locked { path: dir.shown(&path), holder });
        }
        step_file("write", &file).map_err(fail)?;
        // The words of a holder that died.
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

/// Takes the lock, or gives the words of its holder. One that has just taken it has yet to write them.
fn take(file: &File) -> io::Result<Option<String>> {
    for _ in 0..LOOKS {
        match rustix::fs::flock(file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(None),
            Err(Errno::WOULDBLOCK) => {}
            Err(e) => return Err(e.into()),
        }
        let mut words = [0; WORDS_BYTES_MAX];
        // They are for people; if they cannot be read the lock is held all the same.
        let n = file.read_at(&mut words, 0).unwrap_or(0);
        if let Some(words) = words.get(..n).filter(|words| words.ends_with(b"\n")) {
            return Ok(Some(printable(words.trim_ascii()).into_owned()));
        }
        std::thread::sleep(BETWEEN_LOOKS);
    }
    Ok(Some("another process".to_owned()))
}

impl Drop for LockFile {
    fn drop(&mut self) {
        // Whoever is refused next is not to be told of this process. If it stays, the next holder replaces it.
        let _ = step_file("empty", &self.file).and_then(|()| self.file.set_len(0));
        // Closing alone would not free it while a process that is just being started has a copy of the handle.
        let _ = rustix::fs::flock(&self.file, FlockOperation::Unlock);
    }
}
