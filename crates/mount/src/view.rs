//! A tree by numbers: entries that the kernel knows, listings, open files.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use fuser::{Errno, FileAttr};
use holdall_tree::{Context, Entry, Error, ErrorKind, HardLink, Kind, RelPath, Tree};

use crate::Lasts;
use crate::attr::{Owner, Seek, attr, seek};
use crate::content::{Budget, Open};

/// The number of the root, by the rules of the kernel.
pub(crate) const ROOT: u64 = 1;
/// Entries of listings that are kept together; a directory that has more is listed again each time.
const LISTED_MAX: usize = 1 << 20;
/// Files and directories that may be open at once.
const OPEN_MAX: usize = 1 << 16;
/// Entries whose trouble is told of once; of more nothing is said.
const TOLD_MAX: usize = 1000;
/// How long the kernel may believe what it saw of a tree that stays as it is.
const FOREVER: Duration = Duration::from_secs(24 * 60 * 60);
/// The same for a tree that may change.
const A_WHILE: Duration = Duration::from_secs(1);

/// What makes two names the same thing to the kernel.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Identity {
    Name(RelPath),
    /// All names of one file, as far as they are of one kind.
    Link(HardLink, &'static str),
}

/// An entry that the kernel knows.
struct Node {
    identity: Identity,
    entry: Arc<Entry>,
    /// How often the kernel was told of it and has not forgotten it.
    known: u64,
}

/// What a directory holds.
#[derive(Clone)]
struct Listed {
    entries: Arc<Vec<Entry>>,
    at: Instant,
}

#[derive(Default)]
struct Listings {
    by_path: HashMap<RelPath, Listed>,
    entries: usize,
}

/// What somebody has open.
enum Handle<'t> {
    File { number: u64, entry: Arc<Entry>, open: Arc<Open<'t>> },
    Dir { number: u64, above: u64, entries: Arc<Vec<Entry>> },
}

#[derive(Default)]
struct Handles<'t> {
    last: u64,
    open: HashMap<u64, Handle<'t>>,
    /// Contents by number, so that all who read one file share one stream.
    contents: HashMap<u64, Weak<Open<'t>>>,
}

/// A tree as the kernel asks for it.
pub(crate) struct View<'t> {
    ctx: &'t Context<'t>,
    tree: &'t dyn Tree,
    lasts: Lasts,
    owner: Owner,
    nodes: Mutex<HashMap<u64, Node>>,
    listings: Mutex<Listings>,
    handles: Mutex<Handles<'t>>,
    budget: &'t Budget,
    told: Mutex<Vec<RelPath>>,
}

/// One name of a directory.
pub(crate) struct Held<'h> {
    pub(crate) number: u64,
    pub(crate) kind: &'h Kind,
    pub(crate) name: &'h [u8],
}

type Answer<T> = Result<T, Errno>;

impl<'t> View<'t> {
    pub(crate) fn new(
        ctx: &'t Context<'t>,
        tree: &'t dyn Tree,
        lasts: Lasts,
        budget: &'t Budget,
    ) -> Self {
        Self {
            ctx,
            tree,
            lasts,
            owner: Owner::ours(),
            nodes: Mutex::default(),
            listings: Mutex::default(),
            handles: Mutex::default(),
            budget,
            told: Mutex::default(),
        }
    }

    /// How long the kernel may believe an answer.
    pub(crate) fn valid(&self) -> Duration {
        if self.stays() { FOREVER } else { A_WHILE }
    }

    /// True if what was seen once holds for ever.
    pub(crate) fn stays(&self) -> bool {
        self.lasts == Lasts::Forever
    }

    /// Makes an entry of a directory known to the kernel.
    pub(crate) fn lookup(&self, parent: u64, name: &[u8]) -> Answer<FileAttr> {
        let dir = self.entry(parent)?;
        let entries = self.list(&dir.path)?;
        let at = entries
            .binary_search_by(|entry| entry.path.file_name().unwrap_or_default().cmp(name))
            .map_err(|_| Errno::ENOENT)?;
        let entry = entries.get(at).ok_or(Errno::ENOENT)?;
        let (number, entry) = self.learn(entry)?;
        Ok(attr(number, &entry, self.owner))
    }

    /// The kernel forgets an entry so many times.
    pub(crate) fn forget(&self, number: u64, times: u64) {
        let mut nodes = lock(&self.nodes);
        if let Some(node) = nodes.get_mut(&number) {
            node.known = node.known.saturating_sub(times);
            if node.known == 0 {
                nodes.remove(&number);
            }
        }
    }

    pub(crate) fn attr(&self, number: u64) -> Answer<FileAttr> {
        Ok(attr(number, &*self.entry(number)?, self.owner))
    }

