//! Markdown as GitHub renders it: a section for each file with one fenced code block, the manifest at the end.
//!
//! Borders are HTML comments, which are not shown: `<!-- holdall:NONCE:12 -->` stands before the block of the twelfth
//! file. A fence is longer than any run of backticks in its file.

use std::io::{self, Write};
use std::ops::Range;

use holdall_tree::{Kind, TreeId};

use crate::carry::Form;
use crate::design::Design;
use crate::error::Result;
use crate::escape;
use crate::head::{Fact, Head, Line, Nonce, Table, Toc};
use crate::record::{Level, Record, Value, path_text};
use crate::skin::frame::{self, Mark};
use crate::skin::{Body, Carried, Lines, Parsed, Section, Skin};

#[derive(Default)]
pub(super) struct Markdown {
    nonce: Nonce,
    fence: String,
    design: Option<Design>,
}

impl Skin for Markdown {
    fn begin(&mut self, out: &mut dyn Write, head: &Head) -> io::Result<()> {
        self.nonce = head.nonce;
        self.design = head.design.clone();
        let mark = frame::mark(head.nonce, &frame::begin("md"));
        if let Some(text) = self.design.as_ref().map_or(Ok(None), |design| design.head(head))? {
            return write!(out, "<!-- {mark} -->\n\n{text}");
        }
        writeln!(out, "# {}\n", text(&head.name))?;
        writeln!(out, "<!-- {mark} -->\n")?;
        facts(out, &head.facts)?;
        for table in &head.tables {
            self::table(out, table)?;
        }
        contents(out, head)
    }

    fn open(&mut self, out: &mut dyn Write, record: &Record) -> io::Result<()> {
        let carry = record.carry;
        let tag = match carry.map(|carry| carry.form) {
            Some(Form::Base64) => "base64".to_owned(),
            _ => record.language.as_deref().map(tag).unwrap_or_default(),
        };
        self.fence = "`".repeat(carry.map_or(0, |carry| carry.ticks + 1).max(3));
        let part = record.part.unwrap_or_default();
        let design = self.design.as_ref().map(|design| design.file(self.nonce, record));
        match design.transpose()?.flatten() {
            // What a template prints must not run into what stands before and behind it.
            Some(text) => write!(out, "\n{text}")?,
            None => {
                let path = path_text(&record.path);
                write!(out, "\n<a id=\"f.{part}\"></a>\n\n## {}", code(&path))?;
                if record.level != Level::Full {
                    write!(out, " ({})", record.level.word())?;
                }
                writeln!(out)?;
            }
        }
        writeln!(out, "\n<!-- {} -->", frame::mark(self.nonce, &part.to_string()))?;
        writeln!(out, "{}{tag}", self.fence)
    }

    fn text(&mut self, out: &mut dyn Write, text: &str) -> io::Result<()> {
        out.write_all(text.as_bytes())
    }

    fn close(&mut self, out: &mut dyn Write, record: &Record) -> io::Result<()> {
        let feed = frame::feed(record);
        writeln!(out, "{feed}{}", self.fence)?;
        let design = self.design.as_ref().map(|design| design.file_end(self.nonce, record));
        design.transpose()?.flatten().map_or(Ok(()), |text| write!(out, "\n{text}"))
    }

    fn bare(&mut self, _: &mut dyn Write, _: &Record) -> io::Result<()> {
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write, records: &[Record], tree: TreeId) -> io::Result<()> {
        without_content(out, records)?;
        let mark = |word| frame::mark(self.nonce, word);
        let entries = records.len();
        writeln!(out, "\n<!-- {} -->", mark("manifest"))?;
        writeln!(
            out,
            "<details><summary>Manifest: {entries} entries, tree {tree}</summary>\n<pre>"
        )?;
        frame::manifest(out, records, tree)?;
        writeln!(out, "</pre></details>\n\n<!-- {} -->", mark("end"))?;
        let foot = |design: &Design| design.foot(self.nonce, &tree.to_string(), entries as u64);
        let foot = self.design.as_ref().map(foot).transpose()?.flatten();
        foot.map_or(Ok(()), |text| write!(out, "\n{text}"))
    }
}

fn facts(out: &mut dyn Write, facts: &[Fact]) -> io::Result<()> {
    if facts.is_empty() {
        return Ok(());
    }
    writeln!(out, "| | |\n| --- | --- |")?;
    for fact in facts {
        writeln!(out, "| {} | {} |", title(fact.key), cell(&fact.value))?;
    }
    writeln!(out)
}

fn table(out: &mut dyn Write, table: &Table) -> io::Result<()> {
    if table.rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "## {}\n", title(table.key))?;
    let titles: Vec<String> = table.columns.iter().map(|column| title(column)).collect();
    let number = |index: usize| {
        let first = table.rows.first().and_then(|row| row.get(index));
        first.is_some_and(|cell| matches!(cell.0, Value::Number(_)))
    };
    let lines: Vec<&str> =
        (0..titles.len()).map(|index| if number(index) { "--:" } else { "---" }).collect();
    writeln!(out, "| {} |\n| {} |", titles.join(" | "), lines.join(" | "))?;
    for row in &table.rows {
        let cells: Vec<String> = row.iter().map(|cell| self::cell(&cell.0)).collect();
        writeln!(out, "| {} |", cells.join(" | "))?;
    }
    writeln!(out)
}

