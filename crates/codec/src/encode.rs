//! Compresses what is written.

use std::fmt;
use std::io::{self, Write};
use std::num::NonZero;

use crate::compression::Compression;

/// Above this level a thread of zstd would want gigabytes; such levels use one thread only.
const ZSTD_LEVEL_PARALLEL_MAX: i32 = 19;
/// The window of brotli as a power of two: the largest that every reader takes.
const BROTLI_WINDOW_LOG: u32 = 22;
/// Bytes are compressed, and written, in pieces of about this size.
const PIECE_BYTES: usize = 64 << 10;

/// Compresses what is written. [`Encoder::finish`] ends the stream; one that is dropped before is left without an end, so
/// nobody takes it for whole.
///
/// `flush` hands on what is compressed already; it does not end a block, so the bytes that come out do not depend on it.
pub struct Encoder<W: Write> {
    format: Compression,
    /// `None` only while it is being finished.
    stream: Option<Stream<W>>,
    /// What was written and not compressed yet. The libraries get pieces of one size, since what some of them make of
    /// the bytes depends on how they come.
    pending: Vec<u8>,
}

enum Stream<W: Write> {
    Gzip(flate2::write::GzEncoder<Gate<W>>),
    Bzip2(bzip2::write::BzEncoder<Gate<W>>),
    Xz(liblzma::write::XzEncoder<Gate<W>>),
    Zstd(zstd::stream::write::Encoder<'static, Gate<W>>),
    Lz4(lz4_flex::frame::FrameEncoder<Gate<W>>),
    Brotli(Box<brotli::CompressorWriter<Gate<W>>>),
}

impl<W: Write> Encoder<W> {
    /// Writes `format` to `write`, at this level or the default one, by so many threads where the format has parts that
    /// do not need each other: zstd and xz.
    ///
    /// # Errors
    /// [`Error::Level`](crate::Error::Level) if the format has no such level, or what the library says.
    pub fn new(
        format: Compression,
        write: W,
        level: Option<i32>,
        threads: NonZero<u32>,
    ) -> io::Result<Self> {
        let level = format.level(level)?;
        // All levels but those of zstd are from 0 to 11.
        let preset = level.unsigned_abs();
        let write = Gate { inner: write, shut: false, failed: false };
        let stream = match format {
            Compression::Gzip => {
                let level = flate2::Compression::new(preset);
                Stream::Gzip(flate2::GzBuilder::new().write(write, level))
            }
            Compression::Bzip2 => {
                Stream::Bzip2(bzip2::write::BzEncoder::new(write, bzip2::Compression::new(preset)))
            }
            Compression::Xz => {
                // Always in blocks, so that the bytes do not depend on how many threads there are.
                let stream = liblzma::stream::MtStreamBuilder::new()
                    .preset(preset)
                    .check(liblzma::stream::Check::Crc64)
                    .threads(threads.get())
                    .encoder()?;
                Stream::Xz(liblzma::write::XzEncoder::new_stream(write, stream))
            }
            Compression::Zstd => {
                let mut stream = zstd::stream::write::Encoder::new(write, level)?;
                stream.include_checksum(true)?;
                if level <= ZSTD_LEVEL_PARALLEL_MAX {
                    // With one worker as with many, for the same reason.
                    stream.multithread(threads.get())?;
                }
                Stream::Zstd(stream)
            }
            Compression::Lz4 => {
                let frame = lz4_flex::frame::FrameInfo::new()
                    .block_size(lz4_flex::frame::BlockSize::Max256KB)
                    .block_mode(lz4_flex::frame::BlockMode::Linked)
                    .content_checksum(true);
                Stream::Lz4(lz4_flex::frame::FrameEncoder::with_frame_info(frame, write))
            }
            Compression::Brotli => Stream::Brotli(Box::new(brotli::CompressorWriter::new(
                write,
                PIECE_BYTES,
                preset,
                BROTLI_WINDOW_LOG,
            ))),
        };
        Ok(Self { format, stream: Some(stream), pending: Vec::with_capacity(PIECE_BYTES) })
    }

    /// Writes the end of the stream and gives back what was written to.
    ///
    /// # Errors
    /// What writing says.
    pub fn finish(mut self) -> io::Result<W> {
        self.compress_pending()?;
        let gate = match self.stream.take().ok_or_else(gone)? {
            Stream::Gzip(stream) => stream.finish()?,
            Stream::Bzip2(stream) => stream.finish()?,
            Stream::Xz(stream) => stream.finish()?,
            Stream::Zstd(stream) => stream.finish()?,
            Stream::Lz4(stream) => stream.finish().map_err(io::Error::from)?,
            // It does not say whether it could write the end; the gate knows.
            Stream::Brotli(stream) => stream.into_inner(),
        };
        if gate.failed {
            return Err(io::Error::other(format!(
                "the end of the {} stream was not written",
                self.format
            )));
        }
        let mut inner = gate.inner;
        inner.flush()?;
        Ok(inner)
    }

    fn compress_pending(&mut self) -> io::Result<()> {
        let stream = self.stream.as_mut().ok_or_else(gone)?;
        let compressed = stream.writer().write_all(&self.pending);
        self.pending.clear();
        compressed
    }
}

impl<W: Write> Write for Encoder<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = PIECE_BYTES - self.pending.len();
        let taken = bytes.get(..room).unwrap_or(bytes);
        self.pending.extend_from_slice(taken);
        if self.pending.len() == PIECE_BYTES {
            self.compress_pending()?;
        }
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.as_mut().ok_or_else(gone)?.gate().flush()
    }
}

impl<W: Write> Drop for Encoder<W> {
    fn drop(&mut self) {
        // Some of the libraries end their stream when they are dropped.
        if let Some(stream) = &mut self.stream {
            stream.gate().shut = true;
        }
    }
}

impl<W: Write> fmt::Debug for Encoder<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder").field("format", &self.format).finish_non_exhaustive()
    }
}

impl<W: Write> Stream<W> {
    fn writer(&mut self) -> &mut dyn Write {
        match self {
            Self::Gzip(stream) => stream,
            Self::Bzip2(stream) => stream,
            Self::Xz(stream) => stream,
            Self::Zstd(stream) => stream,
            Self::Lz4(stream) => stream,
            Self::Brotli(stream) => stream,
        }
    }

    fn gate(&mut self) -> &mut Gate<W> {
        match self {
            Self::Gzip(stream) => stream.get_mut(),
            Self::Bzip2(stream) => stream.get_mut(),
            Self::Xz(stream) => stream.get_mut(),
            Self::Zstd(stream) => stream.get_mut(),
            Self::Lz4(stream) => stream.get_mut(),
            Self::Brotli(stream) => stream.get_mut(),
        }
    }
}

fn gone() -> io::Error {
    io::Error::other("the encoder is finished")
}

/// What is written to, until it is shut.
struct Gate<W> {
    inner: W,
    shut: bool,
    failed: bool,
}

impl<W: Write> Write for Gate<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.shut {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let written = self.inner.write_all(bytes);
        self.failed |= written.is_err();
        written.map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
