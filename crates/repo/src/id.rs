//! The names of things in a repository: SHA-256 hashes, shown as 64 lower-case hex digits.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use crate::format::FormatError;

/// The name of a blob (SHA-256 of its plaintext) or of a file (SHA-256 of its stored bytes).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub [u8; 32]);

impl Id {
    /// The hash of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The first eight hex digits, as people use them.
    #[must_use]
    pub fn short(&self) -> String {
        let [a, b, c, d, ..] = self.0;
        format!("{a:02x}{b:02x}{c:02x}{d:02x}")
    }

    /// All 64 hex digits.
    #[must_use]
    pub fn hex(&self) -> String {
        // By the slice, because `hex::encode` goes digit by digit, and each blob that is read asks for the name of a pack.
        let mut digits = [b'0'; 64];
        let _ = hex::encode_to_slice(self.0, &mut digits);
        String::from_utf8_lossy(&digits).into_owned()
    }
}

impl FromStr for Id {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Self, FormatError> {
        let mut id = [0; 32];
        // Upper-case digits would make two names of one object.
        if text.bytes().any(|b| b.is_ascii_uppercase())
            || hex::decode_to_slice(text, &mut id).is_err()
        {
            return Err(FormatError::malformed(format!("{text:?} is no ID of 64 hex digits")));
        }
        Ok(Self(id))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hex())
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.short())
    }
}

impl serde::Serialize for Id {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.hex())
    }
}

impl<'de> serde::Deserialize<'de> for Id {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Id;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an ID of 64 hex digits")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Id, E> {
                text.parse().map_err(|_| E::invalid_value(serde::de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

/// The beginning of an ID as a user typed it: 1 to 64 hex digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdPrefix(String);

impl IdPrefix {
    /// True if `id` begins with this prefix.
    #[must_use]
    pub fn matches(&self, id: &Id) -> bool {
        id.hex().starts_with(&self.0)
    }
}

impl FromStr for IdPrefix {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Self, FormatError> {
        if (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit()) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(FormatError::malformed(format!("{text:?} is no beginning of an ID")))
        }
    }
}

impl fmt::Display for IdPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The two kinds of blob.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum BlobKind {
    /// A chunk of a file.
    Data,
    /// A directory.
    Tree,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_exactly_64_lower_case_hex_digits() {
        let id = Id::of(b"");
        assert_eq!(id.hex().parse::<Id>().unwrap(), id);
        for bad in ["", "abc", &id.hex().to_uppercase(), &format!("{}0", id.hex()), &"g".repeat(64)]
        {
            assert!(bad.parse::<Id>().is_err(), "{bad}");
        }
        assert!("e3b0C4".parse::<IdPrefix>().unwrap().matches(&id));
        assert!("".parse::<IdPrefix>().is_err());
    }
}
