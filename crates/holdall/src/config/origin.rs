//! Where a value came from.

use std::fmt;
use std::path::PathBuf;

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl Place {
    /// The place of the byte at `offset` of `text`.
    pub(crate) fn of(file: PathBuf, text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self { file, line, column }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}

/// Where a value came from, in rising precedence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// The user's file.
    User(Place),
    /// The project's file.
    Project(Place),
    /// A profile, in one of these files.
    Profile {
        /// Its name.
        name: String,
        /// Where.
        place: Place,
    },
    /// An environment variable.
    Environment(
        /// Its name.
        String,
    ),
    /// A flag of the command.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::User(place) => write!(f, "user {}:{}", place.file.display(), place.line),
            Self::Project(place) => write!(f, "project {}:{}", place.file.display(), place.line),
            Self::Profile { name, place } => {
                write!(f, "profile {name} {}:{}", place.file.display(), place.line)
            }
            Self::Environment(variable) => write!(f, "environment {variable}"),
            Self::Flag => f.write_str("flag"),
        }
    }
}
