//! One file for each command or family: arguments in, an operation called, the result shown.

mod archive;
mod choosing;
mod clone;
mod confine;
mod convert;
mod databases;
mod deadline;
mod delta;
mod diff;
mod dump;
mod explain;
mod explore;
mod look;
mod mount;
mod patch;
mod place;
mod preview;
mod repository;
mod restore;
mod retention;
mod rollback;
mod scan;
mod scripts;
mod sealing;
mod selection;
mod settings;
mod snapshot;
mod snapshots;
mod stats;

pub(crate) use confine::above;
pub(crate) use dump::export;
pub(crate) use restore::{apart_from_repository, limit_ratio, options as restore_options};
pub(crate) use snapshots::table as snapshots_table;

use crate::args::Command;
use crate::failure::Result;
use crate::guide;
use crate::session::Session;

/// Runs a command and gives the exit code.
pub(crate) fn run(session: &Session, command: Option<Command>) -> Result<u8> {
    match command {
        None => guide::run(session),
        Some(Command::Snapshot(args)) => snapshot::run(session, &args),
        Some(Command::Dump(args)) => dump::run(session, &args),
        Some(Command::Archive(args)) => archive::run(session, &args),
        Some(Command::Clone(args)) => clone::run(session, &args),
        Some(Command::Convert(args)) => convert::run(session, &args),
        Some(Command::Delta(command)) => delta::run(session, &command),
        Some(Command::Restore(args)) => restore::run(session, &args),
        Some(Command::Rollback(args)) => rollback::run(session, &args),
        Some(Command::Ls(args)) => look::ls(session, &args),
        Some(Command::Cat(args)) => look::cat(session, &args),
        Some(Command::Find(args)) => look::find(session, &args),
        Some(Command::Diff(args)) => diff::run(session, &args),
        Some(Command::Verify(args)) => look::verify(session, &args),
        Some(Command::Id(args)) => look::id(session, &args),
        Some(Command::Stats(args)) => stats::run(session, &args),
        Some(Command::Scan(args)) => scan::run(session, &args),
        Some(Command::Explore(args)) => explore::run(session, &args),
        Some(Command::Mount(args)) => mount::run(session, &args),
        Some(Command::Explain(args)) => explain::run(session, &args),
        Some(Command::Snapshots(args)) => snapshots::run(session, &args),
        Some(Command::Repo(command)) => repository::run(session, command),
        Some(Command::Config(command)) => settings::run(session, &command),
        Some(Command::Completions(args)) => scripts::completions(&args),
        Some(Command::Man(args)) => scripts::man(session, &args),
    }
}
