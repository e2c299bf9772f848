//! code2prompt: Markdown, XML, and JSON that holds one of these.
//!
//! Its fences have three backticks, whatever the files hold.

use std::collections::HashSet;

use memchr::memmem;
use serde::Deserialize;

use super::{Found, Reading, Tool};

const INDENT: &str = "        ";

pub(super) fn read(text: &str) -> Option<Found> {
    if text.starts_with('{') {
        return json(text);
    }
    if text.starts_with("<directory>") && text.contains("\n<source-tree>\n") {
        return Some(xml(text));
    }
    let is_markdown =
        text.starts_with("Project Path: ") && text.contains("\n\nSource Tree:\n\n```txt\n");
    is_markdown.then(|| markdown(text))
}

#[derive(Deserialize)]
struct Document {
    prompt: String,
}

fn json(text: &str) -> Option<Found> {
    let document: Document = serde_json::from_str(text).ok()?;
    let prompt = document.prompt;
    let mut found = if prompt.starts_with('{') { None } else { read(&prompt) }?;
    found.text = Some(prompt);
    Some(found)
}

/// Those paths whose last component is in the tree of names. How the root of the tree relates to the paths depends on
/// how the tool was called.
fn named<'t>(
    text: &str,
    (begin, end): (&str, &str),
    paths: impl Iterator<Item = &'t str>,
) -> Option<HashSet<String>> {
    let (_, tree) = text.split_once(begin)?;
    let (tree, _) = tree.split_once(end)?;
    let names: HashSet<&str> =
        tree.lines().filter_map(|line| Some(line.split_once("── ")?.1)).collect();
    let known = |path: &&str| names.contains(path.rsplit('/').next().unwrap_or(path));
    Some(paths.filter(known).map(str::to_owned).collect())
}

/// Where a file begins.
struct Head<'t> {
    /// Where what ends the file before it begins.
    start: usize,
    path: &'t str,
    /// Where its text begins.
    from: usize,
}

fn markdown(text: &str) -> Found {
    const TREE: &str = "\n\nSource Tree:\n\n```txt\n";
    let mut reading = Reading::new(Tool::Code2prompt, text);
    let begin = text.find(TREE).unwrap_or_default();
    let inside = text.get(begin..).unwrap_or_default();
    let mut heads = Vec::new();
    for at in memmem::find_iter(inside.as_bytes(), b"\n`") {
        // The end of the block before it stands directly above, that of the tree one empty line further up.
        let above = text.get(..begin + at).unwrap_or_default();
        let above = above.strip_suffix('\n').unwrap_or(above);
        let Some(before) = above.strip_suffix("\n```") else { continue };
        let start = before.len();
        let rest = text.get(begin + at + "\n`".len()..).unwrap_or_default();
        let head = rest.split_once('\n').and_then(|(line, rest)| {
            let (_, rest) = rest.strip_prefix("\n```")?.split_once('\n')?;
            Some((line.strip_suffix("`:")?, rest))
        });
        let Some((path, rest)) = head else { continue };
        heads.push(Head { start, path, from: text.len() - rest.len() });
    }
    let listed = named(text, (TREE, "\n```\n"), heads.iter().map(|head| head.path));
    let ends = ["\n```\n\nGit Diff:\n", "\n```\n\n\nGit Diff:\n"];
    files(text, &heads, &ends, "\n```", &mut reading);
    reading.settle(listed.as_ref())
}

fn xml(text: &str) -> Found {
    let mut reading = Reading::new(Tool::Code2prompt, text);
    let begin = text.find("\n<files>\n").unwrap_or(text.len());
    let inside = text.get(begin..).unwrap_or_default();
    let mut heads: Vec<Head<'_>> = Vec::new();
    let fenced = inside.contains("\n        ```\n      </file>\n");
    for at in memmem::find_iter(inside.as_bytes(), b"\n      <file path=\"") {
        let start = begin + at;
        let rest = text.get(start + "\n      <file path=\"".len()..).unwrap_or_default();
        let head =
            rest.split_once('\n').and_then(|(line, rest)| Some((line.strip_suffix("\">")?, rest)));
        let Some((path, rest)) = head else { continue };
        // Before each file but the first stands the end of another one; elsewhere this is in a file.
        let before = text.get(..start).unwrap_or_default();
        if !heads.is_empty() && !before.ends_with("\n      </file>") {
            continue;
        }
        let code = if fenced {
            let block = rest.strip_prefix("        ```").and_then(|rest| rest.split_once('\n'));
            block.and_then(|(_, code)| code.strip_prefix(INDENT))
        } else {
            rest.strip_prefix(INDENT)
        };
        let Some(code) = code else {
            reading.doubtful(path, start + 1, "its block has no beginning");
            continue;
        };
        heads.push(Head { start, path, from: text.len() - code.len() });
    }
    let close = if fenced { "\n        ```\n      </file>" } else { "\n      </file>" };
    let listed = named(text, ("<source-tree>\n", "</source-tree>"), heads.iter().map(|h| h.path));
    let ends = [format!("{close}\n</files>"), format!("{close}\n  </files>")];
    files(text, &heads, &ends.each_ref().map(String::as_str), close, &mut reading);
    reading.settle(listed.as_ref())
}

/// Takes the text between one head and the next. Each ends with `close`, the last with one of `ends` or, if that is
/// nowhere, with the dump.
fn files(text: &str, heads: &[Head<'_>], ends: &[&str], close: &str, reading: &mut Reading<'_>) {
    for (index, Head { path, from, .. }) in heads.iter().enumerate() {
        let rest = text.get(*from..).unwrap_or_default();
        let end = match heads.get(index + 1) {
            // In Markdown what ends a file is a part of the next head, in XML it stands before that.
            Some(next) if text.get(next.start..).is_some_and(|rest| rest.starts_with(close)) => {
                Some(next.start)
            }
            Some(next) => text
                .get(*from..next.start)
                .and_then(|part| part.strip_suffix(close))
                .map(|part| from + part.len()),
            None => {
                let places: Vec<usize> = ends
                    .iter()
                    .flat_map(|end| memmem::find_iter(rest.as_bytes(), end.as_bytes()))
                    .take(2)
                    .collect();
                match places.as_slice() {
                    [only] => Some(from + only),
                    [] => rest.trim_end().strip_suffix(close).map(|part| from + part.len()),
                    _ => None,
                }
            }
        };
        match end {
            Some(end) => reading.part(path, *from..end),
            None => reading.doubtful(path, *from, "it cannot be told where it ends"),
        }
    }
    if heads.is_empty() {
        reading.flaw(1, "the dump has no files");
    }
}
