//! How many lines a text has, and what stands on them.

use crate::language::{Language, Syntax, syntax};
use crate::scan::{BACK, Counts, Scanner};

/// Lines of a text. `lines` is the sum of the other three.
///
/// A line ends with `\n`; what stands after the last one is a line as well if it is not empty. So this is what `wc -l`
/// says, and one more if the last line has no end. A lone `\r` ends no line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// All lines.
    pub lines: u64,
    /// Lines with something that is no comment. In prose, and where the language is not known, all that are not blank.
    pub code: u64,
    /// Lines with nothing but a comment. A string in triple quotes that begins a line of Python is one.
    pub comments: u64,
    /// Lines with nothing but white space, within comments and strings too.
    pub blanks: u64,
}

impl From<Counts> for Lines {
    fn from(Counts { code, comments, blanks }: Counts) -> Self {
        Self { lines: code + comments + blanks, code, comments, blanks }
    }
}

/// Counts the lines of `text`.
///
/// Comments are told from strings by a scanner, not by a parser. It cannot know what only a parser or a preprocessor
/// does: quotes within an interpolation in a template string, a regular expression after a bracket in JavaScript,
/// here-documents with a lower-case bare word, code of one language within another, macros that change the syntax.
/// UTF-16 is counted by its bytes.
#[must_use]
pub fn count(language: Option<Language>, text: &[u8]) -> Lines {
    let mut scanner = Scanner::new(syntax_of(language));
    scanner.feed(text, 0, true, &mut |_| {});
    scanner.finish().into()
}

fn syntax_of(language: Option<Language>) -> &'static Syntax {
    language.map_or(&syntax::TEXT, Language::syntax)
}

/// No more than this is added to what is kept at once.
const PIECE: usize = 64 << 10;

/// Counts the lines of a text that comes in pieces, in little memory. Says what [`count`] says of the whole.
pub struct LineCounter {
    scanner: Scanner,
    /// What is not decided yet, after what the scanner may look back at.
    window: Vec<u8>,
    from: usize,
}

impl LineCounter {
    /// For a text in this language.
    #[must_use]
    pub fn new(language: Option<Language>) -> Self {
        Self { scanner: Scanner::new(syntax_of(language)), window: Vec::new(), from: 0 }
    }

    /// Takes the next piece, of any size.
    pub fn update(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(PIECE) {
            self.window.extend_from_slice(piece);
            self.from = self.scanner.feed(&self.window, self.from, false, &mut |_| {});
            let done = self.from.saturating_sub(BACK);
            self.window.drain(..done);
            self.from -= done;
        }
    }

    /// The lines, when the text has ended.
    #[must_use]
    pub fn finish(mut self) -> Lines {
        self.scanner.feed(&self.window, self.from, true, &mut |_| {});
        self.scanner.finish().into()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_are_what_wc_says_and_one_more_without_a_last_end() {
        for (text, lines) in
            [("", 0), ("\n", 1), ("a", 1), ("a\n", 1), ("a\nb", 2), ("a\r\n\r\n", 2), ("a\rb", 1)]
        {
            assert_eq!(count(None, text.as_bytes()).lines, lines, "{text:?}");
        }
    }

    #[test]
    fn what_is_not_known_has_no_comments() {
        let lines = count(None, b"// a\n\nb\n");
        assert_eq!(lines, Lines { lines: 3, code: 2, comments: 0, blanks: 1 });
    }

    proptest! {
        #[test]
        fn pieces_count_as_the_whole(
            bytes in proptest::collection::vec(any::<u8>(), 0..400),
            size in 1_usize..60,
            language in 0..Language::all().count(),
        ) {
            let language = Language::all().nth(language);
            let mut counter = LineCounter::new(language);
            bytes.chunks(size).for_each(|piece| counter.update(piece));
            prop_assert_eq!(counter.finish(), count(language, &bytes));
        }
    }
}
