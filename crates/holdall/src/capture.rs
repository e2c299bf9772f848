//! Captures: a tree read by many threads into a sink that many threads may write to.
//!
//! Work is handed out in batches, a directory or up to 32 files, from one stack: the deepest directory first, so few
//! are open at a time. Nothing per file crosses a thread. A worker without a batch helps another with its large file.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use holdall_tree::{
    Content, Context, Counter, DirToken, Entry, Error, ErrorKind, Filter, Kind, Need, Phase,
    Result, Sink, SinkWorker, Tree,
};

/// Files in one batch: enough to make handing out cheap, few enough to keep all workers busy.
const BATCH: usize = 32;
/// How long a worker without work waits before it looks for a large file to help with.
const IDLE: Duration = Duration::from_millis(1);

/// Reads all of `tree` that `filter` takes into `sink`.
///
/// # Errors
/// If the root cannot be read, the sink fails or the user interrupts. An entry that cannot be read goes to the
/// observer and is left out.
pub fn capture(
    ctx: &Context<'_>,
    tree: &dyn Tree,
    filter: &dyn Filter,
    sink: &dyn Sink,
) -> Result<()> {
    ctx.observer.phase(Phase::Capturing, None);
    let mut root = tree.root()?;
    tree.details(&mut root)?;
    let first = Batch::Dir { place: None, dir: root };
    let queue = Queue {
        state: Mutex::new(State { stack: vec![first], busy: 0, failed: None }),
        changed: Condvar::new(),
        entries: AtomicU64::new(0),
        bytes: AtomicU64::new(0),
    };
    std::thread::scope(|scope| {
        for _ in 0..ctx.threads.max(1) {
            scope.spawn(|| {
                let ran = std::panic::catch_unwind(AssertUnwindSafe(|| {
                    run(ctx, tree, filter, sink, &queue)
                }));
                match ran {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => queue.fail(error),
                    Err(_) => queue
                        .fail(Error::new(ErrorKind::Failed, "a worker panicked; this is a bug")),
                }
            });
        }
    });
    match queue.state().failed.take() {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

#[expect(clippy::large_enum_variant, reason = "few of them live at a time, and none is copied")]
enum Batch {
    Dir { place: Option<(DirToken, usize)>, dir: Entry },
    Entries { dir: DirToken, entries: Vec<Wanted> },
}

/// An entry whose content is wanted.
struct Wanted {
    index: usize,
    entry: Entry,
    /// True if its details are wanted too.
    details: bool,
}

struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    entries: AtomicU64,
    bytes: AtomicU64,
}

struct State {
    stack: Vec<Batch>,
    /// Workers that hold a batch, whose directories may push more.
    busy: usize,
    failed: Option<Error>,
}

#[expect(clippy::large_enum_variant, reason = "few of them live at a time, and none is copied")]
/// What a worker finds when it looks for work.
enum Next {
    Batch(Batch),
    /// Nothing now, but another worker may push more.
    Wait,
    Done,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Next {
        let mut state = self.state();
        if state.failed.is_some() {
            return Next::Done;
        }
        match state.stack.pop() {
            Some(batch) => {
                state.busy += 1;
                Next::Batch(batch)
            }
            None if state.busy == 0 => Next::Done,
            None => Next::Wait,
        }
    }

    fn wait(&self) {
        let state = self.state();
        if state.stack.is_empty() && state.busy > 0 && state.failed.is_none() {
            drop(self.changed.wait_timeout(state, IDLE));
        }
    }

    /// Fails if the tree is larger or deeper than the limits allow.
    fn bound(&self, ctx: &Context<'_>, batches: &[Batch]) -> Result<()> {
        let (mut entries, mut bytes, mut depth) = (0u64, 0u64, 0);
        for batch in batches {
            match batch {
                Batch::Dir { dir, .. } => {
                    entries += 1;
                    depth = dir.path.depth();
                }
                Batch::Entries { entries: files, .. } => {
                    entries += files.len() as u64;
                    bytes =
                        files.iter().fold(bytes, |sum, file| sum.saturating_add(file.entry.size()));
                }
            }
        }
        let entries = self.entries.fetch_add(entries, Ordering::Relaxed).saturating_add(entries);
        let bytes = self.bytes.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        ctx.limits.check(entries, bytes, depth)
    }

    fn push(&self, batches: Vec<Batch>) {
        self.state().stack.extend(batches);
        self.changed.notify_all();
    }

    fn done(&self) {
        let mut state = self.state();
        state.busy -= 1;
        if state.busy == 0 && state.stack.is_empty() {
            self.changed.notify_all();
        }
    }

    fn fail(&self, error: Error) {
        let mut state = self.state();
        state.failed.get_or_insert(error);
        state.stack.clear();
        self.changed.notify_all();
    }
}

fn run(
    ctx: &Context<'_>,
    tree: &dyn Tree,
    filter: &dyn Filter,
    sink: &dyn Sink,
    queue: &Queue,
) -> Result<()> {
    let mut worker = sink.worker(ctx)?;
    loop {
        match queue.next() {
            Next::Batch(Batch::Dir { place, dir }) => {
                let batches = directory(ctx, tree, filter, &mut *worker, place, dir)?;
                queue.bound(ctx, &batches)?;
                queue.push(batches);
                queue.done();
            }
            Next::Batch(Batch::Entries { dir, entries }) => {
                for wanted in entries {
                    ctx.check()?;
                    one(ctx, tree, &mut *worker, dir, wanted)?;
                }
                queue.done();
            }
            Next::Wait => {
                if !worker.help(ctx)? {
                    queue.wait();
                }
            }
            Next::Done => break,
        }
    }
    if queue.state().failed.is_some() {
        return Ok(());
    }
    worker.finish(ctx)
}

/// Lists one directory and gives the batches for what it holds: its files on top, so that they are done before any
/// directory beneath.
fn directory(
    ctx: &Context<'_>,
    tree: &dyn Tree,
    filter: &dyn Filter,
    worker: &mut dyn SinkWorker,
    place: Option<(DirToken, usize)>,
    dir: Entry,
) -> Result<Vec<Batch>> {
    ctx.check()?;
    let listed = match tree.list(ctx, &dir.path) {
        Ok(listed) => listed,
        Err(error) => {
            let Some((above, index)) = place else { return Err(error) };
            ctx.observer.problem(Some(&dir.path), &error);
            worker.skip(ctx, above, index)?;
            return Ok(Vec::new());
        }
    };
    let taken = filter.keep(ctx, &dir.path, listed, tree)?;
    let files = taken.iter().filter(|entry| matches!(entry.kind, Kind::File { .. }));
    let (files, bytes) =
        files.fold((0, 0u64), |(n, sum), file| (n + 1, sum.saturating_add(file.size())));
    ctx.observer.expect(Counter::Files, files);
    ctx.observer.expect(Counter::Bytes, bytes);
    let (token, needs) = worker.open_dir(ctx, place, &dir, &taken)?;
    let (mut dirs, mut batches, mut batch) = (Vec::new(), Vec::new(), Vec::new());
    for ((index, entry), need) in taken.into_iter().enumerate().zip(needs) {
        if need == Need::Nothing {
            continue;
        }
        let wanted = Wanted { index, entry, details: need == Need::Entry };
        if wanted.entry.is_dir() {
            dirs.push(wanted);
        } else {
            batch.push(wanted);
            if batch.len() == BATCH {
                batches.push(Batch::Entries { dir: token, entries: std::mem::take(&mut batch) });
            }
        }
    }
    if !batch.is_empty() {
        batches.push(Batch::Entries { dir: token, entries: batch });
    }
    let mut all = Vec::with_capacity(dirs.len() + batches.len());
    for Wanted { index, entry: mut dir, details } in dirs.into_iter().rev() {
        let detailed = if details { tree.details(&mut dir) } else { Ok(()) };
        match detailed {
            Ok(()) => all.push(Batch::Dir { place: Some((token, index)), dir }),
            Err(error) => {
                ctx.observer.problem(Some(&dir.path), &error);
                worker.skip(ctx, token, index)?;
            }
        }
    }
    all.extend(batches.into_iter().rev());
    Ok(all)
}

fn one(
    ctx: &Context<'_>,
    tree: &dyn Tree,
    worker: &mut dyn SinkWorker,
    dir: DirToken,
    Wanted { index, mut entry, details }: Wanted,
) -> Result<()> {
    // Where a link leads is a detail that everybody wants.
    let details = details || matches!(entry.kind, Kind::Symlink { .. });
    let detailed = if details { tree.details(&mut entry) } else { Ok(()) };
    let opened = detailed.and_then(|()| match entry.kind {
        Kind::File { .. } => tree.open(&entry),
        _ => Ok(Content::None),
    });
    match opened {
        Ok(content) => worker.put(ctx, dir, index, &entry, content),
        Err(error) => {
            ctx.observer.problem(Some(&entry.path), &error);
            worker.skip(ctx, dir, index)
        }
    }
}
