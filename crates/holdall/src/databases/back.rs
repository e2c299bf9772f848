//! Bringing a database back: what was captured is read to its end and judged, and only then fed to the server.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};

use holdall_tree::{CancelToken, Context, Entry, Kind, RelPath, Tree};
use serde::{Deserialize, Serialize};

use super::password::{Handed, Password};
use super::{DatabaseError, ProgramError, as_input, finish, server};
use crate::config::{Database, DatabaseFormat, DatabaseKind};
use crate::error::{Error, Result};
use crate::read;

/// Whether a database may be brought back into one that holds something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Room {
    /// Only into an empty one.
    Empty,
    /// Into any.
    Any,
}

/// Finds what was captured of a database in a source: beneath its project, if the source was captured from `origin`, or
/// at its root.
///
/// # Errors
/// [`Error::NoEntry`] if there is none.
pub fn look(
    ctx: &Context<'_>,
    source: &dyn Tree,
    origin: Option<&std::path::Path>,
    database: &Database,
) -> Result<Entry> {
    let place = database.place();
    let real = |path: &std::path::Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let project = origin.and_then(|origin| {
        let below = real(&database.project).strip_prefix(real(origin)).ok()?.to_owned();
        RelPath::parse(below.as_os_str().as_encoded_bytes()).ok()
    });
    let absolute = database.project.strip_prefix("/").ok();
    let absolute =
        absolute.and_then(|path| RelPath::parse(path.as_os_str().as_encoded_bytes()).ok());
    let places = [project, Some(RelPath::root()), absolute].into_iter().flatten();
    for path in places.map(|above| above.join_path(&place)) {
        match read::entry(ctx, source, &path) {
            Ok(entry) if matches!(entry.kind, Kind::File { .. }) => return Ok(entry),
            Ok(_) | Err(Error::NoEntry { .. }) => {}
            Err(other) => return Err(other),
        }
    }
    Err(Error::NoEntry { path: place })
}

/// A database that is to be brought back, and how its server is reached. It can be told to another process, since the one
/// that reads what was captured may be confined and unable to run anything.
///
/// [`Feed::read`] comes first: what is not as it was captured is not fed at all.
#[derive(Debug, Serialize, Deserialize)]
pub struct Feed {
    database: Database,
    target: String,
    room: Room,
    secret: Handed,
}

/// Where in a file the statements lie that are fed, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statements {
    from: u64,
    to: u64,
}

/// Why a database was not brought back, as one process tells another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Told {
    /// The target holds something.
    NotEmpty,
    /// This program was stopped with the run.
    Stopped(String),
    /// All else, in words.
    Failed(String),
}

impl From<DatabaseError> for Told {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::NotEmpty { .. } => Self::NotEmpty,
            DatabaseError::Back { source: ProgramError::Stopped { program }, .. } => {
                Self::Stopped(program)
            }
            DatabaseError::Back { source, .. } => Self::Failed(chain(&source)),
            other => Self::Failed(chain(&other)),
        }
    }
}

/// An error with all that caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

impl Feed {
    /// Gets what is needed to reach the server, but does not ask it yet.
    ///
    /// # Errors
    /// If the password cannot be had.
    pub fn new(database: &Database, target: &str, room: Room) -> Result<Self> {
        let back = |source| DatabaseError::Back { name: database.name.clone(), source };
        let secret =
            Password::of(database).and_then(|password| password.hand_over()).map_err(back)?;
        Ok(Self { database: database.clone(), target: target.to_owned(), room, secret })
    }

