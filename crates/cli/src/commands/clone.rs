//! `holdall clone`

use std::path::{Path, PathBuf};

use holdall::clone::{
    About, CloneReport, Input, PlannedBeside, Rotation, make_full, make_incremental, plan_full,
    plan_incremental,
};
use holdall::config::{CaptureInto, Keep};
use holdall::fs::clone::Head;
use holdall::select::Selection;
use holdall::select::retention::{Count, Policy};
use holdall::source::{Access, Locator, Opened};
use holdall::tree::path::printable;

use crate::args::CloneArgs;
use crate::commands::confine::Needs;
use crate::commands::look::{Wants, with_source};
use crate::commands::{databases, preview, restore, retention, selection};
use crate::failure::{Failure, Result};
use crate::render::{self, Align, Table};
use crate::session::Session;
use crate::wire;

pub(super) fn run(session: &Session, args: &CloneArgs) -> Result<u8> {
    selection::one_input(&args.select, &args.source)?;
    let dest = restore::straight(session.places.current.join(&args.dest));
    let needs = Needs {
        reads: selection::reads(session, &args.select),
        writes: vec![dest.clone()],
        // As of a restore.
        nodes: true,
        ..Needs::default()
    };
    let wants = Wants { access: Access::Whole, confine: &args.confine, needs };
    with_source(session, &args.source, &wants, |source| {
        databases::add(session, source, CaptureInto::Clone)?;
        let source = &*source;
        restore::holes(session, source, false)?;
        let ctx = session.context();
        let path = read_from(session, &args.source)?;
        let root = path.clone().unwrap_or_else(|| session.places.current.clone());
        let select = (&args.select, &session.config.config.select);
        let select = selection::options_for(session, &ctx, select, &root, source.tree())?;
        let filter = Selection::new(select)?;
        let input = Input { source, filter: &filter, path: path.as_deref() };
        let about = about(session, args, source, path.as_deref())?;
        let rules = rules(session, args)?;
        if !args.incremental {
            return full(session, args, &input, &dest, &about);
        }
        if session.dry_run {
            let planned = plan_incremental(&ctx, &input, &dest, &about, rules.as_ref())?;
            session.progress.finish();
            preview(session, source, &planned)?;
            return Ok(session.code());
        }
        let report = make_incremental(&ctx, &input, &dest, &about, rules.as_ref())?;
        session.progress.finish();
        show(session, source, &report)?;
        Ok(session.code())
    })
}

/// One clone that stands alone.
fn full(
    session: &Session,
    args: &CloneArgs,
    input: &Input<'_, '_>,
    dest: &Path,
    about: &About,
) -> Result<u8> {
    let ctx = session.context();
    let source = input.source;
    if session.dry_run {
        let plan = plan_full(&ctx, input, dest, args.delete)?;
        session.progress.finish();
        preview::preview(session, source.tree(), &plan, false)?;
        return Ok(session.code());
    }
    // Where nothing is, there is nothing to be compared with.
    let mirrors = args.delete && dest.symlink_metadata().is_ok();
    let plan = mirrors.then(|| plan_full(&ctx, input, dest, true)).transpose()?;
    let report = make_full(&ctx, input, dest, plan.as_ref(), about)?;
    session.progress.finish();
    show(session, source, &report)?;
    Ok(session.code())
}

/// The rules by which older clones are kept, if any are given.
fn rules(session: &Session, args: &CloneArgs) -> Result<Option<Policy>> {
    if args.keep.is_none() && !args.rules.any() {
        return Ok(None);
    }
    if !args.incremental {
        let why = "rules about what is kept go with --incremental: there is no other clone";
        return Err(Failure::Usage(why.into()));
    }
    let mut policy = retention::policy(session, &args.rules, None);
    match args.keep {
        None => {}
        Some(Keep::All) => policy.last = Count::All,
        Some(Keep::Of(number)) => policy.last = Count::Of(number),
    }
    Ok(Some(policy))
}

/// Says what an incremental clone would hold anew, and which older ones would go.
fn preview(session: &Session, source: &Opened<'_>, planned: &PlannedBeside) -> Result<()> {
    let PlannedBeside { plan, older, rotation } = planned;
    if session.json {
        return session.print_json(wire::ClonePreview {
            preview: preview::preview_document(source.tree(), plan, false),
            older: older.clone(),
            rotation: rotation.as_ref().map(rotated),
        });
    }
    preview::preview(session, source.tree(), plan, false)?;
    if let Some(older) = older {
        session.tell(&format!("all else would be shared with {older}"));
    }
    rotation.as_ref().map_or(Ok(()), |rotation| show_rotation(session, rotation))
}

