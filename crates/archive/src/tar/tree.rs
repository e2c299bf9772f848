//! An archive as a source, and as a tree.

use std::collections::{HashMap, HashSet};
use std::io::Read;

use holdall_tree::{
    Content, Context, Entry, Filter, HardLink, Kind, Metadata, RelPath, Result as TreeResult,
    Source, Tree, Verdict, Visit,
};

use super::read::{Input, Member, Reader, Streamed};
use crate::bytes::{Bytes, Positioned};
use crate::expand::{Expanded, Placed, PlacedReader};
use crate::index::{Index, missing, tell_cleaned};
use crate::read_back::hash;
use crate::rules::{Rules, Terms, Trust};
use crate::write::{Held, Stored, Tally};

/// An archive that can be read at any place, as a tree. It was read once from its first header to its last, so all of
/// it was judged before anything of it is given.
#[derive(Debug)]
pub struct TarTree<A> {
    bytes: A,
    index: Index<Placed>,
}

impl<A: Bytes> TarTree<A> {
    /// Reads all headers.
    ///
    /// # Errors
    /// If it cannot be read or is refused.
    pub fn open(ctx: &Context<'_>, bytes: A, terms: impl Into<Terms>) -> TreeResult<Self> {
        let mut reader = Reader::new(Positioned::new(&bytes, 0), Rules::new(terms, ctx.limits));
        let mut items: Vec<(Entry, Option<Placed>)> = Vec::new();
        let mut places = HashMap::new();
        let mut groups: HashMap<usize, u64> = HashMap::new();
        let mut links = Vec::new();
        while let Some(member) = reader.next()? {
            ctx.check()?;
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
        tell_cleaned(ctx, reader.cleaned);
        join(&mut items, &links, &groups);
        Ok(Self { bytes, index: Index::new(items) })
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

impl<A: Bytes> Tree for TarTree<A> {
    fn root(&self) -> TreeResult<Entry> {
        self.index.root()
    }

    fn list(&self, _: &Context<'_>, dir: &RelPath) -> TreeResult<Vec<Entry>> {
        self.index.list(dir)
    }

    fn open(&self, file: &Entry) -> TreeResult<Content<'_>> {
        match self.index.get(&file.path) {
            Some((_, Some(place))) => {
                Ok(Content::At(Box::new(PlacedReader::new(&self.bytes, place))))
            }
            _ => Err(missing(&file.path)),
        }
    }
}

/// An archive that is read once, front to back, as a source.
///
/// Entries come as they lie in it, and the links among them are judged at the end, so nothing that is made of it may be
/// kept before [`Source::read`] returned. A later name of a hard link comes without the content that the first one had.
/// A filter cannot look into files.
pub struct TarStream<R> {
    read: Option<R>,
    terms: Terms,
}

impl<R: Read> TarStream<R> {
    /// Reads from `read`, which gives the bytes of an archive that is not compressed.
    pub fn new(read: R, terms: impl Into<Terms>) -> Self {
        Self { read: Some(read), terms: terms.into() }
    }
}

impl<R: Read + Send> Source for TarStream<R> {
    fn read(
        &mut self,
        ctx: &Context<'_>,
        filter: &dyn Filter,
        visit: &mut Visit<'_>,
    ) -> TreeResult<()> {
        let Some(read) = self.read.take() else {
            return Err(holdall_tree::Error::new(
                holdall_tree::ErrorKind::Usage,
                "a stream can only be read once",
            ));
        };
        let rules = Rules::new(self.terms, ctx.limits);
        let mut reader = Reader::new(Streamed(read), rules);
        let mut first_names: HashMap<RelPath, Entry> = HashMap::new();
        let mut left = HashSet::new();
        let mut next = reader.next()?;
        if next.as_ref().is_none_or(|member| !member.entry.path.is_root()) {
            let root =
                Entry { path: RelPath::root(), kind: Kind::Directory, meta: Metadata::default() };
            if visit(&root, Content::None)?.is_break() {
                return Ok(());
            }
        }
        while let Some(mut member) = next {
            ctx.check()?;
            resolve(&mut member, &mut first_names);
            if !is_left(&member.entry, filter, &mut left)? {
                let content = content(&mut reader, &member);
                if visit(&member.entry, content)?.is_break() {
                    return Ok(());
                }
            }
            next = reader.next()?;
        }
        tell_cleaned(ctx, reader.cleaned);
        Ok(())
    }
}

/// Reads an archive of one's own from its first byte to its last, and gives what it holds.
///
/// # Errors
/// If it cannot be read or is refused.
pub fn read_back<R: Read>(ctx: &Context<'_>, read: R) -> TreeResult<Held> {
    let mut reader = Reader::new(Streamed(read), Rules::new(Trust::Own, ctx.limits));
    let mut tally = Tally::new(true);
    while let Some(member) = reader.next()? {
        ctx.check()?;
        let path = &member.entry.path;
        match (&member.link, &member.entry.kind) {
            (Some(first), _) => {
                tally.add_name(path, first);
                continue;
            }
            (None, Kind::File { size }) => {
                let content = Expanded::new(reader.data(), &member.data, *size);
                let stored = hash(ctx, path, content, tally.hashing())?;
                tally.add(&member.entry, stored);
            }
            (None, _) => tally.add(&member.entry, Stored::default()),
        }
    }
    Ok(tally.finish())
}

fn content<'m, I: Input + Send>(reader: &'m mut Reader<I>, member: &'m Member) -> Content<'m> {
    match member.entry.kind {
        Kind::File { size } if member.link.is_none() => {
            Content::Stream(Box::new(Expanded::new(reader.data(), &member.data, size)))
        }
        _ => Content::None,
    }
}

/// Makes a later name of a hard link what its first name was.
fn resolve(member: &mut Member, first_names: &mut HashMap<RelPath, Entry>) {
    if let Some(first) = member.link.as_ref().and_then(|target| first_names.get(target)) {
        let number = first.meta.hard_link.map_or(member.number, |link| link.inode);
        let group = HardLink { device: 0, inode: number, links: 2 };
        member.entry.kind = first.kind.clone();
        member.entry.meta = Metadata { hard_link: Some(group), ..first.meta.clone() };
    }
    if !member.entry.is_dir() {
        let mut known = member.entry.clone();
        let number = known.meta.hard_link.map_or(member.number, |link| link.inode);
        known.meta.hard_link = Some(HardLink { device: 0, inode: number, links: 2 });
        first_names.insert(known.path.clone(), known);
    }
}

/// Whether the filter leaves an entry, or a directory above it.
fn is_left(entry: &Entry, filter: &dyn Filter, left: &mut HashSet<RelPath>) -> TreeResult<bool> {
    if entry.path.is_root() {
        return Ok(false);
    }
    let mut above = entry.path.parent();
    while let Some(dir) = above {
        if left.contains(&dir) {
            return Ok(true);
        }
        above = dir.parent();
    }
    let leaves = filter.judge(entry, &Nothing)? == Verdict::Leave;
    if leaves {
        left.insert(entry.path.clone());
    }
    Ok(leaves)
}

/// What a filter sees of a stream beside the entry at hand.
struct Nothing;

impl Tree for Nothing {
    fn root(&self) -> TreeResult<Entry> {
        Err(missing(&RelPath::root()))
    }

    fn list(&self, _: &Context<'_>, dir: &RelPath) -> TreeResult<Vec<Entry>> {
        Err(missing(dir))
    }

    fn open(&self, file: &Entry) -> TreeResult<Content<'_>> {
        Err(missing(&file.path))
    }
}
