//! LZMA2 written in pieces, by threads.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::num::NonZero;

use liblzma::stream::{Action, Filters, LzmaOptions, Status, Stream};

use super::fast;
use crate::compression::Compression;
use crate::pieces::{Compress, Pieces};

/// The window of each level of the library, as a power of two, as `xz` has them. The first ones are those of
/// [`fast::LEVELS`].
const WINDOW_LOGS: [u8; 10] = [18, 20, 21, 22, 22, 23, 23, 24, 25, 26];
/// How many of these windows a piece is long that is compressed by itself.
const WINDOWS: usize = 2;

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
        let (window_log, pieces) = match fast::LEVELS.get(at) {
            Some(fast) => (fast.piece_log, fast_pieces(threads, *fast)?),
            None => {
                let window_log = WINDOW_LOGS.get(at).copied().unwrap_or(23);
                (window_log, dense_pieces(threads, level, window_log)?)
            }
        };
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
                    *packed += piece.packed.len() as u64;
                    out.write_all(&piece.packed)
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

fn fast_pieces(threads: NonZero<u32>, level: fast::Level) -> io::Result<Pieces> {
    Pieces::new(threads, 1 << level.piece_log, || {
        let mut encoder = fast::Encoder::new(level);
        Ok(Box::new(move |plain: &[u8], packed: &mut Vec<u8>| {
            encoder.encode(plain, packed);
            Ok(())
        }) as Compress)
    })
}

fn dense_pieces(threads: NonZero<u32>, level: u32, window_log: u8) -> io::Result<Pieces> {
    let window = 1 << window_log;
    Pieces::new(threads, WINDOWS << window_log, || {
        Ok(Box::new(move |plain: &[u8], packed: &mut Vec<u8>| {
            dense(level, window, plain, packed)?;
            // The last byte says that the stream ends; here it goes on.
            packed.pop();
            Ok(())
        }) as Compress)
    })
}

/// Compresses a piece by the library.
fn dense(level: u32, window: u32, plain: &[u8], packed: &mut Vec<u8>) -> io::Result<()> {
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
