//! repomix: XML, with and without escapes, Markdown, JSON and plain text.
//!
//! It strips blanks and empty lines at both ends of each file. What a file ended with is not known; nearly all end
//! with a line feed.

use std::collections::HashSet;

use memchr::memmem;
use quick_xml::Reader;
use quick_xml::events::Event;
use serde::Deserialize;

use super::{Found, Members, Node, Reading, Tool, listed, unnumbered};
use crate::skin::{Carried, Places};

/// What is in the first lines of every dump that is not JSON.
const SIGN: &str = "This file is a merged representation of ";
/// How far into the text that stands, in bytes.
const SIGN_WITHIN: usize = 4096;
/// How a dump begins that has no summary, and what it has before its files.
const BEGINNINGS: [(&str, &str); 4] = [
    ("<user_provided_header>\n", XML_FILES),
    ("<directory_structure>\n", XML_FILES),
    ("# Directory Structure\n```\n", "\n# Files\n\n## File: "),
    (
        "================================================================\nDirectory Structure\n",
        "\n================\nFile: ",
    ),
];
const XML_FILES: &str =
    "\n<files>\nThis section contains the contents of the repository's files.\n";
/// What takes more out of files than can be put back.
const LOSSES: [&str; 4] = [
    "comments have been removed",
    "empty lines have been removed",
    "content has been compressed",
    "base64 data has been truncated",
];
const RULE: &str = "================";

pub(super) fn read(text: &str) -> Option<Found> {
    if text.starts_with('{') {
        return json(text);
    }
    let head: String = text.chars().take(SIGN_WITHIN).collect();
    let signed = head.contains(SIGN) && head.to_lowercase().contains("repomix");
    let begun =
        BEGINNINGS.iter().any(|(first, files)| text.starts_with(first) && text.contains(files));
    if !signed && !begun {
        return None;
    }
    let mut reading = Reading::new(Tool::Repomix, text);
    let head = processing(&head);
    for loss in LOSSES.iter().filter(|loss| head.contains(*loss)) {
        reading.flaw(1, format!("repomix left something out: {loss}"));
    }
    let numbered = head.contains("line numbers have been added");
    let rule = RULE.repeat(4);
    // The first heading tells the style; those of other styles may stand in files.
    let first = |words: &[&str]| words.iter().filter_map(|word| text.find(word)).min();
    let xml_at = first(&["\n<file_summary>\n", "\n<directory_structure>\n", "\n<files>\n"]);
    let markdown_at = first(&["\n# File Summary\n", "\n# Directory Structure\n", "\n# Files\n"]);
    let plain_at = first(&[&format!("\n{rule}\n")]);
    let is_first = |at: Option<usize>| {
        at.is_some() && [xml_at, markdown_at, plain_at].into_iter().flatten().min() == at
    };
    let listing = if text.starts_with("<repomix>") {
        parsable(text, &mut reading);
        None
    } else if is_first(xml_at) {
        xml(text, &mut reading);
        between(text, "\n<directory_structure>\n", "</directory_structure>")
    } else if is_first(markdown_at) {
        markdown(text, &mut reading);
        between(text, "\n# Directory Structure\n```\n", "```")
    } else {
        plain(text, &mut reading);
        let begin = format!("\n{rule}\nDirectory Structure\n{rule}\n");
        between(text, &begin, "\n\n")
    };
    let listing = listing.map(tree);
    whole(numbered, &mut reading);
    Some(reading.settle(listing.as_ref()))
}

/// The sentence that says what was done to the contents.
fn processing(head: &str) -> &str {
    let begin = head.find("The content has been processed where").unwrap_or(head.len());
    let rest = head.get(begin..).unwrap_or_default();
    rest.split(['\n', '<']).next().unwrap_or_default()
}

fn between<'t>(text: &'t str, begin: &str, end: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(begin)?;
    rest.split_once(end).map(|(inside, _)| inside)
}

/// The paths in the list of contents, where a directory stands once and what it holds is further to the right.
fn tree(listing: &str) -> HashSet<String> {
    listed(listing.lines().filter(|line| !line.is_empty()).map(|line| {
        let name = line.trim_start_matches(' ');
        ((line.len() - name.len()) / 2, Node::of(name))
    }))
}

