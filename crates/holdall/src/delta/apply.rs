//! Making the new directory of the old one and a delta.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read, Write};
use std::path::Path;

use holdall_codec::delta as content;
use holdall_fs::clone::{Record, Row};
use holdall_fs::restore::{self as staged, Extra, Overwrite, Policy, RestoreReport, Verify};
use holdall_fs::{DirectoryTree, ReadOptions};
use holdall_tree::{
    Content, ContentHash, Context, Entry, Everything, HardLink, Kind, ReadAt, RelPath, Tree,
};

use super::changes::{Changes, InOrder, Patch, by_hash, ordered};
use super::rows::Rows;
use super::survey::{Seek, survey};
use super::{
    AGAINST_NOTHING, AGAINST_OLD, DELTA, LIST, Whole, at_end, exact, magic, malformed, read_path,
    unpacked,
};
use crate::behind::behind;
use crate::capture::capture;
use crate::error::{Error, Result};
use crate::restore::complete;
use crate::sealed::Place;
use crate::source::Spools;
use crate::spool::{Secrecy, Spool};

/// Makes `dir` what the delta was made of, in one step; what it replaces is kept as a restore point. Contents that come with
/// it go to `spools` first, which may have been made where more was allowed.
///
/// # Errors
/// If `dir` is not what the delta was made against, the delta was changed, or the disk fails. Then nothing is changed.
pub fn apply(
    ctx: &Context<'_>,
    dir: &Path,
    spools: &Spools,
    delta: &mut dyn Read,
) -> Result<RestoreReport> {
    complete(ctx, dir)?;
    let base = DirectoryTree::open(dir, ReadOptions::default())?;
    let mut read = unpacked(delta);
    let wanted = read_head(&mut read)?;
    let old = ordered(survey(ctx, &base, Seek::Hashes)?.rows);
    if old.head.tree.0 != wanted {
        return Err(Error::OtherBase { dir: dir.to_owned() });
    }
    let tree = patched(ctx, (&base, &old), spools, &mut read)?;
    at_end(&mut read)?;
    exchange(ctx, &tree, dir, old)
}

/// The beginning of a delta: which directory it was made against.
pub(super) fn read_head(read: &mut dyn Read) -> Result<[u8; 32]> {
    magic(read, DELTA, "a delta of a directory")?;
    let mut wanted = [0; 32];
    exact(read, &mut wanted)?;
    Ok(wanted)
}

/// The new directory, of the old one and the rest of a delta.
pub(super) fn patched<'p>(
    ctx: &Context<'_>,
    (base, old): (&'p dyn Tree, &Record),
    spools: &Spools,
    read: &mut dyn Read,
) -> Result<Patched<'p>> {
    let parts = parts(ctx, (base, old), spools, read)?;
    Patched::new(base, old, parts, Changes::read(read)?)
}

/// Puts the new directory in the place of the old one, of which `old` tells.
pub(super) fn exchange(
    ctx: &Context<'_>,
    tree: &Patched<'_>,
    dir: &Path,
    old: Record,
) -> Result<RestoreReport> {
    let policy =
        Policy { overwrite: Overwrite::Other, extra: Extra::DeleteAll, ..Policy::default() };
    let known: Rows = old.rows.into_iter().map(|row| row.entry).collect();
    let plan = staged::plan_known(ctx, tree, &Everything, (dir, &known), policy)?;
    drop(known);
    let drive = |ctx: &Context<'_>,
                 tree: &dyn Tree,
                 filter: &dyn holdall_tree::Filter,
                 sink: &dyn holdall_tree::Sink| capture(ctx, tree, filter, sink);
    Ok(staged::apply(ctx, &plan, tree, &Everything, "a delta", Verify::No, &drive)?)
}

/// Contents that came with the delta, one behind the other.
pub(super) struct Parts {
    contents: Place,
    by_hash: BTreeMap<ContentHash, (u64, u64)>,
}

