//! Carrying a restore plan out.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use holdall_tree::{
    Context, Counter, Entry, Filter, Kind, Phase, ReadAt, RelPath, Result, Sink, Tree,
};

use super::plan::{RestorePlan, present, taken};
use super::staged::{Counts, Present, Shared, StagedTree};
use super::state::{self, STAGING, State, rel};
use super::{RestoreError, points};

/// Whether staged files are read again before they are published. Every byte was checked against the repository when
/// it was read from there; reading again finds what the disk lost since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verify {
    /// They are not.
    #[default]
    No,
    /// They are, and compared with the source byte for byte.
    ReadBack,
}

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RestoreReport {
    /// Files that were written.
    pub files: u64,
    /// Bytes that were written.
    pub bytes: u64,
    /// Files that stayed as they were.
    pub unchanged: u64,
    /// Parts that could not be restored; each went to the observer.
    pub problems: u64,
    /// The point that leads back, if anything was changed.
    pub point: Option<u64>,
}

/// How trees are read and written by many threads: the driver that joins a source and a sink.
pub type Drive<'d> = dyn Fn(&Context<'_>, &dyn Tree, &dyn Filter, &dyn Sink) -> Result<()> + 'd;

/// Carries out `plan`, reading from the source that it was made from. `from` says in words what is restored, for the
/// list of points; `drive` reads the source into the staged tree.
///
/// When this returns, the target is the new tree, durably, and a point leads back. If it fails, or the process ends
/// before, the target is the old tree; only where the disk fails while the exchange is made durable may it be the new one.
///
/// # Errors
/// If another restore of the target is running, the target changed since the plan was made, the disk fails, or the
/// user interrupts.
pub fn apply(
    ctx: &Context<'_>,
    plan: &RestorePlan,
    source: &dyn Tree,
    filter: &dyn Filter,
    from: &str,
    verify: Verify,
    drive: &Drive<'_>,
) -> Result<RestoreReport> {
    if let Some(parent) = plan.target.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        holdall_disk::create_dirs(parent, 0o755)?;
    }
    state::check_mounts(&plan.target)?;
    let state = State::open(ctx, &plan.target)?;
    let done = stage_and_publish(ctx, plan, source, filter, from, verify, drive, &state);
    if !matches!(&done, Ok(report) if report.point.is_some()) {
        // Nothing was published. What cannot be tidied away now is by the next restore.
        let _ = state.remove_if_empty();
    }
    done
}

#[expect(
    clippy::too_many_arguments,
    reason = "the body of `apply`, which takes the lock around it"
)]
fn stage_and_publish(
    ctx: &Context<'_>,
    plan: &RestorePlan,
    source: &dyn Tree,
    filter: &dyn Filter,
    from: &str,
    verify: Verify,
    drive: &Drive<'_>,
    state: &State,
) -> Result<RestoreReport> {
    let (there, seen) = present(&plan.target)?;
    if seen != plan.seen {
        return Err(RestoreError::Changed { target: plan.target.clone() }.into());
    }
    if plan.steps.is_empty() && there.is_some() {
        return Ok(RestoreReport { unchanged: plan.unchanged, ..RestoreReport::default() });
    }
    let staging = rel(STAGING);
    let tree = staging.join_path(&rel("tree"));
    state.dir.create_dir(&staging, 0o700)?;
    let _cleanup = Staging { state };
    state.dir.create_dir(&tree, 0o700)?;
    let root = state.dir.open_dir(&tree)?;

    ctx.observer.phase(Phase::Staging, Some(plan.bytes));
    let there = there.as_ref().map(|tree| Present { tree, dir: tree.handle() });
    let staged = StagedTree::new(&root, source, there, plan);
    drive(ctx, source, filter, &staged)?;
    let (shared, counts) = staged.finish(ctx)?;
    if verify == Verify::ReadBack {
        read_back(ctx, source, filter, &root, &shared)?;
    }
    ctx.check()?;

    ctx.observer.phase(Phase::Publishing, None);
    let new_root = root.stat(&RelPath::root())?.map(|stat| (stat.device, stat.inode));
    points::prepare(state, new_root, seen.is_some(), ctx.now(), from, &shared)?;
    // One call for all files rather than one each; it also brings their names to the disk.
    state.dir.sync_filesystem()?;
    let number = points::next(state)?;
    publish(state, &tree, plan)?;
    Ok(complete(ctx, state, &plan.target, report(&counts, number)))
}

