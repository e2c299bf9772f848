//! `holdall dump`

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
use holdall::source::Opened;
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
use place::Place;

pub(super) use options::encoding;
pub(super) use place::whole;
pub(super) use secrets::{baseline, vault};

/// The code of a run that left out parts of files to stay within a number of tokens.
const REDUCED: u8 = 3;

pub(super) fn run(session: &Session, args: &DumpArgs) -> Result<u8> {
    let wanted = Wanted::of(session, args)?;
    with_sources(session, &[&args.source], |opened| {
        let [source] = opened else { return Err(Failure::Usage("one source is needed".into())) };
        let written = once(session, &session.context(), source, &wanted)?;
        session.progress.finish();
        show(session, &wanted.place, &written)?;
        Ok(if written.is_reduced() { REDUCED } else { session.code() })
    })
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
    let mut select = selection::options(session, wanted.select, root)?;
    select.exclude.extend(wanted.place.own_output(root));
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
    secrets::name_secrets(session, &items);
    prepare(ctx, source.tree(), &mut items, &mut options)?;
    let (files, report) = match wanted.split {
        Some(most) => split::parts(session, ctx, source, wanted, &items, &options, most)?,
        None => {
            let report = wanted.place.write(session, wanted.sidecar, |out| {
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
    let Some((file, more)) = files.split_first() else {
        session.tell(&summary);
        return Ok(());
    };
    if session.json {
        return session.print_json(wire::DumpWritten {
            path: file.display().to_string(),
            more: more.iter().map(|file| file.display().to_string()).collect(),
            tree: report.tree.to_string(),
            files: report.files,
            lines: report.lines,
            bytes: report.bytes,
            tokens: report.tokens,
            redacted: report.redacted,
            reduced: report.reduced,
            omitted: report.omitted,
            problems: session.progress.problems(),
        });
    }
    for file in files {
        session.print(&render::path(file))?;
    }
    session.tell(&summary);
    Ok(())
}
