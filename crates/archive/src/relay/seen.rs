//! What a parser out of reach is given to read: the archive, and what is encrypted in it, opened.
//!
//! It never has a passphrase or a key. It says where an encrypted content lies; out here that is opened and proved, and
//! shown as far behind the archive as it lies behind its beginning.

use std::fmt;
use std::io;
use std::sync::{Arc, OnceLock};

use holdall_codec::zip_aes::EntryKeys;
use holdall_tree::{Extent, ReadAt};
use zeroize::Zeroizing;

use crate::bytes::Bytes;
use crate::error::{Error, Result};
use crate::manifest::{self, MANIFEST};
use crate::zip::Lock;

/// Where it is shown what lies encrypted at a place.
pub(crate) fn shown<A: Bytes>(bytes: &A, at: u64) -> u64 {
    bytes.length().saturating_add(at)
}

/// The passphrase of an archive.
pub(super) type Passphrase = Arc<Zeroizing<Vec<u8>>>;

/// The bytes that a parser out of reach can read.
pub struct Seen<A> {
    bytes: A,
    /// In the order in which they lie.
    doors: Vec<Door>,
}

/// An encrypted content that is opened when it is first read.
pub(super) struct Door {
    pub(super) lock: Lock,
    /// The name of its entry, for messages.
    pub(super) name: Vec<u8>,
    passphrase: Passphrase,
    keys: OnceLock<EntryKeys>,
}

impl Door {
    pub(super) fn new(lock: Lock, name: Vec<u8>, passphrase: &Passphrase) -> Self {
        Self { lock, name, passphrase: Arc::clone(passphrase), keys: OnceLock::new() }
    }

    /// Opens it, unless that was done.
    pub(super) fn open<A: Bytes>(&self, bytes: &A) -> Result<&EntryKeys> {
        if let Some(keys) = self.keys.get() {
            return Ok(keys);
        }
        let keys = self.lock.open(bytes, &self.name, &self.passphrase)?;
        Ok(self.keys.get_or_init(|| keys))
    }

    /// Why it was not opened, as it is said where a manifest is read without a parser out of reach.
    fn unopened(&self, error: Error) -> Error {
        if self.name != MANIFEST.as_bytes() || matches!(error, Error::WrongPassphrase) {
            return error;
        }
        Error::Content { path: manifest::path(), source: error.in_content() }
    }

    /// Reads what lies at a place, decrypted if it is content. Nothing is given before all of it was proved.
    fn read_at<A: Bytes>(&self, bytes: &A, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        let keys = self.open(bytes).map_err(|error| self.unopened(error).in_content())?;
        let Extent { offset, length } = self.lock.content();
        let (within, end) = match at.checked_sub(offset) {
            Some(within) => (Some(within), offset.saturating_add(length)),
            None => (None, offset),
        };
        let left = usize::try_from(end.saturating_sub(at)).unwrap_or(usize::MAX);
        let wanted = left.min(buffer.len());
        let buffer = buffer.get_mut(..wanted).unwrap_or_default();
        let read = bytes.read_at(buffer, at)?;
        if let Some(within) = within {
            keys.cipher_at(within).apply(buffer.get_mut(..read).unwrap_or_default());
        }
        Ok(read)
    }
}

impl<A: Bytes> Seen<A> {
    /// The archive as it is.
    pub(super) fn shut(bytes: A) -> Self {
        Self { bytes, doors: Vec::new() }
    }

    /// The archive, and what lies behind these doors. `None` if one is not in the archive, or lies in another one.
    pub(super) fn with(bytes: A, mut doors: Vec<Door>) -> Option<Self> {
        doors.sort_by_key(|door| door.lock.offset);
        let mut free = 0;
        for Door { lock, .. } in &doors {
            let fits = lock.end().filter(|end| free <= lock.offset && *end <= bytes.length());
            free = fits?;
        }
        Some(Self { bytes, doors })
    }
}

impl<A: Bytes> ReadAt for Seen<A> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let Some(at) = offset.checked_sub(self.bytes.length()) else {
            return self.bytes.read_at(buffer, offset);
        };
        let next = self.doors.partition_point(|door| door.lock.offset <= at);
        let door = next.checked_sub(1).and_then(|last| self.doors.get(last));
        match door.filter(|door| door.lock.end().is_some_and(|end| at < end)) {
            Some(door) => door.read_at(&self.bytes, buffer, at),
            None => Ok(0),
        }
    }
}

impl<A: Bytes> Bytes for Seen<A> {
    fn length(&self) -> u64 {
        self.bytes.length()
    }
}

impl<A> fmt::Debug for Seen<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seen").field("doors", &self.doors.len()).finish_non_exhaustive()
    }
}
