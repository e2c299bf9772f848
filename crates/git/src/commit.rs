//! A commit as a tree: listed and read by path, from any thread, without a checkout.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use holdall_tree::{
    Content, Context, Entry, Kind, Metadata, Name, Note, RelPath, Result as TreeResult, Timestamp,
    Tree,
};

use crate::error::{Error, Result, TreeFault};
use crate::object::{Item, ItemKind, Mode, ObjectId, find};
use crate::repository::{BLOB_BYTES_MAX, Repository};
use crate::submodule::Level;

/// The longest target of a symbolic link, in bytes; Linux ends at 4096.
const LINK_BYTES_MAX: u64 = 1 << 16;
/// Entries of decoded tree objects that are kept for the files that are opened next.
const ITEMS_KEPT: usize = 200_000;

/// A commit, or a directory in one, as a tree.
///
/// Modes are those that git knows: files have 0644 or 0755, directories 0755. Everything has the time of the commit, so
/// that two reads give the same. A submodule is a directory with what its commit holds, if its repository is on this
/// machine; else it is empty, as in a checkout, and a [`Note`] says so.
#[derive(Debug)]
pub struct CommitTree<'r> {
    rev: String,
    root: Dir<'r>,
    time: Option<Timestamp>,
    dirs: Mutex<HashMap<RelPath, Dir<'r>>>,
    decoded: Mutex<Decoded>,
    /// Submodules that were found missing and told.
    told: Mutex<BTreeSet<RelPath>>,
}

/// A directory of the tree: a tree object of one of the repositories.
#[derive(Debug, Clone)]
struct Dir<'r> {
    level: Arc<Level<'r>>,
    /// The path in the repository of the level, which is not that in the tree if the root is a directory.
    inside: RelPath,
    /// `None` for a submodule whose repository is not here.
    tree: Option<gix::ObjectId>,
}

#[derive(Debug, Default)]
struct Decoded {
    trees: HashMap<gix::ObjectId, Arc<Vec<Item>>>,
    items: usize,
}

impl<'r> CommitTree<'r> {
    /// The tree of `rev` (in the notation of `git help gitrevisions`) from its directory `subdir` downwards.
    ///
    /// # Errors
    /// [`Error::Revision`] if there is no such revision, [`Error::PathMissing`] or [`Error::NotADirectory`] if `subdir`
    /// is not there, or what reading an object says.
    pub fn open(repo: &'r Repository, rev: &str, subdir: &RelPath) -> Result<Self> {
        let revision = repo.revision(rev)?;
        let level = Arc::new(Level::top(repo, revision.tree));
        let mut tree = Self {
            rev: rev.to_owned(),
            root: Dir { level, inside: RelPath::root(), tree: Some(revision.tree) },
            time: revision.time,
            dirs: Mutex::default(),
            decoded: Mutex::default(),
            told: Mutex::default(),
        };
        let root = tree.dir(subdir)?;
        tree.items(&root, subdir)?;
        tree.root = root;
        tree.dirs = Mutex::default();
        Ok(tree)
    }

    /// When the commit was made; `None` if the revision names a tree without a commit.
    #[must_use]
    pub fn time(&self) -> Option<Timestamp> {
        self.time
    }

