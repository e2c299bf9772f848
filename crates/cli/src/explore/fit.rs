//! Texts in so many columns.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// As much of a text as fits, with a sign where it is cut.
pub(super) fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut used = 0;
    let mut kept = String::new();
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used >= columns {
            break;
        }
        kept.push(c);
    }
    if columns > 0 {
        kept.push('…');
    }
    kept
}

/// The same from the end.
pub(super) fn cut_front(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut used = 0;
    let mut from = text.len();
    for (at, c) in text.char_indices().rev() {
        used += c.width().unwrap_or(0);
        if used >= columns {
            break;
        }
        from = at;
    }
    if columns == 0 {
        String::new()
    } else {
        format!("…{}", text.get(from..).unwrap_or_default())
    }
}

/// What is left of a text behind so many columns.
pub(super) fn behind(text: &str, columns: usize) -> &str {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        if used >= columns {
            return text.get(at..).unwrap_or_default();
        }
        used += c.width().unwrap_or(0);
    }
    if columns == 0 { text } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_either_end_with_a_sign_and_never_wider_than_its_columns() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut_front("abcdef", 4), "…def");
        for columns in 0..12 {
            for text in ["abcdef", "日本語 text", "e\u{301}e\u{301}e\u{301}"] {
                assert!(cut(text, columns).width() <= columns, "{text} in {columns}");
                assert!(cut_front(text, columns).width() <= columns, "{text} in {columns}");
            }
        }
        assert_eq!(behind("日本語", 2), "本語");
        assert_eq!((behind("abc", 0), behind("abc", 3), behind("abc", 9)), ("abc", "", ""));
    }
}
