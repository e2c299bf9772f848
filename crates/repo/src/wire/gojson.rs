//! Strings as Go's `encoding/json` and `strconv.Quote` write them.
//!
//! The ID of a directory is the hash of its JSON, so every byte matters: the same directory must get the ID that
//! restic gave it.

use std::borrow::Cow;

use crate::format::FormatError;
use crate::wire::printable::is_printable;

const HEX: [u8; 16] = *b"0123456789abcdef";

/// Appends `text` as a JSON string with its quotes. `<`, `>`, `&`, U+2028 and U+2029 are escaped; a byte that is
/// not UTF-8 becomes the six characters `\ufffd`.
pub fn push_string(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    if is_plain(text) {
        out.extend_from_slice(text);
    } else {
        for chunk in text.utf8_chunks() {
            push_escaped(out, chunk.valid());
            // Go replaces byte by byte, the standard library by the longest sequence that could have become valid.
            for _ in chunk.invalid() {
                out.extend_from_slice(b"\\ufffd");
            }
        }
    }
    out.push(b'"');
}

/// Appends `name` as it stands in a tree: quoted as by Go's `strconv.Quote`, without the quotes of that, and then
/// as a JSON string.
pub fn push_name(out: &mut Vec<u8>, name: &[u8]) {
    if is_plain(name) {
        out.push(b'"');
        out.extend_from_slice(name);
        out.push(b'"');
    } else {
        push_string(out, quote(name).as_bytes());
    }
}

/// True if neither JSON nor `strconv.Quote` changes a byte.
fn is_plain(text: &[u8]) -> bool {
    text.iter().all(|b| matches!(b, b' '..=b'~') && !matches!(b, b'"' | b'\\' | b'<' | b'>' | b'&'))
}

fn push_escaped(out: &mut Vec<u8>, text: &str) {
    for c in text.chars() {
        match c {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            '\x08' => out.extend_from_slice(b"\\b"),
            '\x0c' => out.extend_from_slice(b"\\f"),
            '\n' => out.extend_from_slice(b"\\n"),
            '\r' => out.extend_from_slice(b"\\r"),
            '\t' => out.extend_from_slice(b"\\t"),
            '\0'..='\x1f' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                out.extend_from_slice(b"\\u");
                push_hex(out, u32::from(c), 4);
            }
            _ => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// `value` as exactly `digits` lower-case hex digits.
fn push_hex(out: &mut Vec<u8>, value: u32, digits: u32) {
    for place in (0..digits).rev() {
        let nibble = (value >> (place * 4)) & 0xf;
        out.push(HEX.get(nibble as usize).copied().unwrap_or_default());
    }
}

/// Appends `bytes` as lower-case hex digits.
pub(crate) fn push_hex_bytes(out: &mut Vec<u8>, bytes: &[u8; 32]) {
    let mut digits = [0; 64];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
        if let [high, low] = pair {
            *high = HEX.get(usize::from(byte >> 4)).copied().unwrap_or_default();
            *low = HEX.get(usize::from(byte & 15)).copied().unwrap_or_default();
        }
    }
    out.extend_from_slice(&digits);
}

/// Appends `value` in decimal.
pub(crate) fn push_decimal(out: &mut Vec<u8>, mut value: u64) {
    let mut digits = [0; 20];
    let mut used = 0;
    for place in digits.iter_mut().rev() {
        // The remainder is below 10.
        *place = b'0' + (value % 10) as u8;
        value /= 10;
        used += 1;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(digits.len() - used..).unwrap_or_default());
}

/// `name` as Go's `strconv.Quote` gives it, without the outer quotes.
#[must_use]
pub fn quote(name: &[u8]) -> String {
    let mut out = Vec::with_capacity(name.len() + 16);
    for chunk in name.utf8_chunks() {
        for c in chunk.valid().chars() {
            push_quoted(&mut out, c);
        }
        for byte in chunk.invalid() {
            out.extend_from_slice(b"\\x");
            push_hex(&mut out, u32::from(*byte), 2);
        }
    }
    // Only whole characters and ASCII were pushed.
    String::from_utf8_lossy(&out).into_owned()
}

fn push_quoted(out: &mut Vec<u8>, c: char) {
    let code = u32::from(c);
    let letter = match c {
        '"' | '\\' => c as u8,
        '\x07' => b'a',
        '\x08' => b'b',
        '\x0c' => b'f',
        '\n' => b'n',
        '\r' => b'r',
        '\t' => b't',
        '\x0b' => b'v',
        _ if is_printable(c) => {
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            return;
        }
        _ => {
            let (kind, digits) = match code {
                0..0x80 => (b'x', 2),
                0x80..0x1_0000 => (b'u', 4),
                _ => (b'U', 8),
            };
            out.extend_from_slice(&[b'\\', kind]);
            push_hex(out, code, digits);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', letter]);
}

/// The bytes that [`quote`] made `text` of, and all else that Go's `strconv.Unquote` takes between double quotes.
///
/// # Errors
/// [`FormatError::Malformed`] for a bare quote or line feed and for an escape that Go does not know.
pub fn unquote(text: &str) -> Result<Cow<'_, [u8]>, FormatError> {
    if !text.bytes().any(|b| matches!(b, b'\\' | b'"' | b'\n')) {
        return Ok(Cow::Borrowed(text.as_bytes()));
    }
    let bad = || FormatError::malformed(format!("{text:?} is not a quoted name"));
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '"', '\n']) {
        let (plain, escape) = rest.split_at_checked(at).ok_or_else(bad)?;
        out.extend_from_slice(plain.as_bytes());
        rest =
            push_unquoted(&mut out, escape.strip_prefix('\\').ok_or_else(bad)?).ok_or_else(bad)?;
    }
    out.extend_from_slice(rest.as_bytes());
    Ok(Cow::Owned(out))
}

