//! zip: stored and deflated entries, with zip64.
//!
//! The directory at the end and the headers before the entries say the same, the entries lie one behind the other from
//! the first byte to the directory, and nothing else is in the file. `docs/archives.md` has all rules.

mod content;
mod deflate;
mod encrypt;
mod end;
mod extra;
mod local;
mod lock;
mod record;
mod time;
mod tree;
mod write;
mod write_head;

use crate::bytes::Bytes;
use crate::error::Fault;
use crate::stop::Stop;

pub(crate) use content::Placed;
pub(crate) use lock::{Key, Lock};
pub(crate) use tree::Listed;
pub use tree::{ZipTree, read_back};
pub use write::{write, write_encrypted};

/// Bit of the flags: encrypted, in one of three ways.
const FLAGS_ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;
/// The bit among those that means a passphrase.
const FLAG_ENCRYPTED: u16 = 1;
/// Bit of the flags: sum and sizes stand behind the content.
const FLAG_DESCRIPTOR: u16 = 1 << 3;
/// Bit of the flags: the name is UTF-8.
const FLAG_UTF8: u16 = 1 << 11;
const METHOD_STORED: u16 = 0;
const METHOD_DEFLATED: u16 = 8;
/// The method proper stands in an extra field.
const METHOD_AES: u16 = 99;
const LOCAL: &[u8; 4] = b"PK\x03\x04";
const CENTRAL: &[u8; 4] = b"PK\x01\x02";
const DESCRIPTOR: &[u8; 4] = b"PK\x07\x08";
const END: &[u8; 4] = b"PK\x05\x06";
const END_64: &[u8; 4] = b"PK\x06\x06";
const LOCATOR_64: &[u8; 4] = b"PK\x06\x07";

/// True if these bytes end as a zip does, whatever they begin with.
pub fn ends_as_zip(bytes: &impl Bytes) -> bool {
    match end::find(bytes) {
        Ok(directory) => directory.entries > 0,
        Err(Stop::Fault(Fault::ZipPrefix)) => true,
        Err(_) => false,
    }
}

/// Takes little-endian numbers off the front of bytes; `None` when they end.
pub(crate) struct Fields<'b>(&'b [u8]);

impl<'b> Fields<'b> {
    fn bytes(&mut self, length: usize) -> Option<&'b [u8]> {
        let (front, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(front)
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.bytes(2)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.bytes(4)?.try_into().ok()?))
    }

    fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.bytes(8)?.try_into().ok()?))
    }
}