fn contents(out: &mut dyn Write, head: &Head) -> io::Result<()> {
    if head.toc == Toc::None || head.lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "## Contents\n")?;
    for line in &head.lines {
        if head.toc == Toc::List {
            if !line.is_dir {
                writeln!(out, "- {}", listed(line, &path_text(&line.path)))?;
            }
            continue;
        }
        let Some(name) = line.path.file_name() else { continue };
        let slash = if line.is_dir { "/" } else { "" };
        let name = format!("{}{slash}", escape::name(name));
        writeln!(out, "{}- {}", "  ".repeat(line.path.depth() - 1), listed(line, &name))?;
    }
    Ok(())
}

fn listed(line: &Line, name: &str) -> String {
    let name = code(name);
    let linked = line.part.map_or_else(|| name.clone(), |part| format!("[{name}](#f.{part})"));
    match line.tokens {
        Some(1) => format!("{linked}, 1 token"),
        Some(tokens) => format!("{linked}, {} tokens", grouped(tokens)),
        None => linked,
    }
}

/// Lists what is in the tree and has no section: links, empty directories, devices, and what was left out and why.
fn without_content(out: &mut dyn Write, records: &[Record]) -> io::Result<()> {
    let mut begun = false;
    for (at, record) in records.iter().enumerate() {
        let path = path_text(&record.path);
        let why = match (&record.omitted, &record.link_to, &record.kind) {
            (Some(why), ..) => format!("left out: {}", text(why)),
            (_, Some(first), _) => format!("the same file as {}", code(&path_text(first))),
            (.., Kind::Symlink { target }) => format!("link to {}", code(&escape::name(target))),
            (.., Kind::Directory) => {
                let next = records.get(at + 1);
                if record.path.is_root() || next.is_some_and(|r| r.path.starts_with(&record.path)) {
                    continue;
                }
                "empty directory".to_owned()
            }
            (.., Kind::File { .. }) if record.carry.is_some() => continue,
            (.., kind) => kind.word().to_owned(),
        };
        if !begun {
            writeln!(out, "\n## Without content\n")?;
            begun = true;
        }
        writeln!(out, "- {}: {why}", code(&path))?;
    }
    Ok(())
}

/// Text as code, however many backticks it holds.
pub(crate) fn code(text: &str) -> String {
    let run = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let ticks = "`".repeat(run + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// Text in which nothing is markup, on one line.
pub(crate) fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&' | '!' => {
                out.push('\\');
                out.push(c);
            }
            c if escape::is_odd(c) => escape::push_char(&mut out, c),
            c => out.push(c),
        }
    }
    out
}

fn cell(value: &Value) -> String {
    match value {
        Value::Text(value) => text(value),
        Value::Number(number) => grouped(*number),
        Value::Flag(flag) => flag.to_string(),
    }
}

fn title(key: &str) -> String {
    let mut chars = key.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}

/// The tag of a fence for a language: the name as GitHub spells it in tags.
fn tag(language: &str) -> String {
    language.to_lowercase().replace(' ', "-")
}

/// A number with commas.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Reads a dump; `None` if the text is none of this format.
pub(super) fn read(text: &str) -> Option<Result<Parsed>> {
    let begin = frame::find_begin(text, "<!-- ", "md")?;
    Some(begin.map(|(nonce, at)| parse(text, nonce, at)))
}

fn parse(text: &str, nonce: Nonce, from: usize) -> Parsed {
    let mut lines = Lines::new(text);
    let mut sections = Vec::new();
    for mark in frame::marks(text, from, nonce, "\n<!-- ", ' ') {
        if mark.word == "manifest" {
            let manifest = text.get(mark.after..mark.until).unwrap_or_default();
            return frame::read_manifest(text, mark.after, manifest, sections);
        }
        let Ok(part) = mark.word.parse() else { continue };
        let Some((block, closed)) = block(text, &mark) else { continue };
        let path = text.get(..mark.start).and_then(heading);
        let body = Body { line: lines.at(block.start), text: Carried::Part(block) };
        sections.push(Section { part, path, closed, body });
    }
    frame::without_manifest(text, sections)
}

/// The inside of the fenced block behind a mark, and whether the block has an end. Of a block whose fence is broken
/// this is all that may belong to it.
fn block(text: &str, mark: &Mark<'_>) -> Option<(Range<usize>, bool)> {
    let rest = text.get(mark.after..mark.until)?;
    let (_, rest) = rest.split_once('\n')?;
    let (info, inner) = rest.split_once('\n')?;
    let ticks = info.bytes().take_while(|byte| *byte == b'`').count();
    let start = mark.until - inner.len();
    if ticks < 3 {
        let start = if info.starts_with(['`', '~']) { start } else { start - info.len() - 1 };
        return Some((start..mark.until, false));
    }
    let fence = info.get(..ticks)?;
    // The line feed before the fence belongs to the text, unless there is none.
    if inner.strip_prefix(fence).is_some_and(|rest| rest.starts_with('\n')) {
        return Some((start..start, true));
    }
    match inner.find(&format!("\n{fence}\n")) {
        Some(end) => Some((start..start + end + 1, true)),
        None => Some((start..mark.until, false)),
    }
}

/// The path in the heading above a mark, if it says that all of the file is shown.
fn heading(before: &str) -> Option<String> {
    let (_, line) = before.trim_end().rsplit_once('\n')?;
    let code = line.strip_prefix("## ")?;
    let ticks = code.len() - code.trim_start_matches('`').len();
    let path = code.get(ticks..)?.strip_suffix(code.get(..ticks)?)?;
    let padded = path.strip_prefix(" `").and_then(|_| path.get(1..path.len() - 1));
    let padded =
        padded.or_else(|| path.strip_suffix("` ").and_then(|_| path.get(1..path.len() - 1)));
    Some(padded.unwrap_or(path).to_owned())
}
