//! Lists of patterns, each of which knows where it was written. The last one that matches decides.

use holdall_tree::path::printable;

use crate::braces::expand;
use crate::error::{Effect, Origin, Rule, SelectError};
use crate::glob::Glob;

/// A list of patterns in rising precedence.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules {
    lines: Vec<Line>,
    files: Vec<String>,
}

#[derive(Debug, Clone)]
struct Line {
    glob: Glob,
    text: Box<[u8]>,
    place: Place,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    Flag(&'static str),
    File { index: usize, line: u64 },
}

impl Rules {
    /// Adds a file in gitignore syntax. The faults of broken lines are returned; these lines match nothing.
    pub(crate) fn add_file(&mut self, name: &str, content: &[u8]) -> Vec<SelectError> {
        let index = self.files.len();
        self.files.push(name.to_owned());
        let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
        let mut faults = Vec::new();
        for (line, text) in (1..).zip(content.split(|b| *b == b'\n')) {
            if text.starts_with(b"#") {
                continue;
            }
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            // Git keeps its patterns in C strings.
            let text = trim(text.split(|b| *b == 0).next().unwrap_or(text));
            if text.is_empty() {
                continue;
            }
            let (glob, fault) = Glob::parse(text);
            let place = Place::File { index, line };
            if let Some(fault) = fault {
                let origin = Origin::Line { file: name.to_owned(), line };
                faults.push(SelectError::pattern(text, origin, fault.at, fault.reason));
            }
            self.lines.push(Line { glob, text: text.into(), place });
        }
        faults
    }

    /// Adds the pattern of a flag.
    pub(crate) fn add_flag(
        &mut self,
        flag: &'static str,
        pattern: &str,
    ) -> Result<(), SelectError> {
        let bad = |at, reason: &str| {
            SelectError::pattern(pattern.as_bytes(), Origin::Flag(flag), at, reason)
        };
        if pattern.trim_matches(['!', '/']).is_empty() {
            return Err(bad(0, "it is empty"));
        }
        for one in expand(pattern).map_err(|fault| bad(fault.at, fault.reason))? {
            let (glob, fault) = Glob::parse(one.as_bytes());
            if let Some(fault) = fault {
                let at = if one == pattern { fault.at } else { 0 };
                return Err(bad(at, fault.reason));
            }
            self.lines.push(Line {
                glob,
                text: pattern.as_bytes().into(),
                place: Place::Flag(flag),
            });
        }
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The last pattern that matches `path`, which is relative to the directory of this list.
    pub(crate) fn last_match(&self, path: &[u8], is_dir: bool) -> Option<(usize, Effect)> {
        let (index, line) = self
            .lines
            .iter()
            .enumerate()
            .rev()
            .find(|(_, line)| line.glob.matches(path, is_dir))?;
        Some((index, if line.glob.negated { Effect::Take } else { Effect::Leave }))
    }

    /// Rule `index` for people; its effect is turned round in a list of what to include.
    pub(crate) fn show(&self, index: usize, effect: Effect) -> Option<Rule> {
        let line = self.lines.get(index)?;
        let origin = match line.place {
            Place::Flag(flag) => Origin::Flag(flag),
            Place::File { index, line } => {
                Origin::Line { file: self.files.get(index).cloned().unwrap_or_default(), line }
            }
        };
        Some(Rule { pattern: printable(&line.text).into_owned(), origin, effect })
    }
}

/// Takes off trailing spaces that no backslash protects.
fn trim(text: &[u8]) -> &[u8] {
    let mut end = 0;
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b' ' => {}
            // Git does not trim at all when the last byte is a lone backslash.
            b'\\' if at + 1 == text.len() => return text,
            b'\\' => {
                at += 1;
                end = at + 1;
            }
            _ => end = at + 1,
        }
        at += 1;
    }
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailing_spaces_go_unless_escaped() {
        for (text, left) in [
            ("a  ", "a"),
            ("a\\ ", "a\\ "),
            ("a\\  ", "a\\ "),
            ("a b ", "a b"),
            ("  ", ""),
            ("a \\", "a \\"),
        ] {
            assert_eq!(trim(text.as_bytes()), left.as_bytes(), "{text:?}");
        }
    }

    #[test]
    fn the_last_match_decides_and_its_line_is_known() {
        let mut rules = Rules::default();
        let faults = rules.add_file(".gitignore", b"\xef\xbb\xbf*.log\r\n# no\n\n!keep.log\n[x\n");
        assert_eq!(faults.len(), 1);
        assert_eq!(
            faults[0].to_string(),
            "cannot use the pattern of .gitignore:5: the class is not closed by ]\n  [x\n  ^"
        );
        let (index, effect) = rules.last_match(b"a/keep.log", false).unwrap();
        assert_eq!(effect, Effect::Take);
        assert_eq!(rules.show(index, effect).unwrap().to_string(), ".gitignore:4: !keep.log");
        assert_eq!(rules.last_match(b"x.log", false).unwrap().1, Effect::Leave);
        assert!(rules.last_match(b"x.txt", false).is_none());
    }
}
