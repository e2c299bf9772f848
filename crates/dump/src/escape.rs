//! Text in which nothing is odd: what a terminal, an editor, a parser or a transport might change or hide is written
//! as `␛{…}`.
//!
//! `␛{1b}` is the character U+001B, `␛{xff}` the byte FF where the bytes are not UTF-8. The sign itself (U+241B, the
//! picture of the escape key) is `␛{241b}`. It was chosen because no source code uses it: the rest of a file reads as
//! it is.

use std::fmt::Write;

/// The sign that begins an escape, U+241B.
pub(crate) const SIGN: char = '\u{241b}';

/// True if `c` never stands for itself: control characters but tab and line feed, what ends lines in some programs,
/// what changes the direction of text, and what XML cannot hold.
pub(crate) fn is_odd(c: char) -> bool {
    match c {
        '\t' | '\n' => false,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => true,
        '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        SIGN | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => true,
        _ => false,
    }
}

/// Appends a character that does not stand for itself.
pub(crate) fn push_char(out: &mut String, c: char) {
    // Writing to a String cannot fail.
    let _ = write!(out, "{SIGN}{{{:x}}}", u32::from(c));
}

/// Appends bytes that are not UTF-8.
pub(crate) fn push_bytes(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        let _ = write!(out, "{SIGN}{{x{byte:02x}}}");
    }
}

/// The bytes as text in which odd characters are escaped; tab and line feed too.
pub(crate) fn name(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    if bytes.iter().all(|byte| (b' '..=b'~').contains(byte)) {
        out.extend(bytes.iter().map(|byte| char::from(*byte)));
        return out;
    }
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if is_odd(c) || c == '\t' || c == '\n' { push_char(&mut out, c) } else { out.push(c) }
        }
        push_bytes(&mut out, chunk.invalid());
    }
    out
}

/// Takes escapes back.
///
/// # Errors
/// The offset in `text` of what is no escape.
pub(crate) fn unescape(text: &str) -> Result<Vec<u8>, usize> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(SIGN) {
        let (before, escape) = rest.split_at(at);
        out.extend_from_slice(before.as_bytes());
        let wrong = text.len() - escape.len();
        let (inside, after) = escape
            .strip_prefix(SIGN)
            .and_then(|escape| escape.strip_prefix('{'))
            .and_then(|escape| escape.split_once('}'))
            .ok_or(wrong)?;
        match inside.strip_prefix('x') {
            Some(byte) if byte.len() == 2 => {
                out.push(u8::from_str_radix(byte, 16).map_err(|_| wrong)?);
            }
            Some(_) => return Err(wrong),
            None => {
                let c = u32::from_str_radix(inside, 16).ok().and_then(char::from_u32);
                let mut buffer = [0; 4];
                out.extend_from_slice(c.ok_or(wrong)?.encode_utf8(&mut buffer).as_bytes());
            }
        }
        rest = after;
    }
    out.extend_from_slice(rest.as_bytes());
    Ok(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn odd_characters_and_bytes_are_visible() {
        assert_eq!(name(b"a\xffb\n\x1b"), "a␛{xff}b␛{a}␛{1b}");
        assert_eq!(name("␛".as_bytes()), "␛{241b}");
        assert_eq!(unescape("a␛{xff}b␛{a}").unwrap(), b"a\xffb\n");
    }

    #[test]
    fn what_is_no_escape_is_named_by_its_offset() {
        for (text, at) in [("ab␛", 2), ("␛{", 0), ("␛{xyz}", 0), ("␛{x1}", 0), ("a␛{d800}", 1)]
        {
            assert_eq!(unescape(text), Err(at), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_name_comes_back(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let text = name(&bytes);
            prop_assert!(!text.chars().any(|c| is_odd(c) && c != SIGN || c == '\n'));
            prop_assert_eq!(unescape(&text).unwrap(), bytes);
        }
    }
}
