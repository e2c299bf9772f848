//! The content of one entry, proved while it is read.

use std::io::{self, BufRead, BufReader, Read, Take};

use holdall_codec::raw::{Crc32, Inflate};
use holdall_codec::zip_aes::{
    CHECK_BYTES, CODE_BYTES, Decrypted, EntryKeys, MORE_BYTES, SALT_BYTES,
};
use holdall_tree::{RelPath, path::printable};

use super::record::Record;
use super::{Fields, METHOD_DEFLATED};
use crate::bytes::{Bytes, Positioned};
use crate::error::{Error, Fault, Result};

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

    /// All of it as bytes, if it is not encrypted.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let Self { offset, stored, size, crc, deflated, number, .. } = *self;
        let crc = crc.map_or(u64::MAX, u64::from);
        [offset, stored, size, crc, deflated.into(), number]
            .into_iter()
            .flat_map(u64::to_le_bytes)
            .collect()
    }

    /// Of such bytes.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields(bytes);
        let (offset, stored, size) = (fields.u64()?, fields.u64()?, fields.u64()?);
        let crc = u32::try_from(fields.u64()?).ok();
        let (deflated, number) = (fields.u64()? == 1, fields.u64()?);
        let place = Self { offset, stored, size, crc, deflated, encrypted: false, number };
        fields.0.is_empty().then_some(place)
    }

    /// Reads it. What comes after the last byte is the verdict. Encrypted bytes are proved before the first one is given.
    pub(crate) fn open<'a, A: Bytes>(
        &self,
        bytes: &'a A,
        path: &RelPath,
        passphrase: Option<&[u8]>,
    ) -> Result<Proved<'a, A>> {
        let (mut begin, mut length, mut keys) = (self.offset, self.stored, None);
        if self.encrypted {
            let passphrase = passphrase.ok_or(Error::PassphraseNeeded)?;
            let made = self.keys(bytes, passphrase)?;
            begin = begin.saturating_add((SALT_BYTES + CHECK_BYTES) as u64);
            length = length.saturating_sub(MORE_BYTES);
            let fits = self.code_fits(bytes, &made, begin, length);
            if !fits.map_err(|source| self.unread(source))? {
                return Err(self.refused(path, Fault::ZipCode));
            }
            keys = Some(made);
        }
        let stored = Positioned::new(bytes, begin).take(length);
        let stored = match keys {
            None => Source::Plain(stored),
            Some(keys) => Source::Encrypted(Box::new(keys.cipher().decrypt(stored))),
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

    /// The keys for it.
    ///
    /// # Errors
    /// [`Error::WrongPassphrase`] if the passphrase is not the right one.
    pub(super) fn keys<A: Bytes>(&self, bytes: &A, passphrase: &[u8]) -> Result<EntryKeys> {
        let (mut salt, mut check) = ([0; SALT_BYTES], [0; CHECK_BYTES]);
        let mut read = Positioned::new(bytes, self.offset).take(self.stored);
        let filled = read.read_exact(&mut salt).and_then(|()| read.read_exact(&mut check));
        filled.map_err(|source| self.unread(source))?;
        let keys = EntryKeys::new(passphrase, &salt);
        if keys.check() == check {
            return Ok(keys);
        }
        Err(Error::WrongPassphrase)
    }

    fn code_fits<A: Bytes>(
        &self,
        bytes: &A,
        keys: &EntryKeys,
        begin: u64,
        length: u64,
    ) -> io::Result<bool> {
        let mut code = keys.code();
        let mut read = Positioned::new(bytes, begin).take(length);
        let mut buffer = vec![0; PIECE_BYTES];
        let mut seen = 0;
        loop {
            match read.read(&mut buffer)? {
                0 => break,
                read => {
                    seen += read as u64;
                    code.update(buffer.get(..read).unwrap_or_default());
                }
            }
        }
        let mut stored = [0; CODE_BYTES];
        Positioned::new(bytes, begin.saturating_add(length)).read_exact(&mut stored)?;
        Ok(seen == length && code.fits(&stored))
    }

    fn unread(&self, source: io::Error) -> Error {
        Error::Read { offset: self.offset, source }
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
