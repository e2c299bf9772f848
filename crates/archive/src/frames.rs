//! What is compressed in frames that do not need each other, as bytes that can be read at any place.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use holdall_codec::seekable::SeekTable;
use holdall_tree::ReadAt;

use crate::bytes::{Bytes, exactly};
use crate::error::{Error, Fault};
use crate::stop::Stop;

/// Contents of frames that were read last are kept, so many bytes of them.
const KEPT_BYTES: usize = 64 << 20;

/// The content of a file of zstd that has a table of its frames. Only what is read is unpacked; a frame that is not what
/// the table says is an error.
#[derive(Debug)]
pub struct Frames<A>(Arc<Inner<A>>);

#[derive(Debug)]
struct Inner<A> {
    bytes: A,
    table: SeekTable,
    /// The newest last.
    kept: Mutex<Vec<(usize, Arc<Vec<u8>>)>>,
}

impl<A> Clone for Frames<A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<A: Bytes> Frames<A> {
    /// The frames of a file, or the file if it has no table that fits it.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn find(bytes: A) -> io::Result<Result<Self, A>> {
        let table = SeekTable::find(bytes.length(), |at, buffer| {
            let read = exactly(&bytes, at, buffer.len()).map_err(unread)?;
            buffer.copy_from_slice(&read);
            Ok(())
        })?;
        Ok(match table {
            Some(table) => Ok(Self(Arc::new(Inner { bytes, table, kept: Mutex::default() }))),
            None => Err(bytes),
        })
    }

    /// How many bytes are stored.
    pub fn stored(&self) -> u64 {
        self.0.bytes.length()
    }

    /// What its writer wanted to find again.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn note(&self) -> io::Result<Option<Vec<u8>>> {
        let Some((at, length)) = self.0.table.note else { return Ok(None) };
        exactly(&self.0.bytes, at, length as usize).map(Some).map_err(unread)
    }

    /// The contents of all frames, one after the other.
    pub fn contents(&self) -> impl Iterator<Item = io::Result<Vec<u8>>> {
        (0..self.0.table.frames.len()).map(|at| self.content(at))
    }

    fn content(&self, at: usize) -> io::Result<Vec<u8>> {
        let frame = self.0.table.frames.get(at).ok_or(io::ErrorKind::UnexpectedEof)?;
        let length = frame.packed_length as usize;
        let packed = exactly(&self.0.bytes, frame.packed_at, length).map_err(unread)?;
        frame.unpack(&packed)
    }

    fn kept(&self, at: usize) -> io::Result<Arc<Vec<u8>>> {
        {
            let mut kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(place) = kept.iter().position(|(frame, _)| *frame == at) {
                let found = kept.remove(place);
                let content = Arc::clone(&found.1);
                kept.push(found);
                return Ok(content);
            }
        }
        let content = Arc::new(self.content(at)?);
        let mut kept = self.0.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push((at, Arc::clone(&content)));
        while kept.len() > 1 && kept.iter().map(|(_, c)| c.len()).sum::<usize>() > KEPT_BYTES {
            kept.remove(0);
        }
        Ok(content)
    }
}

fn unread(stop: Stop) -> io::Error {
    match stop {
        Stop::Fault(Fault::Truncated) => io::ErrorKind::UnexpectedEof.into(),
        Stop::Fault(fault) => io::Error::new(io::ErrorKind::InvalidData, fault),
        Stop::Error(Error::Read { source, .. }) => source,
        Stop::Error(error) => io::Error::other(error),
    }
}

impl<A: Bytes> ReadAt for Frames<A> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let Some(at) = self.0.table.frame_at(offset).filter(|_| !buffer.is_empty()) else {
            return Ok(0);
        };
        let content = self.kept(at)?;
        let begin = self.0.table.frames.get(at).map_or(0, |frame| frame.plain_at);
        let within = usize::try_from(offset - begin).unwrap_or(usize::MAX);
        io::Read::read(&mut content.get(within..).unwrap_or_default(), buffer)
    }
}

impl<A: Bytes> Bytes for Frames<A> {
    fn length(&self) -> u64 {
        self.0.table.plain_length
    }
}
