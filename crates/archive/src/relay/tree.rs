//! What a parser answered, as a tree: everything is judged again.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Read, Write};
use std::sync::Arc;

use holdall_tree::{
    Content, ContentHash, Context, Entry, Extent, Kind, RelPath, Result as TreeResult, Tree,
};
use zeroize::Zeroizing;

use super::asking::{Answer, Asking, NAME_BYTES, failed, no_lock, wrong};
use super::record::{Place, Record};
use super::request::{Encrypted, Request};
use super::seen::{Door, Passphrase, Seen};
use super::solid::{self, Folders, ONE_PLACE, There};
use super::told::astray;
use crate::bytes::Bytes;
use crate::census::Census;
use crate::error::{Error, Fault};
use crate::expand::{Placed, PlacedReader};
use crate::index::{Index, missing, tell_cleaned};
use crate::manifest::Checked;
use crate::refusal::on_reading;
use crate::rules::{Rules, Terms};
use crate::sevenz::{self, Contained, Contents, Pass};
use crate::zip::Lock;

/// A parser that is somewhere else, and sees one archive.
pub trait Parser<A>: Send + Sync {
    /// Begins an answer about `bytes`, which are all that the parser sees. An error of the reader is one that
    /// [`told`](super::told) or [`astray`] gave, or one of reading the archive.
    ///
    /// # Errors
    /// If the parser cannot be asked.
    fn ask(&self, request: &Request, bytes: Seen<A>) -> io::Result<Box<dyn Read + Send>>;
}

/// An archive that a parser somewhere else read.
pub struct RelayedTree<A, P> {
    bytes: A,
    parser: Arc<P>,
    index: Index<Held>,
    hashes: HashMap<RelPath, ContentHash>,
    solid: Contents<There<A, P>, A>,
    passphrase: Option<Passphrase>,
}

impl<A: Bytes + Clone, P: Parser<A>> RelayedTree<A, P> {
    /// Has `bytes` read by `parser` and judges all that it says. `passphrase` is asked once if a content is encrypted, and
    /// must open the first one that is; the parser does not get to know it.
    ///
    /// # Errors
    /// If it cannot be read or is refused, the passphrase is wrong, or the parser does not do what it must.
    pub fn open(
        ctx: &Context<'_>,
        bytes: A,
        parser: P,
        terms: Terms,
        passphrase: impl FnOnce() -> TreeResult<Option<Vec<u8>>>,
    ) -> TreeResult<Self> {
        let asking = Asking { ctx, bytes: &bytes, parser: &parser, terms };
        let (judged, passphrase) = match asking.ask(Encrypted::Asks, Seen::shut(bytes.clone()))? {
            Answer::Entries(judged) => (judged, None),
            Answer::Locks(locks) => {
                let passphrase = passphrase()?.map(|bytes| Arc::new(Zeroizing::new(bytes)));
                (asking.again(locks, passphrase.as_ref())?, passphrase)
            }
        };
        tell_cleaned(ctx, judged.cleaned);
        if let Some(passphrase) = &passphrase {
            let locks = judged.items.iter().filter_map(|(_, held)| held.as_ref()?.lock());
            let first = locks.min_by_key(|lock| lock.number);
            first.map(|lock| lock.keys(&bytes, passphrase)).transpose()?;
        }
        let Judged { items, hashes, folders, .. } = judged;
        let parser = Arc::new(parser);
        let there = There { bytes: bytes.clone(), parser: Arc::clone(&parser), folders };
        let solid = Contents::new(there);
        Ok(Self { bytes, parser, index: Index::new(items), hashes, solid, passphrase })
    }

    /// True if contents are packed together: who reads many of them has them unpacked first.
    #[must_use]
    pub fn is_solid(&self) -> bool {
        !self.solid.unpack.is_empty()
    }

