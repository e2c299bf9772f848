//! What stands at the end of a zip and says where its directory is.

use std::cmp::Ordering;

use super::{CENTRAL, END, END_64, Fields, LOCAL, LOCATOR_64};
use crate::bytes::Bytes;
pub(super) use crate::bytes::exactly as read_exact;
use crate::error::Fault;
use crate::stop::Stop;

/// The end without its comment.
const END_BYTES: u64 = 22;
const LOCATOR_BYTES: u64 = 20;
const END_64_BYTES: u64 = 56;

/// Where the directory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Directory {
    pub(super) offset: u64,
    pub(super) size: u64,
    pub(super) entries: u64,
}

fn refused(why: &'static str) -> Stop {
    Fault::ZipEnd { why }.into()
}

/// Finds the directory. It ends where what is at the end begins.
pub(super) fn find<A: Bytes>(bytes: &A) -> Result<Directory, Stop> {
    let at = find_end(bytes)?;
    let end = read_exact(bytes, at, 22)?;
    let (narrow, disks) = parse_end(&end).ok_or(Fault::Truncated)?;
    let (directory, behind) = match wide(bytes, at)? {
        None if disks != [0, 0] => return Err(refused("it is one of several volumes")),
        None => (narrow, at),
        Some((wide, begin)) => {
            let fits = |narrow: u64, wide: u64, full: u64| narrow == full || narrow == wide;
            let agree = fits(narrow.entries, wide.entries, 0xffff)
                && fits(narrow.size, wide.size, 0xffff_ffff)
                && fits(narrow.offset, wide.offset, 0xffff_ffff)
                && disks.iter().all(|disk| matches!(disk, 0 | 0xffff));
            if !agree {
                return Err(refused("its two ends differ"));
            }
            (wide, begin)
        }
    };
    if directory.offset.checked_add(directory.size) != Some(behind) {
        // What was put before an archive moves all of it.
        let begin = behind.checked_sub(directory.size).filter(|begin| *begin > directory.offset);
        let moved = match begin {
            Some(begin) if directory.size >= 4 => read_exact(bytes, begin, 4)? == CENTRAL,
            begin => begin.is_some() && directory.size == 0,
        };
        let moved = moved && read_exact(bytes, 0, 4)? != LOCAL;
        return Err(if moved {
            Fault::ZipPrefix.into()
        } else {
            refused("the directory does not end where the end begins")
        });
    }
    Ok(directory)
}

/// Where the end begins. It is there once, and its comment ends with the file.
fn find_end<A: Bytes>(bytes: &A) -> Result<u64, Stop> {
    let length = bytes.length();
    let searched = length.min(END_BYTES + 0xffff);
    let from = length - searched;
    let tail = read_exact(bytes, from, usize::try_from(searched).unwrap_or_default())?;
    let (mut found, mut cut, mut followed) = (Vec::new(), false, false);
    for (at, _) in tail.windows(4).enumerate().filter(|(_, window)| window == END) {
        let comment = tail.get(at + 20..at + 22).and_then(|field| Fields(field).u16());
        let behind = comment.map_or(usize::MAX, |comment| at + 22 + usize::from(comment));
        // One before the end itself is a part of what the archive holds.
        match behind.cmp(&tail.len()) {
            Ordering::Equal => found.push(from + at as u64),
            Ordering::Greater => cut = true,
            Ordering::Less => followed |= found.is_empty(),
        }
        if behind != tail.len() && !found.is_empty() {
            return Err(refused("there is more than one end"));
        }
    }
    match found.as_slice() {
        [only] => Ok(*only),
        [_, ..] => Err(refused("there is more than one end")),
        [] if cut => Err(refused("its comment is cut off")),
        [] if followed => Err(Fault::Trailing.into()),
        [] => Err(Fault::Truncated.into()),
    }
}

fn parse_end(end: &[u8]) -> Option<(Directory, [u16; 2])> {
    let mut fields = Fields(end.get(4..)?);
    let disks = [fields.u16()?, fields.u16()?];
    let here = u64::from(fields.u16()?);
    let entries = u64::from(fields.u16()?);
    let size = u64::from(fields.u32()?);
    let offset = u64::from(fields.u32()?);
    (here == entries).then_some((Directory { offset, size, entries }, disks))
}

/// The end for large archives, which stands before the other one, and where it begins.
fn wide<A: Bytes>(bytes: &A, end: u64) -> Result<Option<(Directory, u64)>, Stop> {
    let Some(locator_at) = end.checked_sub(LOCATOR_BYTES) else { return Ok(None) };
    let locator = read_exact(bytes, locator_at, 20)?;
    if !locator.starts_with(LOCATOR_64) {
        return Ok(None);
    }
    let malformed = || refused("its end for large archives is malformed");
    let begin = locator_at.checked_sub(END_64_BYTES).ok_or_else(malformed)?;
    let block = read_exact(bytes, begin, 56)?;
    let parse = || {
        let mut fields = Fields(locator.get(4..)?);
        let one = fields.u32()? == 0 && fields.u64()? == begin && fields.u32()? <= 1;
        let mut fields = Fields(&block);
        let known = fields.bytes(4)? == END_64 && fields.u64()? == 44;
        fields.bytes(4)?;
        let single = fields.u32()? == 0 && fields.u32()? == 0;
        let (here, entries) = (fields.u64()?, fields.u64()?);
        let (size, offset) = (fields.u64()?, fields.u64()?);
        let whole = one && known && single && here == entries;
        whole.then_some(Directory { offset, size, entries })
    };
    Ok(Some((parse().ok_or_else(malformed)?, begin)))
}
