//! Writing a tree as a snapshot, from many threads at once.
//!
//! A directory is written when all it holds is: its entries have slots, a counter tells how many are still empty, and
//! whoever fills the last one encodes the directory, stores it and fills the slot above it. Walking depth first keeps
//! few directories open. Nothing can be seen of a snapshot before [`SnapshotSink::finish`] writes its file, last.

mod dir;
mod large;
mod parent;
mod worker;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use holdall_tree::{Context, DirToken, Phase, Result, Sink, SinkWorker};

use crate::error::Error;
use crate::id::Id;
use crate::index::Index;
use crate::packer::Packer;
use crate::repository::{FileKind, Identity, Repository};
use crate::wire::snapshot::{Snapshot, SnapshotFile, Summary};
use crate::wire::time::{LocalOffset, WireTime};

use dir::OpenDir;
use large::LargeJobs;
use parent::Parent;
use worker::Worker;

/// What a snapshot is to say about itself.
#[derive(Debug, Clone, Default)]
pub struct SnapshotOptions {
    /// The paths that were captured, as the user's system names them.
    pub paths: Vec<String>,
    /// Patterns that left something out.
    pub excludes: Vec<String>,
    /// Labels.
    pub tags: Vec<String>,
    /// The program that makes the snapshot and its version.
    pub program_version: String,
}

/// Writes one tree as a snapshot.
#[derive(Debug)]
pub struct SnapshotSink<'r> {
    repository: &'r Repository,
    index: &'r Index,
    packer: Packer,
    parent: Option<Parent>,
    offsets: LocalOffset,
    identity: Identity,
    started: WireTime,
    dirs: Mutex<HashMap<u64, Arc<OpenDir>>>,
    next_token: AtomicU64,
    root: Mutex<Option<Id>>,
    large: LargeJobs,
    /// What was read of files with several names.
    linked: Mutex<HashMap<(u64, u64), Read>>,
    counts: Counts,
}

/// The chunks of a file and its length in bytes.
type Read = (Vec<Id>, u64);

/// What was captured, in numbers.
#[derive(Debug, Default)]
struct Counts {
    files_new: AtomicU64,
    files_changed: AtomicU64,
    files_unmodified: AtomicU64,
    dirs_new: AtomicU64,
    dirs_changed: AtomicU64,
    dirs_unmodified: AtomicU64,
    bytes: AtomicU64,
    problems: AtomicU64,
}

/// A snapshot that was written.
#[derive(Debug, Clone)]
pub struct Written {
    /// The snapshot and its ID.
    pub file: SnapshotFile,
    /// Bytes that were added to the store.
    pub stored_bytes: u64,
    /// Entries that could not be captured; each went to the observer.
    pub problems: u64,
}

impl<'r> SnapshotSink<'r> {
    /// A sink for one snapshot. Entries that are as in `parent` are taken from it unread.
    ///
    /// # Errors
    /// If the repository is of version 1, which is not written.
    pub fn new(
        ctx: &Context<'_>,
        repository: &'r Repository,
        index: &'r Index,
        parent: Option<SnapshotFile>,
        identity: Identity,
        offsets: LocalOffset,
    ) -> Result<Self, Error> {
        if repository.version() < 2 {
            return Err(Error::ReadOnlyVersion);
        }
        let now = ctx.now();
        Ok(Self {
            repository,
            index,
            packer: Packer::new(repository),
            parent: parent.map(Parent::new),
            started: WireTime { at: now, offset: offsets.at(now) },
            offsets,
            identity,
            dirs: Mutex::default(),
            next_token: AtomicU64::new(0),
            root: Mutex::default(),
            large: LargeJobs::new(ctx.threads, ctx.memory_bytes),
            linked: Mutex::default(),
            counts: Counts::default(),
        })
    }

    /// Makes everything durable and writes the snapshot. `still_locked` is asked before: without a lock somebody may
    /// have pruned what the snapshot relies on.
    ///
    /// # Errors
    /// If anything could not be written; then there is no snapshot, and what was stored is found again by the next.
    pub fn finish(
        self,
        ctx: &Context<'_>,
        options: SnapshotOptions,
        still_locked: &dyn Fn() -> Result<(), Error>,
    ) -> Result<Written, Error> {
        let root = lock(&self.root).take();
        let Some(tree) = root else {
            return Err(Error::Refused(
                "a tree that was not written to its end is no snapshot".into(),
            ));
        };
        ctx.observer.phase(Phase::Committing, None);
        ctx.check()?;
        let stored_bytes = self.packer.finish()?;
        ctx.check()?;
        let summary = self.summary(ctx, stored_bytes);
        let snapshot = Snapshot {
            time: self.started,
            parent: self.parent.as_ref().map(|parent| parent.id),
            tree,
            paths: options.paths,
            hostname: self.identity.host.clone(),
            username: self.identity.user.clone(),
            uid: self.identity.uid,
            gid: self.identity.gid,
            excludes: options.excludes,
            tags: options.tags,
            program_version: options.program_version,
            summary: Some(summary),
            ..Snapshot::new(self.started, tree)
        };
        still_locked()?;
        let id = self.repository.write_file(FileKind::Snapshot, &snapshot.to_json())?;
        let problems = self.counts.problems.load(Ordering::Relaxed);
        Ok(Written { file: SnapshotFile { id, snapshot }, stored_bytes, problems })
    }

    fn summary(&self, ctx: &Context<'_>, stored_bytes: u64) -> Summary {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (counts, stored) = (&self.counts, self.packer.stored());
        let now = ctx.now();
        let files = [&counts.files_new, &counts.files_changed, &counts.files_unmodified];
        Summary {
            backup_start: self.started,
            backup_end: WireTime { at: now, offset: self.offsets.at(now) },
            files_new: get(&counts.files_new),
            files_changed: get(&counts.files_changed),
            files_unmodified: get(&counts.files_unmodified),
            dirs_new: get(&counts.dirs_new),
            dirs_changed: get(&counts.dirs_changed),
            dirs_unmodified: get(&counts.dirs_unmodified),
            data_blobs: get(&stored.data_blobs),
            tree_blobs: get(&stored.tree_blobs),
            data_added: get(&stored.plain_bytes),
            data_added_packed: get(&stored.packed_bytes)
                .max(stored_bytes.min(get(&stored.packed_bytes))),
            total_files_processed: files.into_iter().map(get).sum(),
            total_bytes_processed: get(&counts.bytes),
            other: serde_json::Map::new(),
        }
    }

    fn open_dir(&self, token: DirToken) -> Result<Arc<OpenDir>> {
        lock(&self.dirs).get(&token.0).cloned().ok_or_else(|| {
            Error::Refused(format!("directory {} was completed before its entries", token.0)).into()
        })
    }

    fn add(&self, counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

impl Sink for SnapshotSink<'_> {
    fn worker<'s>(&'s self, _: &Context<'s>) -> Result<Box<dyn SinkWorker + 's>> {
        Ok(Box::new(Worker::new(self)?))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // A panic of another worker ends the whole run; what it left half done is never published.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
