//! The first look at a tree that is dumped: every file is read once, by all workers, and judged.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use holdall_dump::{Carry, Examiner, Record, WHOLE_MAX};
use holdall_insight::tokens::TokenCounter;
use holdall_insight::{Facts, Looker, Wanted};
use holdall_tree::id::ContentHasher;
use holdall_tree::{
    Content, ContentHash, Context, Counter, DirToken, Entry, Filter, Kind, Need, Note, Observer,
    Phase, RelPath, Sink, SinkWorker, Tree,
};

use super::looks::{Looks, Seen};
use crate::capture::capture;
use crate::error::{Error, Result};

/// Larger files are read again when they are written, in bytes.
const KEPT_MAX: usize = 1 << 20;
/// Bytes of a large file that are looked at together.
const PIECE: usize = 1 << 18;

/// One entry of the tree as it was found.
#[derive(Debug, Clone)]
pub struct Item {
    /// The entry, with details.
    pub entry: Entry,
    /// What the manifest will say of it.
    pub record: Record,
    /// What was seen in it.
    pub seen: Seen,
    /// Its content, if it is small and there was room.
    pub(super) kept: Option<Arc<Vec<u8>>>,
    /// True if it was not read, because an earlier run saw it.
    pub(super) is_known: bool,
}

/// Reads everything that `filter` takes. The items are in canonical order, the root first.
///
/// # Errors
/// If the tree cannot be read at all, or the user interrupts. An entry that cannot be read goes to the observer and
/// is an item that says why.
pub fn inspect(
    ctx: &Context<'_>,
    tree: &dyn Tree,
    filter: &dyn Filter,
    looks: &Looks,
) -> Result<Vec<Item>> {
    let reasons = Reasons { observer: ctx.observer, told: Mutex::default() };
    let inspector = Inspector {
        items: Mutex::default(),
        dirs: Mutex::default(),
        room: AtomicU64::new(ctx.memory_bytes / 10),
        looks,
        reasons: &reasons,
    };
    let ctx = Context { observer: &reasons, ..*ctx };
    capture(&ctx, tree, filter, &inspector)?;
    let mut items = std::mem::take(&mut *lock(&inspector.items));
    items.sort_by(|a, b| a.record.path.cmp(&b.record.path));
    number(&mut items);
    Ok(items)
}

/// Gives each shown file the number of its part, and makes the further names of a file point to its first one.
pub(super) fn number(items: &mut [Item]) {
    let mut part = 0;
    let mut first_names = BTreeMap::new();
    for item in items {
        if item.record.carry.is_none() {
            continue;
        }
        if let Some(link) = item.entry.meta.hard_link {
            let path = item.record.path.clone();
            let first = first_names.entry((link.device, link.inode)).or_insert(path);
            if *first != item.record.path {
                item.record.link_to = Some(first.clone());
                item.record.carry = None;
                item.kept = None;
                continue;
            }
        }
        part += 1;
        item.record.part = Some(part);
    }
}

/// Passes events on, and keeps what was said of each entry.
struct Reasons<'o> {
    observer: &'o dyn Observer,
    told: Mutex<BTreeMap<RelPath, String>>,
}

impl Observer for Reasons<'_> {
    fn phase(&self, phase: Phase, total: Option<u64>) {
        self.observer.phase(phase, total);
    }

    fn count(&self, counter: Counter, by: u64) {
        self.observer.count(counter, by);
    }

    fn expect(&self, counter: Counter, more: u64) {
        self.observer.expect(counter, more);
    }

    fn problem(&self, path: Option<&RelPath>, error: &(dyn std::error::Error + 'static)) {
        if let Some(path) = path {
            // The innermost cause, without the paths of this machine that the outer ones may name.
            let mut why: &dyn std::error::Error = error;
            while let Some(source) = why.source() {
                why = source;
            }
            lock(&self.told).insert(path.clone(), why.to_string());
        }
        self.observer.problem(path, error);
    }

    fn note(&self, note: &Note) {
        self.observer.note(note);
    }
}