/// Completes the point. The target is the new tree by now, so whatever goes wrong here is told and does not fail the
/// restore; the next run that opens the state completes the point.
fn complete(
    ctx: &Context<'_>,
    state: &State,
    target: &std::path::Path,
    mut report: RestoreReport,
) -> RestoreReport {
    let number = report.point.unwrap_or_default();
    let done = points::add(state, number).and_then(|()| points::trim(state, number));
    if let Err(source) = done {
        report.problems += 1;
        let error = RestoreError::PointIncomplete { target: target.to_owned(), source };
        ctx.observer.problem(None, &error);
    }
    report
}

/// Removes the staged tree unless it was published. What lies on the disk tells: once the trees were exchanged, the old
/// tree lies where the new one did, whatever failed then.
struct Staging<'s> {
    state: &'s State,
}

impl Drop for Staging<'_> {
    fn drop(&mut self) {
        if let Ok(false) = points::published(self.state) {
            // What cannot be removed now is removed by the next restore.
            let _ = points::discard(self.state);
        }
    }
}

fn report(counts: &Counts, point: u64) -> RestoreReport {
    RestoreReport {
        files: counts.files.load(Ordering::Relaxed),
        bytes: counts.bytes.load(Ordering::Relaxed),
        unchanged: counts.unchanged.load(Ordering::Relaxed),
        problems: counts.problems.load(Ordering::Relaxed),
        point: Some(point),
    }
}

/// The one step after which the target is the new tree.
fn publish(state: &State, tree: &RelPath, plan: &RestorePlan) -> Result<()> {
    let moved = if plan.seen.is_some() {
        state.dir.exchange(tree, &state.parent, &state.name)
    } else {
        state.dir.rename_no_replace(tree, &state.parent, &state.name)
    };
    moved.map_err(|error| match error.is_busy() {
        true => RestoreError::MountPoint { target: plan.target.clone() }.into(),
        false => holdall_tree::Error::from(error),
    })?;
    Ok(state.parent.sync()?)
}

/// Reads every staged file that was written and compares it with the source.
fn read_back(
    ctx: &Context<'_>,
    source: &dyn Tree,
    filter: &dyn Filter,
    root: &holdall_disk::Dir,
    shared: &[Shared],
) -> Result<()> {
    ctx.observer.phase(Phase::Verifying, None);
    let shared: BTreeSet<&RelPath> = shared.iter().map(|file| &file.path).collect();
    let mut stack = vec![RelPath::root()];
    while let Some(dir) = stack.pop() {
        for entry in taken(ctx, source, filter, &dir)? {
            ctx.check()?;
            if entry.is_dir() {
                stack.push(entry.path);
            } else if matches!(entry.kind, Kind::File { .. })
                && !shared.contains(&entry.path)
                && root.stat(&entry.path)?.is_some()
            {
                same(source, root, &entry)?;
                ctx.observer.count(Counter::Bytes, entry.size());
            }
        }
    }
    Ok(())
}

fn same(source: &dyn Tree, root: &holdall_disk::Dir, entry: &Entry) -> Result<()> {
    let mismatch =
        || holdall_tree::Error::from(RestoreError::Mismatch { path: entry.path.clone() });
    let staged = root.open_file(&entry.path)?;
    let wanted = source.open(entry)?;
    let (mut a, mut b) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    let mut wanted = wanted.into_read();
    let mut offset = 0;
    loop {
        let n = wanted.read(&mut a).map_err(|_| mismatch())?;
        let mut have = 0;
        while have < n.max(1) {
            let part = b.get_mut(have..n.max(1)).unwrap_or_default();
            match LocalAt(&staged).read_at(part, offset + have as u64) {
                Ok(0) => break,
                Ok(more) => have += more,
                Err(_) => return Err(mismatch()),
            }
        }
        if have != n || a.get(..n) != b.get(..n) {
            return Err(mismatch());
        }
        if n == 0 {
            return Ok(());
        }
        offset += n as u64;
    }
}

struct LocalAt<'f>(&'f std::fs::File);

impl ReadAt for LocalAt<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> std::io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(self.0, buffer, offset)
    }
}

/// Takes the target away because nothing was there before; it stays in a point of its own.
///
/// # Errors
/// If it cannot be moved.
pub fn withdraw(ctx: &Context<'_>, target: &std::path::Path, from: &str) -> Result<RestoreReport> {
    state::check_mounts(target)?;
    let state = State::open(ctx, target)?;
    let staging = rel(STAGING);
    state.dir.create_dir(&staging, 0o700)?;
    let _cleanup = Staging { state: &state };
    points::prepare(&state, None, true, ctx.now(), from, &[])?;
    let number = points::next(&state)?;
    state.parent.rename_no_replace(&state.name, &state.dir, &staging.join_path(&rel("tree")))?;
    state.parent.sync()?;
    let report = RestoreReport { point: Some(number), ..RestoreReport::default() };
    Ok(complete(ctx, &state, target, report))
}
