//! What the formats share that put files between marked borders and a manifest of JSON lines at the end.
//!
//! A mark is `holdall:NONCE:WORD`. The nonce depends on all contents, so no content can hold a mark.

use std::collections::BTreeMap;
use std::io::{self, Write};

use holdall_tree::TreeId;
use serde_json::{Map, Value as Json};

use crate::error::{Error, Result};
use crate::head::Nonce;
use crate::record::{Record, Value};
use crate::skin::line_of;

/// The version of what is written.
pub(crate) const VERSION: &str = "1";
/// Digits of a nonce.
const DIGITS: usize = 16;
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
    let json = |value| match value {
        Value::Text(text) => Json::String(text),
        Value::Number(number) => Json::Number(number.into()),
        Value::Flag(flag) => Json::Bool(flag),
    };
    let map: Map<String, Json> =
        fields.into_iter().map(|(name, value)| (name.to_owned(), json(value))).collect();
    let line = serde_json::to_string(&map)?;
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

/// What a manifest says.
pub(crate) struct Manifest {
    pub(crate) records: Vec<Record>,
    pub(crate) tree: Option<TreeId>,
}

/// Reads the lines of a manifest, which begins at byte `at` of `whole`.
pub(crate) fn read_manifest(whole: &str, at: usize, lines: &str) -> Result<Manifest> {
    let first = line_of(whole, at);
    let mut manifest = Manifest { records: Vec::new(), tree: None };
    for (index, line) in lines.lines().enumerate() {
        let broken = |why: String| Error::Broken { line: first + index, why };
        if line.trim().is_empty() {
            continue;
        }
        if manifest.tree.is_some() {
            return Err(broken("there is more behind the end of the manifest".into()));
        }
        let map: Map<String, Json> = serde_json::from_str(line)
            .map_err(|error| broken(format!("the manifest is not readable: {error}")))?;
        if let Some(tree) = map.get("tree") {
            let entries = map.get("entries").and_then(Json::as_u64);
            if entries != Some(manifest.records.len() as u64) {
                return Err(broken("the manifest does not have as many entries as it says".into()));
            }
            let id = tree.as_str().and_then(tree_id);
            manifest.tree = Some(id.ok_or_else(|| broken("the tree ID is none".into()))?);
            continue;
        }
        manifest.records.push(Record::from_fields(fields(map)).map_err(broken)?);
    }
    if manifest.tree.is_none() {
        let line = first + lines.lines().count();
        return Err(Error::Broken {
            line,
            why: "the manifest has no end: the dump is cut off".into(),
        });
    }
    Ok(manifest)
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
    crate::record::hash(text).map(|hash| TreeId(hash.0))
}

/// Joins the bodies that were found to the records of their parts.
pub(crate) fn join<B>(records: Vec<Record>, bodies: Vec<(u64, B)>) -> Vec<(Record, Option<B>)> {
    let mut bodies: BTreeMap<u64, B> = bodies.into_iter().collect();
    let body = |record: Record| {
        let body = record.part.and_then(|part| bodies.remove(&part));
        (record, body)
    };
    records.into_iter().map(body).collect()
}