/// A sink that keeps what was found.
struct Inspector<'i> {
    items: Mutex<Vec<Item>>,
    dirs: Mutex<Vec<Vec<Entry>>>,
    /// Bytes that may still be kept.
    room: AtomicU64,
    looks: &'i Looks,
    reasons: &'i Reasons<'i>,
}

impl Sink for Inspector<'_> {
    fn worker<'s>(&'s self, _: &Context<'s>) -> holdall_tree::Result<Box<dyn SinkWorker + 's>> {
        Ok(Box::new(Worker { inspector: self, buffer: Vec::new(), items: Vec::new() }))
    }
}

struct Worker<'i> {
    inspector: &'i Inspector<'i>,
    buffer: Vec<u8>,
    items: Vec<Item>,
}

impl Worker<'_> {
    fn omit(&mut self, entry: &Entry, why: String) {
        let record = Record { omitted: Some(why), ..Record::new(entry) };
        self.items.push(Item::bare(entry, record));
    }

    fn file(
        &mut self,
        ctx: &Context<'_>,
        entry: &Entry,
        content: Content<'_>,
    ) -> std::io::Result<Item> {
        let Kind::File { size } = entry.kind else {
            return Ok(Item::bare(entry, Record::new(entry)));
        };
        if size > WHOLE_MAX as u64 {
            return self.large(ctx, entry, &mut *content.into_read());
        }
        let length = content.read_whole(size, WHOLE_MAX, &mut self.buffer)?;
        if length > WHOLE_MAX {
            return Err(std::io::Error::other("it grew while it was read"));
        }
        let bytes = self.buffer.get(..length).unwrap_or_default();
        let (record, seen) = whole(entry, bytes, self.inspector.looks);
        ctx.observer.count(Counter::Bytes, bytes.len() as u64);
        let wanted = bytes.len() as u64;
        let room = &self.inspector.room;
        let fits = bytes.len() <= KEPT_MAX
            && room
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |room| room.checked_sub(wanted))
                .is_ok();
        Ok(Item {
            entry: entry.clone(),
            record,
            seen,
            kept: fits.then(|| Arc::new(bytes.to_vec())),
            is_known: false,
        })
    }

    /// Whether a file has to be read.
    fn need(&mut self, ctx: &Context<'_>, entry: &Entry) -> Need {
        let Some(item) = self.inspector.looks.known.item(entry) else { return Need::Listed };
        ctx.observer.count(Counter::Files, 1);
        ctx.observer.count(Counter::Bytes, item.seen.facts.bytes);
        self.items.push(item);
        Need::Nothing
    }

    /// A file that is not held in memory at once.
    fn large(
        &mut self,
        ctx: &Context<'_>,
        entry: &Entry,
        read: &mut dyn Read,
    ) -> std::io::Result<Item> {
        let mut examiner = Examiner::default();
        let mut hasher = ContentHasher::default();
        let looks = self.inspector.looks;
        let mut looker = Looker::new(&entry.path, &Wanted::default());
        // A file with a zero byte is carried as base64, and nobody wants to know how many tokens that is.
        let mut tokens = looks.tokens.map(TokenCounter::new);
        let mut scanner = looks.secrets.as_ref().map(|rules| rules.scanner(&entry.path));
        let mut piece = std::mem::take(&mut self.buffer);
        loop {
            if ctx.cancel.is_cancelled() {
                return Err(std::io::ErrorKind::Interrupted.into());
            }
            piece.clear();
            read.take(PIECE as u64).read_to_end(&mut piece)?;
            if piece.is_empty() {
                break;
            }
            examiner.update(&piece);
            hasher.update(&piece);
            looker.update(&piece);
            if memchr::memchr(0, &piece).is_some() {
                tokens = None;
            }
            if let Some(tokens) = &mut tokens {
                tokens.update(&piece);
            }
            if let Some(scanner) = &mut scanner {
                scanner.update(&piece);
            }
            ctx.observer.count(Counter::Bytes, piece.len() as u64);
        }
        self.buffer = piece;
        let secrets = scanner.map(|scanner| scanner.finish()).unwrap_or_default();
        let tokens = tokens.and_then(TokenCounter::finish);
        let facts = Facts { tokens, ..looker.finish() };
        let seen = Seen { facts, secrets, ..Seen::default() };
        let seen = seen.without(&looks.baseline);
        let mut record = Record::new(entry);
        record.sha256 = Some(hasher.finish());
        record.carry = Some(examiner.finish());
        say(&mut record, &seen);
        Ok(Item { entry: entry.clone(), record, seen, kept: None, is_known: false })
    }
}

