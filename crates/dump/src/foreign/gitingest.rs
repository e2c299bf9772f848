//! gitingest: one text, with a tree of names and a ruled heading before each file.
//!
//! It reads files as text, with one kind of line end, and writes three line feeds behind each.

use std::collections::HashSet;

use memchr::memmem;

use super::{Found, Node, Reading, Tool, listed};
use crate::skin::Carried;

const SIGN: &str = "Directory structure:\n";
const RULE: &str = "================================================\n";
/// What stands behind a file, and before the heading of the next one.
const BEHIND: &str = "\n\n";

pub(super) fn read(text: &str) -> Option<Found> {
    let begin = text.find(SIGN).filter(|begin| *begin < 4096)?;
    let (tree, _) = text.get(begin + SIGN.len()..)?.split_once("\n\n")?;
    let first = begin + SIGN.len() + tree.len() + 2;
    if !text.get(first..)?.starts_with(RULE) {
        return None;
    }
    let mut reading = Reading::new(Tool::Gitingest, text);
    let heads = heads(text, first);
    for (index, (_, from, title)) in heads.iter().enumerate() {
        let (until, last) = heads
            .get(index + 1)
            .map_or((text.len(), true), |(next, ..)| (next.saturating_sub(1), false));
        let content = text.get(*from..until).unwrap_or_default();
        let Some(path) = title.strip_prefix("FILE: ") else {
            let (path, _) = title.split_once(": ").unwrap_or(("", title));
            reading.omit(path.split(" -> ").next().unwrap_or(path), "it is a link");
            continue;
        };
        let Some(content) = content.strip_suffix(BEHIND) else {
            let why =
                if last { "it has no end: the dump is cut off" } else { "its end is not certain" };
            reading.doubtful(path, *from, why);
            continue;
        };
        match content {
            "[Empty file]" => {
                let line = reading.lines.at(*from);
                reading.push(path, line, Carried::Own(String::new()));
            }
            "[Binary file]" => reading.omit(path, "it is binary"),
            _ if path.ends_with(".ipynb") => {
                reading.omit(path, "gitingest shows notebooks as something else");
            }
            _ if content.starts_with("Error reading file") && !content.contains('\n') => {
                reading.omit(path, content);
            }
            _ => reading.part(path, *from..from + content.len()),
        }
    }
    Some(reading.settle(Some(&names(tree))))
}

/// Where each heading begins and ends, and its title. The tool writes three line feeds before each but the first.
fn heads(text: &str, first: usize) -> Vec<(usize, usize, &str)> {
    let mut heads: Vec<(usize, usize, &str)> = Vec::new();
    let inside = text.get(first..).unwrap_or_default();
    for at in memmem::find_iter(inside.as_bytes(), RULE.as_bytes()) {
        let start = first + at;
        let rest = text.get(start + RULE.len()..).unwrap_or_default();
        let Some((title, rest)) = rest.split_once('\n') else { continue };
        let titled = ["FILE: ", "SYMLINK: "].iter().any(|kind| title.starts_with(kind));
        let border = at == 0 || text.get(..start).is_some_and(|before| before.ends_with("\n\n\n"));
        if let Some(rest) = rest.strip_prefix(RULE).filter(|_| titled && border) {
            heads.push((start, text.len() - rest.len(), title));
        }
    }
    heads
}

/// The paths in the tree, whose first line is the root.
fn names(tree: &str) -> HashSet<String> {
    listed(tree.lines().skip(1).filter_map(|line| {
        let at = line.find("── ")?;
        let depth = line.get(..at)?.chars().count() / 4;
        let name = line.get(at + "── ".len()..)?;
        // The root is as deep as it is drawn: its own children stand one step further to the right.
        Some((depth.checked_sub(1)?, Node::of(name)))
    }))
}
