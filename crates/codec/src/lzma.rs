//! LZMA and LZMA2 without a container, and the filters that are put before them, as 7z has them.

use std::collections::VecDeque;
use std::io::{self, BufRead, Read, Write};
use std::num::NonZero;

use liblzma::stream::{Action, Filters, LzmaOptions, Status, Stream};

use crate::compression::Compression;
use crate::pieces::{Compress, Pieces};

/// Bytes of what is filtered that go through at once: the longest chunk of LZMA2 that is stored as it is.
const CHUNK_BYTES: usize = 1 << 16;
/// The window of each level of LZMA2, as a power of two, as `xz` has them.
const WINDOW_LOGS: [u8; 10] = [18, 20, 21, 22, 22, 23, 23, 24, 25, 26];
/// How many windows a piece is long that is compressed by itself.
const WINDOWS: u32 = 2;

/// What is done with bytes before they are compressed, so that they can be compressed better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FilterKind {
    /// Each byte is the difference from the one so many bytes before.
    Delta,
    /// Addresses in programs of x86.
    X86,
    /// Of PowerPC, big endian.
    PowerPc,
    /// Of Itanium.
    Ia64,
    /// Of ARM.
    Arm,
    /// Of ARM with short instructions.
    ArmThumb,
    /// Of ARM with 64 bits.
    Arm64,
    /// Of SPARC.
    Sparc,
    /// Of RISC-V.
    RiscV,
}

/// Reads LZMA or LZMA2, or takes a filter off. It gives `Ok(0)` at the end of the stream, which need not be that of the
/// input. LZMA may have no end of its own: whoever reads it knows how long it is.
pub struct LzmaReader<R> {
    input: R,
    stream: Stream,
    done: bool,
}

/// The size of the window that LZMA2 wants by its one byte of properties; `None` if it is none.
#[must_use]
pub fn lzma2_window(properties: u8) -> Option<u64> {
    let bits = u32::from(properties);
    match bits {
        0..40 => Some(u64::from(2 | (bits & 1)) << (bits / 2 + 11)),
        40 => Some(u64::from(u32::MAX)),
        _ => None,
    }
}

impl<R: BufRead> LzmaReader<R> {
    /// Reads LZMA with these five bytes of properties, the last four of which are the size of its window: it is given
    /// again, since it need not be larger than the content.
    ///
    /// # Errors
    /// If there are no such properties.
    pub fn lzma(input: R, properties: [u8; 5], window: u32) -> io::Result<Self> {
        let mut bytes = properties;
        if let Some(place) = bytes.get_mut(1..) {
            place.copy_from_slice(&window.max(4096).to_le_bytes());
        }
        let mut filters = Filters::new();
        filters.lzma1_properties(&bytes)?;
        Self::of(input, &filters)
    }

    /// Reads LZMA2 with this byte of properties.
    ///
    /// # Errors
    /// If there are no such properties.
    pub fn lzma2(input: R, properties: u8) -> io::Result<Self> {
        let mut filters = Filters::new();
        filters.lzma2_properties(&[properties])?;
        Self::of(input, &filters)
    }

    fn of(input: R, filters: &Filters) -> io::Result<Self> {
        Ok(Self { input, stream: Stream::new_raw_decoder(filters)?, done: false })
    }

    /// What is left of the input.
    pub fn input(&mut self) -> &mut R {
        &mut self.input
    }
}

impl<R: Read> LzmaReader<Stored<R>> {
    /// Takes a filter with these properties off what `read` gives.
    ///
    /// # Errors
    /// If there are no such properties.
    pub fn filtered(read: R, kind: FilterKind, properties: &[u8]) -> io::Result<Self> {
        let mut filters = Filters::new();
        match kind {
            FilterKind::Delta => filters.delta_properties(properties)?,
            FilterKind::X86 => filters.x86_properties(properties)?,
            FilterKind::PowerPc => filters.powerpc_properties(properties)?,
            FilterKind::Ia64 => filters.ia64_properties(properties)?,
            FilterKind::Arm => filters.arm_properties(properties)?,
            FilterKind::ArmThumb => filters.arm_thumb_properties(properties)?,
            FilterKind::Arm64 => filters.arm64_properties(properties)?,
            FilterKind::Sparc => filters.sparc_properties(properties)?,
            FilterKind::RiscV => filters.riscv_properties(properties)?,
        };
        // The library has filters only before something that is compressed.
        filters.lzma2_properties(&[8])?;
        Self::of(Stored { read, chunk: Vec::new(), at: 0, begun: false, ended: false }, &filters)
    }
}

