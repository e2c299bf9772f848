//! Blanks at the ends of lines. Nobody sees them, and many a transport strips them: a manifest says where they were.

use std::fmt::Write;

/// The longest run of blanks that is noted, in bytes.
const RUN_MAX: usize = 64;
/// The longest note on one file, in bytes; of more nothing is noted.
const NOTE_MAX: usize = 1024;
/// Lines at the end of a file that are made again to hold blanks.
const LINES_MAX: usize = 4096;

/// Which lines of a text end with blanks, and with which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blanks(Vec<Run>);

/// Lines in succession that end alike.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Run {
    /// From 1.
    first: u64,
    last: u64,
    blanks: String,
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

impl Blanks {
    /// As a manifest has it: `3-7:2 9:t` says that lines 3 to 7 end with two spaces and line 9 with a tab.
    pub(crate) fn note(&self) -> String {
        let mut note = String::new();
        for Run { first, last, blanks } in &self.0 {
            let space = if note.is_empty() { "" } else { " " };
            // Writing to a String cannot fail.
            let _ = write!(note, "{space}{first}");
            if last > first {
                let _ = write!(note, "-{last}");
            }
            note.push(':');
            let mut rest = blanks.as_str();
            while !rest.is_empty() {
                let after = rest.trim_start_matches(' ');
                let spaces = rest.len() - after.len();
                if spaces > 0 {
                    let _ = write!(note, "{spaces}");
                }
                rest = after.strip_prefix('\t').map_or(after, |after| {
                    note.push('t');
                    after
                });
            }
        }
        note
    }

    /// What a note says; `None` if it says nothing that could have been written.
    pub(crate) fn parse(note: &str) -> Option<Self> {
        let mut runs: Vec<Run> = Vec::new();
        for word in note.split(' ').filter(|_| note.len() <= 2 * NOTE_MAX) {
            let (lines, signs) = word.split_once(':')?;
            let (first, last) = lines.split_once('-').unwrap_or((lines, lines));
            let (first, last) = (first.parse().ok()?, last.parse().ok()?);
            let before = runs.last().map_or(0, |run| run.last);
            let run = Run { first, last, blanks: blanks(signs)? };
            if first <= before || last < first {
                return None;
            }
            runs.push(run);
        }
        (!runs.is_empty()).then_some(Self(runs))
    }
}

fn blanks(signs: &str) -> Option<String> {
    let mut blanks = String::new();
    let mut rest = signs;
    while !rest.is_empty() {
        let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let (digits, _) = rest.split_at_checked(rest.len() - after.len())?;
        if !digits.is_empty() {
            let spaces: usize = digits.parse().ok().filter(|spaces| *spaces <= RUN_MAX)?;
            blanks.push_str(&" ".repeat(spaces));
        }
        rest = match after.strip_prefix('t') {
            Some(after) => {
                blanks.push('\t');
                after
            }
            None if after.is_empty() => after,
            None => return None,
        };
    }
    (!blanks.is_empty() && blanks.len() <= RUN_MAX).then_some(blanks)
}

/// The text with the blanks at the ends of its lines as they are noted, whatever they are now; `None` if that would
/// be far larger than the text.
pub(crate) fn restored(noted: Option<&Blanks>, text: &str) -> Option<String> {
    let mut runs = noted.map_or(&[][..], |blanks| &blanks.0).iter().peekable();
    let limit = text.len().saturating_mul(8).saturating_add(1 << 16);
    let mut out = String::with_capacity(text.len() + 64);
    let mut number = 0;
    for line in text.split('\n') {
        if number > 0 {
            out.push('\n');
        }
        number += 1;
        out.push_str(line.trim_end_matches([' ', '\t']));
        while runs.next_if(|run| run.last < number).is_some() {}
        if let Some(run) = runs.peek().filter(|run| run.first <= number) {
            out.push_str(&run.blanks);
        }
        if out.len() > limit {
            return None;
        }
    }
    // Lines of nothing but blanks at the end may be gone as a whole.
    for _ in 0..LINES_MAX {
        number += 1;
        while runs.next_if(|run| run.last < number).is_some() {}
        let Some(run) = runs.peek() else { break };
        out.push('\n');
        if run.first <= number {
            out.push_str(&run.blanks);
        }
    }
    Some(out)
}

