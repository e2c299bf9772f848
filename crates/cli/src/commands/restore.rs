//! `holdall restore`

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use holdall::archives::{Terms, Trust};
use holdall::bounds::{Bounds, written};
use holdall::config;
use holdall::disk::sandbox::Confined;
use holdall::fs::restore::{Extra, Overwrite, RestorePlan, RestoreReport, Step, Unread, Verify};
use holdall::guest::Guest;
use holdall::listed;
use holdall::restore::{
    Chosen, Existing, Picks, Planned, RestoreOptions, apply, check_room, complete, plan,
};
use holdall::sealed::Keys;
use holdall::select::SelectOptions;
use holdall::source::{Access, Belief, Locator, Opened, Reading};
use holdall::text::Error as DumpError;
use holdall::tree::{Note, RelPath};

use crate::args::{BoundArgs, OverwriteChoice, RestoreArgs, SelectArgs};
use crate::commands::choosing;
use crate::commands::confine::{confine, fetch, wanted};
use crate::commands::databases;
use crate::commands::deadline::Deadline;
use crate::commands::dump::vault;
use crate::commands::look::with_sources_read;
use crate::commands::preview::{label, plan_id, preview};
use crate::commands::selection;
use crate::failure::{Failure, Result};
use crate::render;
use crate::session::Session;
use crate::wire::{self, Choices};

/// Changes that are listed before somebody is asked about them.
const ASKED_SHOWN: usize = 20;

pub(super) fn run(session: &Session, args: &RestoreArgs) -> Result<u8> {
    let deadline = Deadline::start(session, args);
    if !args.databases.is_empty() {
        return deadline.judge(databases::restore(session, args));
    }
    deadline.judge(restore(session, args))
}

fn restore(session: &Session, args: &RestoreArgs) -> Result<u8> {
    let belief = if args.partial { Belief::Salvage { edited: args.edited } } else { Belief::Whole };
    let set = bounds(session, &args.bounds);
    let terms = Terms { bounds: set.or(Bounds::OF_OTHERS).of_archive(), ..session.terms };
    let guest = wanted(session, args.sandbox) == config::Sandbox::Wasm;
    let guest = guest.then(Guest::new).transpose()?;
    let guest = guest.as_ref();
    let access = if args.paths.is_empty() { Access::Whole } else { Access::Part };
    let reading = Reading { belief, terms, access, guest, ..Reading::default() };
    // A confined process cannot read it any more.
    let choices = args.choose.as_deref().map(choosing::read).transpose()?;
    let select = args.select.as_ref().map(|flags| selected(session, args, flags)).transpose()?;
    let confined = OnceCell::new();
    let ready = |locators: &[Locator], keys: &Keys<'_>| match locators {
        // Where a snapshot goes to may stand in the snapshot, which is known to be one's own.
        [Locator::Snapshot { .. }] if args.to.is_none() => Ok(()),
        [source] => {
            fetch(session, source, &args.source, keys)?;
            let target = args.to.as_ref().map(|to| straight(session.places.current.join(to)));
            let _ = confined.set(confine(session, args, source, target.as_deref())?);
            Ok(())
        }
        _ => Ok(()),
    };
    with_sources_read(session, &[&args.source], reading, ready, |opened| {
        let [source] = opened else { return Err(Failure::Usage("one source is needed".into())) };
        if let Some(file) = &args.vault {
            if !file.exists() {
                return Err(holdall::Error::Nothing { path: file.clone() }.into());
            }
            source.fill(&vault(Some(file))?)?;
        }
        holes(session, source, args.partial)?;
        let target = target(session, args, source)?;
        if confined.get().is_none() {
            let snapshot = Locator::parse(&args.source, &session.places.current)?;
            let _ = confined.set(confine(session, args, &snapshot, Some(&target))?);
        }
        apart_from_repository(session, source, &target)?;
        let mut options = options(session, args);
        if let Some(names) = select.as_ref().and_then(|select| select.listed.as_ref()) {
            listed::name_missing(&session.context(), source.tree(), names)?;
        }
        options.select = select;
        if source.may_be_of_others() && session.terms.trust == Trust::Nothing {
            options.bounds = set.or(Bounds::OF_OTHERS);
        }
        if source.may_be_of_others() && !args.partial {
            options.unread = Unread::Fail;
        }
        let ctx = session.context();
        let shows = args.preview && !choosing::asks(session, args);
        if !shows && !session.dry_run {
            complete(&ctx, &target)?;
        }
        let mut planned = plan(&ctx, source.tree(), &target, &options)?;
        limit_ratio(set.ratio, source, &planned)?;
        if let Some(needed) = source.room(planned.plan.steps.iter().filter_map(written)) {
            check_room(&target, needed)?;
        }
        let again = || Ok(plan(&ctx, source.tree(), &target, &options)?);
        let picks = match picked(session, args, source, &planned, choices.as_ref(), &again)? {
            Picked::Nothing => return Ok(session.code()),
            Picked::All => None,
            Picked::Some(picks) => Some(picks),
        };
        if let Some(picks) = picks {
            let chosen = Chosen::new(&ctx, source.tree(), &planned.plan, &picks)?;
            options.keep.clone_from(&chosen.keep);
            let planned = plan(&ctx, &chosen, &target, &options)?;
            return restore_chosen(session, args, source, &chosen, &planned, &confined);
        }
        if args.preview || session.dry_run {
            session.progress.finish();
            preview(session, source.tree(), &planned.plan, args.preview)?;
            return Ok(session.code());
        }
        let asks = args.overwrite.is_none()
            && session.config.config.restore.overwrite == config::Overwrite::Ask;
        if asks || args.overwrite == Some(OverwriteChoice::Ask) {
            options.keep = ask(session, &planned.plan)?;
            planned = plan(&ctx, source.tree(), &target, &options)?;
        }
        confirm(session, args, &planned.plan)?;
        let report = apply(&ctx, source.tree(), &source.name, &planned)?;
        session.progress.finish();
        session.wrote(report.files, report.bytes);
        show(session, source, &target, &report, confined.get().copied())?;
        Ok(session.code())
    })
}

