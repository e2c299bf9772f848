//! Databases: captured with a directory by the programs that come with their server, and brought back.
//!
//! What such a program writes is a content that ends well only if the program has ended and said that all went well: no
//! sink keeps a part of it.

mod back;
mod password;
mod pending;
mod server;

use std::fs::File;
use std::io::{self, Seek};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use holdall_tree::{CancelToken, Classified, Context, ErrorKind, RelPath};

pub use back::{Feed, Room, Statements, Told, look};
use pending::Pending;

use crate::beside::{Added, Held};
use crate::config::{CaptureInto, Database};
use crate::program::{Bounds, Ending, Listen, Ran, run};

/// The longest answer of a program that is shown with an error, in bytes.
const SHOWN_BYTES_MAX: usize = 2 << 10;

/// Why a database could not be captured or brought back.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// It could not be captured.
    #[error("cannot capture the database {name}")]
    Capture {
        /// What it is called in the configuration.
        name: String,
        /// Why.
        #[source]
        source: ProgramError,
    },
    /// It could not be brought back.
    #[error("cannot bring back the database {name}")]
    Back {
        /// What it is called in the configuration.
        name: String,
        /// Why.
        #[source]
        source: ProgramError,
    },
    /// There is something in the target already.
    #[error("the database {target} is not empty")]
    NotEmpty {
        /// What it is called in the server.
        target: String,
    },
    /// No database of this name is configured.
    #[error("no database is named {name:?}; known: {known}")]
    Unknown {
        /// The name.
        name: String,
        /// Those that there are.
        known: String,
    },
}

impl Classified for DatabaseError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Capture { source, .. } | Self::Back { source, .. } => source.kind(),
            Self::NotEmpty { .. } => ErrorKind::Refused,
            Self::Unknown { .. } => ErrorKind::Usage,
        }
    }
}

/// Why a program did not do what it was to do.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// It could not be started.
    #[error("{program} could not be started")]
    Start {
        /// The program.
        program: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It said that it failed.
    #[error("{program} ended with {status}{}", words(.said))]
    Status {
        /// The program.
        program: String,
        /// How it ended.
        status: ExitStatus,
        /// The end of what it said.
        said: String,
    },
    /// It took too long.
    #[error("{program} took longer than {limit} seconds and was ended")]
    TooLong {
        /// The program.
        program: String,
        /// The limit.
        limit: u64,
    },
    /// It wrote too much.
    #[error("what {program} wrote is more than the limit of {limit} bytes, and it was ended")]
    TooLarge {
        /// The program.
        program: String,
        /// The limit.
        limit: u64,
    },
    /// The user stopped the run.
    #[error("{program} was stopped with the run")]
    Stopped {
        /// The program.
        program: String,
    },
    /// The password could not be had.
    #[error("the password could not be had: {0}")]
    Password(String),
    /// What it writes could not be read.
    #[error("cannot read what it writes")]
    Read(#[source] io::Error),
    /// What lies between the server and a tree could not be written or read.
    #[error("cannot use a temporary file")]
    Spool(#[source] io::Error),
    /// Another process that ran it has said why, in words.
    #[error("{0}")]
    Told(String),
    /// The program said something else than it was asked.
    #[error("{program} gave no answer that can be understood")]
    Answer {
        /// The program.
        program: String,
    },
}

impl ProgramError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Stopped { .. } => ErrorKind::Interrupted,
            _ => ErrorKind::Failed,
        }
    }
}

/// What a program said, as far as it is shown.
fn words(text: &str) -> String {
    let from = text.len().saturating_sub(SHOWN_BYTES_MAX);
    let from = (from..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    let text =
        holdall_tree::path::printable(text.get(from..).unwrap_or_default().trim().as_bytes())
            .replace("\\x0a", "; ");
    if text.is_empty() { text } else { format!(": {text}") }
}

/// Where what is captured of a directory lies, for each database that is captured with it; `root` is the real path of
/// the directory.
#[must_use]
pub fn within<'d>(
    databases: &'d [Database],
    root: &Path,
    into: CaptureInto,
) -> Vec<(&'d Database, RelPath)> {
    let place = |database: &'d Database| {
        let project = database.project.canonicalize().unwrap_or_else(|_| database.project.clone());
        let below = project.strip_prefix(root).ok()?.as_os_str().as_encoded_bytes();
        let below = RelPath::parse(below).ok()?;
        Some((database, below.join_path(&database.place())))
    };
    databases.iter().filter(|database| database.into.contains(&into)).filter_map(place).collect()
}

/// Makes each database a file that is added to a tree. A snapshot and a clone take it while its program writes it; an
/// archive and a dump say first how long a file is, so for them it is written to a file without a name, here and now. One
/// that cannot be had goes to the observer, now or when it is read, and nothing lies in its place.
///
/// # Errors
/// If the user interrupts.
pub fn capture(
    ctx: &Context<'_>,
    databases: &[(&Database, RelPath)],
    into: CaptureInto,
) -> holdall_tree::Result<Vec<Added>> {
    let mut added = Vec::with_capacity(databases.len());
    for (database, path) in databases {
        ctx.check()?;
        let held = Pending::new(ctx, database).and_then(|pending| match into {
            CaptureInto::Snapshot | CaptureInto::Clone => Ok(Held::Made(Box::new(pending))),
            CaptureInto::Archive | CaptureInto::Dump => pending.spool().map(Held::Spooled),
        });
        let content = match held {
            Ok(content) => Some(content),
            Err(source) => {
                ctx.check()?;
                let name = database.name.clone();
                let error = DatabaseError::Capture { name, source };
                ctx.observer.problem(Some(path), &holdall_tree::Error::from(error));
                None
            }
        };
        added.push(Added { path: path.clone(), content });
    }
    Ok(added)
}

/// Runs a program to its end; anything but success is an error.
fn finish(
    cancel: &CancelToken,
    command: Command,
    database: &Database,
) -> Result<Ran, ProgramError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let time = Duration::from_secs(database.time_limit.0);
    let bounds = Bounds { time, cancel: Some(cancel) };
    match run(command, Listen::Errors, &bounds) {
        Ok(ran) => judge(ran, database, program),
        Err(source) => Err(ProgramError::Start { program, source }),
    }
}

/// Makes an error of anything but success.
fn judge(ran: Ran, database: &Database, program: String) -> Result<Ran, ProgramError> {
    match ran.ending {
        Ending::Exited(status) if status.success() => Ok(ran),
        Ending::Exited(status) => Err(ProgramError::Status { program, status, said: ran.said }),
        Ending::TooLong => Err(ProgramError::TooLong { program, limit: database.time_limit.0 }),
        Ending::Halted => Err(ProgramError::TooLarge { program, limit: database.max_size.0 }),
        Ending::Cancelled => Err(ProgramError::Stopped { program }),
    }
}

/// A file from its beginning, as what a program reads.
fn as_input(file: &File) -> Result<Stdio, ProgramError> {
    let mut file = file.try_clone().map_err(ProgramError::Spool)?;
    file.rewind().map_err(ProgramError::Spool)?;
    Ok(file.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_said_is_shown_on_one_line_and_in_part() {
        assert_eq!(words("a\nb\u{1b}[31m\n"), ": a; b\\x1b[31m");
        assert_eq!(words(" \n"), "");
        assert!(words(&"ä".repeat(5000)).len() <= SHOWN_BYTES_MAX + 2);
    }
}
