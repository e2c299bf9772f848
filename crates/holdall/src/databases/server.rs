//! How the programs of each server are called.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use super::password::Handed;
use crate::config::{Database, DatabaseFormat, DatabaseKind};
use crate::program::without_secrets;

/// The program that writes a database.
pub(super) fn dump_program(database: &Database) -> String {
    let usual = match database.kind {
        DatabaseKind::Postgresql => "pg_dump",
        DatabaseKind::Mariadb => "mariadb-dump",
        DatabaseKind::Mysql => "mysqldump",
    };
    program(database.dump_program.as_deref(), usual)
}

fn client_program(database: &Database) -> String {
    let usual = match (database.kind, database.format) {
        (DatabaseKind::Postgresql, DatabaseFormat::Sql) => "psql",
        (DatabaseKind::Postgresql, DatabaseFormat::Custom) => "pg_restore",
        (DatabaseKind::Mariadb, _) => "mariadb",
        (DatabaseKind::Mysql, _) => "mysql",
    };
    program(database.client_program.as_deref(), usual)
}

fn program(named: Option<&Path>, usual: &str) -> String {
    named.map_or_else(|| usual.to_owned(), |path| path.to_string_lossy().into_owned())
}

/// Writes the whole database, as it was at one moment, to standard output.
pub(super) fn dump(database: &Database, password: &Handed) -> Command {
    let mut command = base(&dump_program(database), database, password);
    match database.kind {
        DatabaseKind::Postgresql => {
            let format = match database.format {
                DatabaseFormat::Sql => "plain",
                DatabaseFormat::Custom => "custom",
            };
            command.arg(format!("--format={format}")).args(&database.arguments);
            command.arg(format!("--dbname={}", database.database()));
        }
        DatabaseKind::Mariadb | DatabaseKind::Mysql => {
            // One transaction for all of it, row by row, with bytes as they are, and no time in it that would make two
            // of the same database differ.
            command.args([
                "--single-transaction",
                "--quick",
                "--skip-lock-tables",
                "--routines",
                "--events",
                "--triggers",
                "--hex-blob",
                "--no-tablespaces",
                "--skip-dump-date",
                "--default-character-set=utf8mb4",
            ]);
            command.args(&database.arguments).arg(database.database());
        }
    }
    command
}

/// Reads statements, or an archive of `pg_dump`, from standard input into `target`, and stops at the first that fails.
pub(super) fn feed(database: &Database, password: &Handed, target: &str) -> Command {
    let mut command = base(&client_program(database), database, password);
    match (database.kind, database.format) {
        (DatabaseKind::Postgresql, DatabaseFormat::Sql) => {
            command.args([
                "--no-psqlrc",
                "--quiet",
                "--set=ON_ERROR_STOP=1",
                "--single-transaction",
                "--file=-",
            ]);
            command.arg(format!("--dbname={target}"));
        }
        (DatabaseKind::Postgresql, DatabaseFormat::Custom) => {
            command.args(["--exit-on-error", "--single-transaction"]);
            command.arg(format!("--dbname={target}"));
        }
        (kind, _) => {
            // In binary mode a client obeys no command but those of SQL, so nothing that is fed can run a program.
            command.args(["--batch", "--binary-mode", "--default-character-set=utf8mb4"]);
            if kind == DatabaseKind::Mariadb {
                command.arg("--sandbox");
            }
            command.arg(format!("--database={target}"));
        }
    }
    command
}

/// Asks how many things there are in `target`, and prints the number.
pub(super) fn count(database: &Database, password: &Handed, target: &str) -> Command {
    const POSTGRESQL: &str = "SELECT \
        (SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema') + \
        (SELECT count(*) FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace \
         WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema') + \
        (SELECT count(*) FROM pg_catalog.pg_namespace n \
         WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'public'))";
    const MYSQL: &str = "SELECT \
        (SELECT count(*) FROM information_schema.tables WHERE table_schema = database()) + \
        (SELECT count(*) FROM information_schema.routines WHERE routine_schema = database()) + \
        (SELECT count(*) FROM information_schema.events WHERE event_schema = database())";
    match database.kind {
        DatabaseKind::Postgresql => {
            let sql = Database { format: DatabaseFormat::Sql, ..database.clone() };
            // What is named is the reader of archives then.
            let named = database.format == DatabaseFormat::Sql;
            let sql = if named { sql } else { Database { client_program: None, ..sql } };
            let mut command = base(&client_program(&sql), database, password);
            command.args(["--no-psqlrc", "--tuples-only", "--no-align"]);
            command.arg(format!("--command={POSTGRESQL}")).arg(format!("--dbname={target}"));
            command
        }
        DatabaseKind::Mariadb | DatabaseKind::Mysql => {
            let mut command = base(&client_program(database), database, password);
            command.args(["--batch", "--skip-column-names"]);
            command.arg(format!("--execute={MYSQL}")).arg(format!("--database={target}"));
            command
        }
    }
}

/// The program, and how it reaches its server.
fn base(program: &str, database: &Database, password: &Handed) -> Command {
    let mut command = Command::new(program);
    without_secrets(&mut command, database.password_variable.as_deref().into_iter());
    let valued = |name: &str, value: &std::ffi::OsStr| {
        let mut word = OsString::from(format!("--{name}="));
        word.push(value);
        word
    };
    match database.kind {
        DatabaseKind::Postgresql => {
            if let Some(file) = password.path() {
                command.env_remove("PGPASSWORD").env("PGPASSFILE", file);
            }
            // Whoever would have to ask for a password fails instead.
            command.arg("--no-password");
            let host = database.socket.as_ref().map(|dir| dir.as_os_str());
            if let Some(host) = host.or(database.host.as_ref().map(AsRef::as_ref)) {
                command.arg(valued("host", host));
            }
        }
        DatabaseKind::Mariadb | DatabaseKind::Mysql => {
            if let Some(file) = password.path() {
                // It must be the first.
                command
                    .env_remove("MYSQL_PWD")
                    .arg(valued("defaults-extra-file", file.as_os_str()));
            }
            if let Some(socket) = &database.socket {
                command.arg(valued("socket", socket.as_os_str()));
            }
            if let Some(host) = &database.host {
                // Else a server at `localhost` would be looked for at the usual socket, whatever the port.
                command.arg("--protocol=tcp").arg(valued("host", host.as_ref()));
            }
        }
    }
    if let Some(port) = database.port {
        command.arg(format!("--port={port}"));
    }
    if let Some(user) = &database.user {
        let name = match database.kind {
            DatabaseKind::Postgresql => "username",
            DatabaseKind::Mariadb | DatabaseKind::Mysql => "user",
        };
        command.arg(valued(name, user.as_ref()));
    }
    command
}
