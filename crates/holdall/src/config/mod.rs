//! The configuration: layers of values, and where each value came from.
//!
//! `defaults < user's file < project's file < profile < environment < flags`. A list in a higher layer replaces the
//! list of a lower one. Nothing is looked up here: paths, variables and flags are handed in.
//!
//! A project's file comes from strangers, so it may not set what runs commands, nor where tokens are sent.

mod databases;
mod environment;
mod error;
mod file;
mod hooks;
mod keys;
mod looks;
mod origin;
mod schema;
mod setting;
mod suggest;
mod topic;
pub mod units;
mod values;
mod words;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use holdall_tree::path::printable;

pub use databases::{DATABASES_MAX, Database, Databases};
pub use error::ConfigError;
pub use hooks::{HOOKS_MAX, Hook, HookEvent, Hooks};
pub use keys::{
    Config, Dump, Forget, KEYS, Key, Limits, Notify, Output, PartialConfig, PartialDump,
    PartialForget, PartialLimits, PartialNotify, PartialOutput, PartialPrune, PartialRepository,
    PartialRestore, PartialSealed, PartialSecrets, PartialSelect, PartialSnapshot, PartialTodos,
    PartialTrust, Prune, Repository, Restore, Sealed, Secrets, Select, Snapshot, Todos, Trust,
};
pub use looks::{AllowRegex, OutputName, OutputParts, SecretRule, SecretRules, Tag};
pub use origin::{Origin, Place};
pub use schema::schema;
pub use topic::TopicUrl;
pub use values::{Keep, MaxUnused, PackSize, RepositoryUrl, Threads, TokenCount, Wait};
pub use words::{
    CaptureInto, Color, Compression, DatabaseFormat, DatabaseKind, DumpFormat, EntryKind, GroupBy,
    Hidden, HookFailure, IgnoreFiles, LogFormat, NotifyOn, Operation, Overwrite, Priority,
    Progress, Require, Sandbox, SecretSeverity, SecretsPolicy, Stage, TocStyle, Tokens, Verbosity,
};

use environment::Environment;
use file::{File, Layer, Scope, load, meant, parse};
use setting::Base;
use suggest::nearest;

/// The name of a project's file.
pub const PROJECT_FILE: &str = "holdall.toml";

/// What the configuration is made from. Everything comes from the caller.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// The user's file.
    pub user_file: UserFile,
    /// The project's file, which must exist. See [`find_project_file`].
    pub project_file: Option<PathBuf>,
    /// The file of a part of the project, which beats the project's and must exist.
    pub part_file: Option<PathBuf>,
    /// The profile that a flag names; else `HOLDALL_PROFILE` does.
    pub profile: Option<String>,
    /// The environment variables; those that are not ours are ignored.
    pub environment: Vec<(String, String)>,
    /// What flags set. Paths among it are left as they are, relative to the working directory.
    pub flags: PartialConfig,
    /// What `~/` stands for.
    pub home: Option<PathBuf>,
}

/// Which file is the user's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum UserFile {
    /// None.
    #[default]
    None,
    /// This one, if there is one.
    IfPresent(PathBuf),
    /// This one, which somebody named.
    Required(PathBuf),
}

/// The configuration, and where each value came from.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// The values.
    pub config: Config,
    /// Where the password of the repository comes from, if anybody says.
    pub password: Option<PasswordSource>,
    /// Where the passphrase of sealed files comes from, if anybody says.
    pub passphrase: Option<PasswordSource>,
    /// The token for notifications, if the environment holds one.
    pub notify_token: Option<Secret>,
    /// The password for notifications, if the environment holds one.
    pub notify_password: Option<Secret>,
    /// The profile in use.
    pub profile: Option<String>,
    /// What is worth telling the user: variables that look like ours and are not.
    pub warnings: Vec<String>,
    values: PartialConfig,
    origins: BTreeMap<&'static str, Origin>,
}

/// Where a password or passphrase comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordSource {
    /// The environment holds it.
    Text(Secret),
    /// The first line of this file.
    File(PathBuf),
    /// What this command prints.
    Command(String),
}

/// A text that must not be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

/// One value as `config show --origin` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownValue {
    /// The full name of the key.
    pub key: &'static str,
    /// The value in TOML; `None` if it is not set and has no default.
    pub value: Option<String>,
    /// Where it came from.
    pub origin: Origin,
}

/// The nearest [`PROJECT_FILE`] in `start` or a directory above it.
#[must_use]
pub fn find_project_file(start: &Path) -> Option<PathBuf> {
    start.ancestors().map(|dir| dir.join(PROJECT_FILE)).find(|file| file.is_file())
}

