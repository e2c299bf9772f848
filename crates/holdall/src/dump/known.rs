//! What an earlier run saw in the files of a directory, so that a file that did not change is not read again.
//!
//! A file is taken for unchanged if its size, its inode and the times of its last change are what they were, and lie so
//! far back that no change can hide behind the clock (as for snapshots, see ADR 0010). What was seen of it holds for
//! the same looks and the same version of the program alone. Where the earlier dump shows files verbatim and is still
//! there, their text is taken from it: it has to have the hash of the file, or the file is read.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use holdall_dump::{Carry, Record, WHOLE_MAX};
use holdall_insight::Facts;
use holdall_insight::todos::Todo;
use holdall_tree::{ContentHash, Entry, Kind, RelPath, Timestamp};

use super::inspect::Item;
use super::looks::Seen;

/// A file whose inode was changed this shortly before a run began may be changed again within the same tick of the
/// clock of the file system: 10 ms is the coarsest one.
const TICK_NANOS: i128 = 10_000_000;

/// What tells whether a file was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) size: u64,
    pub(super) mtime: Timestamp,
    pub(super) ctime: Timestamp,
    pub(super) inode: u64,
    pub(super) device: u64,
}

impl Stamp {
    /// Of a file that was listed; `None` if the form of the tree does not tell.
    pub(super) fn of(entry: &Entry) -> Option<Self> {
        let Kind::File { size } = entry.kind else { return None };
        let meta = &entry.meta;
        let (mtime, ctime) = (meta.mtime?, meta.ctime?);
        Some(Self { size, mtime, ctime, inode: meta.inode?, device: meta.device.unwrap_or(0) })
    }

    fn of_open(file: &File) -> io::Result<Self> {
        let stat = file.metadata()?;
        let time = |secs, nanos: i64| Timestamp::new(secs, u32::try_from(nanos).unwrap_or(0));
        Ok(Self {
            size: stat.len(),
            mtime: time(stat.mtime(), stat.mtime_nsec()),
            ctime: time(stat.ctime(), stat.ctime_nsec()),
            inode: stat.ino(),
            device: stat.dev(),
        })
    }
}

/// What was seen of one file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct KnownFile {
    pub(super) stamp: Stamp,
    pub(super) sha256: ContentHash,
    pub(super) carry: Carry,
    pub(super) facts: Facts,
    pub(super) todos: Vec<Todo>,
    /// Where its text lies in the dump that was written, in bytes.
    pub(super) text: Option<Range<u64>>,
}

/// A dump that an earlier run wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) path: PathBuf,
    pub(super) stamp: Stamp,
}

/// What an earlier run saw; of nothing, if there was none.
#[derive(Debug, Default)]
pub struct Known {
    /// When that run began.
    pub(super) started: Timestamp,
    pub(super) files: HashMap<RelPath, KnownFile>,
    pub(super) written: Option<Written>,
    /// The dump that it wrote, if it is still there as it was.
    dump: Option<File>,
}

impl Known {
    pub(super) fn new(
        started: Timestamp,
        files: HashMap<RelPath, KnownFile>,
        written: Option<Written>,
    ) -> Self {
        Self { started, files, written, dump: None }
    }

    /// True if nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Makes the dump that was written available, if it is as it was.
    pub(super) fn open(mut self) -> Self {
        self.dump = self.written.as_ref().and_then(|written| {
            let file = File::open(&written.path).ok()?;
            (Stamp::of_open(&file).ok()? == written.stamp).then_some(file)
        });
        self
    }

    /// What is known of a file that was listed, if it did not change.
    pub(super) fn item(&self, entry: &Entry) -> Option<Item> {
        let known = self.files.get(&entry.path)?;
        let stamp = Stamp::of(entry)?;
        if stamp != known.stamp || stamp.ctime.as_nanos() >= self.started.as_nanos() - TICK_NANOS {
            return None;
        }
        let seen = Seen { facts: known.facts, todos: known.todos.clone(), ..Seen::default() };
        let mut record = Record::new(entry);
        record.sha256 = Some(known.sha256);
        record.carry = Some(known.carry);
        super::inspect::say(&mut record, &seen);
        Some(Item::known(entry, record, seen))
    }

    /// The bytes of a file as the earlier dump shows them, if that is how they were.
    pub(super) fn shown(&self, item: &Item) -> Option<Vec<u8>> {
        let dump = self.dump.as_ref().filter(|_| item.is_known)?;
        let known = self.files.get(&item.record.path)?;
        let range = known.text.clone()?;
        let length = usize::try_from(range.end.checked_sub(range.start)?).ok()?;
        // Text with more escapes than that is read from the file.
        if length > 2 * WHOLE_MAX || length as u64 > known.stamp.size.saturating_mul(2) + 64 {
            return None;
        }
        let mut text = vec![0; length];
        dump.read_exact_at(&mut text, range.start).ok()?;
        let text = String::from_utf8(text).ok()?;
        let bytes = known.carry.bytes(&text).ok()?.into_owned();
        (ContentHash::of(&bytes) == known.sha256).then_some(bytes)
    }

    /// What is known after a run that began at `started`. `texts` says where the text of each part lies in the dump
    /// `file`, if that shows them verbatim.
    pub(super) fn after(
        started: Timestamp,
        items: &[Item],
        texts: &[(u64, Range<u64>)],
        file: Option<&Path>,
    ) -> Self {
        let written = file.and_then(|path| {
            let stamp = Stamp::of_open(&File::open(path).ok()?).ok()?;
            Some(Written { path: path.to_owned(), stamp })
        });
        let texts: HashMap<u64, &Range<u64>> =
            texts.iter().filter(|_| written.is_some()).map(|(part, text)| (*part, text)).collect();
        let files = items.iter().filter_map(|item| {
            let text = item.record.part.and_then(|part| texts.get(&part));
            Some((item.record.path.clone(), known(item, text.map(|text| (*text).clone()))?))
        });
        Self::new(started, files.collect(), written)
    }
}

/// What is worth knowing of an item: nothing if it is not shown as it is. A file with secrets is always looked at
/// again, since which of them are accepted may change.
fn known(item: &Item, text: Option<Range<u64>>) -> Option<KnownFile> {
    let stamp = Stamp::of(&item.entry)?;
    let (record, seen) = (&item.record, &item.seen);
    let carry = record.carry?;
    let plain = record.is_whole() && seen.secrets.is_empty() && seen.accepted == 0;
    (plain && seen.facts.bytes == stamp.size).then_some(KnownFile {
        stamp,
        sha256: record.sha256?,
        carry,
        facts: seen.facts,
        todos: seen.todos.clone(),
        text,
    })
}
