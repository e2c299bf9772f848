//! Reads an index that is spelt exactly as restic and this program spell it: no white space, fields in their order,
//! no others. Nearly all are, and this takes a fraction of the time of a general JSON parser.
//!
//! Invariant: what this reads, the general parser reads the same; what it gives up on may still be an index.

use super::{IndexFile, IndexPack};
use crate::id::{BlobKind, Id};
use crate::wire::pack::PackEntry;

/// The index, or `None` if it is spelt in another way.
pub(super) fn parse(json: &[u8]) -> Option<IndexFile> {
    let mut text = Text(json);
    text.skip(b"{\"packs\":[")?;
    let mut packs = Vec::new();
    if !text.take(b"]") {
        loop {
            packs.push(pack(&mut text)?);
            if text.take(b"]") {
                break;
            }
            text.skip(b",")?;
        }
    }
    text.skip(b"}")?;
    text.take(b"\n");
    text.0.is_empty().then_some(IndexFile { packs })
}

fn pack(text: &mut Text<'_>) -> Option<IndexPack> {
    text.skip(b"{\"id\":\"")?;
    let id = text.id()?;
    text.skip(b"\",\"blobs\":[")?;
    let mut blobs = Vec::new();
    if !text.take(b"]") {
        loop {
            blobs.push(blob(text)?);
            if text.take(b"]") {
                break;
            }
            text.skip(b",")?;
        }
    }
    text.skip(b"}")?;
    Some(IndexPack { id, blobs })
}

fn blob(text: &mut Text<'_>) -> Option<PackEntry> {
    text.skip(b"{\"id\":\"")?;
    let id = text.id()?;
    let kind = if text.take(b"\",\"type\":\"data\",\"offset\":") {
        BlobKind::Data
    } else {
        text.skip(b"\",\"type\":\"tree\",\"offset\":")?;
        BlobKind::Tree
    };
    let offset = text.number()?;
    text.skip(b",\"length\":")?;
    let length = text.number()?;
    let plain_length =
        if text.take(b",\"uncompressed_length\":") { Some(text.number()?) } else { None };
    text.skip(b"}")?;
    let plain_length = plain_length.filter(|length| *length != 0);
    Some(PackEntry { kind, id, offset, length, plain_length })
}

/// What is left to read.
struct Text<'a>(&'a [u8]);

impl Text<'_> {
    /// Passes over `expected` if it comes next.
    fn take(&mut self, expected: &[u8]) -> bool {
        let rest = self.0.strip_prefix(expected);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    fn skip(&mut self, expected: &[u8]) -> Option<()> {
        self.take(expected).then_some(())
    }

    fn id(&mut self) -> Option<Id> {
        let (digits, rest) = self.0.split_first_chunk::<64>()?;
        self.0 = rest;
        let (pairs, _) = digits.as_chunks::<2>();
        let mut id = [0; 32];
        // Checked once for all digits, which is faster than to stop at the first bad one.
        let mut seen = 0;
        for (byte, [high, low]) in id.iter_mut().zip(pairs) {
            let (high, low) = (digit(*high), digit(*low));
            seen |= high | low;
            *byte = high << 4 | low & 0xf;
        }
        (seen < 16).then_some(Id(id))
    }

    /// A number as JSON spells it: without a sign or leading zeros.
    fn number(&mut self) -> Option<u32> {
        let mut number = 0_u64;
        let mut length = 0;
        for byte in self.0.iter().take(11).take_while(|byte| byte.is_ascii_digit()) {
            number = number * 10 + u64::from(byte - b'0');
            length += 1;
        }
        let (digits, rest) = self.0.split_at_checked(length)?;
        if length == 0 || length > 1 && digits.first() == Some(&b'0') {
            return None;
        }
        self.0 = rest;
        u32::try_from(number).ok()
    }
}

/// The value of a lower-case hexadecimal digit; more than 15 if it is none.
fn digit(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => byte - b'0',
        b'a'..=b'f' => byte - b'a' + 10,
        _ => 0xff,
    }
}
