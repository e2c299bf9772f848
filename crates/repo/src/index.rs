//! Where each blob lies: the index of a repository in memory.
//!
//! An entry takes 48 bytes and its share of the hash table: 10 M blobs are about 600 MB if all are loaded.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};

use crate::error::{Error, Result};
use crate::id::{BlobKind, Id};
use crate::wire::index::IndexPack;
use crate::wire::pack::PackEntry;

/// A map by ID.
pub type IdMap<V> = HashMap<Id, V, BuildHasherDefault<IdHasher>>;
/// A set of IDs.
pub type IdSet = std::collections::HashSet<Id, BuildHasherDefault<IdHasher>>;

/// Takes the first eight bytes of an ID as its hash: an ID is a SHA-256 already.
#[derive(Debug, Default, Clone, Copy)]
pub struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk::<8>() {
            self.0 = u64::from_le_bytes(*first);
        }
    }

    // The length of the array, always 32.
    fn write_usize(&mut self, _: usize) {}
}

/// Where a blob lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Location {
    pack: u32,
    /// Where the sealed blob begins in the pack, in bytes.
    pub offset: u32,
    /// Length of the sealed blob in bytes.
    pub length: u32,
    /// Length of the plaintext in bytes if the blob is compressed, else 0.
    plain: u32,
}

impl Location {
    /// Length of the plaintext in bytes if the blob is compressed.
    #[must_use]
    pub fn compressed_from(&self) -> Option<u32> {
        (self.plain != 0).then_some(self.plain)
    }

    /// Length of the plaintext in bytes.
    #[must_use]
    pub fn plain_length(&self) -> u32 {
        self.compressed_from().unwrap_or(self.length.saturating_sub(crate::crypto::OVERHEAD as u32))
    }
}

/// The index of a repository.
#[derive(Debug, Default)]
pub struct Index {
    packs: Vec<PackSummary>,
    by_pack: IdMap<u32>,
    data: IdMap<Location>,
    trees: IdMap<Location>,
    /// The further places of blobs that lie in several packs, which are few.
    copies: HashMap<(BlobKind, Id), Vec<Location>, BuildHasherDefault<IdHasher>>,
}

/// What the index knows of one pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackSummary {
    /// Its ID.
    pub id: Id,
    /// Where its last blob ends, in bytes: all before that may be read.
    pub end: u32,
    /// How many blobs it holds.
    pub blobs: u32,
    /// How long its header is with everything around it, in bytes, by the entries it must have.
    pub header: u32,
}

impl PackSummary {
    /// The size that the file must have, in bytes.
    #[must_use]
    pub fn file_size(&self) -> u64 {
        u64::from(self.end) + u64::from(self.header)
    }
}

impl Index {
    /// Adds the blobs of one pack. A pack that is known already adds nothing; of a blob that lies in several packs
    /// the first place counts, and the others are kept in case it is damaged.
    pub fn add(&mut self, pack: &IndexPack) {
        if self.by_pack.contains_key(&pack.id) {
            return;
        }
        let Ok(number) = u32::try_from(self.packs.len()) else { return };
        let mut summary = PackSummary {
            id: pack.id,
            end: 0,
            blobs: 0,
            header: crate::crypto::OVERHEAD as u32 + 4,
        };
        for blob in &pack.blobs {
            summary.end = summary.end.max(blob.offset.saturating_add(blob.length));
            summary.blobs += 1;
            summary.header += if blob.plain_length.is_some() { 41 } else { 37 };
            let location = Location {
                pack: number,
                offset: blob.offset,
                length: blob.length,
                plain: blob.plain_length.unwrap_or(0),
            };
            match self.map_mut(blob.kind).entry(blob.id) {
                Entry::Vacant(place) => {
                    place.insert(location);
                }
                Entry::Occupied(_) => {
                    self.copies.entry((blob.kind, blob.id)).or_default().push(location);
                }
            }
        }
        self.by_pack.insert(pack.id, number);
        self.packs.push(summary);
    }

    /// Where a blob lies.
    #[must_use]
    pub fn get(&self, kind: BlobKind, id: &Id) -> Option<Location> {
        self.map(kind).get(id).copied()
    }

    /// True if the blob is in the repository.
    #[must_use]
    pub fn contains(&self, kind: BlobKind, id: &Id) -> bool {
        self.map(kind).contains_key(id)
    }

    /// The pack that a location names.
    #[must_use]
    pub fn pack(&self, location: &Location) -> Option<&PackSummary> {
        self.packs.get(location.pack as usize)
    }

    /// Reads a blob from the first of its places where `read` succeeds.
    ///
    /// # Errors
    /// [`Error::BlobMissing`] if it has no place, else what `read` says of the first.
    pub(crate) fn read<T>(
        &self,
        kind: BlobKind,
        id: &Id,
        read: impl Fn(&Location, &PackSummary) -> Result<T>,
    ) -> Result<T> {
        let copies = self.copies.get(&(kind, *id));
        let mut failed = None;
        for location in self.map(kind).get(id).into_iter().chain(copies.into_iter().flatten()) {
            let Some(pack) = self.pack(location) else { continue };
            match read(location, pack) {
                Ok(read) => return Ok(read),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        Err(failed.unwrap_or(Error::BlobMissing { kind, id: *id }))
    }

    /// All packs, in the order in which they were added.
    #[must_use]
    pub fn packs(&self) -> &[PackSummary] {
        &self.packs
    }

    /// True if this pack is in the index.
    #[must_use]
    pub fn has_pack(&self, id: &Id) -> bool {
        self.by_pack.contains_key(id)
    }

    /// All blobs of one kind, in no particular order.
    pub fn blobs(&self, kind: BlobKind) -> impl Iterator<Item = (&Id, &Location)> {
        self.map(kind).iter()
    }

    /// How many different blobs of one kind there are.
    #[must_use]
    pub fn len(&self, kind: BlobKind) -> usize {
        self.map(kind).len()
    }

    fn map(&self, kind: BlobKind) -> &IdMap<Location> {
        match kind {
            BlobKind::Data => &self.data,
            BlobKind::Tree => &self.trees,
        }
    }

    fn map_mut(&mut self, kind: BlobKind) -> &mut IdMap<Location> {
        match kind {
            BlobKind::Data => &mut self.data,
            BlobKind::Tree => &mut self.trees,
        }
    }
}

/// The index entry for a blob at a location.
#[must_use]
pub fn entry_of(kind: BlobKind, id: Id, location: &Location) -> PackEntry {
    PackEntry {
        kind,
        id,
        offset: location.offset,
        length: location.length,
        plain_length: location.compressed_from(),
    }
}
