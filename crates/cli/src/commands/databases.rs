//! Databases that are captured with a directory, and bringing one back.

use std::fs::File;
use std::path::{Path, PathBuf};

use holdall::config::{CaptureInto, Database};
use holdall::databases::{DatabaseError, Feed, Room, Told, capture, look, within};
use holdall::source::{Access, Opened};
use holdall::tree::{Context, Entry, RelPath, Tree};

use crate::aide::Aide;
use crate::args::{OverwriteChoice, RestoreArgs, SandboxArgs};
use crate::commands::confine::Needs;
use crate::commands::look::{Wants, with_source};
use crate::failure::{Failure, Result};
use crate::render;
use crate::session::Session;
use crate::wire;

/// Puts the databases that belong to a directory beside what it holds.
pub(super) fn add(session: &Session, source: &mut Opened<'_>, into: CaptureInto) -> Result<()> {
    let Some(root) = source.origin.as_deref().filter(|_| source.is_directory()) else {
        return Ok(());
    };
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let found = found(session, &root, into);
    if found.is_empty() {
        return Ok(());
    }
    if session.dry_run {
        tell(session, &found);
        return Ok(());
    }
    let ctx = session.context();
    let added = capture(&ctx, &found, into)?;
    Ok(source.add(&ctx, added)?)
}

/// The databases that a snapshot of these paths holds, and where, from the root of the file system on.
pub(super) fn of_paths<'s>(
    session: &'s Session,
    paths: &[PathBuf],
) -> Vec<(&'s Database, RelPath)> {
    let mut found = found(session, Path::new("/"), CaptureInto::Snapshot);
    found.retain(|(_, place)| {
        let place = Path::new("/").join(place.as_path());
        paths.iter().any(|path| path.is_dir() && place.starts_with(path))
    });
    found
}

fn found<'s>(session: &'s Session, root: &Path, into: CaptureInto) -> Vec<(&'s Database, RelPath)> {
    if !session.databases {
        return Vec::new();
    }
    within(&session.config.config.database.0, root, into)
}

/// Says what would be captured.
pub(super) fn tell(session: &Session, found: &[(&Database, RelPath)]) {
    for (database, path) in found {
        let path = path.to_string();
        session.tell(&format!("would capture the database {} as {path}", database.name));
    }
}

/// Feeds databases of a source to their servers.
pub(super) fn restore(session: &Session, args: &RestoreArgs) -> Result<u8> {
    let wanted: Vec<(&Database, &str)> =
        args.databases.iter().map(|text| wanted(session, text)).collect::<Result<_>>()?;
    let room = match args.overwrite {
        Some(OverwriteChoice::Always) => Room::Any,
        _ => Room::Empty,
    };
    // The process that reads the source cannot reach a server any more.
    let fed = wanted.iter().filter(|_| !session.dry_run);
    let feeders = fed.map(|(database, target)| Feeder::start(database, target, room));
    let feeders = feeders.collect::<holdall::Result<Vec<_>>>()?;
    let confine = SandboxArgs { sandbox: args.sandbox };
    let wants = Wants { access: Access::Whole, confine: &confine, needs: Needs::default() };
    with_source(session, &args.source, &wants, |source| {
        let ctx = session.context();
        let (tree, origin) = (source.tree(), source.origin.as_deref());
        // All of them are found before the first server is asked.
        let entries = wanted
            .iter()
            .map(|(database, _)| look(&ctx, tree, origin, database))
            .collect::<holdall::Result<Vec<_>>>()?;
        let mut feeders = feeders.into_iter();
        let mut done = Vec::new();
        for ((database, target), entry) in wanted.iter().zip(&entries) {
            let (name, bytes) = (&database.name, entry.size());
            if let Some(feeder) = feeders.next() {
                feeder.bring_back(&ctx, tree, entry)?;
            }
            if !session.json {
                let what = if session.dry_run { "would restore" } else { "restored" };
                let size = render::bytes(bytes);
                session.progress.finish();
                session.print(&format!("{what} the database {name} into {target} ({size})"))?;
            }
            done.push(wire::DatabaseRestored {
                name: name.clone(),
                target: (*target).to_owned(),
                path: entry.path.to_string(),
                bytes,
            });
        }
        session.progress.finish();
        if !session.dry_run {
            session.wrote(done.len() as u64, done.iter().map(|one| one.bytes).sum());
        }
        if session.json {
            let source = source.name.clone();
            session.print_json(wire::DatabasesRestored { source, databases: done })?;
        }
        Ok(session.code())
    })
}

/// A process that feeds one database when all of it was read.
struct Feeder {
    feed: Feed,
    spool: File,
    aide: Aide,
}

impl Feeder {
    fn start(database: &Database, target: &str, room: Room) -> holdall::Result<Self> {
        let feed = Feed::new(database, target, room)?;
        let spool = feed.spool()?;
        let aide = Aide::to_feed(&feed, &spool).map_err(|error| no_aide(&feed, &error))?;
        Ok(Self { feed, spool, aide })
    }

    fn bring_back(mut self, ctx: &Context<'_>, tree: &dyn Tree, entry: &Entry) -> Result<()> {
        let statements = self.feed.read(ctx, tree, entry, &mut self.spool)?;
        let fed = self.aide.feed(statements, ctx.cancel);
        let fed = fed.map_err(|error| no_aide(&self.feed, &error))?;
        fed.map_err(|told| holdall::Error::from(self.feed.told(told)).into())
    }
}

fn no_aide(feed: &Feed, error: &std::io::Error) -> holdall::Error {
    feed.told(Told::Failed(format!("the process that feeds it is not there: {error}"))).into()
}

/// The database that `NAME` or `NAME=TARGET` names, and what it is to be called in the server.
fn wanted<'s>(session: &'s Session, text: &'s str) -> Result<(&'s Database, &'s str)> {
    let all = &session.config.config.database.0;
    let (name, target) = match text.split_once('=') {
        Some((name, target)) => (name, Some(target)),
        None => (text, None),
    };
    let found = all.iter().find(|database| database.name == name).ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|database| database.name.as_str()).collect();
        let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        holdall::Error::from(DatabaseError::Unknown { name: name.to_owned(), known })
    })?;
    let target = target.unwrap_or_else(|| found.database());
    if !Database::is_name(target) {
        return Err(Failure::Usage(format!("{target:?} cannot be the name of a database")));
    }
    Ok((found, target))
}
