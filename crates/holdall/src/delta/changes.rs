//! What the list of a delta holds: the entries that differ from those of the old directory, and the names that are gone.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};

use holdall_fs::clone::{Head, Record, Row};
use holdall_tree::{ContentHash, RelPath, Xattr};

use super::{head, list, put_length, put_path, read_length, read_list, read_path};
use crate::error::{Error, Result};

/// The most names that may be gone.
const GONE_MAX: u64 = 1 << 32;

/// How a new directory differs from an old one.
pub(super) struct Changes {
    /// The head of the new one, and the rows that are new or other ones; the root is always among them. A file whose row
    /// has no hash has the content that the old directory has under the same name.
    pub(super) rows: Record,
    /// What the new one does not have, in canonical order.
    pub(super) gone: Vec<RelPath>,
}

impl Changes {
    /// What makes `new` of `old`.
    pub(super) fn between(old: &Record, new: Record) -> Self {
        let names: BTreeSet<&RelPath> = new.rows.iter().map(|row| &row.entry.path).collect();
        let gone = old.rows.iter().map(|row| &row.entry.path);
        let gone = gone.filter(|path| !names.contains(path)).cloned().collect();
        let differs = |row: &Row| {
            row.entry.path.is_root()
                || old.find(&row.entry.path).is_none_or(|before| !is_same(before, row))
        };
        let rows = new.rows.into_iter().filter(differs).collect();
        Self { rows: Record { head: new.head, rows }, gone }
    }

    pub(super) fn write(&self, out: &mut dyn Write) -> Result<()> {
        list(out, &self.rows)?;
        put_length(out, self.gone.len() as u64)?;
        self.gone.iter().try_for_each(|path| put_path(out, path))
    }

    pub(super) fn read(read: &mut dyn Read) -> Result<Self> {
        let rows = read_list(read)?;
        let mut gone = Vec::new();
        for _ in 0..read_length(read, GONE_MAX)? {
            gone.push(read_path(read)?);
        }
        Ok(Self { rows, gone })
    }

    /// The rows of the new directory, and which of them are those of the old one.
    pub(super) fn over(self, old: &Record) -> Result<(Head, Vec<Patch>)> {
        let unknown = |path: &RelPath| Error::Delta(format!("the old directory has no {path}"));
        let mut rows: BTreeMap<RelPath, Patch> = BTreeMap::new();
        for row in &old.rows {
            rows.insert(row.entry.path.clone(), Patch { row: row.clone(), changed: false });
        }
        for path in &self.gone {
            rows.remove(path).ok_or_else(|| unknown(path))?;
        }
        for row in self.rows.rows {
            rows.insert(row.entry.path.clone(), Patch { row, changed: true });
        }
        Ok((self.rows.head, rows.into_values().collect()))
    }
}

/// A row of the new directory.
pub(super) struct Patch {
    pub(super) row: Row,
    /// False if it is that of the old directory.
    pub(super) changed: bool,
}

/// True if a record says the same of both, inode and time of change aside.
fn is_same(a: &Row, b: &Row) -> bool {
    let xattrs = |row: &Row| -> Vec<Xattr> {
        let mut xattrs = row.entry.meta.xattrs.clone().unwrap_or_default();
        xattrs.sort();
        xattrs
    };
    let (x, y) = (&a.entry.meta, &b.entry.meta);
    a.entry.kind == b.entry.kind
        && (x.mode, x.uid, x.gid, x.mtime) == (y.mode, y.uid, y.gid, y.mtime)
        && x.attributes.unwrap_or_default() == y.attributes.unwrap_or_default()
        && x.extents == y.extents
        && a.hash == b.hash
        && a.link == b.link
        && xattrs(a) == xattrs(b)
}

/// The record of rows that come from anywhere, in order.
pub(super) fn ordered(rows: Vec<Row>) -> Record {
    Record::of(head(), rows, None)
}

/// The hashes that a directory has, each under one name.
pub(super) fn by_hash(record: &Record) -> BTreeMap<ContentHash, &Row> {
    record.rows.iter().filter_map(|row| Some((row.hash?, row))).collect()
}