/// Reads the parts of a delta, up to its list.
pub(super) fn parts(
    ctx: &Context<'_>,
    (base, old): (&dyn Tree, &Record),
    spools: &Spools,
    read: &mut dyn Read,
) -> Result<Parts> {
    let file = spools.contents().map_err(Error::Output)?;
    let mut spool = Spool::new(file, Secrecy::Open).map_err(Error::Output)?;
    // What comes out is hashed while it is written.
    let put = |out: &mut (dyn Write + Send)| put_together(ctx, (base, old), read, out);
    let by_hash = behind(&mut spool, put, Error::Output)?;
    Ok(Parts { contents: spool.place().map_err(Error::Output)?, by_hash })
}

/// Writes the contents that the parts of a delta make, and gives where each of them is.
fn put_together(
    ctx: &Context<'_>,
    (base, old): (&dyn Tree, &Record),
    read: &mut dyn Read,
    mut out: &mut (dyn Write + Send),
) -> Result<BTreeMap<ContentHash, (u64, u64)>> {
    let (mut by_hash, mut offset) = (BTreeMap::new(), 0u64);
    loop {
        ctx.check()?;
        let mut kind = [0];
        exact(read, &mut kind)?;
        let against_old = match kind {
            [LIST] => return Ok(by_hash),
            [AGAINST_OLD] => true,
            [AGAINST_NOTHING] => false,
            _ => return Err(Error::Delta("there is no such part".into())),
        };
        let path = read_path(read)?;
        let most = ctx.limits.bytes_max.saturating_sub(offset);
        let applied = if against_old {
            let other = || Error::Delta(format!("{path} is no file of the old directory"));
            let is_file = |row: &&Row| matches!(row.entry.kind, Kind::File { .. });
            let row = old.find(&path).filter(is_file).ok_or_else(other)?;
            let Content::At(at) = base.open(&row.entry)? else { return Err(other()) };
            content::apply(&Whole(&*at), row.entry.size(), read, &mut out, most)
        } else {
            content::apply(&[0u8; 0][..], 0, read, &mut out, most)
        };
        let (length, hash) = applied.map_err(malformed)?;
        by_hash.insert(ContentHash(hash), (offset, length));
        offset += length;
    }
}

/// Where the content of a file of the new directory is.
#[derive(Debug, Clone)]
enum Lies {
    /// In the old directory.
    Old(Box<Entry>),
    /// In what came with the delta: offset and length.
    Part(u64, u64),
}

impl Lies {
    fn old(row: &Row) -> Self {
        Self::Old(Box::new(row.entry.clone()))
    }

    fn length(&self) -> Option<u64> {
        match self {
            Self::Old(entry) => match entry.kind {
                Kind::File { size } => Some(size),
                _ => None,
            },
            Self::Part(_, length) => Some(*length),
        }
    }
}

/// The new directory, as the old one and a delta make it.
pub(super) struct Patched<'p> {
    base: &'p dyn Tree,
    contents: Place,
    rows: Rows,
    /// Of files whose rows came with the delta, and of names of one file. All others lie where they did.
    lies: HashMap<RelPath, Lies>,
}

fn contradicts(what: &str) -> Error {
    Error::Delta(format!("its list contradicts itself: {what}"))
}

