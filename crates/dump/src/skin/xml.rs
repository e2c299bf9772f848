//! XML 1.0: an element for each file with its text as CDATA, the manifest at the end.

use std::io::{self, Write};

use holdall_tree::TreeId;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::error::{Error, Result};
use crate::head::{Fact, Head, Table};
use crate::record::{Record, Value, path_text};
use crate::skin::json::{check_end, check_version};
use crate::skin::{Body, Carried, Parsed, Skin, frame, line_of};

#[derive(Default)]
pub(super) struct Xml {
    /// How many `]` the text at hand ends with so far; two are enough to know.
    brackets: usize,
}

impl Skin for Xml {
    fn begin(&mut self, out: &mut dyn Write, head: &Head) -> io::Result<()> {
        writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
        let name = attribute(&head.name);
        writeln!(out, "<holdall-dump version=\"{}\" name=\"{name}\">", frame::VERSION)?;
        for Fact { key, value } in &head.facts {
            writeln!(out, "<fact name=\"{key}\">{}</fact>", plain(value))?;
        }
        for Table { key, columns, rows } in head.tables.iter().filter(|t| !t.rows.is_empty()) {
            writeln!(out, "<table name=\"{key}\">")?;
            for row in rows {
                let cells = columns.iter().zip(row);
                let cells = cells.map(|(name, cell)| format!(" {name}=\"{}\"", plain(&cell.0)));
                writeln!(out, "<row{}/>", cells.collect::<String>())?;
            }
            writeln!(out, "</table>")?;
        }
        Ok(())
    }

    fn open(&mut self, out: &mut dyn Write, record: &Record) -> io::Result<()> {
        self.brackets = 0;
        let path = attribute(&path_text(&record.path));
        let part = record.part.unwrap_or_default();
        write!(out, "<file part=\"{part}\" path=\"{path}\"><![CDATA[")
    }

    fn text(&mut self, out: &mut dyn Write, text: &str) -> io::Result<()> {
        let mut plain = 0;
        for (at, byte) in text.bytes().enumerate() {
            match byte {
                b']' => self.brackets += 1,
                b'>' if self.brackets >= 2 => {
                    // The section ends before what would end it, and another one begins.
                    out.write_all(text.get(plain..at).unwrap_or_default().as_bytes())?;
                    out.write_all(b"]]><![CDATA[")?;
                    plain = at;
                    self.brackets = 0;
                }
                _ => self.brackets = 0,
            }
        }
        out.write_all(text.get(plain..).unwrap_or_default().as_bytes())
    }

    fn close(&mut self, out: &mut dyn Write, _: &Record) -> io::Result<()> {
        writeln!(out, "]]></file>")
    }

    fn bare(&mut self, _: &mut dyn Write, _: &Record) -> io::Result<()> {
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write, records: &[Record], tree: TreeId) -> io::Result<()> {
        writeln!(out, "<manifest count=\"{}\" tree=\"{tree}\">", records.len())?;
        for record in records {
            let fields = record.fields().into_iter();
            let fields = fields.map(|(name, value)| format!(" {name}=\"{}\"", plain(&value)));
            writeln!(out, "<entry{}/>", fields.collect::<String>())?;
        }
        writeln!(out, "</manifest>\n</holdall-dump>")
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Text(text) => attribute(text),
        Value::Number(number) => number.to_string(),
        Value::Flag(flag) => flag.to_string(),
    }
}

fn attribute(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}

/// Reads a dump; `None` if the text is none of this format.
pub(super) fn read(text: &str) -> Option<Result<Parsed>> {
    let begins = text.lines().take(50).any(|line| line.starts_with("<holdall-dump "));
    begins.then(|| parse(text))
}

/// What is read so far.
#[derive(Default)]
struct Reading {
    bodies: Vec<(u64, Body)>,
    records: Vec<Record>,
    count: Option<u64>,
    tree: Option<TreeId>,
    /// The file whose text is being read: its part, where it begins, and its text.
    file: Option<(u64, usize, String)>,
}

fn parse(text: &str) -> Result<Parsed> {
    let mut reader = Reader::from_str(text);
    let mut reading = Reading::default();
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let broken = |why: String| Error::Broken { line: line_of(text, at), why };
        let unread = |error: &dyn std::fmt::Display| {
            broken(format!("this is no XML as a dump has it: {error}"))
        };
        match reader.read_event().map_err(|error| unread(&error))? {
            Event::Start(element) | Event::Empty(element) => {
                reading.element(&element, line_of(text, at)).map_err(broken)?;
            }
            Event::CData(data) => {
                if let Some((.., carried)) = &mut reading.file {
                    carried.push_str(&data);
                }
            }
            Event::Text(words) if reading.file.is_some() => {
                // Text that somebody wrote without CDATA.
                if let Some((.., carried)) = &mut reading.file {
                    carried.push_str(&words);
                }
            }
            Event::GeneralRef(_) if reading.file.is_some() => {
                return Err(broken("a file has text outside CDATA".to_owned()));
            }
            Event::End(_) => {
                if let Some((part, line, carried)) = reading.file.take() {
                    reading.bodies.push((part, Body { line, text: Carried::Own(carried) }));
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    check_end(text, reading.records.len(), reading.count)?;
    Ok(Parsed { entries: frame::join(reading.records, reading.bodies), tree: reading.tree })
}

impl Reading {
    fn element(&mut self, element: &BytesStart<'_>, line: usize) -> Result<(), String> {
        let fields = attributes(element)?;
        let field = |wanted: &str| {
            fields.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
        };
        match element.name().as_ref() {
            "holdall-dump" => {
                let version = field("version").and_then(|version| version.parse().ok());
                check_version(version.unwrap_or_default()).map_err(|error| error.to_string())
            }
            "file" => {
                let part = field("part").and_then(|part| part.parse().ok());
                let part = part.ok_or("a file has no number")?;
                self.file = Some((part, line, String::new()));
                Ok(())
            }
            "manifest" => {
                self.count = field("count").and_then(|count| count.parse().ok());
                self.tree = field("tree").and_then(frame::tree_id);
                Ok(())
            }
            "entry" => {
                let fields = fields.into_iter().map(|(name, value)| (name, Value::Text(value)));
                self.records.push(Record::from_fields(fields)?);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

fn attributes(element: &BytesStart<'_>) -> Result<Vec<(String, String)>, String> {
    let mut fields = Vec::new();
    for attribute in element.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let name = attribute.key.as_ref().to_owned();
        let value =
            quick_xml::escape::unescape(&attribute.value).map_err(|error| error.to_string())?;
        fields.push((name, value.into_owned()));
    }
    Ok(fields)
}
