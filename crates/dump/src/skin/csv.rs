//! CSV as in RFC 4180, with line feeds: one row for each entry, with its text in the third column.
//!
//! Rows whose kind is `dump`, `fact`, `table` or `end` say what stands before and behind the entries in other formats.

use std::io::{self, Write};

use holdall_tree::TreeId;

use crate::error::{Error, Result};
use crate::head::Head;
use crate::record::{Record, Value, path_text};
use crate::skin::json::{check_version, head_json};
use crate::skin::{Body, Carried, Parsed, Skin, frame};

/// The columns behind path, kind and content.
const COLUMNS: [&str; 19] = [
    "mode",
    "bytes",
    "sha256",
    "lines",
    "tokens",
    "language",
    "as",
    "charset",
    "ends",
    "blanks",
    "open_end",
    "target",
    "link_to",
    "device",
    "level",
    "redacted",
    "shown_sha256",
    "omitted",
    "share",
];

pub(super) struct Csv;

impl Skin for Csv {
    fn begin(&mut self, out: &mut dyn Write, head: &Head) -> io::Result<()> {
        writeln!(out, "path,kind,content,{}", COLUMNS.join(","))?;
        row(out, &head.name, "dump", frame::VERSION)?;
        if let serde_json::Value::Object(map) = head_json(head) {
            for (key, value) in map {
                match value {
                    serde_json::Value::String(text) => row(out, &key, "fact", &text)?,
                    serde_json::Value::Array(rows) => {
                        for line in rows {
                            row(out, &key, "table", &line.to_string())?;
                        }
                    }
                    other => row(out, &key, "fact", &other.to_string())?,
                }
            }
        }
        Ok(())
    }

    fn open(&mut self, out: &mut dyn Write, record: &Record) -> io::Result<()> {
        write!(out, "{},file,\"", quoted(&path_text(&record.path)))
    }

    fn text(&mut self, out: &mut dyn Write, text: &str) -> io::Result<()> {
        out.write_all(text.replace('"', "\"\"").as_bytes())
    }

    fn close(&mut self, out: &mut dyn Write, record: &Record) -> io::Result<()> {
        writeln!(out, "\",{}", cells(record))
    }

    fn bare(&mut self, out: &mut dyn Write, record: &Record) -> io::Result<()> {
        writeln!(
            out,
            "{},{},,{}",
            quoted(&path_text(&record.path)),
            record.kind.word(),
            cells(record)
        )
    }

    fn end(&mut self, out: &mut dyn Write, records: &[Record], tree: TreeId) -> io::Result<()> {
        row(out, &records.len().to_string(), "end", &tree.to_string())
    }
}

fn row(out: &mut dyn Write, path: &str, kind: &str, content: &str) -> io::Result<()> {
    writeln!(out, "{},{kind},{}{}", quoted(path), quoted(content), ",".repeat(COLUMNS.len()))
}

fn cells(record: &Record) -> String {
    let fields = record.fields();
    let cell = |column: &&str| {
        let field = fields.iter().find(|(name, _)| name == column);
        field.map_or(String::new(), |(_, value)| match value {
            Value::Text(text) => quoted(text),
            Value::Number(number) => number.to_string(),
            Value::Flag(flag) => flag.to_string(),
        })
    };
    COLUMNS.iter().map(cell).collect::<Vec<_>>().join(",")
}

/// A cell, in quotes if it needs them.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// Reads a dump; `None` if the text is none of this format.
pub(super) fn read(text: &str) -> Option<Result<Parsed>> {
    let mut lines = text.lines();
    let header = lines.next()?.starts_with("path,kind,content,");
    (header && lines.next()?.contains(",dump,")).then(|| parse(text))
}

fn parse(text: &str) -> Result<Parsed> {
    let mut parsed = Parsed::default();
    let mut reader = ::csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let line_of = |position: Option<&::csv::Position>| {
        position.map_or(0, |position| usize::try_from(position.line()).unwrap_or(usize::MAX))
    };
    let names: Vec<String> = match reader.headers() {
        Ok(names) => names.iter().map(str::to_owned).collect(),
        Err(_) => return Err(Error::Unknown),
    };
    let (mut count, mut last) = (None, 1);
    for row in reader.records() {
        let row = match row {
            Ok(row) => row,
            Err(error) => {
                let line = line_of(error.position());
                parsed.flaw(line, format!("this is no CSV as a dump has it: {error}"));
                continue;
            }
        };
        let line = line_of(row.position());
        last = line;
        let cell = |index: usize| row.get(index).unwrap_or_default();
        match cell(1) {
            "dump" => check_version(cell(2).parse().unwrap_or_default())?,
            "fact" | "table" => {}
            "end" => {
                count = cell(0).parse().ok();
                parsed.tree = frame::tree_id(cell(2));
            }
            _ if row.len() != names.len() => {
                parsed.flaw(line, "the row has more or fewer cells than the first one");
            }
            _ => {
                let fields = names.iter().zip(row.iter()).filter(|(name, cell)| {
                    *name != "content" && (!cell.is_empty() || *name == "path")
                });
                let fields =
                    fields.map(|(name, cell)| (name.clone(), Value::Text(cell.to_owned())));
                match Record::from_fields(fields) {
                    Ok(record) => {
                        let text = || Body { line, text: Carried::Own(cell(2).to_owned()) };
                        let body = record.carry.is_some().then(text);
                        parsed.entries.push((record, body));
                    }
                    Err(why) => parsed.flaw(line, why),
                }
            }
        }
    }
    parsed.check_count(last, count);
    Ok(parsed)
}
