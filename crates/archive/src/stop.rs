//! Why a parser goes no further, before it is known where that is.

use crate::error::{Error, Fault};

/// A fault of the archive, or an error that says all by itself.
pub(crate) enum Stop {
    Fault(Fault),
    Error(Error),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}
