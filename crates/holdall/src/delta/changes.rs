//! What the list of a delta holds: the entries that differ from those of the old directory, and the names that are gone.

use std::collections::BTreeMap;
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
        let mut there = InOrder::new(&new);
        let gone = old.rows.iter().map(|row| &row.entry.path);
        let gone = gone.filter(|path| there.find(path).is_none()).cloned().collect();
        let mut before = InOrder::new(old);
        let mut differs = |row: &Row| {
            let same = before.find(&row.entry.path).is_some_and(|before| is_same(before, row));
            !same || row.entry.path.is_root()
        };
        let rows = new.rows.into_iter().filter(&mut differs).collect();
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
        let Record { head, rows } = self.rows;
        let (mut rows, mut gone) = (rows.into_iter().peekable(), self.gone);
        gone.sort_unstable();
        let mut gone = gone.iter().peekable();
        let changed = |row| Patch { row, changed: true };
        let mut patches = Vec::with_capacity(old.rows.len());
        for before in &old.rows {
            let path = &before.entry.path;
            while let Some(row) = rows.next_if(|row| row.entry.path < *path) {
                patches.push(changed(row));
            }
            if gone.peek().is_some_and(|gone| *gone < path) {
                break;
            }
            let goes = gone.next_if(|gone| *gone == path).is_some();
            match rows.next_if(|row| row.entry.path == *path) {
                Some(row) => patches.push(changed(row)),
                None if goes => {}
                None => patches.push(Patch { row: before.clone(), changed: false }),
            }
        }
        if let Some(path) = gone.next() {
            return Err(Error::Delta(format!("the old directory has no {path}")));
        }
        patches.extend(rows.map(changed));
        Ok((head, patches))
    }
}

/// Finds rows of a list by paths that come in canonical order, each later than the one before: together they cost one way
/// through it.
pub(super) struct InOrder<'r>(&'r [Row]);

impl<'r> InOrder<'r> {
    pub(super) fn new(record: &'r Record) -> Self {
        Self(&record.rows)
    }

    /// The row of `path`, if there is one.
    pub(super) fn find(&mut self, path: &RelPath) -> Option<&'r Row> {
        let earlier = self.0.iter().take_while(|row| row.entry.path < *path).count();
        self.0 = self.0.get(earlier..).unwrap_or_default();
        self.0.first().filter(|row| row.entry.path == *path)
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

/// The same without the ID of the tree, which nobody needs yet.
pub(super) fn sorted(rows: Vec<Row>) -> Record {
    Record::of(head(), rows, Some(&head()))
}

/// The hashes that a directory has, each under one name.
pub(super) fn by_hash(record: &Record) -> BTreeMap<ContentHash, &Row> {
    record.rows.iter().filter_map(|row| Some((row.hash?, row))).collect()
}
