//! A page for a browser that needs nothing beside it: files fold, and a field searches names and contents.

use std::io::{self, Write};

use holdall_tree::TreeId;

use crate::design::Design;
use crate::error::Result;
use crate::head::{Head, Nonce, Toc};
use crate::record::{Record, Value, path_text};
use crate::skin::{Body, Carried, Lines, Parsed, Section, Skin, frame};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}\
pre{overflow:auto;background:#8881;padding:.75rem;font:13px/1.45 ui-monospace,monospace;tab-size:4}\
table{border-collapse:collapse}td,th{padding:.1rem .75rem .1rem 0;text-align:left}\
summary{cursor:pointer;font-family:ui-monospace,monospace}nav{columns:2}nav a{display:block;overflow:hidden;text-overflow:ellipsis}\
input{width:100%;padding:.5rem;font:inherit;box-sizing:border-box}@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}a{color:#8bf}}";

/// Hides what does not hold the words that are searched for, and opens what a link leads to.
const SCRIPT: &str = "const q=document.getElementById('q'),parts=[...document.querySelectorAll('main>details')];\
let t;q.oninput=()=>{clearTimeout(t);t=setTimeout(()=>{const w=q.value.toLowerCase();for(const p of parts)\
p.hidden=w!==''&&!p.textContent.toLowerCase().includes(w)},150)};\
const go=()=>{const e=document.getElementById(location.hash.slice(1));if(e){e.open=true;e.scrollIntoView()}};\
addEventListener('hashchange',go);go()";

#[derive(Default)]
pub(super) struct Html {
    nonce: Nonce,
    design: Option<Design>,
}

impl Skin for Html {
    fn begin(&mut self, out: &mut dyn Write, head: &Head) -> io::Result<()> {
        self.nonce = head.nonce;
        self.design = head.design.clone();
        let mark = frame::mark(head.nonce, &frame::begin("html"));
        if let Some(text) = self.design.as_ref().map_or(Ok(None), |design| design.head(head))? {
            // A comment may stand before the doctype.
            return write!(out, "<!-- {mark} -->\n{text}");
        }
        let name = escaped(&head.name);
        writeln!(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
        writeln!(out, "<!-- {mark} -->")?;
        writeln!(out, "<meta name=\"viewport\" content=\"width=device-width\">")?;
        writeln!(
            out,
            "<title>{name}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{name}</h1>"
        )?;
        writeln!(out, "<table>")?;
        for fact in &head.facts {
            writeln!(out, "<tr><th>{}<td>{}", fact.key, plain(&fact.value))?;
        }
        writeln!(out, "</table>")?;
        for table in head.tables.iter().filter(|table| !table.rows.is_empty()) {
            writeln!(
                out,
                "<h2>{}</h2>\n<table>\n<tr><th>{}",
                table.key,
                table.columns.join("<th>")
            )?;
            for row in &table.rows {
                let cells: Vec<String> = row.iter().map(|cell| plain(&cell.0)).collect();
                writeln!(out, "<tr><td>{}", cells.join("<td>"))?;
            }
            writeln!(out, "</table>")?;
        }
        if head.toc != Toc::None {
            writeln!(out, "<h2>contents</h2>\n<nav>")?;
            for line in head.lines.iter().filter(|line| !line.is_dir) {
                let path = escaped(&path_text(&line.path));
                match line.part {
                    Some(part) => writeln!(out, "<a href=\"#f.{part}\">{path}</a>")?,
                    None => writeln!(out, "<span>{path}</span><br>")?,
                }
            }
            writeln!(out, "</nav>")?;
        }
        writeln!(
            out,
            "<p><input id=\"q\" type=\"search\" placeholder=\"Search names and contents\">\n<main>"
        )
    }

    fn open(&mut self, out: &mut dyn Write, record: &Record) -> io::Result<()> {
        let part = record.part.unwrap_or_default();
        let mark = frame::mark(self.nonce, &part.to_string());
        let design = self.design.as_ref().map(|design| design.file(self.nonce, record));
        match design.transpose()?.flatten() {
            Some(text) => write!(out, "{text}")?,
            None => {
                let path = escaped(&path_text(&record.path));
                writeln!(out, "<details id=\"f.{part}\"><summary>{path}</summary>")?;
            }
        }
        // A browser passes over the line feed behind <pre>.
        writeln!(out, "<pre data-part=\"{mark}\">")
    }

    fn text(&mut self, out: &mut dyn Write, text: &str) -> io::Result<()> {
        out.write_all(escaped(text).as_bytes())
    }

    fn close(&mut self, out: &mut dyn Write, record: &Record) -> io::Result<()> {
        let Some(design) = &self.design else { return writeln!(out, "</pre></details>") };
        writeln!(out, "</pre>")?;
        match design.file_end(self.nonce, record)? {
            Some(text) => write!(out, "{text}"),
            // The usual beginning has the usual end.
            None if design.file(self.nonce, record)?.is_none() => writeln!(out, "</details>"),
            None => Ok(()),
        }
    }

    fn bare(&mut self, out: &mut dyn Write, record: &Record) -> io::Result<()> {
        let Some(why) = &record.omitted else { return Ok(()) };
        writeln!(out, "<p>{}: left out, {}", escaped(&path_text(&record.path)), escaped(why))
    }

    fn end(&mut self, out: &mut dyn Write, records: &[Record], tree: TreeId) -> io::Result<()> {
        let mark = frame::mark(self.nonce, "manifest");
        if self.design.is_none() {
            writeln!(out, "</main>")?;
        }
        writeln!(out, "<script type=\"application/json\" data-part=\"{mark}\">")?;
        frame::manifest(out, records, tree)?;
        let Some(design) = &self.design else {
            return writeln!(out, "</script>\n<script>{SCRIPT}</script>\n</body>\n</html>");
        };
        writeln!(out, "</script>")?;
        let foot = design.foot(self.nonce, &tree.to_string(), records.len() as u64)?;
        write!(out, "{}", foot.unwrap_or_default())
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Text(text) => escaped(text),
        Value::Number(number) => number.to_string(),
        Value::Flag(flag) => flag.to_string(),
    }
}

/// Text in which nothing is markup.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        let entity = match byte {
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'&' => "&amp;",
            b'"' => "&quot;",
            _ => continue,
        };
        out.push_str(text.get(plain..at).unwrap_or_default());
        out.push_str(entity);
        plain = at + 1;
    }
    out.push_str(text.get(plain..).unwrap_or_default());
    out
}

