//! Comparing a clone with what was written down of it.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use holdall_fs::clone::{Record, Row};
use holdall_tree::{
    Content, ContentHash, Context, Counter, DirToken, Entry, Everything, Kind, Need, Phase,
    RelPath, Sink, SinkWorker, Tree,
};

use crate::capture::capture;
use crate::error::{Error, Result};
use crate::read::{hash, lock};

/// One entry of a clone that is not as it was written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The entry.
    pub path: RelPath,
    /// How it differs.
    pub what: What,
}

/// How an entry differs from what was written down of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// It is not there.
    Missing,
    /// It was not there.
    Extra,
    /// These parts of it are others.
    Changed(Vec<&'static str>),
}

/// What became of a clone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Judged {
    /// Entries beside the root.
    pub entries: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// What differs, in canonical order.
    pub differences: Vec<Difference>,
    /// Entries that could not be read; each went to the observer.
    pub problems: u64,
}

/// Compares a clone with its record. What `trusted` has just the same is not read again, only looked at.
///
/// # Errors
/// If it cannot be read at all, or the user interrupts.
pub fn judge(
    ctx: &Context<'_>,
    tree: &dyn Tree,
    record: &Record,
    trusted: Option<&Record>,
) -> Result<Judged> {
    ctx.observer.phase(Phase::Verifying, None);
    let seen = Mutex::new(vec![false; record.rows.len()]);
    let sink = Judge {
        record,
        trusted,
        seen,
        found: Mutex::default(),
        inodes: Mutex::default(),
        entries: AtomicU64::new(0),
        bytes: AtomicU64::new(0),
        problems: AtomicU64::new(0),
    };
    capture(ctx, tree, &Everything, &sink)?;
    let mut found = std::mem::take(&mut *lock(&sink.found));
    for (path, part) in links(record, &lock(&sink.inodes)) {
        found.entry(path).or_insert_with(|| What::Changed(Vec::new())).add(part);
    }
    for (row, seen) in record.rows.iter().zip(lock(&sink.seen).iter()) {
        if !seen {
            found.insert(row.entry.path.clone(), What::Missing);
        }
    }
    let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let differences = found.into_iter().map(|(path, what)| Difference { path, what }).collect();
    Ok(Judged {
        entries: get(&sink.entries),
        bytes: get(&sink.bytes),
        differences,
        problems: get(&sink.problems),
    })
}

impl What {
    fn add(&mut self, part: &'static str) {
        if let Self::Changed(parts) = self {
            parts.push(part);
        }
    }
}

/// The names that are grouped otherwise than written down.
fn links(record: &Record, inodes: &BTreeMap<RelPath, (u64, u64)>) -> Vec<(RelPath, &'static str)> {
    let mut groups: BTreeMap<(u64, u64), Vec<&RelPath>> = BTreeMap::new();
    for (path, inode) in inodes {
        groups.entry(*inode).or_default().push(path);
    }
    let mut differ = Vec::new();
    for names in groups.values() {
        let first = names.iter().min().filter(|_| names.len() > 1);
        for name in names {
            let wanted = record.find(name).and_then(|row| row.link.as_ref());
            if wanted != first.copied() {
                differ.push(((*name).clone(), "hard links"));
            }
        }
    }
    differ
}

struct Judge<'j> {
    record: &'j Record,
    trusted: Option<&'j Record>,
    /// By the place of a row, whether its entry was met.
    seen: Mutex<Vec<bool>>,
    found: Mutex<BTreeMap<RelPath, What>>,
    /// Of all that may have several names.
    inodes: Mutex<BTreeMap<RelPath, (u64, u64)>>,
    entries: AtomicU64,
    bytes: AtomicU64,
    problems: AtomicU64,
}

impl Judge<'_> {
    /// Marks an entry as met and gives what was written down of it.
    fn meet(&self, path: &RelPath) -> Option<&Row> {
        let rows = &self.record.rows;
        let at = rows.binary_search_by(|row| row.entry.path.cmp(path)).ok()?;
        if let Some(seen) = lock(&self.seen).get_mut(at) {
            *seen = true;
        }
        rows.get(at)
    }

    fn compare(&self, row: &Row, entry: &Entry, hash: Option<ContentHash>) {
        let mut parts = differing(row, entry);
        let file = matches!((&row.entry.kind, &entry.kind), (Kind::File { .. }, Kind::File { .. }));
        if file && hash.is_some() && row.hash != hash {
            parts.insert(0, "content");
        }
        if !parts.is_empty() {
            lock(&self.found).insert(entry.path.clone(), What::Changed(parts));
        }
    }

    /// True if the other record vouches for the content of this entry.
    fn vouched(&self, row: &Row) -> bool {
        let other = self.trusted.and_then(|trusted| trusted.find(&row.entry.path));
        other.is_some_and(|other| {
            other.hash == row.hash && other.entry.meta.mtime == row.entry.meta.mtime
        })
    }
}

