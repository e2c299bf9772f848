//! xz and zstd by their libraries in C, which are fast.

use std::io::{self, BufRead, Read};

/// One stream of xz.
pub(crate) struct Xz<R>(liblzma::bufread::XzDecoder<R>);

impl<R: BufRead> Xz<R> {
    pub(crate) fn new(input: R, memory_max: u64) -> io::Result<Self> {
        let stream = liblzma::stream::Stream::new_stream_decoder(memory_max, 0)?;
        Ok(Self(liblzma::bufread::XzDecoder::new_stream(input, stream)))
    }

    pub(crate) fn get_mut(&mut self) -> &mut R {
        self.0.get_mut()
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

/// One frame of zstd.
pub(crate) struct Zstd<R: BufRead>(zstd::stream::read::Decoder<'static, R>);

impl<R: BufRead> Zstd<R> {
    pub(crate) fn new(input: R, memory_max: u64) -> io::Result<Self> {
        let mut stream = zstd::stream::read::Decoder::with_buffer(input)?.single_frame();
        stream.window_log_max(memory_max.max(1).ilog2().clamp(10, 31))?;
        Ok(Self(stream))
    }

    pub(crate) fn get_mut(&mut self) -> &mut R {
        self.0.get_mut()
    }

    pub(crate) fn into_inner(self) -> R {
        self.0.finish()
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

/// Whether this error says that the stream wants more memory than it may have.
pub(crate) fn wants_memory(error: &io::Error) -> bool {
    let lzma = error.get_ref().and_then(|inner| inner.downcast_ref());
    // The library of zstd hands on the words alone.
    matches!(lzma, Some(liblzma::stream::Error::MemLimit))
        || error.to_string().contains("too much memory")
}
