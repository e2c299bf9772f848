//! A zip as a tree.

use std::io::{BufReader, Read};

use holdall_tree::{
    Content, ContentHash, Context, Entry, Error as TreeError, Kind, RelPath, Result as TreeResult,
    Tree, path::printable,
};

use super::content::Placed;
use super::end::{Directory, find};
use super::lock::{Key, Lock};
use super::record::{RECORD_BYTES, Record, lengths};
use super::{CENTRAL, local};
use crate::bytes::{Bytes, Positioned};
use crate::census::Census;
use crate::error::{Error, Fault, Result};
use crate::index::{Index, missing, tell_cleaned};
use crate::manifest::{self, Checked, MANIFEST, Manifest, is_named};
use crate::read_back::{by_threads, hash};
use crate::refusal::on_reading;
use crate::relay::{Parsed, Place};
use crate::rules::{Rules, Terms, Trust};
use crate::stop::Stop;
use crate::write::{Held, Stored, Tally, WriteOptions};

/// A zip as a tree. Its directory and all headers were read and compared, and its links were followed, before anything
/// of it is given; contents are proved as they are read.
#[derive(Debug)]
pub struct ZipTree<A> {
    bytes: A,
    index: Index<Placed>,
    manifest: Option<Manifest>,
    cleaned: u64,
    key: Key,
}

/// What the directory of a zip says, before any header is looked at.
pub(crate) struct Listed {
    rules: Rules,
    found: Vec<Found>,
    /// Where each entry must end.
    nexts: Vec<u64>,
}

/// One entry of the directory.
struct Found {
    record: Record,
    number: u64,
}

impl Listed {
    /// Reads the directory.
    ///
    /// # Errors
    /// If it cannot be read or is refused.
    pub(crate) fn read<A: Bytes>(
        ctx: &Context<'_>,
        bytes: &A,
        terms: impl Into<Terms>,
    ) -> TreeResult<Self> {
        let rules = Rules::new(terms, ctx.limits);
        let directory = find(bytes).map_err(|stop| located(stop, 0, 0, b""))?;
        let found = records(ctx, bytes, directory, &rules)?;
        let nexts = nexts(directory, &found)?;
        Ok(Self { rules, found, nexts })
    }

    /// True if there is something to ask a passphrase for.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.found.iter().any(|found| found.record.aes.is_some())
    }

    /// What is encrypted and read to make a tree of the zip, with the names: links, and a manifest. What has a header that
    /// is refused is not among it: that is said when the tree is made.
    pub(crate) fn locks<A: Bytes>(&self, bytes: &A) -> Vec<(Lock, RelPath)> {
        let encrypted = self.found.iter().filter(|found| found.record.aes.is_some());
        let lock = |found: &Found| {
            let Found { record, number } = found;
            let path = self.rules.path(&record.path(), false).ok()?;
            let is_read = path.as_bytes() == MANIFEST.as_bytes()
                || matches!(record.kind(), Ok(Kind::Symlink { .. }));
            let offset = is_read.then(|| local::content_offset(bytes, record).ok())??;
            Some((Lock { offset, stored: record.stored, number: *number }, path))
        };
        encrypted.filter_map(lock).collect()
    }
}

impl<A: Bytes> ZipTree<A> {
    /// Reads the directory and all headers. Encrypted contents cannot be read.
    ///
    /// # Errors
    /// If it cannot be read or is refused.
    pub fn open(ctx: &Context<'_>, bytes: A, terms: impl Into<Terms>) -> TreeResult<Self> {
        Self::open_with(ctx, bytes, terms, || Ok(None))
    }

    /// The same; `passphrase` is asked once if a content is encrypted, and must open the first one that is.
    ///
    /// # Errors
    /// As [`ZipTree::open`], and if there is a passphrase and it is wrong.
    pub fn open_with(
        ctx: &Context<'_>,
        bytes: A,
        terms: impl Into<Terms>,
        passphrase: impl FnOnce() -> TreeResult<Option<Vec<u8>>>,
    ) -> TreeResult<Self> {
        let listed = Listed::read(ctx, &bytes, terms)?;
        let passphrase = if listed.is_encrypted() { passphrase()? } else { None };
        Self::of(ctx, bytes, listed, Key::of(passphrase))
    }

