//! LZMA, LZMA2 and filters by a library in Rust: slower, and at home where there is no C.

use std::io::{self, BufRead, Read};

use lzma_rust2::filter::bcj::BcjReader;
use lzma_rust2::filter::delta::DeltaReader;
use lzma_rust2::{Action, Lzma2Stream, LzmaStream, Status, StreamResult};

use super::{FilterKind, lzma2_window};

/// The smallest window there is.
const WINDOW_MIN: u32 = 4096;

enum Stream {
    Lzma(Box<LzmaStream>),
    Lzma2(Box<Lzma2Stream>),
}

impl Stream {
    fn process(
        &mut self,
        input: &[u8],
        output: &mut [u8],
        action: Action,
    ) -> io::Result<StreamResult> {
        match self {
            Self::Lzma(stream) => stream.process(input, output, action),
            Self::Lzma2(stream) => stream.process(input, output, action),
        }
    }
}

/// Reads LZMA or LZMA2. It gives `Ok(0)` at the end of the stream, which need not be that of the input. LZMA may have no
/// end of its own: whoever reads it knows how long it is.
pub struct LzmaReader<R> {
    input: R,
    stream: Stream,
    done: bool,
}

impl<R: BufRead> LzmaReader<R> {
    /// Reads LZMA with these five bytes of properties, the last four of which are the size of its window: it is given
    /// again, since it need not be larger than the content. So many bytes come of it.
    ///
    /// # Errors
    /// If there are no such properties.
    pub fn lzma(input: R, properties: [u8; 5], window: u32, size: u64) -> io::Result<Self> {
        let [bits, ..] = properties;
        // What the library in C does not take either.
        if bits % 9 + bits / 9 % 5 > 4 {
            return Err(invalid("there are no such properties of LZMA"));
        }
        let window = window.max(WINDOW_MIN);
        let stream = LzmaStream::new_with_props(size, bits, window, None)?;
        Ok(Self { input, stream: Stream::Lzma(Box::new(stream)), done: false })
    }

    /// Reads LZMA2 with this byte of properties.
    ///
    /// # Errors
    /// If there are no such properties.
    pub fn lzma2(input: R, properties: u8) -> io::Result<Self> {
        let window = lzma2_window(properties).and_then(|window| u32::try_from(window).ok());
        let window = window.ok_or_else(|| invalid("there are no such properties of LZMA2"))?;
        Ok(Self { input, stream: Stream::Lzma2(Box::new(Lzma2Stream::new(window))), done: false })
    }

    /// What is left of the input.
    pub fn input(&mut self) -> &mut R {
        &mut self.input
    }
}

impl<R: BufRead> Read for LzmaReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !self.done && !buffer.is_empty() {
            let input = self.input.fill_buf()?;
            let ended = input.is_empty();
            let action = if ended { Action::Finish } else { Action::Run };
            let made = self.stream.process(input, buffer, action)?;
            self.input.consume(made.bytes_consumed);
            self.done = made.status == Status::StreamEnd;
            if made.bytes_produced > 0 {
                return Ok(made.bytes_produced);
            }
            if !self.done && (ended || made.bytes_consumed == 0) {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(0)
    }
}

/// Takes a filter off.
pub struct FilterReader<R>(Filter<R>);

enum Filter<R> {
    Delta(DeltaReader<R>),
    Program(BcjReader<R>),
}

impl<R: Read> FilterReader<R> {
    /// Takes a filter with these properties off what `read` gives.
    ///
    /// # Errors
    /// If there are no such properties.
    pub fn new(read: R, kind: FilterKind, properties: &[u8]) -> io::Result<Self> {
        let none = || invalid("there are no such properties of a filter");
        if kind == FilterKind::Delta {
            let [less] = properties else { return Err(none()) };
            return Ok(Self(Filter::Delta(DeltaReader::new(read, usize::from(*less) + 1))));
        }
        let start = match properties {
            [] => 0,
            bytes => u32::from_le_bytes(bytes.try_into().map_err(|_| none())?),
        };
        let (make, step): (fn(R, usize) -> BcjReader<R>, u32) = match kind {
            FilterKind::Delta => return Err(none()),
            FilterKind::X86 => (BcjReader::new_x86, 1),
            FilterKind::PowerPc => (BcjReader::new_ppc, 4),
            FilterKind::Ia64 => (BcjReader::new_ia64, 16),
            FilterKind::Arm => (BcjReader::new_arm, 4),
            FilterKind::ArmThumb => (BcjReader::new_arm_thumb, 2),
            FilterKind::Arm64 => (BcjReader::new_arm64, 4),
            FilterKind::Sparc => (BcjReader::new_sparc, 4),
            FilterKind::RiscV => (BcjReader::new_riscv, 2),
        };
        if start % step != 0 {
            return Err(none());
        }
        let start = usize::try_from(start).map_err(|_| none())?;
        Ok(Self(Filter::Program(make(read, start))))
    }
}

impl<R: Read> Read for FilterReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Filter::Delta(read) => read.read(buffer),
            Filter::Program(read) => read.read(buffer),
        }
    }
}

fn invalid(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why)
}