    /// A file without a name for what is read.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn spool(&self) -> Result<File> {
        Ok(tempfile::tempfile().map_err(|error| self.back(ProgramError::Spool(error)))?)
    }

    /// Writes all that `entry` of `source` holds to an empty file, and says which of it is to be fed.
    ///
    /// # Errors
    /// If it cannot be read, or is not as it was captured.
    pub fn read(
        &self,
        ctx: &Context<'_>,
        source: &dyn Tree,
        entry: &Entry,
        spool: &mut File,
    ) -> Result<Statements> {
        whole(ctx, source, entry, spool)?;
        let judged = if self.is_restricted() {
            statements(spool)
        } else {
            Ok(Statements { from: 0, to: entry.size() })
        };
        Ok(judged.map_err(ProgramError::Spool).map_err(|source| self.back(source))?)
    }

    /// Feeds what was read to the server. PostgreSQL takes all of it or nothing; MariaDB and MySQL keep what came before a
    /// statement that failed.
    ///
    /// # Errors
    /// If the target holds something and may not, or the server refuses it.
    pub fn run(
        &self,
        spool: File,
        statements: Statements,
        cancel: &CancelToken,
    ) -> Result<(), DatabaseError> {
        let (back, database) = (|source| self.back(source), &self.database);
        if self.room == Room::Empty && !self.is_empty(cancel).map_err(back)? {
            return Err(DatabaseError::NotEmpty { target: self.target.clone() });
        }
        let fed = if self.is_restricted() {
            under_key(spool, statements).map_err(ProgramError::Spool).map_err(back)?
        } else {
            spool
        };
        let mut command = server::feed(database, &self.secret, &self.target);
        command.stdin(as_input(&fed).map_err(back)?).stdout(std::process::Stdio::null());
        finish(cancel, command, database).map_err(back)?;
        Ok(())
    }

    /// What another process that fed it has told.
    #[must_use]
    pub fn told(&self, told: Told) -> DatabaseError {
        match told {
            Told::NotEmpty => DatabaseError::NotEmpty { target: self.target.clone() },
            Told::Stopped(program) => self.back(ProgramError::Stopped { program }),
            Told::Failed(why) => self.back(ProgramError::Told(why)),
        }
    }

    fn back(&self, source: ProgramError) -> DatabaseError {
        DatabaseError::Back { name: self.database.name.clone(), source }
    }

    /// Whether it is `psql` that reads it, which obeys commands among the statements.
    fn is_restricted(&self) -> bool {
        let Database { kind, format, .. } = &self.database;
        (kind, format) == (&DatabaseKind::Postgresql, &DatabaseFormat::Sql)
    }

    fn is_empty(&self, cancel: &CancelToken) -> Result<bool, ProgramError> {
        let mut answer = tempfile::tempfile().map_err(ProgramError::Spool)?;
        let mut command = server::count(&self.database, &self.secret, &self.target);
        let program = command.get_program().to_string_lossy().into_owned();
        command
            .stdin(std::process::Stdio::null())
            .stdout(answer.try_clone().map_err(ProgramError::Spool)?);
        finish(cancel, command, &self.database)?;
        answer.rewind().map_err(ProgramError::Spool)?;
        let mut text = String::new();
        answer.take(1 << 10).read_to_string(&mut text).map_err(ProgramError::Spool)?;
        match text.trim().parse::<u64>() {
            Ok(number) => Ok(number == 0),
            Err(_) => Err(ProgramError::Answer { program }),
        }
    }
}

/// Writes the whole content to a file; a source says at the end of one whether it was as it should be.
fn whole(ctx: &Context<'_>, source: &dyn Tree, entry: &Entry, file: &mut File) -> Result<()> {
    let unread = |source| Error::Read { path: entry.path.clone(), source };
    let mut content = source.open(entry)?.into_read();
    let mut buffer = vec![0; 1 << 16];
    loop {
        ctx.check()?;
        match content.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unread(error)),
            Ok(0) => break,
            Ok(n) => file.write_all(buffer.get(..n).unwrap_or_default()).map_err(unread)?,
        }
    }
    let found = file.stream_position().map_err(unread)?;
    if found != entry.size() {
        return Err(Error::Changed { path: entry.path.clone() });
    }
    Ok(())
}

/// The longest line in which the beginning or the end of a restriction is looked for, in bytes.
const LINE_BYTES_MAX: u64 = 4096;

/// The statements of a text of `pg_dump`, without the lines with its key.
fn statements(held: &mut File) -> io::Result<Statements> {
    let (from, key) = header(held)?;
    let to = match &key {
        Some(key) => trailer(held, key)?,
        None => held.metadata()?.len(),
    };
    Ok(Statements { from, to })
}

