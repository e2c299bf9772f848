//! One JSON document: what stands before the contents, then an array with an object for each entry, on a line each.
//!
//! The object of a file has its text as `content`, and its hash and size behind that.

use std::borrow::Cow;
use std::io::{self, Write};

use holdall_tree::TreeId;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json_};

use crate::error::{Error, Result};
use crate::head::Head;
use crate::record::{Record, Value, path_text};
use crate::skin::{Body, Carried, Lines, Parsed, Skin, frame};

#[derive(Default)]
pub(super) struct Json {
    begun: bool,
}

impl Skin for Json {
    fn begin(&mut self, out: &mut dyn Write, head: &Head) -> io::Result<()> {
        writeln!(out, "{{\n\"holdall_dump\":{},", frame::VERSION)?;
        writeln!(out, "\"name\":{},", string(&head.name)?)?;
        writeln!(out, "\"head\":{},", head_json(head))?;
        write!(out, "\"entries\":[")
    }

    fn open(&mut self, out: &mut dyn Write, record: &Record) -> io::Result<()> {
        self.next(out)?;
        write!(out, "{{\"path\":{},\"content\":\"", string(&path_text(&record.path))?)
    }

    fn text(&mut self, out: &mut dyn Write, text: &str) -> io::Result<()> {
        let quoted = string(text)?;
        out.write_all(quoted.get(1..quoted.len() - 1).unwrap_or_default().as_bytes())
    }

    fn close(&mut self, out: &mut dyn Write, record: &Record) -> io::Result<()> {
        let fields = record.fields().into_iter().skip(1).collect();
        let object = frame::json_line(fields)?;
        write!(out, "\",{}", object.get(1..).unwrap_or_default())
    }

    fn bare(&mut self, out: &mut dyn Write, record: &Record) -> io::Result<()> {
        self.next(out)?;
        write!(out, "{}", frame::json_line(record.fields())?)
    }

    fn end(&mut self, out: &mut dyn Write, records: &[Record], tree: TreeId) -> io::Result<()> {
        writeln!(out, "\n],\n\"count\":{},\n\"tree\":\"{tree}\"\n}}", records.len())
    }
}

impl Json {
    fn next(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let comma = if std::mem::replace(&mut self.begun, true) { "," } else { "" };
        writeln!(out, "{comma}")
    }
}

fn string(text: &str) -> io::Result<String> {
    Ok(serde_json::to_string(text)?)
}

/// What stands before the contents as one object: facts by their names, then tables as arrays of objects.
pub(super) fn head_json(head: &Head) -> Json_ {
    let json = |value: &Value| match value {
        Value::Text(text) => Json_::String(text.clone()),
        Value::Number(number) => Json_::Number((*number).into()),
        Value::Flag(flag) => Json_::Bool(*flag),
    };
    let mut map = Map::new();
    for fact in &head.facts {
        map.insert(fact.key.to_owned(), json(&fact.value));
    }
    for table in &head.tables {
        let row = |row: &Vec<crate::head::Cell>| {
            let cells = table.columns.iter().zip(row);
            Json_::Object(cells.map(|(name, cell)| ((*name).to_owned(), json(&cell.0))).collect())
        };
        map.insert(table.key.to_owned(), Json_::Array(table.rows.iter().map(row).collect()));
    }
    Json_::Object(map)
}

#[derive(Deserialize)]
struct Document<'t> {
    holdall_dump: u64,
    #[serde(borrow)]
    entries: Vec<&'t RawValue>,
    count: Option<u64>,
    tree: Option<Cow<'t, str>>,
}

/// Reads a dump; `None` if the text is none of this format.
pub(super) fn read(text: &str) -> Option<Result<Parsed>> {
    if !text.trim_start().starts_with('{') || !text.contains("\"holdall_dump\"") {
        return None;
    }
    Some(parse(text))
}

fn parse(text: &str) -> Result<Parsed> {
    let mut parsed = Parsed::default();
    let mut lines = Lines::new(text);
    let document: Document<'_> = match serde_json::from_str(text) {
        Ok(document) => document,
        Err(error) => {
            parsed.flaw(error.line(), format!("this is no JSON as a dump has it: {error}"));
            salvage(text, &mut parsed);
            return Ok(parsed);
        }
    };
    check_version(document.holdall_dump)?;
    parsed.entries.reserve(document.entries.len());
    for raw in document.entries {
        let offset = raw.get().as_ptr().addr().saturating_sub(text.as_ptr().addr());
        let line = lines.at(offset);
        entry(raw.get(), line, &mut parsed);
    }
    parsed.check_count(lines.at(text.len()), document.count);
    parsed.tree = document.tree.and_then(|tree| frame::tree_id(&tree));
    Ok(parsed)
}

fn entry(object: &str, line: usize, parsed: &mut Parsed) {
    let mut map: Map<String, Json_> = match serde_json::from_str(object) {
        Ok(map) => map,
        Err(error) => {
            let line = line + error.line().saturating_sub(1);
            return parsed.flaw(line, format!("this is no entry as a dump has it: {error}"));
        }
    };
    let body = match map.remove("content") {
        Some(Json_::String(text)) => Some(Body { line, text: Carried::Own(text) }),
        _ => None,
    };
    match Record::from_fields(frame::fields(map)) {
        Ok(record) => parsed.entries.push((record, body)),
        Err(why) => parsed.flaw(line, why),
    }
}

/// Reads the entries that are left in a damaged document: as it was written, each has a line.
fn salvage(text: &str, parsed: &mut Parsed) {
    for (index, line) in text.lines().enumerate() {
        if line.starts_with("{\"path\":") {
            entry(line.trim_end_matches(','), index + 1, parsed);
        }
    }
}

/// Fails if a dump is of another version.
pub(super) fn check_version(version: u64) -> Result<()> {
    if version.to_string() == frame::VERSION {
        return Ok(());
    }
    Err(Error::Version { version: version.to_string() })
}