/// Appends what the escape at the beginning of `text` (behind its backslash) means; gives what follows it.
fn push_unquoted<'a>(out: &mut Vec<u8>, text: &'a str) -> Option<&'a str> {
    let letter = text.chars().next()?;
    let rest = text.get(letter.len_utf8()..)?;
    let byte = match letter {
        '"' | '\\' => letter as u8,
        'a' => 0x07,
        'b' => 0x08,
        'f' => 0x0c,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 0x0b,
        'x' => {
            let (value, rest) = number(rest, 2, 16)?;
            out.push(u8::try_from(value).ok()?);
            return Some(rest);
        }
        'u' | 'U' => {
            let (value, rest) = number(rest, if letter == 'u' { 4 } else { 8 }, 16)?;
            let c = char::from_u32(value)?;
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            return Some(rest);
        }
        '0'..='7' => {
            let (value, rest) = number(text, 3, 8)?;
            out.push(u8::try_from(value).ok()?);
            return Some(rest);
        }
        _ => return None,
    };
    out.push(byte);
    Some(rest)
}

/// The number of exactly `digits` digits at the beginning of `text`, and what follows.
fn number(text: &str, digits: usize, radix: u32) -> Option<(u32, &str)> {
    let (number, rest) = text.split_at_checked(digits)?;
    // The parser of numbers would take a sign.
    if !number.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    Some((u32::from_str_radix(number, radix).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn json(text: &[u8]) -> String {
        let mut out = Vec::new();
        push_string(&mut out, text);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn strings_are_escaped_as_go_escapes_them() {
        for (text, expected) in [
            (&b"plain"[..], r#""plain""#),
            (b"\"\\\x08\x0c\n\r\t", r#""\"\\\b\f\n\r\t""#),
            (b"\0\x1f\x7f", "\"\\u0000\\u001f\x7f\""),
            (b"<>&", r#""\u003c\u003e\u0026""#),
            ("\u{2028}\u{2029}\u{fffd}é".as_bytes(), "\"\\u2028\\u2029\u{fffd}é\""),
            (b"a\xff\xe2\x82b", r#""a\ufffd\ufffd\ufffdb""#),
        ] {
            assert_eq!(json(text), expected);
        }
    }

    #[test]
    fn names_are_quoted_as_go_quotes_them() {
        for (name, expected) in [
            (&b"a b"[..], "a b"),
            (b"\"'\\", r#"\"'\\"#),
            (b"\x07\x08\x0c\n\r\t\x0b\x01\x7f", r"\a\b\f\n\r\t\v\x01\x7f"),
            ("\u{a0}\u{ad}\u{200d}\u{feff}\u{e000}".as_bytes(), r"\u00a0\u00ad\u200d\ufeff\ue000"),
            ("\u{f0000}😀é\u{fffd}".as_bytes(), "\\U000f0000😀é\u{fffd}"),
            (b"\xff\xe2\x82x\xc3", r"\xff\xe2\x82x\xc3"),
        ] {
            assert_eq!(quote(name), expected);
            assert_eq!(&*unquote(expected).unwrap(), name);
        }
    }

    #[test]
    fn only_what_go_would_unquote_is_unquoted() {
        assert_eq!(&*unquote(r"\101\377").unwrap(), b"A\xff");
        for bad in [
            "\"",
            "a\nb",
            "\\",
            r"\x1",
            r"\x+1",
            r"\q",
            r"\'",
            r"\ud800",
            r"\U00110000",
            r"\400",
            r"\18a",
            r"\é",
        ] {
            assert!(unquote(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn numbers_are_written_in_full() {
        for value in [0, 7, 10, 99, 12_345, u64::MAX] {
            let mut out = Vec::new();
            push_decimal(&mut out, value);
            assert_eq!(out, value.to_string().into_bytes());
        }
        let mut out = Vec::new();
        push_hex_bytes(&mut out, &crate::Id::of(b"x").0);
        assert_eq!(out, crate::Id::of(b"x").hex().into_bytes());
    }

    proptest! {
        #[test]
        fn unquote_undoes_quote(name in proptest::collection::vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(unquote(&quote(&name)).unwrap().into_owned(), name);
        }

        #[test]
        fn json_gives_the_text_back(text in any::<String>()) {
            let back: String = serde_json::from_str(&json(text.as_bytes())).unwrap();
            prop_assert_eq!(back, text);
        }

        #[test]
        fn unquote_never_panics(text in "[\\\\xuU0-9a-f\"é\n]{0,12}") {
            let _ = unquote(&text);
        }
    }
}
