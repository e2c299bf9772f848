//! Makes 7z archives that no honest program writes.

use crate::zip::crc;

/// An archive with this header, all sums of which are right.
#[must_use]
pub fn sealed(stored: &[u8], header: &[u8]) -> Vec<u8> {
    let mut place = Vec::new();
    place.extend_from_slice(&(stored.len() as u64).to_le_bytes());
    place.extend_from_slice(&(header.len() as u64).to_le_bytes());
    place.extend_from_slice(&crc(header).to_le_bytes());
    let sum = crc(&place).to_le_bytes();
    [b"7z\xbc\xaf\x27\x1c\0\x04", &sum[..], &place, stored, header].concat()
}

/// What is said of one folder that is stored as it is, and of the files in it.
#[derive(Debug, Clone)]
pub struct Parts {
    /// What is stored.
    pub stored: Vec<u8>,
    /// Where it begins.
    pub pack_at: u8,
    /// How many bytes of it the folder has.
    pub pack_size: u8,
    /// How many methods there are, and what is told of each.
    pub method: Vec<u8>,
    /// How many bytes come of each method.
    pub size: Vec<u8>,
    /// The sum of what comes of the folder.
    pub sum: u32,
    /// How many files there are.
    pub files: u8,
    /// What is told of the files.
    pub told: Vec<u8>,
    /// What stands behind the header.
    pub behind: Vec<u8>,
}

impl Parts {
    /// One file of this name, with a content of less than 128 bytes.
    #[must_use]
    pub fn new(name: &str, content: &[u8]) -> Self {
        let length = length(content);
        Self {
            stored: content.to_vec(),
            pack_at: 0,
            pack_size: length,
            method: vec![1, 1, 0],
            size: vec![length],
            sum: crc(content),
            files: 1,
            told: names(&[name]),
            behind: Vec::new(),
        }
    }

    /// With something more that is told of the files.
    #[must_use]
    pub fn told(mut self, id: u8, body: &[u8]) -> Self {
        self.told.extend_from_slice(&property(id, body));
        self
    }

    /// With this mode of Unix.
    #[must_use]
    pub fn mode(self, mode: u32) -> Self {
        let attributes = (mode << 16 | 0x8000).to_le_bytes();
        self.told(0x15, &[&[1, 0][..], &attributes].concat())
    }

    fn header(&self) -> Vec<u8> {
        let mut header = vec![1, 4, 6, self.pack_at, 1, 9, self.pack_size, 0, 7, 0xb, 1, 0];
        header.extend_from_slice(&self.method);
        header.push(0xc);
        header.extend_from_slice(&self.size);
        header.extend_from_slice(&[0xa, 1]);
        header.extend_from_slice(&self.sum.to_le_bytes());
        header.extend_from_slice(&[0, 0, 5, self.files]);
        header.extend_from_slice(&self.told);
        header.extend_from_slice(&[0, 0]);
        header.extend_from_slice(&self.behind);
        header
    }

    /// The archive.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        sealed(&self.stored, &self.header())
    }
}

/// Something that is told of the files.
#[must_use]
pub fn property(id: u8, body: &[u8]) -> Vec<u8> {
    [&[id, length(body)], body].concat()
}

/// Their names.
#[must_use]
pub fn names(names: &[&str]) -> Vec<u8> {
    let units = names.iter().flat_map(|name| name.encode_utf16().chain([0]));
    let bytes: Vec<u8> = [0].into_iter().chain(units.flat_map(u16::to_le_bytes)).collect();
    property(0x11, &bytes)
}

fn length(bytes: &[u8]) -> u8 {
    u8::try_from(bytes.len()).unwrap_or(u8::MAX)
}
