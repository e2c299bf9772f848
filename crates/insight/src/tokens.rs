//! How many tokens a text is to a language model.
//!
//! Counts are those of OpenAI's encodings, made without a network. Words that stand for special tokens, such as
//! `<|endoftext|>`, count as the plain text that they are.

use std::sync::LazyLock;

use tiktoken::CoreBpe;

/// Which tokens are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// `o200k_base`: GPT-4o and what came after it.
    #[default]
    O200k,
    /// `cl100k_base`: GPT-4 and GPT-3.5.
    Cl100k,
}

impl Encoding {
    /// What its makers call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::O200k => "o200k_base",
            Self::Cl100k => "cl100k_base",
        }
    }

    /// The encoding of this name, with or without `_base`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name.strip_suffix("_base").unwrap_or(name) {
            "o200k" => Some(Self::O200k),
            "cl100k" => Some(Self::Cl100k),
            _ => None,
        }
    }

    /// How many tokens `text` is.
    ///
    /// This is exact, but for a stretch of more than 64 KiB in which no ASCII letter or digit is followed by ASCII of
    /// another kind and no line ends: it is counted in pieces, each of which may add a token or two. Time grows with
    /// the length of the text, whatever it holds. The first call of an encoding takes some 50 ms to unpack it.
    #[must_use]
    pub fn count(self, text: &str) -> u64 {
        let mut counter = TokenCounter::new(self);
        let mut rest = text.as_bytes();
        while let Some(length) = cut(rest) {
            let (piece, after) = rest.split_at(length);
            counter.add(piece);
            rest = after;
        }
        counter.add(rest);
        // A `str` is valid, and it is cut between characters only.
        counter.tokens.unwrap_or_default()
    }

    fn engine(self) -> &'static CoreBpe {
        static O200K: LazyLock<&CoreBpe> = LazyLock::new(|| unpack(Encoding::O200k));
        static CL100K: LazyLock<&CoreBpe> = LazyLock::new(|| unpack(Encoding::Cl100k));
        match self {
            Self::O200k => &O200K,
            Self::Cl100k => &CL100K,
        }
    }
}

#[expect(
    clippy::expect_used,
    reason = "features of the crate put both vocabularies into the build"
)]
fn unpack(encoding: Encoding) -> &'static CoreBpe {
    tiktoken::get_encoding(encoding.name()).expect("a vocabulary of the build")
}

/// A longer text is counted in pieces of at most this.
const PIECE: usize = 64 << 10;
/// A character has no more bytes.
const WIDEST: usize = 4;

/// Where the first piece of `text` ends, if it is long enough to be cut. Depends on the next `PIECE + WIDEST` bytes only.
fn cut(text: &[u8]) -> Option<usize> {
    if text.len() < PIECE + WIDEST {
        return None;
    }
    let border = (1..=PIECE).rev().find(|at| is_border(text, *at));
    let between = |at: &usize| text.get(*at).is_some_and(|byte| byte & 0xc0 != 0x80);
    Some(border.unwrap_or_else(|| (1..=PIECE).rev().find(between).unwrap_or(PIECE)))
}

/// Whether the text can be cut here with no change to its tokens.
///
/// Both encodings first split a text by a pattern and then look at each part alone. No part crosses from an ASCII
/// letter to an ASCII digit, blank or mark (but for `'`, as in `it's`) or from a digit to anything but a digit, and
/// none crosses from a line end to something that is neither white space nor a slash. The pattern does not look back,
/// and it looks ahead only at white space, up to the end of which both sides of such a border agree.
fn is_border(text: &[u8], at: usize) -> bool {
    let (Some(before), Some(after)) = (text.get(at.wrapping_sub(1)), text.get(at)) else {
        return false;
    };
    match before {
        b'\n' if after.is_ascii() => !after.is_ascii_whitespace() && !matches!(after, b'/' | 0x0b),
        b'\n' => {
            let width = match after {
                0xc0..=0xdf => 2,
                0xe0..=0xef => 3,
                _ => 4,
            };
            let next = text.get(at..at + width).and_then(|bytes| std::str::from_utf8(bytes).ok());
            next.and_then(|next| next.chars().next()).is_some_and(|c| !c.is_whitespace())
        }
        b'A'..=b'Z' | b'a'..=b'z' => {
            after.is_ascii() && !after.is_ascii_alphabetic() && *after != b'\''
        }
        b'0'..=b'9' => after.is_ascii() && !after.is_ascii_digit(),
        _ => false,
    }
}

/// Counts the tokens of a text that comes in pieces, in little memory. Says what [`Encoding::count`] says of the whole.
#[derive(Debug)]
pub struct TokenCounter {
    encoding: Encoding,
    /// What is not counted yet.
    window: Vec<u8>,
    /// `None` once something was no UTF-8.
    tokens: Option<u64>,
}

