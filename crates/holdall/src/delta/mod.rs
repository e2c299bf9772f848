//! What differs between two directories, small enough to travel: a signature of the old one goes to where the new one is,
//! a delta comes back, and the old one becomes the new one in one step.
//!
//! The bytes are described in `docs/delta.md`. Both streams are compressed, and both are read under limits.

mod apply;
mod changes;
pub mod fuzz;
mod make;
mod rows;
mod survey;
mod talk;

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::num::NonZero;

use holdall_codec::delta::{Base, DeltaError, Signature};
use holdall_codec::{Compression, Decoder, Encoder, MEMORY_MAX};
use holdall_fs::clone::{Head, Record, Row};
use holdall_tree::{Context, ReadAt, RelPath, Timestamp, Tree, TreeId};

pub use apply::apply;
pub use talk::{receive, send};

use crate::error::{Error, Result};
use changes::{ordered, sorted};
use survey::{Seek, survey};

/// What a signature of a directory begins with; the last byte is the version.
const SIGNATURE: &[u8; 8] = b"hdtrees\x01";
/// What a delta of a directory begins with; the last byte is the version.
const DELTA: &[u8; 8] = b"hdtreed\x01";
/// A file of at least this many bytes is cut into chunks; a smaller one travels whole if it changed.
const CHUNKED_BYTES_MIN: u64 = 16 << 10;
/// The most bytes of a list of entries that are read.
const RECORD_BYTES_MAX: u64 = 4 << 30;
/// The longest path, in bytes.
const PATH_BYTES_MAX: u64 = 1 << 16;

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

impl Unchanged {
    /// What is read of a directory to tell.
    fn seek(self) -> Seek {
        match self {
            Self::Quick => Seek::Looks,
            Self::Checked => Seek::Hashes,
        }
    }
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
    let survey = survey(ctx, tree, Seek::Chunks(CHUNKED_BYTES_MIN))?;
    let record = ordered(survey.rows);
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

/// Chunks of files.
type Signatures = BTreeMap<RelPath, Signature>;

/// The old directory, as its signature tells of it.
struct Old {
    record: Record,
    signatures: Signatures,
}

impl Old {
    fn read(stream: &mut dyn Read) -> Result<Self> {
        let mut read = unpacked(stream);
        magic(&mut read, SIGNATURE, "a signature of a directory")?;
        let record = read_list(&mut read)?;
        let mut signatures = BTreeMap::new();
        for row in record.rows.iter().filter(|row| is_chunked(row)) {
            let signature = Signature::read(&mut read).map_err(malformed)?;
            signatures.insert(row.entry.path.clone(), fitting(row, signature)?);
        }
        at_end(&mut read)?;
        Ok(Self { record, signatures })
    }
}

/// The signature, if it is of the file that a row tells of.
fn fitting(row: &Row, signature: Signature) -> Result<Signature> {
    let whole = row.hash.is_none_or(|hash| hash.0 == signature.hash);
    if whole && signature.length == row.entry.size() {
        return Ok(signature);
    }
    Err(Error::Delta("its parts contradict each other".into()))
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
    let new = sorted(survey(ctx, tree, unchanged.seek())?.rows);
    let mut out = packed(out)?;
    let made = make::write(ctx, tree, new, (&old, &Signatures::new()), unchanged, &mut out)?;
    out.finish().and_then(|out| out.flush()).map_err(Error::Output)?;
    Ok(made)
}

/// A content as what reads at any place of it sees it.
struct Whole<'a>(&'a dyn ReadAt);

impl Base for Whole<'_> {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        match self.0.read_at(buffer, offset)? {
            n if n == buffer.len() => Ok(()),
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
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

fn put_path(out: &mut dyn Write, path: &RelPath) -> Result<()> {
    put_length(out, path.as_bytes().len() as u64)?;
    out.write_all(path.as_bytes()).map_err(Error::Output)
}

fn read_path(read: &mut dyn Read) -> Result<RelPath> {
    let length = read_length(read, PATH_BYTES_MAX)?;
    let mut path = Vec::new();
    read.take(length).read_to_end(&mut path).map_err(|error| Error::Delta(error.to_string()))?;
    if path.len() as u64 != length {
        return Err(Error::Delta("it is cut off".into()));
    }
    RelPath::parse(path).map_err(|error| Error::Delta(error.to_string()))
}

fn list(out: &mut dyn Write, record: &Record) -> Result<()> {
    let bytes = record.encode_for_others();
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
