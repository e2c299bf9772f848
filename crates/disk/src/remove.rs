//! Removing a whole tree.

use holdall_tree::RelPath;
use rustix::io::Errno;

use crate::dir::Dir;
use crate::error::{Error, Result};
use crate::stat::FileType;

impl Dir {
    /// Removes `path` with everything beneath it, whatever permissions and attributes it has; links are removed and
    /// never followed. Nothing there is no error.
    ///
    /// # Errors
    /// If something cannot be removed; what was removed before stays removed.
    pub fn remove_tree(&self, path: &RelPath) -> Result<()> {
        // A list rather than recursion: depth is bounded by memory and not by the stack. Each directory is met twice:
        // first to look in, then, when what it held is gone, to remove.
        let mut stack = vec![(path.clone(), false)];
        while let Some((path, emptied)) = stack.pop() {
            let Some(stat) = self.stat(&path)? else { continue };
            if stat.file_type != FileType::Directory {
                self.forced(&path, |dir| dir.remove_file(&path))?;
            } else if emptied {
                self.forced(&path, |dir| dir.remove_dir(&path))?;
            } else {
                stack.push((path.clone(), true));
                if stat.mode & 0o700 != 0o700 {
                    self.set_mode(&path, 0o700)?;
                }
                for entry in self.open_dir(&path)?.list()? {
                    stack.push((path.join(&entry.name), false));
                }
            }
        }
        Ok(())
    }

    /// Tries again without the attributes that forbid it.
    fn forced(&self, path: &RelPath, remove: impl Fn(&Self) -> Result<()>) -> Result<()> {
        match remove(self) {
            Err(error) if is_perm(&error) => {
                // Either of the two may carry the attribute; what cannot be changed shows in the second try.
                let _ = self.make_mutable(path);
                let _ = path.parent().map(|above| self.make_mutable(&above));
                remove(self)
            }
            done => done,
        }
    }
}

fn is_perm(error: &Error) -> bool {
    error.io_error().and_then(std::io::Error::raw_os_error) == Some(Errno::PERM.raw_os_error())
}