/// Makes the configuration.
///
/// # Errors
/// The first of the problems that [`check`] would list.
pub fn resolve(inputs: &Inputs) -> Result<Resolved, ConfigError> {
    let (resolved, problems) = build(inputs);
    match problems.into_iter().next() {
        None => Ok(resolved),
        Some(problem) => Err(problem),
    }
}

/// All that is wrong with the configuration; empty if it is sound. Profiles that are not in use are checked too.
#[must_use]
pub fn check(inputs: &Inputs) -> Vec<ConfigError> {
    build(inputs).1
}

impl Resolved {
    /// All keys with their values and origins, in the order of [`KEYS`].
    #[must_use]
    pub fn show(&self) -> Vec<ShownValue> {
        let shown = KEYS.iter().map(|key| ShownValue {
            key: key.name,
            value: self.values.show(key.name),
            origin: self.origin(key.name).clone(),
        });
        shown.collect()
    }

    /// Where the value of the key of this full name came from.
    #[must_use]
    pub fn origin(&self, key: &str) -> &Origin {
        self.origins.get(key).unwrap_or(&Origin::Default)
    }
}

fn build(inputs: &Inputs) -> (Resolved, Vec<ConfigError>) {
    let mut problems = Vec::new();
    let home = inputs.home.as_deref();
    let user = match &inputs.user_file {
        UserFile::None => File::default(),
        UserFile::IfPresent(path) if !path.exists() => File::default(),
        UserFile::IfPresent(path) | UserFile::Required(path) => {
            read(path, Scope::User, home, &mut problems)
        }
    };
    let mut of_project = |path: &Option<PathBuf>| {
        let path = path.as_deref();
        path.map(|path| read(path, Scope::Project, home, &mut problems)).unwrap_or_default()
    };
    let (project, part) = (of_project(&inputs.project_file), of_project(&inputs.part_file));
    let mut environment = environment::read(&inputs.environment, &mut problems);
    environment.values.rebase(Base { dir: None, home });

    let mut stack = Stack::default();
    stack.put(&user.base, Origin::User);
    stack.put(&project.base, Origin::Project);
    stack.put(&part.base, Origin::Project);
    let files = [&user, &project, &part];
    let profile = inputs.profile.clone().or_else(|| environment.profile.clone());
    if let Some(name) = &profile {
        let found: Vec<&Layer> = files.iter().filter_map(|file| file.profiles.get(name)).collect();
        if found.is_empty() {
            problems.push(unknown_profile(name, &files));
        }
        found.iter().for_each(|layer| {
            stack.put(layer, |place| Origin::Profile { name: name.clone(), place })
        });
    }
    stack.put_environment(&environment);
    stack.put_flags(&inputs.flags);

    let repository = &stack.values.repository;
    let of_repository = Named {
        what: "password",
        file: ("repository.password-file", repository.password_file.as_ref()),
        command: ("repository.password-command", repository.password_command.as_ref()),
        text: environment.password,
    };
    let sealed = &stack.values.sealed;
    let of_sealed = Named {
        what: "passphrase",
        file: ("sealed.passphrase-file", sealed.passphrase_file.as_ref()),
        command: ("sealed.passphrase-command", sealed.passphrase_command.as_ref()),
        text: environment.passphrase,
    };
    let password = of_repository.source(&stack, &mut problems);
    let passphrase = of_sealed.source(&stack, &mut problems);
    let Stack { values, origins } = stack;
    let config = values.clone().resolve();
    let warnings = environment.warnings;
    let resolved = Resolved {
        config,
        password,
        passphrase,
        notify_token: environment.notify_token.map(Secret),
        notify_password: environment.notify_password.map(Secret),
        profile,
        warnings,
        values,
        origins,
    };
    (resolved, problems)
}

/// Reads one file; its paths become relative to its directory.
fn read(path: &Path, scope: Scope, home: Option<&Path>, problems: &mut Vec<ConfigError>) -> File {
    let mut file = match load(path) {
        Ok(text) => parse(path, &text, scope, problems),
        Err(problem) => {
            problems.push(problem);
            return File::default();
        }
    };
    let base = Base { dir: path.parent(), home };
    file.base.values.rebase(base);
    file.profiles.values_mut().for_each(|layer| layer.values.rebase(base));
    file
}

/// The layers put over each other so far.
struct Stack {
    values: PartialConfig,
    origins: BTreeMap<&'static str, Origin>,
}

