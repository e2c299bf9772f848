//! Handing a password to a program: in a file that only the user can read, never in an argument.

use std::ffi::OsString;
use std::io::Write;

use holdall_repo::Secret;
use serde::{Deserialize, Serialize};
use tempfile::TempPath;

use super::ProgramError;
use crate::access::{password_command, password_file};
use crate::config::{Database, DatabaseKind};

/// The password of a database, if it has one.
pub(super) struct Password {
    kind: DatabaseKind,
    secret: Option<Secret>,
}

impl Password {
    /// Gets it from where it is.
    pub(super) fn of(database: &Database) -> Result<Self, ProgramError> {
        Ok(Self { kind: database.kind, secret: secret(database)? })
    }

    /// Writes it down for a program of that kind of server.
    pub(super) fn hand_over(&self) -> Result<Handed, ProgramError> {
        let Some(secret) = &self.secret else { return Ok(Handed(None)) };
        let text = match self.kind {
            DatabaseKind::Postgresql => pgpass(secret.expose()),
            DatabaseKind::Mariadb | DatabaseKind::Mysql => options(secret.expose())?,
        };
        // Such a file is made with mode 0600.
        let mut file =
            tempfile::Builder::new().prefix("holdall-").tempfile().map_err(ProgramError::Spool)?;
        file.write_all(&text).map_err(ProgramError::Spool)?;
        Ok(Handed(Some(file.into_temp_path())))
    }
}

/// A password on its way to a program; the file goes when this is dropped. Told to another process, it goes when that drops
/// it too.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Option<OsString>")]
pub(super) struct Handed(Option<TempPath>);

impl Serialize for Handed {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // As a string of the system: a temporary directory may have any name.
        self.path().map(std::path::Path::as_os_str).serialize(serializer)
    }
}

impl TryFrom<Option<OsString>> for Handed {
    type Error = std::io::Error;

    fn try_from(path: Option<OsString>) -> Result<Self, Self::Error> {
        path.map(TempPath::try_from_path).transpose().map(Self)
    }
}

impl Handed {
    pub(super) fn path(&self) -> Option<&std::path::Path> {
        self.0.as_deref()
    }
}

fn secret(database: &Database) -> Result<Option<Secret>, ProgramError> {
    let told = |error: crate::Error| ProgramError::Password(error.to_string());
    let secret = match database {
        Database { password_file: Some(path), .. } => password_file(path).map_err(told)?,
        Database { password_command: Some(command), .. } => {
            password_command(command).map_err(told)?
        }
        Database { password_variable: Some(name), .. } => {
            let value = std::env::var_os(name).filter(|value| !value.is_empty());
            let missing = || ProgramError::Password(format!("the variable {name} is not set"));
            value.map(|value| Secret::new(value.into_encoded_bytes())).ok_or_else(missing)?
        }
        _ => return Ok(None),
    };
    Ok(Some(secret))
}

/// The password file of libpq: five fields, in which `:` and `\` are written `\:` and `\\`.
fn pgpass(password: &[u8]) -> Vec<u8> {
    let mut text = b"*:*:*:*:".to_vec();
    for byte in password {
        if matches!(byte, b':' | b'\\') {
            text.push(b'\\');
        }
        text.push(*byte);
    }
    text.push(b'\n');
    text
}

/// An option file of MariaDB and MySQL. Between quotes, the backslash and the quote itself are special.
fn options(password: &[u8]) -> Result<Vec<u8>, ProgramError> {
    let mut text = b"[client]\npassword=\"".to_vec();
    for byte in password {
        match byte {
            b'\\' | b'"' => text.extend_from_slice(&[b'\\', *byte]),
            b'\n' | b'\r' | 0 => {
                return Err(ProgramError::Password("it is more than one line".into()));
            }
            byte => text.push(*byte),
        }
    }
    text.extend_from_slice(b"\"\n");
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_written_so_that_each_program_reads_it_back() {
        assert_eq!(pgpass(b"a:b\\c"), b"*:*:*:*:a\\:b\\\\c\n");
        assert_eq!(options(b"a\"b\\c").unwrap(), b"[client]\npassword=\"a\\\"b\\\\c\"\n");
        assert!(options(b"a\nuser=root").is_err(), "nothing else may be set by it");
    }
}
