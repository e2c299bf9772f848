//! YAML 1.2: one mapping with a list of entries, in which the text of a file is a literal block.
//!
//! The block names its indentation and whether its last line ends, so any YAML reader gives the very text.

use std::io::{self, Write};

use holdall_tree::TreeId;
use memchr::memmem;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use crate::error::Result;
use crate::head::Head;
use crate::record::{Record, Value, path_text};
use crate::skin::json::{check_version, head_json};
use crate::skin::{Body, Carried, Parsed, Places, Skin, frame};

#[derive(Default)]
pub(super) struct Yaml {
    /// True if the next character begins a line.
    at_start: bool,
    any: bool,
}

impl Skin for Yaml {
    fn begin(&mut self, out: &mut dyn Write, head: &Head) -> io::Result<()> {
        writeln!(out, "holdall_dump: {}", frame::VERSION)?;
        writeln!(out, "name: {}", string(&head.name)?)?;
        let Json::Object(map) = head_json(head) else { return Ok(()) };
        writeln!(out, "head:")?;
        for (key, value) in map {
            match value {
                Json::Array(rows) if rows.is_empty() => writeln!(out, "  {key}: []")?,
                Json::Array(rows) => {
                    writeln!(out, "  {key}:")?;
                    for row in rows {
                        // JSON is YAML.
                        writeln!(out, "  - {row}")?;
                    }
                }
                value => writeln!(out, "  {key}: {value}")?,
            }
        }
        writeln!(out, "entries:")
    }

    fn open(&mut self, out: &mut dyn Write, record: &Record) -> io::Result<()> {
        let open_end = record.carry.is_some_and(|carry| carry.open_end);
        let chomping = if open_end { '-' } else { '+' };
        writeln!(out, "- path: {}\n  content: |2{chomping}", string(&path_text(&record.path))?)?;
        self.at_start = true;
        self.any = false;
        Ok(())
    }

    fn text(&mut self, out: &mut dyn Write, text: &str) -> io::Result<()> {
        for line in text.split_inclusive('\n') {
            if self.at_start && line != "\n" {
                out.write_all(b"    ")?;
            }
            out.write_all(line.as_bytes())?;
            self.at_start = line.ends_with('\n');
            self.any = true;
        }
        Ok(())
    }

    fn close(&mut self, out: &mut dyn Write, record: &Record) -> io::Result<()> {
        if !self.at_start {
            writeln!(out)?;
        }
        fields(out, record, "  ", 1)
    }

    fn bare(&mut self, out: &mut dyn Write, record: &Record) -> io::Result<()> {
        writeln!(out, "- path: {}", string(&path_text(&record.path))?)?;
        fields(out, record, "  ", 1)
    }

    fn end(&mut self, out: &mut dyn Write, records: &[Record], tree: TreeId) -> io::Result<()> {
        writeln!(out, "count: {}\ntree: \"{tree}\"", records.len())
    }
}

fn fields(out: &mut dyn Write, record: &Record, indent: &str, skip: usize) -> io::Result<()> {
    for (name, value) in record.fields().into_iter().skip(skip) {
        match value {
            Value::Text(text) => writeln!(out, "{indent}{name}: {}", string(&text)?)?,
            Value::Number(number) => writeln!(out, "{indent}{name}: {number}")?,
            Value::Flag(flag) => writeln!(out, "{indent}{name}: {flag}")?,
        }
    }
    Ok(())
}

/// A double-quoted scalar; those of JSON are a part of those of YAML.
fn string(text: &str) -> io::Result<String> {
    Ok(serde_json::to_string(text)?)
}

#[derive(Deserialize)]
struct Document {
    holdall_dump: u64,
    entries: Vec<Map<String, Json>>,
    count: Option<u64>,
    tree: Option<String>,
}

/// Reads a dump; `None` if the text is none of this format.
pub(super) fn read(text: &str) -> Option<Result<Parsed>> {
    let begins = text.lines().take(50).any(|line| line.starts_with("holdall_dump:"));
    begins.then(|| parse(text))
}

/// As much as a text of this length can hold, and no aliases, which could make it more.
fn options(length: usize) -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_events: length.max(1000),
            max_nodes: length.max(1000),
            max_total_scalar_bytes: length.max(1000),
            max_aliases: 0,
            max_anchors: 0,
            max_depth: 16,
        }
    }
}

fn parse(text: &str) -> Result<Parsed> {
    let mut parsed = Parsed::default();
    let mut places = Places::new(text);
    let document: Document = match serde_saphyr::from_str_with_options(text, options(text.len())) {
        Ok(document) => document,
        Err(error) => {
            let line = error.location().map_or(0, |location| location.line() as usize);
            parsed.flaw(line, format!("this is no YAML as a dump has it: {error}"));
            salvage(text, &mut parsed);
            return Ok(parsed);
        }
    };
    check_version(document.holdall_dump)?;
    for map in document.entries {
        entry(map, &mut places, &mut parsed);
    }
    parsed.tree = document.tree.as_deref().and_then(frame::tree_id);
    parsed.check_count(places.line("\ncount: "), document.count);
    Ok(parsed)
}

fn entry(mut map: Map<String, Json>, places: &mut Places<'_>, parsed: &mut Parsed) {
    let path = map.get("path").and_then(Json::as_str).unwrap_or_default();
    let line = places.line(&format!("\n- path: {}\n", string(path).unwrap_or_default())) + 1;
    let body = match map.remove("content") {
        Some(Json::String(text)) => Some(Body { line, text: Carried::Own(text) }),
        _ => None,
    };
    match Record::from_fields(frame::fields(map)) {
        Ok(record) => parsed.entries.push((record, body)),
        Err(why) => parsed.flaw(line, why),
    }
}

/// Reads the entries that are left in a damaged document, each by itself. As it was written, all that a file holds is
/// further to the right than what begins an entry.
fn salvage(text: &str, parsed: &mut Parsed) {
    let mut places = Places::new(text);
    let starts: Vec<usize> = memmem::find_iter(text.as_bytes(), b"\n- path: ").collect();
    for (index, start) in starts.iter().enumerate() {
        let until = starts.get(index + 1).copied().unwrap_or(text.len());
        let piece = text.get(*start..until).unwrap_or_default();
        let piece = piece.split_once("\ncount: ").map_or(piece, |(piece, _)| piece);
        let whole = format!("{piece}\n");
        let maps: Result<Vec<Map<String, Json>>, _> =
            serde_saphyr::from_str_with_options(&whole, options(whole.len()));
        for map in maps.into_iter().flatten() {
            entry(map, &mut places, parsed);
        }
    }
}
