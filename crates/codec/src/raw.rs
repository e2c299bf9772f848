//! What formats need that frame deflate themselves, as zip does: its bytes without a header, and CRC-32.

use std::io::{self, BufRead, Read, Write};

use crate::compression::Compression;
use crate::error::{Error, Result};

/// CRC-32 of bytes that come piece by piece.
#[derive(Debug, Default)]
pub struct Crc32(flate2::Crc);

impl Crc32 {
    /// Adds the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The sum of all that was added.
    #[must_use]
    pub fn sum(&self) -> u32 {
        self.0.sum()
    }
}

/// Reads deflated bytes. It gives `Ok(0)` at the end of the deflated stream, which need not be that of the input.
#[derive(Debug)]
pub struct Inflate<R>(flate2::bufread::DeflateDecoder<R>);

impl<R: BufRead> Inflate<R> {
    /// Reads what `read` gives.
    pub fn new(read: R) -> Self {
        Self(flate2::bufread::DeflateDecoder::new(read))
    }

    /// What is left of the input.
    pub fn input(&mut self) -> &mut R {
        self.0.get_mut()
    }
}

impl<R: BufRead> Read for Inflate<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

/// Deflates what is written.
#[derive(Debug)]
pub struct Deflate<W: Write>(flate2::write::DeflateEncoder<W>);

impl<W: Write> Deflate<W> {
    /// Writes to `write` at a level of gzip, or at the default one.
    ///
    /// # Errors
    /// [`Error::Level`] if there is no such level.
    pub fn new(write: W, level: Option<i32>) -> Result<Self, Error> {
        let level = flate2::Compression::new(Compression::Gzip.level(level)?.unsigned_abs());
        Ok(Self(flate2::write::DeflateEncoder::new(write, level)))
    }

    /// Writes the end and gives back what was written to.
    ///
    /// # Errors
    /// What writing says.
    pub fn finish(self) -> io::Result<W> {
        self.0.finish()
    }
}

impl<W: Write> Write for Deflate<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Deflates contents one after the other, each whole or in pieces that do not need each other.
#[derive(Debug)]
pub struct Deflater(flate2::Compress);

impl Deflater {
    /// At a level of gzip, or at the default one.
    ///
    /// # Errors
    /// [`Error::Level`] if there is no such level.
    pub fn new(level: Option<i32>) -> Result<Self, Error> {
        let level = flate2::Compression::new(Compression::Gzip.level(level)?.unsigned_abs());
        Ok(Self(flate2::Compress::new(level, false)))
    }

    /// Adds to `out` what `plain` is deflated. Pieces are one stream if each is added to the one before it and only the
    /// last one ends it.
    ///
    /// # Errors
    /// What the library says.
    pub fn deflate(&mut self, plain: &[u8], ends: bool, out: &mut Vec<u8>) -> io::Result<()> {
        let flush = if ends { flate2::FlushCompress::Finish } else { flate2::FlushCompress::Sync };
        self.0.reset();
        let mut left = plain;
        out.reserve(plain.len() / 2 + 64);
        loop {
            let before = self.0.total_in();
            let status = self.0.compress_vec(left, out, flush).map_err(io::Error::other)?;
            let taken = usize::try_from(self.0.total_in() - before).unwrap_or_default();
            left = left.get(taken..).unwrap_or_default();
            let is_done = match ends {
                true => status == flate2::Status::StreamEnd,
                // Where there is room left, nothing is left to come.
                false => left.is_empty() && out.len() < out.capacity(),
            };
            if is_done {
                return Ok(());
            }
            if out.len() == out.capacity() {
                out.reserve(plain.len() / 2 + 64);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deflated_bytes_come_back_and_what_follows_them_is_left() {
        let mut deflate = Deflate::new(Vec::new(), None).unwrap();
        deflate.write_all(&b"again ".repeat(50)).unwrap();
        let bytes = [deflate.finish().unwrap(), b"more".to_vec()].concat();
        let mut inflate = Inflate::new(&bytes[..]);
        let mut out = Vec::new();
        inflate.read_to_end(&mut out).unwrap();
        assert_eq!(out, b"again ".repeat(50));
        assert_eq!(*inflate.input(), b"more");
        let mut crc = Crc32::default();
        crc.update(b"1234");
        crc.update(b"56789");
        assert_eq!(crc.sum(), 0xcbf4_3926, "the check value of CRC-32");
    }

    #[test]
    fn pieces_are_one_stream_and_nothing_is_kept_between_contents() {
        let plain: Vec<u8> =
            (0..300_000_u32).map(|n| (n.wrapping_mul(n) >> 9).to_le_bytes()[0]).collect();
        let mut deflater = Deflater::new(None).unwrap();
        let mut whole = Vec::new();
        deflater.deflate(&plain, true, &mut whole).unwrap();
        let mut pieces = Vec::new();
        for piece in plain.chunks(70_000) {
            deflater.deflate(piece, false, &mut pieces).unwrap();
        }
        deflater.deflate(&[], true, &mut pieces).unwrap();
        for bytes in [&whole, &pieces] {
            let mut inflate = Inflate::new(&bytes[..]);
            let mut back = Vec::new();
            inflate.read_to_end(&mut back).unwrap();
            assert!(back == plain && inflate.input().is_empty());
        }
        let mut again = Vec::new();
        deflater.deflate(&plain, true, &mut again).unwrap();
        assert!(again == whole);
    }
}
