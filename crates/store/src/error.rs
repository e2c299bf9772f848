//! What can go wrong in a store.

use holdall_tree::{Classified, ErrorKind};

/// Why a store could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing} {key} in {location}")]
pub struct StoreError {
    /// What was being done: `read`, `write`, `list`, `remove`.
    pub doing: &'static str,
    /// To which object or prefix.
    pub key: String,
    /// In which store.
    pub location: String,
    /// Why it failed.
    #[source]
    pub cause: Cause,
}

/// Why an object could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    /// There is such an object already.
    #[error("an object of that name exists")]
    Exists,
    /// The range reaches beyond the end of the object.
    #[error("it has {size} bytes, fewer than asked for")]
    Short {
        /// Its size in bytes.
        size: u64,
    },
    /// The key is no sequence of safe names.
    #[error("that is no valid key")]
    Key,
    /// The operating system says why.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The local disk says why.
    #[error(transparent)]
    Disk(#[from] holdall_disk::Error),
}

impl StoreError {
    /// True if what was to be written may only be read, by its medium or by its permissions.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        use std::io::ErrorKind as Io;
        match &self.cause {
            Cause::Io(source) | Cause::Disk(holdall_disk::Error::Io { source, .. }) => {
                matches!(source.kind(), Io::ReadOnlyFilesystem | Io::PermissionDenied)
            }
            _ => false,
        }
    }
}

impl Classified for StoreError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Failed
    }
}
