//! Why bytes cannot be sealed or opened.

use std::io;

/// The result of what is done with sealed bytes.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why bytes cannot be sealed or opened.
///
/// A reader hands it on inside an [`io::Error`], where [`Error::of`] finds it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The passphrase opens nothing.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// It is sealed with a passphrase and none was given.
    #[error("it is sealed with a passphrase, and keys alone do not open it")]
    NeedsPassphrase,
    /// It is sealed for keys, none of which was given.
    #[error("none of the keys opens it")]
    NoKey,
    /// Trying the passphrase would cost more than it may.
    #[error("a passphrase would be tried at a cost of 2^{found}, and the limit is 2^{limit}")]
    Work {
        /// The logarithm of the cost that the file asks for.
        found: u8,
        /// The logarithm of the highest cost that is paid.
        limit: u8,
    },
    /// The bytes end before what was sealed does.
    #[error("it is cut off")]
    Truncated,
    /// The bytes are not those that were written.
    #[error("it is damaged or forged: {why}")]
    Damaged {
        /// What is wrong.
        why: &'static str,
    },
    /// The bytes are sealed in a way that is not known here.
    #[error("it is sealed in a way that is not known here")]
    Unknown,
    /// A line of a key file is no identity.
    #[error("line {line} is no age identity, which begins with AGE-SECRET-KEY-1")]
    Identity {
        /// The line, counted from 1. What it holds may be secret.
        line: usize,
    },
    /// A text is no recipient.
    #[error("{text:?} is no recipient: {why}")]
    Recipient {
        /// As it was written.
        text: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Nobody would be able to open it.
    #[error("there is nobody to seal it for")]
    Nobody,
    /// A passphrase is not text, or empty.
    #[error("a passphrase of age is text in UTF-8 and not empty")]
    PassphraseText,
    /// A text is no public key.
    #[error("this is no public key: {why}")]
    VerifyKey {
        /// What is wrong with it.
        why: &'static str,
    },
    /// A file is no secret key that signs.
    #[error("this key cannot sign: {why}")]
    SignKey {
        /// What is wrong with it.
        why: &'static str,
    },
    /// A signature cannot be understood.
    #[error("the signature cannot be checked: {why}")]
    Signature {
        /// What is wrong with it.
        why: &'static str,
    },
    /// A signature does not belong to the bytes.
    #[error("the signature is wrong: it was made for other bytes, or by another key")]
    WrongSignature,
    /// More comes of it than is allowed.
    #[error("more comes of it than the limit of {limit} bytes")]
    TooMuch {
        /// The limit in bytes.
        limit: u64,
    },
    /// OpenPGP needs the program `gpg`.
    #[error("OpenPGP needs the program gpg, and there is none")]
    NoGpg,
    /// The program `gpg` failed.
    #[error("gpg failed: {why}")]
    Gpg {
        /// What it said.
        why: String,
    },
    /// What is read or written failed.
    #[error(transparent)]
    Io(#[from] io::Error),
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
            Error::Io(error) => return error,
            Error::Truncated => io::ErrorKind::UnexpectedEof,
            Error::PassphraseText | Error::Recipient { .. } => io::ErrorKind::InvalidInput,
            _ => io::ErrorKind::InvalidData,
        };
        Self::new(kind, error)
    }
}
