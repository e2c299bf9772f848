//! Extra fields: what was added to the format since.

use holdall_tree::Timestamp;

use super::Fields;
use crate::error::Fault;

/// What extra fields say that matters here.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Extra<'b> {
    /// Sizes and places that do not fit in 32 bits.
    pub(super) wide: Option<&'b [u8]>,
    pub(super) mtime: Option<Timestamp>,
    pub(super) owner: Option<(u64, u64)>,
    /// The name once more, in UTF-8.
    pub(super) name: Option<&'b [u8]>,
    /// How the content is encrypted with AES.
    pub(super) aes: Option<Aes>,
}

/// How a content is encrypted with AES-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Aes {
    /// How it is stored before it is encrypted.
    pub(super) method: u16,
    /// Whether the sum of the content is given too, which tells of it.
    pub(super) has_sum: bool,
}

impl<'b> Extra<'b> {
    /// Reads all fields; those that nobody here knows say nothing that is read.
    pub(super) fn parse(bytes: &'b [u8]) -> Result<Self, Fault> {
        let mut extra = Self::default();
        let mut fields = Fields(bytes);
        let mut seen = Vec::new();
        while !fields.0.is_empty() {
            let (id, body) = field(&mut fields).ok_or(Fault::ZipExtra)?;
            let known = [0x0001, 0x5455, 0x7075, 0x7875, 0x9901].contains(&id);
            if known && seen.contains(&id) {
                return Err(Fault::ZipExtra);
            }
            seen.push(id);
            match id {
                0x0001 => extra.wide = Some(body),
                0x5455 => extra.mtime = mtime(body).ok_or(Fault::ZipExtra)?,
                // A version and the sum of the name that it was made from.
                0x7075 => extra.name = Some(body.get(5..).ok_or(Fault::ZipExtra)?),
                0x7875 => extra.owner = owner(body),
                0x9901 => extra.aes = Some(aes(body)?),
                _ => {}
            }
        }
        Ok(extra)
    }
}

fn field<'b>(fields: &mut Fields<'b>) -> Option<(u16, &'b [u8])> {
    let (id, length) = (fields.u16()?, fields.u16()?);
    Some((id, fields.bytes(usize::from(length))?))
}

/// `None` if it is malformed, `Some(None)` if it has no time of the last change.
fn mtime(body: &[u8]) -> Option<Option<Timestamp>> {
    let (flags, times) = body.split_first()?;
    if flags & 1 == 0 {
        return Some(None);
    }
    let secs = i32::from_le_bytes(times.get(..4)?.try_into().ok()?);
    Some(Some(Timestamp { secs: i64::from(secs), nanos: 0 }))
}

fn aes(body: &[u8]) -> Result<Aes, Fault> {
    let mut fields = Fields(body);
    let mut parse = || Some((fields.u16()?, fields.bytes(2)?, fields.bytes(1)?, fields.u16()?));
    let (version, vendor, strength, method) = parse().ok_or(Fault::ZipExtra)?;
    match (version, vendor, strength) {
        (1 | 2, b"AE", [3]) if fields.0.is_empty() => Ok(Aes { method, has_sum: version == 1 }),
        (1 | 2, b"AE", [1 | 2]) => {
            Err(Fault::ZipEncrypted { how: "with AES of less than 256 bits" })
        }
        _ => Err(Fault::ZipExtra),
    }
}

fn owner(body: &[u8]) -> Option<(u64, u64)> {
    let mut fields = Fields(body.strip_prefix(&[1])?);
    let mut id = || {
        let length = usize::from(*fields.bytes(1)?.first()?);
        let bytes = fields.bytes(length).filter(|bytes| bytes.len() <= 8)?;
        Some(bytes.iter().rev().fold(0, |number: u64, byte| number << 8 | u64::from(*byte)))
    };
    Some((id()?, id()?))
}
