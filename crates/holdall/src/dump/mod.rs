//! Dumps: a tree written as one text.
//!
//! The tree is read twice. The first look ([`inspect`]) reads every file on all workers and finds out how it is
//! carried, so that what stands before the contents can say what is in them. Then the files are written in canonical
//! order; small ones come from memory. Nothing larger than a piece of a file is held for long.

mod inspect;

use std::collections::BTreeMap;
use std::io::{Read, Write};

use holdall_dump::{Cell, Fact, Format, Head, Line, Nonce, Record, Table, Toc, WHOLE_MAX, Writer};
use holdall_tree::{ContentHash, Context, Filter, Kind, Phase, RelPath, Timestamp, Tree, TreeId};

use crate::error::{Error, Result};

pub use inspect::{Item, inspect};

/// How a dump is written.
#[derive(Debug, Clone)]
pub struct DumpOptions {
    /// The format.
    pub format: Format,
    /// How the contents are listed.
    pub toc: Toc,
    /// What the tree is called.
    pub name: String,
    /// The program that writes it.
    pub generator: String,
    /// When it is written, as it stands in the head.
    pub time: Timestamp,
    /// More facts for the head, behind the time.
    pub facts: Vec<Fact>,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DumpReport {
    /// The ID of the tree that the dump holds.
    pub tree: TreeId,
    /// Files that are shown.
    pub files: u64,
    /// Bytes of these files.
    pub bytes: u64,
    /// Lines of these files.
    pub lines: u64,
    /// Entries that were left out; each says why.
    pub omitted: u64,
}

/// Reads `tree` and writes it to `out`.
///
/// # Errors
/// If the tree cannot be read at all, `out` fails, or the user interrupts. A file that cannot be read goes to the
/// observer, and the dump says why it is missing.
pub fn dump(
    ctx: &Context<'_>,
    tree: &dyn Tree,
    filter: &dyn Filter,
    out: &mut dyn Write,
    options: &DumpOptions,
) -> Result<DumpReport> {
    let items = inspect(ctx, tree, filter)?;
    write(ctx, tree, items, out, options)
}

/// Writes what was inspected.
///
/// # Errors
/// As [`dump`].
pub fn write(
    ctx: &Context<'_>,
    tree: &dyn Tree,
    items: Vec<Item>,
    out: &mut dyn Write,
    options: &DumpOptions,
) -> Result<DumpReport> {
    ctx.observer.phase(Phase::Publishing, None);
    let (head, mut report) = head(&items, options);
    let mut writer = Writer::begin(out, options.format, &head).map_err(written)?;
    for mut item in items {
        ctx.check()?;
        if item.record.carry.is_none() {
            writer.bare(item.record).map_err(written)?;
            continue;
        }
        if let Err(error) = put(tree, &mut writer, &mut item) {
            let Put::Read(error) = error else { return Err(error.into()) };
            ctx.observer.problem(Some(&item.record.path), &error);
            item.record.omitted = Some("it vanished or cannot be read any more".to_owned());
            item.record.carry = None;
            writer.bare(item.record).map_err(written)?;
            report.omitted += 1;
        }
    }
    let (_, tree) = writer.finish().map_err(written)?;
    report.tree = tree;
    Ok(report)
}

/// Why a file was not written.
enum Put {
    /// Nothing of it was written: it cannot be opened.
    Read(Error),
    /// The dump is broken off.
    Dump(Error),
}

impl From<Put> for Error {
    fn from(put: Put) -> Self {
        let (Put::Read(error) | Put::Dump(error)) = put;
        error
    }
}

fn put<W: Write>(tree: &dyn Tree, writer: &mut Writer<W>, item: &mut Item) -> Result<(), Put> {
    let dump = |error| Put::Dump(written(error));
    let before = item.record.sha256;
    if let Some(kept) = item.kept.take() {
        let proved = writer.file(item.record.clone(), &mut kept.as_slice()).map_err(dump)?;
        return unchanged(&item.record.path, before, proved);
    }
    let content = tree.open(&item.entry).map_err(|error| Put::Read(error.into()))?;
    let mut read = content.into_read();
    if item.record.kind == (Kind::File { size: 0 }) || item.entry.size() > WHOLE_MAX as u64 {
        let size = item.entry.size();
        let proved = writer.file(item.record.clone(), &mut read.take(size)).map_err(dump)?;
        return unchanged(&item.record.path, before, proved);
    }
    let mut bytes = Vec::new();
    let path = || item.record.path.clone();
    read.read_to_end(&mut bytes)
        .map_err(|source| Put::Read(Error::Read { path: path(), source }))?;
    if Some(ContentHash::of(&bytes)) != before {
        // It was changed since it was looked at: what is there now is shown, and said of it.
        let Record { part, mode, language, .. } = item.record.clone();
        item.record = Record { part, mode, language, ..inspect::whole(&item.entry, &bytes) };
    }
    let now = item.record.sha256;
    let proved = writer.file(item.record.clone(), &mut bytes.as_slice()).map_err(dump)?;
    unchanged(&item.record.path, now, proved)
}

/// Fails if what was written does not stand for what was read.
fn unchanged(path: &RelPath, before: Option<ContentHash>, proved: ContentHash) -> Result<(), Put> {
    if before == Some(proved) {
        return Ok(());
    }
    Err(Put::Dump(Error::Changed { path: path.clone() }))
}

fn written(error: holdall_dump::Error) -> Error {
    match error {
        holdall_dump::Error::Write(source) => Error::Output(source),
        other => Error::Tree(other.into()),
    }
}

/// What stands before the contents.
fn head(items: &[Item], options: &DumpOptions) -> (Head, DumpReport) {
    let mut report = DumpReport { tree: TreeId([0; 32]), files: 0, bytes: 0, lines: 0, omitted: 0 };
    let mut languages: BTreeMap<String, [u64; 3]> = BTreeMap::new();
    let mut lines = Vec::new();
    let mut nonce = Vec::new();
    for item in items {
        let record = &item.record;
        nonce.extend_from_slice(record.path.as_bytes());
        nonce.push(0);
        nonce.extend_from_slice(&record.sha256.map_or([0; 32], |hash| hash.0));
        report.omitted += u64::from(record.omitted.is_some());
        let is_dir = item.entry.is_dir();
        if record.path.is_root() {
            continue;
        }
        lines.push(Line {
            path: record.path.clone(),
            is_dir,
            part: record.part,
            tokens: record.tokens,
        });
        if record.carry.is_none() {
            continue;
        }
        let Kind::File { size } = record.kind else { continue };
        report.files += 1;
        report.bytes += size;
        report.lines += record.lines.unwrap_or_default();
        if let Some(language) = &record.language {
            let counts = languages.entry(language.clone()).or_default();
            let more = [1, record.lines.unwrap_or_default(), size];
            counts.iter_mut().zip(more).for_each(|(count, more)| *count += more);
        }
    }
    let hash = ContentHash::of(&nonce).0;
    let (first, _) = hash.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
    let mut facts =
        vec![Fact::text("written", format!("{} by {}", moment(options.time), options.generator))];
    facts.extend(options.facts.iter().cloned());
    facts.push(Fact::number("files", report.files));
    facts.push(Fact::number("lines", report.lines));
    facts.push(Fact::number("bytes", report.bytes));
    if report.omitted > 0 {
        facts.push(Fact::number("omitted", report.omitted));
    }
    let mut rows: Vec<(String, [u64; 3])> = languages.into_iter().collect();
    rows.sort_by(|a, b| b.1[2].cmp(&a.1[2]).then_with(|| a.0.cmp(&b.0)));
    let row = |(name, counts): (String, [u64; 3])| {
        [Cell::from(name)].into_iter().chain(counts.map(Cell::from)).collect()
    };
    let languages = Table {
        key: "languages",
        columns: vec!["language", "files", "lines", "bytes"],
        rows: rows.into_iter().map(row).collect(),
    };
    let head = Head {
        name: options.name.clone(),
        facts,
        tables: vec![languages],
        toc: options.toc,
        lines,
        nonce: Nonce(u64::from_be_bytes(*first)),
    };
    (head, report)
}

/// A time to the second, as people and programs read it.
fn moment(time: Timestamp) -> String {
    let at = jiff::Timestamp::from_second(time.secs).unwrap_or_default();
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}