/// Says which clones stay and why, and which go.
fn show_rotation(session: &Session, rotation: &Rotation) -> Result<()> {
    let columns = [("", Align::Left), ("Clone", Align::Left), ("Why", Align::Left)];
    let mut table = Table::new(&columns);
    for (head, reasons) in &rotation.keep {
        table.row(vec!["keep".into(), head.name.clone(), reasons.join(", ")]);
    }
    for head in &rotation.remove {
        table.row(vec!["remove".into(), head.name.clone(), "no rule keeps it".into()]);
    }
    for line in table.lines(session.color) {
        session.print(&line)?;
    }
    Ok(())
}

fn rotated(rotation: &Rotation) -> wire::Rotated {
    let kept = |(head, reasons): &(Head, Vec<String>)| wire::KeptClone {
        name: head.name.clone(),
        reasons: reasons.clone(),
    };
    wire::Rotated {
        keep: rotation.keep.iter().map(kept).collect(),
        remove: rotation.remove.iter().map(|head| head.name.clone()).collect(),
    }
}

/// Where on this machine the source is read from.
fn read_from(session: &Session, text: &str) -> Result<Option<PathBuf>> {
    let path = match Locator::parse(text, &session.places.current)? {
        Locator::Path(path) => path,
        Locator::Input => return Ok(None),
        Locator::Commit { .. } => {
            let git = session.git()?;
            git.work_dir().unwrap_or_else(|| git.git_dir()).to_owned()
        }
        Locator::Snapshot { .. } => session.access()?.path,
    };
    Ok(Some(path.canonicalize().unwrap_or(path)))
}

/// What the clone is of. A project is known by the machine and the path that it was read from, or by a name.
fn about(
    session: &Session,
    args: &CloneArgs,
    source: &Opened<'_>,
    path: Option<&Path>,
) -> Result<About> {
    let host = source.snapshot.as_ref().map(|file| file.snapshot.hostname.clone());
    let host = host.unwrap_or_else(|| session.identity.host.clone());
    // Of a snapshot the place it was captured at, not that of the repository.
    let place = source.snapshot.as_ref().and(source.origin.as_deref()).or(path);
    let known = place.map_or_else(|| source.name.clone(), render::path);
    let name = place.and_then(Path::file_name).map(|name| printable(name.as_encoded_bytes()));
    let about = match &args.project {
        Some(name) => (name.clone(), format!("name:{name}")),
        None => {
            let name = name.map_or_else(|| "clone".to_owned(), |name| name.replace('\\', "_"));
            (name.trim_start_matches('.').to_owned(), format!("path:{host}:{known}"))
        }
    };
    let about = About { project: about.0, id: about.1, tags: args.tag.clone(), pin: args.pin };
    about.check()?;
    Ok(about)
}

fn show(session: &Session, source: &Opened<'_>, report: &CloneReport) -> Result<()> {
    let CloneReport { path, written, head, older, rotation } = report;
    session.wrote(written.files, written.bytes);
    if session.json {
        return session.print_json(wire::Cloned {
            source: source.name.clone(),
            path: render::path(path),
            older: older.clone(),
            tree_id: head.as_ref().map(|head| head.tree.to_string()),
            files: written.files,
            bytes: written.bytes,
            unchanged: written.unchanged,
            problems: written.problems,
            point: written.point,
            rotation: rotation.as_ref().map(rotated),
            peak_memory_bytes: holdall::disk::peak_memory(),
        });
    }
    if head.is_none() {
        return session.print(&format!("{} is as it should be already", path.display()));
    }
    session.print(&format!("cloned {} to {}", source.name, path.display()))?;
    let shared = match older {
        Some(older) => format!("{} shared with {older}", render::grouped(written.unchanged)),
        None => format!("{} stayed as they were", render::grouped(written.unchanged)),
    };
    let files = render::count(written.files, "file");
    session.tell(&format!("{files} written, {}; {shared}", render::bytes(written.bytes)));
    if let Some(rotation) = rotation {
        show_rotation(session, rotation)?;
    }
    if let Some(point) = written.point {
        let target = path.display();
        session.tell(&format!("to undo this (point {point}): holdall rollback --target {target}"));
    }
    Ok(())
}
