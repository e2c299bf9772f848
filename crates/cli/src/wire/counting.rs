//! What commands print that count and look through.

use holdall::dump::Counts;
use schemars::JsonSchema;
use serde::Serialize;

/// `stats`
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Counted {
    /// All files.
    pub(crate) total: CountLine,
    /// By language, the one with the most bytes first.
    pub(crate) languages: Vec<CountLine>,
    /// By directory, if that was asked for.
    pub(crate) directories: Option<Vec<CountLine>>,
    /// By file, if that was asked for; the one with the most tokens, or bytes, first.
    pub(crate) files: Option<Vec<CountLine>>,
    /// The encoding whose tokens were counted.
    pub(crate) encoding: Option<String>,
}

/// Counts of some files.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CountLine {
    /// The language, directory or file; `total` for all.
    pub(crate) name: String,
    /// Files.
    pub(crate) files: u64,
    /// Lines; a last line without an end counts.
    pub(crate) lines: u64,
    /// Lines with code.
    pub(crate) code: u64,
    /// Lines with nothing but comments.
    pub(crate) comments: u64,
    /// Lines with nothing.
    pub(crate) blanks: u64,
    /// Bytes.
    pub(crate) bytes: u64,
    /// Tokens, if they were counted.
    pub(crate) tokens: Option<u64>,
}

impl CountLine {
    pub(crate) fn new(name: &str, counts: &Counts, tokens: bool) -> Self {
        Self {
            name: name.to_owned(),
            files: counts.files,
            lines: counts.lines,
            code: counts.code,
            comments: counts.comments,
            blanks: counts.blanks,
            bytes: counts.bytes,
            tokens: tokens.then_some(counts.tokens),
        }
    }
}

/// `scan`
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Scanned {
    /// Secrets, in the order of the tree.
    pub(crate) secrets: Vec<FoundSecret>,
    /// What comments leave open.
    pub(crate) todos: Vec<FoundTodo>,
}

/// A secret, by its place; never what it is.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FoundSecret {
    /// The file.
    pub(crate) path: String,
    /// From 1.
    pub(crate) line: u64,
    /// In bytes, from 1.
    pub(crate) column: u64,
    /// The rule that found it.
    pub(crate) rule: String,
    /// What the rule finds.
    pub(crate) description: String,
    /// `low`, `medium` or `high`.
    pub(crate) severity: String,
    /// What names it in a baseline.
    pub(crate) fingerprint: String,
}

/// What a comment leaves open.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FoundTodo {
    /// The file.
    pub(crate) path: String,
    /// From 1.
    pub(crate) line: u64,
    /// In characters, from 1.
    pub(crate) column: u64,
    /// The word.
    pub(crate) tag: String,
    /// Who is named behind it.
    pub(crate) author: Option<String>,
    /// What follows.
    pub(crate) text: String,
}
