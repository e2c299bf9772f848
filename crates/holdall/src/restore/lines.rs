//! The changed lines of a text file, of which each run can be taken or left.

use std::collections::HashMap;
use std::io::Read;
use std::ops::Range;

use holdall_tree::{Entry, Kind, Tree};
use similar::{Algorithm, DiffTag, capture_diff_slices};

/// The largest file whose lines can be chosen among, in bytes.
pub const TEXT_BYTES_MAX: u64 = 1 << 20;
/// Lines that are shown around a change.
const CONTEXT: usize = 3;

/// Lines that follow each other and are others in the new text. What lies between two runs is the same in both.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Run {
    old: Range<usize>,
    new: Range<usize>,
}

/// Two texts, line by line.
#[derive(Debug, Clone)]
pub struct Lines {
    old: Vec<String>,
    new: Vec<String>,
    runs: Vec<Run>,
}

impl Lines {
    /// The lines of two files; `None` if one is no text, is larger than [`TEXT_BYTES_MAX`], or cannot be read, and if
    /// both are the same.
    #[must_use]
    pub fn between(before: (&dyn Tree, &Entry), after: (&dyn Tree, &Entry)) -> Option<Self> {
        let lines = Self::of(&text(before)?, &text(after)?);
        (!lines.runs.is_empty()).then_some(lines)
    }

    /// The lines of two texts. A line ends behind `\n`, or where the text does.
    #[must_use]
    pub fn of(old: &str, new: &str) -> Self {
        let split = |text: &str| text.split_inclusive('\n').map(str::to_owned).collect();
        let (old, new): (Vec<String>, Vec<String>) = (split(old), split(new));
        let runs = runs(&old, &new);
        Self { old, new, runs }
    }

    /// How many runs of lines differ.
    #[must_use]
    pub fn len(&self) -> usize {
        self.runs.len()
    }

    /// True if both texts are the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// The runs that stand so close that they are shown together, as `diff -u` does.
    #[must_use]
    pub fn hunks(&self) -> Vec<Range<usize>> {
        let mut hunks: Vec<Range<usize>> = Vec::new();
        let mut end = 0;
        for (at, run) in self.runs.iter().enumerate() {
            match hunks.last_mut() {
                Some(hunk) if run.old.start - end <= 2 * CONTEXT => hunk.end = at + 1,
                _ => hunks.push(at..at + 1),
            }
            end = run.old.end;
        }
        hunks
    }

    /// These runs as one part of a unified diff, with lines around them as far as no other run stands there.
    #[must_use]
    pub fn show(&self, hunk: Range<usize>) -> String {
        let runs = self.runs.get(hunk.clone()).unwrap_or_default();
        let (Some(first), Some(last)) = (runs.first(), runs.last()) else { return String::new() };
        let before = hunk.start.checked_sub(1).and_then(|at| self.runs.get(at));
        let lowest = before.map_or(0, |run| run.old.end);
        let highest = self.runs.get(hunk.end).map_or(self.old.len(), |run| run.old.start);
        let lead = (first.old.start - lowest).min(CONTEXT);
        let tail = (highest - last.old.end).min(CONTEXT);
        let old = first.old.start - lead..last.old.end + tail;
        let new = first.new.start - lead..last.new.end + tail;
        let mut text = format!("@@ -{} +{} @@\n", span(&old), span(&new));
        let mut at = old.start;
        for run in runs {
            mark(&mut text, ' ', &self.old, at..run.old.start);
            mark(&mut text, '-', &self.old, run.old.clone());
            mark(&mut text, '+', &self.new, run.new.clone());
            at = run.old.end;
        }
        mark(&mut text, ' ', &self.old, at..old.end);
        text
    }

    /// All of it as a unified diff between files of these names.
    #[must_use]
    pub fn patch(&self, from: &str, to: &str) -> String {
        let head = format!("--- {from}\n+++ {to}\n");
        self.hunks().into_iter().fold(head, |text, hunk| text + &self.show(hunk))
    }

