//! What the explorer writes: dumps and restores, by the code that the commands run.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use holdall::Error;
use holdall::config::SecretsPolicy;
use holdall::explore::PickedTree;
use holdall::fs::restore::Step;
use holdall::restore::{Existing, apply, plan};
use holdall::source::Opened;
use holdall::tree::{CancelToken, Classified, Context, Counter, ErrorKind, Observer, RelPath};

use super::model::{Event, Job, JobEnd, Task};
use super::work::Office;
use crate::args::{DumpArgs, RestoreArgs, typed};
use crate::commands::{above, apart_from_repository, export, limit_ratio, restore_options};
use crate::failure::{Failure, Result, chain};
use crate::render;
use crate::session::Session;

/// After so many files it is said how many were done.
const TELL_EACH: u64 = 500;

/// What was written, for whoever reads the output.
#[derive(Default)]
pub(super) struct Written {
    /// Dumps that were written, and what else is worth keeping, line by line.
    pub(super) lines: Mutex<Vec<String>>,
    pub(super) problems: AtomicU64,
}

/// Runs jobs on one source.
pub(super) struct Jobs<'j, 'r> {
    pub(super) session: &'j Session,
    pub(super) source: &'j Opened<'r>,
    pub(super) office: &'j Office,
    pub(super) written: &'j Written,
    /// Beneath which directory can be written, if not everywhere.
    pub(super) within: Option<&'j Path>,
}

impl Jobs<'_, '_> {
    /// Runs one job to its end, and says how that was.
    pub(super) fn run(&self, job: Box<Job>, stop: &CancelToken) -> Event {
        let watch = Watch {
            office: self.office,
            files: AtomicU64::new(0),
            problems: AtomicU64::new(0),
            first: Mutex::default(),
        };
        let ctx = Context { observer: &watch, cancel: stop, ..self.session.context() };
        let done = match &job.task {
            Task::Export { file, secrets } => self.export(&ctx, &job, Path::new(file), *secrets),
            Task::Restore { dir } => self.restore(&ctx, &job, Path::new(dir)),
        };
        let problems = watch.problems.load(Ordering::Relaxed);
        Event::JobDone(match done {
            Ok(Outcome::Asks(question)) => JobEnd::Asks(question, job),
            Ok(Outcome::Done(text)) if problems == 0 => JobEnd::Done(text),
            Ok(Outcome::Done(text)) => {
                self.written.problems.fetch_add(problems, Ordering::Relaxed);
                let first = watch.first.lock().unwrap_or_else(PoisonError::into_inner).take();
                let first = first.unwrap_or_default();
                JobEnd::Done(format!("{text}; {}: {first}", render::count(problems, "problem")))
            }
            Err(failure) => JobEnd::Failed(told(&failure)),
        })
    }

    fn export(
        &self,
        ctx: &Context<'_>,
        job: &Job,
        file: &Path,
        secrets: SecretsPolicy,
    ) -> Result<Outcome> {
        let path = self.session.places.current.join(file);
        let shown = render::path(&path);
        self.reachable(&path)?;
        if path.is_dir() {
            return Err(Failure::Usage(format!("{shown} is a directory")));
        }
        if path.symlink_metadata().is_ok() && !job.sure && !self.session.yes {
            return Ok(Outcome::Asks(format!("{shown} is there already: replace it? [y/N]")));
        }
        let words = ["--output".as_ref(), path.as_os_str()];
        let args: DumpArgs = typed(&words).map_err(misread)?;
        let tree = PickedTree::new(self.source.tree(), job.chosen.clone());
        let report = export(self.session, ctx, &args, secrets, self.source, &tree)?;
        let mut what =
            format!("{}, {}", render::count(report.files, "file"), render::bytes(report.bytes));
        if report.reduced > 0 {
            what += &format!(", {} shown in part", render::grouped(report.reduced));
        }
        if self.session.dry_run {
            return Ok(Outcome::Done(format!("a dry run: {what} would be written to {shown}")));
        }
        self.keep(shown.clone());
        Ok(Outcome::Done(format!("wrote {shown}: {what}")))
    }