/// What is wanted of a plan.
enum Picked {
    All,
    Some(Picks),
    /// Somebody looked and left.
    Nothing,
}

/// Finds out what is wanted: by a file, or by asking somebody. `again` makes the plan once more, which has to be the same
/// after they thought about it.
fn picked(
    session: &Session,
    args: &RestoreArgs,
    source: &Opened<'_>,
    planned: &Planned,
    choices: Option<&Choices>,
    again: &dyn Fn() -> Result<Planned>,
) -> Result<Picked> {
    if let Some(choices) = choices {
        return Ok(Picked::Some(choosing::apply(source.tree(), &planned.plan, choices)?));
    }
    if !choosing::asks(session, args) {
        return Ok(Picked::All);
    }
    session.progress.finish();
    let shown = plan_id(source.tree(), &planned.plan);
    let Some(picks) = choosing::ask(session, source.tree(), &planned.plan)? else {
        session.tell("nothing was changed");
        return Ok(Picked::Nothing);
    };
    if plan_id(source.tree(), &again()?.plan) != shown {
        return Err(choosing::stale());
    }
    Ok(Picked::Some(picks))
}

/// Carries out what was chosen.
fn restore_chosen(
    session: &Session,
    args: &RestoreArgs,
    source: &Opened<'_>,
    chosen: &Chosen<'_>,
    planned: &Planned,
    confined: &OnceCell<Confined>,
) -> Result<u8> {
    if session.dry_run {
        session.progress.finish();
        preview(session, chosen, &planned.plan, true)?;
        return Ok(session.code());
    }
    let asked = args.choose.is_none();
    if asked {
        if planned.plan.steps.is_empty() {
            session.tell("nothing was chosen, so nothing was changed");
            return Ok(session.code());
        }
        choosing::summary(session, &planned.plan, chosen.chose);
    }
    confirm(session, args, &planned.plan)?;
    let report = apply(&session.context(), chosen, &chosen.name(&source.name), planned)?;
    session.progress.finish();
    show(session, source, &planned.plan.target, &report, confined.get().copied())?;
    Ok(session.code())
}

/// Names what a dump does not hold. What is damaged is restored around only if that was asked for.
pub(super) fn holes(session: &Session, source: &Opened<'_>, partial: bool) -> Result<()> {
    let Some(dump) = source.dump() else { return Ok(()) };
    let ctx = session.context();
    let damaged = |hole: &&DumpError| matches!(hole, DumpError::Damaged { .. });
    let files = dump.holes().iter().filter(damaged).count();
    if files > 0 && !partial {
        for hole in dump.holes().iter().filter(damaged).take(ASKED_SHOWN) {
            session.tell(&hole.to_string());
        }
        return Err(holdall::Error::Damaged { files }.into());
    }
    for hole in dump.holes() {
        ctx.observer.problem(hole.path(), hole);
    }
    for note in dump.notes() {
        ctx.observer.note(&Note::Other(note.clone()));
    }
    Ok(())
}

