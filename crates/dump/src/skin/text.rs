//! Plain text: a ruled line with a mark before each file.

use std::io::{self, Write};

use holdall_tree::TreeId;
use memchr::memmem;

use crate::error::{Error, Result};
use crate::head::{Head, Nonce, Toc};
use crate::record::{Record, Value, path_text};
use crate::skin::frame::{self, Manifest};
use crate::skin::{Body, Carried, Parsed, Skin, line_of};

const RULE: &str = "====";

#[derive(Default)]
pub(super) struct Text {
    nonce: Nonce,
}

impl Skin for Text {
    fn begin(&mut self, out: &mut dyn Write, head: &Head) -> io::Result<()> {
        self.nonce = head.nonce;
        writeln!(out, "{RULE} {} {RULE}", frame::mark(head.nonce, &frame::begin("txt")))?;
        writeln!(out, "{}\n", head.name)?;
        for fact in &head.facts {
            writeln!(out, "{}: {}", fact.key, plain(&fact.value))?;
        }
        for table in head.tables.iter().filter(|table| !table.rows.is_empty()) {
            writeln!(out, "\n{}:", table.key)?;
            writeln!(out, "  {}", table.columns.join(", "))?;
            for row in &table.rows {
                let cells: Vec<String> = row.iter().map(|cell| plain(&cell.0)).collect();
                writeln!(out, "  {}", cells.join(", "))?;
            }
        }
        if head.toc == Toc::None || head.lines.is_empty() {
            return Ok(());
        }
        writeln!(out, "\ncontents:")?;
        for line in &head.lines {
            match head.toc {
                Toc::Tree => {
                    let name = line.path.file_name().unwrap_or_default();
                    let slash = if line.is_dir { "/" } else { "" };
                    let name = crate::escape::name(name);
                    writeln!(out, "{}{name}{slash}", "  ".repeat(line.path.depth()))?;
                }
                _ if line.is_dir => {}
                _ => writeln!(out, "  {}", path_text(&line.path))?,
            }
        }
        Ok(())
    }

    fn open(&mut self, out: &mut dyn Write, record: &Record) -> io::Result<()> {
        let mark = frame::mark(self.nonce, &record.part.unwrap_or_default().to_string());
        writeln!(out, "\n{RULE} {mark} {} {RULE}", path_text(&record.path))
    }

    fn text(&mut self, out: &mut dyn Write, text: &str) -> io::Result<()> {
        out.write_all(text.as_bytes())
    }

    fn close(&mut self, out: &mut dyn Write, record: &Record) -> io::Result<()> {
        write!(out, "{}", frame::feed(record))
    }

    fn bare(&mut self, _: &mut dyn Write, _: &Record) -> io::Result<()> {
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write, records: &[Record], tree: TreeId) -> io::Result<()> {
        writeln!(out, "\n{RULE} {} {RULE}", frame::mark(self.nonce, "manifest"))?;
        frame::manifest(out, records, tree)?;
        writeln!(out, "\n{RULE} {} {RULE}", frame::mark(self.nonce, "end"))
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Flag(flag) => flag.to_string(),
    }
}

/// Reads a dump; `None` if the text is none of this format.
pub(super) fn read(text: &str) -> Option<Result<Parsed>> {
    let begin = frame::find_begin(text, "==== ", "txt")?;
    Some(begin.and_then(|(nonce, _)| parse(text, nonce)))
}

fn parse(text: &str, nonce: Nonce) -> Result<Parsed> {
    // The empty line before a mark is not the file's.
    let before = format!("\n{RULE} holdall:{nonce}:");
    let marks: Vec<usize> = memmem::find_iter(text.as_bytes(), before.as_bytes()).collect();
    let mut bodies = Vec::new();
    for (at, mark) in marks.iter().enumerate() {
        let start = mark + before.len();
        let broken = |why: &str| Error::Broken { line: line_of(text, start), why: why.to_owned() };
        let line = text.get(start..).and_then(|rest| rest.split_once('\n'));
        let (line, _) = line.ok_or_else(|| broken("a mark has no end"))?;
        let word = line.split(' ').next().unwrap_or_default();
        let body = start + line.len() + 1;
        let end = marks.get(at + 1).copied().unwrap_or(text.len()).max(body);
        if word == "manifest" {
            let lines = text.get(body..end).unwrap_or_default();
            let Manifest { records, tree } = frame::read_manifest(text, body, lines)?;
            return Ok(Parsed { entries: frame::join(records, bodies), tree });
        }
        let part = word.parse().map_err(|_| broken("a mark is none that is known"))?;
        bodies.push((part, Body { line: line_of(text, body), text: Carried::Part(body..end) }));
    }
    let line = line_of(text, text.len());
    Err(Error::Broken { line, why: "the manifest is missing: the dump is cut off".to_owned() })
}