impl<R: BufRead> Read for LzmaReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !self.done && !buffer.is_empty() {
            let input = self.input.fill_buf()?;
            let ended = input.is_empty();
            let action = if ended { Action::Finish } else { Action::Run };
            let (taken, made) = (self.stream.total_in(), self.stream.total_out());
            let status = self.stream.process(input, buffer, action)?;
            let taken = usize::try_from(self.stream.total_in() - taken).unwrap_or_default();
            let made = usize::try_from(self.stream.total_out() - made).unwrap_or_default();
            self.input.consume(taken);
            self.done = status == Status::StreamEnd;
            if made > 0 {
                return Ok(made);
            }
            if !self.done && (ended || status == Status::MemNeeded) {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(0)
    }
}

/// Bytes as LZMA2 that is not compressed.
pub struct Stored<R> {
    read: R,
    chunk: Vec<u8>,
    at: usize,
    begun: bool,
    ended: bool,
}

impl<R: Read> Stored<R> {
    /// Puts the next bytes in a chunk: a byte that says what it is, its length less one, and the bytes.
    fn next(&mut self) -> io::Result<()> {
        self.chunk.resize(CHUNK_BYTES + 3, 0);
        let room = self.chunk.get_mut(3..).unwrap_or_default();
        let read = loop {
            match self.read.read(room) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.at = 0;
        let Some(less) = read.checked_sub(1) else {
            self.ended = true;
            self.chunk = vec![0];
            return Ok(());
        };
        self.chunk.truncate(read + 3);
        let length = u16::try_from(less).unwrap_or_default().to_be_bytes();
        let head = [if self.begun { 2 } else { 1 }, length[0], length[1]];
        self.begun = true;
        self.chunk.iter_mut().zip(head).for_each(|(to, from)| *to = from);
        Ok(())
    }
}

impl<R: Read> Read for Stored<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut piece = self.fill_buf()?;
        let read = piece.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: Read> BufRead for Stored<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at >= self.chunk.len() && !self.ended {
            self.next()?;
        }
        Ok(self.chunk.get(self.at..).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.at += amount;
    }
}

/// Writes one stream of LZMA2 after another, each in pieces that do not need each other and are compressed by threads. The
/// bytes do not depend on how many threads there are.
pub struct Lzma2Writer<W> {
    out: W,
    pieces: Pieces,
    window_log: u8,
    /// What was begun: a piece, or the end of a stream.
    begun: VecDeque<Begun>,
    packed: u64,
    lengths: Vec<u64>,
}

enum Begun {
    Piece,
    End,
}

impl<W: Write> Lzma2Writer<W> {
    /// Writes to `out`, at a level of xz or its default, by so many threads.
    ///
    /// # Errors
    /// [`Error::Level`](crate::Error::Level) if there is no such level, or what the system says.
    pub fn new(out: W, level: Option<i32>, threads: NonZero<u32>) -> io::Result<Self> {
        let level = Compression::Xz.level(level)?.unsigned_abs();
        let at = usize::try_from(level).unwrap_or_default();
        let window_log = WINDOW_LOGS.get(at).copied().unwrap_or(23);
        let window = 1_u32 << window_log;
        let make = move || {
            let compress =
                move |plain: &[u8], packed: &mut Vec<u8>| lzma2(level, window, plain, packed);
            Ok(Box::new(compress) as Compress)
        };
        let length = usize::try_from(window * WINDOWS).unwrap_or(usize::MAX);
        let pieces = Pieces::new(threads, length, make)?;
        let (begun, lengths) = (VecDeque::new(), Vec::new());
        Ok(Self { out, pieces, window_log, begun, packed: 0, lengths })
    }

    /// The byte of properties that a reader needs.
    #[must_use]
    pub fn properties(&self) -> u8 {
        (self.window_log - 12) * 2
    }

    /// How many bytes are compressed by themselves.
    #[must_use]
    pub fn piece_bytes(&self) -> u64 {
        self.pieces.length() as u64
    }

    /// Ends the stream. What is written next is another one.
    ///
    /// # Errors
    /// What writing says.
    pub fn end_stream(&mut self) -> io::Result<()> {
        self.end_piece()?;
        self.begun.push_back(Begun::End);
        Ok(())
    }

    /// Writes all that is left, and gives back what was written to and how long each stream is. One that was not ended
    /// is left without an end.
    ///
    /// # Errors
    /// What writing says.
    pub fn finish(mut self) -> io::Result<(W, Vec<u64>)> {
        while self.put_next()? {}
        Ok((self.out, self.lengths))
    }

    fn end_piece(&mut self) -> io::Result<()> {
        if self.pieces.is_empty() {
            return Ok(());
        }
        while self.pieces.is_full() {
            self.put_next()?;
        }
        self.pieces.end()?;
        self.begun.push_back(Begun::Piece);
        Ok(())
    }

