//! Texts as fields of a head, which hold ASCII and nothing that ends a line.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use holdall_repo::Secret;

/// The longest text that one encoded word holds: with `=?UTF-8?B?` and `?=` it is 75 characters (RFC 2047, section 2).
const WORD_BYTES_MAX: usize = 45;

/// A text as the value of a field: as it is, or in encoded words of RFC 2047 if it is more than plain ASCII.
pub(super) fn encoded(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let text = text.trim();
    // What looks like an encoded word would be decoded.
    if text.is_ascii() && !text.contains("=?") {
        return text.to_owned();
    }
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let word = cut(rest, WORD_BYTES_MAX);
        words.push(format!("=?UTF-8?B?{}?=", STANDARD.encode(word)));
        rest = rest.get(word.len()..).unwrap_or_default();
    }
    words.join(" ")
}

/// As much of `text` as fits into so many bytes, without half a character.
pub(super) fn cut(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or_default()
}

pub(super) fn bearer(token: &Secret) -> String {
    format!("Bearer {}", text(token))
}

pub(super) fn basic(user: &str, password: &Secret) -> String {
    let both = [user.as_bytes(), b":", password.expose()].concat();
    format!("Basic {}", STANDARD.encode(both))
}

/// A secret as text.
pub(super) fn text(secret: &Secret) -> String {
    String::from_utf8_lossy(secret.expose()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_stays_and_all_else_is_encoded() {
        assert_eq!(encoded("dump of p"), "dump of p");
        assert_eq!(encoded("✅ fertig"), "=?UTF-8?B?4pyFIGZlcnRpZw==?=");
        assert_eq!(encoded("a\r\nX-Evil: 1"), "a  X-Evil: 1");
        assert_eq!(encoded("=?UTF-8?B?eA==?="), "=?UTF-8?B?PT9VVEYtOD9CP2VBPT0/PQ==?=");
        assert_eq!(encoded(""), "");
    }

    #[test]
    fn long_text_is_words_of_whole_characters() {
        let text = "日本語のとても長い題名です。".repeat(9);
        let words = encoded(&text);
        assert!(words.split(' ').all(|word| word.len() <= 75));
        let decoded: String = words
            .split(' ')
            .map(|word| word.strip_prefix("=?UTF-8?B?").unwrap().strip_suffix("?=").unwrap())
            .map(|word| String::from_utf8(STANDARD.decode(word).unwrap()).unwrap())
            .collect();
        assert_eq!(decoded, text);
    }

    #[test]
    fn nothing_is_cut_in_a_character() {
        assert_eq!(cut("日本", 4), "日");
        assert_eq!(cut("ab", 9), "ab");
    }

    #[test]
    fn a_user_and_password_are_basic_and_a_token_is_a_bearer() {
        let secret = Secret::new(b"open sesame".to_vec());
        assert_eq!(basic("Aladdin", &secret), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(bearer(&Secret::new(b"tk_1".to_vec())), "Bearer tk_1");
    }
}
