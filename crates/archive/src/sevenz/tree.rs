//! A 7z as a tree.

use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

use holdall_tree::{
    Content, Context, Entry, Extent, Kind, RelPath, Result as TreeResult, Tree, path::printable,
};

use super::files::File;
use super::folder::{self, Plain};
use super::head::{self, Header};
use super::pass::Pass;
use super::proved::Proved;
use super::sums::{Folder, Sum};
use crate::bytes::Bytes;
use crate::census::Census;
use crate::error::{Error, Fault, Result};
use crate::expand::{self, PlacedReader};
use crate::index::{Index, missing, tell_cleaned};
use crate::manifest::{Checked, MANIFEST, Manifest};
use crate::read_back::{by_threads, hash};
use crate::rules::{Rules, Terms, Trust};
use crate::stop::Stop;
use crate::write::{Hashing, Held, Stored, Tally, WriteOptions};

/// The longest target of a link that is read, in bytes.
const TARGET_BYTES_MAX: u64 = 4096;
/// So many folders are kept half unpacked, in case what follows is read next.
pub(super) const RUNNING_MAX: usize = 2;

/// A 7z as a tree. Its header was judged, and its links were followed, before anything of it is given; contents are
/// proved as they are read.
pub struct SevenTree<A> {
    bytes: Arc<A>,
    folders: Vec<Folder>,
    index: Index<Placed>,
    manifest: Option<Manifest>,
    running: Mutex<Vec<Running>>,
    /// All contents one behind the other, if they were unpacked.
    plain: Option<A>,
}

/// Where a content lies, and what proves it.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub(super) number: u64,
    pub(super) sum: Sum,
    /// `None` for a file without a content.
    pub(super) stream: Option<Stream>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Stream {
    folder: usize,
    /// Where in the folder.
    at: u64,
    /// It is the last of its folder.
    pub(super) last: bool,
    /// Where among all contents.
    plain_at: u64,
}

/// A folder that is unpacked up to a place.
pub(super) struct Running {
    folder: usize,
    pub(super) at: u64,
    pub(super) read: Plain,
}

