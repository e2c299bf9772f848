//! Which errors concern one entry, so that the rest is published without it, and which end the restore: a disk that fails
//! must not leave a tree that lacks what did not fail.

use std::io;

use holdall_tree::{ErrorKind, Result};

use super::decide::Unread;

/// Why a content was not written.
#[derive(Debug)]
pub(super) enum Fault {
    /// It could not be read, or that was interrupted.
    Source(io::Error),
    /// Where it goes to did not take it.
    Target(io::Error),
}

impl Fault {
    /// The error, if it concerns this one content alone.
    ///
    /// # Errors
    ///
    /// The source refuses what it was asked for: nothing of a source that cannot be trusted is published. Or it cannot be
    /// read, and that is to end it. Or the target fails, and going on would publish a tree without its files.
    pub(super) fn of_one(
        self,
        unread: Unread,
        failed: impl FnOnce(io::Error) -> holdall_tree::Error,
    ) -> Result<io::Error> {
        match self {
            Self::Source(error) => {
                let inner = error.get_ref().and_then(|e| e.downcast_ref::<holdall_tree::Error>());
                if inner.is_some_and(|inner| inner.kind() == ErrorKind::Refused) {
                    return Err(error.downcast().unwrap_or_else(failed));
                }
                match unread {
                    Unread::Leave => Ok(error),
                    Unread::Fail => Err(failed(error)),
                }
            }
            // A file system that holds no file that large may hold all others.
            Self::Target(error) if error.kind() == io::ErrorKind::FileTooLarge => Ok(error),
            Self::Target(error) => Err(failed(error)),
        }
    }
}

/// True if it is this one entry that cannot be where it is to go, and no fault of the disk.
pub(super) fn cannot_be(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::PermissionDenied
            | io::ErrorKind::Unsupported
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::InvalidFilename
            | io::ErrorKind::TooManyLinks
    )
}
