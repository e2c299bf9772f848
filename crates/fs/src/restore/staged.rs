//! The tree that a restore stages: written by many threads, sharing with the target what does not change.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use holdall_disk::Dir;
use holdall_tree::{
    Attributes, Context, DirToken, Entry, Kind, RelPath, Result, Sink, SinkWorker, Timestamp, Tree,
};

use super::RestoreError;
use super::ahead::Ahead;
use super::decide::Decision;
use super::links::Inode;
use super::metadata::{self, On};
use super::notes::{Cloning, Noted, Notes};
use super::plan::RestorePlan;
use super::worker::Worker;
use crate::directory::DirectoryTree;

/// A file that the staged tree and the target share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shared {
    pub(super) path: RelPath,
    pub(super) size: u64,
    pub(super) mtime: Timestamp,
}

/// What is there: the target as a tree and as a handle.
pub(super) struct Present<'p> {
    pub(super) tree: &'p DirectoryTree,
    pub(super) dir: &'p Dir,
}

/// A tree being staged.
pub(super) struct StagedTree<'p> {
    pub(super) root: &'p Dir,
    pub(super) source: &'p dyn Tree,
    pub(super) present: Option<Present<'p>>,
    pub(super) plan: &'p RestorePlan,
    /// The directory that is exchanged. Outside of it there are only directories, which a point needs; what lies in them
    /// stays where it is.
    at: &'p RelPath,
    dirs: Mutex<HashMap<u64, Arc<OpenDir>>>,
    next_token: AtomicU64,
    /// Directories whose metadata is set when all beneath them is done.
    pub(super) metadata: Mutex<Vec<Entry>>,
    /// Files with several names that get file attributes: an immutable one takes no further name.
    attributes: Mutex<Vec<(RelPath, Attributes)>>,
    pub(super) shared: Mutex<Vec<Shared>>,
    /// The first path of each file of the source that has several names.
    pub(super) links: Mutex<HashMap<Inode, RelPath>>,
    /// The same for files of the target of which a copy was made.
    pub(super) copies: Mutex<HashMap<Inode, RelPath>>,
    pub(super) counts: Counts,
    /// What is noted of each entry, if the tree is to be a clone.
    pub(super) notes: Option<Notes<'p>>,
    pub(super) ahead: Ahead,
    /// True once the file system has refused to let two files share blocks.
    pub(super) never_reflinks: AtomicBool,
}

/// A staged tree that is complete.
pub(super) struct Finished {
    /// What is shared with the target.
    pub(super) shared: Vec<Shared>,
    /// What was noted of a clone.
    pub(super) noted: Option<Noted>,
    pub(super) counts: Counts,
}

/// What was staged, in numbers.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) files: AtomicU64,
    pub(super) bytes: AtomicU64,
    pub(super) unchanged: AtomicU64,
    pub(super) problems: AtomicU64,
}

/// A directory whose entries are being written.
pub(super) struct OpenDir {
    pub(super) path: RelPath,
    pub(super) decisions: Vec<Decision>,
    /// What the target has under the names of the source, by their index.
    pub(super) there: BTreeMap<usize, RelPath>,
}

impl<'p> StagedTree<'p> {
    pub(super) fn new(
        root: &'p Dir,
        source: &'p dyn Tree,
        present: Option<Present<'p>>,
        (plan, at): (&'p RestorePlan, &'p RelPath),
        cloning: Option<&Cloning<'p>>,
    ) -> Self {
        Self {
            root,
            source,
            present,
            plan,
            at,
            dirs: Mutex::default(),
            next_token: AtomicU64::new(0),
            metadata: Mutex::default(),
            attributes: Mutex::default(),
            shared: Mutex::default(),
            links: Mutex::default(),
            copies: Mutex::default(),
            counts: Counts::default(),
            notes: cloning.map(Notes::new),
            ahead: Ahead::new(root),
            never_reflinks: AtomicBool::new(false),
        }
    }

