//! The declarations of a source file without what they do.

mod doc;
mod family;
mod public;
mod signature;
mod walk;

use crate::language::Language;
use family::Family;

/// A longer source gets no outline.
pub const SOURCE_MAX: usize = 1 << 20;

/// How much of a file an outline tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// All declarations with their signatures, and the first line of their documentation.
    Outline,
    /// The signatures of what is public, and of what holds it.
    Signatures,
}

/// A declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// How many declarations it stands in.
    pub depth: usize,
    /// Its name; empty if it has none, such as an export of a value.
    pub name: String,
    /// Where it begins, from 1.
    pub line: u64,
    /// Whether others may use it, as far as its file tells: it is exported, not private, and so is what it stands in.
    pub public: bool,
    /// The first line of its documentation, without marks; empty if it has none.
    pub doc: String,
    /// On one line, without bodies, values and comments.
    pub signature: String,
}

/// The declarations of one source file, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    items: Vec<Item>,
    complete: bool,
    comment: &'static str,
}

/// Whether there can be an outline of files in this language.
#[must_use]
pub fn supports(language: Language) -> bool {
    Family::of(language).is_some()
}

/// The outline of `source`.
///
/// `None` if the language has no grammar here, if `source` is longer than [`SOURCE_MAX`], if it takes far more steps
/// to parse than code does, or if nothing is declared in it. Steps are limited and not time, so every machine says the
/// same. What is declared within functions is left out.
#[must_use]
pub fn outline(language: Language, source: &str) -> Option<Outline> {
    let family = Family::of(language)?;
    if source.len() > SOURCE_MAX {
        return None;
    }
    let (items, complete) = walk::walk(family, &family.grammar(language), source)?;
    if items.is_empty() {
        return None;
    }
    Some(Outline { items, complete, comment: family.comment() })
}

impl Outline {
    /// All declarations.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// Whether the whole file was understood; else parts of it may be missing.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// The outline as text: a declaration a line, indented by one tab for each that it stands in.
    #[must_use]
    pub fn render(&self, level: Level) -> String {
        let mut text = String::new();
        for (at, item) in self.items.iter().enumerate() {
            if level == Level::Signatures && !item.public && !self.holds_public(at) {
                continue;
            }
            let mut line = |begin: &str, rest: &str| {
                text.extend(std::iter::repeat_n('\t', item.depth));
                text.push_str(begin);
                text.push_str(rest);
                text.push('\n');
            };
            if level == Level::Outline && !item.doc.is_empty() {
                line(self.comment, &item.doc);
            }
            line("", &item.signature);
        }
        text
    }

    fn holds_public(&self, at: usize) -> bool {
        let mut after = self.items.get(at..).unwrap_or_default().iter();
        let Some(depth) = after.next().map(|item| item.depth) else { return false };
        after.take_while(|item| item.depth > depth).any(|item| item.public)
    }
}

#[cfg(test)]
mod tests;
