//! What can go wrong with a repository.

use holdall_store::StoreError;
use holdall_tree::{Classified, ErrorKind, RelPath};

use crate::format::FormatError;
use crate::id::{BlobKind, Id};

/// Why an operation on a repository failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store under the repository failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no repository at this place.
    #[error("there is no repository at {location}")]
    NoRepository {
        /// The store.
        location: String,
    },
    /// There is a repository at this place already.
    #[error("there is a repository at {location} already")]
    RepositoryExists {
        /// The store.
        location: String,
    },
    /// No key file opens with this password.
    #[error("the password opens none of the {tried} keys of the repository at {location}")]
    WrongPassword {
        /// The store.
        location: String,
        /// How many key files were tried.
        tried: usize,
    },
    /// An object cannot be understood.
    #[error("cannot read {what} {name}")]
    Object {
        /// What kind of object: `snapshot`, `index`, `pack`, `key`, `lock`, `config`.
        what: &'static str,
        /// Its key in the store or its ID.
        name: String,
        /// Why.
        #[source]
        source: FormatError,
    },
    /// An object that something refers to is not in the store.
    #[error("{what} {name} is missing from the repository")]
    ObjectMissing {
        /// What kind of object.
        what: &'static str,
        /// Its key in the store or its ID.
        name: String,
    },
    /// A blob that something refers to is in no index.
    #[error("the {} blob {id} is in no index of the repository", word(*.kind))]
    BlobMissing {
        /// Of which kind.
        kind: BlobKind,
        /// Its ID.
        id: Id,
    },
    /// A blob cannot be read back as it was stored.
    #[error("the {} blob {id} in pack {pack} is damaged", word(*.kind))]
    BlobDamaged {
        /// Of which kind.
        kind: BlobKind,
        /// Its ID.
        id: Id,
        /// The pack that holds it.
        pack: Id,
        /// Why.
        #[source]
        source: FormatError,
    },
    /// What was just made for storing does not read back as what it was made from: the machine is faulty.
    #[error(
        "a blob that was just encrypted does not read back; the memory or processor of this machine is faulty"
    )]
    SelfCheck,
    /// There is no such path in the snapshot.
    #[error("there is no {path} in snapshot {snapshot}")]
    PathMissing {
        /// The path looked for.
        path: RelPath,
        /// In which snapshot.
        snapshot: String,
    },
    /// No snapshot has an ID that begins so.
    #[error("no snapshot {wanted} is in the repository")]
    SnapshotMissing {
        /// As the user wrote it.
        wanted: String,
    },
    /// More than one snapshot has an ID that begins so.
    #[error("{wanted} is the beginning of {count} snapshot IDs")]
    SnapshotAmbiguous {
        /// As the user wrote it.
        wanted: String,
        /// How many there are.
        count: usize,
    },
    /// Another run holds the repository.
    #[error("the repository is locked {how} by {holder}")]
    Locked {
        /// `exclusively` or `for use`.
        how: &'static str,
        /// User, host, process and time.
        holder: String,
    },
    /// The repository is of version 1, which is only read.
    #[error("the repository is of version 1, which is read but not written")]
    ReadOnlyVersion,
    /// The lock could not be kept, so nothing more may be written.
    #[error("the lock on the repository was lost")]
    LockLost,
    /// The rules of a `forget` would keep nothing of a group.
    #[error("the rules would keep none of {group}")]
    KeepsNone {
        /// The group, in words.
        group: String,
    },
    /// Something is asked that would lose data or makes no sense.
    #[error("{0}")]
    Refused(String),
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes: {0}")]
    Random(String),
    /// The compressor failed.
    #[error("cannot compress or decompress")]
    Compression(#[source] std::io::Error),
    /// Another form or the context failed.
    #[error(transparent)]
    Tree(holdall_tree::Error),
}

/// The result of an operation on a repository.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An object that cannot be understood.
    pub(crate) fn object(
        what: &'static str,
        name: impl ToString,
    ) -> impl FnOnce(FormatError) -> Self {
        let name = name.to_string();
        move |source| Self::Object { what, name, source }
    }
}

impl Classified for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Locked { .. } => ErrorKind::Locked,
            Self::KeepsNone { .. } | Self::Refused(_) | Self::ReadOnlyVersion => ErrorKind::Refused,
            Self::NoRepository { .. }
            | Self::RepositoryExists { .. }
            | Self::SnapshotMissing { .. }
            | Self::SnapshotAmbiguous { .. }
            | Self::PathMissing { .. } => ErrorKind::Failed,
            Self::Tree(error) => error.kind(),
            _ => ErrorKind::Failed,
        }
    }
}

impl From<holdall_tree::Error> for Error {
    fn from(error: holdall_tree::Error) -> Self {
        Self::Tree(error)
    }
}

fn word(kind: BlobKind) -> &'static str {
    match kind {
        BlobKind::Data => "data",
        BlobKind::Tree => "tree",
    }
}
