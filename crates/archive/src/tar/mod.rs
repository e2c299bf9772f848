//! tar: ustar, pax, and what GNU tar adds.
//!
//! What one header says in two ways must be the same; an extended header must be followed by what it is about; a name is
//! there once; the archive ends with zeros and nothing else. `docs/archives.md` has all rules.

mod head;
mod header;
mod indexed;
mod number;
mod pax;
mod read;
mod sparse;
mod tree;
mod write;

pub use tree::{TarTree, read_back};
pub use write::{write, write_indexed};

/// Everything lies in blocks of so many bytes.
pub(crate) const BLOCK: usize = 512;

/// The bytes behind a content of this length, up to the next block.
pub(crate) fn padding(length: u64) -> u64 {
    length.wrapping_neg() % BLOCK as u64
}

/// Whether a block is a header with its sum.
pub(crate) fn is_header(block: &[u8; BLOCK]) -> bool {
    header::Header::parse(block).is_ok()
}
