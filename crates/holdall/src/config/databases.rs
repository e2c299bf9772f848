//! Databases that are captured with a directory.

use std::path::PathBuf;

use holdall_tree::RelPath;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::setting::{Base, Fault, Raw, Setting, quoted, table, wrong};
use super::units::ByteSize;
use super::values::Wait;
use super::words::{CaptureInto, DatabaseFormat, DatabaseKind};

/// The most databases that there may be.
pub const DATABASES_MAX: usize = 100;
/// The longest name of one, in bytes.
const NAME_BYTES_MAX: usize = 64;
/// How long it may take to write or bring back one unless it says otherwise.
const TIME_LIMIT: Wait = Wait(6 * 3600);
/// How large what is written of one may be unless it says otherwise.
const SIZE_MAX: ByteSize = ByteSize(1 << 40);

/// A database, and which captures hold it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Database {
    /// What it is called here: letters, digits, `.`, `_` and `-`. It stands for the one of that name of a lower layer.
    pub name: String,
    /// Which server it is in.
    pub kind: DatabaseKind,
    /// The directory whose captures hold it.
    pub project: PathBuf,
    /// What it is called in the server; the same if not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// Where in the directory it is captured; `.holdall/databases/NAME.sql`, or `.dump`, if not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The machine of the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The port of the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The socket of the server: its directory for PostgreSQL, itself for the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub socket: Option<PathBuf>,
    /// Who asks the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The file whose first line is the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// The shell command whose first line is the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_command: Option<String>,
    /// The environment variable that holds the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_variable: Option<String>,
    /// How it is written.
    #[serde(default = "format")]
    pub format: DatabaseFormat,
    /// More arguments for the program that writes it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<String>,
    /// That program; `pg_dump`, `mariadb-dump` or `mysqldump` if not set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dump_program: Option<PathBuf>,
    /// The program that brings it back; `psql`, `mariadb` or `mysql` if not set, and `pg_restore` for its archives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_program: Option<PathBuf>,
    /// What it is captured into; everything if not set.
    #[serde(default = "everything")]
    pub into: Vec<CaptureInto>,
    /// How long it may take.
    #[serde(default = "time_limit")]
    pub time_limit: Wait,
    /// How large what is written of it may be.
    #[serde(default = "max_size")]
    pub max_size: ByteSize,
}

fn format() -> DatabaseFormat {
    DatabaseFormat::Sql
}

fn everything() -> Vec<CaptureInto> {
    vec![CaptureInto::Snapshot, CaptureInto::Archive, CaptureInto::Clone, CaptureInto::Dump]
}

fn time_limit() -> Wait {
    TIME_LIMIT
}

fn max_size() -> ByteSize {
    SIZE_MAX
}

/// What a table of a database may say.
const FIELDS: [&str; 19] = [
    "name",
    "kind",
    "project",
    "database",
    "path",
    "host",
    "port",
    "socket",
    "user",
    "password-file",
    "password-command",
    "password-variable",
    "format",
    "arguments",
    "dump-program",
    "client-program",
    "into",
    "time-limit",
    "max-size",
];

impl Database {
    /// What it is called in the server.
    #[must_use]
    pub fn database(&self) -> &str {
        self.database.as_deref().unwrap_or(&self.name)
    }

    /// Where beneath its project it is captured.
    #[must_use]
    pub fn place(&self) -> RelPath {
        let ending = match self.format {
            DatabaseFormat::Sql => "sql",
            DatabaseFormat::Custom => "dump",
        };
        let usual = || format!(".holdall/databases/{}.{ending}", self.name);
        let path = self.path.clone().unwrap_or_else(usual);
        // Both were checked when they were read.
        RelPath::parse(path).unwrap_or_default()
    }

    /// True if programs take this for the name of a database, and for nothing else: `pg_dump` sees more in one with `=`
    /// or `://`.
    #[must_use]
    pub fn is_name(name: &str) -> bool {
        !name.is_empty()
            && !name.starts_with('-')
            && !name.contains(['=', '\n', '\0'])
            && !name.contains("://")
    }

