//! `holdall` alone: what this is, and the next sensible step.

use std::io::IsTerminal;

use holdall::repo::LockMode;

use crate::commands::snapshots_table;
use crate::failure::{Failure, Result};
use crate::session::Session;

/// Snapshots that are shown.
const SHOWN: usize = 5;

pub(crate) fn run(session: &Session) -> Result<u8> {
    if session.json {
        let why = "--json prints the result of a command, and none was given";
        return Err(Failure::Usage(why.into()));
    }
    let here = session.places.current.display();
    session.print(
        "holdall keeps a project whole: it takes snapshots of files and brings them back exactly.",
    )?;
    session.print("")?;
    let access = session.access()?;
    if !access.exists()? {
        session.print(
            "You have no snapshots yet. This takes the first one, of the current directory:",
        )?;
        session.print("")?;
        session.print("    holdall snapshot .")?;
        session.print("")?;
        session.print(&format!(
            "It goes, encrypted, into {}, which is made on first use.",
            access.path.display()
        ))?;
        session.print("`holdall --help` lists all commands.")?;
        if std::io::stdin().is_terminal()
            && session.confirm(&format!("\nTake a snapshot of {here} now?"))?
        {
            return first_snapshot(session);
        }
        return Ok(0);
    }
    let repository = session.open()?;
    let _lock = session.lock_to_read(&repository, LockMode::Shared)?;
    let mut found = repository.snapshots(&session.context())?;
    let count = found.len();
    found.drain(..count.saturating_sub(SHOWN));
    if found.is_empty() {
        session
            .print("The repository is empty. This takes a snapshot of the current directory:")?;
        session.print("")?;
        session.print("    holdall snapshot .")?;
        return Ok(0);
    }
    for line in snapshots_table(&found).lines(session.color) {
        session.print(&line)?;
    }
    session.print("")?;
    session.print("    holdall snapshot .                      take another one")?;
    session.print("    holdall ls @latest                      look into the newest")?;
    session
        .print("    holdall restore @latest --to DIR        bring it back to a new directory")?;
    session.print(
        "    holdall restore @latest --preview       see what going back would change here",
    )?;
    if !holdall::fs::restore::points(&session.places.current)?.is_empty() {
        session.print(
            "    holdall rollback --list                 undo a restore of this directory",
        )?;
    }
    session.print("")?;
    session.print("`holdall --help` lists all commands.")?;
    Ok(0)
}

fn first_snapshot(session: &Session) -> Result<u8> {
    use clap::Parser;
    let cli = crate::args::Cli::parse_from(["holdall", "snapshot", "."]);
    let code = crate::commands::run(session, cli.command)?;
    session.print("")?;
    session.print("To bring it back to a new directory:   holdall restore @latest --to DIR")?;
    Ok(code)
}