impl TokenCounter {
    /// For tokens of this encoding.
    #[must_use]
    pub fn new(encoding: Encoding) -> Self {
        Self { encoding, window: Vec::new(), tokens: Some(0) }
    }

    /// Takes the next piece, of any size; it may end within a character.
    pub fn update(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(PIECE) {
            if self.tokens.is_none() {
                self.window = Vec::new();
                return;
            }
            let mut window = std::mem::take(&mut self.window);
            window.extend_from_slice(piece);
            let mut done = 0;
            while let Some(length) = window.get(done..).and_then(cut) {
                self.add(window.get(done..done + length).unwrap_or_default());
                done += length;
            }
            window.drain(..done);
            self.window = window;
        }
    }

    /// The tokens, when the text has ended; `None` if it is not UTF-8.
    #[must_use]
    pub fn finish(mut self) -> Option<u64> {
        let rest = std::mem::take(&mut self.window);
        self.add(&rest);
        self.tokens
    }

    fn add(&mut self, piece: &[u8]) {
        if piece.is_empty() {
            return;
        }
        self.tokens = self.tokens.zip(std::str::from_utf8(piece).ok()).map(|(tokens, text)| {
            tokens + u64::try_from(self.encoding.engine().count(text)).unwrap_or(u64::MAX)
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BOTH: [Encoding; 2] = [Encoding::O200k, Encoding::Cl100k];

    fn whole(encoding: Encoding, text: &str) -> u64 {
        encoding.engine().count(text) as u64
    }

    /// Counts that OpenAI's own tool gives.
    #[test]
    fn known_texts_have_the_known_counts() {
        for (text, o200k, cl100k) in [
            ("", 0, 0),
            ("hello world", 2, 2),
            ("tiktoken is great!", 6, 6),
            ("antidisestablishmentarianism", 6, 6),
            ("2 + 2 = 4", 7, 7),
            ("お誕生日おめでとう", 8, 9),
        ] {
            assert_eq!(Encoding::O200k.count(text), o200k, "{text}");
            assert_eq!(Encoding::Cl100k.count(text), cl100k, "{text}");
        }
    }

    #[test]
    fn a_word_without_end_is_counted_in_pieces() {
        let text = "a".repeat(3 * PIECE);
        for encoding in BOTH {
            let (counted, exact) = (encoding.count(&text), whole(encoding, &text));
            assert!(counted.abs_diff(exact) <= 6, "{counted} for {exact}");
        }
        assert!(Encoding::O200k.count(&"é".repeat(PIECE)) > 0);
    }

    #[test]
    fn what_is_no_utf8_has_no_tokens() {
        for bytes in [&b"\xff"[..], b"a\xe2\x82", &[0x80; PIECE + 10]] {
            let mut counter = TokenCounter::new(Encoding::O200k);
            counter.update(bytes);
            assert_eq!(counter.finish(), None);
        }
    }

    #[test]
    fn a_long_text_counts_as_the_whole_however_it_comes() {
        let line = "fn it's(a1: u8) -> &'static str { \"é 中文\" } // 12,345 don't\t x\r\n\n  /y\n";
        let text = line.repeat(3 * PIECE / line.len());
        for encoding in BOTH {
            let expected = whole(encoding, &text);
            assert_eq!(encoding.count(&text), expected);
            let mut counter = TokenCounter::new(encoding);
            text.as_bytes().chunks(1001).for_each(|piece| counter.update(piece));
            assert_eq!(counter.finish(), Some(expected));
        }
    }

    #[test]
    fn names_lead_back() {
        for encoding in BOTH {
            assert_eq!(Encoding::named(encoding.name()), Some(encoding));
        }
        assert_eq!(Encoding::named("o200k"), Some(Encoding::O200k));
        assert_eq!(Encoding::named("gpt2"), None);
    }

    /// Text of few kinds of characters, so that every pair of kinds meets.
    fn mixed() -> impl Strategy<Value = String> {
        let pieces = [
            "a", "B", "the", "'s", "'", "’s", "1", "23", "4567", " ", "  ", "\t", "\n", "\r\n",
            "\r", "/", "//", ".", "!?", "_", "é", "É", "中", "の", "\u{301}", "²", "\u{a0}",
            "\u{2028}", "\u{b}", "🙂", "\0",
        ];
        proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 0..40)
            .prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn cutting_at_a_border_changes_no_count(text in mixed()) {
            for at in (1..text.len()).filter(|at| is_border(text.as_bytes(), *at)) {
                let (before, after) = text.split_at(at);
                for encoding in BOTH {
                    prop_assert_eq!(
                        whole(encoding, before) + whole(encoding, after),
                        whole(encoding, &text),
                        "{:?} | {:?}", before, after,
                    );
                }
            }
        }
    }
}
