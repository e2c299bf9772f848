//! What a source is called.

use std::path::{Path, PathBuf};

use holdall_tree::RelPath;

use crate::error::{Error, Result};

/// A source as a person writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Locator {
    /// A directory, a dump or an archive, told apart by what is there.
    Path(PathBuf),
    /// A dump or an archive on standard input.
    Input,
    /// A commit of the git repository around the current directory, or a directory in it.
    Commit {
        /// The revision, in the notation of `git help gitrevisions`.
        rev: String,
        /// Where in it; the root for all of it.
        path: RelPath,
    },
    /// A snapshot of the configured repository, or a path in it.
    Snapshot {
        /// `latest` or the beginning of an ID.
        wanted: String,
        /// Where in the snapshot; the root for all of it.
        path: RelPath,
    },
}

impl Locator {
    /// Understands `@latest`, `@ID`, `@ID:path`, `git:REF`, `git:REF:path`, `-`, and paths, which are taken relative to `current`.
    ///
    /// # Errors
    /// [`Error::Locator`] if the text is none of these.
    pub fn parse(text: &str, current: &Path) -> Result<Self> {
        let fail = |why: &str| Error::Locator { text: text.to_owned(), why: why.to_owned() };
        if let Some(rest) = text.strip_prefix('@') {
            let (wanted, path) = rest.split_once(':').unwrap_or((rest, ""));
            if wanted.is_empty() {
                return Err(fail("after @ comes `latest` or the beginning of a snapshot ID"));
            }
            let path = path.trim_matches('/');
            let path = RelPath::parse(path).map_err(|error| fail(&error.to_string()))?;
            return Ok(Self::Snapshot { wanted: wanted.to_owned(), path });
        }
        if let Some((scheme, _)) = text.split_once("://") {
            return Err(fail(&format!("there is no store for {scheme}")));
        }
        if let Some(rest) = text.strip_prefix("git:") {
            let (rev, path) = rest.split_once(':').unwrap_or((rest, ""));
            if rev.is_empty() {
                return Err(fail("after git: comes a revision, such as HEAD or a branch"));
            }
            let path = path.trim_matches('/');
            let path = RelPath::parse(path).map_err(|error| fail(&error.to_string()))?;
            return Ok(Self::Commit { rev: rev.to_owned(), path });
        }
        if text == "-" {
            return Ok(Self::Input);
        }
        if text.is_empty() {
            return Err(fail("it is empty"));
        }
        Ok(Self::Path(current.join(text)))
    }

    /// True if a repository is needed to open it.
    #[must_use]
    pub fn needs_repository(&self) -> bool {
        matches!(self, Self::Snapshot { .. })
    }

    /// True if others may have made what it names, as far as that can be seen before it is read: a file or a stream.
    #[must_use]
    pub fn may_be_of_others(&self) -> bool {
        match self {
            Self::Path(path) => !path.is_dir(),
            Self::Input => true,
            Self::Commit { .. } | Self::Snapshot { .. } => false,
        }
    }

    /// True if a git repository is needed to open it.
    #[must_use]
    pub fn needs_git(&self) -> bool {
        matches!(self, Self::Commit { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_told_by_how_it_is_written() {
        let parse = |text: &str| Locator::parse(text, Path::new("/here"));
        let snapshot = |wanted: &str, path: &str| Locator::Snapshot {
            wanted: wanted.into(),
            path: RelPath::parse(path).unwrap(),
        };
        assert_eq!(parse("@latest").unwrap(), snapshot("latest", ""));
        assert_eq!(parse("@ab12:src/x").unwrap(), snapshot("ab12", "src/x"));
        assert_eq!(parse("@ab12:/src/").unwrap(), snapshot("ab12", "src"));
        let commit = |rev: &str, path: &str| Locator::Commit {
            rev: rev.into(),
            path: RelPath::parse(path).unwrap(),
        };
        assert_eq!(parse("git:main").unwrap(), commit("main", ""));
        assert_eq!(parse("git:HEAD~2:src/").unwrap(), commit("HEAD~2", "src"));
        assert_eq!(parse("dir").unwrap(), Locator::Path("/here/dir".into()));
        assert_eq!(parse("/abs").unwrap(), Locator::Path("/abs".into()));
        for bad in ["@", "@:x", "@a:../b", "s3://bucket/x", "git:", ""] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