    fn take(&mut self, name: &str, raw: &Raw<'_>) -> Result<(), Fault> {
        match name {
            "name" => self.name = String::read(raw)?,
            "kind" => self.kind = DatabaseKind::read(raw)?,
            "project" => self.project = PathBuf::read(raw)?,
            "database" => self.database = Some(database_name(String::read(raw)?)?),
            "path" => self.path = Some(String::read(raw)?),
            "host" => self.host = Some(String::read(raw)?),
            "port" => {
                let port = u64::read(raw).ok().and_then(|port| u16::try_from(port).ok());
                let port = port.filter(|port| *port > 0);
                let wrong = || format!("expected a port from 1 to 65535, found {raw}");
                self.port = Some(port.ok_or_else(wrong)?);
            }
            "socket" => self.socket = Some(PathBuf::read(raw)?),
            "user" => self.user = Some(String::read(raw)?),
            "password-file" => self.password_file = Some(PathBuf::read(raw)?),
            "password-command" => self.password_command = Some(String::read(raw)?),
            "password-variable" => self.password_variable = Some(variable(String::read(raw)?)?),
            "format" => self.format = DatabaseFormat::read(raw)?,
            "arguments" => self.arguments = Vec::read(raw)?,
            "dump-program" => self.dump_program = Some(PathBuf::read(raw)?),
            "client-program" => self.client_program = Some(PathBuf::read(raw)?),
            "into" => self.into = Vec::read(raw)?,
            "time-limit" => self.time_limit = Wait::read(raw)?,
            _ => self.max_size = ByteSize::read(raw)?,
        }
        Ok(())
    }

    /// What is wrong with it as a whole.
    fn fault(&self) -> Option<&'static str> {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let passwords = [
            self.password_file.is_some(),
            self.password_command.is_some(),
            self.password_variable.is_some(),
        ];
        let path = self.path.as_deref().unwrap_or("x");
        if self.name.is_empty()
            || self.name.len() > NAME_BYTES_MAX
            || !self.name.chars().all(fits)
            || self.name.starts_with(['.', '-'])
        {
            return Some(
                "name: expected 1 to 64 letters, digits, dots, - and _, and first a letter, digit or _",
            );
        }
        if self.project.as_os_str().is_empty() {
            return Some("project: say which directory it is captured with");
        }
        if RelPath::parse(path).map_or(true, |path| path.is_root()) {
            return Some("path: expected a path beneath the project, without . and ..");
        }
        if self.host.is_some() && self.socket.is_some() {
            return Some("a server is reached by host or by socket, not by both");
        }
        if passwords.iter().filter(|given| **given).count() > 1 {
            return Some(
                "only one of password-file, password-command and password-variable can be obeyed",
            );
        }
        if self.format == DatabaseFormat::Custom && self.kind != DatabaseKind::Postgresql {
            return Some("format: only pg_dump knows custom");
        }
        (self.time_limit.0 == 0).then_some("time-limit: it needs some time")
    }
}

fn database_name(name: String) -> Result<String, Fault> {
    if Database::is_name(&name) {
        return Ok(name);
    }
    Err("expected the name of a database, and nothing else".to_owned().into())
}

fn variable(name: String) -> Result<String, Fault> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.chars().all(fits) {
        return Ok(name);
    }
    Err("expected the name of an environment variable".to_owned().into())
}

impl Setting for Database {
    const EXPECTS: &'static str = "a table with name, kind and project";

