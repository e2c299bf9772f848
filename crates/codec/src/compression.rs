//! What formats there are, and how each is told.

use std::fmt;
use std::ops::RangeInclusive;

use crate::error::{Error, Result};

/// A compressed format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Compression {
    /// RFC 1952.
    Gzip,
    /// The format of `bzip2`.
    Bzip2,
    /// The format of `xz`, not that of its predecessor `lzma`.
    Xz,
    /// RFC 8878.
    Zstd,
    /// The frames of `lz4`.
    Lz4,
    /// RFC 7932. Nothing in it tells that it is brotli, or whether a byte was changed.
    Brotli,
}

impl Compression {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Gzip, Self::Bzip2, Self::Xz, Self::Zstd, Self::Lz4, Self::Brotli];

    /// The most bytes that [`Compression::detect`] looks at.
    pub const MAGIC_BYTES_MAX: usize = 6;

    /// Its name, which [`Compression::parse`] takes.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::Zstd => "zstd",
            Self::Lz4 => "lz4",
            Self::Brotli => "brotli",
        }
    }

    /// What the name of a file in this format ends in, after a dot.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Self::Gzip => "gz",
            Self::Bzip2 => "bz2",
            Self::Xz => "xz",
            Self::Zstd => "zst",
            Self::Lz4 => "lz4",
            Self::Brotli => "br",
        }
    }

    /// The format of this name or ending.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| [format.name(), format.ending()].contains(&word))
    }

    /// The format of a file of this name: by its ending, `.tgz` and its like among them.
    #[must_use]
    pub fn of_name(name: &[u8]) -> Option<Self> {
        let dot = name.iter().rposition(|byte| *byte == b'.')?;
        let ending = std::str::from_utf8(name.get(dot + 1..)?).ok()?.to_ascii_lowercase();
        match ending.as_str() {
            "tgz" => Some(Self::Gzip),
            "tbz" | "tbz2" => Some(Self::Bzip2),
            "txz" => Some(Self::Xz),
            "tzst" => Some(Self::Zstd),
            ending => Self::ALL.into_iter().find(|format| format.ending() == ending),
        }
    }

    /// The format of a stream that begins with these bytes; [`Compression::MAGIC_BYTES_MAX`] of them are enough.
    #[must_use]
    pub fn detect(first: &[u8]) -> Option<Self> {
        match first {
            [0x1f, 0x8b, 8, ..] => Some(Self::Gzip),
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Some(Self::Bzip2),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Self::Xz),
            // A frame, or one that is to be skipped: parallel compressors put those first.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            [0x04, 0x22, 0x4d, 0x18, ..] => Some(Self::Lz4),
            _ => None,
        }
    }

    /// The levels that there are, from the fastest to the densest.
    #[must_use]
    pub fn levels(self) -> RangeInclusive<i32> {
        match self {
            Self::Gzip | Self::Xz => 0..=9,
            Self::Bzip2 => 1..=9,
            Self::Zstd => 1..=22,
            Self::Lz4 => 1..=1,
            Self::Brotli => 0..=11,
        }
    }

    /// The level of whoever does not choose one.
    #[must_use]
    pub fn level_default(self) -> i32 {
        match self {
            Self::Gzip | Self::Xz => 6,
            Self::Bzip2 | Self::Brotli => 9,
            Self::Zstd => 3,
            Self::Lz4 => 1,
        }
    }

    /// `level`, or the default one.
    ///
    /// # Errors
    /// [`Error::Level`] if there is no such level.
    pub fn level(self, level: Option<i32>) -> Result<i32> {
        let level = level.unwrap_or_else(|| self.level_default());
        if self.levels().contains(&level) {
            return Ok(level);
        }
        Err(Error::Level { format: self, level })
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_told_by_the_ending_of_a_name() {
        for (name, format) in [
            ("x.md.zst", Compression::Zstd),
            ("a/x.TGZ", Compression::Gzip),
            ("x.tar.bz2", Compression::Bzip2),
            ("x.txz", Compression::Xz),
            (".lz4", Compression::Lz4),
            ("x.br", Compression::Brotli),
        ] {
            assert_eq!(Compression::of_name(name.as_bytes()), Some(format), "{name}");
        }
        for name in ["", "gz", "x.md", "x.gz.", "x.gz/y", "x.\u{e9}"] {
            assert_eq!(Compression::of_name(name.as_bytes()), None, "{name}");
        }
    }

    #[test]
    fn each_format_has_its_word_its_ending_and_its_default_among_its_levels() {
        for format in Compression::ALL {
            assert_eq!(Compression::parse(format.name()), Some(format));
            assert_eq!(Compression::parse(format.ending()), Some(format));
            assert_eq!(format.level(None).unwrap(), format.level_default());
            let beyond = format.levels().end() + 1;
            let error = format.level(Some(beyond)).unwrap_err().to_string();
            assert!(error.contains(&format!("{format} has no level {beyond}")), "{error}");
        }
    }
}