/// What [`escaped`] was made of; `None` if there is another entity.
fn unescaped(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'&', rest.as_bytes()) {
        let (before, entity) = rest.split_at_checked(at)?;
        let (name, after) = entity.split_once(';')?;
        out.push_str(before);
        out.push(match name {
            "&lt" => '<',
            "&gt" => '>',
            "&amp" => '&',
            "&quot" => '"',
            _ => return None,
        });
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

/// Reads a dump; `None` if the text is none of this format.
pub(super) fn read(text: &str) -> Option<Result<Parsed>> {
    let begin = frame::find_begin(text, "<!-- ", "html")?;
    Some(begin.map(|(nonce, at)| parse(text, nonce, at)))
}

fn parse(text: &str, nonce: Nonce, from: usize) -> Parsed {
    let mut lines = Lines::new(text);
    let mut sections = Vec::new();
    let mut behind = from;
    for mark in frame::marks(text, from, nonce, " data-part=\"", '"') {
        let before = text.get(std::mem::replace(&mut behind, mark.after)..mark.start);
        let rest = text.get(mark.after..mark.until).unwrap_or_default();
        let Some(rest) =
            rest.strip_prefix("\">").map(|rest| rest.strip_prefix('\n').unwrap_or(rest))
        else {
            continue;
        };
        let start = mark.until - rest.len();
        // Neither text nor manifest holds a `<`.
        let inner = rest.split_once('<').map(|(inner, _)| inner);
        if mark.word == "manifest" {
            return frame::read_manifest(text, start, inner.unwrap_or(rest), sections);
        }
        let Ok(part) = mark.word.parse() else { continue };
        let Some(carried) = unescaped(inner.unwrap_or(rest)) else { continue };
        let path = before.and_then(|before| before.rsplit_once("<summary>"));
        let path = path.and_then(|(_, path)| unescaped(path.split_once('<')?.0));
        let body = Body { line: lines.at(start), text: Carried::Own(carried) };
        sections.push(Section { part, path, closed: inner.is_some(), body });
    }
    frame::without_manifest(text, sections)
}