    fn read(raw: &Raw<'_>) -> Result<Self, Fault> {
        if let Raw::Table(fields) = raw
            && let Some(field) = fields.iter().find(|field| field.name == "password")
        {
            let why = "a password may not stand in a configuration file; use password-file, \
                       password-command or password-variable";
            return Err(Fault::from(why.to_owned()).or_at(field.name_at));
        }
        let mut kind = None;
        let mut database = Self {
            name: String::new(),
            kind: DatabaseKind::Postgresql,
            project: PathBuf::new(),
            database: None,
            path: None,
            host: None,
            port: None,
            socket: None,
            user: None,
            password_file: None,
            password_command: None,
            password_variable: None,
            format: DatabaseFormat::Sql,
            arguments: Vec::new(),
            dump_program: None,
            client_program: None,
            into: everything(),
            time_limit: TIME_LIMIT,
            max_size: SIZE_MAX,
        };
        table::<Self>(raw, "a database", &FIELDS, |name, raw| {
            if name == "kind" {
                kind = Some(DatabaseKind::read(raw)?);
            }
            database.take(name, raw)
        })?;
        if kind.is_none() {
            return Err(wrong::<Self>(raw));
        }
        match database.fault() {
            Some(why) => Err(why.to_owned().into()),
            None => Ok(database),
        }
    }

    fn show(&self) -> String {
        let text = |name: &str, value: Option<&String>| {
            value.map(|value| format!("{name} = {}", quoted(value)))
        };
        let path = |name: &str, value: Option<&PathBuf>| {
            value.map(|value| format!("{name} = {}", value.show()))
        };
        let fields = [
            text("name", Some(&self.name)),
            Some(format!("kind = {}", self.kind.show())),
            path("project", Some(&self.project)),
            text("database", self.database.as_ref()),
            text("path", self.path.as_ref()),
            text("host", self.host.as_ref()),
            self.port.map(|port| format!("port = {port}")),
            path("socket", self.socket.as_ref()),
            text("user", self.user.as_ref()),
            path("password-file", self.password_file.as_ref()),
            text("password-command", self.password_command.as_ref()),
            text("password-variable", self.password_variable.as_ref()),
            Some(format!("format = {}", self.format.show())),
            (!self.arguments.is_empty()).then(|| format!("arguments = {}", self.arguments.show())),
            path("dump-program", self.dump_program.as_ref()),
            path("client-program", self.client_program.as_ref()),
            Some(format!("into = {}", self.into.show())),
            Some(format!("time-limit = {}", self.time_limit.show())),
            Some(format!("max-size = {}", self.max_size.show())),
        ];
        let fields: Vec<String> = fields.into_iter().flatten().collect();
        format!("{{ {} }}", fields.join(", "))
    }

    fn rebase(&mut self, base: Base<'_>) {
        self.project.rebase(base);
        [&mut self.socket, &mut self.password_file]
            .into_iter()
            .flatten()
            .for_each(|path| path.rebase(base));
        // A name without a slash is looked for where programs are.
        let programs = [&mut self.dump_program, &mut self.client_program].into_iter().flatten();
        programs
            .filter(|program| program.components().count() > 1)
            .for_each(|program| program.rebase(base));
    }
}

/// Databases. Those of all layers hold; of two with one name that of the higher layer does.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Databases(pub Vec<Database>);

impl Setting for Databases {
    const EXPECTS: &'static str = "a list of tables, each with name, kind and project";

    fn read(raw: &Raw<'_>) -> Result<Self, Fault> {
        let Raw::List(list) = raw else { return Err(wrong::<Self>(raw)) };
        if list.len() > DATABASES_MAX {
            let found = list.len();
            return Err(format!("there are {found} databases, the limit is {DATABASES_MAX}").into());
        }
        let databases = Vec::<Database>::read(raw)?;
        for (at, (database, placed)) in databases.iter().zip(list).enumerate() {
            if databases.iter().take(at).any(|other| other.name == database.name) {
                let reason = format!("there are two databases named {}", database.name);
                return Err(Fault::from(reason).or_at(placed.at));
            }
        }
        Ok(Self(databases))
    }

    fn show(&self) -> String {
        self.0.show()
    }

    fn rebase(&mut self, base: Base<'_>) {
        self.0.rebase(base);
    }

    fn over(&self, below: Option<Self>) -> Self {
        let mut databases = below.unwrap_or_default().0;
        databases.retain(|low| !self.0.iter().any(|high| high.name == low.name));
        databases.extend(self.0.iter().cloned());
        Self(databases)
    }
}
