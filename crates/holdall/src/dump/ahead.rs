//! Reads files ahead of the one thread that writes a dump.
//!
//! Readers take batches of files in the order in which they are written, and stay so few batches ahead that what waits
//! fits into the budget. A file that changed since it was looked at is looked at again here, not by the writer.

use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::AssertUnwindSafe;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use holdall_dump::{Record, WHOLE_MAX};
use holdall_tree::{ContentHash, Tree};

use super::inspect::{self, Item};
use super::looks::{Looks, Seen};
use crate::error::{Error, Result};

/// Files in one batch.
const FILES: usize = 64;
/// Bytes of one batch, unless one file is larger.
const BYTES: u64 = 1 << 20;
/// Batches that may wait for the writer, for each reader.
const WAITING: usize = 2;

/// A file that was read.
pub(super) struct Fetched {
    pub(super) bytes: Vec<u8>,
    pub(super) hash: ContentHash,
    /// What is to be said of it instead, if it is not what was looked at before.
    pub(super) changed: Option<Box<(Record, Seen)>>,
}

/// Files that are read ahead.
pub(super) struct Ahead<'a> {
    tree: &'a dyn Tree,
    items: &'a [Item],
    looks: &'a Looks,
    batches: Vec<Range<usize>>,
    /// Batches that may be taken but are not written yet.
    window: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// The next batch that is read.
    next: usize,
    /// Batches that were handed over.
    written: usize,
    ready: BTreeMap<usize, Vec<(usize, Result<Fetched>)>>,
    stopped: bool,
}

/// True if an item's content has to be read when it is written, and can be held in memory.
fn is_wanted(item: &Item) -> bool {
    item.record.carry.is_some() && item.kept.is_none() && item.entry.size() <= WHOLE_MAX as u64
}

impl<'a> Ahead<'a> {
    /// For these items; `readers` threads will call [`Ahead::read`].
    pub(super) fn new(
        tree: &'a dyn Tree,
        items: &'a [Item],
        looks: &'a Looks,
        readers: usize,
    ) -> Self {
        let mut batches: Vec<Range<usize>> = Vec::new();
        let (mut files, mut bytes) = (0, 0);
        for (index, item) in items.iter().enumerate().filter(|(_, item)| is_wanted(item)) {
            match batches.last_mut() {
                Some(batch) if files < FILES && bytes < BYTES => batch.end = index + 1,
                _ => {
                    batches.push(index..index + 1);
                    (files, bytes) = (0, 0);
                }
            }
            files += 1;
            bytes += item.entry.size();
        }
        let window = readers.max(1) * WAITING;
        let (state, changed) = Default::default();
        Self { tree, items, looks, batches, window, state, changed }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads until everything is read or the writer stops.
    pub(super) fn read(&self) {
        // The writer would wait for ever for what a reader does not bring.
        if std::panic::catch_unwind(AssertUnwindSafe(|| self.read_batches())).is_err() {
            self.state().stopped = true;
            self.changed.notify_all();
        }
    }

    fn read_batches(&self) {
        let mut buffer = Vec::new();
        while let Some((at, batch)) = self.claim() {
            let files = self.items.get(batch.clone()).unwrap_or_default();
            let wanted = batch.zip(files).filter(|(_, item)| is_wanted(item));
            let read = wanted.map(|(index, item)| (index, self.fetch(item, &mut buffer))).collect();
            self.state().ready.insert(at, read);
            self.changed.notify_all();
        }
    }

    fn claim(&self) -> Option<(usize, Range<usize>)> {
        let mut state = self.state();
        loop {
            let batch = self.batches.get(state.next)?.clone();
            if state.stopped {
                return None;
            }
            if state.next < state.written + self.window {
                state.next += 1;
                return Some((state.next - 1, batch));
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn fetch(&self, item: &Item, buffer: &mut Vec<u8>) -> Result<Fetched> {
        if let Some(bytes) = self.looks.known.shown(item)
            && let Some(hash) = item.record.sha256
        {
            return Ok(Fetched { bytes, hash, changed: None });
        }
        let failed = |source| Error::Read { path: item.entry.path.clone(), source };
        let content = self.tree.open(&item.entry)?;
        let length = content.read_whole(item.entry.size(), WHOLE_MAX, buffer).map_err(failed)?;
        if length > WHOLE_MAX {
            return Err(failed(std::io::Error::other("it grew while it was read")));
        }
        let bytes = buffer.get(..length).unwrap_or_default().to_vec();
        let hash = ContentHash::of(&bytes);
        let same = item.record.shown_sha256.or(item.record.sha256) == Some(hash);
        let changed = (!same).then(|| Box::new(inspect::whole(&item.entry, &bytes, self.looks)));
        Ok(Fetched { bytes, hash, changed })
    }

    /// What the writer takes the files from, in their order.
    pub(super) fn taker(&self) -> Taker<'_, 'a> {
        Taker { ahead: self, at: 0, batch: Vec::new().into_iter() }
    }
}

/// Hands the files over in their order. Dropping it stops the readers.
pub(super) struct Taker<'t, 'a> {
    ahead: &'t Ahead<'a>,
    /// The next batch.
    at: usize,
    batch: std::vec::IntoIter<(usize, Result<Fetched>)>,
}

impl Taker<'_, '_> {
    /// The file of the item at `index`, waiting for it if need be; `None` if it is not read ahead.
    pub(super) fn take(&mut self, index: usize) -> Option<Result<Fetched>> {
        if !is_wanted(self.ahead.items.get(index)?) {
            return None;
        }
        loop {
            if let Some((found, fetched)) = self.batch.next() {
                if found == index {
                    return Some(fetched);
                }
                continue;
            }
            self.ahead.batches.get(self.at)?;
            let mut state = self.ahead.state();
            let batch = loop {
                match state.ready.remove(&self.at) {
                    Some(batch) => break batch,
                    None if state.stopped => {
                        let why = "a thread that reads panicked; this is a bug".to_owned();
                        return Some(Err(Error::Refused(why)));
                    }
                    None => {
                        state =
                            self.ahead.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                    }
                }
            };
            state.written += 1;
            drop(state);
            self.ahead.changed.notify_all();
            self.at += 1;
            self.batch = batch.into_iter();
        }
    }
}

impl Drop for Taker<'_, '_> {
    fn drop(&mut self) {
        self.ahead.state().stopped = true;
        self.ahead.changed.notify_all();
    }
}