impl<A: Bytes + 'static> SevenTree<A> {
    /// Reads the header, and what is needed to know where links lead.
    ///
    /// # Errors
    /// If it cannot be read or is refused.
    pub fn open(ctx: &Context<'_>, bytes: A, terms: impl Into<Terms>) -> TreeResult<Self> {
        Self::of(ctx, bytes, terms.into(), None)
    }

    /// The same, and unpacks and proves all contents to `out`, one behind the other. [`SevenTree::with_plain`] takes what
    /// was written.
    ///
    /// # Errors
    /// If it cannot be read or is refused, or `out` cannot be written.
    pub fn unpack(
        ctx: &Context<'_>,
        bytes: A,
        terms: impl Into<Terms>,
        out: &mut dyn Write,
    ) -> TreeResult<Self> {
        Self::of(ctx, bytes, terms.into(), Some(out))
    }

    /// Reads contents where they were unpacked to.
    #[must_use]
    pub fn with_plain(self, plain: A) -> Self {
        Self { plain: Some(plain), ..self }
    }

    fn of(
        ctx: &Context<'_>,
        bytes: A,
        terms: Terms,
        mut out: Option<&mut dyn Write>,
    ) -> TreeResult<Self> {
        let rules = Rules::new(terms, ctx.limits);
        let bytes = Arc::new(bytes);
        let Header { folders, files } =
            head::read(&bytes, &rules).map_err(|stop| located(stop, 0, b""))?;
        check_sizes(&rules, &folders, bytes.length())?;
        let (mut items, by_folder) = place(&rules, &files, &folders)?;
        for (number, folder) in folders.iter().enumerate() {
            let here = by_folder.get(number).map(Vec::as_slice).unwrap_or_default();
            let pass = Pass { ctx, bytes: &bytes, folder };
            for (at, found) in pass.run(here, &items, &mut out)? {
                let item = items.get_mut(at);
                if let Some((Entry { kind: Kind::Symlink { target }, .. }, _)) = item {
                    *target = found;
                }
            }
        }
        let mut census = Census::new(rules);
        let mut cleaned = 0;
        for (at, (entry, place)) in items.iter_mut().enumerate() {
            ctx.check()?;
            let number = at as u64 + 1;
            let judged = rules.clean(entry).and_then(|less| {
                cleaned += u64::from(less);
                census.add_bytes(entry.size())?;
                census.add(entry, number, 0)
            });
            judged.map_err(|fault| located(fault.into(), number, entry.path.as_bytes()))?;
            if !matches!(entry.kind, Kind::File { .. }) {
                *place = None;
            }
        }
        census.finish()?;
        tell_cleaned(ctx, cleaned);
        let last = items.len() as u64;
        let tree = Self {
            bytes,
            folders,
            index: Index::new(Vec::new()),
            manifest: None,
            running: Mutex::default(),
            plain: None,
        };
        let manifest = Manifest::take_off(&mut items, &rules, |place: &Placed| {
            let mut content = Vec::new();
            let path = RelPath::parse(MANIFEST).unwrap_or_default();
            tree.proved(&path, place)?.read_to_end(&mut content).map(|_| content)
        });
        let manifest = manifest.map_err(|stop| located(stop, last, MANIFEST.as_bytes()))?;
        Ok(Self { index: Index::new(items), manifest, ..tree })
    }

    /// Whether a manifest stands beside the tree.
    pub(crate) fn has_manifest(&self) -> bool {
        self.manifest.is_some()
    }

    /// What an entry holds.
    fn stored(&self, ctx: &Context<'_>, item: &Item, hashing: Hashing) -> TreeResult<Stored> {
        let (entry, Some(place)) = item else { return Ok(Stored::default()) };
        ctx.check()?;
        let unread = |source: io::Error| match source.downcast::<Error>() {
            Ok(error) => error,
            Err(source) => Error::Read { offset: 0, source },
        };
        let content = self.proved(&entry.path, place).map_err(unread)?;
        hash(ctx, content, hashing, unread)
    }

    /// All entries in canonical order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.index.entries()
    }

    /// A content that is proved as it is read.
    fn proved(&self, path: &RelPath, place: &Placed) -> io::Result<Proved<'_>> {
        let running = place.stream.map(|stream| self.run_to(stream)).transpose()?;
        Ok(Proved::new(&self.running, running, place, path))
    }

    /// A folder that is unpacked up to a content: one that was left there or before, or a new one.
    fn run_to(&self, stream: Stream) -> io::Result<Running> {
        let kept = {
            let mut pool = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            let fits =
                |running: &Running| running.folder == stream.folder && running.at <= stream.at;
            let best = pool.iter().enumerate().filter(|(_, running)| fits(running));
            let best = best.max_by_key(|(_, running)| running.at).map(|(at, _)| at);
            best.map(|at| pool.swap_remove(at))
        };
        let mut running = match (kept, self.folders.get(stream.folder)) {
            (Some(kept), _) => kept,
            (None, Some(folder)) => {
                let read = folder::open(&self.bytes, folder)?;
                Running { folder: stream.folder, at: 0, read }
            }
            (None, None) => return Err(io::ErrorKind::NotFound.into()),
        };
        let before = stream.at - running.at;
        let passed = io::copy(&mut (&mut running.read).take(before), &mut io::sink())?;
        if passed < before {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        running.at = stream.at;
        Ok(running)
    }
}

/// Where the archive is refused for what its entry of this number is.
pub(super) fn located(stop: Stop, number: u64, name: &[u8]) -> Error {
    match stop {
        Stop::Error(error) => error,
        Stop::Fault(fault) => {
            let name = printable(name.get(..200).unwrap_or(name)).into_owned();
            Error::Refused { offset: 0, number, name, fault }
        }
    }
}

/// Judges how much comes of what is stored, before anything is unpacked.
fn check_sizes(rules: &Rules, folders: &[Folder], length: u64) -> Result<()> {
    let mut total = 0_u64;
    for folder in folders {
        total = total.saturating_add(folder.size);
        let limit = rules.limits.bytes_max;
        let judged = rules
            .check_ratio(folder.size, folder.stored)
            .and_then(|()| rules.check_ratio(total, length));
        judged.map_err(|fault| located(fault.into(), 0, b""))?;
        if total > limit {
            return Err(located(Fault::Limit { what: "bytes", limit }.into(), 0, b""));
        }
    }
    Ok(())
}

pub(super) type Item = (Entry, Option<Placed>);

