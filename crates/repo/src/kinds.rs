//! Small words of a repository: kinds of file, strengths of compression, who is at work.

use crate::id::Id;

/// The kinds of file in a repository, beside its configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// A master key, sealed with a password.
    Key,
    /// A lock.
    Lock,
    /// A snapshot.
    Snapshot,
    /// A part of the index.
    Index,
    /// Blobs.
    Pack,
}

impl FileKind {
    /// The directory that holds such files.
    #[must_use]
    pub fn dir(self) -> &'static str {
        match self {
            Self::Key => "keys",
            Self::Lock => "locks",
            Self::Snapshot => "snapshots",
            Self::Index => "index",
            Self::Pack => "data",
        }
    }

    /// The word for such a file.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Lock => "lock",
            Self::Snapshot => "snapshot",
            Self::Index => "index",
            Self::Pack => "pack",
        }
    }

    /// The key in the store of the file with this ID.
    #[must_use]
    pub fn key(self, id: &Id) -> String {
        let hex = id.hex();
        match self {
            Self::Pack => format!("data/{}/{hex}", hex.get(..2).unwrap_or_default()),
            _ => format!("{}/{hex}", self.dir()),
        }
    }
}

/// How hard blobs are compressed. The names are restic's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compression {
    /// Data is stored as it is; trees are still compressed, as the format wants.
    Off,
    /// zstd level 1.
    Fastest,
    /// zstd level 3.
    #[default]
    Auto,
    /// zstd level 9.
    Better,
    /// zstd level 19.
    Max,
}

impl Compression {
    /// The zstd level.
    #[must_use]
    pub fn level(self) -> i32 {
        match self {
            Self::Fastest => 1,
            Self::Off | Self::Auto => 3,
            Self::Better => 9,
            Self::Max => 19,
        }
    }
}

/// The names that are written into keys, locks and snapshots.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// Name of this machine.
    pub host: String,
    /// Name of the user.
    pub user: String,
    /// Number of the user.
    pub uid: u32,
    /// Number of the group.
    pub gid: u32,
    /// Number of this process.
    pub pid: u32,
}
