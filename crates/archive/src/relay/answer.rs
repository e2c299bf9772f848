//! What a parser answers, inside.

use std::io::{self, Read};
use std::sync::Arc;

use holdall_codec::Decoder;
use holdall_tree::{
    CancelToken, Clock, ContentHash, Context, Entry, Limits, ReadAt, Result as TreeResult, Silent,
    Timestamp,
};

use super::record::{self, Place};
use super::request::{Encrypted, Request};
use crate::bytes::{Bytes, Positioned};
use crate::error::{Error, Fault};
use crate::format::Format;
use crate::rules::Terms;
use crate::sevenz::{Packed, SevenTree};
use crate::tar::TarTree;
use crate::zip::{self, Key, Listed, ZipTree};

/// So much is made ready at a time, in bytes.
const PIECE_BYTES: usize = 64 << 10;
/// What an answer to [`Request::Open`] begins with: all entries follow.
pub(super) const ENTRIES: u8 = 0;
/// The same: what must be opened before follows.
pub(super) const LOCKS: u8 = 1;

/// What an archive holds, or one content of it. An error of the reader is for [`tell`](super::tell).
///
/// # Errors
/// If nothing can be answered.
pub fn answer<A: Bytes + 'static>(
    request: Request,
    bytes: &'static A,
) -> io::Result<Box<dyn Read + Send>> {
    match request {
        Request::Unpack { format, memory_max } => {
            Ok(Box::new(Decoder::new(format, Positioned::new(bytes, 0), memory_max)))
        }
        Request::Open { terms, limits, encrypted, .. } => {
            let opened = open(Borrowed(bytes), terms, limits, encrypted);
            opened.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
        }
        Request::Content { place, path, .. } => {
            let place = zip::Placed::of_bytes(&place);
            let place = place.ok_or_else(|| io::Error::other("this is no place"))?;
            let read = place.open(bytes, &path, &Key::Elsewhere).map_err(Error::in_content)?;
            Ok(Box::new(read))
        }
        Request::Folder { folder, .. } => {
            let folder = Packed::of_bytes(&folder);
            let folder = folder.ok_or_else(|| io::Error::other("this is no folder"))?;
            folder.open_afar(&Arc::new(Borrowed(bytes)))
        }
    }
}

fn open<A: Bytes + 'static>(
    bytes: Borrowed<A>,
    terms: Terms,
    limits: Limits,
    encrypted: Encrypted,
) -> TreeResult<Box<dyn Read + Send>> {
    let cancel = CancelToken::default();
    let (observer, clock) = (&Silent, &NoClock);
    let ctx = Context { observer, clock, cancel: &cancel, limits, threads: 1, memory_bytes: 0 };
    let mut first = Vec::new();
    let begin = Positioned::new(&bytes, 0).take(Format::MAGIC_BYTES as u64).read_to_end(&mut first);
    begin.map_err(|source| Error::Read { offset: 0, source })?;
    Ok(match Format::detect(&first) {
        None => return Err(Error::Unknown.into()),
        Some(Format::SevenZ) => Box::new(Records::new(SevenTree::open(&ctx, bytes, terms)?)),
        Some(Format::Tar) if zip::ends_as_zip(&bytes) => {
            let (offset, number, name, fault) = (0, 1, String::new(), Fault::Ambiguous);
            return Err(Error::Refused { offset, number, name, fault }.into());
        }
        Some(Format::Tar) => Box::new(Records::new(TarTree::open(&ctx, bytes, terms)?)),
        Some(Format::Zip) => {
            let listed = Listed::read(&ctx, &bytes, terms)?;
            let key = match encrypted {
                Encrypted::Asks if listed.is_encrypted() => {
                    return Ok(Box::new(io::Cursor::new(locks(&listed, &bytes))));
                }
                Encrypted::Asks | Encrypted::Shut => Key::Missing,
                Encrypted::Open => Key::Elsewhere,
            };
            Box::new(Records::new(ZipTree::of(&ctx, bytes, listed, key)?))
        }
    })
}

/// What must be opened before the archive can be read.
fn locks<A: Bytes>(listed: &Listed, bytes: &A) -> Vec<u8> {
    let mut out = vec![LOCKS];
    for (lock, path) in listed.locks(bytes) {
        record::put_locked(&mut out, lock, path.as_bytes());
    }
    out
}

/// A tree that was parsed.
pub(crate) trait Parsed {
    /// Entries of which something was not taken.
    fn cleaned(&self) -> u64;

    /// The entry of this number, in canonical order, and where its content lies.
    fn item(&self, at: usize) -> Option<(&Entry, Option<Place>)>;

    /// What its manifest says of a content.
    fn hash(&self, entry: &Entry) -> Option<ContentHash>;
}

/// All entries as records, behind a number.
struct Records<T> {
    tree: T,
    at: usize,
    ready: Vec<u8>,
    read: usize,
}

impl<T: Parsed> Records<T> {
    fn new(tree: T) -> Self {
        let ready = [&[ENTRIES][..], &tree.cleaned().to_le_bytes()].concat();
        Self { tree, at: 0, ready, read: 0 }
    }
}

impl<T: Parsed> Read for Records<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.read == self.ready.len() {
            self.ready.clear();
            self.read = 0;
            while self.ready.len() < PIECE_BYTES
                && let Some((entry, place)) = self.tree.item(self.at)
            {
                record::put(&mut self.ready, entry, place, self.tree.hash(entry));
                self.at += 1;
            }
        }
        let read = self.ready.get(self.read..).unwrap_or_default().read(buffer)?;
        self.read += read;
        Ok(read)
    }
}

/// A tree has its bytes for itself.
struct Borrowed<A: 'static>(&'static A);

impl<A: Bytes> ReadAt for Borrowed<A> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(buffer, offset)
    }
}

impl<A: Bytes> Bytes for Borrowed<A> {
    fn length(&self) -> u64 {
        self.0.length()
    }
}

struct NoClock;

impl Clock for NoClock {
    fn now(&self) -> Timestamp {
        Timestamp::default()
    }
}
