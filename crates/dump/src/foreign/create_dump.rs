//! create-dump: Markdown and JSON.
//!
//! It reads files as text, with one kind of line end, and puts a line feed behind each of them in Markdown.

use std::collections::HashSet;

use memchr::memmem;
use serde::Deserialize;

use super::{Found, Node, Reading, Tool, listed};
use crate::skin::{Carried, Places};

const SIGN: &str = "# 🗃️ Project Code Dump\n";
const BORDER: &str = "\n---\n\n## ";
const SUMMARY: &str = "📝 Technical Debt Summary\n";
const FAILED: &str = "> ⚠️ **Failed:** ";

pub(super) fn read(text: &str) -> Option<Found> {
    if text.starts_with('{') {
        return json(text);
    }
    text.starts_with(SIGN).then(|| markdown(text))
}

/// The paths in the list of contents, which is one of links or a tree.
fn contents(toc: &str) -> HashSet<String> {
    if toc.starts_with("1. [") {
        let link = |line: &str| {
            let (_, link) = line.split_once(". [")?;
            link.rsplit_once("](#").map(|(path, _)| path.to_owned())
        };
        return toc.lines().filter_map(link).collect();
    }
    listed(toc.lines().filter_map(|line| {
        let (drawn, name) = line.split_once("── ")?;
        let depth = drawn.chars().count() / 4;
        Some(match name.rsplit_once(" ([link](#") {
            Some((name, _)) => (depth, Node::File(name)),
            None => (depth, Node::Dir(name)),
        })
    }))
}

/// Where a section begins.
struct Head<'t> {
    /// Where the border before it begins.
    start: usize,
    path: &'t str,
    /// Where what stands behind the path begins.
    after: usize,
}

fn markdown(text: &str) -> Found {
    let mut reading = Reading::new(Tool::CreateDump, text);
    let toc = text.split_once("\n## Table of Contents\n\n").map(|(_, rest)| rest);
    let toc = toc.and_then(|toc| toc.split_once("\n---\n")).map(|(toc, _)| toc);
    let listed = toc.map(contents);
    let heads = heads(text);
    for (index, head) in heads.iter().enumerate() {
        let until = heads.get(index + 1).map_or(text.len(), |next| next.start);
        let section = text.get(head.after..until).unwrap_or_default();
        if let Some(why) = section.strip_prefix(FAILED) {
            reading.omit(head.path, why.lines().next().unwrap_or_default().trim_end_matches('*'));
            continue;
        }
        match block(section) {
            Ok((start, end)) => reading.part(head.path, head.after + start..head.after + end),
            Err(why) => reading.doubtful(head.path, head.start + 1, why),
        }
    }
    let total = text.split_once("**Total Files:** ").and_then(|(_, rest)| rest.lines().next());
    let total: Option<usize> = total.and_then(|total| total.trim().parse().ok());
    let found = reading.sections.len() + reading.omitted.len();
    if total != Some(found) {
        let line = reading.lines.at(text.len());
        reading.flaw(line, format!("there are {found} files and not as many as the dump says"));
    }
    reading.settle(listed.as_ref())
}

/// Every place where a section may begin: a heading with the anchor that belongs to its path, or with a failure.
fn heads(text: &str) -> Vec<Head<'_>> {
    let mut heads = Vec::new();
    for start in memmem::find_iter(text.as_bytes(), BORDER.as_bytes()) {
        let rest = text.get(start + BORDER.len()..).unwrap_or_default();
        let Some((path, rest)) = rest.split_once("\n\n") else { continue };
        if path.contains('\n') {
            // The heading of the summary, which is followed by one line feed, ends the last file too.
            continue;
        }
        let anchored = rest.strip_prefix("<a id='").and_then(|rest| {
            let (anchor, rest) = rest.split_once("'></a>\n\n")?;
            letters(anchor).eq(letters(path)).then_some(rest)
        });
        let failed = rest.starts_with(FAILED).then_some(rest);
        if let Some(rest) = anchored.or(failed) {
            heads.push(Head { start, path, after: text.len() - rest.len() });
        }
    }
    heads
}

/// What an anchor has of a path, whatever stands for all else.
fn letters(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase())
}

/// Where the text of a section lies in it.
fn block(section: &str) -> Result<(usize, usize), &'static str> {
    let (info, _) = section.split_once('\n').ok_or("its block has no beginning")?;
    let fence = info.get(..3).filter(|fence| matches!(*fence, "```" | "~~~"));
    let fence = fence.ok_or("its block has no beginning")?;
    let close = format!("\n{fence}\n");
    let start = info.len() + 1;
    // The line feed before the fence is not the file's.
    let from = start - 1;
    let rest = section.get(from..).unwrap_or_default();
    let mut ends = memmem::find_iter(rest.as_bytes(), close.as_bytes());
    let end = ends.next().ok_or("its block has no end: the dump is cut off")?;
    let behind = rest.get(end + close.len()..).unwrap_or_default().trim_start_matches('\n');
    let summary = behind.strip_prefix("---\n\n## ").is_some_and(|rest| rest.starts_with(SUMMARY));
    if ends.next().is_some() && !summary {
        return Err("it holds what ends its block");
    }
    if !(behind.is_empty() || behind == "---\n" || behind == "---\n\n" || summary) {
        return Err("there is more behind its block");
    }
    Ok((start, (from + end).max(start)))
}

#[derive(Deserialize)]
struct Document {
    total_files: usize,
    files: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    path: String,
    error: Option<String>,
    content: Option<String>,
}

fn json(text: &str) -> Option<Found> {
    let head = text.get(..text.len().min(4096)).unwrap_or(text);
    if !head.contains("\"generated\"") || !head.contains("\"total_lines_of_code\"") {
        return None;
    }
    let mut reading = Reading::new(Tool::CreateDump, text);
    let mut places = Places::new(text);
    match serde_json::from_str::<Document>(text) {
        Ok(document) => {
            if document.total_files != document.files.len() {
                reading.flaw(1, "there are not as many files as the dump says");
            }
            for Item { path, error, content } in document.files {
                let name = serde_json::to_string(&path).unwrap_or_default();
                let line = places.line(&format!("\"path\": {name}"));
                match (error, content) {
                    (Some(why), _) => reading.omit(&path, &why),
                    (None, Some(content)) => reading.push(&path, line, Carried::Own(content)),
                    (None, None) => reading.omit(&path, "it has no content"),
                }
            }
        }
        Err(error) => {
            reading.flaw(error.line(), format!("this is no JSON of create-dump: {error}"))
        }
    }
    Some(reading.settle(None))
}
