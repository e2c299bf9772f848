//! LZMA, LZMA2 and filters by their library in C, which is fast.

use std::io::{self, BufRead, Read};

use liblzma::stream::{Action, Filters, Status, Stream};

use super::FilterKind;

/// Bytes of what is filtered that go through at once: the longest chunk of LZMA2 that is stored as it is.
const CHUNK_BYTES: usize = 1 << 16;
/// Reads LZMA or LZMA2. It gives `Ok(0)` at the end of the stream, which need not be that of the
/// input. LZMA may have no end of its own: whoever reads it knows how long it is.
pub struct LzmaReader<R> {
    input: R,
    stream: Stream,
    done: bool,
}

impl<R: BufRead> LzmaReader<R> {
    /// Reads LZMA with these five bytes of properties, the last four of which are the size of its window: it is given
    /// again, since it need not be larger than the content. So many bytes come of it, of which whoever reads it takes no more.
    ///
    /// # Errors
    /// If there are no such properties.
    pub fn lzma(input: R, properties: [u8; 5], window: u32, _size: u64) -> io::Result<Self> {
        let mut bytes = properties;
        if let Some(place) = bytes.get_mut(1..) {
            place.copy_from_slice(&window.max(4096).to_le_bytes());
        }
        let mut filters = Filters::new();
        filters.lzma1_properties(&bytes)?;
        Self::of(input, &filters)
    }

    /// Reads LZMA2 with this byte of properties.
    ///
    /// # Errors
    /// If there are no such properties.
    pub fn lzma2(input: R, properties: u8) -> io::Result<Self> {
        let mut filters = Filters::new();
        filters.lzma2_properties(&[properties])?;
        Self::of(input, &filters)
    }

    fn of(input: R, filters: &Filters) -> io::Result<Self> {
        Ok(Self { input, stream: Stream::new_raw_decoder(filters)?, done: false })
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
            let (taken, made) = (self.stream.total_in(), self.stream.total_out());
            let status = self.stream.process(input, buffer, action)?;
            let taken = usize::try_from(self.stream.total_in() - taken).unwrap_or_default();
            let made = usize::try_from(self.stream.total_out() - made).unwrap_or_default();
            self.input.consume(taken);
            self.done = status == Status::StreamEnd;
            if made > 0 {
                return Ok(made);
            }
            if !self.done && (ended || status == Status::MemNeeded) {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(0)
    }
}

/// Takes a filter off.
pub struct FilterReader<R>(LzmaReader<Stored<R>>);

impl<R: Read> FilterReader<R> {
    /// Takes a filter with these properties off what `read` gives.
    ///
    /// # Errors
    /// If there are no such properties.
    pub fn new(read: R, kind: FilterKind, properties: &[u8]) -> io::Result<Self> {
        let mut filters = Filters::new();
        match kind {
            FilterKind::Delta => filters.delta_properties(properties)?,
            FilterKind::X86 => filters.x86_properties(properties)?,
            FilterKind::PowerPc => filters.powerpc_properties(properties)?,
            FilterKind::Ia64 => filters.ia64_properties(properties)?,
            FilterKind::Arm => filters.arm_properties(properties)?,
            FilterKind::ArmThumb => filters.arm_thumb_properties(properties)?,
            FilterKind::Arm64 => filters.arm64_properties(properties)?,
            FilterKind::Sparc => filters.sparc_properties(properties)?,
            FilterKind::RiscV => filters.riscv_properties(properties)?,
        };
        // The library has filters only before something that is compressed.
        filters.lzma2_properties(&[8])?;
        let stored = Stored { read, chunk: Vec::new(), at: 0, begun: false, ended: false };
        LzmaReader::of(stored, &filters).map(Self)
    }
}

impl<R: Read> Read for FilterReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

/// Bytes as LZMA2 that is not compressed.
struct Stored<R> {
    read: R,
    chunk: Vec<u8>,
    at: usize,
    begun: bool,
    ended: bool,
}

impl<R: Read> Stored<R> {
    /// Puts the next bytes in a chunk: a byte that says what it is, its length less one, and the bytes.
    fn next(&mut self) -> io::Result<()> {
        self.chunk.resize(CHUNK_BYTES + 3, 0);
        let room = self.chunk.get_mut(3..).unwrap_or_default();
        let read = loop {
            match self.read.read(room) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.at = 0;
        let Some(less) = read.checked_sub(1) else {
            self.ended = true;
            self.chunk = vec![0];
            return Ok(());
        };
        self.chunk.truncate(read + 3);
        let length = u16::try_from(less).unwrap_or_default().to_be_bytes();
        let head = [if self.begun { 2 } else { 1 }, length[0], length[1]];
        self.begun = true;
        self.chunk.iter_mut().zip(head).for_each(|(to, from)| *to = from);
        Ok(())
    }
}

impl<R: Read> Read for Stored<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut piece = self.fill_buf()?;
        let read = piece.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: Read> BufRead for Stored<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at >= self.chunk.len() && !self.ended {
            self.next()?;
        }
        Ok(self.chunk.get(self.at..).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.at += amount;
    }
}
