//! Why bytes cannot be compressed or taken for what they should be.

use std::io;

use crate::compression::Compression;

/// The result of what is done with compressed bytes.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why bytes cannot be compressed or taken for what they should be.
///
/// [`Decoder`](crate::Decoder) reads, so it hands it on inside an [`io::Error`], where [`Error::of`] finds it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A level that the format does not have.
    #[error("{format} has no level {level}, only {} to {}", format.levels().start(), format.levels().end())]
    Level {
        /// The format.
        format: Compression,
        /// The level.
        level: i32,
    },
    /// The bytes end before the stream does.
    #[error("the {format} stream is cut off")]
    Truncated {
        /// The format.
        format: Compression,
    },
    /// The bytes are not those of the format, or not those that were written.
    #[error("the {format} stream is damaged: {why}")]
    Damaged {
        /// The format.
        format: Compression,
        /// What is wrong.
        why: String,
    },
    /// More bytes follow the end of the stream that are no stream of this format.
    #[error("something that is not {format} follows the end of the {format} stream")]
    Trailing {
        /// The format.
        format: Compression,
    },
    /// The stream can only be read with more memory than is allowed.
    #[error("the {format} stream wants more memory than the limit of {limit} bytes")]
    Memory {
        /// The format.
        format: Compression,
        /// The limit in bytes.
        limit: u64,
    },
}

impl Error {
    /// The error inside what a reader said, if it is one of these.
    #[must_use]
    pub fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match error {
            Error::Level { .. } => io::ErrorKind::InvalidInput,
            Error::Truncated { .. } => io::ErrorKind::UnexpectedEof,
            _ => io::ErrorKind::InvalidData,
        };
        Self::new(kind, error)
    }
}
