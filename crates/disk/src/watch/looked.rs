//! Changes that are found by looking again: where the kernel tells nothing, or cannot know.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

use holdall_tree::RelPath;

use super::Counts;
use crate::dir::Dir;

/// What a tree looked like, and when that is to be found out again.
#[derive(Debug)]
pub(super) struct Looked {
    every: Duration,
    at: Instant,
    last: u64,
}

impl Looked {
    pub(super) fn new(every: Duration) -> Self {
        Self { every, at: Instant::now(), last: 0 }
    }

    /// Remembers how the tree looks now.
    pub(super) fn arm(&mut self, root: &Dir, counts: &Counts<'_>) {
        self.last = look(root, counts);
        self.at = Instant::now();
    }

    /// Waits no longer than `patience`. True if it was time to look, and something is different.
    pub(super) fn next(&mut self, root: &Dir, counts: &Counts<'_>, patience: Duration) -> bool {
        let left = self.every.saturating_sub(self.at.elapsed());
        std::thread::sleep(left.min(patience));
        if self.at.elapsed() < self.every {
            return false;
        }
        let before = self.last;
        self.arm(root, counts);
        before != self.last
    }
}

/// One number for all that one look at each entry tells; the same for the same tree.
fn look(root: &Dir, counts: &Counts<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    let mut rest = vec![RelPath::root()];
    while let Some(path) = rest.pop() {
        let Ok(dir) = root.open_dir(&path) else { continue };
        let Ok(listed) = dir.list_reporting(&mut |_| {}) else { continue };
        for entry in listed {
            let (path, stat) = (path.join(&entry.name), entry.stat);
            if !counts(&path, stat.is_dir()) {
                continue;
            }
            (path.as_bytes(), stat.inode, stat.mode, stat.uid, stat.gid).hash(&mut hasher);
            if stat.is_dir() {
                // Its size and times change with entries that do not count.
                rest.push(path);
                continue;
            }
            let (changed, inode_changed) = (stat.mtime, stat.ctime);
            (stat.size, changed, inode_changed).hash(&mut hasher);
        }
    }
    hasher.finish()
}
