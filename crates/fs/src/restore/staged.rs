//! The tree that a restore stages: written by many threads, sharing with the target what does not change.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use holdall_disk::Dir;
use holdall_tree::{
    Attributes, Content, Context, Counter, DirToken, Entry, Kind, Need, RelPath, Result, Sink,
    SinkWorker, Timestamp, Tree,
};

use super::decide::Decision;
use super::links::Inode;
use super::plan::{RestorePlan, knows_metadata, list_if_dir};
use super::write::{write_parts, write_stream};
use super::{RestoreError, metadata};
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
    root: &'p Dir,
    source: &'p dyn Tree,
    present: Option<Present<'p>>,
    plan: &'p RestorePlan,
    dirs: Mutex<HashMap<u64, Arc<OpenDir>>>,
    next_token: AtomicU64,
    /// Directories whose metadata is set when all beneath them is done.
    metadata: Mutex<Vec<Entry>>,
    /// Files with several names that get file attributes: an immutable one takes no further name.
    attributes: Mutex<Vec<(RelPath, Attributes)>>,
    shared: Mutex<Vec<Shared>>,
    /// The first path of each file of the source that has several names.
    links: Mutex<HashMap<Inode, RelPath>>,
    /// The same for files of the target of which a copy was made.
    copies: Mutex<HashMap<Inode, RelPath>>,
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

struct OpenDir {
    path: RelPath,
    decisions: Vec<Decision>,
    /// What the target has under the names of the source, by their index.
    there: BTreeMap<usize, RelPath>,
}

impl<'p> StagedTree<'p> {
    pub(super) fn new(
        root: &'p Dir,
        source: &'p dyn Tree,
        present: Option<Present<'p>>,
        plan: &'p RestorePlan,
    ) -> Self {
        Self {
            root,
            source,
            present,
            plan,
            dirs: Mutex::default(),
            next_token: AtomicU64::new(0),
            metadata: Mutex::default(),
            attributes: Mutex::default(),
            shared: Mutex::default(),
            links: Mutex::default(),
            copies: Mutex::default(),
            counts: Counts::default(),
        }
    }

    /// Sets the metadata of all directories, the deepest first, and gives what is shared with the target.
    pub(super) fn finish(self, ctx: &Context<'_>) -> Result<(Vec<Shared>, Counts)> {
        for (path, attributes) in lock(&self.attributes).drain(..) {
            self.count_problems(metadata::set_attributes(ctx, self.root, &path, attributes));
        }
        let mut dirs = self.metadata.into_inner().unwrap_or_else(PoisonError::into_inner);
        dirs.sort_by(|a, b| b.path.cmp(&a.path));
        for dir in &dirs {
            ctx.check()?;
            let problems = metadata::set(ctx, self.root, dir);
            self.counts.problems.fetch_add(problems, Ordering::Relaxed);
        }
        let mut shared = self.shared.into_inner().unwrap_or_else(PoisonError::into_inner);
        shared.sort_by(|a, b| a.path.cmp(&b.path));
        Ok((shared, self.counts))
    }

    fn open_dir(&self, token: DirToken) -> Result<Arc<OpenDir>> {
        lock(&self.dirs).get(&token.0).cloned().ok_or_else(|| {
            let why = format!("directory {} was not opened", token.0);
            holdall_tree::Error::new(holdall_tree::ErrorKind::Failed, why)
        })
    }

    /// Shares a file with the target, or copies it where the system does not let files be shared.
    fn share(&self, ctx: &Context<'_>, entry: &Entry) -> Result<()> {
        let Some(present) = &self.present else { return Ok(()) };
        let inode = entry.meta.hard_link.as_ref().map(|link| (link.device, link.inode));
        self.counts.unchanged.fetch_add(1, Ordering::Relaxed);
        if let Some(inode) = inode.filter(|inode| self.plan.links.detached.contains(inode)) {
            return self.share_copy(ctx, entry, inode);
        }
        match present.dir.hard_link(&entry.path, self.root, &entry.path) {
            Ok(()) => {
                lock(&self.shared).push(Shared {
                    path: entry.path.clone(),
                    size: entry.size(),
                    mtime: entry.meta.mtime.unwrap_or_default(),
                });
                Ok(())
            }
            // Another user's file, an immutable one, or one with too many names.
            Err(_) => match inode {
                Some(inode) => self.share_copy(ctx, entry, inode),
                None => self.copy(ctx, entry, entry),
            },
        }
    }