impl Item {
    /// An entry of which nothing was read.
    fn bare(entry: &Entry, record: Record) -> Self {
        let seen = Seen::default();
        Self { entry: entry.clone(), record, seen, kept: None, is_known: false }
    }

    /// A file that an earlier run saw.
    pub(super) fn known(entry: &Entry, record: Record, seen: Seen) -> Self {
        Self { entry: entry.clone(), record, seen, kept: None, is_known: true }
    }
}

/// The record of a file of which all bytes are at hand, and what was seen in them.
pub(super) fn whole(entry: &Entry, bytes: &[u8], looks: &Looks) -> (Record, Seen) {
    let carry = Carry::of(bytes);
    let seen = looks.look(&entry.path, bytes, carry);
    let mut record = Record::new(entry);
    record.sha256 = Some(ContentHash::of(bytes));
    record.carry = Some(carry);
    say(&mut record, &seen);
    (record, seen)
}

/// Puts into the record what was counted.
pub(super) fn say(record: &mut Record, seen: &Seen) {
    record.kind = Kind::File { size: seen.facts.bytes };
    record.lines = Some(seen.facts.lines);
    record.tokens = seen.facts.tokens;
    record.language = seen.facts.language.map(|language| language.name().to_owned());
}

impl SinkWorker for Worker<'_> {
    fn open_dir(
        &mut self,
        ctx: &Context<'_>,
        _: Option<(DirToken, usize)>,
        dir: &Entry,
        entries: &[Entry],
    ) -> holdall_tree::Result<(DirToken, Vec<Need>)> {
        self.items.push(Item::bare(dir, Record::new(dir)));
        ctx.observer.count(Counter::Dirs, 1);
        let needs = entries.iter().map(|entry| self.need(ctx, entry)).collect();
        let mut dirs = lock(&self.inspector.dirs);
        dirs.push(entries.to_vec());
        Ok((DirToken(dirs.len() as u64 - 1), needs))
    }

    fn put(
        &mut self,
        ctx: &Context<'_>,
        _: DirToken,
        _: usize,
        entry: &Entry,
        content: Content<'_>,
    ) -> holdall_tree::Result<()> {
        match self.file(ctx, entry, content) {
            Ok(item) => self.items.push(item),
            Err(source) => {
                ctx.check()?;
                self.omit(entry, source.to_string());
                let error = Error::Read { path: entry.path.clone(), source };
                ctx.observer.problem(Some(&entry.path), &error);
            }
        }
        ctx.observer.count(Counter::Files, u64::from(matches!(entry.kind, Kind::File { .. })));
        Ok(())
    }

    fn skip(&mut self, _: &Context<'_>, dir: DirToken, index: usize) -> holdall_tree::Result<()> {
        let dirs = lock(&self.inspector.dirs);
        let entries = usize::try_from(dir.0).ok().and_then(|dir| dirs.get(dir));
        let entry = entries.and_then(|entries| entries.get(index)).cloned();
        drop(dirs);
        if let Some(entry) = entry {
            let why = lock(&self.inspector.reasons.told).get(&entry.path).cloned();
            self.omit(&entry, why.unwrap_or_else(|| "it cannot be read".to_owned()));
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>, _: &Context<'_>) -> holdall_tree::Result<()> {
        lock(&self.inspector.items).append(&mut self.items);
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic of another worker ends the whole run.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
