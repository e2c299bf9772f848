//! What a tree consists of: entries, their kinds and their metadata.
//!
//! `None` in metadata means that the form cannot tell, never a made-up default.

use crate::path::RelPath;

/// One entry of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it is; the root is the empty path.
    pub path: RelPath,
    /// What it is.
    pub kind: Kind,
    /// What is known about it.
    pub meta: Metadata,
}

impl Entry {
    /// True for a directory.
    #[must_use]
    pub fn is_dir(&self) -> bool {
        matches!(self.kind, Kind::Directory)
    }

    /// The size of a file's content in bytes; 0 for all else.
    #[must_use]
    pub fn size(&self) -> u64 {
        if let Kind::File { size } = self.kind { size } else { 0 }
    }
}

/// The kinds of entry.
///
/// A hard link is no kind: it is a file (or another non-directory) whose [`Metadata::hard_link`] names a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A regular file of this many bytes.
    File {
        /// Length of the content in bytes.
        size: u64,
    },
    /// A directory.
    Directory,
    /// A symbolic link to these bytes, which need not name anything.
    Symlink {
        /// The target as written.
        target: Vec<u8>,
    },
    /// A character device with the operating system's device number.
    CharDevice {
        /// `st_rdev`.
        rdev: u64,
    },
    /// A block device with the operating system's device number.
    BlockDevice {
        /// `st_rdev`.
        rdev: u64,
    },
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
}

impl Kind {
    /// The word for this kind, as printed and as used in patterns.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::File { .. } => "file",
            Self::Directory => "dir",
            Self::Symlink { .. } => "symlink",
            Self::CharDevice { .. } => "chardev",
            Self::BlockDevice { .. } => "dev",
            Self::Fifo => "fifo",
            Self::Socket => "socket",
        }
    }
}

/// What is known about an entry beside its content.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Metadata {
    /// Permission bits with set-user-ID, set-group-ID and sticky: `0..=0o7777`.
    pub mode: Option<u32>,
    /// Number of the owner.
    pub uid: Option<u32>,
    /// Number of the group.
    pub gid: Option<u32>,
    /// Name of the owner.
    pub user: Option<String>,
    /// Name of the group.
    pub group: Option<String>,
    /// When the content was changed last.
    pub mtime: Option<Timestamp>,
    /// When it was read last; only on request.
    pub atime: Option<Timestamp>,
    /// When the inode was changed last. It cannot be restored; it tells changes from the parent snapshot.
    pub ctime: Option<Timestamp>,
    /// Inode number, to tell changes.
    pub inode: Option<u64>,
    /// Device number of the file system.
    pub device: Option<u64>,
    /// The group of hard links that it belongs to, if it has more than one name.
    pub hard_link: Option<HardLink>,
    /// Extended attributes in the order that the system lists them; POSIX ACLs and capabilities are among them.
    pub xattrs: Option<Vec<Xattr>>,
    /// File attributes as `chattr` shows them.
    pub attributes: Option<Attributes>,
    /// The parts of a sparse file that hold data, in order; `None` if it is not known to be sparse.
    pub extents: Option<Vec<Extent>>,
}

/// The group of names of one inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HardLink {
    /// Device number of the file system.
    pub device: u64,
    /// Inode number.
    pub inode: u64,
    /// How many names the inode had, also outside the tree; at least 2.
    pub links: u64,
}

/// One extended attribute.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Xattr {
    /// Its full name, such as `user.comment`.
    pub name: Vec<u8>,
    /// Its value.
    pub value: Vec<u8>,
}

/// File attributes (`FS_IOC_GETFLAGS` bits) that a restore sets again: those of [`Attributes::RESTORABLE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Attributes(pub u32);

impl Attributes {
    /// Append-only, immutable, no-dump, no-atime, synchronous, directory-synchronous, secure deletion, no tail
    /// merging, no copy-on-write: the bits that a user sets with `chattr`. Source: `linux/fs.h`.
    pub const RESTORABLE: u32 =
        0x0000_0001 | 0x8 | 0x10 | 0x20 | 0x40 | 0x80 | 0x1_0000 | 0x80_0000;
}

/// A part of a file that holds data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Where it begins, in bytes.
    pub offset: u64,
    /// How long it is, in bytes.
    pub length: u64,
}

/// A time to the nanosecond, before or after 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp {
    /// Seconds since 1970-01-01T00:00:00Z, rounded down.
    pub secs: i64,
    /// Nanoseconds after that: `0..1_000_000_000`.
    pub nanos: u32,
}

impl Timestamp {
    /// A time; nanoseconds beyond a second are carried.
    #[must_use]
    pub fn new(secs: i64, nanos: u32) -> Self {
        Self {
            secs: secs.saturating_add(i64::from(nanos / 1_000_000_000)),
            nanos: nanos % 1_000_000_000,
        }
    }

    /// Nanoseconds since 1970.
    #[must_use]
    pub fn as_nanos(self) -> i128 {
        i128::from(self.secs) * 1_000_000_000 + i128::from(self.nanos)
    }
}
