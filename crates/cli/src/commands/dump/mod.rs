//! `holdall dump`

mod batch;
mod cache;
mod options;
mod patch;
mod place;
mod secrets;
mod split;

use std::collections::BTreeSet;
use std::path::PathBuf;

use holdall::dump::{DumpReport, Secrets, inspect, prepare, write};
use holdall::select::Selection;
use holdall::source::{Locator, Opened};
use holdall::tree::Context;

use crate::args::DumpArgs;
use crate::commands::look::with_sources;
use crate::commands::selection;
use crate::failure::{Failure, Result};
use crate::render;
use crate::session::Session;
use crate::wire;
use cache::Memory;
use options::{Form, Wanted};
use place::{Place, own_output};

pub(super) use options::{encoding, tags};
pub(super) use place::whole;
pub(super) use secrets::{baseline, rules, vault};

/// The code of a run that left out parts of files to stay within a number of tokens.
const REDUCED: u8 = 3;

pub(super) fn run(session: &Session, args: &DumpArgs) -> Result<u8> {
    if args.batch {
        return batch::run(session, args);
    }
    selection::one_input(&args.select, &args.source)?;
    let config = &session.config.config;
    let root = directory(session, &args.source);
    let place = Place::of(session, args, &config.dump, &root)?;
    let wanted = Wanted::of(config, args, place)?;
    with_sources(session, &[&args.source], |opened| {
        let [source] = opened else { return Err(Failure::Usage("one source is needed".into())) };
        let written = once(session, &session.context(), source, &wanted)?;
        session.progress.finish();
        show(session, &wanted.place, &written)?;
        Ok(if written.is_reduced() { REDUCED } else { session.code() })
    })
}

/// The directory that is dumped, or the current one if the source is none.
fn directory(session: &Session, source: &str) -> PathBuf {
    match Locator::parse(source, &session.places.current) {
        // Without what a `.` leaves in it.
        Ok(Locator::Path(path)) if path.is_dir() => path.components().collect(),
        _ => session.places.current.clone(),
    }
}

/// What one run wrote.
enum Written {
    Dump { report: DumpReport, files: Vec<PathBuf> },
    Patch { since: String, files: u64 },
}

impl Written {
    /// True if less is shown of some files than they hold.
    fn is_reduced(&self) -> bool {
        matches!(self, Self::Dump { report, .. } if report.reduced > 0)
    }
}

/// One whole dump of an open source: its files are chosen, read and judged, and what is wanted is published.
fn once(
    session: &Session,
    ctx: &Context<'_>,
    source: &Opened<'_>,
    wanted: &Wanted<'_>,
) -> Result<Written> {
    let (format, since) = match wanted.form {
        Form::Text { format, since } => (format, since),
        Form::Patch { since } => {
            let files = patch::write(session, ctx, source, since, wanted)?;
            return Ok(Written::Patch { since: since.to_owned(), files });
        }
    };
    let root = source.origin.as_deref().unwrap_or(&session.places.current);
    let mut select = selection::options_for(session, ctx, wanted.select, root, source.tree())?;
    select.exclude.extend(wanted.place.own_output(root));
    for other in wanted.others.iter().filter(|other| other.starts_with(root)) {
        select.exclude.extend(own_output(other, root));
    }
    let mut gone = BTreeSet::new();
    if let Some(since) = since {
        let (repository, dir) = patch::changing(source, since)?;
        let changed = holdall::since::changed(&repository, since, dir)?;
        select.git_tracked = Some(changed.present);
        gone = changed.gone;
    }
    let mut options = wanted.options(session, source, root, format, since)?;
    options.gone = gone.iter().map(ToString::to_string).collect();
    let selection = Selection::new(select)?;
    let memory = Memory::recall(session, ctx, source, wanted, &mut options.looks);
    let mut items = inspect(ctx, source.tree(), &selection, &options.looks)?;
    secrets::name_secrets(session, wanted.part, &items);
    prepare(ctx, source.tree(), &mut items, &mut options)?;
    let (files, report) = match wanted.split {
        Some(most) => split::parts(session, ctx, source, wanted, &items, &options, most)?,
        None => {
            let report = wanted.place.write(session, wanted, |out| {
                Ok(write(ctx, source.tree(), &items, out, &options)?)
            })?;
            (wanted.place.file().into_iter().collect(), report)
        }
    };
    if let (Some(file), Secrets::Redact(vault)) = (wanted.vault, &options.secrets)
        && !session.dry_run
    {
        secrets::keep(file, vault)?;
    }
    if !session.dry_run {
        memory.keep(ctx, &items, &report, &options, &wanted.place);
    }
    Ok(Written::Dump { report, files })
}

fn show(session: &Session, place: &Place, written: &Written) -> Result<()> {
    match written {
        Written::Dump { report, files } => show_dump(session, files, report),
        Written::Patch { since, files } => {
            if let Place::File(file) = place {
                session.print(&render::path(file))?;
            }
            session.tell(&format!("{} changed since {since}", render::count(*files, "file")));
            Ok(())
        }
    }
}

fn show_dump(session: &Session, files: &[PathBuf], report: &DumpReport) -> Result<()> {
    let summary = format!(
        "{}, {}{}, {}{}; tree {}",
        render::count(report.files, "file"),
        render::count(report.lines, "line"),
        report.tokens.map_or(String::new(), |n| format!(", {}", render::count(n, "token"))),
        render::bytes(report.bytes),
        match report.omitted {
            0 => String::new(),
            omitted => format!(", {} left out", render::grouped(omitted)),
        } + &match report.reduced {
            0 => String::new(),
            reduced => format!(", {} shown in part", render::grouped(reduced)),
        },
        report.tree,
    );
    if files.is_empty() {
        session.tell(&summary);
        return Ok(());
    }
    if session.json {
        let problems = session.progress.problems();
        return session.print_json(wire::DumpWritten::new(files, report, problems));
    }
    for file in files {
        session.print(&render::path(file))?;
    }
    session.tell(&summary);
    Ok(())
}
