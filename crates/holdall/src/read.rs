//! Looking at trees: walking, reading files, comparing, verifying, identifying.

use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use holdall_tree::diff::{Change, Compare};
use holdall_tree::{
    Content, ContentHash, Context, Counter, DirToken, Entry, Everything, Filter, FullTreeId,
    InOrder, Kind, Need, Phase, RelPath, Sink, SinkWorker, Source, Tree, TreeId, TreeIds,
};

use crate::capture::capture;
use crate::error::{Error, Result};
use crate::source::Opened;

/// Calls `visit` with every entry beneath `dir` that `filter` takes, with details, in canonical order; with `dir` itself
/// if it is no directory. What cannot be read goes to the observer and is left out.
///
/// # Errors
/// If there is nothing at `dir`, it cannot be listed, the user interrupts, or what `visit` returns.
pub fn walk<E: From<Error>>(
    ctx: &Context<'_>,
    tree: &dyn Tree,
    dir: &RelPath,
    filter: &dyn Filter,
    mut visit: impl FnMut(&Entry) -> Result<(), E>,
) -> Result<(), E> {
    let top = entry(ctx, tree, dir)?;
    let beneath = top.is_dir();
    let mut failed = None;
    InOrder::beneath(tree, top)
        .without_contents()
        .read(ctx, filter, &mut |entry, _| {
            if beneath && entry.path == *dir {
                return Ok(ControlFlow::Continue(()));
            }
            Ok(match visit(entry) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
            })
        })
        .map_err(Error::from)?;
    failed.map_or(Ok(()), Err)
}

/// The entry at `path`.
///
/// # Errors
/// If there is none.
pub fn entry(ctx: &Context<'_>, tree: &dyn Tree, path: &RelPath) -> Result<Entry> {
    let Some(parent) = path.parent() else {
        let mut root = tree.root()?;
        tree.details(&mut root)?;
        return Ok(root);
    };
    let listed = tree.list(ctx, &parent)?;
    let mut entry = listed
        .into_iter()
        .find(|entry| entry.path == *path)
        .ok_or_else(|| Error::NoEntry { path: path.clone() })?;
    tree.details(&mut entry)?;
    Ok(entry)
}

/// What `ls` shows of `path`: what the directory holds, or the entry itself.
///
/// # Errors
/// If there is nothing, or it cannot be read.
pub fn list(ctx: &Context<'_>, tree: &dyn Tree, path: &RelPath) -> Result<Vec<Entry>> {
    let entry = entry(ctx, tree, path)?;
    if !entry.is_dir() {
        return Ok(vec![entry]);
    }
    let mut entries = tree.list(ctx, path)?;
    for entry in &mut entries {
        tree.details(entry)?;
    }
    Ok(entries)
}

/// Writes the content of a file to `out`.
///
/// # Errors
/// If there is no such file, it cannot be read, or `out` fails.
pub fn cat(ctx: &Context<'_>, tree: &dyn Tree, path: &RelPath, out: &mut dyn Write) -> Result<u64> {
    let entry = entry(ctx, tree, path)?;
    if !matches!(entry.kind, Kind::File { .. }) {
        return Err(Error::Usage(format!("{path} is no file but a {}", entry.kind.word())));
    }
    let mut content = tree.open(&entry)?.into_read();
    let mut buffer = vec![0; 1 << 20];
    let mut total = 0;
    loop {
        ctx.check()?;
        let n = content
            .read(&mut buffer)
            .map_err(|source| Error::Read { path: path.clone(), source })?;
        if n == 0 {
            return Ok(total);
        }
        out.write_all(buffer.get(..n).unwrap_or_default()).map_err(Error::Output)?;
        total += n as u64;
    }
}

/// Calls `visit` with each difference between two sources, in canonical order.
///
/// # Errors
/// If one cannot be read, or what `visit` returns.
pub fn diff(
    ctx: &Context<'_>,
    a: &Opened<'_>,
    b: &Opened<'_>,
    compare: Compare,
    visit: &mut dyn FnMut(Change) -> Result<()>,
) -> Result<()> {
    let mut failed = None;
    let same = |mine: &Entry, theirs: &Entry| a.same(mine, b, theirs);
    let done = holdall_tree::diff::diff(ctx, a.tree(), b.tree(), compare, &same, &mut |change| {
        visit(change).map_err(|error| {
            failed = Some(error);
            holdall_tree::Error::interrupted()
        })
    });
    match failed {
        Some(error) => Err(error),
        None => Ok(done?),
    }
}