fn target(session: &Session, args: &RestoreArgs, source: &Opened<'_>) -> Result<PathBuf> {
    match (&args.to, &source.origin) {
        (Some(to), _) => Ok(straight(session.places.current.join(to))),
        // By its components, so that no slash is left at the end.
        (None, Some(origin)) if source.snapshot.is_some() => Ok(origin.components().collect()),
        _ => Err(Failure::Usage("say where to restore to with --to DIR".into())),
    }
}

/// The path without `..`, as people read it; a link in the last place stays one.
pub(super) fn straight(path: PathBuf) -> PathBuf {
    let winds = path.components().any(|part| part == std::path::Component::ParentDir);
    match (path.parent(), path.file_name()) {
        (Some(above), Some(name)) if winds => {
            above.canonicalize().map_or_else(|_| path.clone(), |above| above.join(name))
        }
        _ => path,
    }
}

/// A repository that lies in the target would be exchanged under the restore that reads it.
pub(crate) fn apart_from_repository(
    session: &Session,
    source: &Opened<'_>,
    target: &std::path::Path,
) -> Result<()> {
    if source.snapshot.is_none() {
        return Ok(());
    }
    let (repository, target) = (session.access()?.path.canonicalize(), target.canonicalize());
    match (repository, target) {
        (Ok(repository), Ok(target)) if repository.starts_with(&target) => {
            let why = format!(
                "the repository lies in {}, which it is to replace; restore to another place with --to DIR",
                target.display()
            );
            Err(holdall::Error::Refused(why).into())
        }
        _ => Ok(()),
    }
}

/// What flags and settings say.
pub(crate) fn options(session: &Session, args: &RestoreArgs) -> RestoreOptions {
    let settings = &session.config.config.restore;
    // To its own place a snapshot is merged: that is where it comes from. Elsewhere somebody has to say so.
    let chooses = args.preview || args.choose.is_some();
    let merge = args.to.is_none() || args.overwrite.is_some() || args.delete || chooses;
    RestoreOptions {
        paths: args.paths.clone(),
        select: None,
        existing: if merge { Existing::Merge } else { Existing::Refuse },
        overwrite: match (args.overwrite, settings.overwrite) {
            (Some(OverwriteChoice::Always), _) | (None, config::Overwrite::Always) => {
                Overwrite::Always
            }
            (Some(OverwriteChoice::Never), _) | (None, config::Overwrite::Never) => {
                Overwrite::Never
            }
            _ => Overwrite::Changed,
        },
        extra: if args.delete || (settings.delete && args.paths.is_empty()) {
            Extra::Delete
        } else {
            Extra::Keep
        },
        keep: Vec::new(),
        unread: Unread::Leave,
        verify: if args.verify || settings.verify { Verify::ReadBack } else { Verify::No },
        bounds: bounds(session, &args.bounds),
        keep_points: settings.keep_points,
    }
}

/// Which entries flags take, and no settings: those of captures say nothing of a restore.
fn selected(session: &Session, args: &RestoreArgs, flags: &SelectArgs) -> Result<SelectOptions> {
    let root = match Locator::parse(&args.source, &session.places.current)? {
        Locator::Path(path) if path.is_dir() => path,
        _ => session.places.current.clone(),
    };
    selection::options_over(session, (flags, &config::Config::default().select), &root)
}

/// How much flags and settings allow.
fn bounds(session: &Session, args: &BoundArgs) -> Bounds {
    let settings = &session.config.config.restore;
    Bounds {
        entries: args.max_entries.or(settings.max_entries),
        files: args.max_files.or(settings.max_files),
        bytes: args.max_bytes.or(settings.max_bytes.map(|size| size.0)),
        file_bytes: args.max_file_size.or(settings.max_file_size.map(|size| size.0)),
        depth: args.max_depth.or(settings.max_depth),
        path_bytes: args.max_path_length.or(settings.max_path_length),
        target_bytes: args.max_link_length.or(settings.max_link_length),
        ratio: args.max_ratio.or(settings.max_ratio),
    }
}