    fn restore(&self, ctx: &Context<'_>, job: &Job, dir: &Path) -> Result<Outcome> {
        let (session, source) = (self.session, self.source);
        let target: PathBuf = session.places.current.join(dir).components().collect();
        let shown = render::path(&target);
        self.reachable(&target)?;
        let words = [".".as_ref(), "--to".as_ref(), target.as_os_str()];
        let args: RestoreArgs = typed(&words).map_err(misread)?;
        apart_from_repository(session, source, &target)?;
        let mut options = restore_options(session, &args);
        let tree = PickedTree::new(source.tree(), job.chosen.clone());
        let free = plan(ctx, &tree, &target, &options);
        let occupied = matches!(&free, Err(Error::TargetExists { .. }));
        let planned = if occupied {
            options.existing = Existing::Merge;
            plan(ctx, &tree, &target, &options)?
        } else {
            free?
        };
        limit_ratio(options.bounds.ratio, source, &planned)?;
        let changed = |step: &&Step| !matches!(step, Step::Create(_)) && !step.path().is_root();
        let replaced = planned.plan.steps.iter().filter(changed).count() as u64;
        if session.dry_run {
            let files = render::count(planned.plan.files, "file");
            return Ok(Outcome::Done(format!("a dry run: {files} would be written to {shown}")));
        }
        if occupied && !job.sure && !session.yes {
            return Ok(Outcome::Asks(format!(
                "{shown} is there already: write {} into it, with {} to what is there? (what is replaced is kept) [y/N]",
                render::count(planned.plan.files, "file"),
                render::count(replaced, "change"),
            )));
        }
        let report = apply(ctx, &tree, &source.name, &planned)?;
        let Some(point) = report.point else {
            return Ok(Outcome::Done(format!("{shown} is as it should be already")));
        };
        self.keep(shown.clone());
        let undo = format!("to undo this (point {point}): holdall rollback --target {shown}");
        Ok(Outcome::Done(format!(
            "restored {} to {shown}; {undo}",
            render::count(report.files, "file")
        )))
    }

    /// Fails for what cannot be written, since it is made beside what is not beneath the directory that can be.
    fn reachable(&self, path: &Path) -> Result<()> {
        let Some(within) = self.within else { return Ok(()) };
        if above(path).is_some_and(|dir| dir.starts_with(within)) {
            return Ok(());
        }
        let (path, within) = (render::path(path), render::path(within));
        Err(Failure::Usage(format!(
            "{path} is not beneath {within}, the only place where an archive or a dump is written from here; \
             start explore elsewhere, or with --sandbox off"
        )))
    }

    fn keep(&self, line: String) {
        self.written.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

enum Outcome {
    Done(String),
    Asks(String),
}

fn misread(error: clap::Error) -> Failure {
    Failure::Usage(error.to_string())
}

/// Why a job failed, in one line.
fn told(failure: &Failure) -> String {
    match failure {
        Failure::Usage(why) | Failure::Unanswered(why) => why.clone(),
        Failure::NoTerminal(why) => (*why).to_owned(),
        Failure::Output(error) => format!("cannot write the output: {error}"),
        Failure::Operation(error) if error.kind() == ErrorKind::Interrupted => {
            "stopped; nothing was left half done".to_owned()
        }
        Failure::Operation(error) => {
            let text = chain(&**error).join(": ");
            match **error {
                Error::Secrets { .. } => {
                    format!("{text}; Tab, where the name is typed, says what becomes of them")
                }
                _ => text,
            }
        }
    }
}

struct Watch<'o> {
    office: &'o Office,
    files: AtomicU64,
    problems: AtomicU64,
    first: Mutex<Option<String>>,
}

impl Observer for Watch<'_> {
    fn count(&self, counter: Counter, by: u64) {
        if counter == Counter::Files {
            let before = self.files.fetch_add(by, Ordering::Relaxed);
            if before / TELL_EACH != (before + by) / TELL_EACH {
                let files = render::count(before + by, "file");
                self.office.tell(Event::JobProgress(format!("{files} done")));
            }
        }
    }

    fn problem(&self, _: Option<&RelPath>, error: &(dyn std::error::Error + 'static)) {
        self.problems.fetch_add(1, Ordering::Relaxed);
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert_with(|| chain(error).join(": "));
    }
}
