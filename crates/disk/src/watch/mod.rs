//! Waiting until something in a directory changes.
//!
//! [`Watch::arm`] begins: what changes after it is not missed. [`Watch::wait`] returns when something that counts
//! changed and it was quiet afterwards, so that many changes in quick succession are told once. The kernel tells of
//! changes where it can, else the tree is looked at again and again.

mod debounce;
mod looked;
#[cfg(test)]
mod tests;
mod told;

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use holdall_tree::{CancelToken, RelPath};

use crate::dir::Dir;
use crate::error::{Error, Result};
use debounce::Debounce;
use looked::Looked;
use told::{Told, Untold};

/// How long it takes at most until a request to stop, or a directory that is gone, is seen.
const SLICE: Duration = Duration::from_millis(100);
/// Paths that are named of one series of changes.
const NAMED_MAX: usize = 100;

/// File systems that others change without this kernel: what `statfs(2)` calls NFS, SMB (three of them), 9P, FUSE,
/// Ceph, AFS, Coda, Lustre, GPFS and that of VirtualBox.
const NOT_LOCAL: [u32; 12] = [
    0x6969,
    0x517B,
    0xFE53_4D42,
    0xFF53_4D42,
    0x0102_1997,
    0x6573_5546,
    0x00C3_6400,
    0x5346_414F,
    0x7375_7245,
    0x0BD0_0BD0,
    0x4750_4653,
    0x786F_4256,
];

/// Says of an entry, and whether it is a directory, if a change of it counts. What lies in a directory that does not
/// count does not count either.
pub type Counts<'c> = dyn Fn(&RelPath, bool) -> bool + 'c;

/// How a directory is watched.
#[derive(Debug, Clone)]
pub struct WatchOptions {
    /// How long nothing may change until a series of changes is told.
    pub quiet: Duration,
    /// When it is told at the latest, though changes go on.
    pub most: Duration,
    /// Look again each time this long has passed, and do not have the kernel tell.
    pub look_every: Option<Duration>,
    /// The most directories that the kernel is to tell of; with more they are looked at.
    pub dirs_max: usize,
}

impl Default for WatchOptions {
    fn default() -> Self {
        Self {
            quiet: Duration::from_millis(300),
            most: Duration::from_secs(5),
            look_every: None,
            dirs_max: 1 << 19,
        }
    }
}

/// How long passes between two looks unless told otherwise.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// What changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// Where, as far as it is known; at most a hundred paths.
    pub paths: BTreeSet<RelPath>,
    /// True if there may be more.
    pub more: bool,
}

impl Changes {
    fn named(&mut self, path: RelPath) {
        if self.paths.len() < NAMED_MAX || self.paths.contains(&path) {
            self.paths.insert(path);
        } else {
            self.more = true;
        }
    }

    fn unnamed(&mut self) {
        self.more = true;
    }
}

/// Why waiting ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Woken {
    /// Something changed.
    Changed(Changes),
    /// Somebody wants to stop.
    Stopped,
}

/// A directory that is watched.
#[derive(Debug)]
pub struct Watch {
    path: PathBuf,
    root: Dir,
    /// Device and inode of the root: another directory may take its name.
    identity: (u64, u64),
    options: WatchOptions,
    how: How,
    began: Instant,
    debounce: Debounce,
    changes: Changes,
}

#[derive(Debug)]
enum How {
    Told(Told),
    Looked { looked: Looked, why: String },
}

impl Watch {
    /// Watches the directory at `path`, which may be a link to one. [`Watch::arm`] comes next.
    ///
    /// # Errors
    /// [`Error::Io`] if it is no directory or cannot be opened.
    pub fn new(path: &Path, options: WatchOptions) -> Result<Self> {
        let (root, identity) = open(path)?;
        Ok(Self {
            path: path.to_owned(),
            how: How::of(&root, &options),
            root,
            identity,
            began: Instant::now(),
            debounce: Debounce::new(options.quiet, options.most),
            changes: Changes::default(),
            options,
        })
    }

