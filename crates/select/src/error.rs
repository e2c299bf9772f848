//! Rules as they are shown to people, and what can go wrong with them.

use std::fmt;

use holdall_tree::path::printable;
use holdall_tree::{Classified, ErrorKind, RelPath};

/// Where a rule was written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A flag, such as `--exclude`.
    Flag(&'static str),
    /// A line of a file; lines count from 1.
    Line {
        /// The name of the file.
        file: String,
        /// The number of the line.
        line: u64,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => f.write_str(flag),
            Self::Line { file, line } => write!(f, "{file}:{line}"),
        }
    }
}

/// What a rule does to what it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It is taken.
    Take,
    /// It is left.
    Leave,
}

/// One rule that had a say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The pattern or value as written, safe to print.
    pub pattern: String,
    /// Where it was written.
    pub origin: Origin,
    /// What it did.
    pub effect: Effect,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.origin)?;
        if !self.pattern.is_empty() {
            write!(f, ": {}", self.pattern)?;
        }
        Ok(())
    }
}

/// Why a selection cannot be made or used.
#[derive(Debug, thiserror::Error)]
pub enum SelectError {
    /// A pattern is broken.
    #[error("cannot use the pattern of {origin}: {reason}\n  {pattern}\n  {caret}^", caret = " ".repeat(*.column))]
    Pattern {
        /// The pattern, safe to print.
        pattern: String,
        /// Where it was written.
        origin: Origin,
        /// How many characters of the shown pattern stand before the fault.
        column: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// A word for a kind is unknown.
    #[error(
        "cannot select the kind {word:?} of --type: the kinds are file, dir, symlink, fifo, socket, chardev, dev"
    )]
    Kind {
        /// The unknown word.
        word: String,
    },
    /// Two options leave nothing to take.
    #[error("cannot select by both {first} and {second}: nothing satisfies both")]
    Contradiction {
        /// One of them.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// An ignore file is too large.
    #[error("cannot read the patterns of {path}: it is larger than {limit} bytes")]
    TooLarge {
        /// The ignore file.
        path: RelPath,
        /// The limit in bytes.
        limit: u64,
    },
    /// An ignore file or a content could not be read.
    #[error("cannot read {path} to select by it")]
    Read {
        /// The file.
        path: RelPath,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// There is no such entry to explain.
    #[error("cannot explain {path}: the tree has no such entry")]
    Missing {
        /// The path that was asked for.
        path: RelPath,
    },
}

impl SelectError {
    /// A broken pattern; `at` is the offset of the fault in bytes.
    pub(crate) fn pattern(
        pattern: &[u8],
        origin: Origin,
        at: usize,
        reason: impl Into<String>,
    ) -> Self {
        let before = pattern.get(..at).unwrap_or(pattern);
        Self::Pattern {
            pattern: printable(pattern).into_owned(),
            origin,
            column: printable(before).chars().count(),
            reason: reason.into(),
        }
    }
}

impl Classified for SelectError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Pattern { .. }
            | Self::Kind { .. }
            | Self::Contradiction { .. }
            | Self::Missing { .. } => ErrorKind::Usage,
            Self::TooLarge { .. } => ErrorKind::Refused,
            Self::Read { .. } => ErrorKind::Failed,
        }
    }
}
