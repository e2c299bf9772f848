//! Reads what was compressed, one stream after another, to the very end.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read};

use crate::brotli::BrotliDecoder;
use crate::compression::Compression;
use crate::error::Error;
use crate::heavy::{Xz, Zstd, wants_memory};

/// The memory that one stream may want of its reader, if nobody says otherwise, in bytes. It is enough for all levels of
/// all formats, and not for what `zstd --long=28` and beyond write.
pub const MEMORY_MAX: u64 = 128 << 20;

/// Compressed bytes are read in pieces of this size.
const PIECE_BYTES: usize = 64 << 10;

/// Reads what was compressed.
///
/// Streams that follow each other are read as one. Any other byte behind the end of a stream is an error, and so is an
/// end before that of a stream. Only what was read before `Ok(0)` was proved, as far as the format can prove it.
pub struct Decoder<R: Read> {
    format: Compression,
    memory_max: u64,
    state: State<R>,
}

/// Where the reader is.
enum State<R: Read> {
    /// Between two streams, so many of which were read.
    Between(Input<R>, u64),
    Inside(Box<Stream<R>>, u64),
    Done,
    Failed(Error),
}

/// The decoder of one stream.
enum Stream<R: Read> {
    Gzip(flate2::bufread::GzDecoder<Input<R>>),
    Bzip2(bzip2::bufread::BzDecoder<Input<R>>),
    Xz(Xz<Input<R>>),
    Zstd(Zstd<Input<R>>),
    Lz4(lz4_flex::frame::FrameDecoder<Input<R>>),
    Brotli(BrotliDecoder<Input<R>>),
}

impl<R: Read> Decoder<R> {
    /// Reads what `read` gives as `format`. A stream may want so many bytes of memory; [`MEMORY_MAX`] is a good limit.
    pub fn new(format: Compression, read: R, memory_max: u64) -> Self {
        let buffered = BufReader::with_capacity(PIECE_BYTES, read);
        let input = Input { buffered, ended: false, failed: false };
        Self { format, memory_max, state: State::Between(input, 0) }
    }

    /// Goes on to the next stream, if there is one.
    fn begin(&mut self, mut input: Input<R>, streams: u64) -> io::Result<()> {
        let format = self.format;
        if format == Compression::Xz && streams > 0 {
            self.skip_padding(&mut input)?;
        }
        match input.fill_buf()?.first() {
            None if streams == 0 => return Err(self.fail(Error::Truncated { format })),
            None => {
                self.state = State::Done;
                return Ok(());
            }
            Some(first) if streams > 0 && !format.may_begin_with(*first) => {
                return Err(self.fail(Error::Trailing { format }));
            }
            Some(_) => {}
        }
        let stream = Stream::new(format, input, self.memory_max)?;
        self.state = State::Inside(Box::new(stream), streams + 1);
        Ok(())
    }

    /// Behind a stream of xz there may be zeros, four at a time.
    fn skip_padding(&mut self, input: &mut Input<R>) -> io::Result<()> {
        let mut zeros = 0_usize;
        loop {
            let piece = input.fill_buf()?;
            let more = piece.iter().take_while(|byte| **byte == 0).count();
            input.consume(more);
            zeros = zeros.wrapping_add(more);
            if more == 0 {
                break;
            }
        }
        if zeros.is_multiple_of(4) {
            return Ok(());
        }
        Err(self.fail(Error::Trailing { format: self.format }))
    }

    fn fail(&mut self, error: Error) -> io::Error {
        self.state = State::Failed(error.clone());
        error.into()
    }
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let format = self.format;
        loop {
            if let State::Inside(stream, _) = &mut self.state {
                match stream.reader().read(buffer) {
                    Ok(0) if stream.ended_early() => {
                        return Err(self.fail(Error::Truncated { format }));
                    }
                    Ok(0) => {}
                    Ok(read) => return Ok(read),
                    Err(error) if stream.input().failed => {
                        let why = "it could not be read to its end".to_owned();
                        self.state = State::Failed(Error::Damaged { format, why });
                        return Err(error);
                    }
                    Err(error) => {
                        let ended = stream.input().ended;
                        return Err(self.fail(self.explain(&error, ended)));
                    }
                }
            }
            let unfinished = Error::Truncated { format };
            match std::mem::replace(&mut self.state, State::Failed(unfinished)) {
                State::Inside(stream, streams) => {
                    self.state = State::Between(stream.into_input(), streams);
                }
                State::Between(input, streams) => self.begin(input, streams)?,
                State::Done => {
                    self.state = State::Done;
                    return Ok(0);
                }
                State::Failed(error) => return Err(self.fail(error)),
            }
        }
    }
}