/// Notes the blanks of a text that comes in pieces.
#[derive(Debug, Default)]
pub(crate) struct Finder {
    /// Line feeds so far.
    feeds: u64,
    /// The blanks at the end of what is known of the line at hand.
    tail: Vec<u8>,
    runs: Vec<Run>,
    noted: usize,
    /// True if there is too much to note.
    over: bool,
}

impl Finder {
    pub(crate) fn update(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let mut begin = 0;
        for feed in memchr::memchr_iter(b'\n', bytes) {
            self.more(bytes.get(begin..feed).unwrap_or_default());
            self.line();
            self.feeds += 1;
            begin = feed + 1;
        }
        self.more(bytes.get(begin..).unwrap_or_default());
    }

    /// The line at hand goes on with `bytes`.
    fn more(&mut self, bytes: &[u8]) {
        let Some(last) = bytes.last() else { return };
        if !is_blank(*last) {
            return self.tail.clear();
        }
        let blanks = bytes.iter().rev().take_while(|byte| is_blank(**byte)).count();
        if blanks < bytes.len() {
            self.tail.clear();
        }
        let room = (RUN_MAX + 1).saturating_sub(self.tail.len());
        let from = bytes.len() - blanks.min(room);
        self.tail.extend_from_slice(bytes.get(from..).unwrap_or_default());
    }

    /// The line at hand ends.
    fn line(&mut self) {
        if self.tail.is_empty() || self.over {
            return;
        }
        let blanks = String::from_utf8_lossy(&self.tail).into_owned();
        self.tail.clear();
        let number = self.feeds + 1;
        self.over = blanks.len() > RUN_MAX;
        match self.runs.last_mut() {
            Some(run) if run.last + 1 == number && run.blanks == blanks => run.last = number,
            _ => {
                self.noted += 2 + number.to_string().len() + blanks.len();
                self.over |= self.noted > NOTE_MAX;
                self.runs.push(Run { first: number, last: number, blanks });
            }
        }
    }

    /// What is to be noted.
    pub(crate) fn finish(mut self) -> Option<Blanks> {
        self.line();
        (!self.over && !self.runs.is_empty()).then_some(Blanks(self.runs))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn noted(pieces: &[&str]) -> Option<Blanks> {
        let mut finder = Finder::default();
        pieces.iter().for_each(|piece| finder.update(piece));
        finder.finish()
    }

    #[test]
    fn a_note_names_lines_and_what_they_end_with() {
        let note = |text: &str| noted(&[text]).map(|blanks| blanks.note());
        assert_eq!(note("a\nb  \nc  \n\t\nd \t "), Some("2-3:2 4:t 5:1t1".to_owned()));
        assert_eq!(note("a\n b\n"), None);
        assert_eq!(note(""), None);
        assert_eq!(note(&" \na\n".repeat(1000)), None, "there is too much to note");
        assert_eq!(note(&" \n".repeat(1000)), Some("1-1000:1".to_owned()));
        assert_eq!(note(&" ".repeat(65)), None);
    }

    #[test]
    fn a_note_that_nobody_wrote_says_nothing() {
        for note in
            ["", "x", "1", "1:", "1:x", "2:1 1:1", "3-2:1", "1:65", "1:1 ", "0:1", "1:60tttttt"]
        {
            assert_eq!(Blanks::parse(note), None, "{note}");
        }
    }

    proptest! {
        #[test]
        fn stripped_blanks_come_back(text in "[a \t\n]{0,60}", cut in 0usize..60) {
            let cut = cut.min(text.len());
            let blanks = noted(&[&text[..cut], &text[cut..]]);
            prop_assert_eq!(&blanks, &noted(&[&text]));
            if let Some(blanks) = &blanks {
                let again = Blanks::parse(&blanks.note());
                prop_assert_eq!(again.as_ref(), Some(blanks));
            }
            let stripped: Vec<&str> = text.split('\n').map(|l| l.trim_end_matches([' ', '\t'])).collect();
            prop_assert_eq!(restored(blanks.as_ref(), &stripped.join("\n")), Some(text.clone()));
            let more: String = text.replace('\n', " \n");
            prop_assert_eq!(restored(blanks.as_ref(), &more), Some(text));
        }
    }
}
