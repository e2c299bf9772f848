//! Makes zips that no honest program writes.

use std::io::Write;

use flate2::{Compression, Crc, write::DeflateEncoder};

/// One entry, in which the header before it and the directory may say different things.
#[derive(Debug, Clone)]
pub struct Item {
    /// The name in the directory.
    pub name: Vec<u8>,
    /// The name before the content.
    pub name_local: Vec<u8>,
    /// Its flags.
    pub flags: u16,
    /// How it is compressed: 0 or 8.
    pub method: u16,
    /// The sum of its content.
    pub crc: u32,
    /// Its size in the directory.
    pub size: u32,
    /// Its size before the content.
    pub size_local: u32,
    /// What is stored.
    pub data: Vec<u8>,
    /// Extra fields, in both places.
    pub extra: Vec<u8>,
    /// What stands behind the content.
    pub behind: Vec<u8>,
    /// The system it was made on: 3 is Unix.
    pub host: u8,
    /// Mode and kind, as Unix has them.
    pub mode: u32,
    /// Date and time of DOS.
    pub time: u32,
    /// The offset that the directory gives, if it is not the true one.
    pub offset: Option<u32>,
    /// Left out of the file, of which the directory speaks all the same.
    pub absent: bool,
    /// Left out of the directory.
    pub hidden: bool,
}

impl Item {
    /// A stored file.
    #[must_use]
    pub fn new(name: &[u8], content: &[u8]) -> Self {
        let size = u32::try_from(content.len()).expect("it is small");
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

    /// A deflated file.
    #[must_use]
    pub fn deflated(name: &[u8], content: &[u8]) -> Self {
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::best());
        deflate.write_all(content).expect("memory takes all");
        let data = deflate.finish().expect("memory takes all");
        Self { method: 8, data, ..Self::new(name, content) }
    }

    /// A symbolic link.
    #[must_use]
    pub fn link(name: &[u8], target: &[u8]) -> Self {
        Self { mode: 0o120_777, ..Self::new(name, target) }
    }

    /// The header before the content, and the content.
    #[must_use]
    pub fn local(&self) -> Vec<u8> {
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
        let stored = if self.method == 0 {
            size
        } else {
            u32::try_from(self.data.len()).expect("it is small")
        };
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

/// The sum of a content.
#[must_use]
pub fn crc(bytes: &[u8]) -> u32 {
    let mut sum = Crc::new();
    sum.update(bytes);
    sum.sum()
}

fn put16(bytes: &mut Vec<u8>, length: usize) {
    bytes.extend_from_slice(&u16::try_from(length).expect("it is small").to_le_bytes());
}

/// The end, with what it says of the directory.
#[must_use]
pub fn end(entries: usize, size: usize, offset: usize, comment: &[u8]) -> Vec<u8> {
    let mut bytes = b"PK\x05\x06\0\0\0\0".to_vec();
    put16(&mut bytes, entries);
    put16(&mut bytes, entries);
    bytes.extend_from_slice(&u32::try_from(size).expect("it is small").to_le_bytes());
    bytes.extend_from_slice(&u32::try_from(offset).expect("it is small").to_le_bytes());
    put16(&mut bytes, comment.len());
    bytes.extend_from_slice(comment);
    bytes
}

/// The entries, their directory, and an end with this comment.
#[must_use]
pub fn zip_with(items: &[Item], comment: &[u8]) -> Vec<u8> {
    let (mut bytes, mut directory, mut listed) = (Vec::new(), Vec::new(), 0);
    for item in items {
        let offset = u32::try_from(bytes.len()).expect("it is small");
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

/// The entries, their directory, and an end.
#[must_use]
pub fn zip(items: &[Item]) -> Vec<u8> {
    zip_with(items, b"")
}
