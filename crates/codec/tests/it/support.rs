//! What the tests share.

use std::io::{self, Read, Write};
use std::num::NonZero;

use holdall_codec::{Compression, Decoder, Encoder, MEMORY_MAX};

pub(crate) const ONE: NonZero<u32> = NonZero::<u32>::MIN;

pub(crate) fn compress(format: Compression, bytes: &[u8]) -> Vec<u8> {
    compress_with(format, bytes, None, ONE)
}

pub(crate) fn compress_with(
    format: Compression,
    bytes: &[u8],
    level: Option<i32>,
    threads: NonZero<u32>,
) -> Vec<u8> {
    let mut encoder = Encoder::new(format, Vec::new(), level, threads).unwrap();
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn expand(format: Compression, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    Decoder::new(format, bytes, MEMORY_MAX).read_to_end(&mut out)?;
    Ok(out)
}

/// Bytes that compress a little: words that come again, and noise between them.
pub(crate) fn sample(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut bytes = Vec::with_capacity(length + 16);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        if state.is_multiple_of(3) {
            bytes.extend_from_slice(b"the same words ");
        } else {
            bytes.extend_from_slice(&state.to_le_bytes());
        }
    }
    bytes.truncate(length);
    bytes
}

/// Bytes that cannot be compressed, the same for the same seed.
pub(crate) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        bytes.extend_from_slice(&state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}
