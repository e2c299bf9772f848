//! Bytes as one line of text, and back.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Text without control characters and backslashes stands for itself; of all else each byte that is no printable
/// character of ASCII is `\xNN`, and so is a backslash.
pub(super) fn escaped(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes)
        && !text.chars().any(|c| c.is_control() || c == '\\')
    {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(bytes.len() + 16);
    for byte in bytes {
        if matches!(byte, b' '..=b'~') && *byte != b'\\' {
            out.push(char::from(*byte));
        } else {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    Cow::Owned(out)
}

/// The bytes that a text stands for; `None` if it was not made by [`escaped`].
pub(super) fn unescaped(text: &str) -> Option<Vec<u8>> {
    if !text.contains('\\') {
        return Some(text.as_bytes().to_vec());
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, after)) = rest.split_once('\\') {
        out.extend_from_slice(plain.as_bytes());
        let digits = after.strip_prefix('x')?.get(..2)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        out.push(u8::from_str_radix(digits, 16).ok()?);
        rest = after.get(3..)?;
    }
    out.extend_from_slice(rest.as_bytes());
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_from_their_line() {
        for bytes in [
            &b"plain name"[..],
            b"",
            "ä€".as_bytes(),
            b"a\\b",
            b"a\nb\0\xff",
            b"\\x41",
            "\u{85}".as_bytes(),
        ] {
            let line = escaped(bytes);
            assert!(!line.contains('\n'), "{line}");
            assert_eq!(unescaped(&line).as_deref(), Some(bytes), "{line}");
        }
        for bad in ["\\", "\\x4", "\\y41", "\\x+1", "\\xäb"] {
            assert_eq!(unescaped(bad), None, "{bad}");
        }
    }
}
