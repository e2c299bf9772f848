//! A place for what was unpacked from a sealed file: it can be read at any place, and what lies on the disk is encrypted
//! with a key that nobody has but this value.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;

use aes::Aes256;
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit, StreamCipher, StreamCipherSeek};
use zeroize::Zeroizing;

/// Bytes that are encrypted at once.
const PIECE_BYTES: usize = 64 << 10;

/// A file without a name that is written front to back and read at any place.
///
/// It hides what it holds from whoever gets at the disk, also later. It does not prove it: only its owner can write it.
pub struct Scratch {
    file: File,
    key: Zeroizing<[u8; 32]>,
    length: u64,
}

impl Scratch {
    /// An empty one in a file that has no name, so that nothing of it is left whatever happens.
    ///
    /// # Errors
    /// If the machine has no randomness to give.
    pub fn new(file: File) -> io::Result<Self> {
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(key.as_mut()).map_err(|error| io::Error::other(error.to_string()))?;
        Ok(Self { file, key, length: 0 })
    }

    /// How many bytes it holds.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Fills `buffer` as far as there are bytes at `offset` and behind it, and says how many.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = self.length.saturating_sub(offset);
        let wanted = usize::try_from(rest).unwrap_or(usize::MAX).min(buffer.len());
        let buffer = buffer.get_mut(..wanted).unwrap_or_default();
        let read = self.file.read_at(buffer, offset)?;
        self.turn(buffer.get_mut(..read).unwrap_or_default(), offset)?;
        Ok(read)
    }

    /// Reads it from its beginning.
    #[must_use]
    pub fn reader(&self) -> ScratchReader<'_> {
        ScratchReader { scratch: self, at: 0 }
    }

    /// Encrypts what is plain at this place and the other way round. The key is used for this one file, each place of
    /// which is written once, so that the counter may begin at zero.
    fn turn(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        let mut cipher = Ctr128BE::<Aes256>::new((&*self.key).into(), &[0; 16].into());
        let too_long = |_| io::Error::from(io::ErrorKind::FileTooLarge);
        cipher.try_seek(offset).map_err(too_long)?;
        cipher.try_apply_keystream(bytes).map_err(too_long)
    }
}

impl Write for Scratch {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut piece = Zeroizing::new([0; PIECE_BYTES]);
        let taken = bytes.len().min(PIECE_BYTES);
        let (Some(piece), Some(bytes)) = (piece.get_mut(..taken), bytes.get(..taken)) else {
            return Ok(0);
        };
        piece.copy_from_slice(bytes);
        self.turn(piece, self.length)?;
        self.file.write_all_at(piece, self.length)?;
        self.length += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Debug for Scratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scratch").field("length", &self.length).finish_non_exhaustive()
    }
}

/// Reads a [`Scratch`] from its beginning.
#[derive(Debug)]
pub struct ScratchReader<'s> {
    scratch: &'s Scratch,
    at: u64,
}

impl Read for ScratchReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.scratch.read_at(buffer, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(bytes: &[u8]) -> Scratch {
        let mut scratch = Scratch::new(tempfile::tempfile().unwrap()).unwrap();
        scratch.write_all(bytes).unwrap();
        scratch
    }

    #[test]
    fn it_reads_at_any_place_what_was_written() {
        let bytes: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
        let scratch = filled(&bytes);
        for (offset, length) in
            [(0, 10), (3, 100), (15, 17), (65_530, 20), (199_990, 50), (200_001, 5)]
        {
            let mut buffer = vec![0; length];
            let read = scratch.read_at(&mut buffer, offset as u64).unwrap();
            let rest = bytes.get(offset..).unwrap_or_default();
            assert_eq!(buffer[..read], rest[..length.min(rest.len())], "{offset}");
        }
        let mut whole = Vec::new();
        scratch.reader().read_to_end(&mut whole).unwrap();
        assert_eq!(whole, bytes);
    }

    #[test]
    fn nothing_plain_lies_in_its_file() {
        let scratch = filled(&b"the quick brown fox ".repeat(5000));
        let mut stored = vec![0; 100_000];
        scratch.file.read_exact_at(&mut stored, 0).unwrap();
        assert!(!stored.windows(9).any(|window| window == b"the quick"));
        assert!(!stored.chunks(20).skip(1).any(|chunk| chunk == &stored[..20]));
    }
}
