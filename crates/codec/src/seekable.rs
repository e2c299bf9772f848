//! zstd that can be read at any place: frames that do not need each other, and at the end, in a frame that every reader
//! passes over, a table of how long each is.
//!
//! The table is that of the "seekable format" of the zstd project. Before it there may be a second frame that is passed
//! over, with whatever its writer wants to find again. A table is never believed: a frame must give just as many bytes as
//! it says, or it is an error.

use std::io::{self, Read, Write};
use std::num::NonZero;

use crate::compression::Compression;
use crate::decode::{Decoder, MEMORY_MAX};
use crate::error::Error;
use crate::pieces::{Compress, Pieces};

/// The frame of the table.
const TABLE_MAGIC: [u8; 4] = 0x184d_2a5e_u32.to_le_bytes();
/// What the table ends with.
const FOOTER_MAGIC: [u8; 4] = 0x8f92_eab1_u32.to_le_bytes();
/// The frame of what a writer wants to find again.
const NOTE_MAGIC: [u8; 4] = 0x184d_2a55_u32.to_le_bytes();
const FOOTER_BYTES: u64 = 9;
const HEADER_BYTES: u64 = 8;
/// Bit of the descriptor: each entry has a sum of its content, too.
const HAS_SUMS: u8 = 0x80;
/// Bits of the descriptor that must not be set.
const RESERVED: u8 = 0x7c;
/// A table of more frames is not looked at.
const FRAMES_MAX: u32 = 1 << 20;
/// Nor is one with a longer frame: each is read whole.
const FRAME_BYTES_MAX: u32 = 64 << 20;
/// What stands for a content that cannot be compressed is longer than it by less than this.
const FRAME_MORE_MAX: u32 = 1 << 20;
/// What a writer wants to find again has at most so many bytes.
pub const NOTE_BYTES_MAX: usize = 64 << 20;

/// How many bytes a frame holds that is written at this level: more where matches may be farther apart. Sources of Rust,
/// 127 MB of them, are larger by so much than in one piece: 0.3 % at level 1 with 4 MiB; 3.5 % at level 3 with 4 MiB,
/// 2.2 % with 8; 9.0 % at level 9 with 4 MiB, 6.7 % with 8; 0.6 % at level 19 with 32 MiB.
fn frame_bytes(level: i32) -> usize {
    match level {
        ..=2 => 4 << 20,
        3..=6 => 16 << 20,
        _ => 32 << 20,
    }
}

/// Writes zstd that can be read at any place. The bytes do not depend on how many threads there are.
pub struct SeekableWriter<W> {
    out: W,
    pieces: Pieces,
    table: Table,
}

/// How long each frame is.
#[derive(Default)]
struct Table {
    bytes: Vec<u8>,
    frames: u32,
}

impl Table {
    fn list(&mut self, packed: u32, plain: u32) {
        self.bytes.extend_from_slice(&packed.to_le_bytes());
        self.bytes.extend_from_slice(&plain.to_le_bytes());
        self.frames = self.frames.saturating_add(1);
    }
}

impl<W: Write> SeekableWriter<W> {
    /// Writes to `out`, at this level or the default one, by so many threads.
    ///
    /// # Errors
    /// [`Error::Level`] if there is no such level, or what the system says.
    pub fn new(out: W, level: Option<i32>, threads: NonZero<u32>) -> io::Result<Self> {
        let level = Compression::Zstd.level(level)?;
        let make = move || -> io::Result<Compress> {
            let mut compressor = zstd::bulk::Compressor::new(level)?;
            compressor.include_checksum(true)?;
            Ok(Box::new(move |plain, packed| {
                packed.reserve(zstd::zstd_safe::compress_bound(plain.len()));
                compressor.compress_to_buffer(plain, packed).map(drop)
            }))
        };
        let pieces = Pieces::new(threads, frame_bytes(level), make)?;
        Ok(Self { out, pieces, table: Table::default() })
    }

    /// Writes what is left, then `note` for whoever reads it at any place, if it is not too long, and the table.
    ///
    /// # Errors
    /// What writing says.
    pub fn finish(mut self, note: &[u8]) -> io::Result<W> {
        if !self.pieces.is_empty() || self.table.frames == 0 {
            self.end_piece()?;
        }
        while self.put_next()? {}
        if !note.is_empty() && note.len() <= NOTE_BYTES_MAX {
            self.passed_over(NOTE_MAGIC, note)?;
            let length = u32::try_from(note.len()).unwrap_or_default() + 8;
            self.table.list(length, 0);
        }
        let Table { bytes: mut table, frames } = std::mem::take(&mut self.table);
        if frames <= FRAMES_MAX {
            table.extend_from_slice(&frames.to_le_bytes());
            table.push(0);
            table.extend_from_slice(&FOOTER_MAGIC);
            self.passed_over(TABLE_MAGIC, &table)?;
        }
        self.out.flush()?;
        Ok(self.out)
    }

