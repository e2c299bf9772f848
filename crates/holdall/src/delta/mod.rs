//! What differs between two directories, small enough to travel: a signature of the old one goes to where the new one is,
//! a delta comes back, and the old one becomes the new one in one step.
//!
//! The bytes are described in `docs/delta.md`. Both streams are compressed, and both are read under limits.

mod apply;
mod survey;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{Read, Write};
use std::num::NonZero;
use std::ops::ControlFlow;

use holdall_codec::delta::{self as content, DeltaError, Signature};
use holdall_codec::{Compression, Decoder, Encoder, MEMORY_MAX};
use holdall_fs::clone::{Head, Record, Row};
use holdall_tree::{
    Content, ContentHash, Context, Entry, Everything, InOrder, Kind, RelPath, Source, Timestamp,
    Tree, TreeId,
};

pub use apply::apply;

use crate::error::{Error, Result};
use survey::survey;

/// What a signature of a directory begins with; the last byte is the version.
const SIGNATURE: &[u8; 8] = b"hdtrees\x01";
/// What a delta of a directory begins with; the last byte is the version.
const DELTA: &[u8; 8] = b"hdtreed\x01";
/// A file of at least this many bytes is cut into chunks; a smaller one travels whole if it changed.
const CHUNKED_BYTES_MIN: u64 = 16 << 10;
/// The most bytes of a list of entries that are read.
const RECORD_BYTES_MAX: u64 = 4 << 30;
/// A file of at most this many bytes is read into memory, to be looked for elsewhere in the old directory.
const WHOLE_BYTES_MAX: usize = 1 << 20;

/// What follows in a delta.
const LIST: u8 = 0;
const AGAINST_OLD: u8 = 1;
const AGAINST_NOTHING: u8 = 2;

/// How a file is found to be as before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unchanged {
    /// By its size and its time.
    #[default]
    Quick,
    /// By its content, which is read.
    Checked,
}

/// What was signed, or what a delta was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Travelled {
    /// The ID of the tree.
    pub tree: TreeId,
    /// Entries beside the root.
    pub entries: u64,
    /// Files whose content is in the delta, whole or in part; of a signature those that were cut into chunks.
    pub files: u64,
}

/// Writes the signature of a tree.
///
/// # Errors
/// If something in it cannot be read, or `out` fails.
pub fn sign(ctx: &Context<'_>, tree: &dyn Tree, out: &mut dyn Write) -> Result<Travelled> {
    let survey = survey(ctx, tree, CHUNKED_BYTES_MIN)?;
    let record = Record::of(head(), bare(survey.rows), None);
    let mut out = packed(out)?;
    let write = |out: &mut dyn Write| -> Result<()> {
        out.write_all(SIGNATURE).map_err(Error::Output)?;
        list(out, &record)?;
        for signature in survey.signatures.values() {
            signature.write(out).map_err(written)?;
        }
        Ok(())
    };
    write(&mut out)?;
    out.finish().and_then(|out| out.flush()).map_err(Error::Output)?;
    let files = survey.signatures.len() as u64;
    Ok(Travelled { tree: record.head.tree, entries: record.head.entries, files })
}

/// The old directory, as its signature tells of it.
struct Old {
    record: Record,
    signatures: BTreeMap<RelPath, Signature>,
}

impl Old {
    fn read(stream: &mut dyn Read) -> Result<Self> {
        let mut read = unpacked(stream);
        magic(&mut read, SIGNATURE, "a signature of a directory")?;
        let record = read_list(&mut read)?;
        let mut signatures = BTreeMap::new();
        for row in record.rows.iter().filter(|row| is_chunked(row)) {
            let signature = Signature::read(&mut read).map_err(malformed)?;
            let whole = row.hash.is_some_and(|hash| hash.0 == signature.hash);
            if !whole || signature.length != row.entry.size() {
                return Err(Error::Delta("its parts contradict each other".into()));
            }
            signatures.insert(row.entry.path.clone(), signature);
        }
        at_end(&mut read)?;
        Ok(Self { record, signatures })
    }
}

/// True for a file of which a signature holds chunks.
fn is_chunked(row: &Row) -> bool {
    let first = row.link.as_ref().is_none_or(|first| *first == row.entry.path);
    first && row.hash.is_some() && row.entry.size() >= CHUNKED_BYTES_MIN
}