    /// Sets the metadata of all directories, the deepest first.
    pub(super) fn finish(self, ctx: &Context<'_>) -> Result<Finished> {
        for (path, attributes) in lock(&self.attributes).drain(..) {
            let on = On::Name(self.root, &path);
            self.count_problems(metadata::set_attributes(ctx, on, &path, attributes)?);
        }
        let mut dirs = std::mem::take(&mut *lock(&self.metadata));
        dirs.sort_by(|a, b| b.path.cmp(&a.path));
        for dir in &dirs {
            ctx.check()?;
            let own = self.root.open_dir(&dir.path)?;
            self.count_problems(metadata::set(ctx, On::Name(&own, &RelPath::root()), dir)?);
        }
        let mut shared = self.shared.into_inner().unwrap_or_else(PoisonError::into_inner);
        shared.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Finished { shared, noted: self.notes.map(Notes::finish), counts: self.counts })
    }

    /// True if what lies at `path` is exchanged.
    pub(super) fn is_exchanged(&self, path: &RelPath) -> bool {
        path.starts_with(self.at)
    }

    /// Fails if something is to be made where nothing should change: then somebody changed the target since the plan was made.
    pub(super) fn check_exchanged(&self, path: &RelPath) -> Result<()> {
        match self.is_exchanged(path) {
            true => Ok(()),
            false => Err(RestoreError::Changed { target: self.plan.target.clone() }.into()),
        }
    }

    pub(super) fn add_dir(&self, dir: OpenDir) -> DirToken {
        let token = self.next_token.fetch_add(1, Ordering::Relaxed);
        lock(&self.dirs).insert(token, Arc::new(dir));
        DirToken(token)
    }

    pub(super) fn open_dir(&self, token: DirToken) -> Result<Arc<OpenDir>> {
        lock(&self.dirs).get(&token.0).cloned().ok_or_else(|| {
            let why = format!("directory {} was not opened", token.0);
            holdall_tree::Error::new(holdall_tree::ErrorKind::Failed, why)
        })
    }

    /// Copies the content of a file of the target and gives it the metadata of `wanted`.
    pub(super) fn copy(&self, ctx: &Context<'_>, present: &Entry, wanted: &Entry) -> Result<()> {
        let Some(there) = &self.present else { return Ok(()) };
        let mut wanted = wanted.clone();
        let is_file = matches!(present.kind, Kind::File { .. });
        if !is_file || wanted.meta.xattrs.is_none() {
            there.tree.details(&mut wanted)?;
        }
        if !is_file {
            make(self.root, &wanted.path, &wanted.kind)?;
            return self.set_metadata(ctx, On::Name(self.root, &wanted.path), &wanted);
        }
        let from = there.dir.open_file(&present.path)?;
        let mut to = self.root.create_new(&wanted.path, 0o600, &mut None)?;
        holdall_disk::copy_file(&from, to.file()).map_err(|source| create(&wanted, source))?;
        self.set_metadata(ctx, On::File(&mut to), &wanted)
    }

    pub(super) fn set_metadata(
        &self,
        ctx: &Context<'_>,
        on: On<'_, '_>,
        entry: &Entry,
    ) -> Result<()> {
        self.count_problems(metadata::set(ctx, on, entry)?);
        if let (Some(_), Some(attributes)) = (entry.meta.hard_link, entry.meta.attributes) {
            lock(&self.attributes).push((entry.path.clone(), attributes));
        }
        Ok(())
    }

    pub(super) fn problem(
        &self,
        ctx: &Context<'_>,
        entry: &Entry,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) {
        self.count_problems(1);
        let what = entry.kind.word();
        let error = RestoreError::Create { what, path: entry.path.clone(), source: source.into() };
        ctx.observer.problem(Some(&entry.path), &error);
    }

    pub(super) fn count_problems(&self, problems: u64) {
        self.counts.problems.fetch_add(problems, Ordering::Relaxed);
    }
}

impl Sink for StagedTree<'_> {
    fn worker<'s>(&'s self, _: &Context<'s>) -> Result<Box<dyn SinkWorker + 's>> {
        Ok(Box::new(Worker::new(self)))
    }
}

/// Makes anything but a file or a directory.
pub(super) fn make(dir: &Dir, path: &RelPath, kind: &Kind) -> Result<(), holdall_disk::Error> {
    match kind {
        Kind::Symlink { target } => dir.symlink(target, path),
        Kind::File { .. } | Kind::Directory => Ok(()),
        other => dir.make_node(path, other, 0o600),
    }
}

pub(super) fn create(
    entry: &Entry,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> holdall_tree::Error {
    RestoreError::Create {
        what: entry.kind.word(),
        path: entry.path.clone(),
        source: source.into(),
    }
    .into()
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic of another worker ends the whole restore; what it left half done is never published.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
