//! Taking a snapshot.

use std::io::Read;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use holdall_fs::{DirectoryTree, ReadOptions};
use holdall_repo::{Identity, LocalOffset, Lock, Repository, SnapshotFile, SnapshotSink, sink};
use holdall_select::{SelectOptions, Selection};
use holdall_tree::{Content, Context, Entry, Everything, Filter, Kind, Metadata, RelPath, Tree};

use crate::beside::{Added, Beside};
use crate::capture::capture;
use crate::error::{Error, Result};
use crate::targets::{PerTarget, target};

/// What to capture.
pub enum Input<'t> {
    /// A tree that is open. The snapshot holds it as its root, and knows no path that it could go back to.
    Tree(&'t dyn Tree),
    /// Files and directories by their absolute paths.
    Paths(Vec<PathBuf>),
    /// The same, with files beside what they hold. Their paths begin at the root of the file system.
    PathsWith(Vec<PathBuf>, Vec<Added>),
    /// One stream as a file of this name at the root of the snapshot.
    Stream {
        /// The name of the file.
        name: RelPath,
        /// What it is to hold.
        read: Box<dyn Read + Send>,
    },
}

/// Which snapshot the new one is compared with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ParentChoice {
    /// The newest one of the same host and paths.
    #[default]
    Newest,
    /// This one: `latest` or the beginning of an ID.
    Named(String),
    /// None: everything is read again.
    None,
}

/// How to take a snapshot.
#[derive(Debug, Clone, Default)]
pub struct SnapshotOptions {
    /// Which entries are taken.
    pub select: SelectOptions,
    /// How the directory is read.
    pub read: ReadOptions,
    /// Labels.
    pub tags: Vec<String>,
    /// The snapshot to compare with.
    pub parent: ParentChoice,
    /// What the snapshot says of its maker, such as `holdall 1.0`.
    pub program_version: String,
}

/// What was taken.
#[derive(Debug, Clone)]
pub struct SnapshotReport {
    /// The snapshot.
    pub file: SnapshotFile,
    /// Bytes that were added to the repository.
    pub stored_bytes: u64,
    /// Entries that could not be read; each went to the observer.
    pub problems: u64,
    /// How long it took.
    pub elapsed: Duration,
}

/// Takes a snapshot of `input` into `repository`.
///
/// The snapshot exists, durably, when this returns; before, nothing of it can be seen. `lock` is a lock on
/// `repository`, which must last until then.
///
/// # Errors
/// If the paths, the selection or the parent are wrong, the repository cannot be written, or the user interrupts.
pub fn snapshot(
    ctx: &Context<'_>,
    repository: &Repository,
    lock: &Lock,
    input: Input<'_>,
    identity: &Identity,
    offsets: LocalOffset,
    options: &SnapshotOptions,
) -> Result<SnapshotReport> {
    let began = ctx.now();
    let (tree, filter, paths) = source(ctx, input, options)?;
    let parent = parent(ctx, repository, &identity.host, &paths, &options.parent)?;
    let index = repository.load_index(ctx)?;
    let sink = SnapshotSink::new(ctx, repository, &index, parent, identity.clone(), offsets)?;
    capture(ctx, &*tree, &*filter, &sink)?;
    let written = sink.finish(
        ctx,
        sink::SnapshotOptions {
            paths,
            excludes: options.select.exclude.clone(),
            tags: options.tags.clone(),
            program_version: options.program_version.clone(),
        },
        &|| lock.check(),
    )?;
    let elapsed = Duration::from_nanos((ctx.now().as_nanos() - began.as_nanos()).max(0) as u64);
    Ok(SnapshotReport {
        file: written.file,
        stored_bytes: written.stored_bytes,
        problems: written.problems,
        elapsed,
    })
}

type Opened<'t> = (Box<dyn Tree + 't>, Box<dyn Filter>, Vec<String>);

fn source<'t>(
    ctx: &Context<'_>,
    input: Input<'t>,
    options: &SnapshotOptions,
) -> Result<Opened<'t>> {
    match input {
        Input::Tree(tree) => {
            let filter = Selection::new(options.select.clone())?;
            Ok((Box::new(Borrowed(tree)), Box::new(filter), Vec::new()))
        }
        Input::Stream { name, read } => {
            let paths = vec![format!("/{name}")];
            Ok((Box::new(StreamTree::new(name, read)), Box::new(Everything), paths))
        }
        Input::Paths(paths) => {
            let (tree, filter, named) = targets(&paths, options)?;
            Ok((Box::new(tree), Box::new(filter), named))
        }
        Input::PathsWith(paths, added) => {
            let (tree, filter, named) = targets(&paths, options)?;
            let mut tree = Beside::none(tree);
            tree.add(ctx, added)?;
            Ok((Box::new(tree), Box::new(filter), named))
        }
    }
}

