//! XML 1.0: an element for each file with its text as CDATA, the manifest at the end.

use std::io::{self, Write};

use holdall_tree::TreeId;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::error::Result;
use crate::head::{Fact, Head, Table};
use crate::record::{Record, Value, path_text};
use crate::skin::json::check_version;
use crate::skin::{Body, Carried, Lines, Parsed, Section, Skin, frame};

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
    parsed: Parsed,
    sections: Vec<Section>,
    records: Vec<Record>,
    /// True once the manifest has begun.
    manifest: bool,
    count: Option<u64>,
    /// The file whose text is being read.
    file: Option<(Section, String)>,
}

fn parse(text: &str) -> Result<Parsed> {
    let mut reader = Reader::from_str(text);
    let mut reading = Reading::default();
    let mut lines = Lines::new(text);
    loop {
        let line = lines.at(usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX));
        match reader.read_event() {
            Ok(Event::Eof) => break,
            Ok(event) => reading.event(event, line)?,
            Err(error) => {
                reading.parsed.flaw(line, format!("this is no XML as a dump has it: {error}"));
                break;
            }
        }
    }
    let last = lines.at(text.len());
    let mut parsed = if reading.manifest {
        frame::join(&mut reading.parsed, reading.records, reading.sections);
        reading.parsed
    } else {
        frame::without_manifest(text, reading.sections)
    };
    parsed.check_count(last, reading.count);
    Ok(parsed)
}

impl Reading {
    fn event(&mut self, event: Event<'_>, line: usize) -> Result<()> {
        let mut more = |text: &str| {
            if let Some((_, carried)) = &mut self.file {
                carried.push_str(text);
            }
        };
        match event {
            Event::Start(element) | Event::Empty(element) => self.element(&element, line)?,
            Event::CData(data) => more(&data),
            // Text that some program wrote again without CDATA.
            Event::Text(words) => more(&words),
            Event::GeneralRef(reference) => {
                let entity = quick_xml::escape::unescape(&format!("&{};", &*reference))
                    .map(|text| more(&text));
                if entity.is_err() {
                    self.parsed.flaw(line, "this is no entity of XML");
                }
            }
            Event::End(element) if element.name().as_ref() == "file" => {
                if let Some((mut section, carried)) = self.file.take() {
                    section.body.text = Carried::Own(carried);
                    self.sections.push(section);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn element(&mut self, element: &BytesStart<'_>, line: usize) -> Result<()> {
        let fields = match attributes(element) {
            Ok(fields) => fields,
            Err(why) => {
                self.parsed.flaw(line, why);
                return Ok(());
            }
        };
        let field = |wanted: &str| {
            fields.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
        };
        match element.name().as_ref() {
            "holdall-dump" => {
                let version = field("version").and_then(|version| version.parse().ok());
                return check_version(version.unwrap_or_default());
            }
            "file" => match field("part").and_then(|part| part.parse().ok()) {
                Some(part) => {
                    let path = field("path").map(str::to_owned);
                    let body = Body { line, text: Carried::Own(String::new()) };
                    let section = Section { part, path, closed: true, body };
                    self.file = Some((section, String::new()));
                }
                None => self.parsed.flaw(line, "a file has no number"),
            },
            "manifest" => {
                self.manifest = true;
                self.count = field("count").and_then(|count| count.parse().ok());
                self.parsed.tree = field("tree").and_then(frame::tree_id);
            }
            "entry" => {
                let fields = fields.into_iter().map(|(name, value)| (name, Value::Text(value)));
                match Record::from_fields(fields) {
                    Ok(record) => self.records.push(record),
                    Err(why) => self.parsed.flaw(line, why),
                }
            }
            _ => {}
        }
        Ok(())
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