/// Gives each file the end that it most likely had, and takes away numbers of lines.
fn whole(numbered: bool, reading: &mut Reading<'_>) {
    let mut sections = std::mem::take(&mut reading.sections);
    for section in sections.iter_mut().filter(|section| section.text.is_some()) {
        let shown = reading.shown(section);
        let plain = if numbered { unnumbered(shown, ": ") } else { Some(shown.to_owned()) };
        section.text = plain.map(|plain| Carried::Own(ended(plain)));
        if section.text.is_none() {
            reading.flaw(section.line, format!("{}: a line has no number", section.path));
        }
    }
    reading.sections = sections;
}

/// With a line feed at the end, or CR LF if all lines end so.
fn ended(mut text: String) -> String {
    let feeds = memchr::memchr_iter(b'\n', text.as_bytes()).count();
    let pairs = memmem::find_iter(text.as_bytes(), b"\r\n").count();
    if !text.is_empty() {
        text.push_str(if feeds > 0 && feeds == pairs { "\r\n" } else { "\n" });
    }
    text
}

fn xml(text: &str, reading: &mut Reading<'_>) {
    let Some(begin) = memmem::find(text.as_bytes(), b"\n<files>\n") else { return };
    let mut heads = Vec::new();
    for at in
        memmem::find_iter(text.as_bytes().get(begin..).unwrap_or_default(), b"\n\n<file path=\"")
    {
        let start = begin + at;
        let rest = text.get(start + 2..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        let path = line.strip_prefix("<file path=\"").and_then(|path| path.strip_suffix("\">"));
        // Elsewhere this stands in a file.
        let border =
            heads.is_empty() || text.get(..start).is_some_and(|t| t.ends_with("\n</file>"));
        if let Some(path) = path.filter(|_| border) {
            heads.push((start, start + 2 + line.len() + 1, path));
        }
    }
    for (index, (_, from, path)) in heads.iter().enumerate() {
        let rest = text.get(*from..).unwrap_or_default();
        let end = match heads.get(index + 1) {
            Some((next, ..)) => Ok(next - "\n</file>".len()),
            None => only(rest, "\n</file>\n\n</files>\n").map(|at| from + at),
        };
        match end {
            Ok(end) => reading.part(path, *from..end.max(*from)),
            Err(why) => reading.doubtful(path, *from, why),
        }
    }
}

/// Where the one place with these words is.
fn only(text: &str, words: &str) -> Result<usize, &'static str> {
    let mut places = memmem::find_iter(text.as_bytes(), words.as_bytes());
    match (places.next(), places.next()) {
        (Some(at), None) => Ok(at),
        (Some(_), Some(_)) => Err("what ends it is there twice"),
        (None, _) => Err("it has no end: the dump is cut off"),
    }
}

fn parsable(text: &str, reading: &mut Reading<'_>) {
    let mut xml = Reader::from_str(text);
    let mut file: Option<(String, usize, String)> = None;
    loop {
        let line = reading.lines.at(usize::try_from(xml.buffer_position()).unwrap_or(usize::MAX));
        let event = match xml.read_event() {
            Ok(Event::Eof) => break,
            Ok(event) => event,
            Err(error) => {
                reading.flaw(line, format!("this is no XML: {error}"));
                break;
            }
        };
        let more = |words: &str, file: &mut Option<(String, usize, String)>| {
            file.iter_mut().for_each(|(.., text)| text.push_str(words));
        };
        match event {
            Event::Start(element) if element.name().as_ref() == "file" => {
                let path = element.try_get_attribute("path").ok().flatten().and_then(|path| {
                    quick_xml::escape::unescape(&path.value).ok().map(|path| path.into_owned())
                });
                file = path.map(|path| (path, line, String::new()));
            }
            Event::Text(words) => more(&words, &mut file),
            Event::CData(words) => more(&words, &mut file),
            Event::GeneralRef(name) => {
                match quick_xml::escape::unescape(&format!("&{};", &*name)) {
                    Ok(words) => more(&words, &mut file),
                    Err(_) => reading.flaw(line, "this is no entity of XML"),
                }
            }
            Event::End(element) if element.name().as_ref() == "file" => {
                if let Some((path, line, text)) = file.take() {
                    reading.push(&path, line, Carried::Own(text));
                }
            }
            _ => {}
        }
    }
    if let Some((path, line, _)) = file {
        reading.flaw(line, format!("{path}: it has no end: the dump is cut off"));
    }
}