    /// Writes what was begun first; false if there is nothing.
    fn put_next(&mut self) -> io::Result<bool> {
        match self.begun.pop_front() {
            None => return Ok(false),
            Some(Begun::End) => {
                self.out.write_all(&[0])?;
                self.lengths.push(self.packed + 1);
                self.packed = 0;
            }
            Some(Begun::Piece) => {
                let Self { out, pieces, packed, .. } = self;
                return pieces.next(|piece| {
                    // The last byte says that the stream ends; here it goes on.
                    let going_on = piece.packed.split_last().map(|(_, going_on)| going_on);
                    out.write_all(going_on.unwrap_or_default())?;
                    *packed += going_on.unwrap_or_default().len() as u64;
                    Ok(())
                });
            }
        }
        Ok(true)
    }
}

impl<W: Write> Write for Lzma2Writer<W> {
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

fn lzma2(level: u32, window: u32, plain: &[u8], packed: &mut Vec<u8>) -> io::Result<()> {
    let mut options = LzmaOptions::new_preset(level)?;
    options.dict_size(window);
    let mut filters = Filters::new();
    filters.lzma2(&options);
    let mut stream = Stream::new_raw_encoder(&filters)?;
    packed.reserve(plain.len() / 4 + 4096);
    let mut left = plain;
    loop {
        let before = stream.total_in();
        let status = stream.process_vec(left, packed, Action::Finish)?;
        let taken = usize::try_from(stream.total_in() - before).unwrap_or_default();
        left = left.get(taken..).unwrap_or_default();
        if status == Status::StreamEnd {
            return Ok(());
        }
        packed.reserve(packed.len().max(4096));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn threads(count: u32) -> NonZero<u32> {
        NonZero::new(count).unwrap()
    }

    /// Bytes that can be compressed, and not too well.
    fn sample(length: usize) -> Vec<u8> {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            u8::try_from(state >> 28).unwrap()
        };
        (0..length).map(|_| next()).collect()
    }

    #[test]
    fn streams_of_many_pieces_come_back_and_do_not_depend_on_the_threads() {
        let contents = [sample(1_200_000), Vec::new(), sample(10)];
        let written = |count| {
            let mut writer = Lzma2Writer::new(Vec::new(), Some(0), threads(count)).unwrap();
            for content in &contents {
                writer.write_all(content).unwrap();
                writer.end_stream().unwrap();
            }
            let properties = writer.properties();
            let (bytes, lengths) = writer.finish().unwrap();
            (bytes, lengths, properties)
        };
        let (bytes, lengths, properties) = written(1);
        assert_eq!((&bytes, &lengths), (&written(3).0, &written(3).1));
        assert_eq!(lzma2_window(properties), Some(1 << 18));
        assert_eq!(lengths.iter().sum::<u64>(), bytes.len() as u64);
        let mut rest = &bytes[..];
        for (content, length) in contents.iter().zip(lengths) {
            let (stream, behind) = rest.split_at(usize::try_from(length).unwrap());
            rest = behind;
            let mut read = LzmaReader::lzma2(stream, properties).unwrap();
            let mut back = Vec::new();
            read.read_to_end(&mut back).unwrap();
            assert!(&back == content && read.input().is_empty());
            let cut = &stream[..stream.len() - 1];
            let mut read = LzmaReader::lzma2(cut, properties).unwrap();
            assert!(read.read_to_end(&mut back).is_err());
        }
    }

    #[test]
    fn a_filter_is_taken_off_what_comes_in_any_pieces() {
        let plain = sample(200_000);
        let delta: Vec<u8> = (0..plain.len())
            .map(|at| plain[at].wrapping_sub(if at < 3 { 0 } else { plain[at - 3] }))
            .collect();
        let mut back = Vec::new();
        let mut read = LzmaReader::filtered(&delta[..], FilterKind::Delta, &[2]).unwrap();
        read.read_to_end(&mut back).unwrap();
        assert!(back == plain);
        for kind in [FilterKind::X86, FilterKind::Arm64, FilterKind::RiscV] {
            let mut read = LzmaReader::filtered(&plain[..], kind, &[]).unwrap();
            let mut back = Vec::new();
            read.read_to_end(&mut back).unwrap();
            assert_eq!(back.len(), plain.len());
        }
        assert!(LzmaReader::filtered(&plain[..], FilterKind::X86, &[1]).is_err());
    }

    #[test]
    fn a_window_has_its_byte() {
        assert_eq!(lzma2_window(0), Some(4096));
        assert_eq!(lzma2_window(1), Some(6144));
        assert_eq!(lzma2_window(39), Some(3 << 30));
        assert_eq!((lzma2_window(40), lzma2_window(41)), (Some((1 << 32) - 1), None));
    }
}
