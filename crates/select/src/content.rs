//! Regular expressions over paths and contents: a linear-time engine over bytes.

use std::io::{self, Read};

use regex::bytes::{Regex, RegexBuilder};

use crate::error::{Origin, SelectError};

/// How much of a content is searched at once, in bytes.
const WINDOW_BYTES: usize = 1 << 20;
/// How much of it is searched again with what follows. A longer match may be missed.
const OVERLAP_BYTES: usize = 1 << 16;

/// Compiles an expression; `^` and `$` stand for the ends of a line.
pub(crate) fn compile(flag: &'static str, pattern: &str) -> Result<Regex, SelectError> {
    RegexBuilder::new(pattern).multi_line(true).build().map_err(|error| {
        let message = error.to_string();
        // The engine tells the place as a caret under the pattern, four spaces in.
        let caret = message.lines().find(|line| line.trim_start().starts_with('^'));
        let column =
            caret.and_then(|line| line.find('^')).map_or(0, |column| column.saturating_sub(4));
        let reason =
            message.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        let at = pattern.char_indices().nth(column).map_or(pattern.len(), |(at, _)| at);
        SelectError::pattern(pattern.as_bytes(), Origin::Flag(flag), at, reason)
    })
}

/// True if `regex` matches somewhere in what `read` gives. Whole lines are searched where they fit a window.
pub(crate) fn contains(regex: &Regex, read: &mut dyn Read) -> io::Result<bool> {
    contains_in(regex, read, WINDOW_BYTES, OVERLAP_BYTES)
}

fn contains_in(
    regex: &Regex,
    read: &mut dyn Read,
    window: usize,
    overlap: usize,
) -> io::Result<bool> {
    let mut buffer = Vec::new();
    loop {
        let room = window.saturating_sub(buffer.len()).max(1);
        let added = Read::take(&mut *read, room as u64).read_to_end(&mut buffer)?;
        if added < room {
            return Ok(regex.is_match(&buffer));
        }
        // Nothing is known about the byte behind the window, so no match may rest on it: it ends before a newline, or,
        // in a line that is longer than the window, a match at its end is looked at again with what follows.
        let newline = buffer.iter().rposition(|b| *b == b'\n');
        let end = newline.unwrap_or(buffer.len());
        let lines = buffer.get(..end).unwrap_or_default();
        let found = match newline {
            Some(_) => regex.is_match(lines),
            None => regex.find_iter(lines).any(|found| found.end() < end),
        };
        if found {
            return Ok(true);
        }
        let from = end.saturating_sub(overlap);
        let tail = buffer.get(from..end).unwrap_or_default();
        let line = tail.iter().position(|b| *b == b'\n').map_or(from, |newline| from + newline + 1);
        buffer.drain(..line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_match_is_found_wherever_the_windows_cut() {
        let regex = compile("--contains", "^needle$").unwrap();
        for before in 0..80 {
            let yes = "hay\n".repeat(before) + "needle\n" + &"x\n".repeat(50);
            let no = "hay\n".repeat(before) + "needles\n" + &"x\n".repeat(50);
            assert!(contains_in(&regex, &mut yes.as_bytes(), 32, 8).unwrap());
            assert!(!contains_in(&regex, &mut no.as_bytes(), 32, 8).unwrap());
        }
        let empty = compile("--contains", "^$").unwrap();
        assert!(!contains_in(&empty, &mut "ab\n".repeat(50).trim_end().as_bytes(), 8, 4).unwrap());
        let long = compile("--contains", "abc").unwrap();
        for before in 0..80 {
            let text = "x".repeat(before) + "abc" + &"x".repeat(40);
            assert!(contains_in(&long, &mut text.as_bytes(), 32, 8).unwrap(), "{before}");
        }
    }

    #[test]
    fn a_broken_expression_is_pointed_at() {
        let error = compile("--regex", "ab(c").unwrap_err().to_string();
        assert_eq!(error, "cannot use the pattern of --regex: unclosed group\n  ab(c\n    ^");
    }

    #[test]
    fn nested_repetition_takes_linear_time() {
        let regex = compile("--contains", "(a+)+$").unwrap();
        let text = "a".repeat(1 << 20) + "b";
        let began = std::time::Instant::now();
        assert!(!contains(&regex, &mut text.as_bytes()).unwrap());
        assert!(began.elapsed().as_secs() < 5);
    }
}