/// All blocks have one fence, which is longer than any run of backticks in any file.
fn markdown(text: &str, reading: &mut Reading<'_>) {
    const HEAD: &str = "\n## File: ";
    let Some(begin) = memmem::find(text.as_bytes(), b"\n# Files\n") else { return };
    let mut at = begin + "\n# Files\n".len();
    let mut fence = None;
    while let Some(rest) = text.get(at..).and_then(|rest| rest.strip_prefix(HEAD)) {
        let (path, rest) = rest.split_once('\n').unwrap_or((rest, ""));
        let (info, block) = rest.split_once('\n').unwrap_or((rest, ""));
        let ticks = info.bytes().take_while(|byte| *byte == b'`').count();
        let fence = &*fence.get_or_insert_with(|| "`".repeat(ticks));
        let start = text.len() - block.len();
        let close = format!("\n{fence}\n");
        let end = block.find(&close).filter(|_| fence.len() >= 3 && info.starts_with(fence));
        let Some(end) = end else {
            return reading.doubtful(path, at + 1, "its block has no end");
        };
        reading.part(path, start..start + end);
        at = start + end + close.len();
    }
    let line = reading.lines.at(at);
    let behind = text.get(at..).unwrap_or_default();
    if reading.sections.is_empty() || behind.contains(HEAD) {
        reading.flaw(line, "here a file should begin");
    }
}

fn plain(text: &str, reading: &mut Reading<'_>) {
    let long = RULE.repeat(4);
    let begin = format!("\n{long}\nFiles\n{long}\n");
    let Some(begin) = memmem::find(text.as_bytes(), begin.as_bytes()).map(|at| at + begin.len())
    else {
        return reading.flaw(1, "the dump has no files");
    };
    let inside = text.get(begin..).unwrap_or_default();
    let head = format!("\n{RULE}\nFile: ");
    let mut heads = Vec::new();
    for at in memmem::find_iter(inside.as_bytes(), head.as_bytes()) {
        let start = begin + at;
        let rest = text.get(start + head.len()..).unwrap_or_default();
        let (path, rest) = rest.split_once('\n').unwrap_or((rest, ""));
        let border = heads.is_empty() || text.get(..start).is_some_and(|t| t.ends_with('\n'));
        if let Some(rest) = rest.strip_prefix(RULE).and_then(|rest| rest.strip_prefix('\n'))
            && border
        {
            heads.push((start, text.len() - rest.len(), path));
        }
    }
    for (index, (_, from, path)) in heads.iter().enumerate() {
        let rest = text.get(*from..).unwrap_or_default();
        let end = match heads.get(index + 1) {
            Some((next, ..)) => Ok(*next),
            None => {
                only(rest, &format!("\n\n\n\n{long}\nEnd of Codebase\n{long}\n")).and_then(|at| {
                    // Diffs and instructions may stand behind the files.
                    let more =
                        rest.get(..at).is_some_and(|rest| rest.contains(&format!("\n{long}\n")));
                    if more { Err("what ends it is there twice") } else { Ok(from + at) }
                })
            }
        };
        match end {
            Ok(end) => {
                let shown = text.get(*from..end).unwrap_or_default();
                // It was stripped before it was written.
                reading.part(path, *from..from + shown.trim_end_matches('\n').len());
            }
            Err(why) => reading.doubtful(path, *from, why),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    files: Members,
}

fn json(text: &str) -> Option<Found> {
    if !text.contains("\"fileSummary\"") && !text.contains("\"directoryStructure\"") {
        return None;
    }
    let mut reading = Reading::new(Tool::Repomix, text);
    let mut places = Places::new(text);
    match serde_json::from_str::<Document>(text) {
        Ok(document) => {
            for (path, content) in document.files.0 {
                let name = serde_json::to_string(&path).unwrap_or_default();
                let line = places.line(&format!("{name}:"));
                reading.push(&path, line, Carried::Own(content));
            }
        }
        Err(error) => reading.flaw(error.line(), format!("this is no JSON of repomix: {error}")),
    }
    let head = text.find("The content has been processed where").and_then(|at| text.get(at..));
    let head = head.and_then(|head| head.split('"').next()).unwrap_or_default();
    for loss in LOSSES.iter().filter(|loss| head.contains(*loss)) {
        reading.flaw(1, format!("repomix left something out: {loss}"));
    }
    whole(head.contains("line numbers have been added"), &mut reading);
    Some(reading.settle(None))
}
