//! Where something is unpacked to before it is judged: memory as long as it is not much, then a file without a name.
//!
//! The sync at the end of a restore writes all of a file system, so also a file without a name that nobody needs any more
//! and that was as large as what is restored.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::sync::Arc;

use holdall_archive::FileBytes;
use holdall_seal::Scratch;

use crate::sealed::Place;

/// So many bytes are kept in memory at most.
const MEMORY_BYTES_MAX: u64 = 256 << 20;
/// And no larger a part of what is free.
const MEMORY_PART: u64 = 4;

/// Whether what was unpacked may lie on the disk as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Secrecy {
    Open,
    Hidden,
}

/// What something is unpacked to.
pub(crate) enum Spool {
    /// In memory, with room for so many bytes, and the file that it goes to when it is full.
    Memory(File, u64, File),
    Open(File),
    Hidden(Scratch),
}

impl Spool {
    pub(crate) fn new(file: File, secrecy: Secrecy) -> io::Result<Self> {
        if secrecy == Secrecy::Hidden {
            return Scratch::new(file).map(Self::Hidden);
        }
        let room = (holdall_disk::free_memory() / MEMORY_PART).min(MEMORY_BYTES_MAX);
        Ok(match holdall_disk::memory_file() {
            Ok(memory) if room > 0 => Self::Memory(memory, room, file),
            _ => Self::Open(file),
        })
    }

    /// As a place to read from.
    pub(crate) fn place(self) -> io::Result<Place> {
        Ok(match self {
            Self::Memory(file, ..) | Self::Open(file) => Place::File(FileBytes::new(file)?),
            Self::Hidden(scratch) => Place::Hidden(Arc::new(scratch)),
        })
    }

    /// Goes on in the file, if there is no room in memory for so many bytes.
    fn make_room(&mut self, bytes: usize) -> io::Result<()> {
        let Self::Memory(memory, room, file) = self else { return Ok(()) };
        if let Some(left) = room.checked_sub(bytes as u64) {
            *room = left;
            return Ok(());
        }
        memory.rewind()?;
        io::copy(memory, file)?;
        *self = Self::Open(file.try_clone()?);
        Ok(())
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.make_room(bytes.len())?;
        match self {
            Self::Memory(file, ..) => file.write_all(bytes).map(|()| bytes.len()),
            Self::Open(file) => file.write(bytes),
            Self::Hidden(scratch) => scratch.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Memory(file, ..) | Self::Open(file) => file.flush(),
            Self::Hidden(scratch) => scratch.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use holdall_archive::Bytes;
    use holdall_tree::ReadAt;

    use super::*;

    #[test]
    fn what_does_not_fit_into_memory_goes_to_the_file() {
        for (room, stays) in [(9, true), (8, false), (0, false)] {
            let (memory, file) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
            let mut spool = Spool::Memory(memory, room, file.try_clone().unwrap());
            for piece in ["one", "two", "six"] {
                spool.write_all(piece.as_bytes()).unwrap();
            }
            assert_eq!(matches!(spool, Spool::Memory(..)), stays);
            assert_eq!(file.metadata().unwrap().len(), if stays { 0 } else { 9 });
            let place = spool.place().unwrap();
            let mut back = [0; 9];
            assert_eq!((place.length(), place.read_at(&mut back, 0).unwrap()), (9, 9));
            assert_eq!(&back, b"onetwosix");
        }
    }
}
