//! Work that comments leave open: `TODO`, `FIXME` and their like.

use std::ops::Range;

use memchr::memmem::Finder;
use memchr::{memchr, memchr_iter, memrchr};

use crate::language::syntax::Special;
use crate::language::{Language, syntax};
use crate::scan::Scanner;

/// No more are listed for one file; the others are counted.
pub const TODOS_MAX: usize = 10_000;
/// No more characters of a text are kept.
pub const TEXT_MAX: usize = 200;
/// A longer author is part of the text.
const AUTHOR_MAX: usize = 100;

/// The words to look for.
#[derive(Debug)]
pub struct Tags(Vec<Finder<'static>>);

impl Tags {
    /// These words, in upper and lower case as they stand. Empty ones are left out.
    pub fn new<'a>(tags: impl IntoIterator<Item = &'a str>) -> Self {
        let tags = tags.into_iter().filter(|tag| !tag.is_empty());
        Self(tags.map(|tag| Finder::new(tag.as_bytes()).into_owned()).collect())
    }

    /// The words.
    pub fn words(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(Finder::needle)
    }
}

impl Default for Tags {
    /// `TODO`, `FIXME`, `HACK` and `XXX`.
    fn default() -> Self {
        Self::new(["TODO", "FIXME", "HACK", "XXX"])
    }
}

/// One piece of work that is left open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Todo {
    /// The word that was found.
    pub tag: String,
    /// From 1.
    pub line: u64,
    /// From 1, in characters; a byte that is no part of a character counts as one.
    pub column: u64,
    /// What stands in brackets after the tag.
    pub author: Option<String>,
    /// What follows on the line, without the end of the comment; at most [`TEXT_MAX`] characters, none of them a
    /// control character.
    pub text: String,
}

/// What a file leaves open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Todos {
    /// In the order of the file.
    pub found: Vec<Todo>,
    /// How many more there are than [`TODOS_MAX`].
    pub more: u64,
}

/// Finds the tags of `text`: in comments where the language is known, anywhere in prose and where it is not.
///
/// A tag is a whole word, with or without a colon or an author: `TODO`, `TODO:`, `TODO(ann): text`. One between
/// quotes, as in this paragraph, is spoken of and not meant. Data, such as JSON, has none.
#[must_use]
pub fn find(language: Option<Language>, text: &[u8], tags: &Tags) -> Todos {
    let mut search =
        Search { text, tags, at: 0, line: 1, line_at: 0, column: 1, todos: Todos::default() };
    // Most files have none, and this is far faster than to look for comments.
    if !tags.0.iter().any(|tag| tag.find(text).is_some()) {
        return search.todos;
    }
    let syntax = language.map_or(&syntax::TEXT, Language::syntax);
    match syntax.special {
        Special::Data => {}
        Special::Prose => search.everywhere(),
        _ => {
            let mut pending = 0..0;
            Scanner::new(syntax).feed(text, 0, true, &mut |range| {
                if range.start == pending.end {
                    pending.end = range.end;
                } else {
                    search.within(std::mem::replace(&mut pending, range));
                }
            });
            search.within(pending);
        }
    }
    search.todos
}

struct Search<'a> {
    text: &'a [u8],
    tags: &'a Tags,
    /// The last place whose line and column are known, and where its line begins.
    at: usize,
    line: u64,
    line_at: usize,
    column: u64,
    todos: Todos,
}

