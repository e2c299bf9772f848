//! One identity for a tree in every form.
//!
//! The **tree ID** covers what every form can carry: names, kinds, permission bits, link targets, device numbers and
//! contents. It leaves out owners, times, extended attributes, file attributes, hard-link groups, sparseness and the
//! metadata of the root directory. The **full tree ID** adds owners, modification times, extended attributes (sorted
//! by name), file attributes and hard-link groups, and the root's own metadata. `docs/tree-id.md` has the exact
//! encoding and test vectors; a change of either is a new version with a new prefix.
//!
//! Both are Merkle hashes over directories, so they do not depend on the order in which entries arrive.

use std::fmt;

use sha2::{Digest, Sha256};

/// SHA-256 of a file's content.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash(pub [u8; 32]);

/// The identity of a tree by what every form can carry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreeId(pub [u8; 32]);

/// The identity of a tree with owners, times and extended attributes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FullTreeId(pub [u8; 32]);

macro_rules! hex_display {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // A manifest has one for each file: writing digit by digit took a tenth of a dump.
                let mut digits = [0; 64];
                for (pair, byte) in digits.chunks_exact_mut(2).zip(self.0) {
                    pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
                }
                f.write_str(std::str::from_utf8(&digits).unwrap_or_default())
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )*};
}
hex_display!(ContentHash, TreeId, FullTreeId);

/// The hexadecimal digit of a number below 16.
fn digit(number: u8) -> u8 {
    if number < 10 { b'0' + number } else { b'a' + (number - 10) }
}

/// The number below 16 that a hexadecimal digit stands for.
fn number(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

impl ContentHash {
    /// The hash of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The hash that 64 hexadecimal digits stand for.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut hash = [0; 32];
        if text.len() != 64 {
            return None;
        }
        for (byte, pair) in hash.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let [high, low] = pair else { return None };
            *byte = number(*high)? << 4 | number(*low)?;
        }
        Some(Self(hash))
    }
}

/// Hashes a content piece by piece.
#[derive(Debug, Default, Clone)]
pub struct ContentHasher(Sha256);

impl ContentHasher {
    /// Adds the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of all that was added.
    #[must_use]
    pub fn finish(self) -> ContentHash {
        ContentHash(self.0.finalize().into())
    }
}