impl Default for Stack {
    fn default() -> Self {
        Self { values: PartialConfig::defaults(), origins: BTreeMap::new() }
    }
}

impl Stack {
    fn put(&mut self, layer: &Layer, origin: impl Fn(Place) -> Origin) {
        let (values, origins) = (&mut self.values, &mut self.origins);
        values.overlay(&layer.values, &mut |key| {
            if let Some(place) = layer.places.get(key) {
                origins.insert(key, origin(place.clone()));
            }
        });
    }

    fn put_environment(&mut self, environment: &Environment) {
        let (values, origins) = (&mut self.values, &mut self.origins);
        values.overlay(&environment.values, &mut |key| {
            let variable = environment.variables.get(key).cloned().unwrap_or_default();
            origins.insert(key, Origin::Environment(variable));
        });
    }

    fn put_flags(&mut self, flags: &PartialConfig) {
        let (values, origins) = (&mut self.values, &mut self.origins);
        values.overlay(flags, &mut |key| drop(origins.insert(key, Origin::Flag)));
    }
}

/// The places that a password or passphrase may be named in.
struct Named<'v> {
    what: &'static str,
    /// The key of its file, and the value.
    file: (&'static str, Option<&'v PathBuf>),
    /// The key of its command, and the value.
    command: (&'static str, Option<&'v String>),
    /// What the environment holds of it.
    text: Option<String>,
}

impl Named<'_> {
    /// The source that the highest layer names. In the environment, a file or command beats the text, as it does in
    /// restic.
    fn source(self, stack: &Stack, problems: &mut Vec<ConfigError>) -> Option<PasswordSource> {
        let Self {
            what,
            file: (file_key, file_value),
            command: (command_key, command_value),
            text,
        } = self;
        let origin = |key| stack.origins.get(key);
        let rank = |key| origin(key).map_or(0, layer_rank);
        let command = rank(command_key);
        let mut file = rank(file_key);
        let text_rank = u8::from(text.is_some()) * layer_rank(&Origin::Environment(String::new()));
        if file != 0 && file == command {
            match (origin(file_key), origin(command_key)) {
                // A profile has a table in each file. A command only comes from the user's, which the project's beats.
                (
                    Some(Origin::Profile { place: over, .. }),
                    Some(Origin::Profile { place: under, .. }),
                ) if over.file != under.file => {
                    file += 1;
                }
                (over, _) => {
                    let origin = over.map(ToString::to_string).unwrap_or_default();
                    problems.push(ConfigError::TwoPasswords { origin, what });
                }
            }
        }
        if text_rank > file.max(command) {
            return text.map(|text| PasswordSource::Text(Secret(text)));
        }
        if file > command {
            return file_value.cloned().map(PasswordSource::File);
        }
        command_value.cloned().map(PasswordSource::Command)
    }
}

fn layer_rank(origin: &Origin) -> u8 {
    match origin {
        Origin::Default => 0,
        Origin::User(_) => 1,
        Origin::Project(_) => 2,
        // 4 is the project's table of the same profile.
        Origin::Profile { .. } => 3,
        Origin::Environment(_) => 5,
        Origin::Flag => 6,
    }
}

fn unknown_profile(name: &str, files: &[&File]) -> ConfigError {
    let mut known: Vec<&str> =
        files.iter().flat_map(|file| file.profiles.keys()).map(String::as_str).collect();
    known.sort_unstable();
    known.dedup();
    let near = meant(nearest(name, known.iter().copied()));
    let known = if known.is_empty() {
        "no file has any".to_owned()
    } else {
        format!("known: {}", known.join(", "))
    };
    ConfigError::Profile {
        name: printable(name.as_bytes()).into_owned(),
        meant: near,
        known: printable(known.as_bytes()).into_owned(),
    }
}

/// What a fuzzer calls: reads `data` as a file of either owner, and as the text of variables. It must not panic, and
/// is true if the file is fine for both.
pub fn fuzz(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let mut problems = Vec::new();
    for scope in [Scope::User, Scope::Project] {
        let mut file = parse(Path::new("fuzz"), text, scope, &mut problems);
        file.base.values.rebase(Base { dir: Some(Path::new("/")), home: Some(Path::new("/home")) });
        let _config = file.base.values.resolve();
    }
    let fine = problems.is_empty();
    let variables: Vec<(String, String)> =
        KEYS.iter().map(|key| (key.variable(), text.to_owned())).collect();
    environment::read(&variables, &mut problems);
    problems.iter().for_each(|problem| drop(problem.to_string()));
    fine
}

#[cfg(test)]
mod tests;
