//! Exceptions: what a rule finds and is no secret after all.

use std::sync::OnceLock;

use aho_corasick::AhoCorasick;
use regex_automata::meta::Regex;

use super::format::{AllowSpec, Target};
use super::pattern;

/// A comment with one of these words on the line of a secret says that it may be there.
const COMMENTS: [&[u8]; 2] = [b"holdall:allow", b"gitleaks:allow"];

/// What was found, as exceptions see it.
pub(super) struct Sighting<'a> {
    pub(super) path: &'a [u8],
    pub(super) secret: &'a [u8],
    pub(super) matched: &'a [u8],
    pub(super) line: &'a [u8],
}

/// True if the line says that its secret may stand there.
pub(super) fn is_excused(line: &[u8]) -> bool {
    COMMENTS.iter().any(|word| memchr::memmem::find(line, word).is_some())
}

/// One list of exceptions. What it needs is built when it is first asked.
#[derive(Debug)]
pub(super) struct Allow {
    spec: AllowSpec<'static>,
    paths: OnceLock<Option<Regex>>,
    patterns: OnceLock<Option<Regex>>,
    words: OnceLock<Option<AhoCorasick>>,
}

impl Allow {
    pub(super) fn new(spec: AllowSpec<'static>) -> Self {
        Self { spec, paths: OnceLock::new(), patterns: OnceLock::new(), words: OnceLock::new() }
    }

    /// True if it excuses what was found. Of a list with `all`, each kind of exception that it names must hold.
    pub(super) fn excuses(&self, seen: &Sighting<'_>) -> bool {
        let target = match self.spec.target {
            Target::Secret => seen.secret,
            Target::Match => seen.matched,
            Target::Line => seen.line,
        };
        let answers = [
            (!self.spec.paths.is_empty()).then(|| self.path(seen.path)),
            (!self.spec.patterns.is_empty()).then(|| self.pattern(target)),
            (!self.spec.words.is_empty()).then(|| self.word(seen.secret)),
        ];
        let mut asked = answers.into_iter().flatten().peekable();
        if self.spec.all {
            asked.peek().is_some() && asked.all(|holds| holds)
        } else {
            asked.any(|holds| holds)
        }
    }

    fn path(&self, path: &[u8]) -> bool {
        let regex = self.paths.get_or_init(|| pattern::any_of(&self.spec.paths));
        regex.as_ref().is_some_and(|regex| regex.is_match(path))
    }

    fn pattern(&self, text: &[u8]) -> bool {
        let regex = self.patterns.get_or_init(|| pattern::any_of(&self.spec.patterns));
        regex.as_ref().is_some_and(|regex| regex.is_match(text))
    }

    fn word(&self, secret: &[u8]) -> bool {
        let words = self.words.get_or_init(|| {
            let words = self.spec.words.iter().map(|word| word.as_bytes());
            AhoCorasick::builder().ascii_case_insensitive(true).build(words).ok()
        });
        words.as_ref().is_some_and(|words| words.is_match(secret))
    }

    /// True if each of its patterns can be built: for the test of the rules that are part of the program.
    #[cfg(test)]
    pub(super) fn is_sound(&self) -> bool {
        let paths = self.spec.paths.is_empty() || pattern::any_of(&self.spec.paths).is_some();
        let patterns =
            self.spec.patterns.is_empty() || pattern::any_of(&self.spec.patterns).is_some();
        paths && patterns
    }
}
