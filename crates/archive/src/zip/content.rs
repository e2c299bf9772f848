//! The content of one entry, proved while it is read.

use std::io::{self, BufRead, BufReader, Read, Take};

use holdall_codec::raw::{Crc32, Inflate};
use holdall_tree::{RelPath, path::printable};

use super::record::Record;
use super::{Fields, METHOD_DEFLATED};
use crate::bytes::{Bytes, Positioned};
use crate::error::{Error, Fault};

const PIECE_BYTES: usize = 32 << 10;

/// Where the content of an entry lies, and what proves it.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub(super) offset: u64,
    stored: u64,
    size: u64,
    crc: u32,
    deflated: bool,
    number: u64,
}

impl Placed {
    pub(super) fn new(record: &Record, offset: u64, number: u64) -> Self {
        let Record { stored, size, crc, .. } = *record;
        Self { offset, stored, size, crc, deflated: record.method == METHOD_DEFLATED, number }
    }

    /// All of it as bytes.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let Self { offset, stored, size, crc, deflated, number } = *self;
        let numbers = [offset, stored, size, crc.into(), deflated.into(), number];
        numbers.into_iter().flat_map(u64::to_le_bytes).collect()
    }

    /// Of such bytes.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields(bytes);
        let (offset, stored, size) = (fields.u64()?, fields.u64()?, fields.u64()?);
        let crc = u32::try_from(fields.u64()?).ok()?;
        let (deflated, number) = (fields.u64()? == 1, fields.u64()?);
        fields.0.is_empty().then_some(Self { offset, stored, size, crc, deflated, number })
    }

    /// Reads it. What comes after the last byte is the verdict.
    pub(crate) fn open<'a, A: Bytes>(&self, bytes: &'a A, path: &RelPath) -> Proved<'a, A> {
        let stored = Positioned::new(bytes, self.offset).take(self.stored);
        let stored = BufReader::with_capacity(PIECE_BYTES, stored);
        let read = if self.deflated {
            Stored::Deflated(Inflate::new(stored))
        } else {
            Stored::Plain(stored)
        };
        Proved { read, place: self.clone(), path: path.clone(), crc: Crc32::default(), seen: 0 }
    }
}

enum Stored<'a, A> {
    Plain(BufReader<Take<Positioned<'a, A>>>),
    Deflated(Inflate<BufReader<Take<Positioned<'a, A>>>>),
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
        let name = printable(self.path.as_bytes()).into_owned();
        let Placed { offset, number, .. } = self.place;
        Error::Refused { offset, number, name, fault }.in_content()
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
            if self.crc.sum() != self.place.crc {
                return Err(self.refused(Fault::Crc));
            }
        }
        Ok(read)
    }
}
