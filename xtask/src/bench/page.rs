//! The page of all races: each race writes its own part, between marks, and leaves the others as they are.

use std::path::Path;

use crate::shell::{self, Result};

const INTRO: &str = "# Benchmarks\n\nEach race of `cargo xtask bench` writes one part of this page, and in it only what \
                     stands between the marks is written by hand.\n";

const BY_HAND: (&str, &str) = ("<!-- by hand: begin -->", "<!-- by hand: end -->");
const NOTHING: &str = "\nNothing is written here yet.\n";

/// A part of the page, in the order in which they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Snapshots,
    Dumps,
    Clones,
    Archives,
}

impl Part {
    fn marks(self) -> (String, String) {
        let word = match self {
            Self::Snapshots => "snapshots",
            Self::Dumps => "dumps",
            Self::Clones => "clones",
            Self::Archives => "archives",
        };
        (format!("<!-- {word}: begin -->\n"), format!("<!-- {word}: end -->\n"))
    }

    fn title(self) -> &'static str {
        match self {
            Self::Snapshots => "## Snapshots\n\n",
            Self::Dumps => "## Dumps\n\n",
            Self::Clones => "## Clones\n\n",
            Self::Archives => "## Archives\n\n",
        }
    }
}

/// Writes a part of the page at `path`: what was measured, what is written there by hand, and how it was done.
pub(super) fn write(path: &Path, part: Part, measured: &str, how: &str) -> Result<()> {
    let old = if path.exists() { shell::read(path)? } else { INTRO.to_owned() };
    shell::write(path, with(&old, part, measured, how))
}

fn with(old: &str, part: Part, measured: &str, how: &str) -> String {
    let (begin, end) = part.marks();
    let (before, inside, behind) = match between(old, &begin, &end) {
        Some(parts) => parts,
        // A part that is new stands at the end.
        None => (old, "", ""),
    };
    let by_hand = between(inside, BY_HAND.0, BY_HAND.1).map_or(NOTHING, |(_, inside, _)| inside);
    let gap = if behind.is_empty() && inside.is_empty() { "\n" } else { "" };
    let title = part.title();
    format!(
        "{before}{gap}{begin}{title}{measured}\n### Where we are behind, and why\n\n{}{by_hand}{}\n\n{how}{end}{behind}",
        BY_HAND.0, BY_HAND.1
    )
}

/// What stands before, between and behind two marks.
fn between<'t>(text: &'t str, begin: &str, end: &str) -> Option<(&'t str, &'t str, &'t str)> {
    let (before, rest) = text.split_once(begin)?;
    let (inside, behind) = rest.split_once(end)?;
    Some((before, inside, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_replaced_and_what_was_written_by_hand_and_the_other_part_stay() {
        let page = with(INTRO, Part::Snapshots, "one\n", "how one\n");
        let page = with(&page, Part::Dumps, "two\n", "how two\n");
        assert_eq!(page.matches(NOTHING).count(), 2, "{page}");
        let page = page.replacen(NOTHING, "\nWe are slow at X.\n", 1);
        let again = with(&page, Part::Snapshots, "three\n", "how three\n");
        assert!(again.contains("\nthree\n") && !again.contains("\none\n"), "{again}");
        assert!(
            again.contains("\nWe are slow at X.\n") && again.contains("\nhow three\n"),
            "{again}"
        );
        assert!(again.contains("\ntwo\n") && again.contains("\nhow two\n"), "{again}");
        assert_eq!(with(&page, Part::Snapshots, "one\n", "how one\n"), page);
        assert_eq!(with(&page, Part::Dumps, "two\n", "how two\n"), page);
    }
}
