//! A 7z as a tree.

use std::io::{self, Read, Write};
use std::sync::Arc;

use holdall_tree::{
    Content, ContentHash, Context, Entry, Kind, RelPath, Result as TreeResult, Tree,
    path::printable,
};

use super::contents::{Contents, Placed, RUNNING_MAX, Stream, Unpack};
use super::files::File;
use super::folder::Plain;
use super::head::{self, Header};
use super::pass::{Contained, Pass};
use super::sums::{Folder, Sum};
use crate::bytes::Bytes;
use crate::census::Census;
use crate::error::{Error, Fault, Result};
use crate::index::{Index, missing, tell_cleaned};
use crate::manifest::{Checked, MANIFEST, Manifest};
use crate::read_back::{by_threads, hash};
use crate::relay::{Parsed, Place, Solid};
use crate::rules::{Rules, Terms, Trust};
use crate::stop::Stop;
use crate::write::{Hashing, Held, Stored, Tally, WriteOptions};

/// The longest target of a link that is read, in bytes.
const TARGET_BYTES_MAX: u64 = 4096;

/// A 7z as a tree. Its header was judged, and its links were followed, before anything of it is given; contents are
/// proved as they are read.
pub struct SevenTree<A> {
    contents: Contents<Here<A>, A>,
    index: Index<Placed>,
    manifest: Option<Manifest>,
    cleaned: u64,
}

/// The folders of an archive that is at hand.
struct Here<A> {
    bytes: Arc<A>,
    folders: Vec<Folder>,
}

impl<A: Bytes + 'static> Unpack for Here<A> {
    fn unpack(&self, folder: usize) -> io::Result<Plain> {
        let folder = self.folders.get(folder).ok_or(io::ErrorKind::NotFound)?;
        folder.packed.open(&self.bytes)
    }

    fn at(&self, folder: usize) -> u64 {
        self.folders.get(folder).map_or(0, |folder| folder.packed.at)
    }
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
        Self { contents: self.contents.with_plain(plain), ..self }
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
        let here = Here { bytes, folders };
        for (folder, here_in) in by_folder.iter().enumerate() {
            let pass = Pass { ctx, unpack: &here, folder };
            let contents = here_in.iter().filter_map(|at| {
                let (entry, place) = items.get(*at)?;
                Some(Contained { at: *at, entry, place: place.as_ref()? })
            });
            for (at, found) in pass.run(&contents.collect::<Vec<_>>(), &mut out)? {
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
        let contents = Contents::new(here);
        let manifest = Manifest::take_off(&mut items, &rules, |place: &Placed| {
            let mut content = Vec::new();
            let path = RelPath::parse(MANIFEST).unwrap_or_default();
            contents.proved(&path, place)?.read_to_end(&mut content).map(|_| content)
        });
        let manifest = manifest.map_err(|stop| located(stop, last, MANIFEST.as_bytes()))?;
        Ok(Self { contents, index: Index::new(items), manifest, cleaned })
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
        let content = self.contents.proved(&entry.path, place).map_err(unread)?;
        hash(ctx, content, hashing, unread)
    }

    /// Where a content lies, for whoever is out of reach.
    fn told(&self, place: &Placed) -> Place {
        let folder =
            |stream: Stream| Some((stream, self.contents.unpack.folders.get(stream.folder)?));
        let Some((stream, folder)) = place.stream.and_then(folder) else { return Place::nowhere() };
        Place::Solid(Solid {
            folder: folder.packed.to_bytes(),
            folder_bytes: folder.size,
            at: stream.at,
            crc: place.sum.crc,
            last: stream.last,
            number: place.number,
        })
    }

    /// All entries in canonical order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.index.entries()
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
            .check_ratio(folder.size, folder.packed.stored)
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

impl<A: Bytes + 'static> Parsed for SevenTree<A> {
    fn cleaned(&self) -> u64 {
        self.cleaned
    }

    fn item(&self, at: usize) -> Option<(&Entry, Option<Place>)> {
        let (entry, place) = self.index.item(at)?;
        Some((entry, place.as_ref().map(|place| self.told(place))))
    }

    fn hash(&self, entry: &Entry) -> Option<ContentHash> {
        self.manifest.as_ref()?.hash(&entry.path)
    }
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
        let content = self.contents.open(&entry.path, place)?;
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
        f.debug_struct("SevenTree").finish_non_exhaustive()
    }
}
