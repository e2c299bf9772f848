//! What can be wrong with a configuration.

use std::path::PathBuf;

use holdall_tree::{Classified, ErrorKind};

use super::origin::Place;

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {file}", file = .file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// The file is not one that may be read.
    #[error("cannot use the configuration {file}: {reason}", file = .file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The file is no TOML.
    #[error("{place}: {reason}")]
    Syntax {
        /// Where.
        place: Place,
        /// What is wrong.
        reason: String,
    },
    /// A key or section is unknown.
    #[error("{place}: unknown {what} \"{name}\"{hint}")]
    Unknown {
        /// Where.
        place: Place,
        /// `key of [select]` or `section`.
        what: String,
        /// The name as written, safe to print.
        name: String,
        /// What may have been meant, and what is known there.
        hint: String,
    },
    /// A value is of the wrong type or out of its range.
    #[error("{place}: {key}: {reason}")]
    Value {
        /// Where.
        place: Place,
        /// The key.
        key: &'static str,
        /// What was expected and found.
        reason: String,
    },
    /// The value of an environment variable is wrong.
    #[error("environment variable {variable}: {reason}")]
    Variable {
        /// The variable.
        variable: String,
        /// What was expected and found.
        reason: String,
    },
    /// The value that `--set` gives is wrong.
    #[error("--set {key}: {reason}")]
    Set {
        /// The key as it was typed, safe to print.
        key: String,
        /// What was expected and found.
        reason: String,
    },
    /// A project's file sets what only the user may.
    #[error(
        "{place}: a project's file may not set {key}, since whoever wrote the project could {danger}; \
         set it in your own file, in the environment or by a flag"
    )]
    Untrusted {
        /// Where.
        place: Place,
        /// The key.
        key: &'static str,
        /// What could be done with it.
        danger: &'static str,
    },
    /// A project's file names a place outside of the project that is written to.
    #[error(
        "{place}: a project's file may set {key} only to a name beneath the directory that is dumped, since whoever \
         wrote the project could overwrite any file with it"
    )]
    Outside {
        /// Where.
        place: Place,
        /// The key.
        key: &'static str,
    },
    /// A password, passphrase or token stands in a file.
    #[error(
        "{place}: a {what} may not stand in a configuration file; name its file with {what}-file"
    )]
    Password {
        /// Where.
        place: Place,
        /// `password`, `passphrase` or `token`.
        what: &'static str,
    },
    /// A profile is asked for that no file has.
    #[error("there is no profile \"{name}\"{meant}; {known}")]
    Profile {
        /// The name that was asked for, safe to print.
        name: String,
        /// `, did you mean ...?`, or nothing.
        meant: String,
        /// Those that exist.
        known: String,
    },
    /// One layer names two sources of the password or passphrase.
    #[error("{origin}: {what}-file and {what}-command are both set here; set only one")]
    TwoPasswords {
        /// The layer.
        origin: String,
        /// `password` or `passphrase`.
        what: &'static str,
    },
}

impl Classified for ConfigError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Read { .. }
            | Self::Syntax { .. }
            | Self::Unknown { .. }
            | Self::Value { .. }
            | Self::Variable { .. }
            | Self::Set { .. }
            | Self::Profile { .. }
            | Self::Password { .. }
            | Self::TwoPasswords { .. } => ErrorKind::Usage,
            Self::File { .. } | Self::Untrusted { .. } | Self::Outside { .. } => ErrorKind::Refused,
        }
    }
}