    /// Reads the headers of what was listed. A passphrase must open the first content that is encrypted.
    pub(crate) fn of(ctx: &Context<'_>, bytes: A, listed: Listed, key: Key) -> TreeResult<Self> {
        let Listed { rules, found, nexts } = listed;
        let mut census = Census::new(rules);
        let (mut items, mut cleaned, mut total) = (Vec::new(), 0, 0_u64);
        for (found, next) in found.iter().zip(nexts) {
            ctx.check()?;
            total = total.saturating_add(found.record.size);
            let taken = rules.check_ratio(total, bytes.length()).map_err(Stop::from);
            let taken = taken.and_then(|()| take(&bytes, found, next, &rules, &mut census, &key));
            let (item, less) = taken.map_err(|stop| found.at(stop))?;
            cleaned += u64::from(less);
            items.push(item);
        }
        census.finish()?;
        tell_cleaned(ctx, cleaned);
        if let Key::Passphrase(passphrase) = &key {
            let first = items.iter().find_map(|(_, place)| place.as_ref()?.lock());
            let manifest = items.last().filter(|(entry, _)| is_named(entry));
            let manifest = manifest.and_then(|(_, place)| place.as_ref()?.lock());
            for lock in first.into_iter().chain(manifest.filter(|_| first != manifest)) {
                lock.keys(&bytes, passphrase)?;
            }
        }
        let manifest = take_manifest(&bytes, &mut items, &rules, &key);
        let offset = found.last().map_or(0, |found| found.record.offset);
        let manifest = manifest
            .map_err(|stop| located(stop, offset, found.len() as u64, MANIFEST.as_bytes()))?;
        Ok(Self { bytes, index: Index::new(items), manifest, cleaned, key })
    }

    /// All entries in canonical order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.index.entries()
    }
}

impl Found {
    fn at(&self, stop: Stop) -> Error {
        located(stop, self.record.offset, self.number, &self.record.name)
    }
}

fn located(stop: Stop, offset: u64, number: u64, name: &[u8]) -> Error {
    match stop {
        Stop::Error(error) => error,
        Stop::Fault(fault) => {
            let name = printable(name.get(..200).unwrap_or(name)).into_owned();
            Error::Refused { offset, number, name, fault }
        }
    }
}

/// Reads the directory.
fn records<A: Bytes>(
    ctx: &Context<'_>,
    bytes: &A,
    directory: Directory,
    rules: &Rules,
) -> TreeResult<Vec<Found>> {
    let mut read = BufReader::new(Positioned::new(bytes, directory.offset).take(directory.size));
    let mut found = Vec::new();
    let (mut number, mut left) = (0, directory.size);
    while left > 0 {
        ctx.check()?;
        number += 1;
        let offset = directory.offset + directory.size - left;
        let limit = rules.limits.entries_max;
        if number > limit {
            let fault = Fault::Limit { what: "entries", limit };
            return Err(located(fault.into(), offset, number, b"").into());
        }
        let (mut name, mut length) = (Vec::new(), 0);
        let next = next_record(&mut read, &mut name, &mut length);
        let record = next.map_err(|stop| located(stop, offset, number, &name))?;
        left = left.saturating_sub(length);
        found.push(Found { record, number });
    }
    if number != directory.entries {
        let fault = Fault::ZipEnd { why: "it gives another number of entries than there are" };
        return Err(located(fault.into(), directory.offset, number, b"").into());
    }
    Ok(found)
}

fn next_record(read: &mut impl Read, name: &mut Vec<u8>, length: &mut u64) -> Result<Record, Stop> {
    let malformed = || Stop::from(Fault::ZipEnd { why: "the directory is malformed" });
    let mut take = |length: usize| {
        let mut bytes = vec![0; length];
        read.read_exact(&mut bytes).map_err(|_| malformed())?;
        Ok::<_, Stop>(bytes)
    };
    let fixed = take(RECORD_BYTES)?;
    if !fixed.starts_with(CENTRAL) {
        return Err(malformed());
    }
    let [name_length, extra, comment] = lengths(&fixed).ok_or_else(malformed)?;
    *name = take(name_length)?;
    let extra = take(extra)?;
    take(comment)?;
    *length = (RECORD_BYTES + name_length + extra.len() + comment) as u64;
    Ok(Record::parse(&fixed, name, &extra)?)
}

/// Where each entry must end: the entries lie one behind the other, from the first byte to the directory.
fn nexts(directory: Directory, found: &[Found]) -> Result<Vec<u64>> {
    let mut order: Vec<usize> = (0..found.len()).collect();
    order.sort_by_key(|at| found.get(*at).map(|found| found.record.offset));
    let offset = |at: Option<&usize>| {
        let found = at.and_then(|at| found.get(*at));
        found.map_or(directory.offset, |found| found.record.offset)
    };
    if offset(order.first()) > 0 {
        return Err(located(Fault::ZipPrefix.into(), 0, 0, b""));
    }
    let mut nexts = vec![0; found.len()];
    for (place, at) in order.iter().enumerate() {
        let next = offset(order.get(place + 1));
        let Some(found) = found.get(*at) else { continue };
        let end = local::shortest_end(&found.record).filter(|end| *end <= next);
        end.ok_or_else(|| found.at(Fault::ZipOverlap.into()))?;
        nexts.get_mut(*at).into_iter().for_each(|place| *place = next);
    }
    Ok(nexts)
}

