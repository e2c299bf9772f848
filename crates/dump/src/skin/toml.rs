//! TOML 1.0: a table for each entry, in which the text of a file is a string over many lines.

use std::io::{self, Write};

use holdall_tree::TreeId;
use memchr::memmem;
use serde_json::Value as Json;

use crate::error::Result;
use crate::head::Head;
use crate::record::{Record, Value, path_text};
use crate::skin::json::{check_version, head_json};
use crate::skin::{Body, Carried, Parsed, Places, Skin, frame, line_of};

/// What stands before an entry.
const ENTRY: &[u8] = b"\n[[entries]]\n";

#[derive(Default)]
pub(super) struct Toml {
    /// True if the text at hand is escaped, since it holds what would end a literal string.
    escapes: bool,
}

impl Skin for Toml {
    fn begin(&mut self, out: &mut dyn Write, head: &Head) -> io::Result<()> {
        writeln!(out, "holdall_dump = {}\nname = {}", frame::VERSION, string(&head.name)?)?;
        let Json::Object(map) = head_json(head) else { return Ok(()) };
        writeln!(out, "\n[head]")?;
        let (tables, facts): (Vec<_>, Vec<_>) =
            map.into_iter().partition(|(_, value)| value.is_array());
        for (key, value) in facts {
            writeln!(out, "{key} = {}", scalar(&value)?)?;
        }
        for (key, rows) in tables {
            for row in rows.as_array().into_iter().flatten().filter_map(Json::as_object) {
                let cells: io::Result<Vec<String>> = row
                    .iter()
                    .map(|(name, cell)| Ok(format!("{name} = {}", scalar(cell)?)))
                    .collect();
                writeln!(out, "\n[[head.{key}]]\n{}", cells?.join("\n"))?;
            }
        }
        Ok(())
    }

    fn open(&mut self, out: &mut dyn Write, record: &Record) -> io::Result<()> {
        self.escapes = record.carry.is_some_and(|carry| carry.quotes > 2);
        writeln!(out, "\n[[entries]]\npath = {}", string(&path_text(&record.path))?)?;
        // The line feed behind the quotes is no part of the string.
        writeln!(out, "content = {}", self.quotes())
    }

    fn text(&mut self, out: &mut dyn Write, text: &str) -> io::Result<()> {
        if !self.escapes {
            return out.write_all(text.as_bytes());
        }
        out.write_all(text.replace('\\', "\\\\").replace('"', "\\\"").as_bytes())
    }

    fn close(&mut self, out: &mut dyn Write, record: &Record) -> io::Result<()> {
        writeln!(out, "{}", self.quotes())?;
        fields(out, record, 1)
    }

    fn bare(&mut self, out: &mut dyn Write, record: &Record) -> io::Result<()> {
        writeln!(out, "\n[[entries]]")?;
        fields(out, record, 0)
    }

    fn end(&mut self, out: &mut dyn Write, records: &[Record], tree: TreeId) -> io::Result<()> {
        writeln!(out, "\n[end]\ncount = {}\ntree = \"{tree}\"", records.len())
    }
}

impl Toml {
    fn quotes(&self) -> &'static str {
        if self.escapes { "\"\"\"" } else { "'''" }
    }
}

fn fields(out: &mut dyn Write, record: &Record, skip: usize) -> io::Result<()> {
    for (name, value) in record.fields().into_iter().skip(skip) {
        match value {
            Value::Text(text) => writeln!(out, "{name} = {}", string(&text)?)?,
            Value::Number(number) => writeln!(out, "{name} = {number}")?,
            Value::Flag(flag) => writeln!(out, "{name} = {flag}")?,
        }
    }
    Ok(())
}

fn scalar(value: &Json) -> io::Result<String> {
    match value {
        Json::String(text) => string(text),
        other => Ok(other.to_string()),
    }
}

/// A basic string. Those of JSON are written alike, but for the character DEL, which does not occur here.
fn string(text: &str) -> io::Result<String> {
    Ok(serde_json::to_string(text)?)
}

/// Reads a dump; `None` if the text is none of this format.
pub(super) fn read(text: &str) -> Option<Result<Parsed>> {
    let begins = text.lines().take(50).any(|line| line.starts_with("holdall_dump = "));
    begins.then(|| parse(text))
}

fn parse(text: &str) -> Result<Parsed> {
    let mut parsed = Parsed::default();
    let mut document: ::toml::Table = match ::toml::from_str(text) {
        Ok(document) => document,
        Err(error) => {
            let line = line_of(text, error.span().map_or(0, |span| span.start));
            parsed.flaw(line, format!("this is no TOML as a dump has it: {}", error.message()));
            salvage(text, &mut parsed);
            return Ok(parsed);
        }
    };
    check_version(number(document.get("holdall_dump")).unwrap_or_default())?;
    let mut places = Places::new(text);
    if let Some(::toml::Value::Array(tables)) = document.remove("entries") {
        for table in tables {
            entry(table, &mut places, &mut parsed);
        }
    }
    let end = document.get("end").and_then(::toml::Value::as_table);
    let tree = end.and_then(|end| end.get("tree")).and_then(::toml::Value::as_str);
    parsed.tree = tree.and_then(frame::tree_id);
    let count = number(end.and_then(|end| end.get("count")));
    parsed.check_count(places.line("\n[end]\n"), count);
    Ok(parsed)
}

fn number(value: Option<&::toml::Value>) -> Option<u64> {
    value.and_then(::toml::Value::as_integer).and_then(|number| u64::try_from(number).ok())
}

fn entry(table: ::toml::Value, places: &mut Places<'_>, parsed: &mut Parsed) {
    let ::toml::Value::Table(mut table) = table else { return };
    let path = table.get("path").and_then(::toml::Value::as_str).unwrap_or_default();
    let line = places.line(&format!("\npath = {}\n", string(path).unwrap_or_default())) + 1;
    let body = match table.remove("content") {
        Some(::toml::Value::String(text)) => Some(Body { line, text: Carried::Own(text) }),
        _ => None,
    };
    let record = Record::from_fields(table.into_iter().filter_map(|(name, value)| {
        let value = match value {
            ::toml::Value::String(text) => Value::Text(text),
            ::toml::Value::Integer(number) => Value::Number(u64::try_from(number).ok()?),
            ::toml::Value::Boolean(flag) => Value::Flag(flag),
            _ => return None,
        };
        Some((name, value))
    }));
    match record {
        Ok(record) => parsed.entries.push((record, body)),
        Err(why) => parsed.flaw(line, why),
    }
}

/// Reads the entries that are left in a damaged document, each by itself.
fn salvage(text: &str, parsed: &mut Parsed) {
    let mut places = Places::new(text);
    let starts: Vec<usize> = memmem::find_iter(text.as_bytes(), ENTRY).collect();
    for (index, start) in starts.iter().enumerate() {
        let until = starts.get(index + 1).copied().unwrap_or(text.len());
        let piece = text.get(*start..until).unwrap_or_default();
        let mut document: ::toml::Table = match ::toml::from_str(piece) {
            Ok(document) => document,
            Err(_) => continue,
        };
        if let Some(::toml::Value::Array(tables)) = document.remove("entries") {
            tables.into_iter().for_each(|table| entry(table, &mut places, parsed));
        }
    }
}
