//! Compression for archives that are made up.

use flate2::Compression;
use flate2::write::GzEncoder;

/// What is written to it, as gzip has it.
#[must_use]
pub fn gzip() -> GzEncoder<Vec<u8>> {
    GzEncoder::new(Vec::new(), Compression::best())
}