impl Search<'_> {
    fn everywhere(&mut self) {
        let mut from = 0;
        while from < self.text.len() {
            let rest = self.text.get(from..).unwrap_or_default();
            let Some(first) = self.tags.0.iter().filter_map(|tag| tag.find(rest)).min() else {
                return;
            };
            let begin =
                memrchr(b'\n', rest.get(..first).unwrap_or_default()).map_or(0, |at| at + 1);
            let end = memchr(b'\n', rest.get(first..).unwrap_or_default());
            let end = end.map_or(rest.len(), |at| first + at);
            self.within(from + begin..from + end);
            from += end + 1;
        }
    }

    /// Looks at a comment, or what there is of it on one line.
    fn within(&mut self, range: Range<usize>) {
        let text = self.text;
        let here = text.get(range.clone()).unwrap_or_default();
        let tags = self.tags;
        let mut places = Vec::new();
        for tag in &tags.0 {
            let meant = tag.find_iter(here).map(|at| range.start + at);
            for at in meant.filter(|at| is_meant(text, *at, tag.needle().len())) {
                if places.len() < TODOS_MAX {
                    places.push((at, tag.needle()));
                } else {
                    self.todos.more += 1;
                }
            }
        }
        places.sort_unstable();
        for (at, tag) in places {
            if self.todos.found.len() >= TODOS_MAX {
                self.todos.more += 1;
                continue;
            }
            self.advance(at);
            let rest = text.get(at + tag.len()..range.end).unwrap_or_default();
            let (author, rest) = author(rest);
            self.todos.found.push(Todo {
                tag: String::from_utf8_lossy(tag).into_owned(),
                line: self.line,
                column: self.column,
                author,
                text: tidy(rest),
            });
        }
    }

    /// Makes line and column those of `at`, which lies behind the last one.
    fn advance(&mut self, at: usize) {
        let passed = self.text.get(self.at..at).unwrap_or_default();
        self.line += memchr_iter(b'\n', passed).count() as u64;
        let mut from = self.at;
        if let Some(end) = memrchr(b'\n', passed) {
            self.line_at = self.at + end + 1;
            from = self.line_at;
            self.column = 1;
        }
        let passed = self.text.get(from..at).unwrap_or_default();
        self.column += passed.utf8_chunks().map(characters).sum::<u64>();
        self.at = at;
    }
}

fn characters(chunk: std::str::Utf8Chunk<'_>) -> u64 {
    (chunk.valid().chars().count() + chunk.invalid().len()) as u64
}

/// Whether the tag is a word of its own and not between quotes.
fn is_meant(text: &[u8], at: usize, length: usize) -> bool {
    let before = text.get(at.saturating_sub(4)..at).unwrap_or_default();
    let end = at + length;
    let after = text.get(end..text.len().min(end + 4)).unwrap_or_default();
    let previous = before.utf8_chunks().last().and_then(|chunk| {
        if chunk.invalid().is_empty() { chunk.valid().chars().next_back() } else { None }
    });
    let next = after.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
    // Scripts without upper and lower case put no blanks between words.
    let in_word =
        |c: char| c.is_ascii_alphanumeric() || c == '_' || c.is_lowercase() || c.is_uppercase();
    if previous.is_some_and(in_word) || next.is_some_and(in_word) {
        return false;
    }
    !(previous == next && matches!(previous, Some('`' | '"' | '\'')))
}

/// `(ann)` after a tag, and what follows.
fn author(rest: &[u8]) -> (Option<String>, &[u8]) {
    let Some(inner) = rest.strip_prefix(b"(") else { return (None, rest) };
    let end = inner.iter().take(AUTHOR_MAX).position(|byte| *byte == b')');
    let Some(end) = end else { return (None, rest) };
    let name = tidy(inner.get(..end).unwrap_or_default());
    (Some(name).filter(|name| !name.is_empty()), inner.get(end + 1..).unwrap_or_default())
}

