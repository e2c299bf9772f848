//! 7z: contents in folders, each compressed as one, and a header at the end that says what they are.
//!
//! The folders lie one behind the other from the first byte to the header, the header ends with the file, and there are
//! just as many contents as files that have one. `docs/archives.md` has all rules.

mod contents;
mod files;
mod folder;
mod head;
mod method;
mod pass;
mod proved;
mod sums;
mod take;
mod tree;
mod wire;
#[cfg(not(target_family = "wasm"))]
mod write;
#[cfg(not(target_family = "wasm"))]
mod write_head;

pub(crate) use contents::{Contents, Placed, Stream, Unpack};
pub(crate) use folder::{Packed, Plain};
#[cfg(not(target_family = "wasm"))]
pub(crate) use head::is_header;
pub(crate) use pass::{Contained, Pass};
pub(crate) use sums::Sum;
pub use tree::{SevenTree, read_back};
#[cfg(not(target_family = "wasm"))]
pub use write::write;

/// What a 7z begins with.
pub(crate) use crate::format::SEVENZ_MAGIC as MAGIC;
/// The bytes before the first folder: what it begins with, and where its header is.
const BEGIN_BYTES: u64 = 32;
/// The header, before and after it is unpacked, has at most so many bytes.
const HEADER_BYTES_MAX: u64 = 256 << 20;
/// The largest window that is taken: that of the highest level.
const WINDOW_MAX: u64 = 256 << 20;
/// All windows of a folder together.
pub const WINDOWS_MAX: u64 = WINDOW_MAX + (WINDOW_MAX >> 2);
/// Seconds between 1601, where times begin, and 1970.
const EPOCH_SECS: i64 = 11_644_473_600;
/// Parts of a second in which times are told.
const TICKS: i64 = 10_000_000;
/// Attribute: the high half is a mode of Unix.
const ATTRIBUTE_UNIX: u32 = 0x8000;
const ATTRIBUTE_DIRECTORY: u32 = 0x10;

/// What is told of in a header.
mod id {
    pub(super) const END: u8 = 0x00;
    pub(super) const HEADER: u8 = 0x01;
    pub(super) const MAIN_STREAMS: u8 = 0x04;
    pub(super) const FILES: u8 = 0x05;
    pub(super) const PACK_INFO: u8 = 0x06;
    pub(super) const UNPACK_INFO: u8 = 0x07;
    pub(super) const SUB_STREAMS: u8 = 0x08;
    pub(super) const SIZE: u8 = 0x09;
    pub(super) const SUM: u8 = 0x0a;
    pub(super) const FOLDER: u8 = 0x0b;
    pub(super) const UNPACK_SIZE: u8 = 0x0c;
    pub(super) const COUNT: u8 = 0x0d;
    pub(super) const EMPTY_STREAM: u8 = 0x0e;
    pub(super) const EMPTY_FILE: u8 = 0x0f;
    pub(super) const ANTI: u8 = 0x10;
    pub(super) const NAMES: u8 = 0x11;
    pub(super) const CREATED: u8 = 0x12;
    pub(super) const ACCESSED: u8 = 0x13;
    pub(super) const MODIFIED: u8 = 0x14;
    pub(super) const ATTRIBUTES: u8 = 0x15;
    pub(super) const ENCODED: u8 = 0x17;
    pub(super) const PADDING: u8 = 0x19;
}
