//! `holdall repo …`

mod check;
mod forget;
mod keys;
mod prune;

use holdall::repo::lock::{Unlock, removable, unlock};
use holdall::repo::{LockMode, stats};

use crate::args::{RepoCommand, UnlockArgs};
use crate::failure::Result;
use crate::render;
use crate::session::Session;
use crate::wire;

pub(super) fn run(session: &Session, command: RepoCommand) -> Result<u8> {
    match command {
        RepoCommand::Init => init(session),
        RepoCommand::Snapshots(args) => super::snapshots::run(session, &args),
        RepoCommand::Forget(args) => forget::run(session, &args),
        RepoCommand::Prune(args) => prune::run(session, &args),
        RepoCommand::Check(args) => check::run(session, &args),
        RepoCommand::Key(command) => keys::run(session, &command),
        RepoCommand::Unlock(args) => run_unlock(session, &args),
        RepoCommand::Stats => run_stats(session),
    }
}

fn init(session: &Session) -> Result<u8> {
    if session.dry_run {
        return would_make(session);
    }
    let repository = session.access()?.init(&session.context(), &session.identity, session)?;
    if session.json {
        session.print_json(wire::RepositoryMade {
            id: repository.id().hex(),
            location: repository.location(),
        })?;
    } else {
        session.print(&format!(
            "repository {} at {}",
            repository.id().short(),
            repository.location()
        ))?;
    }
    Ok(0)
}

fn would_make(session: &Session) -> Result<u8> {
    let access = session.access()?;
    let location = access.path.display().to_string();
    if access.exists()? {
        return Err(holdall::repo::Error::RepositoryExists { location }.into());
    }
    if session.json {
        session.print_json(wire::RepositoryWouldBeMade { location })?;
    } else {
        session.print(&format!("would make a repository at {location}"))?;
    }
    Ok(0)
}

fn run_unlock(session: &Session, args: &UnlockArgs) -> Result<u8> {
    let repository = session.open()?;
    let which = if args.all { Unlock::All } else { Unlock::Stale };
    let host = &session.identity.host;
    let (ctx, alive) = (session.context(), holdall::disk::process_is_alive);
    let removed = if session.dry_run {
        let found = removable(&ctx, &repository, which, host, &alive)?;
        found.into_iter().map(|(_, holder)| holder).collect()
    } else {
        unlock(&ctx, &repository, which, host, &alive)?
    };
    if session.json {
        session.print_json(wire::Unlocked { dry_run: session.dry_run, removed })?;
        return Ok(0);
    }
    let (verb, done) =
        if session.dry_run { ("would remove", "to remove") } else { ("removed", "removed") };
    for holder in &removed {
        session.print(&format!("{verb} the lock of {holder}"))?;
    }
    session.tell(&format!("{} {done}", render::count(removed.len() as u64, "lock")));
    Ok(0)
}

fn run_stats(session: &Session) -> Result<u8> {
    let ctx = session.context();
    let repository = session.open()?;
    let _lock = session.lock_to_read(&repository, LockMode::Shared)?;
    let index = repository.load_index(&ctx)?;
    let stats = stats::stats(&ctx, &repository, &index)?;
    session.progress.finish();
    if session.json {
        session.print_json(wire::RepositoryStats {
            snapshots: stats.snapshots,
            packs: stats.packs,
            index_files: stats.index_files,
            data_blobs: stats.data_blobs,
            tree_blobs: stats.tree_blobs,
            plain_bytes: stats.plain_bytes,
            sealed_bytes: stats.sealed_bytes,
            stored_bytes: stats.stored_bytes,
        })?;
        return Ok(0);
    }
    let ratio = stats.plain_bytes as f64 / stats.sealed_bytes.max(1) as f64;
    for (name, value) in [
        ("snapshots", render::grouped(stats.snapshots)),
        ("packs", render::grouped(stats.packs)),
        ("chunks of files", render::grouped(stats.data_blobs)),
        ("directories", render::grouped(stats.tree_blobs)),
        ("different data", render::bytes(stats.plain_bytes)),
        ("as stored", format!("{} ({ratio:.1} times smaller)", render::bytes(stats.sealed_bytes))),
        ("all files", render::bytes(stats.stored_bytes)),
    ] {
        session.print(&format!("{name:<16} {value}"))?;
    }
    Ok(0)
}