/// The entry and where its content lies, and whether something of it was not taken.
fn take<A: Bytes>(
    bytes: &A,
    found: &Found,
    next: u64,
    rules: &Rules,
    census: &mut Census,
    key: &Key,
) -> Result<((Entry, Option<Placed>), bool), Stop> {
    let record = &found.record;
    rules.check_ratio(record.size, record.stored)?;
    let mut kind = record.kind()?;
    let path = rules.path(&record.path(), matches!(kind, Kind::Directory))?;
    let content = local::content_offset(bytes, record)?;
    let end = content.checked_add(record.stored).ok_or(Fault::ZipOverlap)?;
    local::check_behind(bytes, record, end, next)?;
    let place = Placed::new(record, content, found.number);
    if let Kind::Symlink { target } = &mut kind {
        // One byte more than a target may have, so that it is refused for its length.
        let limit = 4096;
        if record.size > limit {
            return Err(Fault::LinkTarget.into());
        }
        let read = place.open(bytes, &path, key)?.take(limit).read_to_end(target);
        read.map_err(|source| unread(source, place.offset))?;
    }
    let mut entry = Entry { path, kind, meta: record.meta() };
    let cleaned = rules.clean(&mut entry)?;
    census.add_bytes(entry.size())?;
    census.add(&entry, found.number, record.offset)?;
    let is_file = matches!(entry.kind, Kind::File { .. });
    Ok(((entry, is_file.then_some(place)), cleaned))
}

/// An error of the archive that came as one of reading.
fn unread(source: std::io::Error, offset: u64) -> Error {
    match source.downcast::<Error>() {
        Ok(error) => error,
        Err(source) => Error::Read { offset, source },
    }
}

/// Takes the manifest off the entries, if there is one. One that is encrypted and cannot be read is taken off unread:
/// neither can the contents be of which it speaks.
fn take_manifest<A: Bytes>(
    bytes: &A,
    items: &mut Vec<(Entry, Option<Placed>)>,
    rules: &Rules,
    key: &Key,
) -> Result<Option<Manifest>, Stop> {
    let is_shut = |(entry, place): &mut (Entry, Option<Placed>)| {
        let is_locked = place.as_ref().is_some_and(|place| place.lock().is_some());
        is_named(entry) && matches!(key, Key::Missing) && is_locked
    };
    if items.pop_if(is_shut).is_some() {
        return Ok(None);
    }
    let path = manifest::path();
    Manifest::take_off(items, rules, |place: &Placed| {
        let mut content = Vec::new();
        let mut read = place.open(bytes, &path, key).map_err(Error::in_content)?;
        read.read_to_end(&mut content).map(|_| content)
    })
}

/// Reads an archive with all that it holds. The passphrase is that of encrypted contents.
///
/// # Errors
/// If it cannot be read or is refused.
pub fn read_back<A: Bytes>(
    ctx: &Context<'_>,
    bytes: A,
    trust: Trust,
    passphrase: Option<&[u8]>,
) -> TreeResult<Held> {
    let given = || Ok(passphrase.map(<[u8]>::to_vec));
    let tree = ZipTree::open_with(ctx, bytes, trust, given)?;
    let mut tally = Tally::new(&WriteOptions { identify: true, ..WriteOptions::default() });
    let items: Vec<_> = tree.index.items().collect();
    let stored = by_threads(ctx, &items, |(entry, place)| {
        let Some(place) = place else { return Ok(Stored::default()) };
        ctx.check()?;
        let content = place.open(&tree.bytes, &entry.path, &tree.key)?;
        hash(ctx, content, tally.hashing(), |source| unread(source, place.offset))
    })?;
    for ((entry, _), stored) in items.iter().zip(stored) {
        tally.add(entry, stored);
    }
    if let Some(manifest) = &tree.manifest {
        let judged = tally.judge(manifest);
        judged.map_err(|fault| located(fault.into(), 0, 0, MANIFEST.as_bytes()))?;
    }
    Ok(tally.finish())
}

impl<A> Parsed for ZipTree<A> {
    fn cleaned(&self) -> u64 {
        self.cleaned
    }

    fn item(&self, at: usize) -> Option<(&Entry, Option<Place>)> {
        let (entry, place) = self.index.item(at)?;
        let place = place.as_ref().map(|place| match place.lock() {
            None => Place::Behind(place.to_bytes()),
            Some(lock) => Place::Locked(lock, place.to_bytes()),
        });
        Some((entry, place))
    }

    fn hash(&self, entry: &Entry) -> Option<ContentHash> {
        self.manifest.as_ref()?.hash(&entry.path)
    }
}

impl<A: Bytes> Tree for ZipTree<A> {
    fn root(&self) -> TreeResult<Entry> {
        self.index.root()
    }

    fn list(&self, _: &Context<'_>, dir: &RelPath) -> TreeResult<Vec<Entry>> {
        self.index.list(dir)
    }

    fn open(&self, file: &Entry) -> TreeResult<Content<'_>> {
        let Some((entry, Some(place))) = self.index.get(&file.path) else {
            return Err(missing(&file.path));
        };
        let opened = place.open(&self.bytes, &entry.path, &self.key).map_err(TreeError::from);
        let expected = self.manifest.as_ref().and_then(|manifest| manifest.hash(&file.path));
        on_reading(opened.map(|read| match expected {
            None => Content::Stream(Box::new(read)),
            Some(expected) => {
                let checked = Checked::new(read, expected, &file.path, place.offset);
                Content::Stream(Box::new(checked))
            }
        }))
    }
}
