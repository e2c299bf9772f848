//! files-to-prompt: plain text, Markdown and documents for Claude.
//!
//! It reads files as text, with one kind of line end, and puts a line feed behind each. Plain text and Markdown have
//! no head, so a text is one of them only if all of it is.

use std::collections::HashSet;

use memchr::memmem;

use super::{Found, Reading, Tool, parse_path};

/// What is behind each file in plain text.
const BORDER: &str = "\n\n---\n";
/// What ends a document.
const CLOSE: &str = "\n</document_content>\n</document>\n";

pub(super) fn read(text: &str) -> Option<Found> {
    if text.starts_with("<documents>\n<document index=\"1\">\n<source>") {
        return Some(documents(text));
    }
    markdown(text).or_else(|| plain(text))
}

fn documents(text: &str) -> Found {
    let mut reading = Reading::new(Tool::FilesToPrompt, text);
    // Documents are numbered from 1 on: what has another number is in a file.
    let mut heads: Vec<(usize, usize, &str)> = Vec::new();
    let mut twice = HashSet::new();
    for start in memmem::find_iter(text.as_bytes(), b"<document index=\"") {
        let rest = text.get(start + "<document index=\"".len()..).unwrap_or_default();
        let Some((index, rest)) = rest.split_once('\n') else { continue };
        let Some((source, rest)) = rest.split_once('\n') else { continue };
        let index = index.strip_suffix("\">").and_then(|index| index.parse::<usize>().ok());
        let source =
            source.strip_prefix("<source>").and_then(|source| source.strip_suffix("</source>"));
        let (Some(index), Some(source), Some(rest)) =
            (index, source, rest.strip_prefix("<document_content>\n"))
        else {
            continue;
        };
        let before = text.get(..start).unwrap_or_default();
        if !(heads.is_empty() && before == "<documents>\n" || before.ends_with(CLOSE)) {
            continue;
        }
        if index == heads.len() + 1 {
            heads.push((start, text.len() - rest.len(), source));
        } else if (1..=heads.len()).contains(&index) {
            // The one that was taken, or this one, is in a file.
            twice.insert(index);
            twice.insert(heads.len());
        }
    }
    for (at, (_, from, path)) in heads.iter().enumerate() {
        let until = match heads.get(at + 1) {
            Some((next, ..)) => text.get(..*next),
            None => {
                text.strip_suffix("</documents>\n").or_else(|| text.strip_suffix("</documents>"))
            }
        };
        let end = until.and_then(|until| until.strip_suffix(CLOSE)).map(str::len);
        // One that is there twice may end the one before it, or not.
        let sure = !twice.contains(&(at + 1)) && !twice.contains(&(at + 2));
        match end.filter(|end| end >= from) {
            Some(end) if sure => reading.part(path, *from..end),
            Some(_) => reading.doubtful(path, *from, "there are two documents of this number"),
            None if until.is_some_and(|until| until.len() == *from) => {
                reading.doubtful(path, *from, "it has no end");
            }
            None => reading.doubtful(path, *from, "it has no end: the dump is cut off"),
        }
    }
    reading.settle(None)
}

/// Each file has a fence that is longer than any run of backticks in it.
fn markdown(text: &str) -> Option<Found> {
    let mut reading = Reading::new(Tool::FilesToPrompt, text);
    let mut at = 0;
    while at < text.len() {
        let (path, rest) = text.get(at..)?.split_once('\n')?;
        let (info, block) = rest.split_once('\n')?;
        let ticks = info.bytes().take_while(|byte| *byte == b'`').count();
        let fence = info.get(..ticks).filter(|fence| fence.len() >= 3)?;
        if path.starts_with('`') || parse_path(path).is_err() {
            return None;
        }
        let close = format!("\n{fence}\n");
        let start = text.len() - block.len();
        let end = block.find(&close)?;
        reading.part(path, start..start + end);
        at = start + end + close.len();
    }
    (!reading.sections.is_empty()).then(|| reading.settle(None))
}

fn plain(text: &str) -> Option<Found> {
    let mut reading = Reading::new(Tool::FilesToPrompt, text);
    let mut heads = vec![(0, head(text)?)];
    let whole = text.strip_suffix(BORDER)?;
    for at in memmem::find_iter(text.as_bytes(), BORDER.as_bytes()) {
        let start = at + BORDER.len();
        heads.extend(text.get(start..).and_then(head).map(|path| (start, path)));
    }
    let mut walk = Walk::default();
    let mut doubtful = false;
    for (index, (start, path)) in heads.iter().enumerate() {
        let from = start + path.len() + "\n---\n".len();
        let end = heads.get(index + 1).map_or(whole.len(), |(next, _)| next - BORDER.len());
        if !walk.goes_on(path) {
            doubtful = true;
            reading.doubtful(
                path,
                *start,
                "no walk comes here, so this may be a part of the file before it",
            );
        } else if end < from {
            return None;
        } else {
            reading.part(path, from..end);
        }
    }
    if doubtful {
        // Nothing else tells files from what is in them.
        reading.sections.clear();
    }
    Some(reading.settle(None))
}

/// The path in a heading.
fn head(rest: &str) -> Option<&str> {
    let (path, rest) = rest.split_once('\n')?;
    let is_path = path.trim() == path && path.contains(['/', '.']) && !path.ends_with(['/', '.']);
    (is_path && rest.starts_with("---\n") && parse_path(path).is_ok()).then_some(path)
}

/// The order in which a directory is walked: what a directory holds comes without anything else in between.
#[derive(Default)]
struct Walk {
    dirs: Vec<String>,
    left: HashSet<String>,
}

impl Walk {
    fn goes_on(&mut self, path: &str) -> bool {
        let dir = path.rsplit_once('/').map_or("", |(dir, _)| dir);
        let mut names =
            if dir.is_empty() { Vec::new() } else { dir.split('/').map(str::to_owned).collect() };
        let common = self.dirs.iter().zip(&names).take_while(|(a, b)| a == b).count();
        while self.dirs.len() > common {
            self.left.insert(self.dirs.join("/"));
            self.dirs.pop();
        }
        let known = (common..names.len()).any(|at| {
            let dir = names.get(..=at).unwrap_or_default().join("/");
            self.left.contains(&dir)
        });
        self.dirs.append(&mut names.split_off(common.min(names.len())));
        !known
    }
}
