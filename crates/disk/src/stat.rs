//! What one look at an entry tells.

use holdall_tree::{Attributes, Entry, Extent, HardLink, Kind, Metadata, RelPath, Timestamp};
use rustix::fs::{Statx, StatxTimestamp};

/// The type of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileType {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A character device.
    CharDevice,
    /// A block device.
    BlockDevice,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
}

/// What `statx` tells of an entry, itself and not what it links to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// Its type.
    pub file_type: FileType,
    /// Length in bytes.
    pub size: u64,
    /// Permission bits with set-ID and sticky.
    pub mode: u32,
    /// Number of the owner.
    pub uid: u32,
    /// Number of the group.
    pub gid: u32,
    /// Last change of the content.
    pub mtime: Timestamp,
    /// Last reading.
    pub atime: Timestamp,
    /// Last change of the inode.
    pub ctime: Timestamp,
    /// Inode number.
    pub inode: u64,
    /// Number of the file system's device.
    pub device: u64,
    /// Number of the device that the entry is, if it is one.
    pub rdev: u64,
    /// How many names it has.
    pub links: u64,
    /// Blocks of 512 bytes that it takes.
    pub blocks: u64,
    /// File attributes among those that a restore sets, as far as `statx` tells them: immutable, append-only, no-dump.
    pub attributes: Attributes,
}

/// Compressed (0x4), immutable (0x10), append-only (0x20), no-dump (0x40): in `statx` and in `FS_IOC_GETFLAGS` these
/// have the same numbers (`linux/stat.h`, `linux/fs.h`). Compressed is the file system's business and left out.
const STATX_ATTRIBUTES: u64 = 0x10 | 0x20 | 0x40;

impl Stat {
    pub(crate) fn new(stat: &Statx) -> Self {
        let mode = u32::from(stat.stx_mode);
        let file_type = match mode & 0o170_000 {
            0o040_000 => FileType::Directory,
            0o120_000 => FileType::Symlink,
            0o020_000 => FileType::CharDevice,
            0o060_000 => FileType::BlockDevice,
            0o010_000 => FileType::Fifo,
            0o140_000 => FileType::Socket,
            _ => FileType::File,
        };
        Self {
            file_type,
            size: stat.stx_size,
            mode: mode & 0o7777,
            uid: stat.stx_uid,
            gid: stat.stx_gid,
            mtime: time(&stat.stx_mtime),
            atime: time(&stat.stx_atime),
            ctime: time(&stat.stx_ctime),
            inode: stat.stx_ino,
            device: rustix::fs::makedev(stat.stx_dev_major, stat.stx_dev_minor),
            rdev: rustix::fs::makedev(stat.stx_rdev_major, stat.stx_rdev_minor),
            links: u64::from(stat.stx_nlink),
            blocks: stat.stx_blocks,
            attributes: Attributes((stat.stx_attributes.bits() & STATX_ATTRIBUTES) as u32),
        }
    }

    /// The entry at `path`, with all that this look tells. The target of a link is empty until somebody reads it, and
    /// a file with fewer blocks than bytes has an empty list of extents until somebody asks where its data lies.
    #[must_use]
    pub fn to_entry(&self, path: RelPath) -> Entry {
        let kind = match self.file_type {
            FileType::File => Kind::File { size: self.size },
            FileType::Directory => Kind::Directory,
            FileType::Symlink => Kind::Symlink { target: Vec::new() },
            FileType::CharDevice => Kind::CharDevice { rdev: self.rdev },
            FileType::BlockDevice => Kind::BlockDevice { rdev: self.rdev },
            FileType::Fifo => Kind::Fifo,
            FileType::Socket => Kind::Socket,
        };
        let several = self.links >= 2 && self.file_type != FileType::Directory;
        let link = HardLink { device: self.device, inode: self.inode, links: self.links };
        let sparse =
            self.file_type == FileType::File && self.blocks.saturating_mul(512) < self.size;
        let extents: Option<Vec<Extent>> = sparse.then(Vec::new);
        let meta = Metadata {
            mode: Some(self.mode),
            uid: Some(self.uid),
            gid: Some(self.gid),
            mtime: Some(self.mtime),
            ctime: Some(self.ctime),
            inode: Some(self.inode),
            device: Some(self.device),
            hard_link: several.then_some(link),
            attributes: Some(self.attributes),
            extents,
            ..Metadata::default()
        };
        Entry { path, kind, meta }
    }
}

fn time(time: &StatxTimestamp) -> Timestamp {
    Timestamp::new(time.tv_sec, time.tv_nsec)
}
