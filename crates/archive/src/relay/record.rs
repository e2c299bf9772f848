//! What a parser says of an entry.

use holdall_tree::{ContentHash, Entry, Extent, HardLink, Kind, Metadata, Timestamp, Xattr};

use super::wire::{Put, Take};
use crate::expand::Placed;
use crate::rules::Rules;
use crate::zip::Lock;

/// The longest of what is said of one entry, in bytes: all of an extended header of a tar, and a map of its holes.
pub(super) const RECORD_BYTES_MAX: usize = 16 << 20;

/// Where the content of a file lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// As it is, in parts of the archive.
    Within(Placed),
    /// Only the parser can make it of what is stored; it wants to be told this.
    Behind(Vec<u8>),
    /// The same, and it is encrypted.
    Locked(Lock, Vec<u8>),
    /// It is unpacked together with others.
    Solid(Solid),
}

impl Place {
    /// That of a content that has no bytes.
    pub(crate) fn nowhere() -> Self {
        Self::Within(Placed { offset: 0, size: 0, data: Vec::new(), head: None })
    }
}

/// A content that is unpacked together with others, and what proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Solid {
    /// What the parser wants to be told to unpack all of them.
    pub(crate) folder: Vec<u8>,
    /// How many bytes come of them all.
    pub(crate) folder_bytes: u64,
    /// Where among them it begins.
    pub(crate) at: u64,
    pub(crate) crc: u32,
    /// It is the last one of them.
    pub(crate) last: bool,
    /// Of its entry, for messages.
    pub(crate) number: u64,
}

/// What is said of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record<'b> {
    pub(super) path: &'b [u8],
    pub(super) kind: Kind,
    pub(super) meta: Metadata,
    pub(super) place: Option<Place>,
    /// What a manifest in the archive says of its content.
    pub(super) hash: Option<ContentHash>,
}

/// Adds what must be opened, with the name of its entry and the length of all that before it.
pub(super) fn put_locked(out: &mut Vec<u8>, lock: Lock, name: &[u8]) {
    let mut put = Put::default();
    put_lock(&mut put, lock);
    put.bytes(name);
    put_framed(out, &put);
}

/// Takes the same without its length.
pub(super) fn take_locked(bytes: &[u8]) -> Option<(Lock, &[u8])> {
    let mut take = Take(bytes);
    let locked = (take_lock(&mut take)?, take.bytes()?);
    take.end().map(|()| locked)
}

fn put_lock(put: &mut Put, Lock { offset, stored, number }: Lock) {
    [offset, stored, number].into_iter().for_each(|value| put.u64(value));
}

fn take_lock(take: &mut Take<'_>) -> Option<Lock> {
    Some(Lock { offset: take.u64()?, stored: take.u64()?, number: take.u64()? })
}

fn put_framed(out: &mut Vec<u8>, put: &Put) {
    out.extend_from_slice(&(put.0.len() as u32).to_le_bytes());
    out.extend_from_slice(&put.0);
}

/// Adds a record, with its length before it.
pub(super) fn put(
    out: &mut Vec<u8>,
    entry: &Entry,
    place: Option<Place>,
    hash: Option<ContentHash>,
) {
    let mut put = Put::default();
    put.bytes(entry.path.as_bytes());
    put_kind(&mut put, &entry.kind);
    put_meta(&mut put, &entry.meta);
    put.maybe(place, |put, place| match place {
        Place::Within(placed) => {
            put.u8(0);
            put.u64(placed.offset);
            put.u64(placed.size);
            put_extents(put, &placed.data);
        }
        Place::Behind(bytes) => {
            put.u8(1);
            put.bytes(&bytes);
        }
        Place::Locked(lock, bytes) => {
            put.u8(3);
            put_lock(put, lock);
            put.bytes(&bytes);
        }
        Place::Solid(solid) => {
            put.u8(2);
            put.bytes(&solid.folder);
            put.u64(solid.folder_bytes);
            put.u64(solid.at);
            put.u64(solid.crc.into());
            put.u8(solid.last.into());
            put.u64(solid.number);
        }
    });
    put.maybe(hash, |put, hash| put.bytes(&hash.0));
    put_framed(out, &put);
}

impl<'b> Record<'b> {
    /// Takes a record without its length.
    pub(super) fn parse(bytes: &'b [u8]) -> Option<Self> {
        let mut take = Take(bytes);
        let record = Self {
            path: take.bytes()?,
            kind: take_kind(&mut take)?,
            meta: take_meta(&mut take)?,
            place: take.maybe(|take| match take.u8()? {
                0 => Some(Place::Within(Placed {
                    offset: take.u64()?,
                    size: take.u64()?,
                    data: take_extents(take)?,
                    head: None,
                })),
                1 => Some(Place::Behind(take.bytes()?.to_vec())),
                2 => Some(Place::Solid(Solid {
                    folder: take.bytes()?.to_vec(),
                    folder_bytes: take.u64()?,
                    at: take.u64()?,
                    crc: take.u32()?,
                    last: take.u8()? == 1,
                    number: take.u64()?,
                })),
                3 => Some(Place::Locked(take_lock(take)?, take.bytes()?.to_vec())),
                _ => None,
            })?,
            hash: take.maybe(|take| Some(ContentHash(take.bytes()?.try_into().ok()?)))?,
        };
        take.end().map(|()| record)
    }

