//! New blobs on their way into packs, packs on their way into the store, and the index of both.
//!
//! Workers seal blobs into buffers of their own and append them to a pack that is open. A full pack goes to one
//! thread that names and writes it, so that neither hashing a pack nor waiting for the disk holds a worker up. That
//! thread also writes index files, each only after all packs that it names are durable.
//!
//! Two data packs are open at a time and each blob goes to one of them at random, as restic does: the order and the
//! sizes of chunks in a pack then tell less about the files they came from.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use holdall_store::Store;

use crate::crypto::{Key, Nonces};
use crate::error::{Error, Result};
use crate::format::FormatError;
use crate::id::{BlobKind, Id};
use crate::index::{IdSet, Index};
use crate::repository::{Compression, FileKind, Repository, decompress};
use crate::wire::index::{IndexFile, IndexPack};
use crate::wire::pack::{PackEntry, encode_header};
use crate::wire::unpacked;

/// An index file is written when this many blobs wait for one, as restic does, so that a long snapshot that is cut
/// off leaves most of its work usable.
const INDEX_BLOBS: usize = 50_000;
/// The most blobs in one pack: keeps headers small enough to read with one request.
pub(crate) const PACK_BLOBS_MAX: usize = 10_000;
/// Sets of blobs in flight are spread over this many locks.
const SHARDS: usize = 64;

/// Collects blobs into packs and writes them.
#[derive(Debug)]
pub struct Packer {
    open: [Mutex<OpenPack>; 3],
    pending: Vec<Mutex<IdSet>>,
    uploads: Mutex<Option<SyncSender<OpenPack>>>,
    writer: Mutex<Option<JoinHandle<Result<()>>>>,
    key: Key,
    pack_size: usize,
    stored: Arc<Stored>,
}

/// What has been stored, in numbers.
#[derive(Debug, Default)]
pub struct Stored {
    /// New data blobs.
    pub data_blobs: AtomicU64,
    /// New tree blobs.
    pub tree_blobs: AtomicU64,
    /// Bytes of new blobs before compression.
    pub plain_bytes: AtomicU64,
    /// Bytes of new blobs as they lie in packs.
    pub packed_bytes: AtomicU64,
    /// Bytes that reached the store.
    pub written_bytes: AtomicU64,
}

#[derive(Debug, Default)]
struct OpenPack {
    bytes: Vec<u8>,
    entries: Vec<PackEntry>,
}

impl Packer {
    /// A packer for new blobs of `repository`.
    #[must_use]
    pub fn new(repository: &Repository) -> Self {
        let (sender, receiver) = sync_channel(1);
        let stored = Arc::new(Stored::default());
        let writer = PackWriter {
            store: Arc::clone(&repository.store),
            key: repository.key.clone(),
            version: repository.config.version,
            stored: Arc::clone(&stored),
            nonces: Nonces::default(),
            waiting: Vec::new(),
            waiting_blobs: 0,
        };
        Self {
            open: Default::default(),
            pending: (0..2 * SHARDS).map(|_| Mutex::default()).collect(),
            uploads: Mutex::new(Some(sender)),
            writer: Mutex::new(Some(std::thread::spawn(move || writer.run(&receiver)))),
            key: repository.key.clone(),
            pack_size: repository.pack_size as usize,
            stored,
        }
    }

    /// What has been stored so far.
    #[must_use]
    pub fn stored(&self) -> &Stored {
        &self.stored
    }

    /// Claims a blob that is in no index: true for exactly one caller, who must then `add` it.
    pub fn claim(&self, kind: BlobKind, id: &Id) -> bool {
        // A file may hold the very bytes of a tree, so the kinds are kept apart.
        let half = if kind == BlobKind::Tree { SHARDS } else { 0 };
        let shard = half + usize::from(id.0[0]) % SHARDS;
        self.pending.get(shard).is_some_and(|set| lock(set).insert(*id))
    }

