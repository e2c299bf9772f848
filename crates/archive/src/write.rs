//! What the writers of all formats have alike: what is wanted, and what was written.

use std::io::{self, Read};

use holdall_tree::id::ContentHasher;
use holdall_tree::{
    Content, ContentHash, Context, Counter, Entry, Kind, Metadata, RelPath, Result as TreeResult,
    Timestamp, TreeId, TreeIds,
};

use crate::error::{Error, Fault};
use crate::manifest::{self, MANIFEST, Manifest, checksum_line};

/// How many bytes an archive begins with that are only known when all else is written.
pub const START_BYTES: usize = 32;
/// A file of at most so many bytes is read before its header is written, so that both agree however it changes.
pub(crate) const SMALL_BYTES: u64 = 1 << 20;
/// As many bytes of it are taken if it has become longer.
const SMALL_BYTES_MAX: usize = 2 << 20;
/// Zeros are hashed in pieces of this size.
const ZEROS: [u8; 4096] = [0; 4096];

/// What is wanted of an archive, whatever its format.
#[derive(Debug, Clone, Copy, Default)]
pub struct WriteOptions {
    /// Writes what a tree ID covers and nothing else, and gives all entries this time: trees of one ID are the same
    /// bytes. Hard links are files of their own then, and holes are zeros.
    pub reproducible: Option<Timestamp>,
    /// Hashes all contents, to give the tree ID of what was written.
    pub identify: bool,
    /// Adds a manifest as the last entry, unless there are no files.
    pub manifest: bool,
}

/// What an archive holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Held {
    /// Entries beside the root.
    pub entries: u64,
    /// Files among them, each name of a hard link counted.
    pub files: u64,
    /// Bytes of these files, what hard links share counted once.
    pub bytes: u64,
    /// The identity of the tree, if contents were hashed.
    pub tree: Option<TreeId>,
    /// Whether a manifest stands beside the tree.
    pub manifest: bool,
}

/// What was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// What it holds.
    pub held: Held,
    /// Bytes of the archive, before they are compressed as a whole.
    pub bytes: u64,
    /// What belongs at its very beginning in place of the zeros that are there, if that is known only at its end.
    pub start: Option<[u8; START_BYTES]>,
}

/// A content as it lies in an archive.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Stored {
    pub(crate) size: u64,
    pub(crate) hash: Option<ContentHash>,
}

/// Counts what an archive holds.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    held: Held,
    ids: Option<TreeIds>,
    /// The lines of the manifest.
    lines: Option<Vec<u8>>,
}

impl Tally {
    /// Of what a writer is asked for.
    pub(crate) fn new(options: &WriteOptions) -> Self {
        let identify = options.identify || options.manifest;
        let lines = options.manifest.then(Vec::new);
        Self { held: Held::default(), ids: identify.then(TreeIds::default), lines }
    }

    /// Fails if an entry cannot be told from what the writer adds.
    pub(crate) fn check(entry: &Entry) -> Result<(), Error> {
        if manifest::is_named(entry) {
            return Err(Error::Reserved { path: entry.path.clone() });
        }
        Ok(())
    }

    /// What hashes the next content.
    pub(crate) fn hashing(&self) -> Hashing {
        Hashing { hasher: self.ids.as_ref().map(|_| ContentHasher::default()), size: 0 }
    }

    /// Adds an entry with its content.
    pub(crate) fn add(&mut self, entry: &Entry, content: Stored) {
        self.held.entries += u64::from(!entry.path.is_root());
        if let Kind::File { .. } = entry.kind {
            self.held.files += 1;
            self.held.bytes += content.size;
        }
        if let (Kind::File { .. }, Some(hash)) = (&entry.kind, content.hash) {
            self.list(&entry.path, hash);
        }
        if let Some(ids) = &mut self.ids {
            ids.add(entry, content.hash);
        }
    }

    /// Adds another name of an entry that was added.
    pub(crate) fn add_name(&mut self, path: &RelPath, first: &RelPath) {
        self.held.entries += 1;
        let Some(ids) = &mut self.ids else { return };
        ids.add_name(path, first);
        if let Some(hash) = ids.file(first) {
            self.held.files += 1;
            self.list(path, hash);
        }
    }

    fn list(&mut self, path: &RelPath, hash: ContentHash) {
        if let Some(lines) = &mut self.lines {
            lines.extend_from_slice(&checksum_line(hash, path.as_bytes()));
        }
    }

    /// The entry that the manifest is, and its content, if there is to be one.
    pub(crate) fn manifest(&mut self, mtime: Timestamp) -> Option<(Entry, Vec<u8>)> {
        let lines = self.lines.take().filter(|lines| !lines.is_empty())?;
        self.held.manifest = true;
        let path = RelPath::parse(MANIFEST).ok()?;
        let kind = Kind::File { size: lines.len() as u64 };
        let meta = Metadata { mode: Some(0o644), mtime: Some(mtime), ..Metadata::default() };
        Some((Entry { path, kind, meta }, lines))
    }

