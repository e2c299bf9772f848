//! The secrets that a project knows it has.
//!
//! ```text
//!   # comment
//!   64 hexadecimal digits  # rule path:line
//! ```

use std::collections::BTreeSet;
use std::fmt::Write as _;

use holdall_tree::RelPath;
use holdall_tree::path::printable;

use super::finding::{Finding, Fingerprint, NoFingerprint};

/// A line of a baseline that is neither a fingerprint nor a comment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot read line {line} of the baseline")]
pub struct BaselineError {
    /// The line, from one.
    pub line: usize,
    /// What is wrong with it.
    #[source]
    pub source: NoFingerprint,
}

/// Findings that were accepted, by their fingerprints.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline(BTreeSet<Fingerprint>);

impl Baseline {
    /// Reads a baseline.
    ///
    /// # Errors
    /// [`BaselineError`] with the first line that cannot be read.
    pub fn parse(text: &str) -> Result<Self, BaselineError> {
        let mut known = BTreeSet::new();
        for (at, line) in text.lines().enumerate() {
            let print = line.split('#').next().unwrap_or_default().trim();
            if !print.is_empty() {
                let line = at.saturating_add(1);
                known.insert(print.parse().map_err(|source| BaselineError { line, source })?);
            }
        }
        Ok(Self(known))
    }

    /// True if the finding was accepted.
    #[must_use]
    pub fn holds(&self, finding: &Finding) -> bool {
        self.0.contains(&finding.fingerprint)
    }

    /// How many findings were accepted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True if none was.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A baseline that accepts these findings, in the order in which they come.
    #[must_use]
    pub fn write<'a>(findings: impl IntoIterator<Item = (&'a RelPath, &'a Finding)>) -> String {
        let mut text = String::from(
            "# Secrets that are known and accepted: fingerprint, rule, path and line. Only the fingerprint is read.\n",
        );
        let mut known = BTreeSet::new();
        for (path, finding) in findings {
            if known.insert(finding.fingerprint) {
                let Finding { fingerprint, rule, line, .. } = finding;
                // Writing to a string cannot fail.
                let _ =
                    writeln!(text, "{fingerprint}  # {rule} {}:{line}", printable(path.as_bytes()));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::Rules;

    #[test]
    fn what_is_written_is_accepted_even_on_another_line() {
        let path = RelPath::parse(".netrc").unwrap();
        let found =
            Rules::builtin().scan(&path, b"login a password c9d8e7\nlogin a password c9d8e8\n");
        let text = Baseline::write(found.iter().take(1).map(|finding| (&path, finding)));
        let baseline = Baseline::parse(&text).unwrap();
        assert_eq!((baseline.len(), found.len()), (1, 2));
        let moved = Rules::builtin().scan(&path, b"\n\nlogin b password c9d8e7\n");
        assert!(baseline.holds(&moved[0]) && !baseline.holds(&found[1]));
        assert!(!text.contains("c9d8e7"));
    }

    #[test]
    fn a_line_that_is_no_fingerprint_is_told() {
        assert_eq!(Baseline::parse("# a\n\nabc # x\n").unwrap_err().line, 3);
        assert!(Baseline::parse("").unwrap().is_empty());
    }
}
