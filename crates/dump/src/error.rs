//! What can go wrong with a dump.

use holdall_tree::{Classified, ErrorKind, RelPath};

/// Why a dump cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text could not be written.
    #[error("cannot write the dump")]
    Write(#[source] std::io::Error),
    /// A file could not be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: RelPath,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The text is no dump that is known.
    #[error("this is no dump that Holdall knows")]
    Unknown,
    /// The dump is of a later version.
    #[error("the dump has the version {version}; this program reads version 1")]
    Version {
        /// Its version.
        version: String,
    },
    /// The dump is not whole or not as it was written.
    #[error("line {line}: {why}")]
    Broken {
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// The parts of a dump that was split do not make up the whole.
    #[error("the parts do not belong together: {why}")]
    Parts {
        /// What is wrong.
        why: String,
    },
    /// What is carried for a file does not give its bytes.
    #[error("{path} at line {line}: {why}")]
    Damaged {
        /// The file.
        path: RelPath,
        /// Where its text begins, from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// A file comes back as it is shown: nothing in the dump says what it was.
    #[error("{path} at line {line}: nothing in the dump proves that this is its text")]
    Unproved {
        /// The file.
        path: RelPath,
        /// Where its text begins, from 1.
        line: usize,
    },
    /// A file comes back as it is shown, though that is not what it was when the dump was written.
    #[error("{path} at line {line}: its text was edited after the dump was written")]
    Edited {
        /// The file.
        path: RelPath,
        /// Where its text begins, from 1.
        line: usize,
    },
    /// The dump does not hold this file as a whole.
    #[error("{path} is not in the dump: {why}")]
    NotThere {
        /// The file.
        path: RelPath,
        /// Why.
        why: String,
    },
}

impl Error {
    /// The file that it is about, if it is about one.
    #[must_use]
    pub fn path(&self) -> Option<&RelPath> {
        match self {
            Self::Read { path, .. }
            | Self::Damaged { path, .. }
            | Self::Unproved { path, .. }
            | Self::Edited { path, .. }
            | Self::NotThere { path, .. } => Some(path),
            _ => None,
        }
    }
}

/// The result of writing or reading a dump.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Classified for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Write(_) | Self::Read { .. } | Self::Unknown => ErrorKind::Failed,
            Self::Version { .. }
            | Self::Broken { .. }
            | Self::Parts { .. }
            | Self::Damaged { .. } => ErrorKind::Refused,
            Self::NotThere { .. } | Self::Unproved { .. } | Self::Edited { .. } => {
                ErrorKind::Incomplete
            }
        }
    }
}