    /// The entry, with its path judged.
    pub(super) fn entry(&self, rules: &Rules) -> Result<Entry, crate::error::Fault> {
        let is_dir = matches!(self.kind, Kind::Directory);
        let path = match self.path {
            b"" if is_dir => holdall_tree::RelPath::root(),
            path => rules.path(path, is_dir)?,
        };
        Ok(Entry { path, kind: self.kind.clone(), meta: self.meta.clone() })
    }
}

fn put_kind(put: &mut Put, kind: &Kind) {
    match kind {
        Kind::File { size } => {
            put.u8(0);
            put.u64(*size);
        }
        Kind::Directory => put.u8(1),
        Kind::Symlink { target } => {
            put.u8(2);
            put.bytes(target);
        }
        Kind::CharDevice { rdev } => {
            put.u8(3);
            put.u64(*rdev);
        }
        Kind::BlockDevice { rdev } => {
            put.u8(4);
            put.u64(*rdev);
        }
        Kind::Fifo => put.u8(5),
        Kind::Socket => put.u8(6),
    }
}

fn take_kind(take: &mut Take<'_>) -> Option<Kind> {
    Some(match take.u8()? {
        0 => Kind::File { size: take.u64()? },
        1 => Kind::Directory,
        2 => Kind::Symlink { target: take.bytes()?.to_vec() },
        3 => Kind::CharDevice { rdev: take.u64()? },
        4 => Kind::BlockDevice { rdev: take.u64()? },
        5 => Kind::Fifo,
        6 => Kind::Socket,
        _ => return None,
    })
}

/// What no archive has is not put: numbers of an inode, and attributes of a file system.
fn put_meta(put: &mut Put, meta: &Metadata) {
    let number = |put: &mut Put, number: u32| put.u64(number.into());
    let name = |put: &mut Put, name: &String| put.bytes(name.as_bytes());
    let time = |put: &mut Put, time: Timestamp| {
        put.i64(time.secs);
        put.u64(time.nanos.into());
    };
    [meta.mode, meta.uid, meta.gid].into_iter().for_each(|value| put.maybe(value, number));
    [&meta.user, &meta.group].into_iter().for_each(|value| put.maybe(value.as_ref(), name));
    [meta.mtime, meta.atime, meta.ctime].into_iter().for_each(|value| put.maybe(value, time));
    put.maybe(meta.hard_link, |put, link| {
        put.u64(link.inode);
        put.u64(link.links);
    });
    put.maybe(meta.xattrs.as_ref(), |put, xattrs| {
        put.size(xattrs.len());
        for xattr in xattrs {
            put.bytes(&xattr.name);
            put.bytes(&xattr.value);
        }
    });
    put.maybe(meta.extents.as_ref(), |put, extents| put_extents(put, extents));
}

fn take_meta(take: &mut Take<'_>) -> Option<Metadata> {
    let time = |take: &mut Take<'_>| {
        let (secs, nanos) = (take.i64()?, take.u32()?);
        Some(Timestamp { secs, nanos }).filter(|time| time.nanos < 1_000_000_000)
    };
    Some(Metadata {
        mode: take.maybe(Take::u32)?.map(|mode| mode & 0o7777),
        uid: take.maybe(Take::u32)?,
        gid: take.maybe(Take::u32)?,
        user: take.maybe(Take::text)?,
        group: take.maybe(Take::text)?,
        mtime: take.maybe(time)?,
        atime: take.maybe(time)?,
        ctime: take.maybe(time)?,
        hard_link: take
            .maybe(|take| Some(HardLink { device: 0, inode: take.u64()?, links: take.u64()? }))?,
        xattrs: take.maybe(|take| {
            take.many(|take| {
                let (name, value) = (take.bytes()?.to_vec(), take.bytes()?.to_vec());
                Some(Xattr { name, value })
            })
        })?,
        extents: take.maybe(take_extents)?,
        ..Metadata::default()
    })
}

fn put_extents(put: &mut Put, extents: &[Extent]) {
    put.size(extents.len());
    for extent in extents {
        put.u64(extent.offset);
        put.u64(extent.length);
    }
}

fn take_extents(take: &mut Take<'_>) -> Option<Vec<Extent>> {
    take.many(|take| Some(Extent { offset: take.u64()?, length: take.u64()? }))
}