/// Fails if more than `limit` times as much would be written as is stored.
pub(crate) fn limit_ratio(
    limit: Option<u64>,
    source: &Opened<'_>,
    planned: &Planned,
) -> Result<()> {
    let Some(limit) = limit else { return Ok(()) };
    // What is written from a directory is as large as it is there.
    let stored = source.stored_bytes(planned.plan.steps.iter().filter_map(written));
    let Some(stored) = stored else { return Ok(()) };
    let found = planned.plan.bytes / stored.max(1);
    if found > limit {
        let what = "the ratio of what is written to what is stored";
        return Err(holdall::Error::OverLimit { what, found, limit }.into());
    }
    Ok(())
}

/// Asks before anything is replaced, unless the target is new. The time of the target itself is no loss.
fn confirm(session: &Session, args: &RestoreArgs, plan: &RestorePlan) -> Result<()> {
    let replaces = |step: &&Step| !matches!(step, Step::Create(_)) && !step.path().is_root();
    let replaced = plan.steps.iter().filter(replaces).count();
    let chosen = choosing::asks(session, args);
    if (replaced == 0 || args.overwrite.is_some()) && !chosen {
        return Ok(());
    }
    if session.asks() && !chosen {
        for step in plan.steps.iter().take(ASKED_SHOWN) {
            session.tell(&label(step).0);
        }
        if plan.steps.len() > ASKED_SHOWN {
            session.tell("… and more; --preview shows all of it, line by line");
        }
    }
    let others = plan.steps.iter().filter(|step| !step.path().is_root()).count();
    let changes = if chosen { others } else { replaced };
    let what = render::count(changes as u64, "change");
    let question =
        format!("make {what} to what is in {}? (what is replaced is kept)", plan.target.display());
    if session.confirm(&question)? {
        Ok(())
    } else {
        Err(Failure::from(holdall::Error::Refused("nothing was changed".into())))
    }
}

/// Asks about each entry that would change or go.
fn ask(session: &Session, plan: &RestorePlan) -> Result<Vec<RelPath>> {
    let mut keep = BTreeSet::new();
    for step in &plan.steps {
        let word = match step {
            Step::Create(_) => continue,
            Step::Replace { .. } => "replace",
            Step::Metadata { .. } => "change the metadata of",
            Step::Remove(_) => "remove",
        };
        let kept = keep.iter().any(|above: &RelPath| step.path().starts_with(above));
        let directory = matches!(step, Step::Metadata { after, .. } if after.is_dir());
        if !kept && !directory && !session.confirm(&format!("{word} {}?", step.path()))? {
            keep.insert(step.path().clone());
        }
    }
    Ok(keep.into_iter().collect())
}

pub(super) fn show(
    session: &Session,
    source: &Opened<'_>,
    target: &std::path::Path,
    report: &RestoreReport,
    confined: Option<Confined>,
) -> Result<()> {
    if session.json {
        return session.print_json(wire::Restored {
            source: source.name.clone(),
            target: render::path(target),
            files: report.files,
            bytes: report.bytes,
            unchanged: report.unchanged,
            problems: report.problems,
            point: report.point,
            sandbox: wire::Confined::new(confined.unwrap_or_default(), source.is_sealed()),
            peak_memory_bytes: holdall::disk::peak_memory(),
        });
    }
    let Some(point) = report.point else {
        return session.print(&format!("{} is as it should be already", target.display()));
    };
    session.print(&format!("restored {} to {}", source.name, target.display()))?;
    session.tell(&format!(
        "{} written, {}; {} stayed as they were",
        render::count(report.files, "file"),
        render::bytes(report.bytes),
        render::grouped(report.unchanged),
    ));
    session.tell(&format!(
        "to undo this (point {point}): holdall rollback --target {}",
        target.display()
    ));
    if session.places.current.starts_with(target) && was_exchanged(&session.places.current) {
        session.tell(
            "your shell still stands in the tree from before: cd \"$PWD\" enters the restored one",
        );
    }
    Ok(())
}

/// True if we do not stand in the directory of this name any more.
fn was_exchanged(current: &Path) -> bool {
    let identity = |dir: &Path| dir.metadata().map(|meta| (meta.dev(), meta.ino())).ok();
    identity(Path::new(".")) != identity(current)
}