    /// The old text with those runs replaced that are taken; a run of which nothing is said is not.
    #[must_use]
    pub fn merge(&self, taken: &[bool]) -> String {
        let mut text = String::new();
        let mut at = 0;
        let mut add = |lines: &[String], range: Range<usize>| {
            lines.get(range).unwrap_or_default().iter().for_each(|line| text.push_str(line));
        };
        for (number, run) in self.runs.iter().enumerate() {
            add(&self.old, at..run.old.start);
            match taken.get(number) {
                Some(true) => add(&self.new, run.new.clone()),
                _ => add(&self.old, run.old.clone()),
            }
            at = run.old.end;
        }
        add(&self.old, at..self.old.len());
        text
    }
}

fn runs(old: &[String], new: &[String]) -> Vec<Run> {
    let mut numbers = HashMap::new();
    let (a, b) = (numbered(&mut numbers, old), numbered(&mut numbers, new));
    let mut runs: Vec<Run> = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &a, &b) {
        let (tag, old, new) = op.as_tag_tuple();
        if tag == DiffTag::Equal {
            continue;
        }
        match runs.last_mut() {
            // What is removed and what comes in its place may be told one after the other.
            Some(run) if run.old.end == old.start && run.new.end == new.start => {
                run.old.end = old.end;
                run.new.end = new.end;
            }
            _ => runs.push(Run { old, new }),
        }
    }
    runs
}

/// Lines are compared as numbers: each is hashed once, however often it is looked at.
fn numbered<'l>(numbers: &mut HashMap<&'l str, usize>, lines: &'l [String]) -> Vec<usize> {
    let mut all = Vec::with_capacity(lines.len());
    for line in lines {
        let next = numbers.len();
        all.push(*numbers.entry(line.as_str()).or_insert(next));
    }
    all
}

/// The first line, counted from 1, and how many unless it is one. Of none it is the line before.
fn span(lines: &Range<usize>) -> String {
    let first = if lines.is_empty() { lines.start } else { lines.start + 1 };
    if lines.len() == 1 { first.to_string() } else { format!("{first},{}", lines.len()) }
}

fn mark(text: &mut String, mark: char, lines: &[String], range: Range<usize>) {
    for line in lines.get(range).unwrap_or_default() {
        text.push(mark);
        text.push_str(line);
        if !line.ends_with('\n') {
            text.push_str("\n\\ No newline at end of file\n");
        }
    }
}

