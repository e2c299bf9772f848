//! Why a module does not answer.

use std::io;

/// The result of what is done with a module.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a module does not answer.
///
/// A [`Run`](crate::Run) is read, so it hands it on inside an [`io::Error`], where [`Error::of`] finds it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It is no module, or one that is not taken.
    #[error("the module cannot be run: {why}")]
    Module {
        /// Why.
        why: String,
    },
    /// It does not have, or do, what it must.
    #[error("{what}")]
    Contract {
        /// What it does instead.
        what: &'static str,
    },
    /// It computes for longer than it may.
    #[error("computes for longer than the limit of {limit} steps")]
    Fuel {
        /// The limit.
        limit: u64,
    },
    /// It wants more memory than it may have.
    #[error("wants more memory than the limit of {limit} bytes")]
    Memory {
        /// The limit in bytes.
        limit: u64,
    },
    /// It did what cannot be done.
    #[error("ends by a fault: {why}")]
    Trap {
        /// Which.
        why: String,
    },
    /// It says itself that it failed.
    #[error("says that it failed")]
    Told {
        /// In its own words.
        words: Vec<u8>,
    },
    /// Whoever asked does not want to know any more.
    #[error("was stopped")]
    Stopped,
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
        Self::other(error)
    }
}
