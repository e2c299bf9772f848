//! Which archive it is, told by its first bytes.

use crate::tar;

/// How a 7z begins.
pub(crate) const SEVENZ_MAGIC: &[u8; 6] = b"7z\xbc\xaf\x27\x1c";

/// The formats of archives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// tar, not compressed.
    Tar,
    /// zip.
    Zip,
    /// 7z.
    SevenZ,
}

impl Format {
    /// So many bytes tell.
    pub const MAGIC_BYTES: usize = tar::BLOCK;

    /// The format of an archive that begins with these bytes. A tar without entries is not told.
    #[must_use]
    pub fn detect(first: &[u8]) -> Option<Self> {
        if first.starts_with(b"PK\x03\x04") || first.starts_with(b"PK\x05\x06") {
            return Some(Self::Zip);
        }
        if first.starts_with(SEVENZ_MAGIC) {
            return Some(Self::SevenZ);
        }
        let block = first.get(..tar::BLOCK)?.try_into().ok()?;
        tar::is_header(block).then_some(Self::Tar)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_told_by_how_it_begins() {
        assert_eq!(Format::detect(b"PK\x05\x06\0\0"), Some(Format::Zip));
        assert_eq!(Format::detect(b"7z\xbc\xaf\x27\x1c"), Some(Format::SevenZ));
        for other in [&b""[..], b"7z\xbc\xaf\x27", b"PK", b"# a dump", &[0; 512], &[b'x'; 600]] {
            assert_eq!(Format::detect(other), None);
        }
    }
}
