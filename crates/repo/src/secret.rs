//! Passwords and keys in memory: never shown, wiped when dropped.

use std::fmt;

use zeroize::Zeroizing;

use crate::format::FormatError;

/// A password. It has no `Display`, its `Debug` shows nothing of it, and its memory is wiped when it is dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Keeps these bytes as a secret.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A secret of 256 random bits, written as 64 hex digits.
    ///
    /// # Errors
    /// If the operating system gives no random bytes.
    pub fn random() -> Result<Self, FormatError> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *bytes).map_err(|e| FormatError::malformed(e.to_string()))?;
        Ok(Self::new(hex::encode(*bytes).into_bytes()))
    }

    /// The bytes, for the one place that needs them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