/// Writes what makes the tree that `signature` is of into `tree`.
///
/// # Errors
/// If the signature is none, something in the tree cannot be read, or `out` fails.
pub fn make(
    ctx: &Context<'_>,
    tree: &dyn Tree,
    signature: &mut dyn Read,
    out: &mut dyn Write,
    unchanged: Unchanged,
) -> Result<Travelled> {
    let old = Old::read(signature)?;
    let mut out = packed(out)?;
    out.write_all(DELTA).map_err(Error::Output)?;
    out.write_all(&old.record.head.tree.0).map_err(Error::Output)?;
    let mut maker = Maker::new(&old, unchanged, &mut out);
    let mut failed = None;
    let read = InOrder::new(tree).read(ctx, &Everything, &mut |entry, content| {
        Ok(match maker.entry(entry, content) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        })
    });
    let (rows, files) = (std::mem::take(&mut maker.rows), maker.files);
    if let Some(error) = failed {
        return Err(error);
    }
    read?;
    let record = Record::of(head(), bare(rows), None);
    out.write_all(&[LIST]).map_err(Error::Output)?;
    list(&mut out, &record)?;
    out.finish().and_then(|out| out.flush()).map_err(Error::Output)?;
    Ok(Travelled { tree: record.head.tree, entries: record.head.entries, files })
}

struct Maker<'m> {
    old: &'m Old,
    unchanged: Unchanged,
    /// Contents that the old directory has, or that were written already.
    known: HashSet<ContentHash>,
    sizes: HashSet<u64>,
    /// The hash of each file with several names, by its group.
    groups: HashMap<(u64, u64), ContentHash>,
    rows: Vec<Row>,
    files: u64,
    out: &'m mut dyn Write,
    buffer: Vec<u8>,
}

impl<'m> Maker<'m> {
    fn new(old: &'m Old, unchanged: Unchanged, out: &'m mut dyn Write) -> Self {
        let rows = &old.record.rows;
        Self {
            old,
            unchanged,
            known: rows.iter().filter_map(|row| row.hash).collect(),
            sizes: rows.iter().map(|row| row.entry.size()).collect(),
            groups: HashMap::new(),
            rows: Vec::new(),
            files: 0,
            out,
            buffer: Vec::new(),
        }
    }

    fn entry(&mut self, entry: &Entry, content: Content<'_>) -> Result<()> {
        let group = entry.meta.hard_link.map(|link| (link.device, link.inode));
        let hash = match (&entry.kind, group.and_then(|group| self.groups.get(&group).copied())) {
            (Kind::File { .. }, Some(hash)) => Some(hash),
            (Kind::File { .. }, None) => Some(self.file(entry, content)?),
            _ => None,
        };
        if let (Some(group), Some(hash)) = (group, hash) {
            self.groups.insert(group, hash);
        }
        self.rows.push(Row { entry: entry.clone(), hash, link: None });
        Ok(())
    }

    /// Writes what is new in a file, if anything is, and gives its hash.
    fn file(&mut self, entry: &Entry, content: Content<'_>) -> Result<ContentHash> {
        let old = self.old;
        let before = old.record.find(&entry.path);
        let quick = before.filter(|row| {
            self.unchanged == Unchanged::Quick
                && row.entry.size() == entry.size()
                && entry.meta.mtime.is_some()
                && row.entry.meta.mtime == entry.meta.mtime
        });
        if let Some(hash) = quick.and_then(|row| row.hash) {
            return Ok(hash);
        }
        let unread = |source| Error::Read { path: entry.path.clone(), source };
        let length = usize::try_from(entry.size()).unwrap_or(usize::MAX);
        if length > WHOLE_BYTES_MAX && !self.sizes.contains(&entry.size()) {
            return self.delta(entry, &mut content.into_read());
        }
        if length <= WHOLE_BYTES_MAX {
            let mut buffer = std::mem::take(&mut self.buffer);
            let read = content.read_whole(entry.size(), WHOLE_BYTES_MAX, &mut buffer);
            let bytes = buffer.get(..read.map_err(unread)?).unwrap_or_default();
            if bytes.len() as u64 != entry.size() {
                return Err(Error::Changed { path: entry.path.clone() });
            }
            let hash = ContentHash::of(bytes);
            let new = !self.known.contains(&hash);
            let done = if new { self.delta(entry, &mut &*bytes) } else { Ok(hash) };
            self.buffer = buffer;
            return done;
        }
        // It may be one that only moved. What can be read anywhere is read twice, to find that out first.
        let Content::At(at) = content else { return self.delta(entry, &mut content.into_read()) };
        let mut hashed = holdall_tree::id::ContentHasher::default();
        let mut buffer = vec![0; WHOLE_BYTES_MAX];
        let mut offset = 0;
        loop {
            let n = at.read_at(&mut buffer, offset).map_err(unread)?;
            if n == 0 {
                break;
            }
            hashed.update(buffer.get(..n).unwrap_or_default());
            offset += n as u64;
        }
        let hash = hashed.finish();
        if self.known.contains(&hash) {
            return Ok(hash);
        }
        self.delta(entry, &mut Content::At(at).into_read())
    }