impl<R: Read> Decoder<R> {
    /// What the library below means.
    fn explain(&self, error: &io::Error, ended: bool) -> Error {
        let format = self.format;
        let why = error.to_string();
        if wants_memory(error) {
            return Error::Memory { format, limit: self.memory_max };
        }
        if ended && error.kind() == io::ErrorKind::UnexpectedEof {
            return Error::Truncated { format };
        }
        Error::Damaged { format, why }
    }
}

impl<R: Read> fmt::Debug for Decoder<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder").field("format", &self.format).finish_non_exhaustive()
    }
}

impl Compression {
    /// False for a byte with which no stream of this format begins that follows another one.
    fn may_begin_with(self, byte: u8) -> bool {
        match self {
            Self::Gzip => byte == 0x1f,
            Self::Bzip2 => byte == b'B',
            Self::Xz => byte == 0xfd,
            Self::Zstd => byte == 0x28 || (0x50..=0x5f).contains(&byte),
            Self::Lz4 => byte == 0x04,
            Self::Brotli => false,
        }
    }
}

impl<R: Read> Stream<R> {
    fn new(format: Compression, input: Input<R>, memory_max: u64) -> io::Result<Self> {
        Ok(match format {
            Compression::Gzip => Self::Gzip(flate2::bufread::GzDecoder::new(input)),
            Compression::Bzip2 => Self::Bzip2(bzip2::bufread::BzDecoder::new(input)),
            Compression::Xz => Self::Xz(Xz::new(input, memory_max)?),
            Compression::Zstd => Self::Zstd(Zstd::new(input, memory_max)?),
            Compression::Lz4 => Self::Lz4(lz4_flex::frame::FrameDecoder::new(input)),
            Compression::Brotli => Self::Brotli(BrotliDecoder::new(input)),
        })
    }

    fn reader(&mut self) -> &mut dyn Read {
        match self {
            Self::Gzip(stream) => stream,
            Self::Bzip2(stream) => stream,
            Self::Xz(stream) => stream,
            Self::Zstd(stream) => stream,
            Self::Lz4(stream) => stream,
            Self::Brotli(stream) => stream,
        }
    }

    fn input(&mut self) -> &mut Input<R> {
        match self {
            Self::Gzip(stream) => stream.get_mut(),
            Self::Bzip2(stream) => stream.get_mut(),
            Self::Xz(stream) => stream.get_mut(),
            Self::Zstd(stream) => stream.get_mut(),
            Self::Lz4(stream) => stream.get_mut(),
            Self::Brotli(stream) => stream.get_mut(),
        }
    }

    /// The library of lz4 takes an end of the input for the end of its frame; the others tell them apart.
    fn ended_early(&mut self) -> bool {
        matches!(self, Self::Lz4(_)) && self.input().ended
    }

    fn into_input(self) -> Input<R> {
        match self {
            Self::Gzip(stream) => stream.into_inner(),
            Self::Bzip2(stream) => stream.into_inner(),
            Self::Xz(stream) => stream.into_inner(),
            Self::Zstd(stream) => stream.into_inner(),
            Self::Lz4(stream) => stream.into_inner(),
            Self::Brotli(stream) => stream.into_inner(),
        }
    }
}

/// What is read from, and what became of it: the libraries tell an end or a failure below them in ways of their own, or
/// not at all.
struct Input<R> {
    buffered: BufReader<R>,
    /// Nothing was left when more was asked for.
    ended: bool,
    /// It could not be read.
    failed: bool,
}

impl<R: Read> BufRead for Input<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.buffered.buffer().is_empty() && !self.ended {
            match self.buffered.fill_buf() {
                Ok(piece) => self.ended = piece.is_empty(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.failed = true;
                    return Err(error);
                }
            }
        }
        Ok(self.buffered.buffer())
    }

    fn consume(&mut self, amount: usize) {
        self.buffered.consume(amount);
    }
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut piece = self.fill_buf()?;
        let read = piece.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}
