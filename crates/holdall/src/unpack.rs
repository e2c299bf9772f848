//! Streams that are unpacked if they are packed, within limits.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use holdall_archive::{Fault, Terms, Trust};
use holdall_codec::{Compression, Decoder, MEMORY_MAX};
use holdall_tree::Context;

use crate::error::{Error, Result};

/// So much may come of what is compressed, whatever its ratio, in bytes.
const PLAIN_FREE: u64 = 256 << 20;
/// Beyond that, what comes of compressed bytes may be so many times as large.
const RATIO_MAX: u64 = 1000;

/// So much of an archive may be about each entry, on average, in bytes.
const ENTRY_BYTES: u64 = 4 << 10;

/// Bytes that are read between two looks at the limits.
const PIECE: u64 = 16 << 20;

/// All bytes of a stream, unpacked if they are packed.
pub(crate) fn whole(ctx: &Context<'_>, name: &str, read: impl Read) -> io::Result<Result<Vec<u8>>> {
    let mut plain = Unpacked::new(name, read);
    let mut bytes = Vec::new();
    loop {
        let before = bytes.len();
        plain.by_ref().take(PIECE).read_to_end(&mut bytes)?;
        if let Err(error) = plain.check(ctx, "the size of the dump", bytes.len() as u64) {
            return Ok(Err(error));
        }
        if bytes.len() == before {
            return Ok(Ok(bytes));
        }
    }
}

/// What is in a stream, packed or not. Who reads it looks at the limits now and then.
pub(crate) struct Unpacked<'r> {
    plain: io::Result<Box<dyn Read + 'r>>,
    /// So many bytes were read of what is packed, if it is.
    packed: Option<Rc<Cell<u64>>>,
}

impl<'r> Unpacked<'r> {
    /// Tells by the first bytes whether the stream is packed, and brotli, which has none to tell by, by the name.
    pub(crate) fn new(name: &str, read: impl Read + 'r) -> Self {
        Self::by(name, read, |format, packed| {
            Ok(Box::new(Decoder::new(format, packed, MEMORY_MAX)))
        })
    }

    /// What the first bytes of a stream, or its name, say that it is packed in.
    pub(crate) fn format(name: &str, first: &[u8]) -> Option<Compression> {
        let by_name = Compression::of_name(name.as_bytes()).filter(|c| *c == Compression::Brotli);
        Compression::detect(first).or(by_name)
    }

    /// The same, unpacked by `unpack` if it is packed.
    pub(crate) fn by(
        name: &str,
        mut read: impl Read + 'r,
        unpack: impl FnOnce(Compression, Box<dyn Read + 'r>) -> io::Result<Box<dyn Read + 'r>>,
    ) -> Self {
        let mut first = Vec::new();
        let magic = Compression::MAGIC_BYTES_MAX as u64;
        if let Err(error) = read.by_ref().take(magic).read_to_end(&mut first) {
            return Self { plain: Err(error), packed: None };
        }
        let compression = Self::format(name, &first);
        let whole = io::Cursor::new(first).chain(read);
        let Some(format) = compression else {
            return Self { plain: Ok(Box::new(whole)), packed: None };
        };
        let packed = Rc::new(Cell::new(0));
        let counted = Counted { read: whole, bytes: Rc::clone(&packed) };
        Self { plain: unpack(format, Box::new(counted)), packed: Some(packed) }
    }

    /// The same for an archive, whose bounds are narrower unless it is one's own.
    pub(crate) fn check_archive(&self, ctx: &Context<'_>, terms: &Terms, found: u64) -> Result<()> {
        let (bounds, what) = (terms.bounds, "the size of the archive");
        if terms.trust == Trust::Own {
            return self.check(ctx, what, found);
        }
        let limit = bounds.bytes.saturating_add(bounds.entries.saturating_mul(ENTRY_BYTES));
        if found > limit {
            return Err(Error::OverLimit { what, found, limit });
        }
        match &self.packed {
            Some(packed) if bounds.is_bomb(found, packed.get()) => {
                let fault = Fault::Ratio { limit: bounds.ratio };
                let name = String::new();
                let error =
                    holdall_archive::Error::Refused { offset: found, number: 1, name, fault };
                Err(Error::Tree(error.into()))
            }
            _ => self.check(ctx, what, found),
        }
    }

    /// Fails if what was read so far, `found` bytes, is more than may come of it.
    pub(crate) fn check(&self, ctx: &Context<'_>, what: &'static str, found: u64) -> Result<()> {
        let limit = ctx.limits.bytes_max;
        if found > limit {
            return Err(Error::OverLimit { what, found, limit });
        }
        let Some(packed) = &self.packed else { return Ok(()) };
        let ratio = found / packed.get().max(1);
        if found > PLAIN_FREE && ratio > RATIO_MAX {
            let what = "what comes of each compressed byte";
            return Err(Error::OverLimit { what, found: ratio, limit: RATIO_MAX });
        }
        Ok(())
    }
}

impl Read for Unpacked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.plain {
            Ok(plain) => plain.read(buffer),
            // It was kept for who reads; there is nothing behind it.
            Err(error) => Err(std::mem::replace(error, io::ErrorKind::Other.into())),
        }
    }
}

/// Counts what is read.
struct Counted<R> {
    read: R,
    bytes: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.read.read(buffer)?;
        self.bytes.set(self.bytes.get() + n as u64);
        Ok(n)
    }
}
