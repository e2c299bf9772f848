//! The content of a folder, front to back.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;

use holdall_codec::bcj2::Bcj2Reader;
use holdall_codec::lzma::{FilterReader, LzmaReader, lzma2_window};
use holdall_codec::raw::Inflate;
use holdall_codec::{Compression, Decoder, MEMORY_MAX};
use holdall_tree::Error as TreeError;

use super::BEGIN_BYTES;
use super::method::{BCJ2_INPUTS, Coder, Input, Method};
use crate::bytes::Bytes;
use crate::error::{Error, Fault};

/// What comes of a folder.
pub(crate) type Plain = Box<dyn Read + Send>;

/// What is stored of a folder, and how it is unpacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Packed {
    /// Where it begins, counted from behind the first bytes of the archive.
    pub(super) at: u64,
    /// How many bytes are stored.
    pub(super) stored: u64,
    /// What gives the contents.
    pub(super) last: Coder,
}

impl Packed {
    /// Begins to unpack it. When it has given all bytes, the next look at it says whether it ended as it must.
    pub(crate) fn open<A: Bytes + 'static>(&self, bytes: &Arc<A>) -> io::Result<Plain> {
        unpack(bytes, &self.last)
    }

    /// The same, for whoever is out of reach: damage says that it is.
    pub(crate) fn open_afar<A: Bytes + 'static>(&self, bytes: &Arc<A>) -> io::Result<Plain> {
        let at = self.at;
        let read = self.open(bytes).map_err(|error| told(error, at))?;
        Ok(Box::new(Afar { read, at }))
    }
}

/// A folder that is unpacked for whoever is out of reach.
struct Afar {
    read: Plain,
    at: u64,
}

impl Read for Afar {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let at = self.at;
        self.read.read(buffer).map_err(|error| told(error, at))
    }
}

fn told(error: io::Error, at: u64) -> io::Error {
    if error.kind() == io::ErrorKind::Interrupted || !is_damage(&error) {
        return error;
    }
    let (offset, number, name, fault) = (at, 0, String::new(), Fault::Crc);
    Error::Refused { offset, number, name, fault }.in_content()
}

/// True if an error says that bytes are not what they must be, and not that they could not be read.
pub(super) fn is_damage(error: &io::Error) -> bool {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<TreeError>()) {
        // Out of reach it was known.
        Some(error) => matches!(error.get_ref().downcast_ref(), Some(Error::Refused { .. })),
        None => error.raw_os_error().is_none(),
    }
}

fn unpack<A: Bytes + 'static>(bytes: &Arc<A>, coder: &Coder) -> io::Result<Plain> {
    let input = |input: &Input| -> io::Result<Plain> {
        Ok(match input {
            Input::Coder(coder) => unpack(bytes, coder)?,
            Input::Stored { at, length } => {
                let at = BEGIN_BYTES.saturating_add(*at);
                Box::new(At { bytes: Arc::clone(bytes), at, left: *length })
            }
        })
    };
    let inputs = coder.from.iter().map(input).collect::<io::Result<Vec<_>>>()?;
    undo(coder, inputs)
}

fn undo(coder: &Coder, mut inputs: Vec<Plain>) -> io::Result<Plain> {
    let size = coder.size;
    let other = || damaged("a method takes other streams than it can");
    if coder.method == Method::Bcj2 {
        let inputs: [Plain; BCJ2_INPUTS] = inputs.try_into().map_err(|_| other())?;
        let read = Bcj2Reader::new(inputs.map(BufReader::new));
        return Ok(Box::new(Exactly { read, left: size, ends: true }));
    }
    let (Some(plain), true) = (inputs.pop(), inputs.is_empty()) else { return Err(other()) };
    let window = coder.method.window(size).map_err(io::Error::other)?;
    let window = u32::try_from(window).unwrap_or(u32::MAX);
    let read: Plain = match &coder.method {
        Method::Copy | Method::Bcj2 => plain,
        // It may have no end of its own.
        Method::Lzma(properties) => {
            let read = LzmaReader::lzma(BufReader::new(plain), *properties, window, size)?;
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
        Method::Filter(kind, properties) => Box::new(FilterReader::new(plain, *kind, properties)?),
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
