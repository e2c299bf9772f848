//! Whole streams in memory, unpacked if they are packed, within limits.

use std::cell::Cell;
use std::io::{self, Read};

use holdall_codec::{Compression, Decoder, MEMORY_MAX};
use holdall_tree::Context;

use crate::error::{Error, Result};

/// So much may come of what is compressed, whatever its ratio, in bytes.
const PLAIN_FREE: u64 = 256 << 20;
/// Beyond that, what comes of compressed bytes may be so many times as large.
const RATIO_MAX: u64 = 1000;

/// Bytes that are read between two looks at the limits.
const PIECE: u64 = 16 << 20;

/// All bytes of a stream, unpacked if they are packed.
pub(crate) fn whole(
    ctx: &Context<'_>,
    name: &str,
    mut read: impl Read,
) -> io::Result<Result<Vec<u8>>> {
    let limit = ctx.limits.bytes_max;
    let mut first = Vec::new();
    read.by_ref().take(Compression::MAGIC_BYTES_MAX as u64).read_to_end(&mut first)?;
    // Nothing in the bytes of brotli says that they are.
    let by_name = || Compression::of_name(name.as_bytes()).filter(|c| *c == Compression::Brotli);
    let compression = Compression::detect(&first).or_else(by_name);
    let packed = Cell::new(0);
    let counted = Counted { read: first.as_slice().chain(read), bytes: &packed };
    let mut plain: Box<dyn Read + '_> = match compression {
        None => Box::new(counted),
        Some(format) => Box::new(Decoder::new(format, counted, MEMORY_MAX)),
    };
    let mut bytes = Vec::new();
    loop {
        let before = bytes.len();
        plain.by_ref().take(PIECE).read_to_end(&mut bytes)?;
        let found = bytes.len() as u64;
        if found > limit {
            return Ok(Err(Error::OverLimit { what: "the size of the dump", found, limit }));
        }
        let ratio = found / packed.get().max(1);
        if compression.is_some() && found > PLAIN_FREE && ratio > RATIO_MAX {
            let what = "what comes of each compressed byte";
            return Ok(Err(Error::OverLimit { what, found: ratio, limit: RATIO_MAX }));
        }
        if bytes.len() == before {
            return Ok(Ok(bytes));
        }
    }
}

/// Counts what is read.
struct Counted<'c, R> {
    read: R,
    bytes: &'c Cell<u64>,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.read.read(buffer)?;
        self.bytes.set(self.bytes.get() + n as u64);
        Ok(n)
    }
}