/// The content of a file that is text.
fn text((tree, entry): (&dyn Tree, &Entry)) -> Option<String> {
    if !matches!(entry.kind, Kind::File { size } if size <= TEXT_BYTES_MAX) {
        return None;
    }
    let mut bytes = Vec::new();
    let most = TEXT_BYTES_MAX + 1;
    tree.open(entry).ok()?.into_read().take(most).read_to_end(&mut bytes).ok()?;
    // A NUL byte is what git tells binary files by.
    let fits = bytes.len() as u64 <= TEXT_BYTES_MAX && !bytes.contains(&0);
    String::from_utf8(bytes).ok().filter(|_| fits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn runs_that_stand_close_are_one_hunk_and_can_be_shown_apart() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\na\nb\nc\nd\ne\nf\n";
        let new = "1\nX\n3\n4\nY\nZ\n6\n7\n8\n9\na\nb\nc\nd\nf";
        let lines = Lines::of(old, new);
        assert_eq!(lines.len(), 3);
        assert_eq!(lines.hunks(), [0..2, 2..3]);
        assert_eq!(
            lines.show(0..2),
            "@@ -1,8 +1,9 @@\n 1\n-2\n+X\n 3\n 4\n-5\n+Y\n+Z\n 6\n 7\n 8\n"
        );
        assert_eq!(lines.show(1..2), "@@ -3,6 +3,7 @@\n 3\n 4\n-5\n+Y\n+Z\n 6\n 7\n 8\n");
        assert_eq!(
            lines.show(2..3),
            "@@ -11,5 +12,4 @@\n b\n c\n d\n-e\n-f\n+f\n\\ No newline at end of file\n"
        );
        assert_eq!(lines.merge(&[false, true]), old.replace("5\n", "Y\nZ\n"));
    }

    #[test]
    fn texts_may_be_empty() {
        assert!(Lines::of("", "").is_empty());
        assert_eq!(
            Lines::of("", "a\n").patch("a/x", "b/x"),
            "--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+a\n"
        );
        assert_eq!(Lines::of("a", "").merge(&[true]), "");
    }

    fn text() -> impl Strategy<Value = String> {
        let line = prop_oneof![Just("a\n"), Just("b\n"), Just("c\n"), Just("\n"), Just("a\r\n")];
        let end = prop_oneof![2 => Just(""), 1 => Just("a"), 1 => Just("z")];
        (prop::collection::vec(line, 0..40), end).prop_map(|(lines, end)| lines.concat() + end)
    }

    proptest! {
        /// What is not taken there is taken here: both ways lead to one text, and the ends are the texts themselves.
        #[test]
        fn any_choice_is_the_old_text_with_what_was_taken_or_the_new_one_without_the_rest(
            old in text(),
            new in text(),
            mask in prop::collection::vec(any::<bool>(), 40),
        ) {
            let lines = Lines::of(&old, &new);
            prop_assert_eq!(lines.merge(&[]), old.clone());
            prop_assert_eq!(lines.merge(&vec![true; lines.len()]), new.clone());
            let back = Lines {
                old: lines.new.clone(),
                new: lines.old.clone(),
                runs: lines
                    .runs
                    .iter()
                    .map(|run| Run { old: run.new.clone(), new: run.old.clone() })
                    .collect(),
            };
            let left: Vec<bool> = mask.iter().map(|taken| !taken).collect();
            prop_assert_eq!(lines.merge(&mask), back.merge(&left));
            // A reader who knows nothing of runs applies the hunks that are shown.
            let taken: Vec<usize> =
                (0..lines.len()).filter(|run| mask.get(*run) == Some(&true)).collect();
            let shown: Vec<String> = taken.iter().map(|run| lines.show(*run..*run + 1)).collect();
            prop_assert_eq!(patched(&old, &shown), lines.merge(&mask));
        }
    }

    /// Applies hunks of a unified diff by the old lines that they name.
    fn patched(old: &str, hunks: &[String]) -> String {
        let old: Vec<&str> = old.split_inclusive('\n').collect();
        let mut out = String::new();
        let mut at = 0usize;
        for hunk in hunks {
            let (head, body) = hunk.split_once('\n').unwrap();
            let spot = head.split(['-', ' ']).nth(2).unwrap();
            let (start, count) = spot.split_once(',').unwrap_or((spot, "1"));
            let (start, count): (usize, usize) = (start.parse().unwrap(), count.parse().unwrap());
            let start = if count == 0 { start } else { start - 1 };
            // Lines around two hunks may be the same ones, and are there already.
            let mut skip = at.saturating_sub(start);
            old[at..start.max(at)].iter().for_each(|line| out.push_str(line));
            at = at.max(start);
            let mut lines: Vec<String> = Vec::new();
            for line in body.split_inclusive('\n') {
                if line.starts_with('\\') {
                    let last = lines.last_mut().unwrap();
                    last.pop();
                } else {
                    lines.push(line.to_owned());
                }
            }
            for line in lines {
                let (mark, rest) = line.split_at(1);
                match mark {
                    " " if skip > 0 => skip -= 1,
                    " " => {
                        assert_eq!(old[at], rest);
                        out.push_str(rest);
                        at += 1;
                    }
                    "-" => {
                        assert_eq!(old[at], rest);
                        at += 1;
                    }
                    _ => out.push_str(rest),
                }
            }
        }
        old[at..].iter().for_each(|line| out.push_str(line));
        out
    }
}
