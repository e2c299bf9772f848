//! What the formats share that put files between marked borders and a manifest of JSON lines at the end.
//!
//! A mark is `holdall:NONCE:WORD`. The nonce depends on all contents, so no content can hold a mark.

use std::collections::BTreeMap;
use std::io::{self, Write};

use holdall_tree::{ContentHash, TreeId};
use memchr::memmem;
use serde_json::{Map, Value as Json};

use crate::error::{Error, Result};
use crate::head::Nonce;
use crate::record::{Record, Value};
use crate::skin::{Parsed, Section, line_of};

/// The version of what is written.
pub(crate) const VERSION: &str = "1";
/// Digits of a nonce.
const DIGITS: usize = 16;
/// The longest word of a mark, in bytes.
const WORD_MAX: usize = 64;
/// How far into a text the first mark may lie, in bytes.
const BEGIN_MAX: usize = 4096;

/// A mark.
pub(crate) fn mark(nonce: Nonce, word: &str) -> String {
    format!("holdall:{nonce}:{word}")
}

/// The word of the mark that begins a dump.
pub(crate) fn begin(format: &str) -> String {
    format!("begin:{VERSION}:{format}")
}

/// What ends the last line of a file's text, if it has no line feed of its own.
pub(crate) fn feed(record: &Record) -> &'static str {
    if record.carry.is_some_and(|carry| carry.open_end) { "\n" } else { "" }
}

/// Finds the mark that begins a dump of `format` behind `before` and gives its nonce and where the mark ends; `None`
/// if the text is no such dump.
pub(crate) fn find_begin(text: &str, before: &str, format: &str) -> Option<Result<(Nonce, usize)>> {
    let mut limit = text.len().min(BEGIN_MAX);
    while !text.is_char_boundary(limit) {
        limit -= 1;
    }
    let start = text.get(..limit)?.find(&format!("{before}holdall:"))? + before.len();
    let digits = start + "holdall:".len();
    let nonce = text.get(digits..digits + DIGITS)?;
    let nonce = Nonce(u64::from_str_radix(nonce, 16).ok()?);
    let rest = text.get(digits + DIGITS..)?.strip_prefix(":begin:")?;
    let (version, rest) = rest.split_once(':')?;
    if version.len() > 10 || !rest.starts_with(format) {
        return None;
    }
    if version != VERSION {
        return Some(Err(Error::Version { version: version.to_owned() }));
    }
    Some(Ok((nonce, text.len() - rest.len() + format.len())))
}

/// Fields as one JSON object. `<`, `>` and `&` are escaped, so that it may stand in HTML.
pub(crate) fn json_line(fields: Vec<(&'static str, Value)>) -> io::Result<String> {
    let mut line = Vec::from(*b"{");
    for (name, value) in fields {
        if line.len() > 1 {
            line.push(b',');
        }
        serde_json::to_writer(&mut line, name)?;
        line.push(b':');
        match value {
            Value::Text(text) => serde_json::to_writer(&mut line, &text)?,
            Value::Number(number) => serde_json::to_writer(&mut line, &number)?,
            Value::Flag(flag) => serde_json::to_writer(&mut line, &flag)?,
        }
    }
    line.push(b'}');
    let line = String::from_utf8(line).map_err(io::Error::other)?;
    if memchr::memchr3(b'<', b'>', b'&', line.as_bytes()).is_none() {
        return Ok(line);
    }
    Ok(line.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026"))
}

/// Writes the lines of a manifest: one for each record, then one with the ID of the tree.
pub(crate) fn manifest(out: &mut dyn Write, records: &[Record], tree: TreeId) -> io::Result<()> {
    for record in records {
        writeln!(out, "{}", json_line(record.fields())?)?;
    }
    let last = vec![
        ("tree", Value::Text(tree.to_string())),
        ("entries", Value::Number(records.len() as u64)),
    ];
    writeln!(out, "{}", json_line(last)?)
}

/// A mark that was found in a text.
pub(crate) struct Mark<'t> {
    /// Its word; empty if the mark is damaged.
    pub(crate) word: &'t str,
    /// Where the mark begins, with what stands before it.
    pub(crate) start: usize,
    /// Where what stands behind its word begins.
    pub(crate) after: usize,
    /// Where the next mark begins, or the text ends.
    pub(crate) until: usize,
}

/// All marks behind `from` of this nonce which stand behind `before`; their words end with `end`.
pub(crate) fn marks<'t>(
    text: &'t str,
    from: usize,
    nonce: Nonce,
    before: &str,
    end: char,
) -> Vec<Mark<'t>> {
    let begin = format!("{before}holdall:{nonce}:");
    let rest = text.as_bytes().get(from..).unwrap_or_default();
    let starts: Vec<usize> =
        memmem::find_iter(rest, begin.as_bytes()).map(|at| from + at).collect();
    let mark = |(index, start): (usize, &usize)| {
        let until = starts.get(index + 1).copied().unwrap_or(text.len());
        let after = start + begin.len();
        let rest = text.get(after..until).unwrap_or_default();
        let length = rest.bytes().take(WORD_MAX).position(|byte| byte == end as u8);
        let word = length.and_then(|length| rest.get(..length)).unwrap_or_default();
        Mark { word, start: *start, after: after + word.len(), until }
    };
    starts.iter().enumerate().map(mark).collect()
}

