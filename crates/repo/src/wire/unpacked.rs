//! The plaintext of snapshots, index files and locks: in version 2 the byte 2 and a zstd frame of the JSON, in
//! version 1 the JSON itself. Readers take either.

use std::borrow::Cow;
use std::io::Read;

use crate::format::FormatError;

/// The most bytes that one such file may have when decompressed.
pub const JSON_BYTES_MAX: u64 = 1 << 30;
const COMPRESSED: u8 = 2;

/// Encodes JSON for a repository of this version.
///
/// # Errors
/// If the compressor fails.
pub fn encode(version: u32, json: &[u8], level: i32) -> Result<Vec<u8>, FormatError> {
    if version < 2 {
        return Ok(json.to_vec());
    }
    let mut plain = vec![COMPRESSED];
    plain.extend(
        zstd::bulk::compress(json, level).map_err(|e| FormatError::malformed(e.to_string()))?,
    );
    Ok(plain)
}

/// The JSON in a plaintext.
///
/// # Errors
/// If it is of an unknown encoding, does not decompress, or is too large.
pub fn decode(plain: &[u8]) -> Result<Cow<'_, [u8]>, FormatError> {
    match plain.split_first() {
        None | Some((b'{' | b'[', _)) => Ok(Cow::Borrowed(plain)),
        Some((&COMPRESSED, frame)) => {
            let fail =
                |e: std::io::Error| FormatError::malformed(format!("it does not decompress: {e}"));
            let mut json = Vec::new();
            let decoder =
                zstd::stream::read::Decoder::with_buffer(frame).map_err(fail)?.single_frame();
            decoder.take(JSON_BYTES_MAX + 1).read_to_end(&mut json).map_err(fail)?;
            if json.len() as u64 > JSON_BYTES_MAX {
                let (found, limit) = (json.len() as u64, JSON_BYTES_MAX);
                return Err(FormatError::Limit { what: "its size", found, limit });
            }
            Ok(Cow::Owned(json))
        }
        Some((other, _)) => Err(FormatError::Unsupported(format!("the encoding {other}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_come_back_and_unknown_ones_are_refused() {
        for version in [1, 2] {
            let plain = encode(version, b"{\"a\":1}", 3).unwrap();
            assert_eq!(&*decode(&plain).unwrap(), b"{\"a\":1}");
        }
        assert!(decode(&[3, 1, 2]).is_err());
        assert!(decode(&[2, 1, 2]).is_err());
        assert!(decode(&[]).unwrap().is_empty());
    }
}
