//! `holdall restore`

use std::collections::BTreeSet;
use std::io::Read;
use std::path::PathBuf;

use holdall::config;
use holdall::fs::restore::{Extra, Overwrite, RestorePlan, RestoreReport, Step, Verify};
use holdall::fs::{DirectoryTree, ReadOptions};
use holdall::restore::{Existing, Planned, RestoreOptions, apply, plan};
use holdall::source::Opened;
use holdall::tree::path::printable;
use holdall::tree::{Entry, Kind, RelPath, Tree};
use similar::TextDiff;

use crate::args::{OverwriteChoice, RestoreArgs};
use crate::commands::look::with_sources;
use crate::failure::{Failure, Result};
use crate::render;
use crate::session::Session;
use crate::wire;

/// The largest file whose changed lines are shown, in bytes.
const PATCH_BYTES_MAX: u64 = 1 << 20;

pub(super) fn run(session: &Session, args: &RestoreArgs) -> Result<u8> {
    with_sources(session, &[&args.source], |opened| {
        let [source] = opened else { return Err(Failure::Usage("one source is needed".into())) };
        let target = target(session, args, source)?;
        apart_from_repository(session, source, &target)?;
        let mut options = options(session, args);
        let ctx = session.context();
        let mut planned = plan(&ctx, source.tree(), &target, &options)?;
        limit_ratio(args, source, &planned)?;
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
        show(session, source, &target, &report)?;
        Ok(session.code())
    })
}

fn target(session: &Session, args: &RestoreArgs, source: &Opened<'_>) -> Result<PathBuf> {
    match (&args.to, &source.origin) {
        (Some(to), _) => Ok(session.places.current.join(to)),
        // By its components, so that no slash is left at the end.
        (None, Some(origin)) if source.snapshot.is_some() => Ok(origin.components().collect()),
        _ => Err(Failure::Usage("say where to restore to with --to DIR".into())),
    }
}

/// A repository that lies in the target would be exchanged under the restore that reads it.
fn apart_from_repository(
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

fn options(session: &Session, args: &RestoreArgs) -> RestoreOptions {
    let settings = &session.config.config.restore;
    // To its own place a snapshot is merged: that is where it comes from. Elsewhere somebody has to say so.
    let merge = args.to.is_none() || args.overwrite.is_some() || args.delete || args.preview;
    RestoreOptions {
        paths: args.paths.clone(),
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
        verify: if args.verify || settings.verify { Verify::ReadBack } else { Verify::No },
        max_files: args.max_files.or(settings.max_files),
        max_bytes: args.max_bytes.or(settings.max_bytes.map(|size| size.0)),
        keep_points: settings.keep_points,
    }
}

fn limit_ratio(args: &RestoreArgs, source: &Opened<'_>, planned: &Planned) -> Result<()> {
    let summary = source.snapshot.as_ref().and_then(|file| file.snapshot.summary.as_ref());
    let (Some(limit), Some(summary)) = (args.max_ratio, summary) else { return Ok(()) };
    let found = planned.plan.bytes / summary.data_added_packed.max(1);
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
    if replaced == 0 || args.overwrite.is_some() {
        return Ok(());
    }
    let what = render::count(replaced as u64, "change");
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

/// Prints what would change; `lines` shows changed lines of text too.
pub(super) fn preview(
    session: &Session,
    source: &dyn Tree,
    plan: &RestorePlan,
    lines: bool,
) -> Result<()> {
    let present = DirectoryTree::open(&plan.target, ReadOptions::default()).ok();
    if session.json {
        return session.print_json(wire::RestorePreview {
            target: render::path(&plan.target),
            removes_target: false,
            steps: plan.steps.iter().map(document).collect(),
            unchanged: plan.unchanged,
            files: plan.files,
            bytes: plan.bytes,
        });
    }
    for step in &plan.steps {
        let (sign, code) = match step {
            Step::Create(_) => ('+', render::GREEN),
            Step::Replace { .. } => ('M', render::YELLOW),
            Step::Metadata { .. } => ('U', render::DIM),
            Step::Remove(_) => ('-', render::RED),
        };
        session.print(&render::paint(session.color, code, &format!("{sign} {}", step.path())))?;
        if let (Step::Replace { before, after }, Some(present), true) = (step, &present, lines) {
            patch(session, present, before, source, after)?;
        }
    }
    session.tell(&format!(
        "{} in {}: {} to write, {}; {} stay as they are",
        render::count(plan.steps.len() as u64, "change"),
        plan.target.display(),
        render::count(plan.files, "file"),
        render::bytes(plan.bytes),
        render::grouped(plan.unchanged),
    ));
    Ok(())
}

fn document(step: &Step) -> wire::RestoreStep {
    let (word, size) = match step {
        Step::Create(entry) => ("create", entry.size()),
        Step::Replace { after, .. } => ("replace", after.size()),
        Step::Metadata { .. } => ("metadata", 0),
        Step::Remove(_) => ("remove", 0),
    };
    wire::RestoreStep {
        step: word.to_owned(),
        path: printable(step.path().as_bytes()).into_owned(),
        bytes: size,
    }
}

/// Prints the lines that differ between two text files; says nothing of other files.
pub(super) fn patch(
    session: &Session,
    a: &dyn Tree,
    before: &Entry,
    b: &dyn Tree,
    after: &Entry,
) -> Result<()> {
    let (Some(old), Some(new)) = (text(a, before), text(b, after)) else { return Ok(()) };
    let name = after.path.to_string();
    let diff = TextDiff::from_lines(&old, &new);
    for line in diff
        .unified_diff()
        .context_radius(3)
        .header(&format!("a/{name}"), &format!("b/{name}"))
        .to_string()
        .lines()
    {
        let code = match line.as_bytes().first() {
            Some(b'+') => render::GREEN,
            Some(b'-') => render::RED,
            _ => "",
        };
        session.print(&render::paint(session.color && !code.is_empty(), code, line))?;
    }
    Ok(())
}

fn text(tree: &dyn Tree, entry: &Entry) -> Option<String> {
    if !matches!(entry.kind, Kind::File { size } if size <= PATCH_BYTES_MAX) {
        return None;
    }
    let mut bytes = Vec::new();
    tree.open(entry).ok()?.into_read().take(PATCH_BYTES_MAX + 1).read_to_end(&mut bytes).ok()?;
    // A NUL byte is what git tells binary files by.
    if bytes.contains(&0) { None } else { String::from_utf8(bytes).ok() }
}

pub(super) fn show(
    session: &Session,
    source: &Opened<'_>,
    target: &std::path::Path,
    report: &RestoreReport,
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
    if session.places.current.starts_with(target) {
        session.tell(
            "your shell still stands in the tree from before: cd \"$PWD\" enters the restored one",
        );
    }
    Ok(())
}