    /// Makes a copy of a file of the target for the first of its names, and links the others to that.
    fn share_copy(&self, ctx: &Context<'_>, entry: &Entry, inode: Inode) -> Result<()> {
        let mut copies = lock(&self.copies);
        if let Some(first) = copies.get(&inode) {
            return Ok(self.root.hard_link(first, self.root, &entry.path)?);
        }
        self.copy(ctx, entry, entry)?;
        copies.insert(inode, entry.path.clone());
        Ok(())
    }

    /// Copies the content of a file of the target and gives it the metadata of `wanted`.
    fn copy(&self, ctx: &Context<'_>, present: &Entry, wanted: &Entry) -> Result<()> {
        let Some(there) = &self.present else { return Ok(()) };
        let mut wanted = wanted.clone();
        match present.kind {
            Kind::File { .. } => {
                let from = there.dir.open_file(&present.path)?;
                let to = self.root.create_file(&wanted.path, 0o600)?;
                holdall_disk::copy_file(&from, &to).map_err(|source| create(&wanted, source))?;
            }
            _ => {
                there.tree.details(&mut wanted)?;
                self.make(&wanted)?;
            }
        }
        if wanted.meta.xattrs.is_none() {
            there.tree.details(&mut wanted)?;
        }
        self.set_metadata(ctx, wanted);
        Ok(())
    }

    fn set_metadata(&self, ctx: &Context<'_>, mut entry: Entry) {
        if entry.meta.hard_link.is_some()
            && let Some(attributes) = entry.meta.attributes.take()
        {
            lock(&self.attributes).push((entry.path.clone(), attributes));
        }
        self.count_problems(metadata::set(ctx, self.root, &entry));
    }

    /// Carries an entry that the source does not have over from the target, with all beneath it.
    fn carry(&self, ctx: &Context<'_>, entry: Entry) -> Result<()> {
        let Some(present) = &self.present else { return Ok(()) };
        let mut stack = vec![entry];
        while let Some(mut entry) = stack.pop() {
            ctx.check()?;
            if !entry.is_dir() {
                self.share(ctx, &entry)?;
                continue;
            }
            self.root.create_dir(&entry.path, 0o700)?;
            stack.extend(present.tree.list(ctx, &entry.path)?);
            present.tree.details(&mut entry)?;
            lock(&self.metadata).push(entry);
        }
        Ok(())
    }

    /// Makes anything but a file or a directory.
    fn make(&self, entry: &Entry) -> Result<(), holdall_disk::Error> {
        match &entry.kind {
            Kind::Symlink { target } => self.root.symlink(target, &entry.path),
            Kind::File { .. } | Kind::Directory => Ok(()),
            other => self.root.make_node(&entry.path, other, 0o600),
        }
    }

    /// Writes a file. False if that failed and only this entry is affected: then what was there stays.
    fn write(&self, ctx: &Context<'_>, entry: &Entry, content: Content<'_>) -> Result<bool> {
        let file =
            self.root.create_file(&entry.path, 0o600).map_err(|source| create(entry, source))?;
        let written = match content {
            Content::Bytes(bytes) => {
                ctx.observer.count(Counter::Bytes, bytes.len() as u64);
                file.write_all_at(&bytes, 0).map(|()| bytes.len() as u64)
            }
            Content::At(at) => write_parts(ctx, &file, &*at, entry),
            other => write_stream(ctx, &file, other.into_read()),
        };
        match written {
            Ok(bytes) => {
                self.counts.files.fetch_add(1, Ordering::Relaxed);
                self.counts.bytes.fetch_add(bytes, Ordering::Relaxed);
                Ok(true)
            }
            Err(source) => {
                drop(file);
                // What could not be written whole is not left half written.
                self.root.remove_file(&entry.path)?;
                ctx.check()?;
                if out_of_space(&source) {
                    // Going on cannot succeed, and must not publish a tree without its files.
                    return Err(create(entry, source));
                }
                self.problem(ctx, entry, source);
                self.leave(ctx, &entry.path)?;
                Ok(false)
            }
        }
    }