/// The same statements, of which `psql` obeys no command that begins with a backslash: those run programs and write
/// files. `pg_dump` says so itself with a key that stands in the text, so that who made the text knows it; ours does
/// not. It is made when nobody can change the text any more.
fn under_key(mut held: File, Statements { from, to }: Statements) -> io::Result<File> {
    let own = own_key()?;
    let mut fed = tempfile::tempfile()?;
    writeln!(fed, "\\restrict {own}")?;
    held.seek(SeekFrom::Start(from))?;
    io::copy(&mut held.take(to.saturating_sub(from)), &mut fed)?;
    writeln!(fed, "\n\\unrestrict {own}")?;
    Ok(fed)
}

/// Where the statements begin: behind the line with the key, if only comments come before it.
fn header(held: &mut File) -> io::Result<(u64, Option<String>)> {
    held.rewind()?;
    let (mut reader, mut at) = (BufReader::new(held), 0);
    loop {
        let mut line = Vec::new();
        let n = (&mut reader).take(LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
        at += n as u64;
        let key = line.strip_prefix(b"\\restrict ").map(<[u8]>::trim_ascii);
        if let Some(key) = key.and_then(|key| std::str::from_utf8(key).ok()) {
            return Ok((at, Some(key.to_owned())));
        }
        if n == 0 || !(line.starts_with(b"--") || line.trim_ascii().is_empty()) {
            return Ok((0, None));
        }
    }
}

/// Where the statements end: before the last line, if that takes back what the key began.
fn trailer(held: &mut File, key: &str) -> io::Result<u64> {
    let length = held.metadata()?.len();
    let from = length.saturating_sub(LINE_BYTES_MAX);
    held.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    held.take(LINE_BYTES_MAX).read_to_end(&mut tail)?;
    let last = format!("\\unrestrict {key}");
    let text = tail.trim_ascii_end();
    let rest = text.strip_suffix(last.as_bytes()).filter(|rest| rest.ends_with(b"\n"));
    Ok(rest.map_or(length, |rest| from + rest.len() as u64))
}

/// A key that nobody knows who could have made the text.
fn own_key() -> io::Result<String> {
    let secret =
        holdall_repo::Secret::random().map_err(|error| io::Error::other(error.to_string()))?;
    Ok(String::from_utf8_lossy(secret.expose()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fed(text: &str) -> String {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let found = statements(&mut file).unwrap();
        let mut fed = under_key(file, found).unwrap();
        fed.rewind().unwrap();
        let mut out = String::new();
        fed.read_to_string(&mut out).unwrap();
        let (first, rest) = out.split_once('\n').unwrap();
        let key = first.strip_prefix("\\restrict ").unwrap();
        assert!(key.len() >= 32 && key.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{key}");
        rest.strip_suffix(&format!("\n\\unrestrict {key}\n")).unwrap().to_owned()
    }

    #[test]
    fn statements_are_fed_under_a_key_of_our_own() {
        let text =
            "--\n-- PostgreSQL\n--\n\n\\restrict abc\n\nSELECT 1;\n-- end\n\n\\unrestrict abc\n\n";
        assert_eq!(fed(text), "\nSELECT 1;\n-- end\n\n");
        assert_eq!(fed("SELECT 1;\n"), "SELECT 1;\n");
        assert_eq!(fed(""), "");
    }

    #[test]
    fn a_text_cannot_give_itself_leave_to_run_programs() {
        for text in [
            "SELECT 1;\n\\restrict abc\n\\! touch x\n\\unrestrict abc\n",
            "\\! touch x\n",
            "\\unrestrict abc\n\\! touch x\n",
        ] {
            assert_eq!(fed(text), text, "psql sees all of it under the key");
        }
        let twice =
            "\\restrict abc\n\\unrestrict abc\n\\! touch x\n\\restrict abc\n\\unrestrict abc\n";
        assert_eq!(fed(twice), "\\unrestrict abc\n\\! touch x\n\\restrict abc\n");
    }
}
