//! Making a delta: what is new in each file, and then the entries that differ.

use std::collections::{HashMap, HashSet};
use std::io::Write;

use holdall_codec::delta::{self as content, DeltaError, Signature};
use holdall_fs::clone::{Record, Row};
use holdall_tree::{Content, ContentHash, Context, Entry, Kind, RelPath, Tree};

use super::changes::{Changes, InOrder};
use super::{
    AGAINST_NOTHING, AGAINST_OLD, DELTA, LIST, Old, Signatures, Travelled, Unchanged, Whole,
    malformed, put_path, written,
};
use crate::error::{Error, Result};
use crate::read::hash;

/// Bytes that are read at a time.
const BUFFER_BYTES: usize = 1 << 18;

/// Writes what makes `tree`, of which `new` tells, of the old directory. Some files of it may be `signed` already, in
/// chunks of the same length as those of the old ones.
pub(super) fn write(
    ctx: &Context<'_>,
    tree: &dyn Tree,
    mut new: Record,
    (old, signed): (&Old, &Signatures),
    unchanged: Unchanged,
    out: &mut dyn Write,
) -> Result<Travelled> {
    out.write_all(DELTA).map_err(Error::Output)?;
    out.write_all(&old.record.head.tree.0).map_err(Error::Output)?;
    let mut maker = Maker {
        ctx,
        tree,
        old,
        signed,
        before: InOrder::new(&old.record),
        unchanged,
        known: old.record.rows.iter().filter_map(|row| row.hash).collect(),
        sizes: old.record.rows.iter().map(|row| row.entry.size()).collect(),
        groups: HashMap::new(),
        files: 0,
        out,
        buffer: vec![0; BUFFER_BYTES],
    };
    for row in &mut new.rows {
        ctx.check()?;
        maker.row(row)?;
    }
    let files = maker.files;
    out.write_all(&[LIST]).map_err(Error::Output)?;
    // The names of the files were known before, their hashes are now.
    let new = Record::of(new.head, new.rows, None);
    let (tree, entries) = (new.head.tree, new.head.entries);
    Changes::between(&old.record, new).write(out)?;
    Ok(Travelled { tree, entries, files })
}

/// True if a file counts as one that the old directory has under the same name.
pub(super) fn is_kept(before: Option<&Row>, row: &Row, unchanged: Unchanged) -> bool {
    let Some(before) = before else { return false };
    let files = matches!((&before.entry.kind, &row.entry.kind), (Kind::File { size: a }, Kind::File { size: b }) if a == b);
    let mtime = row.entry.meta.mtime;
    files
        && match unchanged {
            Unchanged::Quick => mtime.is_some() && mtime == before.entry.meta.mtime,
            Unchanged::Checked => row.hash.is_some() && row.hash == before.hash,
        }
}

struct Maker<'m> {
    ctx: &'m Context<'m>,
    tree: &'m dyn Tree,
    old: &'m Old,
    signed: &'m Signatures,
    before: InOrder<'m>,
    unchanged: Unchanged,
    /// Contents that the old directory has, or that were written already.
    known: HashSet<ContentHash>,
    sizes: HashSet<u64>,
    /// The hash of each file with several names, by the first of them.
    groups: HashMap<RelPath, Option<ContentHash>>,
    files: u64,
    out: &'m mut dyn Write,
    buffer: Vec<u8>,
}

impl Maker<'_> {
    /// Writes what is new of an entry, and completes its row.
    fn row(&mut self, row: &mut Row) -> Result<()> {
        if !matches!(row.entry.kind, Kind::File { .. }) {
            return Ok(());
        }
        let first = row.link.clone();
        row.hash = match first.as_ref().and_then(|first| self.groups.get(first)) {
            Some(hash) => *hash,
            None => self.file(row)?,
        };
        if let Some(first) = first {
            self.groups.insert(first, row.hash);
        }
        Ok(())
    }

    /// Writes what is new in a file, if anything is, and gives its hash; `None` if it is that of the old directory, whose
    /// hash nobody knows.
    fn file(&mut self, row: &Row) -> Result<Option<ContentHash>> {
        let before = self.before.find(&row.entry.path);
        if is_kept(before, row, self.unchanged) {
            return Ok(before.and_then(|before| before.hash));
        }
        let known = match row.hash {
            // It may be one that only moved. It is read twice, to find that out first.
            None if self.sizes.contains(&row.entry.size()) && !self.known.is_empty() => {
                Some(self.hash(&row.entry)?)
            }
            known => known,
        };
        match known.filter(|hash| self.known.contains(hash)) {
            Some(hash) => Ok(Some(hash)),
            None => self.delta(&row.entry).map(Some),
        }
    }

    fn hash(&mut self, entry: &Entry) -> Result<ContentHash> {
        let content = self.tree.open(entry)?;
        let read = hash(self.ctx, content, &mut self.buffer);
        Ok(read.map_err(|source| Error::Read { path: entry.path.clone(), source })?.0)
    }

    fn delta(&mut self, entry: &Entry) -> Result<ContentHash> {
        let nothing;
        let (kind, signature) = match self.old.signatures.get(&entry.path) {
            Some(signature) => (AGAINST_OLD, signature),
            None => {
                nothing = Signature::of(&mut std::io::empty(), 0).map_err(malformed)?;
                (AGAINST_NOTHING, &nothing)
            }
        };
        self.out.write_all(&[kind]).map_err(Error::Output)?;
        put_path(self.out, &entry.path)?;
        let made = match (self.tree.open(entry)?, self.signed.get(&entry.path)) {
            (Content::At(new), Some(signed)) if kind == AGAINST_OLD => {
                content::make_between(signature, signed, &Whole(&*new), self.out)
                    .map(|()| (signed.length, signed.hash))
            }
            (new, _) => content::make(signature, &mut new.into_read(), self.out),
        };
        let (length, hash) = made.map_err(|error| match error {
            DeltaError::Read(source) => Error::Read { path: entry.path.clone(), source },
            other => written(other),
        })?;
        if length != entry.size() {
            return Err(Error::Changed { path: entry.path.clone() });
        }
        self.files += 1;
        self.known.insert(ContentHash(hash));
        Ok(ContentHash(hash))
    }
}
