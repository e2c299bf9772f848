//! `holdall archive`

use std::io::{IsTerminal, Write};
use std::path::Path;

use holdall::archive::{
    Foreseen, Held, PackOptions, Packing, Refused, Written, judge, pack, pack_proved, prove,
    read_beside,
};
use holdall::config::CaptureInto;
use holdall::output::Sidecar;
use holdall::read;
use holdall::select::Selection;
use holdall::source::{Access, Opened, Spools};
use holdall::tree::{ContentHash, InOrder, RelPath, Timestamp};

use crate::args::ArchiveArgs;
use crate::commands::confine::Needs;
use crate::commands::databases;
use crate::commands::look::{Wants, with_source};
use crate::commands::place::{Place, draft_beside, own_output};
use crate::commands::{sealing, selection};
use crate::failure::{Failure, Result};
use crate::render;
use crate::session::Session;
use crate::wire;

/// The time of all entries of an archive that is to be the same whenever it is made: the first one that a zip knows.
const FIXED_TIME: i64 = 315_532_800;

pub(super) fn run(session: &Session, args: &ArchiveArgs) -> Result<u8> {
    selection::one_input(&args.select, &args.source)?;
    let place = place(session, &args.output)?;
    let packing = packing(args, &place)?;
    if !packing.streams() && place == Place::Output && args.seal.encrypt.is_none() {
        let why = "a 7z says at its beginning where its end is, so it is not written to a pipe: name a file with -o FILE, or take another format";
        return Err(Failure::Usage(why.into()));
    }
    if args.seal.encrypt.is_some() && args.reproducible {
        return Err(Failure::Usage("what is sealed is never the same bytes twice".into()));
    }
    let wanted = sealing::wanted(session, &args.seal, &place, Some(packing))?;
    // Once it is confined it cannot make them.
    let hides = wanted.seal.is_some() && !packing.reads_in_order();
    let spools = hides.then(Spools::new).transpose().map_err(holdall::Error::Output)?;
    let options = PackOptions {
        level: args.level,
        reproducible: match args.reproducible {
            true => Some(session.source_date()?.unwrap_or(Timestamp::new(FIXED_TIME, 0))),
            false => None,
        },
        // What is not read back need not be known.
        identify: !args.no_verify && place != Place::Output && wanted.seal.is_none(),
        manifest: args.manifest,
        passphrase: wanted.passphrase.as_ref(),
        spools: spools.as_ref(),
    };
    packing.check(options.level)?;
    let needs = Needs {
        reads: selection::reads(session, &args.select),
        writes: place.file().into_iter().collect(),
        all: wanted.needs_all(),
        ..Needs::default()
    };
    let wants = Wants { access: Access::Whole, confine: &args.confine, needs };
    with_source(session, &args.source, &wants, |source| {
        databases::add(session, source, CaptureInto::Archive)?;
        let selection = select(session, args, source, &place)?;
        if session.dry_run {
            return dry_run(session, source, &selection, &place, packing);
        }
        let sidecar = if args.no_checksum { Sidecar::None } else { Sidecar::Checksum };
        let ctx = session.context();
        let mut tree = InOrder::new(source.tree());
        let mut tree = Foreseen::new(&ctx, &mut tree, packing);
        let mut write = |out: &mut (dyn Write + Send)| -> Result<Written> {
            let Some(seal) = &wanted.seal else {
                return Ok(pack(&ctx, &mut tree, &selection, out, packing, options)?);
            };
            Ok(seal.write(out, |out| match args.no_verify && packing.streams() {
                true => pack(&ctx, &mut tree, &selection, out, packing, options),
                false => pack_proved(&ctx, &mut tree, &selection, out, packing, options),
            })?)
        };
        let beside = options.identify && packing.reads_in_order();
        let (written, pending) = match place.file().filter(|_| beside) {
            Some(file) => {
                let (written, found, pending) =
                    draft_beside(&file, sidecar, write, |read| read_beside(&ctx, read, packing))?;
                judge(found, &written.held)?;
                (written, Some(pending))
            }
            None => place.draft(session, sidecar, &mut write)?,
        };
        let mut checksum = None;
        if let Some(mut pending) = pending {
            if let Some(start) = &written.start {
                pending.begin_with(start)?;
            }
            if options.identify && !beside {
                prove(&ctx, pending.reopen()?, packing, &written.held, options.passphrase)?;
            }
            let file = place.file().unwrap_or_default();
            let signature = wanted.sign(&file, &mut pending.reopen()?)?;
            checksum = Some(pending.publish()?);
            sealing::publish(session, &file, signature.as_ref())?;
        }
        session.progress.finish();
        session.wrote(written.held.files, written.held.bytes);
        let refused = tree.finish();
        if let Some(refused) = &refused {
            let Refused { name, code, why } = refused;
            session.tell(&format!(
                "note: {name}: {why} ({code}); the archive is restored with --trust own alone"
            ));
        }
        show(session, &place, packing, &written.held, (checksum, refused))?;
        Ok(session.code())
    })
}