/// Each file with its content, links without their targets, and which of them are in each folder.
fn place(
    rules: &Rules,
    files: &[File],
    folders: &[Folder],
) -> Result<(Vec<Item>, Vec<Vec<usize>>)> {
    let mut streams = streams(folders);
    let (mut items, mut by_folder) = (Vec::new(), vec![Vec::new(); folders.len()]);
    for (at, file) in files.iter().enumerate() {
        let number = at as u64 + 1;
        let (stream, sum) = match file.has_stream.then(|| streams.next()).flatten() {
            Some((stream, sum)) => (Some(stream), sum),
            None => (None, Sum { size: 0, crc: 0 }),
        };
        let entry = file.kind(sum.size).and_then(|kind| {
            let path = rules.path(&file.name, matches!(kind, Kind::Directory))?;
            if matches!(kind, Kind::Symlink { .. }) && !(1..=TARGET_BYTES_MAX).contains(&sum.size) {
                return Err(Fault::LinkTarget);
            }
            Ok(Entry { path, kind, meta: file.meta() })
        });
        let entry = entry.map_err(|fault| located(fault.into(), number, &file.name))?;
        if let Some(here) = stream.and_then(|stream| by_folder.get_mut(stream.folder)) {
            here.push(at);
        }
        items.push((entry, Some(Placed { number, sum, stream })));
    }
    Ok((items, by_folder))
}

/// Each content in the order of the archive.
fn streams(folders: &[Folder]) -> impl Iterator<Item = (Stream, Sum)> {
    let mut plain_at = 0;
    folders.iter().enumerate().flat_map(move |(number, folder)| {
        let (mut at, count) = (0, folder.contents.len());
        let mut found = Vec::with_capacity(count);
        for (place, sum) in folder.contents.iter().enumerate() {
            let last = place + 1 == count;
            found.push((Stream { folder: number, at, last, plain_at }, *sum));
            at += sum.size;
            plain_at += sum.size;
        }
        found
    })
}

/// Reads an archive with all that it holds.
///
/// # Errors
/// If it cannot be read or is refused.
pub fn read_back<A: Bytes + 'static>(
    ctx: &Context<'_>,
    bytes: A,
    trust: Trust,
) -> TreeResult<Held> {
    let tree = SevenTree::open(ctx, bytes, trust)?;
    let mut tally = Tally::new(&WriteOptions { identify: true, ..WriteOptions::default() });
    let mut items: Vec<&Item> = tree.index.items().collect();
    // As they lie in the archive, so that each folder is unpacked once.
    items.sort_by_key(|(_, place)| place.as_ref().and_then(|place| place.stream));
    let folder = |item: &&Item| {
        let stream = item.1.as_ref().and_then(|place| place.stream);
        stream.map(|stream| stream.folder)
    };
    let folders: Vec<&[&Item]> = items.chunk_by(|a, b| folder(a) == folder(b)).collect();
    let threads = ctx.threads.min(RUNNING_MAX);
    let stored = by_threads(&Context { threads, ..*ctx }, &folders, |items| {
        items
            .iter()
            .map(|item| tree.stored(ctx, item, tally.hashing()))
            .collect::<TreeResult<Vec<_>>>()
    })?;
    for ((entry, _), stored) in items.iter().copied().zip(stored.into_iter().flatten()) {
        tally.add(entry, stored);
    }
    if let Some(manifest) = &tree.manifest {
        let judged = tally.judge(manifest);
        judged.map_err(|fault| located(fault.into(), 0, MANIFEST.as_bytes()))?;
    }
    Ok(tally.finish())
}

impl<A: Bytes + 'static> Tree for SevenTree<A> {
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
        let content = match (&self.plain, place.stream) {
            (Some(plain), Some(stream)) => {
                let (offset, size) = (stream.plain_at, place.sum.size);
                let data = vec![Extent { offset: 0, length: size }];
                let place = expand::Placed { offset, size, data, head: None };
                Content::At(Box::new(PlacedReader::new(plain, &place)))
            }
            _ => {
                let unread = |source| Error::Content { path: entry.path.clone(), source };
                Content::Stream(Box::new(self.proved(&entry.path, place).map_err(unread)?))
            }
        };
        Ok(match self.manifest.as_ref().and_then(|manifest| manifest.hash(&file.path)) {
            None => content,
            Some(expected) => {
                let checked = Checked::new(content.into_read(), expected, &file.path, 0);
                Content::Stream(Box::new(checked))
            }
        })
    }
}

impl<A> std::fmt::Debug for SevenTree<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SevenTree").field("folders", &self.folders.len()).finish_non_exhaustive()
    }
}
