//! A file that is written piece by piece and published as a whole.

use std::fs::File;
use std::io::{self, Write};

use holdall_tree::{Name, RelPath};
use rustix::fs::FlockOperation;

use crate::dir::Dir;
use crate::error::Result;
use crate::faults::step_file;
use crate::publish::{Replace, temporary};

/// A file under way. It has another name until [`Draft::commit`]; dropped before, it is removed. Of a process that
/// was killed it stays, and the next draft of the same name removes it.
#[derive(Debug)]
pub struct Draft {
    dir: Dir,
    file: File,
    temporary: RelPath,
    target: RelPath,
    published: bool,
}

impl Draft {
    /// Begins a file that is to be `name` in `dir`. The process's umask takes bits from `mode`.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn create(dir: Dir, name: &Name, mode: u32) -> Result<Self> {
        let target = RelPath::root().join(name);
        sweep(&dir, name);
        let temporary = temporary(&target)?;
        let file = dir.create_file(&temporary, mode)?;
        // Held for as long as somebody writes; where the file system has no locks, nothing is swept either.
        let _ = rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive);
        Ok(Self { dir, file, temporary, target, published: false })
    }

    /// Makes what was written durable and gives it its name.
    ///
    /// # Errors
    /// If the system refuses; then nothing is left of it, and a file that had the name is as it was.
    pub fn commit(mut self, replace: Replace) -> Result<()> {
        let fail = |e| self.dir.error("write", &self.temporary, e);
        step_file("sync", &self.file).map_err(fail)?;
        self.file.sync_all().map_err(fail)?;
        match replace {
            Replace::Never => {
                self.dir.rename_no_replace(&self.temporary, &self.dir, &self.target)?;
            }
            Replace::Always => self.dir.rename(&self.temporary, &self.dir, &self.target)?,
        }
        self.published = true;
        self.dir.sync()
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        step_file("write", &self.file)?;
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.published {
            // What cannot be removed is litter that the next draft removes.
            let _ = self.dir.remove_file(&self.temporary);
        }
    }
}

/// Removes drafts of `name` whose writers are gone. Trouble with it is no trouble for the new draft.
fn sweep(dir: &Dir, name: &Name) {
    let Ok(listed) = dir.list() else { return };
    for entry in listed {
        if !is_draft_of(entry.name.as_bytes(), name.as_bytes()) {
            continue;
        }
        let path = RelPath::root().join(&entry.name);
        let Ok(file) = dir.open_file(&path) else { continue };
        if rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok() {
            let _ = dir.remove_file(&path);
        }
    }
}

fn is_draft_of(found: &[u8], name: &[u8]) -> bool {
    let begin = name.get(..name.len().min(200)).unwrap_or_default();
    found
        .strip_prefix(begin)
        .and_then(|rest| rest.strip_prefix(b"-tmp-"))
        .is_some_and(|digits| digits.len() == 16 && digits.iter().all(u8::is_ascii_hexdigit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &tempfile::TempDir) -> Vec<String> {
        let list = std::fs::read_dir(dir.path()).unwrap();
        let mut names: Vec<_> =
            list.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn draft(dir: &tempfile::TempDir) -> Draft {
        let mut draft =
            Draft::create(Dir::open(dir.path()).unwrap(), &Name::parse("x").unwrap(), 0o644)
                .unwrap();
        draft.write_all(b"new").unwrap();
        draft
    }

    #[test]
    fn a_draft_is_seen_when_it_is_committed() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("x"), "old").unwrap();
        let begun = draft(&dir);
        assert_eq!(std::fs::read(dir.path().join("x")).unwrap(), b"old");
        begun.commit(Replace::Always).unwrap();
        assert_eq!(std::fs::read(dir.path().join("x")).unwrap(), b"new");
        assert_eq!(names(&dir), ["x"]);
        assert!(draft(&dir).commit(Replace::Never).is_err());
        drop(draft(&dir));
        assert_eq!(names(&dir), ["x"]);
    }

    #[test]
    fn what_a_killed_writer_left_is_removed_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["x-tmp-0123456789abcdef", "x-tmp-short", "y-tmp-0123456789abcdef"] {
            std::fs::write(dir.path().join(name), "").unwrap();
        }
        let living = draft(&dir);
        draft(&dir).commit(Replace::Always).unwrap();
        assert_eq!(names(&dir).len(), 4, "{:?}", names(&dir));
        living.commit(Replace::Always).unwrap();
        assert_eq!(names(&dir), ["x", "x-tmp-short", "y-tmp-0123456789abcdef"]);
    }
}
