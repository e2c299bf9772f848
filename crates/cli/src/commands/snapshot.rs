//! `holdall snapshot`

use std::path::PathBuf;

use holdall::config::CaptureInto;
use holdall::fs::{DirectoryTree, ReadOptions};
use holdall::repo::{Identity, LockMode, Repository};
use holdall::snapshot::{Input, ParentChoice, SnapshotOptions, SnapshotReport, snapshot};
use holdall::tree::{Context, RelPath};

use crate::args::SnapshotArgs;
use crate::commands::{databases, selection};
use crate::failure::{Failure, Result};
use crate::render;
use crate::session::Session;
use crate::wire;

/// What a snapshot says of its maker.
pub(super) const PROGRAM: &str = concat!("holdall ", env!("CARGO_PKG_VERSION"));

pub(super) fn run(session: &Session, args: &SnapshotArgs) -> Result<u8> {
    let ctx = session.context();
    let paths = paths(session, args)?;
    let root = paths.first().cloned().unwrap_or_else(|| session.places.current.clone());
    list_fits(&ctx, session, args, &paths)?;
    let settings = &session.config.config.snapshot;
    let options = SnapshotOptions {
        select: selection::options(session, &args.select, &root)?,
        read: ReadOptions {
            with_atime: args.with_atime || settings.with_atime,
            one_file_system: args.one_file_system || settings.one_file_system,
        },
        tags: if args.tag.is_empty() { settings.tags.clone() } else { args.tag.clone() },
        parent: match (&args.parent, args.force) {
            (_, true) => ParentChoice::None,
            (Some(id), _) => ParentChoice::Named(id.strip_prefix('@').unwrap_or(id).to_owned()),
            _ => ParentChoice::Newest,
        },
        program_version: PROGRAM.to_owned(),
    };
    let mut options = options;
    for pattern in own_repository(session, &paths)? {
        session.tell(&format!(
            "note: the repository lies in what is captured and is left out: {pattern}"
        ));
        options.select.exclude.push(pattern);
    }
    if session.dry_run && args.stdin {
        // How much there is to read is known only when it was read.
        let preview = wire::SnapshotPreview { files: 1, bytes: 0, paths: None };
        if session.json {
            session.print_json(preview)?;
        } else {
            session.print(&format!("would capture standard input as {}", args.stdin_name))?;
        }
        return Ok(0);
    }
    let databases = databases::of_paths(session, &paths);
    if session.dry_run {
        databases::tell(session, &databases);
        return dry_run(session, &paths, &options);
    }
    let input = if args.stdin {
        let name = RelPath::parse(args.stdin_name.trim_matches('/'))
            .map_err(|error| Failure::Usage(format!("--stdin-name: {error}")))?;
        Input::Stream { name, read: Box::new(std::io::stdin()) }
    } else {
        let into = CaptureInto::Snapshot;
        Input::PathsWith(paths.clone(), holdall::databases::capture(&ctx, &databases, into)?)
    };
    take(session, home(session, args.host.as_ref())?, input, &options)
}

/// The configured repository, which is made if it is not there, and who writes to it.
pub(super) fn home(session: &Session, host: Option<&String>) -> Result<(Repository, Identity)> {
    let mut identity = session.identity.clone();
    if let Some(host) = host.or(session.config.config.snapshot.host.as_ref()) {
        identity.host.clone_from(host);
    }
    let mut repository = session.access()?.open_or_make(&session.context(), &identity, session)?;
    session.tune(&mut repository);
    Ok((repository, identity))
}

/// Takes a snapshot into an open repository, and shows it.
pub(super) fn take(
    session: &Session,
    (repository, identity): (Repository, Identity),
    input: Input<'_>,
    options: &SnapshotOptions,
) -> Result<u8> {
    let ctx = session.context();
    let lock = session.lock(&repository, LockMode::Shared)?;
    let offsets = session.offsets.clone();
    let report = snapshot(&ctx, &repository, &lock, input, &identity, offsets, options)?;
    session.progress.finish();
    let summary = report.file.snapshot.summary.clone().unwrap_or_default();
    session.wrote(summary.total_files_processed, summary.total_bytes_processed);
    session.took(report.file.id.hex());
    show(session, &report)?;
    Ok(session.code())
}

/// Refuses a list of files where it could not be said what its names are relative to, and names what it has and the
/// directory has not.
fn list_fits(
    ctx: &Context<'_>,
    session: &Session,
    args: &SnapshotArgs,
    paths: &[PathBuf],
) -> Result<()> {
    let ([dir], Some(_)) = (paths, args.select.list()) else {
        return match args.select.list() {
            None => Ok(()),
            Some(_) => Err(Failure::Usage("a list of files goes with one directory".into())),
        };
    };
    let tree = DirectoryTree::open(dir, ReadOptions::default())?;
    let select = (&args.select, &session.config.config.select);
    selection::options_for(session, ctx, select, dir, &tree).map(drop)
}