    /// The entry of this number, with all details.
    pub(crate) fn entry(&self, number: u64) -> Answer<Arc<Entry>> {
        if let Some(node) = lock(&self.nodes).get(&number) {
            return Ok(Arc::clone(&node.entry));
        }
        if number != ROOT {
            return Err(Errno::from_i32(rustix::io::Errno::STALE.raw_os_error()));
        }
        let mut root = self.tree.root().map_err(|error| self.tell(None, &error))?;
        self.detail(&mut root);
        let root = Arc::new(root);
        if self.stays() {
            // The kernel never forgets it.
            let identity = Identity::Name(RelPath::root());
            let node = Node { identity, entry: Arc::clone(&root), known: 1 };
            lock(&self.nodes).insert(ROOT, node);
        }
        Ok(root)
    }

    /// Opens a file.
    pub(crate) fn open(&self, number: u64) -> Answer<u64> {
        let entry = self.entry(number)?;
        let shared = lock(&self.handles).contents.get(&number).and_then(Weak::upgrade);
        let open = match shared.filter(|_| self.stays()) {
            Some(open) => open,
            None => {
                // What a directory keeps open of an entry is what its details were read of, however long ago.
                self.detail(&mut Entry::clone(&entry));
                let content =
                    self.tree.open(&entry).map_err(|error| self.tell(Some(&entry.path), &error))?;
                let open = Open::new(content, entry.size(), self.budget);
                Arc::new(open.map_err(|error| self.unread(&entry, &error))?)
            }
        };
        let mut handles = lock(&self.handles);
        handles.contents.insert(number, Arc::downgrade(&open));
        handles.add(Handle::File { number, entry, open })
    }

    pub(crate) fn read(&self, handle: u64, offset: u64, size: u32) -> Answer<Vec<u8>> {
        let (entry, open) = match lock(&self.handles).open.get(&handle) {
            Some(Handle::File { entry, open, .. }) => (Arc::clone(entry), Arc::clone(open)),
            _ => return Err(Errno::EBADF),
        };
        let mut buffer = vec![0; usize::try_from(size).unwrap_or(usize::MAX)];
        let read = open.read(&mut buffer, offset, self.ctx.cancel);
        buffer.truncate(read.map_err(|error| self.unread(&entry, &error))?);
        Ok(buffer)
    }

    /// The first place at or after `offset` that is data, or a hole.
    pub(crate) fn seek(&self, number: u64, offset: u64, wanted: Seek) -> Answer<u64> {
        seek(&*self.entry(number)?, offset, wanted).ok_or(Errno::ENXIO)
    }

    /// Opens a directory: what it holds stays the same until it is closed.
    pub(crate) fn open_dir(&self, number: u64) -> Answer<u64> {
        let dir = self.entry(number)?;
        let entries = self.list(&dir.path)?;
        let above = dir.path.parent().map_or(ROOT, |above| number_of(&Identity::Name(above)));
        lock(&self.handles).add(Handle::Dir { number, above, entries })
    }

