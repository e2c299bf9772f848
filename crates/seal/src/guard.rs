//! Limits on what the libraries below read before they know whether it is any good.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::Error;

/// Fails at a line that is too long for any armored file, so that nobody collects it.
pub(crate) struct ShortLines<R> {
    read: R,
    line_bytes: usize,
    line_bytes_max: usize,
}

impl<R> ShortLines<R> {
    pub(crate) fn new(read: R, line_bytes_max: usize) -> Self {
        Self { read, line_bytes: 0, line_bytes_max }
    }
}

impl<R: Read> Read for ShortLines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.read.read(buffer)?;
        for line in buffer.get(..read).unwrap_or_default().split_inclusive(|byte| *byte == b'\n') {
            self.line_bytes = self.line_bytes.saturating_add(line.len());
            if self.line_bytes > self.line_bytes_max {
                return Err(Error::Damaged { why: "a line of its armor is too long" }.into());
            }
            if line.ends_with(b"\n") {
                self.line_bytes = 0;
            }
        }
        Ok(read)
    }
}

/// Reads and says afterwards whether a failure came from below.
pub(crate) struct Noted<R> {
    read: BufReader<R>,
    failed: Arc<AtomicBool>,
}

impl<R: Read> Noted<R> {
    pub(crate) fn new(read: R) -> (Self, Arc<AtomicBool>) {
        let failed = Arc::new(AtomicBool::new(false));
        let read = BufReader::with_capacity(PIECE_BYTES, read);
        (Self { read, failed: Arc::clone(&failed) }, failed)
    }
}

/// Sealed bytes are read in pieces of this size.
const PIECE_BYTES: usize = 64 << 10;

impl<R: Read> BufRead for Noted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let Self { read, failed } = self;
        loop {
            // What is there is asked for twice: the borrow checker does not see that an error ends the first borrow.
            match read.fill_buf() {
                Ok(_) => return read.fill_buf(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    failed.store(true, Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
    }

    fn consume(&mut self, amount: usize) {
        self.read.consume(amount);
    }
}

impl<R: Read> Read for Noted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut piece = self.fill_buf()?;
        let read = piece.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}