    /// Has all contents that are packed together unpacked to `out`, one behind the other, and proves them.
    /// [`RelayedTree::with_plain`] takes what was written.
    ///
    /// # Errors
    /// If they are not what they must be, or `out` cannot be written.
    pub fn unpack(&self, ctx: &Context<'_>, out: &mut dyn Write) -> TreeResult<()> {
        let placed = self.index.items().enumerate().filter_map(|(at, (entry, held))| match held {
            Some(Held::Solid(place)) => Some(Contained { at, entry, place }),
            _ => None,
        });
        let mut contents: Vec<Contained<'_>> = placed.collect();
        contents.sort_by_key(|content| content.place.order());
        let folder = |content: &Contained<'_>| content.place.stream.map(|stream| stream.folder);
        for here in contents.chunk_by(|a, b| folder(a) == folder(b)) {
            let Some(folder) = here.first().and_then(folder) else { continue };
            let pass = Pass { ctx, unpack: &self.solid.unpack, folder };
            pass.run(here, &mut Some(&mut *out))?;
        }
        Ok(())
    }

    /// Reads contents where they were unpacked to.
    #[must_use]
    pub fn with_plain(self, plain: A) -> Self {
        Self { solid: self.solid.with_plain(plain), ..self }
    }

    /// All entries, in order of their paths.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.index.entries()
    }

    /// How many bytes of a file are no holes.
    #[must_use]
    pub fn data_bytes(&self, file: &Entry) -> u64 {
        match self.index.get(&file.path) {
            Some((_, Some(Held::Within(placed)))) => {
                placed.data.iter().map(|piece| piece.length).sum()
            }
            _ => file.size(),
        }
    }
}

/// Where the content of a file lies, as it was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Held {
    Within(Placed),
    Behind(Vec<u8>),
    Locked(Lock, Vec<u8>),
    Solid(sevenz::Placed),
}

impl Held {
    fn lock(&self) -> Option<Lock> {
        match self {
            Self::Locked(lock, _) => Some(*lock),
            Self::Within(_) | Self::Behind(_) | Self::Solid(_) => None,
        }
    }
}

type Items = Vec<(Entry, Option<Held>)>;

pub(super) struct Judged {
    items: Items,
    hashes: HashMap<RelPath, ContentHash>,
    folders: Folders,
    cleaned: u64,
}

/// Judges one record after the other.
pub(super) struct Judge {
    rules: Rules,
    census: Census,
    length: u64,
    items: Items,
    hashes: HashMap<RelPath, ContentHash>,
    /// The first name of each group of hard links.
    groups: HashMap<u64, usize>,
    /// Which parts of the archive are contents.
    used: Vec<Extent>,
    /// What is packed together.
    folders: Folders,
    /// How many bytes come of what only the parser can make.
    made: u64,
    pub(super) cleaned: u64,
}

impl Judge {
    pub(super) fn new(rules: Rules, length: u64) -> Self {
        Self {
            rules,
            census: Census::new(rules),
            length,
            items: Vec::new(),
            hashes: HashMap::new(),
            groups: HashMap::new(),
            used: Vec::new(),
            folders: Folders::default(),
            made: 0,
            cleaned: 0,
        }
    }

    pub(super) fn add(&mut self, bytes: &[u8]) -> TreeResult<()> {
        let record = Record::parse(bytes).ok_or_else(|| wrong("says what cannot be understood"))?;
        let number = self.items.len() as u64 + 1;
        let name =
            holdall_tree::path::printable(record.path.get(..NAME_BYTES).unwrap_or(record.path));
        let refused = |fault| Error::Refused { offset: 0, number, name: name.into_owned(), fault };
        let entry = match record.entry(&self.rules) {
            Ok(entry) => entry,
            Err(fault) => return Err(refused(fault).into()),
        };
        let place = record.place.map(|place| self.hold(&entry, place)).transpose()?;
        let judged = self.judge(entry, place, number)?;
        let (entry, place) = judged.map_err(refused)?;
        if let Some(hash) = record.hash {
            self.hashes.insert(entry.path.clone(), hash);
        }
        self.items.push((entry, place));
        Ok(())
    }

