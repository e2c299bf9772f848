//! The header, as it is written.

use std::io::Write;
use std::num::NonZero;

use holdall_codec::lzma::Lzma2Writer;
use holdall_codec::raw::Crc32;

use super::sums::Sum;
use super::{MAGIC, id};
use crate::error::Error;
use crate::write::START_BYTES;

/// A header that is not longer is written as it is.
const PLAIN_BYTES_MAX: usize = 256;
/// How densely a header is compressed: a level of xz with a small window.
const LEVEL: i32 = 1;

/// What the header says of an entry.
pub(super) struct Named {
    pub(super) name: String,
    pub(super) attributes: u32,
    pub(super) modified: Option<u64>,
    pub(super) is_dir: bool,
    pub(super) has_stream: bool,
}

/// Contents that are compressed as one.
#[derive(Default)]
pub(super) struct Block {
    pub(super) contents: Vec<Sum>,
}

impl Block {
    pub(super) fn size(&self) -> u64 {
        self.contents.iter().map(|content| content.size).sum()
    }
}

/// What stands behind the last block, and what the archive begins with. `lengths` are how many bytes are stored of each
/// block; all were compressed with these properties.
pub(super) fn head(
    files: &[Named],
    blocks: &[Block],
    lengths: &[u64],
    properties: u8,
) -> Result<(Vec<u8>, [u8; START_BYTES]), Error> {
    if files.is_empty() {
        return Ok((Vec::new(), start(0, &[])));
    }
    let mut plain = vec![id::HEADER];
    let stored: u64 = lengths.iter().sum();
    if !blocks.is_empty() {
        plain.push(id::MAIN_STREAMS);
        streams(&mut plain, 0, blocks, lengths, properties);
        contents(&mut plain, blocks);
        plain.push(id::END);
    }
    told_files(&mut plain, files);
    plain.push(id::END);
    if plain.len() <= PLAIN_BYTES_MAX {
        let start = start(stored, &plain);
        return Ok((plain, start));
    }
    let packed = Lzma2Writer::new(Vec::new(), Some(LEVEL), NonZero::<u32>::MIN);
    let mut packed = packed.map_err(Error::Write)?;
    packed.write_all(&plain).map_err(Error::Write)?;
    packed.end_stream().map_err(Error::Write)?;
    let properties = packed.properties();
    let (mut bytes, lengths) = packed.finish().map_err(Error::Write)?;
    let block = Block { contents: vec![Sum { size: plain.len() as u64, crc: crc(&plain) }] };
    let mut told = vec![id::ENCODED];
    streams(&mut told, stored, &[block], &lengths, properties);
    told.push(id::END);
    let start = start(stored + bytes.len() as u64, &told);
    bytes.extend_from_slice(&told);
    Ok((bytes, start))
}

/// What an archive begins with, whose header lies so many bytes behind that.
fn start(at: u64, header: &[u8]) -> [u8; START_BYTES] {
    let mut where_it_is = Vec::new();
    where_it_is.extend_from_slice(&at.to_le_bytes());
    where_it_is.extend_from_slice(&(header.len() as u64).to_le_bytes());
    where_it_is.extend_from_slice(&crc(header).to_le_bytes());
    let mut start = [0; START_BYTES];
    let version = [0, 4];
    let parts = MAGIC.iter().chain(&version);
    let sum = crc(&where_it_is).to_le_bytes();
    let parts = parts.chain(&sum).chain(&where_it_is);
    start.iter_mut().zip(parts).for_each(|(to, from)| *to = *from);
    start
}

/// Where blocks lie, the first one at `at`, and how they are compressed. The sum of a block that is one content goes
/// with it.
fn streams(out: &mut Vec<u8>, at: u64, blocks: &[Block], lengths: &[u64], properties: u8) {
    out.push(id::PACK_INFO);
    number(out, at);
    number(out, lengths.len() as u64);
    out.push(id::SIZE);
    lengths.iter().for_each(|length| number(out, *length));
    out.extend_from_slice(&[id::END, id::UNPACK_INFO, id::FOLDER]);
    number(out, blocks.len() as u64);
    out.push(0);
    for _ in blocks {
        // One method, with a name of one byte and properties: LZMA2.
        out.extend_from_slice(&[1, 0x21, 0x21, 1, properties]);
    }
    out.push(id::UNPACK_SIZE);
    blocks.iter().for_each(|block| number(out, block.size()));
    let single = |block: &Block| match block.contents.as_slice() {
        [only] => Some(only.crc),
        _ => None,
    };
    let sums: Vec<Option<u32>> = blocks.iter().map(single).collect();
    if sums.iter().any(Option::is_some) {
        out.push(id::SUM);
        defined(out, &sums.iter().map(Option::is_some).collect::<Vec<_>>());
        sums.iter().flatten().for_each(|sum| out.extend_from_slice(&sum.to_le_bytes()));
    }
    out.push(id::END);
}

