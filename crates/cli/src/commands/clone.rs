//! `holdall clone`

use std::path::{Path, PathBuf};

use holdall::clone::{
    About, CloneReport, Input, make_full, make_incremental, plan_full, plan_incremental,
};
use holdall::select::Selection;
use holdall::source::{Locator, Opened};
use holdall::tree::path::printable;

use crate::args::CloneArgs;
use crate::commands::look::with_sources;
use crate::commands::{restore, selection};
use crate::failure::{Failure, Result};
use crate::render;
use crate::session::Session;
use crate::wire;

pub(super) fn run(session: &Session, args: &CloneArgs) -> Result<u8> {
    selection::one_input(&args.select, &args.source)?;
    with_sources(session, &[&args.source], |opened| {
        let [source] = opened else { return Err(Failure::Usage("one source is needed".into())) };
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
        let dest = restore::straight(session.places.current.join(&args.dest));
        if !args.incremental {
            return full(session, args, &input, &dest, &about);
        }
        if session.dry_run {
            let (plan, older) = plan_incremental(&ctx, &input, &dest, &about)?;
            session.progress.finish();
            restore::preview(session, source.tree(), &plan, false)?;
            if let Some(older) = older {
                session.tell(&format!("all else would be shared with {older}"));
            }
            return Ok(session.code());
        }
        let report = make_incremental(&ctx, &input, &dest, &about)?;
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
        restore::preview(session, source.tree(), &plan, false)?;
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
    let CloneReport { path, written, head, older } = report;
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
    if let Some(point) = written.point {
        let target = path.display();
        session.tell(&format!("to undo this (point {point}): holdall rollback --target {target}"));
    }
    Ok(())
}