/// What was read and hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The identity by names, kinds, modes, link targets and contents.
    pub id: TreeId,
    /// The same with owners, times and extended attributes.
    pub full: FullTreeId,
    /// Entries beside the root.
    pub entries: u64,
    /// Bytes of content.
    pub bytes: u64,
    /// Entries that could not be read; each went to the observer. If there are any, the IDs are those of the rest.
    pub problems: u64,
}

/// Reads all of a tree that `filter` takes, on all workers, and gives its IDs. Of a snapshot every byte is checked
/// against the repository on the way.
///
/// # Errors
/// If the tree cannot be read at all, or the user interrupts.
pub fn identify(ctx: &Context<'_>, tree: &dyn Tree, filter: &dyn Filter) -> Result<Identity> {
    ctx.observer.phase(Phase::Verifying, None);
    let sink = Hasher::default();
    let mut root = tree.root()?;
    tree.details(&mut root)?;
    lock(&sink.ids).add(&root, None);
    capture(ctx, tree, filter, &sink)?;
    let (id, full) = std::mem::take(&mut *lock(&sink.ids)).finish();
    let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    Ok(Identity {
        id,
        full,
        entries: get(&sink.entries),
        bytes: get(&sink.bytes),
        problems: get(&sink.problems),
    })
}

/// Reads everything that a tree holds and says what could not be read.
///
/// # Errors
/// As `identify`.
pub fn verify(ctx: &Context<'_>, tree: &dyn Tree) -> Result<Identity> {
    identify(ctx, tree, &Everything)
}

/// A sink that keeps nothing but hashes.
#[derive(Default)]
struct Hasher {
    ids: Mutex<TreeIds>,
    entries: AtomicU64,
    bytes: AtomicU64,
    problems: AtomicU64,
}

impl Sink for Hasher {
    fn worker<'s>(&'s self, _: &Context<'s>) -> holdall_tree::Result<Box<dyn SinkWorker + 's>> {
        Ok(Box::new(HashWorker { hasher: self, buffer: vec![0; 1 << 18] }))
    }
}

struct HashWorker<'s> {
    hasher: &'s Hasher,
    buffer: Vec<u8>,
}

impl SinkWorker for HashWorker<'_> {
    fn open_dir(
        &mut self,
        _: &Context<'_>,
        place: Option<(DirToken, usize)>,
        dir: &Entry,
        entries: &[Entry],
    ) -> holdall_tree::Result<(DirToken, Vec<Need>)> {
        if place.is_some() {
            lock(&self.hasher.ids).add(dir, None);
        }
        self.hasher.entries.fetch_add(entries.len() as u64, Ordering::Relaxed);
        Ok((DirToken(0), vec![Need::Entry; entries.len()]))
    }

    fn put(
        &mut self,
        ctx: &Context<'_>,
        _: DirToken,
        _: usize,
        entry: &Entry,
        content: Content<'_>,
    ) -> holdall_tree::Result<()> {
        let hash = if let Kind::File { .. } = entry.kind {
            match hash(ctx, content, &mut self.buffer) {
                Ok((hash, bytes)) => {
                    self.hasher.bytes.fetch_add(bytes, Ordering::Relaxed);
                    ctx.observer.count(Counter::Files, 1);
                    Some(hash)
                }
                Err(source) => {
                    ctx.check()?;
                    self.hasher.problems.fetch_add(1, Ordering::Relaxed);
                    ctx.observer.problem(
                        Some(&entry.path),
                        &Error::Read { path: entry.path.clone(), source },
                    );
                    return Ok(());
                }
            }
        } else {
            None
        };
        lock(&self.hasher.ids).add(entry, hash);
        Ok(())
    }

    fn skip(&mut self, _: &Context<'_>, _: DirToken, _: usize) -> holdall_tree::Result<()> {
        self.hasher.problems.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn finish(self: Box<Self>, _: &Context<'_>) -> holdall_tree::Result<()> {
        Ok(())
    }
}

/// The hash of a content, and how many bytes it is.
pub(crate) fn hash(
    ctx: &Context<'_>,
    content: Content<'_>,
    buffer: &mut [u8],
) -> std::io::Result<(ContentHash, u64)> {
    let mut read = content.into_read();
    let mut hasher = holdall_tree::id::ContentHasher::default();
    let mut total = 0;
    loop {
        if ctx.cancel.is_cancelled() {
            return Err(std::io::ErrorKind::Interrupted.into());
        }
        match read.read(buffer) {
            Ok(0) => return Ok((hasher.finish(), total)),
            Ok(n) => {
                hasher.update(buffer.get(..n).unwrap_or_default());
                total += n as u64;
                ctx.observer.count(Counter::Bytes, n as u64);
            }
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // A panic of another worker ends the whole run.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