    /// Leaves what the target has at `path`, if anything: what cannot be replaced must not go.
    fn leave(&self, ctx: &Context<'_>, path: &RelPath) -> Result<()> {
        let Some(present) = &self.present else { return Ok(()) };
        match present.tree.entry_at(path)? {
            Some(there) => self.carry(ctx, there),
            None => Ok(()),
        }
    }

    fn problem(
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

    fn count_problems(&self, problems: u64) {
        self.counts.problems.fetch_add(problems, Ordering::Relaxed);
    }
}

impl Sink for StagedTree<'_> {
    fn worker<'s>(&'s self, _: &Context<'s>) -> Result<Box<dyn SinkWorker + 's>> {
        Ok(Box::new(Worker { staged: self }))
    }
}

struct Worker<'s> {
    staged: &'s StagedTree<'s>,
}

impl SinkWorker for Worker<'_> {
    fn open_dir(
        &mut self,
        ctx: &Context<'_>,
        _: Option<(DirToken, usize)>,
        dir: &Entry,
        entries: &[Entry],
    ) -> Result<(DirToken, Vec<Need>)> {
        let staged = self.staged;
        if !dir.path.is_root() {
            staged.root.create_dir(&dir.path, 0o700)?;
        }
        let there = match &staged.present {
            Some(present) => list_if_dir(ctx, present.tree, &dir.path)?,
            None => Vec::new(),
        };
        lock(&staged.metadata).push(self.dir_metadata(dir)?);
        let (mut needs, mut decisions) =
            (Vec::with_capacity(entries.len()), Vec::with_capacity(entries.len()));
        let mut there = there.into_iter().peekable();
        let mut known = BTreeMap::new();
        for (index, entry) in entries.iter().enumerate() {
            let name = entry.path.file_name().unwrap_or_default();
            while let Some(extra) =
                there.next_if(|other| other.path.file_name().unwrap_or_default() < name)
            {
                self.extra(ctx, extra)?;
            }
            let found = there.next_if(|other| other.path.file_name() == Some(name));
            if found.is_some() {
                known.insert(index, entry.path.clone());
            }
            let decision = self.decide(entry, found.as_ref())?;
            match found {
                Some(found) if staged.plan.policy.keeps(&entry.path) => {
                    staged.carry(ctx, found)?;
                    needs.push(Need::Nothing);
                }
                Some(found) if decision == Decision::Share && !entry.is_dir() => {
                    staged.share(ctx, &found)?;
                    ctx.observer.count(Counter::Files, 1);
                    ctx.observer.count(Counter::Bytes, entry.size());
                    needs.push(Need::Nothing);
                }
                _ => needs.push(Need::Entry),
            }
            decisions.push(decision);
        }
        for extra in there {
            self.extra(ctx, extra)?;
        }
        let token = staged.next_token.fetch_add(1, Ordering::Relaxed);
        let open = OpenDir { path: dir.path.clone(), decisions, there: known };
        lock(&staged.dirs).insert(token, Arc::new(open));
        Ok((DirToken(token), needs))
    }

    fn put(
        &mut self,
        ctx: &Context<'_>,
        dir: DirToken,
        index: usize,
        entry: &Entry,
        content: Content<'_>,
    ) -> Result<()> {
        let staged = self.staged;
        let dir = staged.open_dir(dir)?;
        debug_assert_eq!(entry.path.parent().as_ref(), Some(&dir.path));
        ctx.observer.count(Counter::Files, u64::from(matches!(entry.kind, Kind::File { .. })));
        if let Some(link) = entry.meta.hard_link {
            // The first name of a group makes the file while the others wait; its content may come later.
            let mut links = lock(&staged.links);
            if let Some(first) = links.get(&(link.device, link.inode)) {
                return match staged.root.hard_link(first, staged.root, &entry.path) {
                    Ok(()) => Ok(()),
                    Err(error) => {
                        staged.problem(ctx, entry, error);
                        Ok(())
                    }
                };
            }
            if self.put_one(ctx, &dir, index, entry, content)? {
                links.insert((link.device, link.inode), entry.path.clone());
            }
            return Ok(());
        }
        self.put_one(ctx, &dir, index, entry, content).map(|_made| ())
    }

    fn skip(&mut self, ctx: &Context<'_>, dir: DirToken, index: usize) -> Result<()> {
        self.staged.count_problems(1);
        match self.staged.open_dir(dir)?.there.get(&index) {
            Some(path) => self.staged.leave(ctx, path),
            None => Ok(()),
        }
    }

    fn finish(self: Box<Self>, _: &Context<'_>) -> Result<()> {
        Ok(())
    }
}