    /// Begins: whatever counts and changes from now on is told by a later [`Watch::wait`]. Called again, it takes up
    /// what counts now.
    ///
    /// # Errors
    /// [`Error::Gone`] if the directory is not there any more.
    pub fn arm(&mut self, counts: &Counts<'_>) -> Result<()> {
        match &mut self.how {
            How::Told(told) => {
                let armed = told.arm(&self.root, &RelPath::root(), counts);
                armed.unwrap_or_else(|untold| self.look_instead(untold, counts));
            }
            How::Looked { looked, .. } => looked.arm(&self.root, counts),
        }
        if self.is_there() { Ok(()) } else { Err(self.gone()) }
    }

    /// Why the tree is looked at again and again; `None` if the kernel tells.
    #[must_use]
    pub fn looks_because(&self) -> Option<&str> {
        match &self.how {
            How::Told(_) => None,
            How::Looked { why, .. } => Some(why),
        }
    }

    /// Waits until something that counts has changed and it was quiet afterwards, or `cancel` is set.
    ///
    /// # Errors
    /// [`Error::Gone`] if the directory is not there any more, and no other one has taken its name.
    pub fn wait(&mut self, counts: &Counts<'_>, cancel: &CancelToken) -> Result<Woken> {
        loop {
            if cancel.is_cancelled() {
                return Ok(Woken::Stopped);
            }
            let there = self.is_there();
            let replaced = !there && self.reopen(counts).is_ok();
            if replaced {
                self.changes.unnamed();
            }
            let now = self.began.elapsed();
            // That it is gone is told when it was so for the same time as other changes.
            if replaced || (!there && self.debounce.left(now).is_none()) {
                self.debounce.seen(now);
            }
            // The clock was read before: it was quiet only if nothing has come since then.
            let patience = self.debounce.left(now).unwrap_or(SLICE).min(SLICE);
            if self.next(counts, patience) {
                self.debounce.seen(self.began.elapsed());
            }
            if self.debounce.over(now) {
                return match there || replaced {
                    true => Ok(Woken::Changed(std::mem::take(&mut self.changes))),
                    false => Err(self.gone()),
                };
            }
        }
    }

    fn next(&mut self, counts: &Counts<'_>, patience: Duration) -> bool {
        match &mut self.how {
            How::Told(told) => {
                let told = told.next(&self.root, counts, patience, &mut self.changes);
                told.unwrap_or_else(|untold| {
                    self.look_instead(untold, counts);
                    self.changes.unnamed();
                    true
                })
            }
            How::Looked { looked, .. } => {
                let changed = looked.next(&self.root, counts, patience);
                if changed {
                    self.changes.unnamed();
                }
                changed
            }
        }
    }

    fn look_instead(&mut self, Untold(why): Untold, counts: &Counts<'_>) {
        let mut looked = Looked::new(self.options.look_every.unwrap_or(LOOK_EVERY));
        looked.arm(&self.root, counts);
        self.how = How::Looked { looked, why };
    }

    /// True if the directory that was opened still has its name.
    fn is_there(&self) -> bool {
        let found = std::fs::metadata(&self.path);
        found.is_ok_and(|found| (found.dev(), found.ino()) == self.identity)
    }

    /// Watches the directory that has the name now.
    fn reopen(&mut self, counts: &Counts<'_>) -> Result<()> {
        let (root, identity) = open(&self.path)?;
        (self.how, self.root, self.identity) = (How::of(&root, &self.options), root, identity);
        self.arm(counts)
    }

    fn gone(&self) -> Error {
        Error::Gone { path: self.path.clone() }
    }
}

impl How {
    fn of(root: &Dir, options: &WatchOptions) -> Self {
        let look = |why: &str| Self::Looked {
            looked: Looked::new(options.look_every.unwrap_or(LOOK_EVERY)),
            why: why.to_owned(),
        };
        if options.look_every.is_some() {
            return look("it was asked for");
        }
        // The numbers are of 32 bits, whatever the field is.
        let kind = rustix::fs::fstatfs(root).map_or(0, |found| found.f_type as u32);
        if NOT_LOCAL.contains(&kind) {
            return look("others may change this file system");
        }
        match Told::new(options.dirs_max) {
            Ok(told) => Self::Told(told),
            Err(Untold(why)) => look(&why),
        }
    }
}

fn open(path: &Path) -> Result<(Dir, (u64, u64))> {
    let root = Dir::open(path)?;
    let stat = root.stat(&RelPath::root())?;
    let identity = stat.map_or((0, 0), |stat| (stat.device, stat.inode));
    Ok((root, identity))
}