    /// Appends a sealed blob to an open pack.
    ///
    /// # Errors
    /// If a pack could not be written.
    pub fn add(
        &self,
        kind: BlobKind,
        id: Id,
        sealed: &[u8],
        plain_length: Option<u32>,
    ) -> Result<()> {
        // The first byte of the nonce is random and is not used for anything else that could be seen.
        let slot = match kind {
            BlobKind::Tree => 2,
            BlobKind::Data => usize::from(sealed.first().copied().unwrap_or(0) & 1),
        };
        let Some(open) = self.open.get(slot) else { return Ok(()) };
        let full = {
            let mut open = lock(open);
            if open.bytes.capacity() == 0 {
                open.bytes.reserve_exact(self.pack_size + (self.pack_size >> 3));
            }
            let limit =
                FormatError::Limit { what: "a pack", found: u64::MAX, limit: u64::from(u32::MAX) };
            let (Ok(offset), Ok(length)) =
                (u32::try_from(open.bytes.len()), u32::try_from(sealed.len()))
            else {
                return Err(Error::Object {
                    what: "pack",
                    name: "to be written".into(),
                    source: limit,
                });
            };
            open.bytes.extend_from_slice(sealed);
            open.entries.push(PackEntry { kind, id, offset, length, plain_length });
            let full = open.bytes.len() >= self.pack_size || open.entries.len() >= PACK_BLOBS_MAX;
            full.then(|| std::mem::take(&mut *open))
        };
        let counter = match kind {
            BlobKind::Data => &self.stored.data_blobs,
            BlobKind::Tree => &self.stored.tree_blobs,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        self.stored.packed_bytes.fetch_add(sealed.len() as u64, Ordering::Relaxed);
        full.map_or(Ok(()), |pack| self.upload(pack))
    }

    fn upload(&self, mut pack: OpenPack) -> Result<()> {
        if pack.entries.is_empty() {
            return Ok(());
        }
        seal_header(&self.key, &mut pack)?;
        let sender = lock(&self.uploads).clone();
        match sender.map(|sender| sender.send(pack)) {
            Some(Ok(())) => Ok(()),
            // The writer ended early, so it has an error to tell. Only one worker gets it; the others wait for that
            // one, so that theirs is not told first.
            _ => {
                let mut writer = lock(&self.writer);
                match writer.take() {
                    Some(writer) => Err(joined(writer).err().unwrap_or_else(stopped)),
                    None => Err(stopped()),
                }
            }
        }
    }

    /// Writes what is still open, waits until all packs are durable, and writes the rest of the index. Gives back the
    /// number of bytes that reached the store.
    ///
    /// # Errors
    /// If anything could not be written; then nothing that was added may be relied on.
    pub fn finish(&self) -> Result<u64> {
        let mut rest = self.open.iter().map(|open| std::mem::take(&mut *lock(open)));
        let (mut first, second) =
            (rest.next().unwrap_or_default(), rest.next().unwrap_or_default());
        // Two half-full packs of one kind are one, so that a small file's chunks are not alone in theirs.
        for mut entry in second.entries {
            if let Some(moved) =
                u32::try_from(first.bytes.len()).ok().and_then(|n| entry.offset.checked_add(n))
            {
                entry.offset = moved;
            }
            first.entries.push(entry);
        }
        first.bytes.extend_from_slice(&second.bytes);
        self.upload(first)?;
        for pack in rest {
            self.upload(pack)?;
        }
        lock(&self.uploads).take();
        if let Some(writer) = lock(&self.writer).take() {
            joined(writer)?;
        }
        Ok(self.stored.written_bytes.load(Ordering::Relaxed))
    }
}

impl Drop for Packer {
    fn drop(&mut self) {
        // Without the sender the writer ends; what it wrote is unreferenced and the next prune removes it.
        lock(&self.uploads).take();
        if let Some(writer) = lock(&self.writer).take() {
            let _ = joined(writer);
        }
    }
}

fn stopped() -> Error {
    Error::Refused("packs are not written any more, because one could not be written".into())
}

fn joined(writer: JoinHandle<Result<()>>) -> Result<()> {
    writer
        .join()
        .unwrap_or_else(|_| Err(Error::Refused("the thread that writes packs panicked".into())))
}

fn seal_header(key: &Key, pack: &mut OpenPack) -> Result<()> {
    let header = encode_header(&pack.entries);
    let nonce = Nonces::default().next().map_err(|e| Error::Random(e.to_string()))?;
    let start = pack.bytes.len();
    key.seal_into(nonce, &header, &mut pack.bytes);
    let length = (pack.bytes.len() - start) as u32;
    pack.bytes.extend_from_slice(&length.to_le_bytes());
    Ok(())
}

/// Names and writes packs, and the index files over them.
struct PackWriter {
    store: Arc<dyn Store>,
    key: Key,
    version: u32,
    stored: Arc<Stored>,
    nonces: Nonces,
    waiting: Vec<IndexPack>,
    waiting_blobs: usize,
}

impl PackWriter {
    fn run(mut self, packs: &Receiver<OpenPack>) -> Result<()> {
        while let Ok(pack) = packs.recv() {
            let id = Id::of(&pack.bytes);
            self.store.put_later(&FileKind::Pack.key(&id), &pack.bytes)?;
            self.stored.written_bytes.fetch_add(pack.bytes.len() as u64, Ordering::Relaxed);
            self.waiting_blobs += pack.entries.len();
            self.waiting.push(IndexPack { id, blobs: pack.entries });
            if self.waiting_blobs >= INDEX_BLOBS {
                self.write_index()?;
            }
        }
        self.write_index()
    }