impl Worker<'_> {
    /// Makes an entry. False if that failed, so that what was there stays.
    fn put_one(
        &self,
        ctx: &Context<'_>,
        dir: &OpenDir,
        index: usize,
        entry: &Entry,
        content: Content<'_>,
    ) -> Result<bool> {
        let staged = self.staged;
        if !matches!(entry.kind, Kind::File { .. }) {
            if let Err(error) = staged.make(entry) {
                staged.problem(ctx, entry, error);
                staged.leave(ctx, &entry.path)?;
                return Ok(false);
            }
            staged.count_problems(metadata::set(ctx, staged.root, entry));
            return Ok(true);
        }
        if dir.decisions.get(index) == Some(&Decision::CopyContent) {
            ctx.observer.count(Counter::Bytes, entry.size());
            staged.copy(ctx, entry, entry)?;
            return Ok(true);
        }
        let written = staged.write(ctx, entry, content)?;
        if written {
            staged.set_metadata(ctx, entry.clone());
        }
        Ok(written)
    }

    fn extra(&self, ctx: &Context<'_>, extra: Entry) -> Result<()> {
        if self.staged.plan.removed.contains(&extra.path) {
            return Ok(());
        }
        self.staged.carry(ctx, extra)
    }

    /// The source's entry and the target's with all details, judged.
    fn decide(&self, entry: &Entry, found: Option<&Entry>) -> Result<Decision> {
        let (Some(found), Some(present)) = (found, &self.staged.present) else {
            return Ok(Decision::Write);
        };
        let (mut wanted, mut found) = (entry.clone(), found.clone());
        self.staged.source.details(&mut wanted)?;
        present.tree.details(&mut found)?;
        let decision = self.staged.plan.policy.decide(&wanted, Some(&found));
        Ok(match decision {
            Decision::Share if self.staged.plan.links.anew.contains(&entry.path) => {
                match wanted.kind {
                    Kind::File { .. } => Decision::CopyContent,
                    _ => Decision::Write,
                }
            }
            decision => decision,
        })
    }

    /// The metadata of a directory: the source's, and the target's where the source has none (its root may not).
    fn dir_metadata(&self, dir: &Entry) -> Result<Entry> {
        if let Some(present) = self.staged.present.as_ref().filter(|_| !knows_metadata(dir))
            && let Some(mut there) = present.tree.entry_at(&dir.path)?.filter(Entry::is_dir)
        {
            present.tree.details(&mut there)?;
            return Ok(there);
        }
        let mut entry = dir.clone();
        if entry.meta.mode.is_none() {
            entry.meta.mode = Some(0o755);
        }
        Ok(entry)
    }
}

fn out_of_space(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::ReadOnlyFilesystem
    )
}

fn create(
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic of another worker ends the whole restore; what it left half done is never published.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
