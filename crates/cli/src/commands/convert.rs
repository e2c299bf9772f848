//! `holdall convert`: any source to any sink, each as the command for that sink writes it.

use std::ffi::OsStr;
use std::path::Path;

use holdall::archive::Packing;
use holdall::codec::Compression;
use holdall::config::{self, CaptureInto};
use holdall::dump::part_path;
use holdall::snapshot::{Input, SnapshotOptions};
use holdall::source::{Access, Locator};
use holdall::text::Format;

use crate::args::{ArchiveArgs, ConvertArgs, DumpArgs, RestoreArgs, SelectArgs, typed};
use crate::commands::confine::Needs;
use crate::commands::look::{Wants, with_source};
use crate::commands::{archive, databases, dump, restore, selection, snapshot};
use crate::failure::{Failure, Result};
use crate::session::Session;

/// What is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sink {
    Archive,
    Dump,
    Directory,
    Snapshot,
}

pub(super) fn run(session: &Session, args: &ConvertArgs) -> Result<u8> {
    selection::one_input(&args.select, &args.source)?;
    let (source, dest) = (OsStr::new(&args.source), args.dest.as_os_str());
    let mut output = vec![OsStr::new("-o"), dest];
    if let Some(format) = &args.format {
        output.extend([OsStr::new("--format"), OsStr::new(format)]);
    }
    output.extend([OsStr::new("--"), source]);
    let misread = |error: clap::Error| Failure::Usage(error.to_string());
    match sink(session, args)? {
        Sink::Archive => {
            let typed = typed::<ArchiveArgs>(&output).map_err(misread)?;
            let (select, confine) = (args.select.clone(), args.confine);
            archive::run(session, &ArchiveArgs { select, confine, ..typed })
        }
        Sink::Dump => {
            let typed = typed::<DumpArgs>(&output).map_err(misread)?;
            let (select, confine) = (args.select.clone(), args.confine);
            dump::run(session, &DumpArgs { select, confine, ..typed })
        }
        Sink::Directory => {
            let words = [OsStr::new("--to"), dest, OsStr::new("--"), source];
            let typed = typed::<RestoreArgs>(&words).map_err(misread)?;
            let (select, sandbox) = (selects(args).cloned(), args.confine.sandbox);
            restore::run(session, &RestoreArgs { select, sandbox, ..typed })
        }
        Sink::Snapshot => take(session, args),
    }
}

/// The flags that choose entries, if there are any.
fn selects(args: &ConvertArgs) -> Option<&SelectArgs> {
    Some(&args.select).filter(|select| **select != SelectArgs::default())
}

/// What the format, or else the name, says.
fn sink(session: &Session, args: &ConvertArgs) -> Result<Sink> {
    let name = args.dest.as_os_str().as_encoded_bytes();
    if let Some(format) = &args.format {
        let known = [
            (Packing::parse(format).is_some(), Sink::Archive),
            (Format::parse(format).is_some(), Sink::Dump),
        ];
        let found = known.into_iter().find_map(|(fits, sink)| fits.then_some(sink));
        return found.ok_or_else(|| {
            Failure::Usage(format!("{format:?} is no format of archives, and none of dumps"))
        });
    }
    match name {
        b"@" => return Ok(Sink::Snapshot),
        b"-" => {
            let why = "say which format goes to standard output with --format";
            return Err(Failure::Usage(why.into()));
        }
        [b'@', ..] => {
            let why = "a snapshot gets its ID when it is taken: write @ alone for a new one";
            return Err(Failure::Usage(why.into()));
        }
        _ => {}
    }
    let path = session.places.current.join(&args.dest);
    if path.is_dir() || name.ends_with(b"/") {
        return Ok(Sink::Directory);
    }
    Ok(match Packing::of_name(name) {
        Some(_) => Sink::Archive,
        None if is_dump(&args.dest) => Sink::Dump,
        None => Sink::Directory,
    })
}

/// Whether a name ends in a format of dumps, compressed or not.
fn is_dump(dest: &Path) -> bool {
    let packed = Compression::of_name(dest.as_os_str().as_encoded_bytes()).is_some();
    let name = if packed { dest.file_stem() } else { dest.file_name() };
    let ending = name.and_then(|name| Path::new(name).extension()?.to_str());
    ending.is_some_and(|ending| Format::parse(ending).is_some())
}

/// Takes a snapshot of whatever the source is.
fn take(session: &Session, args: &ConvertArgs) -> Result<u8> {
    // Once the process is confined, no password can be had.
    let source = Locator::parse(&args.source, &session.places.current)?;
    let early = source.may_be_of_others() && is_there(&source) && !session.dry_run;
    let mut home = early.then(|| snapshot::home(session, None)).transpose()?;
    let mut needs = Needs { reads: selection::reads(session, &args.select), ..Needs::default() };
    if early {
        needs.writes.push(session.access()?.path.join("config"));
    }
    let wants = Wants { access: Access::Whole, confine: &args.confine, needs };
    with_source(session, &args.source, &wants, |source| {
        databases::add(session, source, CaptureInto::Snapshot)?;
        if session.dry_run {
            session.print(&format!("would take a snapshot of {}", source.name))?;
            return Ok(0);
        }
        let program_version = snapshot::PROGRAM.to_owned();
        let mut options = SnapshotOptions { program_version, ..Default::default() };
        if let Some(select) = selects(args) {
            let none = config::Config::default().select;
            let flags = (select, &none);
            let root = source.origin.clone().unwrap_or_else(|| session.places.current.clone());
            let ctx = session.context();
            options.select = selection::options_for(session, &ctx, flags, &root, source.tree())?;
        }
        let home = home.take().map_or_else(|| snapshot::home(session, None), Ok)?;
        snapshot::take(session, home, Input::Tree(source.tree()), &options)
    })
}

/// True if there is something by this name, or it is standard input.
fn is_there(source: &Locator) -> bool {
    match source {
        Locator::Path(path) => path.exists() || part_path(path, 1).exists(),
        _ => true,
    }
}
