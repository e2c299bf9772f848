//! Makes archives that no honest program writes.

/// One header, as wrong as it should be.
#[derive(Debug, Clone)]
pub struct Head {
    block: [u8; 512],
}

impl Head {
    /// A header of this kind and name, of an empty file of root.
    #[must_use]
    pub fn new(kind: u8, name: &[u8]) -> Self {
        let mut head = Self { block: [0; 512] };
        head.put(0, &name[..name.len().min(100)]);
        head.put(100, b"0000644\0").put(108, b"0000000\0").put(116, b"0000000\0");
        head.put(124, b"00000000000\0").put(136, b"00000000000\0");
        head.put(156, &[kind]).put(257, b"ustar\x0000");
        head
    }

    /// Puts bytes where they do not belong.
    pub fn put(&mut self, at: usize, bytes: &[u8]) -> &mut Self {
        self.block[at..at + bytes.len()].copy_from_slice(bytes);
        self
    }

    /// With this target of a link.
    #[must_use]
    pub fn link(mut self, target: &[u8]) -> Self {
        self.put(157, target);
        self
    }

    /// With this mode.
    #[must_use]
    pub fn mode(mut self, mode: u32) -> Self {
        self.put(100, format!("{mode:07o}\0").as_bytes());
        self
    }

    /// With this size.
    #[must_use]
    pub fn size(mut self, size: u64) -> Self {
        self.put(124, format!("{size:011o}\0").as_bytes());
        self
    }

    /// With these bytes at this place.
    #[must_use]
    pub fn with(mut self, at: usize, bytes: &[u8]) -> Self {
        self.put(at, bytes);
        self
    }

    /// The block, with the sum that it has.
    #[must_use]
    pub fn sealed(&self) -> Vec<u8> {
        let mut block = self.block;
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        block.to_vec()
    }

    /// With this content, and the size that it has.
    #[must_use]
    pub fn holding(self, content: &[u8]) -> Vec<u8> {
        let mut bytes = self.size(content.len() as u64).sealed();
        bytes.extend_from_slice(&padded(content));
        bytes
    }
}

/// Filled up to whole blocks.
#[must_use]
pub fn padded(content: &[u8]) -> Vec<u8> {
    let mut bytes = content.to_vec();
    bytes.resize(content.len().next_multiple_of(512), 0);
    bytes
}

/// A file.
#[must_use]
pub fn file(name: &[u8], content: &[u8]) -> Vec<u8> {
    Head::new(b'0', name).holding(content)
}

/// A directory.
#[must_use]
pub fn dir(name: &[u8]) -> Vec<u8> {
    Head::new(b'5', name).mode(0o755).sealed()
}

/// A symbolic link.
#[must_use]
pub fn symlink(name: &[u8], target: &[u8]) -> Vec<u8> {
    Head::new(b'2', name).link(target).sealed()
}

/// A hard link.
#[must_use]
pub fn hard_link(name: &[u8], target: &[u8]) -> Vec<u8> {
    Head::new(b'1', name).link(target).sealed()
}

/// An extended header with these records.
#[must_use]
pub fn pax(kind: u8, records: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (key, value) in records {
        let rest = key.len() + value.len() + 3;
        let mut length = rest + 1;
        while rest + length.to_string().len() != length {
            length = rest + length.to_string().len();
        }
        body.extend_from_slice(format!("{length} {key}=").as_bytes());
        body.extend_from_slice(value);
        body.push(b'\n');
    }
    Head::new(kind, b"PaxHeaders/x").holding(&body)
}

/// The parts, and the end of an archive.
#[must_use]
pub fn archive(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = parts.concat();
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}
