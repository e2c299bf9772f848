//! The content of one entry, proved while it is read.

use std::io::{self, BufRead, BufReader, Read, Take};

use holdall_codec::raw::{Crc32, Inflate};
use holdall_codec::zip_aes::Decrypted;
use holdall_tree::{Extent, RelPath, path::printable};

use super::lock::{Key, Lock};
use super::record::Record;
use super::{Fields, METHOD_DEFLATED};
use crate::bytes::{Bytes, Positioned};
use crate::error::{Error, Fault, Result};
use crate::relay::shown;

const PIECE_BYTES: usize = 32 << 10;

/// Where the content of an entry lies, and what proves it.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub(super) offset: u64,
    stored: u64,
    size: u64,
    /// Where it is encrypted it may not be given, and its code proves more.
    crc: Option<u32>,
    deflated: bool,
    pub(crate) encrypted: bool,
    pub(super) number: u64,
}

impl Placed {
    pub(super) fn new(record: &Record, offset: u64, number: u64) -> Self {
        let Record { stored, size, .. } = *record;
        let deflated = record.method == METHOD_DEFLATED;
        let crc = record.aes.is_none_or(|aes| aes.has_sum).then_some(record.crc);
        Self { offset, stored, size, crc, deflated, encrypted: record.aes.is_some(), number }
    }

    /// All of it as bytes.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let Self { offset, stored, size, crc, deflated, encrypted, number } = *self;
        let crc = crc.map_or(u64::MAX, u64::from);
        [offset, stored, size, crc, deflated.into(), encrypted.into(), number]
            .into_iter()
            .flat_map(u64::to_le_bytes)
            .collect()
    }

    /// Of such bytes.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields(bytes);
        let (offset, stored, size) = (fields.u64()?, fields.u64()?, fields.u64()?);
        let crc = u32::try_from(fields.u64()?).ok();
        let (deflated, encrypted) = (fields.u64()? == 1, fields.u64()? == 1);
        let number = fields.u64()?;
        let place = Self { offset, stored, size, crc, deflated, encrypted, number };
        fields.0.is_empty().then_some(place)
    }

    /// What has to be opened before it can be read, if it is encrypted.
    pub(crate) fn lock(&self) -> Option<Lock> {
        let Self { offset, stored, number, .. } = *self;
        self.encrypted.then_some(Lock { offset, stored, number })
    }

    /// Reads it. What comes after the last byte is the verdict. Encrypted bytes are proved before the first one is given.
    pub(crate) fn open<'a, A: Bytes>(
        &self,
        bytes: &'a A,
        path: &RelPath,
        key: &Key,
    ) -> Result<Proved<'a, A>> {
        let stored = match (self.lock(), key) {
            (None, _) => Source::Plain(Positioned::new(bytes, self.offset).take(self.stored)),
            (Some(_), Key::Missing) => return Err(Error::PassphraseNeeded),
            (Some(lock), Key::Passphrase(passphrase)) => {
                let keys = lock.open(bytes, path.as_bytes(), passphrase)?;
                let Extent { offset, length } = lock.content();
                let stored = Positioned::new(bytes, offset).take(length);
                Source::Encrypted(Box::new(keys.cipher().decrypt(stored)))
            }
            (Some(lock), Key::Elsewhere) => {
                // It is opened and proved when its beginning is read, also where nothing follows that.
                let begin = Positioned::new(bytes, shown(bytes, lock.offset)).read_exact(&mut [0]);
                begin.map_err(|source| Error::Read { offset: lock.offset, source })?;
                let Extent { offset, length } = lock.content();
                Source::Plain(Positioned::new(bytes, shown(bytes, offset)).take(length))
            }
        };
        let stored = BufReader::with_capacity(PIECE_BYTES, stored);
        let read = if self.deflated {
            Stored::Deflated(Inflate::new(stored))
        } else {
            Stored::Plain(stored)
        };
        let (place, path) = (self.clone(), path.clone());
        Ok(Proved { read, place, path, crc: Crc32::default(), seen: 0 })
    }

    fn refused(&self, path: &RelPath, fault: Fault) -> Error {
        let name = printable(path.as_bytes()).into_owned();
        let Self { offset, number, .. } = *self;
        Error::Refused { offset, number, name, fault }
    }
}

/// The stored bytes of a content.
enum Source<'a, A> {
    Plain(Take<Positioned<'a, A>>),
    Encrypted(Box<Decrypted<Take<Positioned<'a, A>>>>),
}

impl<A: Bytes> Read for Source<'_, A> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(read) => read.read(buffer),
            Self::Encrypted(read) => read.read(buffer),
        }
    }
}

enum Stored<'a, A> {
    Plain(BufReader<Source<'a, A>>),
    Deflated(Inflate<BufReader<Source<'a, A>>>),
}

/// A content that must have the size and the sum that its entry says.
pub(crate) struct Proved<'a, A> {
    read: Stored<'a, A>,
    place: Placed,
    path: RelPath,
    crc: Crc32,
    seen: u64,
}

impl<A: Bytes> Proved<'_, A> {
    fn refused(&self, fault: Fault) -> io::Error {
        self.place.refused(&self.path, fault).in_content()
    }
}

impl<A: Bytes> Read for Proved<'_, A> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let read = match &mut self.read {
            Stored::Plain(read) => read.read(buffer),
            Stored::Deflated(read) => read.read(buffer),
        };
        let read = read.map_err(|error| match holdall_codec::Error::of(&error) {
            Some(_) => self.refused(Fault::Crc),
            None => error,
        })?;
        self.seen += read as u64;
        self.crc.update(buffer.get(..read).unwrap_or_default());
        if self.seen > self.place.size {
            return Err(self.refused(Fault::Size));
        }
        if read == 0 {
            let left = match &mut self.read {
                Stored::Plain(read) => read.fill_buf()?,
                Stored::Deflated(read) => read.input().fill_buf()?,
            };
            if !left.is_empty() || self.seen < self.place.size {
                return Err(self.refused(Fault::Size));
            }
            if self.place.crc.is_some_and(|crc| crc != self.crc.sum()) {
                return Err(self.refused(Fault::Crc));
            }
        }
        Ok(read)
    }
}
