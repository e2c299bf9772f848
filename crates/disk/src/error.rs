//! What can go wrong with a local file.

use std::io;
use std::path::{Path, PathBuf};

use holdall_tree::{Classified, ErrorKind};

/// Why something could not be done to a local file.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// What was being done: `open`, `rename`, …
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A name in a directory is none that a tree can hold.
    #[error("{} holds a name that cannot be used", path.display())]
    Name {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: holdall_tree::PathError,
    },
    /// Another process holds the lock.
    #[error("{} is locked by {holder}", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// Who holds it, as it wrote of itself.
        holder: String,
    },
}

/// The result of something done to a local file.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn io(doing: &'static str, path: &Path, source: impl Into<io::Error>) -> Self {
        Self::Io { doing, path: path.to_owned(), source: source.into() }
    }

    /// Why the operating system refused, if it did.
    #[must_use]
    pub fn io_error(&self) -> Option<&io::Error> {
        if let Self::Io { source, .. } = self { Some(source) } else { None }
    }

    fn is(&self, kind: io::ErrorKind) -> bool {
        self.io_error().is_some_and(|error| error.kind() == kind)
    }

    /// True if there is nothing of that name.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.is(io::ErrorKind::NotFound)
    }

    /// True if there is something of that name already.
    #[must_use]
    pub fn is_exists(&self) -> bool {
        self.is(io::ErrorKind::AlreadyExists)
    }

    /// True if something is mounted there.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.is(io::ErrorKind::ResourceBusy)
    }
}

impl Classified for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Locked { .. } => ErrorKind::Locked,
            _ => ErrorKind::Failed,
        }
    }
}
