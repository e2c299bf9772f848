//! Strings as Go's `encoding/json` writes them, and names as Go's `strconv.Quote` does: the ID of a directory is a
//! hash over these bytes, so every escape counts.

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

use crate::format::FormatError;

/// Appends a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD in escaped form, as in Go.
pub fn push_string(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    if is_plain(text) {
        out.extend_from_slice(text);
    } else {
        for chunk in text.utf8_chunks() {
            for c in chunk.valid().chars() {
                push_json_char(out, c);
            }
            if !chunk.invalid().is_empty() {
                // Go replaces each byte by itself.
                for _ in chunk.invalid() {
                    out.extend_from_slice(b"\\ufffd");
                }
            }
        }
    }
    out.push(b'"');
}

/// Appends a name as a JSON string: quoted as Go source without the outer quotes, then as JSON.
pub fn push_name(out: &mut Vec<u8>, name: &[u8]) {
    if is_plain(name) {
        out.push(b'"');
        out.extend_from_slice(name);
        out.push(b'"');
    } else {
        push_string(out, quote(name).as_bytes());
    }
}

/// True for text that neither JSON nor quoting changes.
fn is_plain(text: &[u8]) -> bool {
    text.iter().all(|b| matches!(b, 0x20..=0x7e) && !matches!(b, b'"' | b'\\' | b'<' | b'>' | b'&'))
}

fn push_json_char(out: &mut Vec<u8>, c: char) {
    match c {
        '"' => out.extend_from_slice(b"\\\""),
        '\\' => out.extend_from_slice(b"\\\\"),
        '\n' => out.extend_from_slice(b"\\n"),
        '\r' => out.extend_from_slice(b"\\r"),
        '\t' => out.extend_from_slice(b"\\t"),
        '\u{8}' => out.extend_from_slice(b"\\b"),
        '\u{c}' => out.extend_from_slice(b"\\f"),
        '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
            out.extend_from_slice(format!("\\u{:04x}", c as u32).as_bytes());
        }
        _ => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
    }
}

/// A name as Go's `strconv.Quote` writes it, without the outer quotes.
#[must_use]
pub fn quote(name: &[u8]) -> String {
    let mut out = String::with_capacity(name.len() + 16);
    for chunk in name.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' | '\\' => out.extend(['\\', c]),
                '\u{7}' => out.push_str("\\a"),
                '\u{8}' => out.push_str("\\b"),
                '\u{c}' => out.push_str("\\f"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '\u{b}' => out.push_str("\\v"),
                c if is_print(c) => out.push(c),
                '\0'..='\u{1f}' | '\u{7f}' => out.push_str(&format!("\\x{:02x}", c as u32)),
                '\u{80}'..='\u{ffff}' => out.push_str(&format!("\\u{:04x}", c as u32)),
                _ => out.push_str(&format!("\\U{:08x}", c as u32)),
            }
        }
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    out
}

/// Go's `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols, and the ASCII space.
fn is_print(c: char) -> bool {
    if c.is_ascii() {
        return matches!(c, ' '..='~');
    }
    !matches!(
        c.general_category_group(),
        GeneralCategoryGroup::Separator | GeneralCategoryGroup::Other
    )
}

/// The bytes of a name that was quoted.
///
/// # Errors
/// If an escape is unknown or cut off.
pub fn unquote(text: &str) -> Result<Vec<u8>, FormatError> {
    if !text.contains('\\') {
        return Ok(text.as_bytes().to_vec());
    }
    let bad = || FormatError::malformed(format!("the name {text:?} has an unknown escape"));
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.extend_from_slice(before.as_bytes());
        let escape = after.chars().next().ok_or_else(bad)?;
        rest = after.get(escape.len_utf8()..).ok_or_else(bad)?;
        let mut hex = |digits: usize| -> Result<u32, FormatError> {
            let part = rest
                .get(..digits)
                .filter(|part| part.bytes().all(|b| b.is_ascii_hexdigit()))
                .ok_or_else(bad)?;
            rest = rest.get(digits..).unwrap_or_default();
            u32::from_str_radix(part, 16).map_err(|_| bad())
        };
        match escape {
            'a' => out.push(7),
            'b' => out.push(8),
            'f' => out.push(12),
            'n' => out.push(b'\n'),
            'r' => out.push(b'\r'),
            't' => out.push(b'\t'),
            'v' => out.push(11),
            '"' | '\\' | '\'' => out.push(escape as u8),
            'x' => out.push(hex(2)? as u8),
            'u' | 'U' => {
                let code = hex(if escape == 'u' { 4 } else { 8 })?;
                let c = char::from_u32(code).ok_or_else(bad)?;
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            _ => return Err(bad()),
        }
    }
    out.extend_from_slice(rest.as_bytes());
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_quoted_as_go_quotes_them() {
        let check = |name: &[u8], expected: &str| {
            let mut out = Vec::new();
            push_name(&mut out, name);
            assert_eq!(String::from_utf8(out).unwrap(), expected, "{name:?}");
        };
        check(b"plain name.txt", r#""plain name.txt""#);
        check(b"a\"b\\c", r#""a\\\"b\\\\c""#);
        check(b"a\nb\x01\x7f", r#""a\\nb\\x01\\x7f""#);
        check(b"\xff\xc3\xa9", r#""\\xffé""#);
        check(
            "\u{a0}\u{ad}\u{200d}\u{feff}\u{e000}".as_bytes(),
            r#""\\u00a0\\u00ad\\u200d\\ufeff\\ue000""#,
        );
        check("\u{fffd}\u{1f600}\u{10ffff}".as_bytes(), "\"\u{fffd}\u{1f600}\\\\U0010ffff\"");
        check(b"<a&b>", r#""\u003ca\u0026b\u003e""#);
    }

    #[test]
    fn links_that_are_no_utf8_are_replaced() {
        let mut out = Vec::new();
        push_string(&mut out, b"\xff\xfea\x08\xe2\x80\xa8");
        assert_eq!(String::from_utf8(out).unwrap(), r#""\ufffd\ufffda\b\u2028""#);
    }

    proptest! {
        #[test]
        fn any_name_comes_back(name in proptest::collection::vec(any::<u8>(), 0..40), text in "\\PC{0,12}") {
            prop_assert_eq!(unquote(&quote(&name)).unwrap(), name.clone());
            prop_assert_eq!(unquote(&quote(text.as_bytes())).unwrap(), text.as_bytes());
            let mut out = Vec::new();
            push_name(&mut out, &name);
            let json: String = serde_json::from_slice(&out).unwrap();
            prop_assert_eq!(unquote(&json).unwrap(), name);
        }

        #[test]
        fn any_text_is_unquoted_or_refused(text in "[\\\\xuUabn\"0-9a-f]{0,16}") {
            let _ = unquote(&text);
        }
    }
}