    fn passed_over(&mut self, magic: [u8; 4], content: &[u8]) -> io::Result<()> {
        let length = u32::try_from(content.len()).map_err(io::Error::other)?;
        self.out.write_all(&magic)?;
        self.out.write_all(&length.to_le_bytes())?;
        self.out.write_all(content)
    }

    fn end_piece(&mut self) -> io::Result<()> {
        while self.pieces.is_full() {
            self.put_next()?;
        }
        self.pieces.end()
    }

    fn put_next(&mut self) -> io::Result<bool> {
        let Self { out, pieces, table } = self;
        let length = |length: usize| u32::try_from(length).map_err(io::Error::other);
        pieces.next(|piece| {
            out.write_all(&piece.packed)?;
            table.list(length(piece.packed.len())?, length(piece.plain.len())?);
            Ok(())
        })
    }
}

impl<W: Write> Write for SeekableWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.pieces.add(bytes);
        if self.pieces.is_whole() {
            self.end_piece()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// One frame: where it lies, and where its content does in what all of them give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// Where it begins.
    pub packed_at: u64,
    /// Its length.
    pub packed_length: u32,
    /// Where its content begins.
    pub plain_at: u64,
    /// The length of its content.
    pub plain_length: u32,
}

/// What a table says. It covers all bytes of the file; what it says of each frame shows when that is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeekTable {
    /// The frames that hold something, in order.
    pub frames: Vec<Frame>,
    /// How long all contents are together.
    pub plain_length: u64,
    /// Where what the writer wanted to find again begins, and its length.
    pub note: Option<(u64, u32)>,
}

impl SeekTable {
    /// Looks for a table at the end of a file of this length, which `read` reads at any place. `None` if there is none, or
    /// none that fits the file: it is read from its beginning to its end then, as every other.
    ///
    /// # Errors
    /// What reading says.
    pub fn find(
        length: u64,
        mut read: impl FnMut(u64, &mut [u8]) -> io::Result<()>,
    ) -> io::Result<Option<Self>> {
        let Some(footer_at) = length.checked_sub(FOOTER_BYTES) else { return Ok(None) };
        let mut footer = [0; 9];
        read(footer_at, &mut footer)?;
        let [a, b, c, d, descriptor, magic @ ..] = footer;
        let count = u32::from_le_bytes([a, b, c, d]);
        if magic != FOOTER_MAGIC || descriptor & RESERVED != 0 || count > FRAMES_MAX {
            return Ok(None);
        }
        let entry = if descriptor & HAS_SUMS == 0 { 8 } else { 12 };
        let inner = u64::from(count) * entry + FOOTER_BYTES;
        let Some(begin) = length.checked_sub(inner + HEADER_BYTES) else { return Ok(None) };
        let mut table = vec![0; usize::try_from(inner + HEADER_BYTES - FOOTER_BYTES).unwrap_or(0)];
        read(begin, &mut table)?;
        let Some((header, entries)) = table.split_at_checked(8) else { return Ok(None) };
        let said = u32::try_from(inner).unwrap_or(u32::MAX).to_le_bytes();
        if header != [TABLE_MAGIC, said].concat() {
            return Ok(None);
        }
        let mut found = Self { frames: Vec::new(), plain_length: 0, note: None };
        let mut at = 0_u64;
        for entry in entries.chunks_exact(usize::try_from(entry).unwrap_or(8)) {
            let number = |from: usize| {
                let bytes = entry.get(from..from + 4).and_then(|bytes| bytes.try_into().ok());
                bytes.map_or(0, u32::from_le_bytes)
            };
            let (packed_length, plain_length) = (number(0), number(4));
            if plain_length > FRAME_BYTES_MAX || packed_length > plain_length + FRAME_MORE_MAX {
                // Only what a writer wanted to find again may be longer.
                if plain_length > 0 || packed_length as usize > NOTE_BYTES_MAX + 8 {
                    return Ok(None);
                }
            }
            let frame =
                Frame { packed_at: at, packed_length, plain_at: found.plain_length, plain_length };
            at += u64::from(packed_length);
            found.plain_length += u64::from(plain_length);
            found.frames.push(frame);
        }
        if at != begin {
            return Ok(None);
        }
        found.take_note(&mut read)?;
        Ok(Some(found))
    }