    fn dir(&self, path: &RelPath) -> Result<Dir<'r>> {
        if path.is_root() {
            return Ok(self.root.clone());
        }
        if let Some(dir) = lock(&self.dirs).get(path) {
            return Ok(dir.clone());
        }
        let mut dir = self.root.clone();
        let mut walked = RelPath::root();
        for component in path.components() {
            let missing = || Error::PathMissing { path: path.clone(), rev: self.rev.clone() };
            let items = self.items(&dir, &walked)?;
            let item = find(&items, component).ok_or_else(missing)?;
            walked = walked.join(&item.name);
            dir = self.below(&dir, item).ok_or_else(|| Error::NotADirectory {
                path: walked.clone(),
                rev: self.rev.clone(),
            })?;
        }
        lock(&self.dirs).insert(path.clone(), dir.clone());
        Ok(dir)
    }

    /// The directory that an entry of `dir` is, `None` if it is none.
    fn below(&self, dir: &Dir<'r>, item: &Item) -> Option<Dir<'r>> {
        let inside = dir.inside.join(&item.name);
        match item.kind {
            ItemKind::Tree => {
                Some(Dir { level: Arc::clone(&dir.level), inside, tree: Some(item.id) })
            }
            ItemKind::Leaf(Mode::Submodule) => Some(match dir.level.below(&inside, item.id) {
                Some((level, tree)) => {
                    Dir { level: Arc::new(level), inside: RelPath::root(), tree: Some(tree) }
                }
                None => Dir { level: Arc::clone(&dir.level), inside, tree: None },
            }),
            ItemKind::Leaf(_) => None,
        }
    }

    fn items(&self, dir: &Dir<'r>, shown: &RelPath) -> Result<Arc<Vec<Item>>> {
        let Some(id) = dir.tree else { return Ok(Arc::default()) };
        if let Some(items) = lock(&self.decoded).trees.get(&id) {
            return Ok(Arc::clone(items));
        }
        let items = Arc::new(dir.level.repo().tree(id, shown)?);
        let mut decoded = lock(&self.decoded);
        if decoded.items + items.len() > ITEMS_KEPT {
            *decoded = Decoded::default();
        }
        if decoded.trees.insert(id, Arc::clone(&items)).is_none() {
            decoded.items += items.len();
        }
        Ok(items)
    }

    fn meta(&self, mode: u32) -> Metadata {
        Metadata { mode: Some(mode), mtime: self.time, ..Metadata::default() }
    }

    /// The entry of a leaf that is no submodule.
    fn leaf(&self, dir: &Dir<'r>, path: RelPath, item: &Item, mode: Mode) -> Result<Entry> {
        let repo = dir.level.repo();
        if mode == Mode::Symlink {
            let target = link_target(repo, &path, item)?;
            return Ok(Entry { path, kind: Kind::Symlink { target }, meta: self.meta(0o777) });
        }
        let bits = if mode == Mode::Executable { 0o755 } else { 0o644 };
        let kind = Kind::File { size: repo.blob_size(item.id)? };
        Ok(Entry { path, kind, meta: self.meta(bits) })
    }

    fn tell_missing(&self, ctx: &Context<'_>, path: &RelPath, commit: gix::ObjectId) {
        if lock(&self.told).insert(path.clone()) {
            let missing = Error::SubmoduleMissing { path: path.clone(), commit: ObjectId(commit) };
            ctx.observer.note(&Note::Other(missing.to_string()));
        }
    }
}

impl Tree for CommitTree<'_> {
    fn root(&self) -> TreeResult<Entry> {
        Ok(Entry { path: RelPath::root(), kind: Kind::Directory, meta: self.meta(0o755) })
    }

    fn list(&self, ctx: &Context<'_>, path: &RelPath) -> TreeResult<Vec<Entry>> {
        let dir = self.dir(path)?;
        let items = self.items(&dir, path)?;
        let limits = &ctx.limits;
        if items.len() > limits.dir_entries_max
            || path.depth() > limits.depth_max
            || path.as_bytes().len() > limits.path_bytes_max
        {
            return Err(Error::Limit { dir: path.clone() }.into());
        }
        let mut entries = Vec::with_capacity(items.len());
        for item in items.iter() {
            let here = path.join(&item.name);
            if let ItemKind::Leaf(mode) = item.kind
                && mode != Mode::Submodule
            {
                entries.push(self.leaf(&dir, here, item, mode)?);
                continue;
            }
            let Some(below) = self.below(&dir, item) else { continue };
            if below.tree.is_none() {
                self.tell_missing(ctx, &here, item.id);
            }
            lock(&self.dirs).insert(here.clone(), below);
            entries.push(Entry { path: here, kind: Kind::Directory, meta: self.meta(0o755) });
        }
        Ok(entries)
    }

    fn open(&self, file: &Entry) -> TreeResult<Content<'_>> {
        let missing = || Error::PathMissing { path: file.path.clone(), rev: self.rev.clone() };
        let parent = file.path.parent().ok_or_else(missing)?;
        let name = file.path.name().ok_or_else(missing)?;
        let dir = self.dir(&parent)?;
        let items = self.items(&dir, &parent)?;
        let item = find(&items, name.as_bytes()).ok_or_else(missing)?;
        match item.kind {
            ItemKind::Leaf(Mode::File | Mode::Executable) => {
                let bytes = dir.level.repo().blob(ObjectId(item.id), BLOB_BYTES_MAX)?;
                Ok(Content::Bytes(bytes.into()))
            }
            _ => Ok(Content::None),
        }
    }
}

fn link_target(repo: &Repository, path: &RelPath, item: &Item) -> Result<Vec<u8>> {
    let fault = |name: &Name| Error::HostileTree {
        dir: path.parent().unwrap_or_default().to_string(),
        tree: ObjectId(item.id),
        source: TreeFault::LinkTarget { name: name.to_string() },
    };
    let target = repo.blob(ObjectId(item.id), LINK_BYTES_MAX).map_err(|error| match error {
        Error::BlobLarge { .. } => fault(&item.name),
        other => other,
    })?;
    if target.contains(&0) { Err(fault(&item.name)) } else { Ok(target) }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each change of these caches is one call, so a panic elsewhere cannot leave them half changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
