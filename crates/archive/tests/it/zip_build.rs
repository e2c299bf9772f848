//! Makes zips that no honest program writes.

use std::io::Write;

use holdall_codec::raw::{Crc32, Deflate};

/// One entry, in which the header before it and the directory may say different things.
#[derive(Clone)]
pub(crate) struct Item {
    pub(crate) name: Vec<u8>,
    pub(crate) name_local: Vec<u8>,
    pub(crate) flags: u16,
    pub(crate) method: u16,
    pub(crate) crc: u32,
    pub(crate) size: u32,
    pub(crate) size_local: u32,
    pub(crate) data: Vec<u8>,
    pub(crate) extra: Vec<u8>,
    pub(crate) behind: Vec<u8>,
    pub(crate) host: u8,
    pub(crate) mode: u32,
    pub(crate) time: u32,
    /// The offset that the directory gives, if it is not the true one.
    pub(crate) offset: Option<u32>,
    /// Left out of the file, of which the directory speaks all the same.
    pub(crate) absent: bool,
    /// Left out of the directory.
    pub(crate) hidden: bool,
}

impl Item {
    pub(crate) fn new(name: &[u8], content: &[u8]) -> Self {
        let size = u32::try_from(content.len()).unwrap();
        Self {
            name: name.to_vec(),
            name_local: name.to_vec(),
            flags: 0,
            method: 0,
            crc: crc(content),
            size,
            size_local: size,
            data: content.to_vec(),
            extra: Vec::new(),
            behind: Vec::new(),
            host: 3,
            mode: 0o100_644,
            time: 0x5821_0000,
            offset: None,
            absent: false,
            hidden: false,
        }
    }

    pub(crate) fn deflated(name: &[u8], content: &[u8]) -> Self {
        let mut deflate = Deflate::new(Vec::new(), Some(9)).unwrap();
        deflate.write_all(content).unwrap();
        let data = deflate.finish().unwrap();
        Self { method: 8, data, ..Self::new(name, content) }
    }

    pub(crate) fn link(name: &[u8], target: &[u8]) -> Self {
        Self { mode: 0o120_777, ..Self::new(name, target) }
    }

    pub(crate) fn local(&self) -> Vec<u8> {
        let mut bytes = b"PK\x03\x04\x14\0".to_vec();
        self.common(&mut bytes, self.size_local);
        put16(&mut bytes, self.name_local.len());
        put16(&mut bytes, self.extra.len());
        for piece in [&self.name_local, &self.extra, &self.data, &self.behind] {
            bytes.extend_from_slice(piece);
        }
        bytes
    }

    fn common(&self, bytes: &mut Vec<u8>, size: u32) {
        bytes.extend_from_slice(&self.flags.to_le_bytes());
        bytes.extend_from_slice(&self.method.to_le_bytes());
        bytes.extend_from_slice(&self.time.to_le_bytes());
        bytes.extend_from_slice(&self.crc.to_le_bytes());
        let stored = if self.method == 0 { size } else { u32::try_from(self.data.len()).unwrap() };
        bytes.extend_from_slice(&stored.to_le_bytes());
        bytes.extend_from_slice(&size.to_le_bytes());
    }

    fn central(&self, offset: u32) -> Vec<u8> {
        let mut bytes = b"PK\x01\x02\x14".to_vec();
        bytes.extend_from_slice(&[self.host, 20, 0]);
        self.common(&mut bytes, self.size);
        put16(&mut bytes, self.name.len());
        put16(&mut bytes, self.extra.len());
        bytes.extend_from_slice(&[0; 6]);
        bytes.extend_from_slice(&(self.mode << 16).to_le_bytes());
        bytes.extend_from_slice(&self.offset.unwrap_or(offset).to_le_bytes());
        bytes.extend_from_slice(&self.name);
        bytes.extend_from_slice(&self.extra);
        bytes
    }
}

pub(crate) fn crc(bytes: &[u8]) -> u32 {
    let mut sum = Crc32::default();
    sum.update(bytes);
    sum.sum()
}

fn put16(bytes: &mut Vec<u8>, length: usize) {
    bytes.extend_from_slice(&u16::try_from(length).unwrap().to_le_bytes());
}

/// The end, with what it says of the directory.
pub(crate) fn end(entries: usize, size: usize, offset: usize, comment: &[u8]) -> Vec<u8> {
    let mut bytes = b"PK\x05\x06\0\0\0\0".to_vec();
    put16(&mut bytes, entries);
    put16(&mut bytes, entries);
    bytes.extend_from_slice(&u32::try_from(size).unwrap().to_le_bytes());
    bytes.extend_from_slice(&u32::try_from(offset).unwrap().to_le_bytes());
    put16(&mut bytes, comment.len());
    bytes.extend_from_slice(comment);
    bytes
}

/// The entries, their directory, and an end with this comment.
pub(crate) fn zip_with(items: &[Item], comment: &[u8]) -> Vec<u8> {
    let (mut bytes, mut directory, mut listed) = (Vec::new(), Vec::new(), 0);
    for item in items {
        let offset = u32::try_from(bytes.len()).unwrap();
        if !item.absent {
            bytes.extend_from_slice(&item.local());
        }
        if !item.hidden {
            directory.extend_from_slice(&item.central(offset));
            listed += 1;
        }
    }
    let end = end(listed, directory.len(), bytes.len(), comment);
    [bytes, directory, end].concat()
}

pub(crate) fn zip(items: &[Item]) -> Vec<u8> {
    zip_with(items, b"")
}
