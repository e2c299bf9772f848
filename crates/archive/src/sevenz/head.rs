//! Where the header is, and what it says.

use std::io::Read;
use std::sync::Arc;

use holdall_codec::raw::Crc32;

use super::files::{File, files};
use super::folder;
use super::sums::{Folder, folders};
use super::take::{Take, fault};
use super::{BEGIN_BYTES, HEADER_BYTES_MAX, MAGIC, id};
use crate::bytes::Bytes;
use crate::error::{Error, Fault};
use crate::rules::Rules;
use crate::stop::Stop;

/// What an archive says of itself.
#[derive(Debug, Default)]
pub(super) struct Header {
    pub(super) folders: Vec<Folder>,
    pub(super) files: Vec<File>,
}

/// Reads the header, which is the end of the archive.
pub(super) fn read<A: Bytes + 'static>(bytes: &Arc<A>, rules: &Rules) -> Result<Header, Stop> {
    let begin = crate::bytes::exactly(&**bytes, 0, 32)?;
    let mut take = Take(&begin);
    if take.bytes(6)? != MAGIC {
        return Err(Fault::Magic.into());
    }
    let [major, _minor] = take.bytes(2)? else { return Err(Fault::Magic.into()) };
    if *major != 0 {
        return Err(Fault::Magic.into());
    }
    let sum = take.u32()?;
    if crc(take.0) != sum {
        return Err(Fault::Checksum.into());
    }
    let (at, length, sum) = (take.u64()?, take.u64()?, take.u32()?);
    let end = BEGIN_BYTES.checked_add(at).and_then(|begin| begin.checked_add(length));
    match end.map(|end| end.cmp(&bytes.length())) {
        Some(std::cmp::Ordering::Equal) => {}
        Some(std::cmp::Ordering::Less) => return Err(Fault::Trailing.into()),
        _ => return Err(Fault::Truncated.into()),
    }
    if length == 0 {
        return if at == 0 { Ok(Header::default()) } else { Err(Fault::SevenHidden.into()) };
    }
    let limit = Fault::Limit { what: "bytes of the header", limit: HEADER_BYTES_MAX };
    let size = usize::try_from(length).ok().filter(|_| length <= HEADER_BYTES_MAX).ok_or(limit)?;
    let body = crate::bytes::exactly(&**bytes, BEGIN_BYTES + at, size)?;
    if crc(&body) != sum {
        return Err(Fault::Checksum.into());
    }
    match body.split_first() {
        Some((&id::HEADER, rest)) => Ok(header(rest, rules, at)?),
        Some((&id::ENCODED, rest)) => {
            let mut take = Take(rest);
            let told = folders(&mut take)?;
            take.end()?;
            let [folder] = told.as_slice() else {
                return Err(fault("it is packed in other than one folder").into());
            };
            // What is packed of the header ends where the header begins.
            if folder.packed.at.checked_add(folder.packed.stored) != Some(at) {
                return Err(Fault::SevenHidden.into());
            }
            let unpacked = unpack(bytes, folder, rules)?;
            match unpacked.split_first() {
                Some((&id::HEADER, rest)) => Ok(header(rest, rules, folder.packed.at)?),
                _ => Err(fault("what is packed of it is none").into()),
            }
        }
        _ => Err(fault("it is none").into()),
    }
}

/// A header that was packed.
fn unpack<A: Bytes + 'static>(
    bytes: &Arc<A>,
    folder: &Folder,
    rules: &Rules,
) -> Result<Vec<u8>, Stop> {
    let limit = HEADER_BYTES_MAX;
    if folder.size > limit {
        return Err(Fault::Limit { what: "bytes of the header", limit }.into());
    }
    rules.check_ratio(folder.size, folder.packed.stored)?;
    let [content] = folder.contents.as_slice() else {
        return Err(fault("it is packed with something else").into());
    };
    let mut unpacked = Vec::new();
    let read = folder.packed.open(bytes).and_then(|mut read| read.read_to_end(&mut unpacked));
    read.map_err(|source| match folder::is_damage(&source) {
        true => Stop::from(Fault::Checksum),
        false => Error::Read { offset: folder.packed.at, source }.into(),
    })?;
    if crc(&unpacked) != content.crc {
        return Err(Fault::Checksum.into());
    }
    Ok(unpacked)
}

/// The header itself. What it tells of fills the bytes before `end`, and each content is that of a file.
fn header(bytes: &[u8], rules: &Rules, end: u64) -> Result<Header, Fault> {
    let mut take = Take(bytes);
    let mut found = Header::default();
    let mut next = take.byte()?;
    if next == id::MAIN_STREAMS {
        found.folders = folders(&mut take)?;
        next = take.byte()?;
    }
    if next == id::FILES {
        found.files = files(&mut take, rules)?;
        next = take.byte()?;
    }
    if next != id::END {
        return Err(fault("something unknown is told"));
    }
    take.end()?;
    let filled = found.folders.last().map_or(0, |last| last.packed.at + last.packed.stored);
    let begins = found.folders.first().is_none_or(|first| first.packed.at == 0);
    let contents: usize = found.folders.iter().map(|folder| folder.contents.len()).sum();
    let wanted = found.files.iter().filter(|file| file.has_stream).count();
    if filled != end || !begins {
        return Err(Fault::SevenHidden);
    }
    if contents != wanted {
        return Err(fault("there are other contents than files that have one"));
    }
    Ok(found)
}

/// True if these bytes are a header, wherever that may stand.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn is_header(bytes: &[u8], rules: &Rules) -> bool {
    let Some((&id::HEADER, rest)) = bytes.split_first() else { return false };
    // It cannot be known here what it must fill.
    matches!(header(rest, rules, u64::MAX), Err(Fault::SevenHidden))
}

fn crc(bytes: &[u8]) -> u32 {
    let mut sum = Crc32::default();
    sum.update(bytes);
    sum.sum()
}
