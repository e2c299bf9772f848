//! The content of a file whose data lies in pieces, with zeros between them.

use std::io::{self, Read};

use holdall_tree::{ContentHash, Extent, ReadAt};

/// A file as it lies in an archive that can be read at any place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placed {
    /// Where its data begins in the archive.
    pub(crate) offset: u64,
    /// Its length with all holes.
    pub(crate) size: u64,
    /// Which parts of it are data, in order; they lie in the archive without the holes.
    pub(crate) data: Vec<Extent>,
    /// What must stand before its data, where that was read elsewhere.
    pub(crate) head: Option<Head>,
}

/// What stands before the data of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    /// Where it begins.
    pub(crate) at: u64,
    pub(crate) hash: ContentHash,
}

/// One file read at any place.
pub(crate) struct PlacedReader<'a, A> {
    pub(crate) bytes: &'a A,
    /// Each piece of data, with where it lies in the archive.
    pieces: Vec<(Extent, u64)>,
    size: u64,
}

impl<'a, A> PlacedReader<'a, A> {
    pub(crate) fn new(bytes: &'a A, file: &Placed) -> Self {
        let mut at = file.offset;
        let mut pieces = Vec::with_capacity(file.data.len());
        for extent in &file.data {
            pieces.push((*extent, at));
            at = at.saturating_add(extent.length);
        }
        Self { bytes, pieces, size: file.size }
    }
}

impl<A: ReadAt> ReadAt for PlacedReader<'_, A> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let left = self.size.saturating_sub(offset);
        let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let buffer = buffer.get_mut(..wanted).unwrap_or_default();
        if buffer.is_empty() {
            return Ok(0);
        }
        // The first piece that does not end before the place.
        let next = self.pieces.partition_point(|(piece, _)| piece.offset + piece.length <= offset);
        let Some((piece, at)) = self.pieces.get(next) else {
            buffer.fill(0);
            return Ok(wanted);
        };
        if offset < piece.offset {
            let zeros = shorter(wanted, piece.offset - offset);
            buffer.get_mut(..zeros).unwrap_or_default().fill(0);
            return Ok(zeros);
        }
        let within = offset - piece.offset;
        let length = shorter(wanted, piece.length - within);
        let read = self.bytes.read_at(buffer.get_mut(..length).unwrap_or_default(), at + within)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(read)
    }
}

fn shorter(wanted: usize, length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX).min(wanted)
}

/// One file read front to back out of a stream that has its data next.
pub(crate) struct Expanded<'m, R> {
    read: R,
    data: &'m [Extent],
    /// Bytes that were read of the first of `data`.
    within: u64,
    at: u64,
    size: u64,
}

impl<'m, R> Expanded<'m, R> {
    pub(crate) fn new(read: R, data: &'m [Extent], size: u64) -> Self {
        Self { read, data, within: 0, at: 0, size }
    }
}

impl<R: Read> Read for Expanded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some((piece, rest)) = self.data.split_first()
            && self.within == piece.length
        {
            self.data = rest;
            self.within = 0;
        }
        let (is_data, length) = match self.data.first() {
            Some(piece) if self.at >= piece.offset => (true, piece.length - self.within),
            Some(piece) => (false, piece.offset - self.at),
            None => (false, self.size.saturating_sub(self.at)),
        };
        let wanted = shorter(buffer.len(), length);
        let buffer = buffer.get_mut(..wanted).unwrap_or_default();
        if buffer.is_empty() {
            return Ok(0);
        }
        let read = if is_data {
            let read = self.read.read(buffer)?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.within += read as u64;
            read
        } else {
            buffer.fill(0);
            wanted
        };
        self.at += read as u64;
        Ok(read)
    }
}
