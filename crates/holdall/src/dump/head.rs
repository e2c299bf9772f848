//! What stands before the contents: facts, tables, and where each file is.

use std::collections::BTreeMap;

use holdall_dump::{Cell, Fact, Head, Level, Line, Nonce, Table};
use holdall_tree::{ContentHash, Kind, RelPath, Timestamp, TreeId};

use super::inspect::Item;
use super::{DumpOptions, DumpReport};

/// Counts, by language or in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Files.
    pub files: u64,
    /// Their lines, as [`holdall_insight::lines`] counts them.
    pub lines: u64,
    /// Lines with code.
    pub code: u64,
    /// Lines with nothing but comments.
    pub comments: u64,
    /// Lines with nothing.
    pub blanks: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Their tokens, if they were counted.
    pub tokens: u64,
}

impl Counts {
    fn add(&mut self, item: &Item) {
        let facts = &item.seen.facts;
        self.files += 1;
        self.lines += facts.lines;
        self.code += facts.code;
        self.comments += facts.comments;
        self.blanks += facts.blanks;
        self.bytes += facts.bytes;
        self.tokens += item.record.tokens.unwrap_or_default();
    }
}

/// Counts of all files that were read, in all and by language, the one with the most bytes first.
#[must_use]
pub fn count<'i>(items: impl IntoIterator<Item = &'i Item>) -> (Counts, Vec<(String, Counts)>) {
    let mut all = Counts::default();
    let mut languages: BTreeMap<&str, Counts> = BTreeMap::new();
    for item in items {
        if !matches!(item.record.kind, Kind::File { .. }) || item.record.sha256.is_none() {
            continue;
        }
        if item.record.link_to.is_some() {
            continue;
        }
        all.add(item);
        languages.entry(item.record.language.as_deref().unwrap_or("other")).or_default().add(item);
    }
    let mut languages: Vec<(String, Counts)> =
        languages.into_iter().map(|(name, counts)| (name.to_owned(), counts)).collect();
    languages.sort_by(|a, b| b.1.bytes.cmp(&a.1.bytes).then_with(|| a.0.cmp(&b.0)));
    (all, languages)
}

/// Tokens of each file, and of all beneath each directory.
#[must_use]
pub fn weights(items: &[Item]) -> BTreeMap<RelPath, u64> {
    let mut weights: BTreeMap<RelPath, u64> = BTreeMap::new();
    for item in items {
        let Some(tokens) = item.record.tokens else { continue };
        let mut at = Some(item.record.path.clone());
        while let Some(path) = at {
            at = path.parent();
            *weights.entry(path).or_default() += tokens;
        }
    }
    weights
}

/// What stands before the contents, and what will be reported.
pub(super) fn head(items: &[Item], options: &DumpOptions) -> (Head, DumpReport) {
    let (counts, languages) = count(items);
    let tokens = options.looks.tokens;
    let mut facts =
        vec![Fact::text("written", format!("{} by {}", moment(options.time), options.generator))];
    facts.extend(options.facts.iter().cloned());
    facts.push(Fact::number("files", counts.files));
    facts.push(Fact::number("lines", counts.lines));
    facts.push(Fact::number("bytes", counts.bytes));
    if let Some(encoding) = tokens {
        facts.push(Fact::number("tokens", counts.tokens));
        facts.push(Fact::text("encoding", encoding.name()));
    }
    let omitted = items.iter().filter(|item| item.record.omitted.is_some()).count() as u64;
    if omitted > 0 {
        facts.push(Fact::number("omitted", omitted));
    }
    let redacted = items.iter().map(|item| item.record.redacted).sum();
    if redacted > 0 {
        facts.push(Fact::number("redacted", redacted));
    }
    let head = Head {
        name: options.name.clone(),
        facts,
        tables: vec![
            self::languages(languages, tokens.is_some()),
            todos(items),
            secrets(items),
            gone(options),
        ],
        toc: options.toc,
        lines: lines(items),
        nonce: nonce(items),
        design: options.design.clone(),
    };
    let report = DumpReport {
        tree: TreeId([0; 32]),
        files: counts.files,
        bytes: counts.bytes,
        lines: counts.lines,
        tokens: tokens.map(|_| counts.tokens),
        omitted,
        redacted,
        texts: Vec::new(),
        reduced: items.iter().filter(|item| item.record.level != Level::Full).count() as u64,
    };
    (head, report)
}

fn lines(items: &[Item]) -> Vec<Line> {
    let weights = weights(items);
    let below_root = items.iter().filter(|item| !item.record.path.is_root());
    let line = |item: &Item| Line {
        path: item.record.path.clone(),
        is_dir: item.entry.is_dir(),
        part: item.record.part,
        tokens: weights.get(&item.record.path).copied(),
    };
    below_root.map(line).collect()
}

fn languages(languages: Vec<(String, Counts)>, tokens: bool) -> Table {
    let mut columns = vec!["language", "files", "lines", "code", "comments", "bytes"];
    columns.extend(tokens.then_some("tokens"));
    let row = |(name, counts): (String, Counts)| {
        let numbers = [counts.files, counts.lines, counts.code, counts.comments, counts.bytes];
        let mut row = vec![Cell::from(name)];
        row.extend(numbers.map(Cell::from));
        row.extend(tokens.then(|| Cell::from(counts.tokens)));
        row
    };
    Table { key: "languages", columns, rows: languages.into_iter().map(row).collect() }
}

fn todos(items: &[Item]) -> Table {
    let rows = items.iter().flat_map(|item| {
        item.seen.todos.iter().map(|todo| {
            vec![
                Cell::from(item.record.path.to_string()),
                Cell::from(todo.line),
                Cell::from(todo.tag.clone()),
                Cell::from(todo.author.clone().unwrap_or_default()),
                Cell::from(todo.text.clone()),
            ]
        })
    });
    Table {
        key: "todos",
        columns: vec!["file", "line", "tag", "author", "text"],
        rows: rows.collect(),
    }
}

fn secrets(items: &[Item]) -> Table {
    let rows = items.iter().flat_map(|item| {
        item.seen.secrets.iter().map(|finding| {
            vec![
                Cell::from(item.record.path.to_string()),
                Cell::from(finding.line),
                Cell::from(finding.rule.to_string()),
                Cell::from(finding.description.to_string()),
            ]
        })
    });
    Table {
        key: "secrets",
        columns: vec!["file", "line", "rule", "description"],
        rows: rows.collect(),
    }
}

fn gone(options: &DumpOptions) -> Table {
    let rows = options.gone.iter().map(|path| vec![Cell::from(path.clone())]).collect();
    Table { key: "gone", columns: vec!["file"], rows }
}

/// A number that depends on every path and every content.
fn nonce(items: &[Item]) -> Nonce {
    let mut all = Vec::new();
    for item in items {
        all.extend_from_slice(item.record.path.as_bytes());
        all.push(0);
        all.extend_from_slice(&item.record.sha256.map_or([0; 32], |hash| hash.0));
    }
    let hash = ContentHash::of(&all).0;
    let (first, _) = hash.split_first_chunk::<8>().unwrap_or((&[0; 8], &[]));
    Nonce(u64::from_be_bytes(*first))
}

/// A time to the second, as people and programs read it.
fn moment(time: Timestamp) -> String {
    let at = jiff::Timestamp::from_second(time.secs).unwrap_or_default();
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}