    /// Judges a manifest by what was added.
    pub(crate) fn judge(&mut self, manifest: &Manifest) -> Result<(), Fault> {
        self.held.manifest = true;
        let mut ids = self.ids.as_mut();
        manifest.judge(self.held.files, |path| ids.as_mut().and_then(|ids| ids.file(path)))
    }

    pub(crate) fn finish(self) -> Held {
        Held { tree: self.ids.map(|ids| ids.finish().0), ..self.held }
    }
}

/// Measures a content, and hashes it if that is wanted.
#[derive(Debug)]
pub(crate) struct Hashing {
    hasher: Option<ContentHasher>,
    size: u64,
}

impl Hashing {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(bytes);
        }
    }

    pub(crate) fn zeros(&mut self, length: u64) {
        self.size += length;
        let Some(hasher) = &mut self.hasher else { return };
        let mut left = length;
        while left > 0 {
            let piece = usize::try_from(left).unwrap_or(usize::MAX).min(ZEROS.len());
            hasher.update(ZEROS.get(..piece).unwrap_or_default());
            left -= piece as u64;
        }
    }

    pub(crate) fn finish(self) -> Stored {
        Stored { size: self.size, hash: self.hasher.map(ContentHasher::finish) }
    }
}

/// The mode that is written for an entry.
pub(crate) fn mode(entry: &Entry, options: &WriteOptions) -> u32 {
    let usual = match entry.kind {
        Kind::Directory => 0o755,
        Kind::Symlink { .. } => 0o777,
        _ => 0o644,
    };
    // No tree ID has the mode of a link, or that of the root.
    let is_told = !matches!(entry.kind, Kind::Symlink { .. }) && !entry.path.is_root();
    match entry.meta.mode {
        Some(mode) if is_told || options.reproducible.is_none() => mode,
        _ => usual,
    }
}

/// Tells of an entry that is not written, or not all of it.
pub(crate) fn problem(ctx: &Context<'_>, path: &RelPath, error: &Error) {
    ctx.observer.problem(Some(path), error);
}

/// Tells of an entry of a kind that the format does not have.
pub(crate) fn unheld(ctx: &Context<'_>, entry: &Entry) {
    let (path, kind) = (entry.path.clone(), entry.kind.word());
    problem(ctx, &entry.path, &Error::Unheld { path, kind });
}

/// Tells of a content that was not as long as expected.
pub(crate) fn changed(ctx: &Context<'_>, entry: &Entry, expected: u64, found: u64) {
    if expected != found {
        let error = Error::Changed { path: entry.path.clone(), expected, found };
        problem(ctx, &entry.path, &error);
    }
}

/// Reads a small file into `buffer`, and gives what there is of it. What was added to it in the meantime is taken, to a
/// limit.
pub(crate) fn read_small<'b>(
    ctx: &Context<'_>,
    entry: &Entry,
    size: u64,
    content: Content<'_>,
    buffer: &'b mut Vec<u8>,
) -> &'b [u8] {
    let (read, error) = content.read_most(size, SMALL_BYTES_MAX, buffer);
    if let Some(source) = error {
        let path = entry.path.clone();
        problem(ctx, &entry.path, &Error::Content { path, source });
    }
    let bytes = buffer.get(..read.min(SMALL_BYTES_MAX)).unwrap_or_default();
    changed(ctx, entry, size, bytes.len() as u64);
    bytes
}

/// Hands what a file of `size` bytes holds to `each`, in pieces of `piece` bytes but for the last one, and gives how much
/// that was. What is missing of it, or more, goes to the observer.
pub(crate) fn read_through(
    ctx: &Context<'_>,
    entry: &Entry,
    read: &mut dyn Read,
    size: u64,
    piece: usize,
    each: &mut dyn FnMut(&[u8]) -> Result<(), Error>,
) -> TreeResult<u64> {
    let mut buffer = vec![0; usize::try_from(size).unwrap_or(piece).min(piece)];
    let (mut found, mut filled, mut ended) = (0, 0, false);
    while found < size && !ended {
        ctx.check()?;
        let left = usize::try_from(size - found).unwrap_or(piece).min(piece);
        match read.read(buffer.get_mut(filled..left).unwrap_or_default()) {
            Ok(0) => ended = true,
            Ok(n) => filled += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(source) => {
                let path = entry.path.clone();
                problem(ctx, &entry.path, &Error::Content { path, source });
                ended = true;
            }
        }
        if filled == left || ended {
            each(buffer.get(..filled).unwrap_or_default())?;
            found += filled as u64;
            filled = 0;
        }
    }
    let more = u64::from(found == size && matches!(read.read(&mut [0]), Ok(1)));
    changed(ctx, entry, size, found + more);
    Ok(found)
}

pub(crate) fn count(ctx: &Context<'_>, bytes: u64) {
    ctx.observer.count(Counter::Files, 1);
    ctx.observer.count(Counter::Bytes, bytes);
}