/// The parts of an entry beside its content that are not as written down. What was not known then does not differ.
fn differing(row: &Row, entry: &Entry) -> Vec<&'static str> {
    fn differs<T: PartialEq>(then: &Option<T>, now: &Option<T>) -> bool {
        matches!((then, now), (Some(then), Some(now)) if then != now)
    }
    let mut parts = Vec::new();
    let kinds = match (&row.entry.kind, &entry.kind) {
        (Kind::File { size: then }, Kind::File { size: now }) => (then != now).then_some("size"),
        (Kind::Symlink { target: then }, Kind::Symlink { target: now }) => {
            (then != now).then_some("target")
        }
        (then, now) => (then != now).then_some("kind"),
    };
    parts.extend(kinds);
    let (then, now) = (&row.entry.meta, &entry.meta);
    let sorted = |xattrs: &Option<Vec<holdall_tree::Xattr>>| {
        xattrs.clone().map(|mut list| {
            list.sort();
            list
        })
    };
    let link = matches!(entry.kind, Kind::Symlink { .. });
    for (part, differs) in [
        ("mode", !link && differs(&then.mode, &now.mode)),
        ("owner", differs(&then.uid, &now.uid)),
        ("group", differs(&then.gid, &now.gid)),
        ("time", differs(&then.mtime, &now.mtime)),
        ("extended attributes", differs(&sorted(&then.xattrs), &sorted(&now.xattrs))),
        ("file attributes", differs(&then.attributes, &now.attributes)),
    ] {
        if differs {
            parts.push(part);
        }
    }
    parts
}

impl Sink for Judge<'_> {
    fn worker<'s>(&'s self, _: &Context<'s>) -> holdall_tree::Result<Box<dyn SinkWorker + 's>> {
        Ok(Box::new(JudgeWorker { judge: self, buffer: vec![0; 1 << 18] }))
    }
}

struct JudgeWorker<'s> {
    judge: &'s Judge<'s>,
    buffer: Vec<u8>,
}

impl SinkWorker for JudgeWorker<'_> {
    fn open_dir(
        &mut self,
        ctx: &Context<'_>,
        place: Option<(DirToken, usize)>,
        dir: &Entry,
        entries: &[Entry],
    ) -> holdall_tree::Result<(DirToken, Vec<Need>)> {
        let judge = self.judge;
        if place.is_none()
            && let Some(row) = judge.meet(&dir.path)
        {
            judge.compare(row, dir, None);
        }
        judge.entries.fetch_add(entries.len() as u64, Ordering::Relaxed);
        let mut needs = Vec::with_capacity(entries.len());
        for entry in entries {
            if let (false, Some(link)) = (entry.is_dir(), entry.meta.hard_link) {
                lock(&judge.inodes).insert(entry.path.clone(), (link.device, link.inode));
            }
            let Some(row) = judge.meet(&entry.path) else {
                lock(&judge.found).insert(entry.path.clone(), What::Extra);
                needs.push(Need::Nothing);
                continue;
            };
            if !entry.is_dir() && judge.vouched(row) {
                if !matches!(entry.kind, Kind::Symlink { .. }) {
                    judge.compare(row, entry, None);
                }
                ctx.observer.count(Counter::Files, 1);
                needs.push(Need::Nothing);
            } else {
                needs.push(Need::Entry);
            }
        }
        if place.is_some()
            && let Some(row) = judge.meet(&dir.path)
        {
            judge.compare(row, dir, None);
        }
        Ok((DirToken(0), needs))
    }

    fn put(
        &mut self,
        ctx: &Context<'_>,
        _: DirToken,
        _: usize,
        entry: &Entry,
        content: Content<'_>,
    ) -> holdall_tree::Result<()> {
        let judge = self.judge;
        let mut hashed = None;
        if let Kind::File { .. } = entry.kind {
            match hash(ctx, content, &mut self.buffer) {
                Ok((hash, bytes)) => {
                    judge.bytes.fetch_add(bytes, Ordering::Relaxed);
                    ctx.observer.count(Counter::Files, 1);
                    hashed = Some(hash);
                }
                Err(source) => {
                    ctx.check()?;
                    judge.problems.fetch_add(1, Ordering::Relaxed);
                    let error = Error::Read { path: entry.path.clone(), source };
                    ctx.observer.problem(Some(&entry.path), &error);
                    return Ok(());
                }
            }
        }
        if let Some(row) = judge.meet(&entry.path) {
            judge.compare(row, entry, hashed);
        }
        Ok(())
    }

    fn skip(&mut self, _: &Context<'_>, _: DirToken, _: usize) -> holdall_tree::Result<()> {
        self.judge.problems.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn finish(self: Box<Self>, _: &Context<'_>) -> holdall_tree::Result<()> {
        Ok(())
    }
}
