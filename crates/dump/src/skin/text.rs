//! Plain text: a ruled line with a mark before each file.

use std::io::{self, Write};

use holdall_tree::TreeId;

use crate::design::Design;
use crate::error::Result;
use crate::head::{Head, Nonce, Toc};
use crate::record::{Record, Value, path_text};
use crate::skin::{Body, Carried, Lines, Parsed, Section, Skin, frame};

const RULE: &str = "====";

#[derive(Default)]
pub(super) struct Text {
    nonce: Nonce,
    design: Option<Design>,
}

impl Skin for Text {
    fn begin(&mut self, out: &mut dyn Write, head: &Head) -> io::Result<()> {
        self.nonce = head.nonce;
        self.design = head.design.clone();
        writeln!(out, "{RULE} {} {RULE}", frame::mark(head.nonce, &frame::begin("txt")))?;
        if let Some(text) = self.design.as_ref().map_or(Ok(None), |design| design.head(head))? {
            return write!(out, "{text}");
        }
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
        let design = self.design.as_ref().map(|design| design.file(self.nonce, record));
        if let Some(text) = design.transpose()?.flatten() {
            // The mark ends the file before, so what is said of this one stands behind a mark of its own.
            write!(out, "\n{RULE} {} {RULE}\n{text}", frame::mark(self.nonce, "file"))?;
        }
        let mark = frame::mark(self.nonce, &record.part.unwrap_or_default().to_string());
        writeln!(out, "\n{RULE} {mark} {} {RULE}", path_text(&record.path))
    }

    fn text(&mut self, out: &mut dyn Write, text: &str) -> io::Result<()> {
        out.write_all(text.as_bytes())
    }

    fn close(&mut self, out: &mut dyn Write, record: &Record) -> io::Result<()> {
        write!(out, "{}", frame::feed(record))?;
        let design = self.design.as_ref().map(|design| design.file_end(self.nonce, record));
        let text = design.transpose()?.flatten();
        text.map_or(Ok(()), |text| {
            write!(out, "\n{RULE} {} {RULE}\n{text}", frame::mark(self.nonce, "file-end"))
        })
    }

    fn bare(&mut self, _: &mut dyn Write, _: &Record) -> io::Result<()> {
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write, records: &[Record], tree: TreeId) -> io::Result<()> {
        writeln!(out, "\n{RULE} {} {RULE}", frame::mark(self.nonce, "manifest"))?;
        frame::manifest(out, records, tree)?;
        writeln!(out, "\n{RULE} {} {RULE}", frame::mark(self.nonce, "end"))?;
        let entries = records.len() as u64;
        let foot = |design: &Design| design.foot(self.nonce, &tree.to_string(), entries);
        let foot = self.design.as_ref().map(foot).transpose()?.flatten();
        foot.map_or(Ok(()), |text| write!(out, "{text}"))
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
    Some(begin.map(|(nonce, _)| parse(text, nonce)))
}

fn parse(text: &str, nonce: Nonce) -> Parsed {
    // The empty line before a mark is not the file's.
    let marks = frame::marks(text, 0, nonce, "\n==== ", ' ');
    let mut lines = Lines::new(text);
    let mut sections = Vec::new();
    for (at, mark) in marks.iter().enumerate() {
        let rest = text.get(mark.after..mark.until).unwrap_or_default();
        // Of two marks in a row the first may have lost the end of its line.
        let Some((line, _)) = rest.split_once('\n') else { continue };
        let start = mark.after + line.len() + 1;
        if mark.word == "manifest" {
            let manifest = text.get(start..mark.until).unwrap_or_default();
            return frame::read_manifest(text, start, manifest, sections);
        }
        let Ok(part) = mark.word.parse() else { continue };
        let path = line.trim().strip_suffix(RULE).map(|path| path.trim().to_owned());
        let text = Carried::Part(start..mark.until);
        let closed = at + 1 < marks.len();
        sections.push(Section { part, path, closed, body: Body { line: lines.at(start), text } });
    }
    frame::without_manifest(text, sections)
}