/// Reads the lines of a manifest, which begins at byte `at` of `whole`, and joins the sections to what it says. Lines
/// that are no objects belong to the format around it.
pub(crate) fn read_manifest(whole: &str, at: usize, lines: &str, sections: Vec<Section>) -> Parsed {
    let first = line_of(whole, at);
    let mut parsed = Parsed::default();
    let mut records = Vec::new();
    let mut ended = false;
    let mut last = first;
    for (index, line) in lines.lines().enumerate().filter(|(_, line)| line.starts_with('{')) {
        last = first + index;
        let map: Map<String, Json> = match serde_json::from_str(line) {
            Ok(map) => map,
            Err(error) => {
                parsed.flaw(last, format!("the manifest is not readable: {error}"));
                continue;
            }
        };
        if ended {
            parsed.flaw(last, "there is more behind the end of the manifest");
        }
        if let Some(tree) = map.get("tree") {
            ended = true;
            let entries = map.get("entries").and_then(Json::as_u64);
            if entries != Some(records.len() as u64) {
                parsed.flaw(last, "the manifest does not have as many entries as it says");
            }
            parsed.tree = tree.as_str().and_then(tree_id);
            if parsed.tree.is_none() {
                parsed.flaw(last, "the tree ID is none");
            }
            continue;
        }
        match Record::from_fields(fields(map)) {
            Ok(record) => records.push(record),
            Err(why) => parsed.flaw(last, why),
        }
    }
    if !ended {
        parsed.flaw(last, "the manifest has no end: the dump is cut off");
    }
    join(&mut parsed, records, sections);
    parsed
}

/// What there is where no manifest is.
pub(crate) fn without_manifest(text: &str, sections: Vec<Section>) -> Parsed {
    let mut parsed = Parsed::default();
    parsed.flaw(line_of(text, text.len()), "the manifest is missing: the dump is cut off");
    parsed.strays = sections;
    parsed
}

/// The members of an object as fields; what is neither text, number nor flag is passed over.
pub(crate) fn fields(map: Map<String, Json>) -> impl Iterator<Item = (String, Value)> {
    map.into_iter().filter_map(|(name, value)| {
        let value = match value {
            Json::String(text) => Value::Text(text),
            Json::Number(number) => Value::Number(number.as_u64()?),
            Json::Bool(flag) => Value::Flag(flag),
            _ => return None,
        };
        Some((name, value))
    })
}

/// The tree ID that hexadecimal digits stand for.
pub(crate) fn tree_id(text: &str) -> Option<TreeId> {
    ContentHash::parse(text).map(|hash| TreeId(hash.0))
}

/// Joins the sections that were found to the records of their parts. What is left is astray.
pub(crate) fn join(parsed: &mut Parsed, records: Vec<Record>, sections: Vec<Section>) {
    let mut parts: BTreeMap<u64, Section> = BTreeMap::new();
    for section in sections {
        let line = section.body.line;
        if parts.insert(section.part, section).is_some() {
            parsed.flaw(line, "a file is shown twice");
        }
    }
    let body = |record: Record| {
        let section = record.part.and_then(|part| parts.remove(&part));
        (record, section.map(|section| section.body))
    };
    parsed.entries = records.into_iter().map(body).collect();
    for section in parts.into_values() {
        parsed.flaw(section.body.line, "the manifest says nothing of what is shown here");
        parsed.strays.push(section);
    }
}
