//! The file `config`: version, ID and polynomial of a repository. Plain JSON inside the envelope, in version 2 too.

use serde::{Deserialize, Serialize};

use crate::format::FormatError;
use crate::id::Id;
use crate::kernel::Polynomial;

/// What is fixed when a repository is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RepoConfig {
    /// 1 or 2.
    pub version: u32,
    /// A random ID.
    pub id: Id,
    /// The polynomial by which its files are cut.
    pub chunker_polynomial: Polynomial,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    version: u32,
    id: Id,
    chunker_polynomial: String,
}

impl RepoConfig {
    /// Reads a configuration. Fields of other programs are ignored.
    ///
    /// # Errors
    /// If it is malformed, of another version, or its polynomial is reducible.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        let wire: Wire =
            serde_json::from_slice(bytes).map_err(|e| FormatError::malformed(e.to_string()))?;
        if !matches!(wire.version, 1 | 2) {
            return Err(FormatError::Unsupported(format!("repository version {}", wire.version)));
        }
        let chunker_polynomial: Polynomial = wire.chunker_polynomial.parse()?;
        if !chunker_polynomial.is_irreducible() {
            return Err(FormatError::malformed("its polynomial is reducible"));
        }
        Ok(Self { version: wire.version, id: wire.id, chunker_polynomial })
    }

    /// The bytes of the file.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let wire = Wire {
            version: self.version,
            id: self.id,
            chunker_polynomial: self.chunker_polynomial.to_string(),
        };
        // A struct of strings and numbers always serializes.
        serde_json::to_vec(&wire).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_comes_back_and_bad_ones_are_refused() {
        let config = RepoConfig {
            version: 2,
            id: Id::of(b"x"),
            chunker_polynomial: "3da3358b4dc173".parse().unwrap(),
        };
        assert_eq!(RepoConfig::parse(&config.to_json()).unwrap(), config);
        let text = String::from_utf8(config.to_json()).unwrap();
        let mine = text.replace('{', r#"{"x_other":{"a":1},"#);
        assert_eq!(RepoConfig::parse(mine.as_bytes()).unwrap(), config);
        for bad in [
            text.replace(":2", ":3"),
            text.replace("3da3358b4dc173", "3da3358b4dc172"),
            text.replace("3da3358b4dc173", ""),
            "[]".into(),
        ] {
            assert!(RepoConfig::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
