//! What kind of failure an error is: the only thing that decides an exit code.

use std::fmt;

/// The kinds of failure that a face tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The operation failed.
    Failed,
    /// Wrong usage or configuration.
    Usage,
    /// Done, but some entries could not be read or written; each was named.
    Incomplete,
    /// Refused: an unsafe input, a policy, a limit.
    Refused,
    /// Locked by another run.
    Locked,
    /// Interrupted by the user.
    Interrupted,
}

impl ErrorKind {
    /// The exit code of a process that ends with this kind.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Incomplete => 3,
            Self::Refused => 4,
            Self::Locked => 5,
            Self::Interrupted => 130,
        }
    }
}

/// An error that knows its kind. Each crate's error enum implements it.
pub trait Classified: std::error::Error {
    /// The kind of this failure.
    fn kind(&self) -> ErrorKind;
}

/// Any form's error, as it crosses the border between forms: its kind and the error itself.
///
/// `Display` is that of the error inside and never prints the source.
pub struct Error {
    kind: ErrorKind,
    inner: Box<dyn std::error::Error + Send + Sync>,
}

/// The result of an operation on a form.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// The user asked to stop.
    #[must_use]
    pub fn interrupted() -> Self {
        Self { kind: ErrorKind::Interrupted, inner: "interrupted".into() }
    }

    /// An error of `kind` that consists of a message alone.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, inner: message.into().into() }
    }

    /// The kind of this failure.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The error inside, for a face that wants to look for a particular one.
    #[must_use]
    pub fn get_ref(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        &*self.inner
    }
}

impl<E: Classified + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        Self { kind: error.kind(), inner: Box::new(error) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.inner.source()
    }
}
