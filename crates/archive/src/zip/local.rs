//! The header before an entry, and what stands behind it: the directory must have said the same.

use super::end::read_exact;
use super::extra::Extra;
use super::record::Record;
use super::{DESCRIPTOR, FLAG_DESCRIPTOR, Fields, LOCAL, METHOD_AES};
use crate::bytes::Bytes;
use crate::error::Fault;
use crate::stop::Stop;

const LOCAL_BYTES: usize = 30;

/// Where an entry ends at the earliest, before its header is looked at.
pub(super) fn shortest_end(record: &Record) -> Option<u64> {
    record.offset.checked_add(LOCAL_BYTES as u64)?.checked_add(record.stored)
}

/// Where the content of an entry begins.
pub(super) fn content_offset<A: Bytes>(bytes: &A, record: &Record) -> Result<u64, Stop> {
    let head = read_exact(bytes, record.offset, LOCAL_BYTES)?;
    let parse = || {
        let mut fields = Fields(&head);
        let is_local = fields.bytes(4)? == LOCAL;
        fields.u16()?;
        let (flags, method) = (fields.u16()?, fields.u16()?);
        fields.u32()?;
        let crc = fields.u32()?;
        let (stored, size) = (u64::from(fields.u32()?), u64::from(fields.u32()?));
        let (name, extra) = (fields.u16()?, fields.u16()?);
        Some((is_local, flags, method, crc, stored, size, usize::from(name), usize::from(extra)))
    };
    let (is_local, flags, method, crc, mut stored, mut size, name, extra) =
        parse().ok_or(Fault::Truncated)?;
    if !is_local {
        return Err(Fault::ZipMismatch { what: "where it is" }.into());
    }
    let behind = read_exact(bytes, record.offset + LOCAL_BYTES as u64, name + extra)?;
    let (name_twice, extra_bytes) = behind.split_at_checked(name).ok_or(Fault::Truncated)?;
    let extra_fields = Extra::parse(extra_bytes)?;
    if let Some(wide) = extra_fields.wide
        && (size == 0xffff_ffff || stored == 0xffff_ffff)
    {
        let mut fields = Fields(wide);
        size = fields.u64().ok_or(Fault::ZipExtra)?;
        stored = fields.u64().ok_or(Fault::ZipExtra)?;
    }
    let later = flags & FLAG_DESCRIPTOR != 0;
    let fits = |here: u64, there: u64| here == there || later && here == 0;
    let name_fits = extra_fields.name.is_none_or(|name| name == record.name);
    for (what, fits) in [
        ("its name", name_twice == record.name && name_fits),
        ("its flags", flags == record.flags),
        ("its method", method == if record.aes.is_some() { METHOD_AES } else { record.method }),
        ("how it is encrypted", extra_fields.aes == record.aes),
        ("its sum", fits(crc.into(), record.crc.into())),
        ("its stored size", fits(stored, record.stored)),
        ("its size", fits(size, record.size)),
    ] {
        if !fits {
            return Err(Fault::ZipMismatch { what }.into());
        }
    }
    Ok(record.offset + (LOCAL_BYTES + name + extra) as u64)
}

/// Judges what stands between the end of a content and what comes next: nothing, or sum and sizes once more.
pub(super) fn check_behind<A: Bytes>(
    bytes: &A,
    record: &Record,
    content_end: u64,
    next: u64,
) -> Result<(), Stop> {
    let between = next.checked_sub(content_end).ok_or(Fault::ZipOverlap)?;
    if record.flags & FLAG_DESCRIPTOR == 0 {
        return if between == 0 { Ok(()) } else { Err(Fault::ZipHidden.into()) };
    }
    let length = usize::try_from(between).ok().filter(|length| [12, 16, 20, 24].contains(length));
    let length = length.ok_or(Fault::ZipHidden)?;
    let block = read_exact(bytes, content_end, length)?;
    let parse = || {
        let mut fields = Fields(&block);
        if matches!(length, 16 | 24) && fields.bytes(4)? != DESCRIPTOR {
            return None;
        }
        let crc = fields.u32()?;
        let (stored, size) = if length < 20 {
            (u64::from(fields.u32()?), u64::from(fields.u32()?))
        } else {
            (fields.u64()?, fields.u64()?)
        };
        Some((crc, stored, size))
    };
    if parse() == Some((record.crc, record.stored, record.size)) {
        return Ok(());
    }
    Err(Fault::ZipMismatch { what: "what stands behind its content" }.into())
}