/// The text of a task: without the colon before it and white space around it, short, and fit for any output.
fn tidy(text: &[u8]) -> String {
    // Enough bytes for as many characters as are kept, and some for what is trimmed.
    let text = text.trim_ascii();
    let text = String::from_utf8_lossy(text.get(..8 * TEXT_MAX).unwrap_or(text));
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == ':');
    let text = text.chars().take(TEXT_MAX).map(|c| if c.is_control() { ' ' } else { c });
    text.collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn list(language: &str, text: &str) -> Vec<String> {
        let todos = find(Language::named(language), text.as_bytes(), &Tags::default());
        let show = |todo: Todo| {
            let author = todo.author.map(|author| format!("({author})")).unwrap_or_default();
            format!("{}:{} {}{author} {}", todo.line, todo.column, todo.tag, todo.text)
        };
        todos.found.into_iter().map(show).collect()
    }

    #[test]
    fn tags_are_found_with_and_without_colon_and_author() {
        let text = "a(); // TODO: one\n/* FIXME(ann) two */ b();\n  //HACK three\n// XXX\n//! TODO(b/12): four\n";
        assert_eq!(
            list("Rust", text),
            [
                "1:9 TODO one",
                "2:4 FIXME(ann) two",
                "3:5 HACK three",
                "4:4 XXX ",
                "5:5 TODO(b/12) four"
            ]
        );
    }

    #[test]
    fn strings_names_and_quotes_are_not_tags() {
        let text = "let a = \"// TODO no\"; // TODOS, MYTODO, TODO_A, `TODO` and \"FIXME\" no\nTODO();\nr#\"\n// XXX\"#;\n";
        assert_eq!(list("Rust", text), Vec::<String>::new());
        assert_eq!(list("JSON", "{\"a\": \"TODO: no\"}"), Vec::<String>::new());
    }

    #[test]
    fn prose_has_them_anywhere() {
        let text = "# Plan\n\n- é TODO: write\n- nothing\nFIXME and TODO twice";
        let expected = ["3:5 TODO write", "5:1 FIXME and TODO twice", "5:11 TODO twice"];
        assert_eq!(list("Markdown", text), expected);
        assert_eq!(list("", text), expected);
    }

    #[test]
    fn a_block_over_lines_gives_the_right_places() {
        let text = "/*\n * a * b TODO: c * d\n * FIXME e */ int x; // 中TODO f\n";
        assert_eq!(list("C", text), ["2:10 TODO c * d", "3:4 FIXME e", "3:26 TODO f"]);
        assert_eq!(list("Python", "def f():\n    \"\"\"TODO g.\"\"\"\n"), ["2:8 TODO g."]);
    }

    #[test]
    fn texts_are_short_and_clean() {
        let text = format!("// TODO: a\tb\u{1b}[0m {}\n", "x".repeat(1000));
        let todos = find(Language::named("C"), text.as_bytes(), &Tags::default());
        let text = &todos.found[0].text;
        assert!(text.starts_with("a b [0m xx") && text.chars().count() == TEXT_MAX, "{text}");
    }

    #[test]
    fn words_are_a_choice() {
        let tags = Tags::new(["", "NOTE"]);
        let todos = find(None, b"TODO a\nNOTE: b", &tags);
        assert_eq!(todos.found.iter().map(|todo| todo.line).collect::<Vec<_>>(), [2]);
        assert_eq!(find(None, b"TODO", &Tags::new([])), Todos::default());
    }

    #[test]
    fn what_is_too_much_is_counted() {
        let todos = find(None, "TODO\n".repeat(TODOS_MAX + 5).as_bytes(), &Tags::default());
        assert_eq!((todos.found.len(), todos.more), (TODOS_MAX, 5));
    }

    const ODD: &[&[u8]] = &[b"TODO", b"XXX(", b"//", b"\n", b"\xff\xe4", b"\"", b" "];

    proptest! {
        #[test]
        fn no_bytes_are_too_odd(
            pieces in proptest::collection::vec(proptest::sample::select(ODD.to_vec()), 0..50),
            language in 0..Language::all().count() + 1,
        ) {
            let text = pieces.concat();
            let todos = find(Language::all().nth(language), &text, &Tags::default());
            for todo in &todos.found {
                let line = text.split(|byte| *byte == b'\n').nth(todo.line as usize - 1).unwrap();
                prop_assert!(line.len() >= todo.column as usize - 1 + todo.tag.len());
                let at = todo.column as usize - 1;
                prop_assert_eq!(&line[at..at + todo.tag.len()], todo.tag.as_bytes());
            }
        }
    }
}
