//! What an operation needs from the world, handed in: events out, cancellation in, the clock, limits, threads.
//!
//! There is no `Default` for [`Context`]: only an edge (a face, a test) makes one, so a library never reaches for the
//! terminal, the environment or the clock by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::entry::Timestamp;
use crate::error::{Classified, Error, ErrorKind, Result};
use crate::path::RelPath;

/// What an operation needs from the world.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Where events go.
    pub observer: &'a dyn Observer,
    /// The clock.
    pub clock: &'a dyn Clock,
    /// Set when the user wants to stop.
    pub cancel: &'a CancelToken,
    /// Bounds on what comes from outside.
    pub limits: Limits,
    /// How many worker threads to use; at least 1.
    pub threads: usize,
    /// The memory that buffers may take, in bytes.
    pub memory_bytes: u64,
}

impl Context<'_> {
    /// Fails if the user asked to stop. Long loops call it once a batch.
    ///
    /// # Errors
    /// [`ErrorKind::Interrupted`].
    pub fn check(&self) -> Result<()> {
        if self.cancel.is_cancelled() { Err(Error::interrupted()) } else { Ok(()) }
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// Tells the time. A test hands in a fixed one.
pub trait Clock: Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// A request to stop, shared between the edge that makes it and the operation that obeys.
#[derive(Debug, Clone, Default)]
pub struct CancelToken(Arc<AtomicBool>);

impl CancelToken {
    /// Asks the operation to stop at its next safe point.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// True once somebody asked.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Receives what happens during an operation. A face renders it; a library never prints.
pub trait Observer: Sync {
    /// A part of the operation begins. `total` is how much it will count, where that is known.
    fn phase(&self, _phase: Phase, _total: Option<u64>) {}

    /// Work was done.
    fn count(&self, _counter: Counter, _by: u64) {}

    /// An expected total became known or grew (files and bytes found by the walk).
    fn expect(&self, _counter: Counter, _more: u64) {}

    /// Something went wrong with one entry and the operation goes on; it will end as incomplete.
    fn problem(&self, _path: Option<&RelPath>, _error: &(dyn std::error::Error + 'static)) {}

    /// Something worth telling that is no problem.
    fn note(&self, _note: &Note) {}
}

/// An observer that ignores everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {}

/// The parts of operations that a face may show by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Deriving keys and reading the configuration of a repository.
    Opening,
    /// Reading index files.
    LoadingIndex,
    /// Reading a source and storing what is new.
    Capturing,
    /// Making what was stored durable, writing index and snapshot.
    Committing,
    /// Finding out what a restore has to change.
    Planning,
    /// Writing files into the staging directory.
    Staging,
    /// Reading staged files again.
    Verifying,
    /// Exchanging the staged tree with the target.
    Publishing,
    /// Walking the trees of snapshots.
    Walking,
    /// Reading and checking packs.
    CheckingPacks,
    /// Copying what is still needed out of packs.
    Repacking,
    /// Removing what is no longer needed.
    Removing,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Counter {
    /// Files done.
    Files,
    /// Directories done.
    Dirs,
    /// Bytes of content done.
    Bytes,
    /// Files that were taken over from the parent snapshot unread.
    Unchanged,
    /// Bytes stored, as they lie in the repository.
    StoredBytes,
    /// Items of the phase at hand: packs, snapshots, index files.
    Items,
}

/// Something worth telling that is no problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// The default repository was made; its key lies at this path.
    RepositoryCreated {
        /// Where the repository is.
        location: String,
        /// Where the key file is, if we made one.
        key_file: Option<String>,
    },
    /// A lock whose holder is gone was removed.
    StaleLockRemoved {
        /// Who held it.
        holder: String,
    },
    /// Litter of an interrupted run was removed.
    LitterRemoved {
        /// What it was.
        what: String,
    },
    /// An interrupted restore was finished or taken back.
    RestoreRecovered {
        /// The target.
        target: String,
    },
    /// Anything else, as one sentence.
    Other(String),
}

/// Bounds on what comes from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most entries that one tree may have.
    pub entries_max: u64,
    /// The most bytes of content that one tree may have.
    pub bytes_max: u64,
    /// The deepest nesting of directories.
    pub depth_max: usize,
    /// The longest path, in bytes.
    pub path_bytes_max: usize,
    /// The most entries that one directory may have.
    pub dir_entries_max: usize,
}

impl Limits {
    /// Fails if a tree has grown beyond them.
    ///
    /// # Errors
    /// [`LimitError`].
    pub fn check(&self, entries: u64, bytes: u64, depth: usize) -> Result<()> {
        for (what, found, limit) in [
            ("entries", entries, self.entries_max),
            ("bytes", bytes, self.bytes_max),
            ("levels of directories", depth as u64, self.depth_max as u64),
        ] {
            if found > limit {
                return Err(LimitError { what, limit }.into());
            }
        }
        Ok(())
    }
}

/// A tree has more than the limits allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the tree has more than {limit} {what}, the limit that is set")]
pub struct LimitError {
    /// What there is too much of.
    pub what: &'static str,
    /// How much there may be.
    pub limit: u64,
}

impl Classified for LimitError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Refused
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries_max: 1 << 40,
            bytes_max: 1 << 60,
            depth_max: 4096,
            path_bytes_max: 1 << 16,
            dir_entries_max: 50_000_000,
        }
    }
}
