//! `holdall snapshots`

use std::path::Path;

use holdall::repo::{LockMode, SnapshotFile};

use crate::args::SnapshotsArgs;
use crate::failure::Result;
use crate::render::{self, Align, Table};
use crate::session::Session;
use crate::wire;

pub(super) fn run(session: &Session, args: &SnapshotsArgs) -> Result<u8> {
    let ctx = session.context();
    let repository = session.open()?;
    let _lock = session.lock_to_read(&repository, LockMode::Shared)?;
    let mut found = repository.snapshots(&ctx)?;
    let path = args.path.as_ref().map(|path| {
        let full = session.places.current.join(path);
        // A path that is gone here may still be one of a snapshot.
        full.canonicalize().unwrap_or_else(|_| full.components().collect())
    });
    found.retain(|file| wanted(file, args, path.as_deref()));
    if let Some(latest) = args.latest {
        found.drain(..found.len().saturating_sub(latest));
    }
    if session.json {
        let snapshots = found.iter().map(wire::SnapshotEntry::from).collect();
        session.print_json(wire::Snapshots { snapshots })?;
        return Ok(0);
    }
    if found.is_empty() {
        session.tell("there are no such snapshots");
        return Ok(0);
    }
    for line in table(&found).lines(session.color) {
        session.print(&line)?;
    }
    session.tell(&render::count(found.len() as u64, "snapshot"));
    Ok(0)
}

fn wanted(file: &SnapshotFile, args: &SnapshotsArgs, path: Option<&Path>) -> bool {
    let snapshot = &file.snapshot;
    args.tag.iter().all(|tag| snapshot.tags.contains(tag))
        && args.host.as_ref().is_none_or(|host| *host == snapshot.hostname)
        && path.is_none_or(|path| snapshot.paths.iter().any(|known| Path::new(known) == path))
}

/// Snapshots as a table.
pub(crate) fn table(files: &[SnapshotFile]) -> Table {
    let mut table = Table::new(&[
        ("ID", Align::Left),
        ("Time", Align::Left),
        ("Host", Align::Left),
        ("Tags", Align::Left),
        ("Size", Align::Right),
        ("Paths", Align::Left),
    ]);
    for file in files {
        let snapshot = &file.snapshot;
        let printable = |text: &str| holdall::tree::path::printable(text.as_bytes()).into_owned();
        table.row(vec![
            file.id.short(),
            render::time(snapshot.time.at),
            printable(&snapshot.hostname),
            printable(&snapshot.tags.join(",")),
            snapshot
                .summary
                .as_ref()
                .map_or(String::new(), |summary| render::bytes(summary.total_bytes_processed)),
            printable(&snapshot.paths.join(", ")),
        ]);
    }
    table
}
