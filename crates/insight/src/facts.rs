//! All that is counted of one file, at once.

use holdall_tree::RelPath;

use crate::language::{HEAD, Language, detect};
use crate::lines::{self, LineCounter, Lines};
use crate::tokens::{Encoding, TokenCounter};

/// What to count beyond language, bytes and lines, which are cheap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The tokens, by this encoding.
    pub tokens: Option<Encoding>,
}

/// What is known of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// See [`detect`].
    pub language: Option<Language>,
    /// Its size.
    pub bytes: u64,
    /// See [`Lines`].
    pub lines: u64,
    /// See [`Lines`].
    pub code: u64,
    /// See [`Lines`].
    pub comments: u64,
    /// See [`Lines`].
    pub blanks: u64,
    /// See [`Encoding::count`]; `None` if not wanted, or if the file is not UTF-8.
    pub tokens: Option<u64>,
}

impl Facts {
    fn new(language: Option<Language>, bytes: u64, lines: Lines, tokens: Option<u64>) -> Self {
        let Lines { lines, code, comments, blanks } = lines;
        Self { language, bytes, lines, code, comments, blanks, tokens }
    }
}

/// Looks at the file at `path`, whose content is `bytes`. Binary files have lines as `wc` sees them.
#[must_use]
pub fn look(path: &RelPath, bytes: &[u8], wanted: &Wanted) -> Facts {
    let language = detect(path, bytes);
    let tokens = wanted
        .tokens
        .and_then(|encoding| std::str::from_utf8(bytes).ok().map(|text| encoding.count(text)));
    Facts::new(language, bytes.len() as u64, lines::count(language, bytes), tokens)
}

/// Looks at a file that comes in pieces, and sees what [`look`] sees; it keeps less than half a MiB of it.
pub struct Looker {
    path: RelPath,
    head: Vec<u8>,
    /// Once the language is known.
    lines: Option<(Option<Language>, LineCounter)>,
    tokens: Option<TokenCounter>,
    bytes: u64,
}

impl Looker {
    /// Before the first byte of the file at `path`.
    #[must_use]
    pub fn new(path: &RelPath, wanted: &Wanted) -> Self {
        Self {
            path: path.clone(),
            head: Vec::new(),
            lines: None,
            tokens: wanted.tokens.map(TokenCounter::new),
            bytes: 0,
        }
    }

    /// Takes the next piece, of any size.
    pub fn update(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        if let Some(tokens) = &mut self.tokens {
            tokens.update(bytes);
        }
        let mut rest = bytes;
        if self.lines.is_none() {
            let (head, after) = bytes.split_at(bytes.len().min(HEAD - self.head.len()));
            self.head.extend_from_slice(head);
            if self.head.len() < HEAD {
                return;
            }
            rest = after;
        }
        self.counter().update(rest);
    }

    /// The facts, when the file has ended.
    #[must_use]
    pub fn finish(mut self) -> Facts {
        self.counter();
        let tokens = self.tokens.and_then(TokenCounter::finish);
        let (language, lines) = self
            .lines
            .map_or_else(Default::default, |(language, counter)| (language, counter.finish()));
        Facts::new(language, self.bytes, lines, tokens)
    }

    /// The counter of lines, which has been given the head.
    fn counter(&mut self) -> &mut LineCounter {
        let (path, head) = (&self.path, &mut self.head);
        let (_, counter) = self.lines.get_or_insert_with(|| {
            let language = detect(path, head);
            let mut counter = LineCounter::new(language);
            counter.update(&std::mem::take(head));
            (language, counter)
        });
        counter
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn facts(path: &str, text: &[u8]) -> Facts {
        look(&RelPath::parse(path).unwrap(), text, &Wanted { tokens: Some(Encoding::O200k) })
    }

    #[test]
    fn a_file_is_seen_whole() {
        let expected = Facts {
            language: Language::named("Rust"),
            bytes: 21,
            lines: 3,
            code: 1,
            comments: 1,
            blanks: 1,
            tokens: Some(7),
        };
        assert_eq!(facts("a.rs", b"// hello\n\nfn main(){}"), expected);
        assert_eq!(
            facts("a.rs", b""),
            Facts { language: expected.language, tokens: Some(0), ..Facts::default() }
        );
        assert_eq!(facts("a.bin", b"\xff\xfe\0").tokens, None);
    }

    proptest! {
        #[test]
        fn pieces_are_seen_as_the_whole(
            lines in proptest::collection::vec("[ -~\u{e9}\u{4e2d}]{0,60}", 0..300),
            name in prop::sample::select(vec!["a.rs", "a.py", "a.txt", "run", "a.h", "a.js"]),
            broken in any::<bool>(),
            size in 1_usize..9000,
        ) {
            let mut text = lines.join("\n").into_bytes();
            if broken {
                text.push(0xff);
            }
            let path = RelPath::parse(name).unwrap();
            let wanted = Wanted { tokens: Some(Encoding::Cl100k) };
            let mut looker = Looker::new(&path, &wanted);
            text.chunks(size).for_each(|piece| looker.update(piece));
            prop_assert_eq!(looker.finish(), look(&path, &text, &wanted));
        }
    }
}
