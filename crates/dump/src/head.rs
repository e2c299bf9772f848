//! What stands before the contents of a dump: facts about the project, tables, and where each file is.

use std::fmt;

use holdall_tree::RelPath;

use crate::design::Design;
use crate::record::Value;

/// What stands before the contents.
#[derive(Debug, Clone, Default)]
pub struct Head {
    /// What the tree is called.
    pub name: String,
    /// Facts about the project and the dump, in the order in which they are shown.
    pub facts: Vec<Fact>,
    /// Tables, such as the languages, in the order in which they are shown.
    pub tables: Vec<Table>,
    /// How the contents are listed.
    pub toc: Toc,
    /// Each entry that is listed, in canonical order.
    pub lines: Vec<Line>,
    /// What marks the borders between files.
    pub nonce: Nonce,
    /// The template of the user, which must be for the format that is written.
    pub design: Option<Design>,
}

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Its name: one word in lower case.
    pub key: &'static str,
    pub(crate) value: Value,
}

impl Fact {
    /// A fact that is text.
    #[must_use]
    pub fn text(key: &'static str, value: impl Into<String>) -> Self {
        Self { key, value: Value::Text(value.into()) }
    }

    /// A fact that is a number.
    #[must_use]
    pub fn number(key: &'static str, value: u64) -> Self {
        Self { key, value: Value::Number(value) }
    }
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name: one word in lower case.
    pub key: &'static str,
    /// Names of its columns: words in lower case.
    pub columns: Vec<&'static str>,
    /// Its rows, each with a cell for each column.
    pub rows: Vec<Vec<Cell>>,
}

/// A cell of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell(pub(crate) Value);

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self(Value::Text(text))
    }
}

impl From<u64> for Cell {
    fn from(number: u64) -> Self {
        Self(Value::Number(number))
    }
}

/// How the contents are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Toc {
    /// One line for each file.
    #[default]
    List,
    /// Directories with what they hold beneath them.
    Tree,
    /// Not at all.
    None,
}

/// One entry in the list of contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Which entry.
    pub path: RelPath,
    /// True for a directory.
    pub is_dir: bool,
    /// The number of the file's part of the dump; `None` if nothing of it is shown.
    pub part: Option<u64>,
    /// Tokens of the file, or of all beneath the directory.
    pub tokens: Option<u64>,
}

/// What no file can hold, because it depends on all of them: it marks the borders between files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Nonce(pub u64);

impl fmt::Display for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}
