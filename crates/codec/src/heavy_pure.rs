//! xz and zstd by libraries in Rust: slower, and at home where there is no C.

use std::io::{self, BufRead, Read};

use lzma_rust2::XzReader;
use ruzstd::decoding::errors::{FrameDecoderError, FrameHeaderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// One stream of xz.
pub(crate) struct Xz<R: Read>(XzReader<R>);

impl<R: BufRead> Xz<R> {
    pub(crate) fn new(input: R, memory_max: u64) -> io::Result<Self> {
        let kibibytes = u32::try_from(memory_max >> 10).unwrap_or(u32::MAX);
        Ok(Self(XzReader::new_mem_limit(input, false, kibibytes)))
    }

    pub(crate) fn get_mut(&mut self) -> &mut R {
        self.0.inner_mut()
    }

    pub(crate) fn into_inner(self) -> R {
        self.0.into_inner()
    }
}

impl<R: BufRead> Read for Xz<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

/// One frame of zstd, or one that is skipped.
pub(crate) struct Zstd<R> {
    input: R,
    decoder: FrameDecoder,
    at: At,
    given: u64,
}

enum At {
    Begin,
    Frame,
    End,
}

impl<R: BufRead> Zstd<R> {
    pub(crate) fn new(input: R, memory_max: u64) -> io::Result<Self> {
        let mut decoder = FrameDecoder::new();
        // The greatest power of two that fits, as the library in C takes it.
        decoder.set_max_window_size(1 << memory_max.max(1).ilog2().clamp(10, 31));
        Ok(Self { input, decoder, at: At::Begin, given: 0 })
    }

    pub(crate) fn get_mut(&mut self) -> &mut R {
        &mut self.input
    }

    pub(crate) fn into_inner(self) -> R {
        self.input
    }

    fn begin(&mut self) -> io::Result<At> {
        match self.decoder.init(&mut self.input) {
            Ok(()) => Ok(At::Frame),
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length,
                ..
            })) => {
                let length = u64::from(length);
                let skipped = io::copy(&mut (&mut self.input).take(length), &mut io::sink())?;
                if skipped < length {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                Ok(At::End)
            }
            Err(error) => Err(explain(error)),
        }
    }

    /// The frame must be what it says of itself.
    fn check(&self) -> io::Result<()> {
        let size = self.decoder.content_size();
        let sum = self.decoder.get_checksum_from_data();
        let fits = (size == 0 || size == self.given)
            && (sum.is_none() || sum == self.decoder.get_calculated_checksum());
        if fits {
            return Ok(());
        }
        Err(io::Error::new(io::ErrorKind::InvalidData, "its content has another sum or size"))
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if matches!(self.at, At::Begin) {
            self.at = self.begin()?;
        }
        if matches!(self.at, At::End) || buffer.is_empty() {
            return Ok(0);
        }
        while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
            let one = BlockDecodingStrategy::UptoBlocks(1);
            self.decoder.decode_blocks(&mut self.input, one).map_err(explain)?;
        }
        let read = self.decoder.read(buffer)?;
        self.given += read as u64;
        if read == 0 {
            self.check()?;
            self.at = At::End;
        }
        Ok(read)
    }
}

/// An end of the input lies deep in what the library says.
fn explain(error: FrameDecoderError) -> io::Error {
    let window = matches!(
        error,
        FrameDecoderError::WindowSizeTooBig { .. }
            | FrameDecoderError::FrameHeaderError(FrameHeaderError::WindowTooBig { .. })
    );
    let mut at: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(inner) = at {
        match inner.downcast_ref::<io::Error>() {
            Some(inner) if inner.kind() == io::ErrorKind::UnexpectedEof => {
                return io::ErrorKind::UnexpectedEof.into();
            }
            _ => at = inner.source(),
        }
    }
    let kind = if window { io::ErrorKind::OutOfMemory } else { io::ErrorKind::InvalidData };
    io::Error::new(kind, error.to_string())
}

/// Whether this error says that the stream wants more memory than it may have.
pub(crate) fn wants_memory(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::OutOfMemory
}
