//! What a parser says of what went wrong.

use std::io;

use holdall_codec::{Compression, Error as PackedError};
use holdall_tree::path::printable;
use holdall_tree::{Error as TreeError, ErrorKind};

use super::wire::{Put, Take};
use crate::error::{Error, Fault};

/// The most bytes of words that are taken over.
const WORDS_BYTES_MAX: usize = 300;
/// The most bytes of a code.
const CODE_BYTES_MAX: usize = 32;

/// An error as bytes.
#[must_use]
pub fn tell(error: &io::Error) -> Vec<u8> {
    let mut put = Put::default();
    if let Some(packed) = PackedError::of(error) {
        put_packed(&mut put, packed);
        return put.0;
    }
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<TreeError>());
    match inner {
        Some(inner) => put_error(&mut put, inner),
        None => put_words(&mut put, ErrorKind::Failed, error),
    }
    put.0
}

fn put_error(put: &mut Put, error: &TreeError) {
    match error.get_ref().downcast_ref::<Error>() {
        Some(Error::Refused { offset, number, name, fault }) => {
            put.u8(0);
            put.u64(*offset);
            put.u64(*number);
            put.bytes(name.as_bytes());
            put.bytes(fault.code().as_bytes());
            put.bytes(fault.to_string().as_bytes());
        }
        Some(Error::Read { source, .. }) if PackedError::of(source).is_some() => {
            PackedError::of(source).into_iter().for_each(|packed| put_packed(put, packed));
        }
        Some(Error::PassphraseNeeded) => put.u8(3),
        _ => put_words(put, error.kind(), error),
    }
}

fn put_packed(put: &mut Put, error: &PackedError) {
    put.u8(1);
    let (kind, format) = match error {
        PackedError::Truncated { format } => (0, format),
        PackedError::Trailing { format } => (1, format),
        PackedError::Memory { format, .. } => (2, format),
        PackedError::Damaged { format, .. } | PackedError::Level { format, .. } => (3, format),
        // There is none beside these.
        _ => (3, &Compression::Gzip),
    };
    put.u8(kind);
    put.bytes(format.name().as_bytes());
    match error {
        PackedError::Memory { limit, .. } => put.u64(*limit),
        PackedError::Damaged { why, .. } => put.bytes(why.as_bytes()),
        _ => {}
    }
}

fn put_words(put: &mut Put, kind: ErrorKind, error: &dyn std::error::Error) {
    put.u8(2);
    put.u8((kind == ErrorKind::Refused).into());
    let mut words = error.to_string();
    if let Some(source) = error.source() {
        words.push_str(&format!(": {source}"));
    }
    put.bytes(words.as_bytes());
}

/// The error of such bytes. They come from whom nobody trusts, so it is one of an archive in any case.
#[must_use]
pub fn told(bytes: &[u8]) -> io::Error {
    take(bytes).unwrap_or_else(|| astray("says what cannot be understood"))
}

/// The error for a parser that does not do what it must.
#[must_use]
pub fn astray(what: impl Into<String>) -> io::Error {
    Error::Astray { what: what.into() }.in_content()
}

fn take(bytes: &[u8]) -> Option<io::Error> {
    let mut take = Take(bytes);
    let error = match take.u8()? {
        0 => {
            let (offset, number, name) = (take.u64()?, take.u64()?, words(take.bytes()?));
            let code = take.text().filter(|code| is_code(code))?;
            let fault = Fault::Relayed { code, words: words(take.bytes()?) };
            Error::Refused { offset, number, name, fault }.in_content()
        }
        1 => {
            let kind = take.u8()?;
            let format = Compression::parse(std::str::from_utf8(take.bytes()?).ok()?)?;
            io::Error::from(match kind {
                0 => PackedError::Truncated { format },
                1 => PackedError::Trailing { format },
                2 => PackedError::Memory { format, limit: take.u64()? },
                3 => PackedError::Damaged { format, why: words(take.bytes()?) },
                _ => return None,
            })
        }
        2 => {
            let refused = take.u8()? == 1;
            let kind = if refused { ErrorKind::Refused } else { ErrorKind::Failed };
            let error = TreeError::new(kind, words(take.bytes()?));
            io::Error::new(io::ErrorKind::InvalidData, error)
        }
        3 => Error::PassphraseNeeded.in_content(),
        _ => return None,
    };
    take.end().map(|()| error)
}

/// Words that may be shown on a terminal.
fn words(bytes: &[u8]) -> String {
    printable(bytes.get(..WORDS_BYTES_MAX).unwrap_or(bytes)).into_owned()
}

fn is_code(code: &str) -> bool {
    let fits = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    let letters = |rest: &str| rest.bytes().all(fits);
    code.len() <= CODE_BYTES_MAX && code.strip_prefix("E_").is_some_and(letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_wrong_is_told_with_its_code_and_its_words() {
        let fault = Fault::LinkEscape { target: "../x".into() };
        let refused = Error::Refused { offset: 512, number: 2, name: "l".into(), fault };
        let (whole, why) = (refused.to_string(), "to \"../x\"");
        let back = told(&tell(&refused.in_content()));
        let inner = back.get_ref().unwrap().downcast_ref::<TreeError>().unwrap();
        assert_eq!(inner.to_string(), whole);
        assert_eq!(inner.kind(), ErrorKind::Refused);
        assert!(std::error::Error::source(inner).unwrap().to_string().contains(why));

        let back = told(&tell(&Error::PassphraseNeeded.in_content()));
        let inner = back.get_ref().unwrap().downcast_ref::<TreeError>().unwrap();
        assert!(matches!(inner.get_ref().downcast_ref(), Some(Error::PassphraseNeeded)));

        let format = Compression::Zstd;
        for packed in [
            PackedError::Truncated { format },
            PackedError::Trailing { format },
            PackedError::Memory { format, limit: 8 },
            PackedError::Damaged { format, why: "its sum".into() },
        ] {
            let back = told(&tell(&io::Error::from(packed.clone())));
            assert_eq!(PackedError::of(&back), Some(&packed));
        }
    }

    #[test]
    fn words_for_a_terminal_that_were_told_by_whom_nobody_trusts_do_nothing_there() {
        for bytes in [&b""[..], b"\0", b"\x02\0", b"\xff", &[2, 0, 255, 255, 255, 255, 0, 0, 0, 0]]
        {
            assert!(told(bytes).to_string().contains("cannot be understood"), "{bytes:?}");
        }
        let error = TreeError::new(ErrorKind::Refused, "\u{1b}[2J".repeat(1000));
        let back = told(&tell(&io::Error::other(error))).to_string();
        assert!(!back.contains('\u{1b}') && back.len() < 2000, "{back}");
    }
}
