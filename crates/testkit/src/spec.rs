//! A tree as plain data, before it is on the disk.

use std::path::PathBuf;

/// A tree: its entries, parents before what is in them, and the top itself not among them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TreeSpec {
    /// The entries in the order in which they are made.
    pub entries: Vec<EntrySpec>,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntrySpec {
    /// Where it is, relative to the top.
    pub path: PathBuf,
    /// What it is.
    pub kind: KindSpec,
    /// Permission bits with setuid, setgid and sticky; a symbolic or hard link has none of its own.
    pub mode: u32,
    /// Seconds since 1970, and nanoseconds below a second.
    pub mtime: (i64, u32),
    /// User and group; only root can give a file away.
    pub owner: Option<(u32, u32)>,
    /// Extended attributes by full name (`user.x`). Left out where the file system has none.
    pub xattrs: Vec<(String, Vec<u8>)>,
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KindSpec {
    /// A directory.
    Dir,
    /// A regular file.
    File(Content),
    /// A symbolic link with these bytes as its target.
    Symlink(PathBuf),
    /// Another name of an earlier file of this tree.
    HardLink(PathBuf),
    /// A named pipe.
    Fifo,
    /// A socket that nobody listens on.
    Socket,
    /// A character device; only root can make one.
    CharDevice {
        /// Major number.
        major: u32,
        /// Minor number.
        minor: u32,
    },
    /// A block device; only root can make one.
    BlockDevice {
        /// Major number.
        major: u32,
        /// Minor number.
        minor: u32,
    },
}

/// The bytes of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// These.
    Bytes(Vec<u8>),
    /// So many bytes that look random; one seed always gives the same.
    Noise {
        /// Which bytes.
        seed: u64,
        /// How many.
        length: usize,
    },
    /// A file of this length that is all hole but for these pieces at their offsets.
    Sparse {
        /// The length in bytes.
        length: u64,
        /// Offset and bytes of each piece.
        pieces: Vec<(u64, Vec<u8>)>,
    },
}

impl Content {
    /// Its length in bytes.
    #[must_use]
    pub fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Noise { length, .. } => *length as u64,
            Self::Sparse { length, .. } => *length,
        }
    }

    /// Whether it has no bytes at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Bytes that look random (xorshift64*), the same for the same seed.
pub(crate) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        bytes.extend_from_slice(&state.wrapping_mul(0x2545_F491_4F6C_DD1D).to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}
