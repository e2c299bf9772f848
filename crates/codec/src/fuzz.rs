//! What a fuzzer calls.

use std::io::Read;

use sha2::{Digest, Sha256};

use crate::{Compression, Decoder, Error};

/// The memory that a stream may want here: one of `xz -0` or `zstd -3` fits, and no input costs more than a millisecond.
const MEMORY_MAX: u64 = 4 << 20;
/// So many bytes are read of each stream.
const BYTES_MAX: u64 = 1 << 20;

/// Reads `data` as every format, in small pieces; true if it is a whole stream of one of them.
#[must_use]
pub fn decode(data: &[u8]) -> bool {
    Compression::ALL.into_iter().filter(|format| whole(*format, data)).count() > 0
}

/// Reads `data` as a signature, and as a delta against a few bytes; true if it is one of them.
#[must_use]
pub fn delta(data: &[u8]) -> bool {
    let signature = crate::delta::Signature::read(&mut &*data);
    let mut out = Vec::new();
    let base = b"what the delta is applied to".as_slice();
    let length = base.len() as u64;
    let applied = crate::delta::apply(base, length, &mut &*data, &mut out, BYTES_MAX);
    assert!(out.len() as u64 <= BYTES_MAX, "more came out than is allowed");
    if let Ok((total, hash)) = applied {
        assert_eq!((total, hash), (out.len() as u64, Sha256::digest(&out).into()));
    }
    signature.is_ok() || applied.is_ok()
}

fn whole(format: Compression, data: &[u8]) -> bool {
    let mut read = Decoder::new(format, data, MEMORY_MAX).take(BYTES_MAX);
    let mut piece = [0; 4096];
    loop {
        match read.read(&mut piece) {
            Ok(0) => return read.limit() > 0,
            Ok(_) => {}
            Err(error) => {
                assert!(
                    Error::of(&error).is_some(),
                    "memory can be read, so it is the stream: {error}"
                );
                let again = read.read(&mut piece);
                assert!(again.is_err(), "what failed does not end well when it is asked again");
                return false;
            }
        }
    }
}
