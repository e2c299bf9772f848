//! The bytes of an archive that can be read at any place.

#[cfg(unix)]
use std::fs::File;
use std::io;
#[cfg(unix)]
use std::os::unix::fs::FileExt;

use holdall_tree::ReadAt;

/// Bytes of a known length that can be read at any place.
pub trait Bytes: ReadAt {
    /// How many there are.
    fn length(&self) -> u64;
}

/// The bytes of an open file.
#[cfg(unix)]
#[derive(Debug)]
pub struct FileBytes {
    file: File,
    length: u64,
}

#[cfg(unix)]
impl FileBytes {
    /// The file as long as it is now.
    ///
    /// # Errors
    /// If its length cannot be had.
    pub fn new(file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self { file, length })
    }
}

#[cfg(unix)]
impl ReadAt for FileBytes {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        FileExt::read_at(&self.file, buffer, offset)
    }
}

#[cfg(unix)]
impl Bytes for FileBytes {
    fn length(&self) -> u64 {
        self.length
    }
}

/// Bytes in memory.
#[derive(Debug, Clone, Default)]
pub struct MemoryBytes(pub Vec<u8>);

impl ReadAt for MemoryBytes {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|offset| self.0.get(offset..));
        io::Read::read(&mut rest.unwrap_or_default(), buffer)
    }
}

impl Bytes for MemoryBytes {
    fn length(&self) -> u64 {
        self.0.len() as u64
    }
}

/// Reads on from a place.
#[derive(Debug)]
pub(crate) struct Positioned<'a, A> {
    bytes: &'a A,
    pub(crate) at: u64,
}

impl<'a, A: Bytes> Positioned<'a, A> {
    pub(crate) fn new(bytes: &'a A, at: u64) -> Self {
        Self { bytes, at }
    }

    /// Passes over so many bytes, all of which must be there.
    pub(crate) fn pass(&mut self, bytes: u64) -> io::Result<()> {
        let after = self.at.checked_add(bytes).filter(|after| *after <= self.bytes.length());
        self.at = after.ok_or(io::ErrorKind::UnexpectedEof)?;
        Ok(())
    }
}

impl<A: Bytes> io::Read for Positioned<'_, A> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read_at(buffer, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}
