//! What is written down of a clone: who it is of, and each of its entries with the hash of its content.
//!
//! A record is text, one line for each entry, so that people and other programs can read it too; `docs/clones.md`
//! describes it. It ends with the hash of all before, so that a damaged one is not believed.

mod lines;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use holdall_tree::{ContentHash, Entry, RelPath, Timestamp, TreeId, TreeIds};

use super::escape::{escaped, unescaped};
use lines::{read_time, time};

/// The first line of a record.
const MAGIC: &str = "holdall clone 1";
/// The largest record that is read, in bytes.
pub(super) const RECORD_BYTES_MAX: u64 = 4 << 30;
/// The longest beginning of a record, up to its entries, in bytes.
pub(super) const HEAD_BYTES_MAX: u64 = 1 << 16;
/// An inode that was changed this shortly before a clone began may have been changed again within the same tick of the
/// file system's clock, after the clone looked: 10 ms covers the coarsest kernel tick (100 Hz).
const TICK_NANOS: i128 = 10_000_000;

/// What a clone is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The name of its directory.
    pub name: String,
    /// What the project is called.
    pub project: String,
    /// What tells the project from every other: clones of the same one share files and are rotated together.
    pub id: String,
    /// What was cloned, in words.
    pub source: String,
    /// When it was begun.
    pub time: Timestamp,
    /// Labels.
    pub tags: Vec<String>,
    /// Entries that could not be cloned.
    pub problems: u64,
    /// The ID of its tree.
    pub tree: TreeId,
    /// Entries beside the root.
    pub entries: u64,
    /// Bytes of content.
    pub bytes: u64,
}

/// One entry of a clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The entry as the source had it: inode and time of last change are those of the source.
    pub entry: Entry,
    /// The hash of a file's content.
    pub hash: Option<ContentHash>,
    /// The first name of the same file, if the clone has several of it.
    pub link: Option<RelPath>,
}

/// All that is written down of a clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What it is.
    pub head: Head,
    /// Its entries, in canonical order, the root first.
    pub rows: Vec<Row>,
}

impl Record {
    /// The entry at `path`.
    #[must_use]
    pub fn find(&self, path: &RelPath) -> Option<&Row> {
        let at = self.rows.binary_search_by(|row| row.entry.path.cmp(path)).ok()?;
        self.rows.get(at)
    }

    /// The entry at `path`, which most often is the one at `next`: whoever asks in order is answered without a search. The
    /// one behind it is what is expected then.
    fn find_next(&self, path: &RelPath, next: &mut usize) -> Option<&Row> {
        let at = match self.rows.get(*next) {
            Some(row) if row.entry.path == *path => *next,
            _ => self.rows.binary_search_by(|row| row.entry.path.cmp(path)).ok()?,
        };
        *next = at + 1;
        self.rows.get(at)
    }

    /// The entry at the path of `now`, if the source had then what it has now; `next` is where the last one was found, to go
    /// on from there. Permissions, owners, extended attributes and ACLs need no look: changing them changes the inode's
    /// time of change.
    pub(crate) fn still_holds(&self, now: &Entry, next: &mut usize) -> Option<&Row> {
        let row = self.find_next(&now.path, next)?;
        let (then, meta) = (&row.entry.meta, &now.meta);
        let changed = meta.ctime?;
        let same = std::mem::discriminant(&row.entry.kind) == std::mem::discriminant(&now.kind)
            && row.entry.size() == now.size()
            && meta.mtime.is_some()
            && then.mtime == meta.mtime
            && then.ctime == meta.ctime
            && meta.inode.is_some()
            && then.inode == meta.inode
            && changed.as_nanos() < self.head.time.as_nanos() - TICK_NANOS;
        same.then_some(row)
    }

    /// Completes a record of these entries: their order, names of one file, and the numbers of the head. `same` has the
    /// record of a clone with the very same entries, whose tree ID needs no computing.
    #[must_use]
    pub fn of(mut head: Head, mut rows: Vec<Row>, same: Option<&Head>) -> Self {
        rows.sort_unstable_by(|a, b| a.entry.path.cmp(&b.entry.path));
        group(&mut rows);
        head.entries = rows.len().saturating_sub(1) as u64;
        head.bytes = rows.iter().fold(0, |sum, row| sum.saturating_add(row.entry.size()));
        head.tree = match same {
            Some(same) => same.tree,
            None => {
                let mut ids = TreeIds::default();
                for row in &rows {
                    ids.add(&row.entry, row.hash);
                }
                ids.finish().0
            }
        };
        Self { head, rows }
    }

