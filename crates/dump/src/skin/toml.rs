//! TOML 1.0: a table for each entry, in which the text of a file is a string over many lines.

use std::io::{self, Write};

use holdall_tree::TreeId;
use serde_json::Value as Json;

use crate::error::{Error, Result};
use crate::head::Head;
use crate::record::{Record, Value, path_text};
use crate::skin::json::{check_end, check_version, head_json};
use crate::skin::{Body, Carried, Parsed, Skin, frame, line_of};

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
    let mut document: ::toml::Table = ::toml::from_str(text).map_err(|error| Error::Broken {
        line: line_of(text, error.span().map_or(0, |span| span.start)),
        why: format!("this is no TOML as a dump has it: {}", error.message()),
    })?;
    let number = |value: Option<&::toml::Value>| {
        value.and_then(::toml::Value::as_integer).and_then(|number| u64::try_from(number).ok())
    };
    check_version(number(document.get("holdall_dump")).unwrap_or_default())?;
    let mut entries = Vec::new();
    if let Some(::toml::Value::Array(tables)) = document.remove("entries") {
        for table in tables {
            let ::toml::Value::Table(mut table) = table else { continue };
            let body = match table.remove("content") {
                Some(::toml::Value::String(text)) => {
                    Some(Body { line: 0, text: Carried::Own(text) })
                }
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
            entries.push((record.map_err(|why| Error::Broken { line: 0, why })?, body));
        }
    }
    let end = document.get("end").and_then(::toml::Value::as_table);
    check_end(text, entries.len(), number(end.and_then(|end| end.get("count"))))?;
    let tree = end.and_then(|end| end.get("tree")).and_then(::toml::Value::as_str);
    Ok(Parsed { entries, tree: tree.and_then(frame::tree_id) })
}
