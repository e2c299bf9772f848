//! The content of a folder, front to back.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;

use holdall_codec::lzma::{LzmaReader, lzma2_window};
use holdall_codec::raw::Inflate;
use holdall_codec::{Compression, Decoder, MEMORY_MAX};

use super::BEGIN_BYTES;
use super::method::{Coder, Method};
use super::sums::Folder;
use crate::bytes::Bytes;

/// What comes of a folder.
pub(super) type Plain = Box<dyn Read + Send>;

/// Begins to unpack a folder. When it has given all bytes, the next look at it says whether it ended as it must.
pub(super) fn open<A: Bytes + 'static>(bytes: &Arc<A>, folder: &Folder) -> io::Result<Plain> {
    let at = BEGIN_BYTES.saturating_add(folder.at);
    let mut plain: Plain = Box::new(At { bytes: Arc::clone(bytes), at, left: folder.stored });
    for coder in &folder.coders {
        plain = undo(coder, plain)?;
    }
    Ok(plain)
}

/// True if an error says that bytes are not what they must be, and not that they could not be read.
pub(super) fn is_damage(error: &io::Error) -> bool {
    error.raw_os_error().is_none()
}

fn undo(coder: &Coder, plain: Plain) -> io::Result<Plain> {
    let size = coder.size;
    let window = coder.method.window(size).map_err(io::Error::other)?;
    let window = u32::try_from(window).unwrap_or(u32::MAX);
    let read: Plain = match &coder.method {
        Method::Copy => plain,
        // It may have no end of its own.
        Method::Lzma(properties) => {
            let read = LzmaReader::lzma(BufReader::new(plain), *properties, window)?;
            return Ok(Box::new(Exactly { read, left: size, ends: false }));
        }
        Method::Lzma2(byte) => {
            let fits = |byte: &u8| lzma2_window(*byte).is_some_and(|w| w >= u64::from(window));
            let byte = (0..*byte).find(fits).unwrap_or(*byte);
            Box::new(Ended(LzmaReader::lzma2(BufReader::new(plain), byte)?))
        }
        Method::Deflate => Box::new(Ended(Inflate::new(BufReader::new(plain)))),
        Method::Bzip2 => Box::new(Decoder::new(Compression::Bzip2, plain, MEMORY_MAX)),
        Method::Zstd => Box::new(Decoder::new(Compression::Zstd, plain, MEMORY_MAX)),
        Method::Filter(kind, properties) => {
            Box::new(LzmaReader::filtered(plain, *kind, properties)?)
        }
    };
    Ok(Box::new(Exactly { read, left: size, ends: true }))
}

/// What is stored of a folder.
struct At<A> {
    bytes: Arc<A>,
    at: u64,
    left: u64,
}

impl<A: Bytes> Read for At<A> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.bytes.read_at(buffer.get_mut(..wanted).unwrap_or_default(), self.at)?;
        self.at += read as u64;
        self.left -= read as u64;
        Ok(read)
    }
}

/// Gives just as many bytes as it should.
struct Exactly<R> {
    read: R,
    left: u64,
    /// What is read ends by itself.
    ends: bool,
}

impl<R: Read> Read for Exactly<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.left == 0 {
            if self.ends && self.read.read(&mut [0])? > 0 {
                return Err(damaged("there is more of it than its folder says"));
            }
            return Ok(0);
        }
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.read.read(buffer.get_mut(..wanted).unwrap_or_default())?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= read as u64;
        Ok(read)
    }
}

/// A stream that must be all of its input.
struct Ended<R>(R);

trait Left: Read {
    fn left(&mut self) -> &mut BufReader<Plain>;
}

impl Left for LzmaReader<BufReader<Plain>> {
    fn left(&mut self) -> &mut BufReader<Plain> {
        self.input()
    }
}

impl Left for Inflate<BufReader<Plain>> {
    fn left(&mut self) -> &mut BufReader<Plain> {
        self.input()
    }
}

impl<R: Left> Read for Ended<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer)?;
        if read == 0 && !buffer.is_empty() && !self.0.left().fill_buf()?.is_empty() {
            return Err(damaged("something follows its end"));
        }
        Ok(read)
    }
}

fn damaged(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}