/// What is in each block.
fn contents(out: &mut Vec<u8>, blocks: &[Block]) {
    out.extend_from_slice(&[id::SUB_STREAMS, id::COUNT]);
    blocks.iter().for_each(|block| number(out, block.contents.len() as u64));
    let shared = || blocks.iter().map(|block| &block.contents).filter(|c| c.len() > 1);
    if shared().next().is_some() {
        out.push(id::SIZE);
        for contents in shared() {
            // The last one is what is left.
            let sizes = contents.iter().take(contents.len() - 1);
            sizes.for_each(|content| number(out, content.size));
        }
        out.extend_from_slice(&[id::SUM, 1]);
        for content in shared().flatten() {
            out.extend_from_slice(&content.crc.to_le_bytes());
        }
    }
    out.push(id::END);
}

fn told_files(out: &mut Vec<u8>, files: &[Named]) {
    out.push(id::FILES);
    number(out, files.len() as u64);
    let empty: Vec<bool> = files.iter().map(|file| !file.has_stream).collect();
    if empty.contains(&true) {
        let mut body = Vec::new();
        bits(&mut body, &empty);
        property(out, id::EMPTY_STREAM, &body);
        let without = files.iter().filter(|file| !file.has_stream);
        let no_dirs: Vec<bool> = without.map(|file| !file.is_dir).collect();
        if no_dirs.contains(&true) {
            body.clear();
            bits(&mut body, &no_dirs);
            property(out, id::EMPTY_FILE, &body);
        }
    }
    let mut names = vec![0];
    for file in files {
        let units = file.name.encode_utf16().chain([0]);
        units.for_each(|unit| names.extend_from_slice(&unit.to_le_bytes()));
    }
    property(out, id::NAMES, &names);
    let mut body = Vec::new();
    if files.iter().any(|file| file.modified.is_some()) {
        defined(&mut body, &files.iter().map(|file| file.modified.is_some()).collect::<Vec<_>>());
        body.push(0);
        let times = files.iter().filter_map(|file| file.modified);
        times.for_each(|time| body.extend_from_slice(&time.to_le_bytes()));
        property(out, id::MODIFIED, &body);
    }
    body = vec![1, 0];
    files.iter().for_each(|file| body.extend_from_slice(&file.attributes.to_le_bytes()));
    property(out, id::ATTRIBUTES, &body);
    out.push(id::END);
}

fn property(out: &mut Vec<u8>, id: u8, body: &[u8]) {
    out.push(id);
    number(out, body.len() as u64);
    out.extend_from_slice(body);
}

/// A number whose first byte says by its highest bits how many more there are.
fn number(out: &mut Vec<u8>, number: u64) {
    let more = (0..8_u32).find(|more| number >> (7 * (more + 1)) == 0).unwrap_or(8);
    let low = number.to_le_bytes();
    let mask = !(0xff_u64 >> more) & 0xff;
    let high = if more < 8 { number >> (8 * more) } else { 0 };
    out.extend((mask | high).to_le_bytes().first());
    out.extend(low.iter().take(more as usize));
}

/// One bit for each, the first one highest.
fn bits(out: &mut Vec<u8>, all: &[bool]) {
    for eight in all.chunks(8) {
        let bits = eight.iter().enumerate().filter(|(_, bit)| **bit);
        out.push(bits.fold(0, |byte, (at, _)| byte | 0x80 >> at));
    }
}

/// The same, with a byte before them that is 1 if all are set.
fn defined(out: &mut Vec<u8>, all: &[bool]) {
    let every = all.iter().all(|bit| *bit);
    out.push(u8::from(every));
    if !every {
        bits(out, all);
    }
}

fn crc(bytes: &[u8]) -> u32 {
    let mut sum = Crc32::default();
    sum.update(bytes);
    sum.sum()
}

#[cfg(test)]
mod tests {
    use super::super::take::Take;
    use super::*;

    #[test]
    fn a_number_that_was_written_is_read() {
        let powers = (0..64).map(|log| 1_u64 << log);
        for value in powers.flat_map(|power| [power - 1, power, power + 1]).chain([u64::MAX]) {
            let mut bytes = Vec::new();
            number(&mut bytes, value);
            let mut take = Take(&bytes);
            assert_eq!(take.number(), Ok(value), "{bytes:x?}");
            take.end().unwrap();
        }
    }
}
