//! What is written, in pieces of one length that threads compress.

use std::io;
use std::num::NonZero;

use crate::pool::Pool;

/// Compresses one piece to the end of an empty buffer, and may keep what it needs for the next.
pub(crate) type Compress = Box<dyn FnMut(&[u8], &mut Vec<u8>) -> io::Result<()> + Send>;

/// A piece before and after it was compressed.
#[derive(Default)]
pub(crate) struct Piece {
    pub(crate) plain: Vec<u8>,
    pub(crate) packed: Vec<u8>,
}

/// The pieces under way. Their buffers are used again and again: memory that is new costs the system as much as what it
/// is needed for.
pub(crate) struct Pieces {
    pool: Pool<Piece, (Piece, io::Result<()>)>,
    open: Piece,
    length: usize,
    spare: Vec<Piece>,
}

impl Pieces {
    /// Pieces of `length` bytes, by so many threads, each with a compressor that `make` gives.
    pub(crate) fn new(
        threads: NonZero<u32>,
        length: usize,
        make: impl Fn() -> io::Result<Compress>,
    ) -> io::Result<Self> {
        let pool = Pool::new(threads, 1, || {
            let mut compress = make()?;
            Ok(Box::new(move |mut piece: Piece| {
                let done = compress(&piece.plain, &mut piece.packed);
                (piece, done)
            }))
        })?;
        Ok(Self { pool, open: Piece::default(), length, spare: Vec::new() })
    }

    /// How long a piece is.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// True if nothing was added since the last piece ended.
    pub(crate) fn is_empty(&self) -> bool {
        self.open.plain.is_empty()
    }

    /// True if no more goes into the piece at hand.
    pub(crate) fn is_whole(&self) -> bool {
        self.open.plain.len() >= self.length
    }

    /// True if a piece should come out before this one ends.
    pub(crate) fn is_full(&self) -> bool {
        self.pool.is_full()
    }

    /// Adds what there is room for in the piece at hand, and gives how much that is.
    pub(crate) fn add(&mut self, bytes: &[u8]) -> usize {
        let room = self.length.saturating_sub(self.open.plain.len());
        let taken = bytes.get(..room).unwrap_or(bytes);
        self.open.plain.extend_from_slice(taken);
        taken.len()
    }

    /// Has the piece at hand compressed.
    pub(crate) fn end(&mut self) -> io::Result<()> {
        let next = self.spare.pop().unwrap_or_default();
        self.pool.put(std::mem::replace(&mut self.open, next))
    }

    /// Hands the next piece to `write` when it is done; false if there is none.
    pub(crate) fn next(
        &mut self,
        write: impl FnOnce(&Piece) -> io::Result<()>,
    ) -> io::Result<bool> {
        let Some((mut piece, done)) = self.pool.take()? else { return Ok(false) };
        done?;
        write(&piece)?;
        piece.plain.clear();
        piece.packed.clear();
        self.spare.push(piece);
        Ok(true)
    }
}
