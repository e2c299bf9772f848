//! An archive as a tree, and read once.

use std::collections::HashMap;
use std::io::{self, Read};

use holdall_tree::{
    Content, ContentHash, Context, Entry, HardLink, Kind, Metadata, RelPath, Result as TreeResult,
    Tree,
};

use super::read::{Member, Reader, Streamed};
use crate::bytes::{Bytes, Positioned};
use crate::error::{Error, Fault};
use crate::expand::{Expanded, Placed, PlacedReader};
use crate::index::{Index, missing, tell_cleaned};
use crate::manifest::{Checked, MANIFEST, Manifest, NO_FILE, is_fit, is_named};
use crate::read_back::hash;
use crate::relay::{Parsed, Place};
use crate::rules::{Rules, Terms, Trust};
use crate::stop::Stop;
use crate::write::{Held, Stored, Tally, WriteOptions};

/// An archive that can be read at any place, as a tree. It was read once from its first header to its last, so all of
/// it was judged before anything of it is given.
#[derive(Debug)]
pub struct TarTree<A> {
    bytes: A,
    index: Index<Placed>,
    manifest: Option<Manifest>,
    cleaned: u64,
}

impl<A: Bytes> TarTree<A> {
    /// Reads all headers.
    ///
    /// # Errors
    /// If it cannot be read or is refused.
    pub fn open(ctx: &Context<'_>, bytes: A, terms: impl Into<Terms>) -> TreeResult<Self> {
        let rules = Rules::new(terms, ctx.limits);
        let mut reader = Reader::new(Positioned::new(&bytes, 0), rules);
        let mut items: Vec<(Entry, Option<Placed>)> = Vec::new();
        let mut places = HashMap::new();
        let mut groups: HashMap<usize, u64> = HashMap::new();
        let (mut links, mut last) = (Vec::new(), None);
        while let Some(member) = reader.next()? {
            ctx.check()?;
            last = Some((member.number, member.data_offset));
            if let Some(target) = &member.link {
                // The reader knows the target to be an earlier entry.
                let first: usize = places.get(target).copied().unwrap_or_default();
                *groups.entry(first).or_insert(1) += 1;
                links.push((items.len(), first));
                places.insert(member.entry.path.clone(), first);
            } else if !member.entry.is_dir() {
                places.insert(member.entry.path.clone(), items.len());
            }
            items.push(placed(member));
        }
        let cleaned = reader.cleaned;
        tell_cleaned(ctx, cleaned);
        join(&mut items, &links, &groups);
        let (number, offset) = last.unwrap_or_default();
        let manifest = Manifest::take_off(&mut items, &rules, |place| {
            let mut content = Vec::new();
            let read = Positioned::new(&bytes, place.offset);
            Expanded::new(read, &place.data, place.size).read_to_end(&mut content).map(|_| content)
        });
        let manifest = manifest.map_err(|stop| match stop {
            Stop::Error(error) => error,
            Stop::Fault(fault) => refused(MANIFEST, number, offset, fault),
        })?;
        Ok(Self { bytes, index: Index::new(items), manifest, cleaned })
    }

    /// How many bytes of a file are no holes.
    #[must_use]
    pub fn data_bytes(&self, file: &Entry) -> u64 {
        let place = self.index.get(&file.path).and_then(|(_, place)| place.as_ref());
        place.map_or(0, |place| place.data.iter().map(|piece| piece.length).sum())
    }

    /// All entries in canonical order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.index.entries()
    }
}

fn placed(member: Member) -> (Entry, Option<Placed>) {
    let is_file = matches!(member.entry.kind, Kind::File { .. }) && member.link.is_none();
    let place = is_file.then(|| Placed {
        offset: member.data_offset,
        size: member.entry.size(),
        data: member.data,
    });
    (member.entry, place)
}

/// Makes each name of a hard link what its first name is.
fn join(
    items: &mut [(Entry, Option<Placed>)],
    links: &[(usize, usize)],
    groups: &HashMap<usize, u64>,
) {
    let first_names = links.iter().map(|(_, first)| (*first, *first));
    for (name, first) in first_names.chain(links.iter().copied()) {
        let Some((entry, place)) = items.get(first).cloned() else { continue };
        let Some(item) = items.get_mut(name) else { continue };
        let links = groups.get(&first).copied().unwrap_or(1);
        let group = HardLink { device: 0, inode: first as u64 + 1, links };
        item.0.kind = entry.kind;
        item.0.meta = Metadata { hard_link: Some(group), ..entry.meta };
        item.1 = place;
    }
}

