//! What a scan found.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;
use std::sync::Arc;

use holdall_tree::RelPath;
use sha2::{Digest, Sha256};

/// How much harm a secret of a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Severity {
    /// Half of a secret, such as the name of an account.
    Low,
    /// It looks like a secret by its name.
    Medium,
    /// It looks like a secret by its form or its place.
    #[default]
    High,
}

impl Severity {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is no severity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no severity: it is low, medium or high")]
pub struct UnknownSeverity(String);

impl FromStr for Severity {
    type Err = UnknownSeverity;

    fn from_str(text: &str) -> Result<Self, UnknownSeverity> {
        [Self::Low, Self::Medium, Self::High]
            .into_iter()
            .find(|severity| severity.as_str() == text)
            .ok_or_else(|| UnknownSeverity(text.chars().take(32).collect()))
    }
}

/// The name of a secret in a place: of its rule, its file and itself, but not of its line.
///
/// It does not show the secret. Who guesses the secret can see that the guess is right, so a baseline belongs beside
/// the files that it is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub(super) fn new(rule: &str, path: &RelPath, secret_digest: &[u8; 32]) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"holdall secret 1\0");
        hash.update(rule.as_bytes());
        hash.update([0]);
        hash.update(path.as_bytes());
        hash.update([0]);
        hash.update(secret_digest);
        Self(hash.finalize().into())
    }

    /// Its 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Text that is no fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a fingerprint has 64 hexadecimal digits in lower case")]
pub struct NoFingerprint;

impl FromStr for Fingerprint {
    type Err = NoFingerprint;

    fn from_str(text: &str) -> Result<Self, NoFingerprint> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| NoFingerprint)?;
        let strict = !text.bytes().any(|byte| byte.is_ascii_uppercase());
        strict.then_some(Self(bytes)).ok_or(NoFingerprint)
    }
}

/// A secret in a file. It says where, and never what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The name of the rule: `a-z`, `0-9` and `-`.
    pub rule: Arc<str>,
    /// What the rule finds.
    pub description: Arc<str>,
    /// How bad it is.
    pub severity: Severity,
    /// The line where the secret begins, from one.
    pub line: u64,
    /// The byte in that line where it begins, from one.
    pub column: u64,
    /// The bytes of the secret in the file. It splits no character of UTF-8.
    pub range: Range<usize>,
    /// Its name for a [`Baseline`](super::Baseline).
    pub fingerprint: Fingerprint,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_as_it_is_written_and_in_no_other_way() {
        let path = RelPath::parse("a/b").unwrap();
        let print = Fingerprint::new("rule", &path, &[7; 32]);
        assert_eq!(print.to_string().parse(), Ok(print));
        for text in ["", "ab", &print.to_string().to_uppercase(), &"g".repeat(64)] {
            assert_eq!(text.parse::<Fingerprint>(), Err(NoFingerprint));
        }
    }

    #[test]
    fn rule_path_and_secret_each_make_another_fingerprint() {
        let (a, b) = (RelPath::parse("a").unwrap(), RelPath::parse("b").unwrap());
        let first = Fingerprint::new("r", &a, &[1; 32]);
        for other in [
            Fingerprint::new("s", &a, &[1; 32]),
            Fingerprint::new("r", &b, &[1; 32]),
            Fingerprint::new("r", &a, &[2; 32]),
        ] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn severities_are_read_as_they_are_written() {
        for severity in [Severity::Low, Severity::Medium, Severity::High] {
            assert_eq!(severity.to_string().parse(), Ok(severity));
        }
        assert!("High".parse::<Severity>().is_err());
    }
}