impl<'p> Patched<'p> {
    /// Checks that all that the new directory holds is there.
    pub(super) fn new(
        base: &'p dyn Tree,
        old: &Record,
        parts: Parts,
        changes: Changes,
    ) -> Result<Self> {
        let (listed, patches) = changes.over(old)?;
        let changed: Vec<bool> = patches.iter().map(|patch| patch.changed).collect();
        let rows = linked(patches.into_iter().map(|Patch { row, .. }| row).collect());
        let new = Record::of(listed.clone(), rows, None);
        if new.head != listed {
            return Err(contradicts("it is of another tree"));
        }
        let hashes = by_hash(old);
        let mut old = InOrder::new(old);
        let mut rows = Rows::default();
        let mut lies: HashMap<RelPath, Lies> = HashMap::new();
        for (row, changed) in new.rows.into_iter().zip(changed) {
            let before = old.find(&row.entry.path);
            let mut same = !changed;
            let may_differ = changed || row.link.is_some();
            if let (true, Kind::File { size }) = (may_differ, &row.entry.kind) {
                let place = match &row.link {
                    // Names of one file have one content, whatever was under each of them.
                    Some(first) if changed && *first != row.entry.path => lies.get(first).cloned(),
                    _ if changed => place(&row, before, &parts, &hashes),
                    _ => before.map(Lies::old),
                };
                let place = place.ok_or_else(|| contradicts("a content is not there"))?;
                same = matches!(&place, Lies::Old(entry) if before.is_some_and(|before| before.entry == **entry));
                if place.length() != Some(*size) {
                    return Err(contradicts("a file has another length"));
                }
                lies.insert(row.entry.path.clone(), place);
            }
            let before = before.map(|before| &before.entry);
            let mut entry = row.entry;
            // The very same file is shared; all else is written, whatever its time says.
            let before = before.filter(|_| same);
            entry.meta.device = before.and_then(|before| before.meta.device);
            entry.meta.inode = before.and_then(|before| before.meta.inode);
            entry.meta.ctime = before.filter(|_| !changed).and_then(|before| before.meta.ctime);
            rows.add(entry);
        }
        if !rows.has_root() {
            return Err(contradicts("it has no root"));
        }
        Ok(Self { base, contents: parts.contents, rows, lies })
    }
}

/// Where the content of a file lies whose row came with the delta; without a hash it is what was under its name.
fn place(
    row: &Row,
    before: Option<&Row>,
    parts: &Parts,
    hashes: &BTreeMap<ContentHash, &Row>,
) -> Option<Lies> {
    let Some(hash) = row.hash else { return before.map(Lies::old) };
    if let Some((offset, length)) = parts.by_hash.get(&hash) {
        return Some(Lies::Part(*offset, *length));
    }
    let here = before.filter(|before| before.hash == row.hash);
    here.or_else(|| hashes.get(&hash).copied()).map(Lies::old)
}

/// Brings back the groups of names that a list has by their first name.
pub(super) fn linked(mut rows: Vec<Row>) -> Vec<Row> {
    let mut numbers: HashMap<RelPath, u64> = HashMap::new();
    for row in &mut rows {
        let Some(first) = row.link.take() else { continue };
        let next = numbers.len() as u64 + 1;
        let inode = *numbers.entry(first).or_insert(next);
        row.entry.meta.hard_link = Some(HardLink { device: 0, inode, links: 2 });
    }
    rows
}

impl Tree for Patched<'_> {
    fn root(&self) -> holdall_tree::Result<Entry> {
        self.rows.root()
    }

    fn list(&self, ctx: &Context<'_>, dir: &RelPath) -> holdall_tree::Result<Vec<Entry>> {
        self.rows.list(ctx, dir)
    }

    fn open(&self, file: &Entry) -> holdall_tree::Result<Content<'_>> {
        match self.lies.get(&file.path) {
            Some(Lies::Old(entry)) => self.base.open(entry),
            Some(Lies::Part(offset, length)) => {
                let part = Part { contents: &self.contents, offset: *offset, length: *length };
                Ok(Content::At(Box::new(part)))
            }
            None => self.base.open(file),
        }
    }
}

struct Part<'p> {
    contents: &'p Place,
    offset: u64,
    length: u64,
}

impl ReadAt for Part<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let left = usize::try_from(self.length.saturating_sub(offset)).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left);
        let part = buffer.get_mut(..wanted).unwrap_or_default();
        let mut have = 0;
        while have < wanted {
            let rest = part.get_mut(have..).unwrap_or_default();
            match self.contents.read_at(rest, self.offset + offset + have as u64)? {
                0 => break,
                n => have += n,
            }
        }
        Ok(have)
    }
}
