//! The header at the end of a pack: which blobs it holds, in which order.
//!
//! A pack is `blob || … || blob || sealed header || length of the sealed header (u32, little-endian)`. A header entry
//! is a type byte (0 data, 1 tree, 2 data compressed, 3 tree compressed), the stored length, for compressed blobs the
//! plain length, and the ID. Offsets are not stored: blobs follow one another without gaps.

use crate::crypto::{Key, OVERHEAD};
use crate::format::FormatError;
use crate::id::{BlobKind, Id};

/// One blob in a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackEntry {
    /// Data or tree.
    pub kind: BlobKind,
    /// Its ID.
    pub id: Id,
    /// Where its envelope begins, in bytes.
    pub offset: u32,
    /// Length of its envelope in bytes.
    pub length: u32,
    /// Length of its plaintext in bytes, if it is compressed.
    pub plain_length: Option<u32>,
}

/// The longest header that is accepted, in bytes, as in restic.
pub const HEADER_BYTES_MAX: u32 = 16 << 20;

/// The plaintext of a header.
#[must_use]
pub fn encode_header(entries: &[PackEntry]) -> Vec<u8> {
    let mut header = Vec::with_capacity(entries.len() * 41);
    for entry in entries {
        let kind = u8::from(entry.kind == BlobKind::Tree);
        header.push(kind + if entry.plain_length.is_some() { 2 } else { 0 });
        header.extend_from_slice(&entry.length.to_le_bytes());
        if let Some(plain) = entry.plain_length {
            header.extend_from_slice(&plain.to_le_bytes());
        }
        header.extend_from_slice(&entry.id.0);
    }
    header
}

/// The entries of a header.
///
/// # Errors
/// If it is malformed, or its blobs would reach beyond 4 GiB.
pub fn decode_header(mut header: &[u8]) -> Result<Vec<PackEntry>, FormatError> {
    let short = || FormatError::malformed("its header ends within an entry");
    let mut entries = Vec::with_capacity(header.len() / 37);
    let mut offset = 0u32;
    while let Some((tag, rest)) = header.split_first() {
        let (kind, compressed) = match tag {
            0 => (BlobKind::Data, false),
            1 => (BlobKind::Tree, false),
            2 => (BlobKind::Data, true),
            3 => (BlobKind::Tree, true),
            other => return Err(FormatError::Unsupported(format!("a blob of type {other}"))),
        };
        let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(short)?;
        let (plain_length, rest) = if compressed {
            let (plain, rest) = rest.split_first_chunk::<4>().ok_or_else(short)?;
            (Some(u32::from_le_bytes(*plain)), rest)
        } else {
            (None, rest)
        };
        let (id, rest) = rest.split_first_chunk::<32>().ok_or_else(short)?;
        let length = u32::from_le_bytes(*length);
        if (length as usize) < OVERHEAD {
            return Err(FormatError::malformed("a blob is shorter than its envelope"));
        }
        entries.push(PackEntry { kind, id: Id(*id), offset, length, plain_length });
        offset = offset
            .checked_add(length)
            .ok_or_else(|| FormatError::malformed("its blobs reach beyond 4 GiB"))?;
        header = rest;
    }
    Ok(entries)
}

/// The entries of a whole pack, whose size must be exactly what they make up.
///
/// # Errors
/// If the header is not authentic or malformed, or there are gaps.
pub fn read_header(key: &Key, pack: &[u8]) -> Result<Vec<PackEntry>, FormatError> {
    let short = || FormatError::malformed("it is shorter than its header");
    let (rest, length) = pack.split_last_chunk::<4>().ok_or_else(short)?;
    let length = u32::from_le_bytes(*length);
    if length > HEADER_BYTES_MAX {
        let (found, limit) = (u64::from(length), u64::from(HEADER_BYTES_MAX));
        return Err(FormatError::Limit { what: "its header", found, limit });
    }
    let start = rest.len().checked_sub(length as usize).ok_or_else(short)?;
    let sealed = rest.get(start..).ok_or_else(short)?;
    let entries = decode_header(&key.open(sealed)?)?;
    let end = entries.last().map_or(0, |last| last.offset as usize + last.length as usize);
    if end == start {
        Ok(entries)
    } else {
        Err(FormatError::malformed("its blobs and its header do not meet"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_header_comes_back(blobs in proptest::collection::vec((any::<bool>(), any::<[u8; 32]>(), 32..1_000_000u32, proptest::option::of(any::<u32>())), 0..20)) {
            let mut offset = 0;
            let entries: Vec<PackEntry> = blobs.into_iter().map(|(tree, id, length, plain_length)| {
                let kind = if tree { BlobKind::Tree } else { BlobKind::Data };
                let entry = PackEntry { kind, id: Id(id), offset, length, plain_length };
                offset += length;
                entry
            }).collect();
            let header = encode_header(&entries);
            prop_assert_eq!(decode_header(&header).unwrap(), entries);
            if !header.is_empty() {
                prop_assert!(decode_header(&header[..header.len() - 1]).is_err());
            }
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode_header(&bytes);
            let _ = read_header(&Key::random().unwrap(), &bytes);
        }
    }
}