    fn delta(&mut self, entry: &Entry, new: &mut dyn Read) -> Result<ContentHash> {
        let nothing;
        let (kind, signature) = match self.old.signatures.get(&entry.path) {
            Some(signature) => (AGAINST_OLD, signature),
            None => {
                nothing = Signature::of(&mut std::io::empty(), 0).map_err(malformed)?;
                (AGAINST_NOTHING, &nothing)
            }
        };
        let path = entry.path.as_bytes();
        self.out.write_all(&[kind]).map_err(Error::Output)?;
        put_length(self.out, path.len() as u64)?;
        self.out.write_all(path).map_err(Error::Output)?;
        let (length, hash) =
            content::make(signature, new, self.out).map_err(|error| match error {
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

/// Rows without what means nothing on another machine.
fn bare(mut rows: Vec<Row>) -> Vec<Row> {
    for row in &mut rows {
        row.entry.meta.inode = None;
        row.entry.meta.ctime = None;
    }
    rows
}

/// A head for a list that is no clone.
fn head() -> Head {
    Head {
        name: String::new(),
        project: String::new(),
        id: String::new(),
        source: String::new(),
        time: Timestamp::default(),
        tags: Vec::new(),
        problems: 0,
        tree: TreeId([0; 32]),
        entries: 0,
        bytes: 0,
    }
}

fn packed<W: Write>(out: W) -> Result<Encoder<W>> {
    Encoder::new(Compression::Zstd, out, None, NonZero::<u32>::MIN).map_err(Error::Output)
}

fn unpacked<R: Read>(read: R) -> Decoder<R> {
    Decoder::new(Compression::Zstd, read, MEMORY_MAX)
}

fn put_length(out: &mut dyn Write, length: u64) -> Result<()> {
    out.write_all(&length.to_le_bytes()).map_err(Error::Output)
}

fn read_length(read: &mut dyn Read, most: u64) -> Result<u64> {
    let mut bytes = [0; 8];
    exact(read, &mut bytes)?;
    let length = u64::from_le_bytes(bytes);
    if length > most {
        Err(Error::Delta("a length is beyond its limit".into()))
    } else {
        Ok(length)
    }
}

fn exact(read: &mut dyn Read, bytes: &mut [u8]) -> Result<()> {
    read.read_exact(bytes).map_err(|error| Error::Delta(error.to_string()))
}

fn at_end(read: &mut dyn Read) -> Result<()> {
    match read.read(&mut [0]).map_err(|error| Error::Delta(error.to_string()))? {
        0 => Ok(()),
        _ => Err(Error::Delta("more follows its end".into())),
    }
}

fn magic(read: &mut dyn Read, wanted: &[u8; 8], what: &str) -> Result<()> {
    let mut found = [0; 8];
    let none = || Error::Delta(format!("it is no {}, or of another version", &what[2..]));
    match read.read_exact(&mut found) {
        Ok(()) if found == *wanted => Ok(()),
        _ => Err(none()),
    }
}

fn list(out: &mut dyn Write, record: &Record) -> Result<()> {
    let bytes = record.encode();
    put_length(out, bytes.len() as u64)?;
    out.write_all(&bytes).map_err(Error::Output)
}

fn read_list(read: &mut dyn Read) -> Result<Record> {
    let length = read_length(read, RECORD_BYTES_MAX)?;
    let mut bytes = Vec::new();
    read.take(length).read_to_end(&mut bytes).map_err(|error| Error::Delta(error.to_string()))?;
    Record::decode(&bytes).map_err(Error::Delta)
}

fn malformed(error: DeltaError) -> Error {
    Error::Delta(error.to_string())
}

fn written(error: DeltaError) -> Error {
    match error {
        DeltaError::Write(source) => Error::Output(source),
        other => malformed(other),
    }
}
