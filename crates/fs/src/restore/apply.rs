//! Carrying a restore plan out.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use holdall_disk::Dir;
use holdall_tree::{
    Context, Counter, Entry, Filter, Kind, Phase, ReadAt, RelPath, Result, Sink, Tree,
};

use super::notes::Cloning;
use super::plan::{RestorePlan, present, taken};
use super::points::Exchange;
use super::staged::{Counts, Present, Shared, StagedTree};
use super::state::{self, STAGING, State, rel};
use super::{RestoreError, points, trim};
use crate::clone::{Head, Record};

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

/// What is carried out, and how.
pub(crate) struct Job<'j> {
    pub(crate) plan: &'j RestorePlan,
    pub(crate) source: &'j dyn Tree,
    pub(crate) filter: &'j dyn Filter,
    /// What is restored, in words.
    pub(crate) from: &'j str,
    pub(crate) verify: Verify,
    pub(crate) drive: &'j Drive<'j>,
    /// What is written down of a clone; a restore writes nothing down.
    pub(crate) cloning: Option<Cloning<'j>>,
}

/// What a job did: the report, and what was written down of a clone.
pub(crate) type Done = (RestoreReport, Option<Head>);

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
    let job = Job { plan, source, filter, from, verify, drive, cloning: None };
    Ok(carry_out(ctx, &job)?.0)
}

/// Carries out a job in the state directory of its target.
pub(crate) fn carry_out(ctx: &Context<'_>, job: &Job<'_>) -> Result<Done> {
    let target = &job.plan.target;
    if let Some(parent) = target.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        holdall_disk::create_dirs(parent, 0o755)?;
    }
    state::check_mounts(target)?;
    let state = State::open_in(ctx, target, job.plan.above)?;
    let done = stage_and_publish(ctx, job, &state);
    if !matches!(&done, Ok((report, _)) if report.point.is_some()) {
        // Nothing was published. What cannot be tidied away now is by the next restore.
        let _ = state.remove_if_empty();
    }
    done
}

/// The body of [`carry_out`], which takes the lock around it.
pub(crate) fn stage_and_publish(ctx: &Context<'_>, job: &Job<'_>, state: &State) -> Result<Done> {
    // The record of a clone is made of all that is staged.
    let whole = RelPath::root();
    let at = if job.cloning.is_none() { &job.plan.at } else { &whole };
    if let Some(done) = exchange_at(ctx, job, state, at)? {
        return Ok(done);
    }
    // Rights, attributes and file systems within the target may forbid there what is allowed for the whole.
    let done = exchange_at(ctx, job, state, &whole)?;
    done.ok_or_else(|| RestoreError::Changed { target: job.plan.target.clone() }.into())
}

/// Stages what a job makes of the directory `at` of the target, and exchanges both; `None` if it cannot be exchanged where it
/// is, which is said of no target as a whole.
fn exchange_at(
    ctx: &Context<'_>,
    job: &Job<'_>,
    state: &State,
    at: &RelPath,
) -> Result<Option<Done>> {
    let plan = job.plan;
    let base = job.cloning.as_ref().and_then(|cloning| cloning.base);
    let (there, seen) = match base {
        // What is shared with another clone; nothing is where the new one goes.
        Some(base) => (present(base)?.0, None),
        None => present(&plan.target)?,
    };
    if seen != plan.seen {
        return Err(RestoreError::Changed { target: plan.target.clone() }.into());
    }
    let recorded = job.cloning.as_ref().is_none_or(|cloning| cloning.known.is_some());
    if plan.steps.is_empty() && there.is_some() && base.is_none() && recorded {
        let unchanged = RestoreReport { unchanged: plan.unchanged, ..RestoreReport::default() };
        return Ok(Some((unchanged, None)));
    }
    let staging = rel(STAGING);
    let tree = staging.join_path(&rel("tree"));
    state.dir.create_dir(&staging, 0o700)?;
    let _cleanup = Staging { state };
    state.dir.create_dir(&tree, 0o700)?;
    let root = state.dir.open_dir(&tree)?;

    ctx.observer.phase(Phase::Staging, Some(plan.bytes));
    let there = there.as_ref().map(|tree| Present { tree, dir: tree.handle() });
    let staged = StagedTree::new(&root, job.source, there, (plan, at), job.cloning.as_ref());
    (job.drive)(ctx, job.source, job.filter, &staged)?;
    let finished = staged.finish(ctx)?;
    if job.verify == Verify::ReadBack {
        read_back(ctx, job.source, job.filter, &root, &finished.shared)?;
    }
    ctx.check()?;

    ctx.observer.phase(Phase::Publishing, None);
    let record = job.cloning.as_ref().zip(finished.noted);
    let record = record.map(|(cloning, noted)| cloning.record(noted, &finished.counts));
    let bytes = record.as_ref().map(Record::encode);
    let existed = seen.is_some();
    let exchange = Exchange { at, new: identity(&root, at)?, existed };
    let point = bytes.as_deref();
    points::prepare(state, &exchange, ctx.now(), job.from, &finished.shared, point)?;
    let fresh_clone = record.is_some() && !existed;
    let number = if fresh_clone { None } else { Some(points::next(state)?) };
    if !publish(state, &tree, &exchange, plan)? {
        return Ok(None);
    }
    let report = report(&finished.counts, number);
    let report = complete(ctx, state, &plan.target, report);
    Ok(Some((report, record.map(|record| record.head))))
}

