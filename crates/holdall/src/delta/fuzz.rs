//! What a fuzzer calls.

use std::io::Read;
use std::ops::ControlFlow;

use holdall_archive::MemoryBytes;
use holdall_fs::clone::{Record, Row};
use holdall_tree::{
    CancelToken, Clock, Content, ContentHash, Context, Entry, Everything, InOrder, Kind, Limits,
    Metadata, RelPath, Result, Silent, Source, Timestamp, Tree,
};

use super::LIST;
use super::apply::{Patched, linked, parts};
use super::changes::{Changes, ordered};
use super::rows::Rows;
use crate::source::Spools;

/// So much may come of a delta here, in bytes.
const BYTES_MAX: u64 = 1 << 20;

/// The files of the old directory.
const FILES: [(&str, &[u8]); 3] =
    [("a", b"what the delta is applied to"), ("d/b", b"what goes"), ("d/e", b"what stays")];

/// Reads `data` as the middle of a delta of a directory: parts, a list and the names that are gone, the first two with
/// their lengths before them in two bytes. What makes the rest of it fit is put in: the sum of the list, and the head that
/// the entries have. True if it makes a directory; that one is read to its end.
#[must_use]
pub fn directory(data: &[u8]) -> bool {
    let cancel = CancelToken::default();
    let limits = Limits { bytes_max: BYTES_MAX, ..Limits::default() };
    let (observer, clock) = (&Silent, &NoClock);
    let ctx = Context { observer, clock, cancel: &cancel, limits, threads: 1, memory_bytes: 0 };
    made(&ctx, data).is_some()
}

fn made(ctx: &Context<'_>, data: &[u8]) -> Option<()> {
    let (given, rest) = measured(data)?;
    let (list, gone) = measured(rest)?;
    let list = [list, format!("sum {}\n", ContentHash::of(list)).as_bytes()].concat();
    let listed = [&(list.len() as u64).to_le_bytes(), &*list, gone].concat();
    let (base, old) = old()?;
    let given = [given, &[LIST]].concat();
    let parts = parts(ctx, (&base, &old), &Spools::new().ok()?, &mut &*given).ok()?;
    let mut changes = Changes::read(&mut &*listed).ok()?;
    let (head, patches) = Changes::read(&mut &*listed).ok()?.over(&old).ok()?;
    let rows = linked(patches.into_iter().map(|patch| patch.row).collect());
    changes.rows.head = Record::of(head, rows, None).head;
    let patched = Patched::new(&base, &old, parts, changes).ok()?;
    let mut read = |entry: &Entry, content: Content<'_>| {
        let mut bytes = Vec::new();
        let read = content.into_read().read_to_end(&mut bytes);
        assert!(read.is_ok(), "{} is listed and can be read", entry.path);
        assert_eq!(bytes.len() as u64, entry.size(), "{} is as large as it says", entry.path);
        Ok(ControlFlow::Continue(()))
    };
    InOrder::new(&patched).read(ctx, &Everything, &mut read).ok()
}

/// What two bytes tell the length of, and what follows.
fn measured(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = data.split_first_chunk()?;
    rest.split_at_checked(u16::from_le_bytes(*length).into())
}

/// The old directory, and what is known of it.
fn old() -> Option<(Old, Record)> {
    let meta =
        Metadata { mode: Some(0o755), mtime: Some(Timestamp::new(1, 0)), ..Metadata::default() };
    let dir = |path: &str| {
        Some(Entry { path: RelPath::parse(path).ok()?, kind: Kind::Directory, meta: meta.clone() })
    };
    let mut rows = Vec::new();
    for path in ["", "d"] {
        rows.push(Row { entry: dir(path)?, hash: None, link: None });
    }
    for (path, content) in FILES {
        let entry = Entry { kind: Kind::File { size: content.len() as u64 }, ..dir(path)? };
        rows.push(Row { entry, hash: Some(ContentHash::of(content)), link: None });
    }
    let old = ordered(rows);
    Some((Old(old.rows.iter().map(|row| row.entry.clone()).collect()), old))
}

/// The old directory, in memory.
struct Old(Rows);

impl Tree for Old {
    fn root(&self) -> Result<Entry> {
        self.0.root()
    }

    fn list(&self, ctx: &Context<'_>, dir: &RelPath) -> Result<Vec<Entry>> {
        self.0.list(ctx, dir)
    }

    fn open(&self, file: &Entry) -> Result<Content<'_>> {
        let found = FILES.iter().find(|(path, _)| file.path.as_bytes() == path.as_bytes());
        match found {
            Some((_, content)) => Ok(Content::At(Box::new(MemoryBytes(content.to_vec())))),
            None => self.0.open(file),
        }
    }
}

struct NoClock;

impl Clock for NoClock {
    fn now(&self) -> Timestamp {
        Timestamp::default()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_seeds_of_the_fuzzer_are_read_without_a_panic() {
        holdall_testkit::replay_seeds("delta_directory", super::directory);
    }
}
