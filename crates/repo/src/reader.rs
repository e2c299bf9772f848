//! Reading blobs with few requests: from a store where each has its price, a window of a pack is fetched at a time,
//! since neighbours in a pack are wanted together. A few windows and decoded directories are kept.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{Error, Result};
use crate::id::{BlobKind, Id};
use crate::index::Index;
use crate::repository::{FileKind, Repository};
use crate::wire::node::Node;
use crate::wire::node_decode::decode_tree;

/// How much is fetched at once, in bytes. A blob that is longer is fetched alone.
const WINDOW_BYTES: u64 = 1 << 20;
/// How many windows are kept: two for each of a few workers.
const WINDOWS_MAX: usize = 8;
/// How many decoded directories are kept.
const TREES_MAX: usize = 64;

/// Reads blobs of one repository from any thread.
#[derive(Debug)]
pub struct BlobReader<'r> {
    repository: &'r Repository,
    index: &'r Index,
    windows: Mutex<VecDeque<Arc<Window>>>,
    trees: Mutex<VecDeque<(Id, Arc<Vec<Node>>)>>,
}

#[derive(Debug)]
struct Window {
    pack: Id,
    start: u64,
    bytes: Vec<u8>,
}

impl<'r> BlobReader<'r> {
    /// A reader over `repository` with its index.
    #[must_use]
    pub fn new(repository: &'r Repository, index: &'r Index) -> Self {
        Self { repository, index, windows: Mutex::default(), trees: Mutex::default() }
    }

    /// The index that it reads by.
    #[must_use]
    pub fn index(&self) -> &'r Index {
        self.index
    }

    /// The repository that it reads.
    #[must_use]
    pub fn repository(&self) -> &'r Repository {
        self.repository
    }

    /// The plaintext of a blob, checked against its ID.
    ///
    /// # Errors
    /// If it is in no index, missing or damaged.
    pub fn blob(&self, kind: BlobKind, id: &Id) -> Result<Vec<u8>> {
        let missing = Error::BlobMissing { kind, id: *id };
        let Some(location) = self.index.get(kind, id) else { return Err(missing) };
        let Some(pack) = self.index.pack(&location) else { return Err(missing) };
        let start = u64::from(location.offset);
        let end = start + u64::from(location.length);
        let sealed = self.bytes(&pack.id, start..end, u64::from(pack.end))?;
        self.repository.decode_blob(id, &location, sealed).map_err(|source| Error::BlobDamaged {
            kind,
            id: *id,
            pack: pack.id,
            source,
        })
    }

    /// The nodes of a directory.
    ///
    /// # Errors
    /// If the tree blob is missing, damaged or malformed.
    pub fn tree(&self, id: &Id) -> Result<Arc<Vec<Node>>> {
        if let Some((_, nodes)) = lock(&self.trees).iter().find(|(known, _)| known == id) {
            return Ok(Arc::clone(nodes));
        }
        let bytes = self.blob(BlobKind::Tree, id)?;
        let nodes = Arc::new(decode_tree(&bytes).map_err(Error::object("tree", id))?);
        let mut trees = lock(&self.trees);
        trees.push_front((*id, Arc::clone(&nodes)));
        trees.truncate(TREES_MAX);
        Ok(nodes)
    }

    fn bytes(&self, pack: &Id, range: std::ops::Range<u64>, pack_end: u64) -> Result<Vec<u8>> {
        if let Some(bytes) = self.kept(pack, &range) {
            return Ok(bytes);
        }
        let store = &self.repository.store;
        // A blob of half a window or more is mostly wanted alone, and then needs no copy.
        let alone = store.reads_ahead() || range.end - range.start >= WINDOW_BYTES / 2;
        let window_end = if alone { range.end } else { (range.start + WINDOW_BYTES).min(pack_end) };
        let mut end = range.end.max(window_end);
        let key = FileKind::Pack.key(pack);
        let fetched = match store.get(&key, Some(range.start..end)) {
            // What is behind the blob may be cut off or unreadable, and it is not what was asked for.
            Err(_) if end > range.end => {
                end = range.end;
                store.get(&key, Some(range.clone()))
            }
            fetched => fetched,
        };
        let Some(mut bytes) = fetched? else {
            return Err(Error::ObjectMissing { what: "pack", name: pack.hex() });
        };
        let length = (range.end - range.start) as usize;
        if end == range.end {
            // Fetched alone: nothing behind it that anyone may want.
            return Ok(bytes);
        }
        let wanted = bytes.get(..length).unwrap_or_default().to_vec();
        bytes.shrink_to_fit();
        let mut windows = lock(&self.windows);
        windows.push_front(Arc::new(Window { pack: *pack, start: range.start, bytes }));
        windows.truncate(WINDOWS_MAX);
        Ok(wanted)
    }

    fn kept(&self, pack: &Id, range: &std::ops::Range<u64>) -> Option<Vec<u8>> {
        let window = {
            let windows = lock(&self.windows);
            Arc::clone(windows.iter().find(|window| {
                window.pack == *pack
                    && window.start <= range.start
                    && range.end <= window.start + window.bytes.len() as u64
            })?)
        };
        let start = (range.start - window.start) as usize;
        let end = (range.end - window.start) as usize;
        window.bytes.get(start..end).map(<[u8]>::to_vec)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Each change of these caches is one call, so a panic elsewhere cannot leave them half changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
