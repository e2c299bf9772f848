//! What can go wrong with a local file.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use holdall_tree::path::printable;
use holdall_tree::{Classified, ErrorKind, PathError};

/// The result of an operation on local files.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a local file could not be read or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system says why.
    #[error("cannot {doing} {}", shown(path))]
    Io {
        /// What was being done, as a verb.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// A component of the path is a symbolic link, or what must not be one is.
    #[error("refused to {doing} {} through a symbolic link", shown(path))]
    Escapes {
        /// What was being done, as a verb.
        doing: &'static str,
        /// The path as asked for.
        path: PathBuf,
    },
    /// A regular file was expected.
    #[error("{} is not a regular file", shown(path))]
    NotFile {
        /// What is something else.
        path: PathBuf,
    },
    /// What was to be made exists.
    #[error("{} exists", shown(path))]
    Exists {
        /// What exists.
        path: PathBuf,
    },
    /// Somebody else holds the lock.
    #[error("{} is locked by {holder}", shown(path))]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// The process and host that hold it, as the file says.
        holder: String,
    },
    /// The file system cannot exchange two names in one step.
    #[error("the file system of {} cannot exchange two names in one step", shown(path))]
    NotExchangeable {
        /// The first of the names.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// An extended attribute could not be set or removed.
    #[error("cannot set attribute {name} of {}", shown(path))]
    Xattr {
        /// Whose.
        path: PathBuf,
        /// The attribute's name.
        name: String,
        /// Why it failed.
        source: io::Error,
    },
    /// A directory that was watched is not there any more.
    #[error("the directory {} is gone", shown(path))]
    Gone {
        /// The directory.
        path: PathBuf,
    },
    /// A directory holds a name that no path of ours can hold.
    #[error("directory {} holds a name that cannot be used", shown(path))]
    Name {
        /// The directory.
        path: PathBuf,
        /// What is wrong with the name.
        source: PathError,
    },
}

impl Error {
    /// True if there is no such file or directory.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.io_kind() == Some(io::ErrorKind::NotFound)
    }

    /// True if something of that name exists already.
    #[must_use]
    pub fn is_exists(&self) -> bool {
        matches!(self, Self::Exists { .. }) || self.io_kind() == Some(io::ErrorKind::AlreadyExists)
    }

    fn io_kind(&self) -> Option<io::ErrorKind> {
        self.io_error().map(io::Error::kind)
    }

    /// True if something is mounted there.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.io_kind() == Some(io::ErrorKind::ResourceBusy)
    }

    /// True if the disk or this process fails (an input or output error, a file system that became read-only, no
    /// descriptors or memory left), and not only what was asked of this one file. A full disk is not among these: it is
    /// also how a file system says that an attribute is too large for it.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        use rustix::io::Errno;
        let failures = [Errno::IO, Errno::ROFS, Errno::MFILE, Errno::NFILE, Errno::NOMEM];
        let code = self.io_error().and_then(io::Error::raw_os_error);
        failures.iter().any(|failure| code == Some(failure.raw_os_error()))
    }

    /// The system's error, if that is the cause.
    #[must_use]
    pub fn io_error(&self) -> Option<&io::Error> {
        match self {
            Self::Io { source, .. }
            | Self::Xattr { source, .. }
            | Self::NotExchangeable { source, .. } => Some(source),
            _ => None,
        }
    }

    /// An error of the system while `doing` something to `path`; a symbolic link in the way gets its own variant.
    pub(crate) fn new(doing: &'static str, path: &Path, source: impl Into<io::Error>) -> Self {
        let (path, source) = (path.to_owned(), source.into());
        if source.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) {
            return Self::Escapes { doing, path };
        }
        Self::Io { doing, path, source }
    }
}

impl Classified for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Escapes { .. } => ErrorKind::Refused,
            Self::Locked { .. } => ErrorKind::Locked,
            _ => ErrorKind::Failed,
        }
    }
}

/// A path as text that is safe to print.
fn shown(path: &Path) -> std::borrow::Cow<'_, str> {
    printable(path.as_os_str().as_bytes())
}