impl<A> Parsed for TarTree<A> {
    fn cleaned(&self) -> u64 {
        self.cleaned
    }

    fn item(&self, at: usize) -> Option<(&Entry, Option<Place>)> {
        let (entry, place) = self.index.item(at)?;
        Some((entry, place.clone().map(Place::Within)))
    }

    fn hash(&self, entry: &Entry) -> Option<ContentHash> {
        self.manifest.as_ref()?.hash(&entry.path)
    }
}

impl<A: Bytes> Tree for TarTree<A> {
    fn root(&self) -> TreeResult<Entry> {
        self.index.root()
    }

    fn list(&self, _: &Context<'_>, dir: &RelPath) -> TreeResult<Vec<Entry>> {
        self.index.list(dir)
    }

    fn open(&self, file: &Entry) -> TreeResult<Content<'_>> {
        let Some((_, Some(place))) = self.index.get(&file.path) else {
            return Err(missing(&file.path));
        };
        let read = PlacedReader::new(&self.bytes, place);
        Ok(match self.manifest.as_ref().and_then(|manifest| manifest.hash(&file.path)) {
            None => Content::At(Box::new(read)),
            Some(expected) => {
                let read = Content::At(Box::new(read)).into_read();
                let checked = Checked::new(read, expected, &file.path, place.offset);
                Content::Stream(Box::new(checked))
            }
        })
    }
}

/// Reads an archive once, from its first byte to its last, and gives what it holds.
///
/// # Errors
/// If it cannot be read or is refused.
pub fn read_back<R: Read>(ctx: &Context<'_>, read: R, trust: Trust) -> TreeResult<Held> {
    let rules = Rules::new(trust, ctx.limits);
    let mut reader = Reader::new(Streamed(read), rules);
    let mut tally = Tally::new(&WriteOptions { identify: true, ..WriteOptions::default() });
    let mut next = reader.next()?;
    while let Some(member) = next {
        ctx.check()?;
        let (entry, mut manifest) = (&member.entry, None);
        match (&member.link, &entry.kind) {
            (Some(first), _) => tally.add_name(&entry.path, first),
            (None, Kind::File { size }) => {
                let mut content = Expanded::new(reader.data(), &member.data, *size);
                let unread = |source| unread(&member, source);
                if is_named(entry) && is_fit(entry) {
                    let mut bytes = Vec::new();
                    content.read_to_end(&mut bytes).map_err(unread)?;
                    manifest = Some(bytes);
                } else {
                    let stored = hash(ctx, content, tally.hashing(), unread)?;
                    tally.add(entry, stored);
                }
            }
            (None, _) => tally.add(entry, Stored::default()),
        }
        next = reader.next()?;
        match (manifest, &next) {
            (None, None) if is_named(entry) => {
                return Err(refused(MANIFEST, member.number, member.data_offset, NO_FILE).into());
            }
            (None, _) => {}
            (Some(bytes), None) => {
                let judged = Manifest::parse(&rules, &bytes).and_then(|found| tally.judge(&found));
                judged
                    .map_err(|fault| refused(MANIFEST, member.number, member.data_offset, fault))?;
            }
            (Some(bytes), Some(_)) => {
                let mut hashing = tally.hashing();
                hashing.update(&bytes);
                tally.add(entry, hashing.finish());
            }
        }
    }
    Ok(tally.finish())
}

/// The error for a content that cannot be read. One that ends early was cut off with the archive.
fn unread(member: &Member, source: io::Error) -> Error {
    if source.kind() == io::ErrorKind::UnexpectedEof && source.get_ref().is_none() {
        return refused("", member.number, member.data_offset, Fault::Truncated);
    }
    Error::Read { offset: member.data_offset, source }
}

fn refused(name: &str, number: u64, offset: u64, fault: Fault) -> Error {
    Error::Refused { offset, number, name: name.to_owned(), fault }
}