/// Patterns that leave the repository out of what it is to hold: it would grow by itself with every snapshot.
fn own_repository(session: &Session, paths: &[PathBuf]) -> Result<Vec<String>> {
    let Ok(repository) = session.access()?.path.canonicalize() else { return Ok(Vec::new()) };
    let below = paths.iter().filter_map(|path| repository.strip_prefix(path).ok());
    let below = below.filter(|below| !below.as_os_str().is_empty());
    Ok(below.map(|below| format!("/{}/", selection::escape(&below.to_string_lossy()))).collect())
}

/// The paths to capture, absolute and without `.` or `..`; a link in the last place is captured as a link.
fn paths(session: &Session, args: &SnapshotArgs) -> Result<Vec<PathBuf>> {
    if args.stdin {
        return Ok(Vec::new());
    }
    let configured = &session.config.config.snapshot.paths;
    let given = match (args.paths.as_slice(), configured.as_slice()) {
        ([], []) => vec![PathBuf::from(".")],
        ([], configured) => configured.to_vec(),
        (given, _) => given.to_vec(),
    };
    let mut paths = Vec::with_capacity(given.len());
    for path in given {
        let full = session.places.current.join(&path);
        let missing = || holdall::Error::Nothing { path: path.clone() };
        let real = match (full.parent(), full.file_name()) {
            // `dir/link` names the link; `dir/link/` and `dir/..` name what they lead to.
            (Some(parent), Some(name))
                if full.is_symlink() && !path.as_os_str().as_encoded_bytes().ends_with(b"/") =>
            {
                parent.canonicalize().map_err(|_| missing())?.join(name)
            }
            _ => full.canonicalize().map_err(|_| missing())?,
        };
        paths.push(real);
    }
    Ok(paths)
}

fn show(session: &Session, report: &SnapshotReport) -> Result<()> {
    let summary = report.file.snapshot.summary.clone().unwrap_or_default();
    let seconds = report.elapsed.as_secs_f64();
    if session.json {
        let snapshot = &report.file.snapshot;
        return session.print_json(wire::SnapshotTaken {
            snapshot_id: report.file.id.hex(),
            parent: snapshot.parent.map(|id| id.hex()),
            tree: snapshot.tree.hex(),
            time: snapshot.time.to_string(),
            paths: snapshot.paths.clone(),
            tags: snapshot.tags.clone(),
            files_new: summary.files_new,
            files_changed: summary.files_changed,
            files_unmodified: summary.files_unmodified,
            bytes: summary.total_bytes_processed,
            stored_bytes: report.stored_bytes,
            problems: report.problems,
            seconds,
            peak_memory_bytes: holdall::disk::peak_memory(),
        });
    }
    session.print(&format!(
        "snapshot {} saved",
        render::paint(session.color, render::GREEN, &report.file.id.short())
    ))?;
    session.tell(&format!(
        "{} ({} new, {} changed, {} as before), {} in {}, {} added to the repository",
        render::count(summary.total_files_processed, "file"),
        render::grouped(summary.files_new),
        render::grouped(summary.files_changed),
        render::grouped(summary.files_unmodified),
        render::bytes(summary.total_bytes_processed),
        render::duration(seconds),
        render::bytes(report.stored_bytes),
    ));
    Ok(())
}

/// Says what would be captured, and opens no repository. Each entry is listed where more is to be said.
fn dry_run(session: &Session, paths: &[PathBuf], options: &SnapshotOptions) -> Result<u8> {
    let ctx = session.context();
    let (mut files, mut bytes) = (0, 0);
    let mut listed = session.verbose().then(Vec::new);
    let mut take = |path: PathBuf, is_dir: bool, size: u64| {
        files += u64::from(!is_dir);
        bytes += size;
        let Some(listed) = &mut listed else { return Ok(()) };
        let end = if is_dir { "/" } else { "" };
        let shown = format!("{}{end}", render::path(&path));
        if session.json {
            listed.push(shown);
            return Ok(());
        }
        session.print(&shown)
    };
    for path in paths {
        let selection = holdall::select::Selection::new(options.select.clone())?;
        if path.is_symlink() || !path.is_dir() {
            let size = path.symlink_metadata().map_or(0, |meta| meta.len());
            take(path.clone(), false, if path.is_file() { size } else { 0 })?;
            continue;
        }
        let tree = holdall::fs::DirectoryTree::open(path, options.read)?;
        holdall::read::walk(&ctx, &tree, &RelPath::root(), &selection, |entry| {
            take(path.join(entry.path.as_path()), entry.is_dir(), entry.size())
        })?;
    }
    session.progress.finish();
    if session.json {
        session.print_json(wire::SnapshotPreview { files, bytes, paths: listed })?;
        return Ok(session.code());
    }
    session.print(&format!(
        "would capture {}, {}",
        render::count(files, "file"),
        render::bytes(bytes)
    ))?;
    Ok(session.code())
}
