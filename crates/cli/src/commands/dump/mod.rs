//! `holdall dump`

mod after;
mod batch;
mod cache;
mod options;
mod patch;
mod place;
mod secrets;
mod split;
mod watch;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use holdall::config::{CaptureInto, SecretsPolicy};
use holdall::dump::{DumpOptions, DumpReport, Item, Secrets, inspect, prepare, write};
use holdall::select::Selection;
use holdall::source::{Access, Locator, Opened};
use holdall::text::{Fact, Record};
use holdall::tree::{Context, Everything, Tree};

use crate::args::DumpArgs;
use crate::commands::confine::Needs;
use crate::commands::databases;
use crate::commands::look::{Wants, with_source};
use crate::commands::place::Place;
use crate::commands::{sealing, selection};
use crate::failure::{Failure, Result};
use crate::render;
use crate::session::Session;
use crate::wire;
use after::{After, Ended};
use cache::Memory;
use options::{Form, Wanted};
use place::own_output;

pub(super) use options::{encoding, tags};
pub(super) use secrets::{baseline, rules, vault};

/// The code of a run that left out parts of files to stay within a number of tokens.
const REDUCED: u8 = 3;

pub(super) fn run(session: &Session, args: &DumpArgs) -> Result<u8> {
    if args.batch {
        return after::batch(session, args, || batch::run(session, args));
    }
    selection::one_input(&args.select, &args.source)?;
    let config = &session.config.config;
    let root = directory(session, &args.source);
    let place = Place::of(session, args, &config.dump, &root)?;
    let seal = sealing::wanted(session, &args.seal, &place, None)?;
    let wanted = Wanted::of(config, args, place, &seal)?;
    let mut after = After::new(session, args, &wanted.place)?;
    if args.after.watch {
        return watch::run(session, args, &wanted, after);
    }
    let began = Instant::now();
    let result = shown(session, args, &wanted, after.needs_all());
    let ended = Ended {
        result: result.as_ref().map(|(written, code)| (written, *code)),
        took: began.elapsed(),
        problems: session.progress.problems(),
    };
    after.record(session, &ended);
    after.tell(session, &ended);
    result.map(|(_, code)| code)
}

/// One dump, what is said of it, and the exit code.
fn shown(
    session: &Session,
    args: &DumpArgs,
    wanted: &Wanted<'_>,
    needs_all: Option<&'static str>,
) -> Result<(Written, u8)> {
    let mut reads = selection::reads(session, &args.select);
    reads.extend(wanted.baseline.map(Path::to_owned));
    let all = needs_all.or(wanted.seal.needs_all());
    let needs = Needs { reads, writes: wanted.files(), all, ..Needs::default() };
    let wants = Wants { access: Access::Whole, confine: &args.confine, needs };
    with_source(session, &args.source, &wants, |source| {
        databases::add(session, source, CaptureInto::Dump)?;
        let written = once(session, &session.context(), source, wanted, None)?;
        session.progress.finish();
        if let Written::Dump { report, .. } = &written {
            session.wrote(report.files, report.bytes);
        }
        show(session, &wanted.place, &written)?;
        let code = if written.is_reduced() { REDUCED } else { session.code() };
        Ok((written, code))
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
    Dump {
        report: DumpReport,
        files: Vec<PathBuf>,
    },
    Patch {
        since: String,
        files: u64,
    },
    /// Nothing, since it would be the last one again.
    Unchanged,
}

/// What the last dump was made of.
#[derive(Debug, Default, PartialEq, Eq)]
struct Last {
    records: Vec<Record>,
    facts: Vec<Fact>,
    gone: Vec<String>,
}

impl Last {
    fn of(items: &[Item], options: &DumpOptions) -> Self {
        Self {
            records: items.iter().map(|item| item.record.clone()).collect(),
            facts: options.facts.clone(),
            gone: options.gone.clone(),
        }
    }
}

impl Written {
    /// True if less is shown of some files than they hold.
    fn is_reduced(&self) -> bool {
        matches!(self, Self::Dump { report, .. } if report.reduced > 0)
    }
}

/// One whole dump of an open source: its files are chosen, read and judged, and what is wanted is published. With
/// `known` nothing is written that is the same as the last time.
fn once(
    session: &Session,
    ctx: &Context<'_>,
    source: &Opened<'_>,
    wanted: &Wanted<'_>,
    known: Option<&mut Last>,
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
    select.exclude.extend(wanted.files().iter().flat_map(|file| own_output(file, root)));
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
    let now = known.is_some().then(|| Last::of(&items, &options));
    if known.is_some() && known.as_deref() == now.as_ref() {
        return Ok(Written::Unchanged);
    }
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
        memory.keep(ctx, &items, &report, &options, wanted);
    }
    if let (Some(known), Some(now)) = (known, now) {
        *known = now;
    }
    // A tenth of a run that reads no file is to free what it knows, for which nobody has to wait.
    drop(std::thread::Builder::new().spawn(move || drop((items, options))));
    Ok(Written::Dump { report, files })
}

/// Writes `tree`, which is a part of `source`, to a file, as `dump -o FILE` does with the whole. It says nothing.
pub(crate) fn export(
    session: &Session,
    ctx: &Context<'_>,
    args: &DumpArgs,
    secrets: SecretsPolicy,
    source: &Opened<'_>,
    tree: &dyn Tree,
) -> Result<DumpReport> {
    let config = &session.config.config;
    let root = source.origin.as_deref().unwrap_or(&session.places.current);
    let place = Place::of(session, args, &config.dump, root)?;
    let seal = sealing::wanted(session, &args.seal, &place, None)?;
    let mut wanted = Wanted::of(config, args, place, &seal)?;
    wanted.secrets = secrets;
    let Form::Text { format, since } = wanted.form else {
        return Err(Failure::Usage("a part of a tree is no patch".into()));
    };
    let mut options = wanted.options(session, source, root, format, since)?;
    let mut items = inspect(ctx, tree, &Everything, &options.looks)?;
    prepare(ctx, tree, &mut items, &mut options)?;
    wanted.place.write(session, &wanted, |out| Ok(write(ctx, tree, &items, out, &options)?))
}

fn show(session: &Session, place: &Place, written: &Written) -> Result<()> {
    let files = match written {
        Written::Dump { report, files } if session.json && !files.is_empty() => {
            let problems = session.progress.problems();
            return session.print_json(wire::DumpWritten::new(files, report, problems));
        }
        Written::Dump { files, .. } => files.clone(),
        Written::Patch { .. } | Written::Unchanged => place.file().into_iter().collect(),
    };
    for file in files {
        session.print(&render::path(&file))?;
    }
    session.tell(&summary(written));
    Ok(())
}

/// What was written, in one line.
fn summary(written: &Written) -> String {
    let report = match written {
        Written::Dump { report, .. } => report,
        Written::Patch { since, files } => {
            return format!("{} changed since {since}", render::count(*files, "file"));
        }
        Written::Unchanged => return "nothing has changed".to_owned(),
    };
    format!(
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
    )
}