    fn judge(
        &mut self,
        mut entry: Entry,
        place: Option<Held>,
        number: u64,
    ) -> TreeResult<Result<(Entry, Option<Held>), Fault>> {
        if self.items.last().is_some_and(|(last, _)| last.path >= entry.path) {
            return Err(wrong("names entries twice or in no order"));
        }
        let is_file = matches!(entry.kind, Kind::File { .. });
        if is_file != place.is_some() {
            return Err(wrong(
                "says of a file not where it is, or of something else that it is one",
            ));
        }
        let first = match entry.meta.hard_link {
            None => true,
            Some(_) if entry.is_dir() => return Err(wrong("gives a directory a second name")),
            Some(link) => match self.groups.get(&link.inode).and_then(|at| self.items.get(*at)) {
                Some((other, at)) if other.kind != entry.kind || *at != place || !is_shared(at) => {
                    return Err(wrong("takes two files for one"));
                }
                Some(_) => false,
                None => {
                    self.groups.insert(link.inode, self.items.len());
                    true
                }
            },
        };
        if let Some(place) = place.as_ref().filter(|_| first) {
            self.place(&entry, place)?;
        }
        Ok(self.rule(&mut entry, first, number).map(|()| (entry, place)))
    }

    /// What is packed together is known by the number of its folder.
    fn hold(&mut self, entry: &Entry, place: Place) -> TreeResult<Held> {
        Ok(match place {
            Place::Within(placed) => Held::Within(placed),
            Place::Behind(place) => Held::Behind(place),
            Place::Locked(lock, place) => Held::Locked(lock, place),
            Place::Solid(solid) => {
                let (place, more) = self.folders.hold(entry.size(), solid)?;
                self.made = self.made.saturating_add(more);
                Held::Solid(place)
            }
        })
    }

    /// Where a content lies must be in the archive, and fit its size.
    fn place(&mut self, entry: &Entry, place: &Held) -> TreeResult<()> {
        match place {
            Held::Behind(_) => self.made = self.made.saturating_add(entry.size()),
            Held::Locked(lock, _) => {
                self.made = self.made.saturating_add(entry.size());
                lock.end().filter(|end| *end <= self.length).ok_or_else(no_lock)?;
                self.used.push(Extent { offset: lock.offset, length: lock.stored });
            }
            // Its folder was judged.
            Held::Solid(_) => {}
            Held::Within(placed) => {
                let outside = || wrong("says that a file lies where the archive is not");
                let (mut at, mut end) = (placed.offset, 0);
                for part in &placed.data {
                    let next = part.offset.checked_add(part.length);
                    let next = next.filter(|next| part.offset >= end && *next <= entry.size());
                    end = next.ok_or_else(outside)?;
                    self.used.push(Extent { offset: at, length: part.length });
                    let behind = at.checked_add(part.length).filter(|at| *at <= self.length);
                    at = behind.ok_or_else(outside)?;
                }
                let holes = entry.meta.extents.as_ref();
                let whole = holes.is_none()
                    && placed.data.iter().map(|p| p.length).sum::<u64>() == entry.size();
                if placed.size != entry.size() || !(whole || holes == Some(&placed.data)) {
                    return Err(wrong("gives a file two sizes"));
                }
            }
        }
        Ok(())
    }

    /// The rules that hold for every archive.
    fn rule(&mut self, entry: &mut Entry, first: bool, number: u64) -> Result<(), Fault> {
        self.rules.check_ratio(self.made, self.length)?;
        let limit = self.rules.limits.bytes_max;
        if self.made > limit {
            return Err(Fault::Limit { what: "bytes", limit });
        }
        self.cleaned += u64::from(self.rules.clean(entry)?);
        if first {
            self.census.add_bytes(entry.size())?;
        }
        self.census.add(entry, number, 0)
    }