/// Who lies at `path`: device and inode.
fn identity(dir: &Dir, path: &RelPath) -> Result<Option<(u64, u64)>> {
    Ok(dir.stat(path)?.map(|stat| (stat.device, stat.inode)))
}

/// Completes the point. The target is the new tree by now, so whatever goes wrong here is told and does not fail the
/// restore; the next run that opens the state completes the point.
fn complete(
    ctx: &Context<'_>,
    state: &State,
    target: &std::path::Path,
    mut report: RestoreReport,
) -> RestoreReport {
    let done = points::settle(state).and_then(|()| match report.point {
        Some(number) => {
            points::add(state, number).and_then(|()| trim::trim(state, number, ctx.threads))
        }
        None => points::discard(state),
    });
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
        if let Ok(false) = points::published(&self.state.dir) {
            // What cannot be removed now is removed by the next restore.
            let _ = points::discard(self.state);
        }
    }
}

fn report(counts: &Counts, point: Option<u64>) -> RestoreReport {
    RestoreReport {
        files: counts.files.load(Ordering::Relaxed),
        bytes: counts.bytes.load(Ordering::Relaxed),
        unchanged: counts.unchanged.load(Ordering::Relaxed),
        problems: counts.problems.load(Ordering::Relaxed),
        point,
    }
}

/// The one step after which the target is the new tree. What was published must be what was staged, and within the target that
/// was planned for: if somebody put another thing in its place meanwhile, all goes back. False if the directory cannot be
/// exchanged there.
fn publish(
    state: &State,
    tree: &RelPath,
    exchange: &Exchange<'_>,
    plan: &RestorePlan,
) -> Result<bool> {
    let at = exchange.at;
    let target = (!at.is_root()).then(|| state.parent.open_dir(&state.name)).transpose()?;
    let (dir, name) = target.as_ref().map_or((&state.parent, &state.name), |target| (target, at));
    let staged = tree.join_path(at);
    let moved = if exchange.existed {
        state.dir.exchange(&staged, dir, name)
    } else {
        state.dir.rename_no_replace(&staged, dir, name)
    };
    match moved {
        Ok(()) => {}
        Err(error) if error.is_busy() => {
            return Err(RestoreError::MountPoint { target: plan.target.clone() }.into());
        }
        Err(error) if target.is_some() && is_forbidden(&error) => return Ok(false),
        Err(error) => return Err(error.into()),
    }
    let seen = target.is_none() || identity(&state.parent, &state.name)? == plan.seen;
    if !seen || identity(dir, name)? != exchange.new {
        if exchange.existed {
            state.dir.exchange(&staged, dir, name)?;
        } else {
            dir.rename_no_replace(name, &state.dir, &staged)?;
        }
        return Err(RestoreError::Changed { target: plan.target.clone() }.into());
    }
    match &target {
        Some(target) => target.open_dir(&at.parent().unwrap_or_default())?.sync()?,
        None => state.parent.sync()?,
    }
    Ok(true)
}

/// True if it is this directory that cannot be exchanged, while the target may be.
fn is_forbidden(error: &holdall_disk::Error) -> bool {
    let forbidden = |error: &std::io::Error| error.kind() == std::io::ErrorKind::PermissionDenied;
    matches!(error, holdall_disk::Error::NotExchangeable { .. })
        || error.io_error().is_some_and(forbidden)
}

/// Reads every staged file that was written and compares it with the source.
fn read_back(
    ctx: &Context<'_>,
    source: &dyn Tree,
    filter: &dyn Filter,
    root: &Dir,
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

fn same(source: &dyn Tree, root: &Dir, entry: &Entry) -> Result<()> {
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
    let exchange = Exchange { at: &RelPath::root(), new: None, existed: true };
    points::prepare(&state, &exchange, ctx.now(), from, &[], None)?;
    let number = points::next(&state)?;
    state.parent.rename_no_replace(&state.name, &state.dir, &staging.join_path(&rel("tree")))?;
    state.parent.sync()?;
    let report = RestoreReport { point: Some(number), ..RestoreReport::default() };
    Ok(complete(ctx, &state, target, report))
}
