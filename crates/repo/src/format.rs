//! What can be wrong with bytes that claim to be part of a repository.

/// Why bytes could not be understood.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// The message authentication code does not match: a wrong key, or changed bytes.
    #[error("its authentication code does not match: the key is wrong or the bytes were changed")]
    Mac,
    /// The content is not what its name, which is its hash, promises.
    #[error("its content does not match its name")]
    Hash,
    /// The bytes are no well-formed object of this kind.
    #[error("it is malformed: {0}")]
    Malformed(String),
    /// The bytes are of a kind or version that this program does not know.
    #[error("it is of an unsupported kind: {0}")]
    Unsupported(String),
    /// A size, count or depth is beyond its limit.
    #[error("{what} is {found}, beyond the limit of {limit}")]
    Limit {
        /// What is too large.
        what: &'static str,
        /// How large it is.
        found: u64,
        /// How large it may be.
        limit: u64,
    },
}

impl FormatError {
    pub(crate) fn malformed(why: impl Into<String>) -> Self {
        Self::Malformed(why.into())
    }
}