    /// The last frame may be one that is passed over.
    fn take_note(
        &mut self,
        read: &mut impl FnMut(u64, &mut [u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let Some(last) = self.frames.last().copied() else { return Ok(()) };
        let Some(length) = last.packed_length.checked_sub(8) else { return Ok(()) };
        if last.plain_length > 0 {
            return Ok(());
        }
        let mut header = [0; 8];
        read(last.packed_at, &mut header)?;
        if header == *[NOTE_MAGIC, length.to_le_bytes()].concat() {
            self.frames.pop();
            self.note = Some((last.packed_at + HEADER_BYTES, length));
        }
        Ok(())
    }

    /// Which frame has the byte at this place of what all of them give.
    #[must_use]
    pub fn frame_at(&self, plain: u64) -> Option<usize> {
        let behind = self.frames.partition_point(|frame| frame.plain_at <= plain);
        let frame = self.frames.get(behind.checked_sub(1)?)?;
        (plain < frame.plain_at + u64::from(frame.plain_length)).then(|| behind - 1)
    }
}

impl Frame {
    /// The content of this frame, whose bytes these are.
    ///
    /// # Errors
    /// If they are damaged, or give another number of bytes than the table says.
    pub fn unpack(&self, packed: &[u8]) -> io::Result<Vec<u8>> {
        let length = usize::try_from(self.plain_length).unwrap_or(usize::MAX);
        let mut plain = Vec::with_capacity(length + 1);
        let mut read = Decoder::new(Compression::Zstd, packed, MEMORY_MAX);
        read.by_ref().take(u64::from(self.plain_length) + 1).read_to_end(&mut plain)?;
        if plain.len() == length {
            return Ok(plain);
        }
        let why = "a frame is not as long as the table at the end says".to_owned();
        Err(Error::Damaged { format: Compression::Zstd, why }.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(bytes: &[u8]) -> Option<SeekTable> {
        SeekTable::find(bytes.len() as u64, |at, buffer| {
            let at = usize::try_from(at).unwrap();
            buffer.copy_from_slice(&bytes[at..at + buffer.len()]);
            Ok(())
        })
        .unwrap()
    }

    fn written(plain: &[u8], threads: u32, note: &[u8]) -> Vec<u8> {
        let threads = NonZero::new(threads).unwrap();
        let mut writer = SeekableWriter::new(Vec::new(), Some(1), threads).unwrap();
        writer.write_all(plain).unwrap();
        writer.finish(note).unwrap()
    }

    fn sample() -> Vec<u8> {
        (0..10_000_000_u32).map(|n| (n / 7 % 251).to_le_bytes()[0]).collect()
    }

    #[test]
    fn any_frame_is_read_alone_and_all_of_them_by_every_reader() {
        let plain = sample();
        let bytes = written(&plain, 1, b"a note");
        assert!(bytes == written(&plain, 3, b"a note"));
        let mut whole = Vec::new();
        Decoder::new(Compression::Zstd, &bytes[..], MEMORY_MAX).read_to_end(&mut whole).unwrap();
        assert!(whole == plain);
        let table = find(&bytes).unwrap();
        assert_eq!((table.frames.len(), table.plain_length), (3, plain.len() as u64));
        let (at, length) = table.note.unwrap();
        assert_eq!(&bytes[usize::try_from(at).unwrap()..][..length as usize], b"a note");
        for place in [0, 4 << 20, plain.len() - 1] {
            let frame = table.frames[table.frame_at(place as u64).unwrap()];
            let packed = &bytes[usize::try_from(frame.packed_at).unwrap()..];
            let content = frame.unpack(&packed[..frame.packed_length as usize]).unwrap();
            let within = place - usize::try_from(frame.plain_at).unwrap();
            assert!(content[within..] == plain[place..][..content.len() - within]);
        }
        assert_eq!(table.frame_at(plain.len() as u64), None);
        let none = find(&written(b"", 2, b"")).unwrap();
        assert_eq!((none.plain_length, none.note, none.frame_at(0)), (0, None, None));
    }

    #[test]
    fn a_table_that_does_not_fit_is_none_and_a_frame_that_does_not_is_an_error() {
        let bytes = written(&sample(), 2, b"");
        let end = bytes.len();
        // A frame said to be longer, one too many, another length of the table, and a bit that means nothing.
        for (at, value) in [(end - 33, 1), (end - 9, 4), (end - 37, 1), (end - 5, 4)] {
            let mut other = bytes.clone();
            other[at] ^= value;
            assert_eq!(find(&other), None, "{at}");
        }
        for cut in [1, 9, 20, end - 8, end] {
            assert_eq!(find(&bytes[..end - cut]), None, "{cut}");
        }
        let frame = find(&bytes).unwrap().frames[0];
        let packed = &bytes[..frame.packed_length as usize];
        frame.unpack(packed).unwrap();
        for more in [frame.plain_length - 1, frame.plain_length + 1] {
            assert!(Frame { plain_length: more, ..frame }.unpack(packed).is_err());
        }
    }
}
