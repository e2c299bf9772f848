//! What can go wrong with a repository of git.

use std::path::PathBuf;

use holdall_tree::{Classified, ErrorKind, PathError, RelPath};

use crate::object::ObjectId;

/// What the library below says.
pub(crate) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The result of an operation on a repository of git.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation on a repository of git failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no repository here.
    #[error("there is no git repository at {} or above it", path.display())]
    NoRepository {
        /// Where the search began.
        path: PathBuf,
        /// Why.
        #[source]
        source: Cause,
    },
    /// There is a repository, but it cannot be read.
    #[error("cannot open the git repository of {}", path.display())]
    Open {
        /// Where it was looked for.
        path: PathBuf,
        /// Why.
        #[source]
        source: Cause,
    },
    /// The operation needs a work tree, and the repository is bare.
    #[error("the git repository {} has no work tree", git_dir.display())]
    Bare {
        /// The repository.
        git_dir: PathBuf,
    },
    /// A revision names nothing.
    #[error("cannot find the revision {rev:?} in {}", git_dir.display())]
    Revision {
        /// What was asked for.
        rev: String,
        /// The repository.
        git_dir: PathBuf,
        /// Why.
        #[source]
        source: Cause,
    },
    /// A revision names a file.
    #[error("the revision {rev:?} is a {kind}, neither a commit nor a directory")]
    NoTree {
        /// What was asked for.
        rev: String,
        /// What it is.
        kind: String,
    },
    /// There is no such path in the commit.
    #[error("there is no {path} in the revision {rev:?}")]
    PathMissing {
        /// What was looked for.
        path: RelPath,
        /// The revision.
        rev: String,
    },
    /// The path is there and is no directory.
    #[error("{path} in the revision {rev:?} is not a directory; name the directory that holds it")]
    NotADirectory {
        /// What was looked for.
        path: RelPath,
        /// The revision.
        rev: String,
    },
    /// An object cannot be read.
    #[error("cannot read the {what} {id} of {}", git_dir.display())]
    Object {
        /// `commit`, `tree` or `blob`.
        what: &'static str,
        /// Which.
        id: ObjectId,
        /// The repository.
        git_dir: PathBuf,
        /// Why.
        #[source]
        source: Cause,
    },
    /// An object is not in the repository: it is a shallow or partial clone, or damaged.
    #[error(
        "the {what} {id} is missing from {}; if it is a shallow or partial clone, fetch it with git",
        git_dir.display()
    )]
    ObjectMissing {
        /// `commit`, `tree` or `blob`.
        what: &'static str,
        /// Which.
        id: ObjectId,
        /// The repository.
        git_dir: PathBuf,
    },
    /// An object is of another kind than what refers to it says.
    #[error("the object {id} should be a {what} and is a {found}")]
    ObjectKind {
        /// What it should be.
        what: &'static str,
        /// Which.
        id: ObjectId,
        /// What it is.
        found: String,
    },
    /// A blob is larger than the limit.
    #[error("the blob {id} has {bytes} bytes, more than the limit of {limit}")]
    BlobLarge {
        /// Which.
        id: ObjectId,
        /// Its size.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// A tree object holds what git itself would never write.
    #[error("the tree {tree} for {dir:?} cannot be taken: {source}")]
    HostileTree {
        /// The directory, as it would be shown.
        dir: String,
        /// The tree object.
        tree: ObjectId,
        /// What is wrong, and with which entry.
        #[source]
        source: TreeFault,
    },
    /// A directory is larger or deeper than the limits allow.
    #[error("directory {dir} is larger or deeper than the limits allow")]
    Limit {
        /// The directory.
        dir: RelPath,
    },
    /// The repository of a submodule is not on this machine.
    #[error(
        "the submodule {path} has no repository here that holds its commit {commit}; get it with `git submodule update --init`"
    )]
    SubmoduleMissing {
        /// Where the submodule is in the tree.
        path: RelPath,
        /// The commit that the tree wants.
        commit: ObjectId,
    },
    /// The index cannot be read.
    #[error("cannot read the index of {}", git_dir.display())]
    Index {
        /// The repository.
        git_dir: PathBuf,
        /// Why.
        #[source]
        source: Cause,
    },
    /// A path in the index would leave the work tree.
    #[error("the index of {} holds a path that cannot be taken", git_dir.display())]
    IndexPath {
        /// The repository.
        git_dir: PathBuf,
        /// What is wrong with it.
        #[source]
        source: PathError,
    },
    /// The work tree cannot be walked or one of its files cannot be read.
    #[error("cannot read {} in the work tree", path.display())]
    WorkTree {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: Cause,
    },
    /// A file of the work tree was changed between two looks at it.
    #[error("{} was changed while it was read; try again", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The directory is not beneath the work tree.
    #[error("{} is not beneath the work tree {}", path.display(), root.display())]
    Outside {
        /// What was asked for.
        path: PathBuf,
        /// The work tree.
        root: PathBuf,
    },
    /// A patch cannot be written out.
    #[error("cannot write the patch")]
    Write(#[source] std::io::Error),
}

/// What is wrong with a tree object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TreeFault {
    /// The bytes are not those of a tree.
    #[error("its bytes are damaged after {entries} entries")]
    Damaged {
        /// How many entries could be read.
        entries: usize,
    },
    /// A name cannot be one of a file.
    #[error("entry {entry}: {source}")]
    Name {
        /// Which entry, counted from 1.
        entry: usize,
        /// What is wrong with it.
        #[source]
        source: PathError,
    },
    /// A name is that of a directory of git.
    #[error("entry {entry} is named {name:?}, which git keeps for itself")]
    GitDir {
        /// Which entry, counted from 1.
        entry: usize,
        /// Its name.
        name: String,
    },
    /// A name is there twice.
    #[error("the name {name:?} is there twice")]
    Twice {
        /// The name.
        name: String,
    },
    /// A mode that git does not know.
    #[error("entry {entry} {name:?} has the unknown mode {mode:o}")]
    Mode {
        /// Which entry, counted from 1.
        entry: usize,
        /// Its name.
        name: String,
        /// The mode.
        mode: u32,
    },
    /// A symbolic link whose target no file system can hold.
    #[error("the symbolic link {name:?} has a target that is too long or holds a NUL byte")]
    LinkTarget {
        /// Its name.
        name: String,
    },
    /// More entries than one tree object may have.
    #[error("it has more than {limit} entries")]
    Large {
        /// The limit.
        limit: usize,
    },
}

impl Classified for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NoRepository { .. }
            | Self::Bare { .. }
            | Self::Revision { .. }
            | Self::NoTree { .. }
            | Self::PathMissing { .. }
            | Self::NotADirectory { .. }
            | Self::Outside { .. } => ErrorKind::Usage,
            Self::HostileTree { .. }
            | Self::BlobLarge { .. }
            | Self::Limit { .. }
            | Self::IndexPath { .. } => ErrorKind::Refused,
            _ => ErrorKind::Failed,
        }
    }
}