/// Files and directories as one tree, a filter for each of them, and what they are called.
fn targets(
    paths: &[PathBuf],
    options: &SnapshotOptions,
) -> Result<(DirectoryTree, PerTarget<'static>, Vec<String>)> {
    let mut targets = Vec::with_capacity(paths.len());
    for path in paths {
        if std::fs::symlink_metadata(path).is_err() {
            return Err(Error::Nothing { path: path.clone() });
        }
        targets.push(target(path)?);
    }
    targets.sort();
    targets.dedup();
    // What lies beneath another target is taken with it.
    let all = targets.clone();
    targets.retain(|t| !all.iter().any(|other| other != t && t.0.starts_with(&other.0)));
    let mut inner: Vec<Box<dyn Filter>> = Vec::with_capacity(targets.len());
    for _ in &targets {
        inner.push(Box::new(Selection::new(options.select.clone())?));
    }
    let filter =
        PerTarget { targets: targets.iter().map(|target| target.0.clone()).collect(), inner };
    let tree = DirectoryTree::of_targets(targets, options.read)?;
    let mut named: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    named.sort();
    named.dedup();
    Ok((tree, filter, named))
}

/// The snapshot to compare with.
fn parent(
    ctx: &Context<'_>,
    repository: &Repository,
    host: &str,
    paths: &[String],
    choice: &ParentChoice,
) -> Result<Option<SnapshotFile>> {
    match choice {
        ParentChoice::None => Ok(None),
        ParentChoice::Named(wanted) => Ok(Some(repository.find_snapshot(ctx, wanted)?)),
        ParentChoice::Newest => {
            let all = repository.snapshots(ctx)?;
            let fits = |file: &SnapshotFile| {
                file.snapshot.hostname == host && same_paths(&file.snapshot.paths, paths)
            };
            Ok(all.into_iter().rev().find(fits))
        }
    }
}

fn same_paths(a: &[String], b: &[String]) -> bool {
    let sorted = |paths: &[String]| {
        let mut paths = paths.to_vec();
        paths.sort();
        paths
    };
    sorted(a) == sorted(b)
}

/// A tree that somebody else has opened.
struct Borrowed<'t>(&'t dyn Tree);

impl Tree for Borrowed<'_> {
    fn root(&self) -> holdall_tree::Result<Entry> {
        self.0.root()
    }

    fn list(&self, ctx: &Context<'_>, dir: &RelPath) -> holdall_tree::Result<Vec<Entry>> {
        self.0.list(ctx, dir)
    }

    fn details(&self, entry: &mut Entry) -> holdall_tree::Result<()> {
        self.0.details(entry)
    }

    fn open(&self, file: &Entry) -> holdall_tree::Result<Content<'_>> {
        self.0.open(file)
    }

    fn insists(&self, path: &RelPath) -> bool {
        self.0.insists(path)
    }
}

/// One stream as a tree of one file.
struct StreamTree {
    name: RelPath,
    read: Mutex<Option<Box<dyn Read + Send>>>,
}

impl StreamTree {
    fn new(name: RelPath, read: Box<dyn Read + Send>) -> Self {
        Self { name, read: Mutex::new(Some(read)) }
    }
}

impl Tree for StreamTree {
    fn root(&self) -> holdall_tree::Result<Entry> {
        Ok(Entry { path: RelPath::root(), kind: Kind::Directory, meta: Metadata::default() })
    }

    fn list(&self, ctx: &Context<'_>, dir: &RelPath) -> holdall_tree::Result<Vec<Entry>> {
        let depth = dir.depth();
        let Some(component) = self.name.components().nth(depth) else { return Ok(Vec::new()) };
        let path = RelPath::parse(component).map(|name| dir.join_path(&name)).unwrap_or_default();
        let now = Some(ctx.now());
        let last = depth + 1 == self.name.depth();
        let (kind, mode) =
            if last { (Kind::File { size: 0 }, 0o644) } else { (Kind::Directory, 0o755) };
        let meta = Metadata { mode: Some(mode), mtime: now, ctime: now, ..Metadata::default() };
        Ok(vec![Entry { path, kind, meta }])
    }

    fn open(&self, _: &Entry) -> holdall_tree::Result<Content<'_>> {
        let mut slot = self.read.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let read = slot.take().unwrap_or_else(|| Box::new(std::io::empty()));
        Ok(Content::Unmeasured(read))
    }
}