    fn write_index(&mut self) -> Result<()> {
        // Packs before the index that names them: a reader of the index finds every pack.
        self.store.sync()?;
        if self.waiting.is_empty() {
            return Ok(());
        }
        let file = IndexFile { packs: std::mem::take(&mut self.waiting) };
        self.waiting_blobs = 0;
        let plain = unpacked::encode(self.version, &file.to_json(), Compression::Auto.level())
            .map_err(Error::object("index", "to be written"))?;
        let mut sealed = Vec::with_capacity(plain.len() + crate::crypto::OVERHEAD);
        let nonce = self.nonces.next().map_err(|e| Error::Random(e.to_string()))?;
        self.key.seal_into(nonce, &plain, &mut sealed);
        self.store.put(&FileKind::Index.key(&Id::of(&sealed)), &sealed)?;
        self.stored.written_bytes.fetch_add(sealed.len() as u64, Ordering::Relaxed);
        Ok(())
    }
}

/// What one worker needs to turn plaintext into sealed blobs; reused from blob to blob.
pub struct BlobWriter<'p> {
    packer: &'p Packer,
    index: &'p Index,
    key: Key,
    nonces: Nonces,
    version: u32,
    compression: Compression,
    compressor: zstd::bulk::Compressor<'static>,
    compressed: Vec<u8>,
    sealed: Vec<u8>,
    check: Vec<u8>,
}

impl<'p> BlobWriter<'p> {
    /// A writer of new blobs into `packer`, skipping those in `index`.
    ///
    /// # Errors
    /// If the compressor cannot be made.
    pub fn new(repository: &Repository, index: &'p Index, packer: &'p Packer) -> Result<Self> {
        let compressor = zstd::bulk::Compressor::new(repository.compression.level())
            .map_err(Error::Compression)?;
        Ok(Self {
            packer,
            index,
            key: repository.key.clone(),
            nonces: Nonces::default(),
            version: repository.config.version,
            compression: repository.compression,
            compressor,
            compressed: Vec::new(),
            sealed: Vec::new(),
            check: Vec::new(),
        })
    }

    /// Stores a blob unless it is stored already, and gives its ID.
    ///
    /// # Errors
    /// If it cannot be written, or does not read back as what it was made from.
    pub fn store(&mut self, kind: BlobKind, plain: &[u8]) -> Result<Id> {
        let id = Id::of(plain);
        if self.index.contains(kind, &id) || !self.packer.claim(kind, &id) {
            return Ok(id);
        }
        let compressed = self.compress(kind, plain)?;
        self.sealed.clear();
        let nonce = self.nonces.next().map_err(|e| Error::Random(e.to_string()))?;
        let stored = if compressed { &self.compressed } else { plain };
        self.key.seal_into(nonce, stored, &mut self.sealed);
        self.read_back(plain, compressed)?;
        let plain_length = compressed.then_some(plain.len() as u32);
        self.packer.stored.plain_bytes.fetch_add(plain.len() as u64, Ordering::Relaxed);
        self.packer.add(kind, id, &self.sealed, plain_length)?;
        Ok(id)
    }

    /// Compresses into `self.compressed`; false if the blob is better stored as it is.
    fn compress(&mut self, kind: BlobKind, plain: &[u8]) -> Result<bool> {
        let wanted = kind == BlobKind::Tree || self.compression != Compression::Off;
        if self.version < 2 || !wanted || plain.is_empty() {
            return Ok(false);
        }
        self.compressed.clear();
        self.compressed.reserve(zstd::zstd_safe::compress_bound(plain.len()));
        self.compressor
            .compress_to_buffer(plain, &mut self.compressed)
            .map_err(Error::Compression)?;
        // A blob that does not get smaller is cheaper to read as it is; trees are compressed whatever comes of it,
        // because the format says so.
        Ok(kind == BlobKind::Tree || self.compressed.len() < plain.len())
    }

    /// Opens and decompresses what was just sealed and compares it with the plaintext: a fault of memory or
    /// processor is found while the file is still there.
    fn read_back(&mut self, plain: &[u8], compressed: bool) -> Result<()> {
        self.check.clear();
        self.check.extend_from_slice(&self.sealed);
        let opened = self.key.open_in_place(&mut self.check).map_err(|_| Error::SelfCheck)?;
        let same = if compressed {
            let length = plain.len() as u32;
            decompress(opened, length).is_ok_and(|bytes| bytes == plain)
        } else {
            *opened == *plain
        };
        if same { Ok(()) } else { Err(Error::SelfCheck) }
    }
}

impl std::fmt::Debug for BlobWriter<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlobWriter").field("compression", &self.compression).finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // A panic of another worker ends the whole run; what it left half done is never published.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
