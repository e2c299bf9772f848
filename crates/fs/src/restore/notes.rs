//! What is noted of each entry while a clone is staged.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use holdall_disk::{Dir, FileType, Stat};
use holdall_tree::id::ContentHasher;
use holdall_tree::{ContentHash, Entry, Kind, Metadata};

use super::staged::{Counts, lock};
use crate::clone::{Head, Record, Row};

/// How much of a file is read at once to hash it, in bytes.
const BUFFER_BYTES: usize = 1 << 18;

/// What makes a staged tree a clone.
pub(crate) struct Cloning<'c> {
    /// What is known of the clone before it is made.
    pub(crate) head: Head,
    /// The clone that files are shared with as long as they are unchanged; a mirror shares with its target instead.
    pub(crate) base: Option<&'c Path>,
    /// What was written down of that clone, or of the target.
    pub(crate) known: Option<&'c Record>,
}

impl Cloning<'_> {
    /// The record of what was staged.
    pub(super) fn record(&self, noted: Noted, counts: &Counts) -> Record {
        let problems = counts.problems.load(Ordering::Relaxed);
        let same = self.known.filter(|known| noted.as_before && known.head.problems == 0);
        let head = Head { problems, ..self.head.clone() };
        Record::of(head, noted.rows, same.map(|known| &known.head))
    }
}

/// What was noted, to be put in order.
pub(super) struct Noted {
    rows: Vec<Row>,
    /// True if they are those of the clone that was shared with, one by one.
    as_before: bool,
}

/// Gathers what is noted, from many threads.
pub(super) struct Notes<'c> {
    pub(super) known: Option<&'c Record>,
    /// True if `known` is of another clone than the one that is made.
    pub(super) beside: bool,
    rows: Mutex<Vec<Row>>,
    taken_over: AtomicUsize,
}

impl<'c> Notes<'c> {
    pub(super) fn new(cloning: &Cloning<'c>) -> Self {
        let beside = cloning.base.is_some();
        let taken_over = AtomicUsize::new(0);
        Self { known: cloning.known, beside, rows: Mutex::default(), taken_over }
    }

    /// Notes an entry as the source has it.
    pub(super) fn entry(&self, entry: &Entry, hash: Option<ContentHash>) {
        lock(&self.rows).push(Row { entry: slim(entry), hash, link: None });
    }

    /// Notes many entries, of which so many are as they were.
    pub(super) fn entries(&self, rows: Vec<Row>, taken_over: usize) {
        self.taken_over.fetch_add(taken_over, Ordering::Relaxed);
        lock(&self.rows).extend(rows);
    }

    pub(super) fn finish(self) -> Noted {
        let rows = self.rows.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        let taken_over = self.taken_over.into_inner();
        let as_before = taken_over == rows.len()
            && self.known.is_some_and(|known| known.rows.len() == taken_over);
        Noted { rows, as_before }
    }
}

/// The entry without what a record does not hold.
fn slim(entry: &Entry) -> Entry {
    let meta = Metadata { user: None, group: None, atime: None, ..entry.meta.clone() };
    Entry { path: entry.path.clone(), kind: entry.kind.clone(), meta }
}

/// True if a file of a clone still looks as it was written down. Its time of change is no sign: each further name
/// changes it.
pub(crate) fn is_intact(stat: &Stat, row: &Row) -> bool {
    let kind = match row.entry.kind {
        Kind::File { .. } => FileType::File,
        Kind::Directory => FileType::Directory,
        Kind::Symlink { .. } => FileType::Symlink,
        Kind::CharDevice { .. } => FileType::CharDevice,
        Kind::BlockDevice { .. } => FileType::BlockDevice,
        Kind::Fifo => FileType::Fifo,
        Kind::Socket => FileType::Socket,
    };
    let meta = &row.entry.meta;
    stat.file_type == kind
        && (kind != FileType::File || stat.size == row.entry.size())
        && meta.mtime.is_none_or(|mtime| mtime == stat.mtime)
        && (kind == FileType::Symlink || meta.mode.is_none_or(|mode| mode == stat.mode))
}

/// The hash of a file on the disk.
pub(super) fn hash_file(dir: &Dir, entry: &Entry) -> holdall_tree::Result<ContentHash> {
    let file = dir.open_file(&entry.path)?;
    hash_open(&file).map_err(|source| super::staged::create(entry, source))
}

/// The hash of an open file from its beginning.
pub(super) fn hash_open(file: &std::fs::File) -> std::io::Result<ContentHash> {
    use std::os::unix::fs::FileExt;
    let mut hasher = ContentHasher::default();
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut offset = 0;
    loop {
        match file.read_at(&mut buffer, offset) {
            Ok(0) => return Ok(hasher.finish()),
            Ok(n) => {
                hasher.update(buffer.get(..n).unwrap_or_default());
                offset += n as u64;
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