    /// Calls `add` with what an open directory holds from place `from` on, until it says that it has enough. The place
    /// behind each name goes with it.
    pub(crate) fn read_dir(
        &self,
        handle: u64,
        from: u64,
        add: &mut dyn FnMut(u64, Held<'_>) -> bool,
    ) -> Answer<()> {
        let (number, above, entries) = match lock(&self.handles).open.get(&handle) {
            Some(Handle::Dir { number, above, entries }) => (*number, *above, Arc::clone(entries)),
            _ => return Err(Errno::EBADF),
        };
        let kind = &Kind::Directory;
        let dots = [Held { number, kind, name: b"." }, Held { number: above, kind, name: b".." }];
        let held = entries.iter().map(|entry| Held {
            number: number_of(&identity(entry)),
            kind: &entry.kind,
            name: entry.path.file_name().unwrap_or_default(),
        });
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        for (at, held) in dots.into_iter().chain(held).enumerate().skip(from) {
            if add(at as u64 + 1, held) {
                break;
            }
        }
        Ok(())
    }

    /// Closes a file or a directory.
    pub(crate) fn close(&self, handle: u64) {
        let mut handles = lock(&self.handles);
        let closed = handles.open.remove(&handle);
        if let Some(Handle::File { number, open, .. }) = closed {
            drop(open);
            if handles.contents.get(&number).is_some_and(|weak| weak.strong_count() == 0) {
                handles.contents.remove(&number);
            }
        }
    }

    /// What a directory holds, by name.
    fn list(&self, dir: &RelPath) -> Answer<Arc<Vec<Entry>>> {
        let known = lock(&self.listings).by_path.get(dir).cloned();
        if let Some(known) = known.filter(|known| self.stays() || known.at.elapsed() < A_WHILE) {
            return Ok(known.entries);
        }
        let mut entries =
            self.tree.list(self.ctx, dir).map_err(|error| self.tell(Some(dir), &error))?;
        entries.sort_by(|a, b| a.path.file_name().cmp(&b.path.file_name()));
        let entries = Arc::new(entries);
        let mut listings = lock(&self.listings);
        if listings.entries + entries.len() > LISTED_MAX {
            *listings = Listings::default();
        }
        if entries.len() <= LISTED_MAX {
            let listed = Listed { entries: Arc::clone(&entries), at: Instant::now() };
            let before = listings.by_path.insert(dir.clone(), listed);
            listings.entries += entries.len();
            listings.entries -= before.map_or(0, |before| before.entries.len());
        }
        Ok(entries)
    }

    /// Gives a listed entry its details and its number.
    fn learn(&self, listed: &Entry) -> Answer<(u64, Arc<Entry>)> {
        let identity = identity(listed);
        let mut nodes = lock(&self.nodes);
        let number = free(&nodes, &identity);
        if let Some(node) = nodes.get_mut(&number).filter(|_| self.stays()) {
            node.known += 1;
            return Ok((number, Arc::clone(&node.entry)));
        }
        drop(nodes);
        let mut entry = listed.clone();
        self.detail(&mut entry);
        let entry = Arc::new(entry);
        let mut nodes = lock(&self.nodes);
        // Somebody may have been faster.
        let number = free(&nodes, &identity);
        let node = nodes.entry(number).or_insert_with(|| Node {
            identity,
            entry: Arc::clone(&entry),
            known: 0,
        });
        node.known += 1;
        if !self.stays() {
            node.entry = Arc::clone(&entry);
        }
        Ok((number, Arc::clone(&node.entry)))
    }

    /// Adds what a listing leaves out. An entry that has none of it is shown without.
    fn detail(&self, entry: &mut Entry) {
        if let Err(error) = self.tree.details(entry) {
            let _ = self.tell(Some(&entry.path), &error);
        }
    }

    fn unread(&self, entry: &Entry, error: &std::io::Error) -> Errno {
        if error.kind() == std::io::ErrorKind::Interrupted {
            return Errno::EINTR;
        }
        self.told(Some(&entry.path), error);
        errno(error)
    }

    fn tell(&self, path: Option<&RelPath>, error: &Error) -> Errno {
        if error.kind() == ErrorKind::Interrupted {
            return Errno::EINTR;
        }
        self.told(path, error);
        errno(error)
    }

    /// Tells the observer of trouble with an entry, once.
    fn told(&self, path: Option<&RelPath>, error: &(dyn std::error::Error + 'static)) {
        let key = path.cloned().unwrap_or_default();
        let mut told = lock(&self.told);
        if told.len() < TOLD_MAX && !told.contains(&key) {
            told.push(key);
            drop(told);
            self.ctx.observer.problem(path, error);
        }
    }
}

impl<'t> Handles<'t> {
    fn add(&mut self, handle: Handle<'t>) -> Answer<u64> {
        if self.open.len() >= OPEN_MAX {
            return Err(Errno::ENFILE);
        }
        self.last += 1;
        self.open.insert(self.last, handle);
        Ok(self.last)
    }
}

fn identity(entry: &Entry) -> Identity {
    match entry.meta.hard_link {
        Some(link) if !entry.is_dir() => Identity::Link(link, entry.kind.word()),
        _ => Identity::Name(entry.path.clone()),
    }
}

/// The number of an entry, the same whenever it is asked for: numbers need not be kept.
fn number_of(identity: &Identity) -> u64 {
    if *identity == Identity::Name(RelPath::root()) {
        return ROOT;
    }
    let mut hasher = DefaultHasher::new();
    identity.hash(&mut hasher);
    hasher.finish().max(ROOT + 1)
}

/// The number of an entry, or where another one has it, the next that is free: two entries never share one.
fn free(nodes: &HashMap<u64, Node>, identity: &Identity) -> u64 {
    let mut number = number_of(identity);
    while nodes.get(&number).is_some_and(|node| node.identity != *identity) {
        number = number.wrapping_add(1).max(ROOT + 1);
    }
    number
}

/// The word of the system for an error: that of the first cause which has one.
fn errno(error: &(dyn std::error::Error + 'static)) -> Errno {
    let mut next = Some(error);
    while let Some(error) = next {
        let code = error.downcast_ref().and_then(std::io::Error::raw_os_error);
        if let Some(code) = code {
            return Errno::from_i32(code);
        }
        next = error.source();
    }
    Errno::EIO
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic in one answer leaves what is locked whole: each change is one call.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
