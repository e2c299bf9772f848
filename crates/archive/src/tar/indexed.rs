//! All headers of an archive without the contents between them: an index that the one parser reads.

use std::io::{self, Read};

use holdall_tree::ContentHash;
use holdall_tree::id::ContentHasher;

use super::read::Input;

/// Headers one behind the other. What the archive has between them is passed over without being there.
pub(super) struct Headers<R> {
    read: R,
    hasher: ContentHasher,
}

impl<R: Read> Headers<R> {
    pub(super) fn new(read: R) -> Self {
        Self { read, hasher: ContentHasher::default() }
    }
}

impl<R: Read> Read for Headers<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.read.read(buffer)?;
        self.hasher.update(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

impl<R: Read> Input for Headers<R> {
    fn skip(&mut self, bytes: u64) -> io::Result<()> {
        let skipped = io::copy(&mut self.by_ref().take(bytes), &mut io::sink())?;
        if skipped == bytes { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    fn leave(&mut self, _: u64) -> io::Result<()> {
        Ok(())
    }

    fn taken(&mut self) -> Option<ContentHash> {
        Some(std::mem::take(&mut self.hasher).finish())
    }
}
