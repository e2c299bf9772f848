//! Opening sources, and the commands that look at them and change nothing: `ls`, `cat`, `find`, `verify`, `id`.

use std::io::{self, BufWriter, Write};

use holdall::clone::{Difference, What, judge, record_of};
use holdall::config;
use holdall::fs::clone::Record;
use holdall::guest::Guest;
use holdall::read;
use holdall::repo::{BlobReader, Id, SnapshotTree};
use holdall::sealed::Keys;
use holdall::select::{SelectOptions, Selection};
use holdall::source::{self, Access, Homes, Locator, Opened, Reading, Spools, Stream};
use holdall::tree::path::printable;
use holdall::tree::{Entry, Everything, Filter, Kind, RelPath, Tree, Verdict};

use crate::args::{CatArgs, FindArgs, IdArgs, LsArgs, SandboxArgs, SourceArgs};
use crate::commands::confine::{self, Needs};
use crate::commands::selection;
use crate::failure::{Failure, Result, output};
use crate::render::{self, Align, Table};
use crate::session::Session;
use crate::wire::{Attested, CloneDiffers, EntryLine, FoundLine, Identified, Verified};

/// Opens sources, with the repository if one of them needs it.
pub(super) fn with_sources<T>(
    session: &Session,
    texts: &[&str],
    run: impl FnOnce(&mut [Opened<'_>]) -> Result<T>,
) -> Result<T> {
    let reading = Reading { terms: session.terms, ..Reading::default() };
    with_sources_read(session, texts, reading, |_, _| Ok(()), run)
}

/// The same, and says how they are read. `ready` is called when everything is open that belongs to the user, before
/// anything in a source is looked at.
pub(super) fn with_sources_read<T>(
    session: &Session,
    texts: &[&str],
    reading: Reading<'_>,
    ready: impl FnOnce(&[Locator], &Keys<'_>) -> Result<()>,
    run: impl FnOnce(&mut [Opened<'_>]) -> Result<T>,
) -> Result<T> {
    let locators: Vec<Locator> = texts
        .iter()
        .map(|text| Locator::parse(text, &session.places.current))
        .collect::<holdall::Result<_>>()?;
    let ctx = session.context();
    let keys = session.keys();
    let trust = session.trust()?;
    let reading = Reading { keys: Some(&keys), trust: Some(&trust), ..reading };
    // A confined process cannot make them any more.
    let spools: Vec<_> = locators
        .iter()
        .map(|locator| locator.may_be_of_others().then(Spools::new).and_then(io::Result::ok))
        .collect();
    let git = locators.iter().any(Locator::needs_git).then(|| session.git()).transpose()?;
    let open = |reader: Option<&BlobReader<'_>>| -> Result<T> {
        let streams = locators.iter().map(|locator| match locator {
            Locator::Path(path) => {
                keys.prepare(&ctx, Some(&trust), path)?;
                Stream::at(&ctx, path, reading)
            }
            Locator::Input => Stream::input(&ctx, reading).map(Some),
            Locator::Commit { .. } | Locator::Snapshot { .. } => Ok(None),
        });
        let streams = streams.collect::<holdall::Result<Vec<_>>>()?;
        ready(&locators, &keys)?;
        let homes = Homes { reader, git: git.as_ref() };
        let opened =
            locators.iter().zip(&spools).zip(streams).map(|((locator, spools), stream)| {
                let reading = Reading { spools: spools.as_ref(), ..reading };
                match stream {
                    Some(stream) => stream.read(&ctx, reading),
                    None => source::open(&ctx, locator, homes, reading),
                }
            });
        run(&mut opened.collect::<holdall::Result<Vec<_>>>()?)
    };
    if locators.iter().any(Locator::needs_repository) {
        session.with_reader(|reader| open(Some(reader)))
    } else {
        open(None)
    }
}

/// What a command wants of its sources, and how it confines itself before it reads what others may have made.
pub(super) struct Wants<'l> {
    pub(super) access: Access,
    pub(super) confine: &'l SandboxArgs,
    pub(super) needs: Needs,
}

/// Opens sources. Before one that others may have made is parsed, the process gives up what it does not need.
pub(super) fn with_sources_confined<T>(
    session: &Session,
    texts: &[&str],
    wants: &Wants<'_>,
    run: impl FnOnce(&mut [Opened<'_>]) -> Result<T>,
) -> Result<T> {
    with_sources_after(session, texts, wants, || Ok(()), run)
}

/// The same, and does something before the process gives up what it does not need, when nobody is asked any more.
pub(super) fn with_sources_after<T>(
    session: &Session,
    texts: &[&str],
    wants: &Wants<'_>,
    before: impl FnOnce() -> Result<()>,
    run: impl FnOnce(&mut [Opened<'_>]) -> Result<T>,
) -> Result<T> {
    let wanted = confine::wanted(session, wants.confine.sandbox);
    let guest = (wanted == config::Sandbox::Wasm).then(Guest::new).transpose()?;
    let (terms, access, guest) = (session.terms, wants.access, guest.as_ref());
    let reading = Reading { terms, access, guest, ..Reading::default() };
    let ready = |locators: &[Locator], keys: &Keys<'_>| {
        if wanted == config::Sandbox::Off || !locators.iter().any(Locator::may_be_of_others) {
            return Ok(());
        }
        if let Some(why) = wants.needs.all {
            return confine::needs_all(session, wanted, why);
        }
        for (locator, text) in locators.iter().zip(texts) {
            confine::fetch(session, locator, text, keys)?;
        }
        before()?;
        let confined = confine::within(session, wanted, locators, &wants.needs)?;
        if !wants.needs.writes.is_empty() {
            confine::lacking(session, confined);
        }
        Ok(())
    };
    with_sources_read(session, texts, reading, ready, run)
}

/// Opens one source to do something with it.
pub(super) fn with_source<T>(
    session: &Session,
    text: &str,
    wants: &Wants<'_>,
    run: impl FnOnce(&mut Opened<'_>) -> Result<T>,
) -> Result<T> {
    with_sources_confined(session, &[text], wants, |opened| match opened {
        [only] => run(only),
        _ => Err(Failure::Usage("one source is needed".into())),
    })
}

fn looks(access: Access, confine: &SandboxArgs) -> Wants<'_> {
    Wants { access, confine, needs: Needs::default() }
}

fn path(text: Option<&str>) -> Result<RelPath> {
    let text = text.unwrap_or("").trim_matches('/');
    let text = if text == "." { "" } else { text };
    RelPath::parse(text).map_err(|error| Failure::Usage(error.to_string()))
}

pub(super) fn ls(session: &Session, args: &LsArgs) -> Result<u8> {
    let dir = path(args.path.as_deref())?;
    with_source(session, &args.source, &looks(Access::Names, &args.confine), |source| {
        let ctx = session.context();
        let mut out = BufWriter::new(std::io::stdout().lock());
        let mut long = Vec::new();
        let mut show = |entry: Entry| -> Result<()> {
            if session.json {
                let line = serde_json::to_string(&EntryLine::from(&entry));
                return writeln!(out, "{}", line.map_err(|error| output(error.into()))?)
                    .map_err(output);
            }
            if args.long {
                long.push(entry);
                return Ok(());
            }
            writeln!(out, "{}", label(&entry, session.color)).map_err(output)
        };
        if args.recursive {
            read::walk(&ctx, source.tree(), &dir, &Everything, |entry| show(entry.clone()))?;
        } else {
            for entry in read::list(&ctx, source.tree(), &dir)? {
                show(entry)?;
            }
        }
        session.progress.finish();
        for line in long_table(&long, session.color) {
            writeln!(out, "{line}").map_err(output)?;
        }
        out.flush().map_err(output)?;
        Ok(session.code())
    })
}

fn label(entry: &Entry, color: bool) -> String {
    let name = entry.path.to_string();
    match &entry.kind {
        Kind::Directory => render::paint(color, render::BLUE, &format!("{name}/")),
        Kind::Symlink { target } => format!("{name} -> {}", printable(target)),
        _ => name,
    }
}

fn long_table(entries: &[Entry], color: bool) -> Vec<String> {
    if entries.is_empty() {
        return Vec::new();
    }
    let header = [
        ("Mode", Align::Left),
        ("User", Align::Left),
        ("Group", Align::Left),
        ("Size", Align::Right),
        ("Time", Align::Left),
        ("Name", Align::Left),
    ];
    let mut table = Table::new(&header);
    for entry in entries {
        let meta = &entry.meta;
        let who = |name: &Option<String>, number: Option<u32>| {
            name.clone().or_else(|| number.map(|number| number.to_string())).unwrap_or_default()
        };
        table.row(vec![
            render::mode(&entry.kind, meta.mode.unwrap_or(0)),
            who(&meta.user, meta.uid),
            who(&meta.group, meta.gid),
            entry.size().to_string(),
            meta.mtime.map_or(String::new(), render::time),
            label(entry, false),
        ]);
    }
    table.lines(color)
}

pub(super) fn cat(session: &Session, args: &CatArgs) -> Result<u8> {
    let file = path(Some(&args.path))?;
    with_source(session, &args.source, &looks(Access::File, &args.confine), |source| {
        session.progress.finish();
        let mut out = std::io::stdout().lock();
        read::cat(&session.context(), source.tree(), &file, &mut out)?;
        out.flush().map_err(output)?;
        Ok(0)
    })
}

pub(super) fn find(session: &Session, args: &FindArgs) -> Result<u8> {
    // A selection that includes only the pattern judges names exactly as every other pattern does.
    let select = SelectOptions { exclude: vec![args.pattern.clone()], ..SelectOptions::default() };
    let matcher = Selection::new(select)?;
    let ctx = session.context();
    let mut found = 0u64;
    let mut search = |tree: &dyn Tree, snapshot: Option<&Id>| -> Result<()> {
        read::walk(&ctx, tree, &RelPath::root(), &Everything, |entry| -> Result<()> {
            if matcher.judge(entry, tree)? != Verdict::Leave {
                return Ok(());
            }
            found += 1;
            if session.json {
                let snapshot = snapshot.map(Id::hex);
                return session
                    .print_json_line(&FoundLine { entry: EntryLine::from(entry), snapshot });
            }
            let prefix = snapshot.map_or(String::new(), |id| format!("@{}:", id.short()));
            session.print(&format!("{prefix}{}", label(entry, session.color)))
        })
    };
    if args.source == "@all" {
        session.with_reader(|reader| {
            for file in reader.repository().snapshots(&ctx)? {
                let tree = SnapshotTree::open(reader, &file)?;
                search(&tree, Some(&file.id))?;
            }
            Ok(())
        })?;
    } else {
        let looks = looks(Access::Names, &args.confine);
        with_source(session, &args.source, &looks, |source| search(source.tree(), None))?;
    }
    session.progress.finish();
    match session.code() {
        0 => Ok(u8::from(found == 0)),
        incomplete => Ok(incomplete),
    }
}

pub(super) fn verify(session: &Session, args: &SourceArgs) -> Result<u8> {
    with_source(session, &args.source, &looks(Access::Whole, &args.confine), |source| {
        let clone = source.origin.as_deref().filter(|_| source.is_directory());
        if let Some(record) = clone.map(record_of).transpose()?.flatten() {
            return verify_clone(session, source, &record);
        }
        let identity = read::verify(&session.context(), source.tree())?;
        session.progress.finish();
        if session.json {
            session.print_json(Verified {
                source: source.name.clone(),
                entries: identity.entries,
                bytes: identity.bytes,
                problems: identity.problems,
                tree_id: Some(identity.id.to_string()),
                differences: None,
                signatures: source.signed.iter().map(Attested::from).collect(),
            })?;
        } else {
            let what = format!(
                "{}, {}",
                render::count(identity.entries, "entry"),
                render::bytes(identity.bytes)
            );
            session.print(&format!("{}: {what} read", source.name))?;
            for one in &source.signed {
                session.print(&signed(&source.name, one))?;
            }
        }
        if identity.problems == 0 {
            return Ok(0);
        }
        session.tell(&format!("{} cannot be read", render::count(identity.problems, "entry")));
        Ok(1)
    })
}

/// Compares a clone with what was written down of it, and names each entry that differs.
fn verify_clone(session: &Session, source: &Opened<'_>, record: &Record) -> Result<u8> {
    let judged = judge(&session.context(), source.tree(), record, None)?;
    session.progress.finish();
    let whole = judged.differences.is_empty() && judged.problems == 0;
    if session.json {
        session.print_json(Verified {
            source: source.name.clone(),
            entries: judged.entries,
            bytes: judged.bytes,
            problems: judged.problems,
            tree_id: whole.then(|| record.head.tree.to_string()),
            differences: Some(judged.differences.iter().map(differs).collect()),
            signatures: Vec::new(),
        })?;
        return Ok(u8::from(!whole));
    }
    for Difference { path, what } in &judged.differences {
        let (line, code) = match what {
            What::Missing => (format!("- {path}"), render::RED),
            What::Extra => (format!("+ {path}"), render::GREEN),
            What::Changed(parts) => (format!("M {path} ({})", parts.join(", ")), render::YELLOW),
        };
        session.print(&render::paint(session.color, code, &line))?;
    }
    let entries = render::count(judged.entries, "entry");
    if whole {
        let (read, time) = (render::bytes(judged.bytes), render::time(record.head.time));
        session.print(&format!(
            "{}: {entries}, {read} read: as it was cloned at {time}",
            source.name
        ))?;
        return Ok(0);
    }
    let differ = render::count(judged.differences.len() as u64, "entry");
    session.tell(&format!("{}: {differ} of {entries} not as they were cloned", source.name));
    Ok(1)
}

fn differs(difference: &Difference) -> CloneDiffers {
    let (change, parts) = match &difference.what {
        What::Missing => ('-', Vec::new()),
        What::Extra => ('+', Vec::new()),
        What::Changed(parts) => ('M', parts.iter().map(|part| (*part).to_owned()).collect()),
    };
    CloneDiffers { change, path: difference.path.to_string(), parts }
}

/// A signature in words.
fn signed(name: &str, one: &holdall::trust::Attested) -> String {
    let who = one.signer.as_deref().map_or_else(String::new, |signer| format!("{signer}, "));
    let comment = one.comment.as_deref().map_or_else(String::new, |text| format!(": {text}"));
    match &one.doubt {
        None => format!("{name}: signed by {who}{}{comment}", one.key),
        Some(doubt) => format!("{name}: signed with {}, not trusted: {doubt}{comment}", one.key),
    }
}

pub(super) fn id(session: &Session, args: &IdArgs) -> Result<u8> {
    selection::one_input(&args.select, &args.source)?;
    let root = session.places.current.join(&args.source);
    let reads = selection::reads(session, &args.select);
    let needs = Needs { reads, ..Needs::default() };
    let wants = Wants { access: Access::Whole, confine: &args.confine, needs };
    with_source(session, &args.source, &wants, |source| {
        let select = (&args.select, &session.config.config.select);
        let ctx = session.context();
        let select = selection::options_for(session, &ctx, select, &root, source.tree())?;
        let filter = Selection::new(select)?;
        let identity = read::identify(&ctx, source.tree(), &filter)?;
        session.progress.finish();
        if session.json {
            session.print_json(Identified {
                tree_id: identity.id.to_string(),
                full_tree_id: identity.full.to_string(),
                entries: identity.entries,
                bytes: identity.bytes,
            })?;
        } else if args.full {
            session.print(&identity.full.to_string())?;
        } else {
            session.print(&identity.id.to_string())?;
        }
        Ok(session.code())
    })
}