    pub(super) fn finish(mut self) -> TreeResult<Judged> {
        self.census.finish()?;
        if !self.items.first().is_some_and(|(root, _)| root.path.is_root()) {
            return Err(wrong("names no root"));
        }
        self.used.retain(|part| part.length > 0);
        self.used.sort_by_key(|part| part.offset);
        let apart = |pair: &[Extent]| match pair {
            [a, b] => a.offset.saturating_add(a.length) <= b.offset,
            _ => true,
        };
        // What lies twice in an archive would be a bomb of no bytes.
        if !self.used.windows(2).all(apart) {
            return Err(wrong(ONE_PLACE));
        }
        let Self { mut items, hashes, folders, cleaned, .. } = self;
        let solid = items.iter_mut().filter_map(|(_, held)| match held {
            Some(Held::Solid(place)) => Some(place),
            _ => None,
        });
        solid::lay_out(solid.collect())?;
        Ok(Judged { items, hashes, folders, cleaned })
    }
}

/// Whether a content may have two names; no archive that packs contents together has that.
fn is_shared(held: &Option<Held>) -> bool {
    !matches!(held, Some(Held::Solid(_)))
}

impl<A: Bytes + Clone, P: Parser<A>> Tree for RelayedTree<A, P> {
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
        let (content, offset) = match place {
            Held::Within(placed) => (self.within(placed), placed.offset),
            Held::Behind(place) => (self.behind(entry, place, Seen::shut(self.bytes.clone()))?, 0),
            Held::Locked(lock, place) => {
                let opened = self.unlocked(entry, *lock);
                let opened = opened.and_then(|seen| self.behind(entry, place, seen));
                (on_reading(opened)?, lock.offset)
            }
            Held::Solid(place) => (self.solid.open(&entry.path, place)?, 0),
        };
        Ok(match self.hashes.get(&file.path) {
            None => content,
            Some(expected) => {
                let read = content.into_read();
                Content::Stream(Box::new(Checked::new(read, *expected, &file.path, offset)))
            }
        })
    }
}

impl<A: Bytes + Clone, P: Parser<A>> RelayedTree<A, P> {
    fn within(&self, placed: &Placed) -> Content<'_> {
        Content::At(Box::new(PlacedReader::new(&self.bytes, placed)))
    }

    fn behind(&self, entry: &Entry, place: &[u8], seen: Seen<A>) -> TreeResult<Content<'_>> {
        let (length, place, path) = (self.bytes.length(), place.to_vec(), entry.path.clone());
        let request = Request::Content { length, place, path };
        let read = self.parser.ask(&request, seen).map_err(failed)?;
        Ok(Content::Stream(Box::new(Exact { read, left: entry.size() })))
    }

    /// The archive with one content open, which was proved.
    fn unlocked(&self, entry: &Entry, lock: Lock) -> TreeResult<Seen<A>> {
        let passphrase = self.passphrase.as_ref().ok_or(Error::PassphraseNeeded)?;
        let door = Door::new(lock, entry.path.as_bytes().to_vec(), passphrase);
        door.open(&self.bytes)?;
        Seen::with(self.bytes.clone(), vec![door]).ok_or_else(no_lock)
    }
}

/// A content that must be as long as was said.
struct Exact<R> {
    read: R,
    left: u64,
}

impl<R: Read> Read for Exact<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let read = self.read.read(buffer)?;
        let left = self.left.checked_sub(read as u64);
        self.left = left.ok_or_else(|| astray("gives more of a file than it said"))?;
        if read == 0 && self.left > 0 {
            return Err(astray("gives less of a file than it said"));
        }
        Ok(read)
    }
}

impl<A, P> fmt::Debug for RelayedTree<A, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RelayedTree").field("index", &self.index).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
