//! What a file is sealed with, told by how it begins.

use std::fmt;

/// A way to seal a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sealing {
    /// The format `age-encryption.org/v1`, in binary or armored.
    Age,
    /// OpenPGP, in binary or armored.
    OpenPgp,
}

/// The first line of a file of age; other versions of it begin alike and are told when it is opened.
const AGE: &[u8] = b"age-encryption.org/";
/// The first line of an armored one.
pub(crate) const AGE_ARMOR: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";

const PGP_ARMOR: &[u8] = b"-----BEGIN PGP MESSAGE-----";
/// The most white space before an armored file, in bytes.
pub(crate) const WHITE_BYTES_MAX: usize = 1 << 10;

impl Sealing {
    /// The most bytes that [`Sealing::detect`] looks at.
    pub const MAGIC_BYTES_MAX: usize = WHITE_BYTES_MAX + AGE_ARMOR.len();

    /// The way of a file that begins with these bytes; [`Sealing::MAGIC_BYTES_MAX`] of them are enough.
    #[must_use]
    pub fn detect(first: &[u8]) -> Option<Self> {
        let age = first.starts_with(AGE) || first.trim_ascii_start().starts_with(AGE_ARMOR);
        if age {
            return Some(Self::Age);
        }
        let pgp = first.trim_ascii_start().starts_with(PGP_ARMOR) || is_pgp(first);
        pgp.then_some(Self::OpenPgp)
    }

    /// The name of a file without the ending that says how it is sealed.
    #[must_use]
    pub fn plain_name(name: &str) -> &str {
        let endings = [".age", ".gpg", ".pgp", ".asc"];
        endings.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name)
    }
}

impl fmt::Display for Sealing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Age => "age",
            Self::OpenPgp => "OpenPGP",
        })
    }
}

/// True if the first packet is a session key that is sealed for a key or with a passphrase.
fn is_pgp(first: &[u8]) -> bool {
    let (tag, body) = match first {
        // The old form: how many bytes the length has stands in the last two bits.
        [head @ 0x80..=0xbf, rest @ ..] => (head >> 2 & 15, rest.get(1 << (head & 3)..)),
        // The new form; a session key is short, and one for a key of RSA not very.
        [head @ 0xc0..=0xff, 0..=191, rest @ ..] => (head & 63, Some(rest)),
        [head @ 0xc0..=0xff, 192..=223, _, rest @ ..] => (head & 63, Some(rest)),
        _ => return false,
    };
    let version = body.and_then(<[u8]>::first);
    matches!((tag, version), (1, Some(3 | 6)) | (3, Some(4..=6)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_file_is_told_by_its_first_bytes() {
        let detect = |text: &str| Sealing::detect(text.as_bytes());
        assert_eq!(detect("age-encryption.org/v1\n-> X25519 x\n"), Some(Sealing::Age));
        assert_eq!(detect("-----BEGIN AGE ENCRYPTED FILE-----\nYWdl"), Some(Sealing::Age));
        assert_eq!(detect("\n \n-----BEGIN AGE ENCRYPTED FILE-----\n"), Some(Sealing::Age));
        for pgp in [
            &[0x85, 1, 12, 3, 1][..],
            &[0x84, 94, 3],
            &[0x8c, 13, 4, 9],
            &[0xc1, 0xc0, 7, 3],
            &[0xc3, 13, 4],
            b"-----BEGIN PGP MESSAGE-----",
        ] {
            assert_eq!(Sealing::detect(pgp), Some(Sealing::OpenPgp), "{pgp:x?}");
        }
        for plain in ["\u{c3}", "\u{e9}t\u{e9}", "-----BEGIN PGP SIGNATURE-----"] {
            assert_eq!(detect(plain), None, "{plain}");
        }
        for plain in ["", "age", "-----BEGIN AGE", "-----BEGIN PRIVATE KEY-----", "PK\u{3}\u{4}"] {
            assert_eq!(detect(plain), None, "{plain}");
        }
        assert_eq!(Sealing::plain_name("x.tar.br.age"), "x.tar.br");
        assert_eq!(Sealing::plain_name("x.tar"), "x.tar");
    }
}