    /// The record as it is written.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.written(true)
    }

    /// The same for another machine: without inodes and times of change, which mean nothing there.
    #[must_use]
    pub fn encode_for_others(&self) -> Vec<u8> {
        self.written(false)
    }

    fn written(&self, here: bool) -> Vec<u8> {
        let mut out = String::new();
        let head = &self.head;
        let _ = writeln!(out, "{MAGIC}");
        for (key, value) in [
            ("name", &head.name),
            ("project", &head.project),
            ("id", &head.id),
            ("source", &head.source),
        ] {
            let _ = writeln!(out, "{key} {}", escaped(value.as_bytes()));
        }
        for tag in &head.tags {
            let _ = writeln!(out, "tag {}", escaped(tag.as_bytes()));
        }
        let _ = writeln!(out, "time {}", time(Some(head.time)));
        let _ = writeln!(
            out,
            "tree {}\nentries {}\nbytes {}\nproblems {}\n",
            head.tree, head.entries, head.bytes, head.problems
        );
        let (first, rest) = lines::write(&self.rows, here);
        out.push_str(&first);
        out.push_str(&rest);
        let _ = writeln!(out, "sum {}", ContentHash::of(out.as_bytes()));
        out.into_bytes()
    }

    /// Reads a record.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn decode(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "it is no text")?;
        let at = text.trim_end_matches('\n').rfind('\n').map_or(0, |at| at + 1);
        let (body, last) = text.split_at_checked(at).ok_or("it is cut off")?;
        let sum = last.strip_prefix("sum ").and_then(|sum| sum.strip_suffix('\n'));
        let entries = || body.split_once("\n\n").map(|(head, rest)| (head, lines::read(rest)));
        let (read, found) = lines::both(entries, || ContentHash::of(body.as_bytes()));
        if sum.and_then(ContentHash::parse) != Some(found) {
            return Err(
                "it is damaged or cut off: its last line is not the hash of the rest".into()
            );
        }
        let (head, rows) = read.ok_or("it has no entries")?;
        let (head, rows) = (decode_head(head)?, rows?);
        let ascending = rows.windows(2).all(|pair| match pair {
            [a, b] => a.entry.path < b.entry.path,
            _ => true,
        });
        if !ascending || rows.first().is_none_or(|row| !row.entry.path.is_root()) {
            return Err("its entries are not in order".into());
        }
        Ok(Self { head, rows })
    }
}

fn senseless(line: &str) -> String {
    format!("this line makes no sense: {}", line.chars().take(80).collect::<String>())
}

/// Reads the lines before the entries.
pub(super) fn decode_head(text: &str) -> Result<Head, String> {
    let mut lines = text.lines();
    if lines.next() != Some(MAGIC) {
        return Err("it is no record of a clone, or of another version".into());
    }
    let mut head = Head {
        name: String::new(),
        project: String::new(),
        id: String::new(),
        source: String::new(),
        time: Timestamp::default(),
        tags: Vec::new(),
        problems: 0,
        tree: TreeId([0; 32]),
        entries: 0,
        bytes: 0,
    };
    for line in lines {
        let bad = || senseless(line);
        let (key, value) = line.split_once(' ').ok_or_else(bad)?;
        let words = || unescaped(value).and_then(|bytes| String::from_utf8(bytes).ok());
        let number = || value.parse::<u64>().map_err(|_| bad());
        match key {
            "name" => head.name = words().ok_or_else(bad)?,
            "project" => head.project = words().ok_or_else(bad)?,
            "id" => head.id = words().ok_or_else(bad)?,
            "source" => head.source = words().ok_or_else(bad)?,
            "tag" => head.tags.push(words().ok_or_else(bad)?),
            "time" => head.time = read_time(value).flatten().ok_or_else(bad)?,
            "tree" => head.tree = TreeId(ContentHash::parse(value).ok_or_else(bad)?.0),
            "entries" => head.entries = number()?,
            "bytes" => head.bytes = number()?,
            "problems" => head.problems = number()?,
            _ => return Err(bad()),
        }
    }
    Ok(head)
}

/// Names of one file get the first of them, and its hash.
fn group(rows: &mut [Row]) {
    use std::collections::HashMap;
    struct Group {
        first: RelPath,
        names: u64,
        hash: Option<ContentHash>,
    }
    let mut groups: HashMap<(u64, u64), Group> = HashMap::new();
    let key = |row: &Row| row.entry.meta.hard_link.map(|link| (link.device, link.inode));
    for row in rows.iter() {
        let Some(key) = key(row) else { continue };
        let first = || Group { first: row.entry.path.clone(), names: 0, hash: None };
        let group = groups.entry(key).or_insert_with(first);
        group.names += 1;
        group.hash = group.hash.or(row.hash);
    }
    for row in rows {
        let Some(group) = key(row).and_then(|key| groups.get(&key)) else { continue };
        row.hash = group.hash;
        row.link = (group.names > 1).then(|| group.first.clone());
    }
}
