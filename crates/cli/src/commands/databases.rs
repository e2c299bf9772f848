//! Databases that are captured with a directory, and bringing one back.

use std::path::{Path, PathBuf};

use holdall::config::{CaptureInto, Database};
use holdall::databases::{DatabaseError, Room, bring_back, capture, look, within};
use holdall::source::Opened;
use holdall::tree::RelPath;

use crate::args::{OverwriteChoice, RestoreArgs};
use crate::commands::look::with_sources;
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
    with_sources(session, &[&args.source], |opened| {
        let [source] = opened else {
            return Err(Failure::Usage("one source is needed".into()));
        };
        let ctx = session.context();
        let (tree, origin) = (source.tree(), source.origin.as_deref());
        let room = match args.overwrite {
            Some(OverwriteChoice::Always) => Room::Any,
            _ => Room::Empty,
        };
        // All of them are found before the first server is asked.
        let entries = wanted
            .iter()
            .map(|(database, _)| look(&ctx, tree, origin, database))
            .collect::<holdall::Result<Vec<_>>>()?;
        let mut done = Vec::new();
        for ((database, target), entry) in wanted.iter().zip(&entries) {
            let (name, bytes) = (&database.name, entry.size());
            if !session.dry_run {
                bring_back(&ctx, tree, entry, database, target, room)?;
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