fn place(session: &Session, output: &Path) -> Result<Place> {
    if output != Path::new("-") {
        return Ok(Place::File(session.places.current.join(output)));
    }
    if std::io::stdout().is_terminal() && !session.dry_run {
        let why = "an archive is no text for a terminal: name a file with -o FILE, or pipe it on";
        return Err(Failure::Usage(why.into()));
    }
    Ok(Place::Output)
}

/// The format that is asked for, or else that of the name.
fn packing(args: &ArchiveArgs, place: &Place) -> Result<Packing> {
    let name = place.file().and_then(|file| file.file_name().map(ToOwned::to_owned));
    let named = name.and_then(|name| {
        let name = name.to_string_lossy();
        Packing::of_name(sealing::plain_name(&name, args.seal.encrypt).as_bytes())
    });
    args.format.or(named).ok_or_else(|| {
        let why = "the name does not say which format is meant: say it with --format, or end it in .tar.zst, .zip and the like";
        Failure::Usage(why.into())
    })
}

/// Which entries are taken: in a directory never the archive itself.
fn select(
    session: &Session,
    args: &ArchiveArgs,
    source: &Opened<'_>,
    place: &Place,
) -> Result<Selection> {
    let directory = source.origin.as_deref().filter(|_| source.snapshot.is_none());
    let root = source.origin.as_deref().unwrap_or(&session.places.current);
    let flags = (&args.select, &session.config.config.select);
    let mut select =
        selection::options_for(session, &session.context(), flags, root, source.tree())?;
    if let (Some(root), Some(file)) = (directory, place.file()) {
        select.exclude.extend(own_output(&file, root));
    }
    Ok(Selection::new(select)?)
}

/// Says what would be written. Each entry is listed where more is to be said.
fn dry_run(
    session: &Session,
    source: &Opened<'_>,
    selection: &Selection,
    place: &Place,
    packing: Packing,
) -> Result<u8> {
    let (mut files, mut bytes) = (0, 0);
    let mut listed = session.verbose().then(Vec::new);
    let root = RelPath::root();
    read::walk(&session.context(), source.tree(), &root, selection, |entry| -> Result<()> {
        files += u64::from(!entry.is_dir());
        bytes += entry.size();
        let end = if entry.is_dir() { "/" } else { "" };
        match &mut listed {
            Some(listed) if session.json => listed.push(format!("{}{end}", entry.path)),
            Some(_) => session.print(&format!("{}{end}", entry.path))?,
            None => {}
        }
        Ok(())
    })?;
    session.progress.finish();
    if session.json {
        let path = place.file().map(|file| render::path(&file));
        let format = packing.to_string();
        let preview = wire::ArchivePreview { path, format, files, bytes, paths: listed };
        session.print_json(preview)?;
        return Ok(session.code());
    }
    let (files, bytes) = (render::count(files, "file"), render::bytes(bytes));
    session.print(&format!("would write {files}, {bytes}, as {packing}"))?;
    Ok(session.code())
}

fn show(
    session: &Session,
    place: &Place,
    packing: Packing,
    held: &Held,
    (checksum, refused): (Option<ContentHash>, Option<Refused>),
) -> Result<()> {
    let tree = held.tree.map(|tree| tree.to_string());
    if let (Place::File(file), Some(checksum)) = (place, checksum) {
        let size = std::fs::symlink_metadata(file).map_or(0, |meta| meta.len());
        if session.json {
            return session.print_json(wire::ArchiveWritten {
                path: render::path(file),
                format: packing.to_string(),
                sha256: checksum.to_string(),
                size,
                entries: held.entries,
                files: held.files,
                bytes: held.bytes,
                tree,
                manifest: held.manifest,
                needs_trust_own: refused.map(wire::NeedsTrust::from),
                problems: session.progress.problems(),
                peak_memory_bytes: holdall::disk::peak_memory(),
            });
        }
        session.print(&render::path(file))?;
    }
    session.tell(&format!(
        "{}, {} of files{}",
        render::count(held.entries, "entry"),
        render::bytes(held.bytes),
        tree.map_or(String::new(), |tree| format!("; tree {tree}")),
    ));
    Ok(())
}
