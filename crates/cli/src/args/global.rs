//! Flags of every command.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum};
use holdall::config::Wait;
use holdall::config::units::ByteSize;

/// Flags of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Global {
    /// The repository: a directory, or local:DIR. [env: HOLDALL_REPOSITORY, RESTIC_REPOSITORY]
    #[arg(short, long, global = true, value_name = "URL")]
    pub(crate) repository: Option<String>,
    /// Read the password from the first line of this file. [env: HOLDALL_PASSWORD_FILE]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// Take the first line that this shell command prints as the password. [env: HOLDALL_PASSWORD_COMMAND]
    #[arg(long, global = true, value_name = "COMMAND")]
    pub(crate) password_command: Option<String>,
    /// Open sealed archives and dumps with the age keys in this file; may be repeated. [env: HOLDALL_IDENTITIES]
    #[arg(short = 'i', long, global = true, value_name = "FILE")]
    pub(crate) identity: Vec<PathBuf>,
    /// Read the passphrase of sealed files from the first line of this file. [env: HOLDALL_PASSPHRASE_FILE]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Take the first line that this shell command prints as that passphrase. [env: HOLDALL_PASSPHRASE_COMMAND]
    #[arg(long, global = true, value_name = "COMMAND")]
    pub(crate) passphrase_command: Option<String>,
    /// Use no archive or dump that is not signed, by somebody whom the trust file names, or by anybody.
    #[arg(long, global = true, value_enum, value_name = "BY", num_args = 0..=1, require_equals = true, default_missing_value = "trusted")]
    pub(crate) require_signature: Option<RequireChoice>,
    /// The file that names whose signatures count. [env: HOLDALL_TRUST_FILE]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) trust_file: Option<PathBuf>,
    /// Use the settings of this profile.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Read this configuration file instead of holdall.toml in or above the current directory.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Run as if started in this directory.
    #[arg(short = 'C', long = "directory", global = true, value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,
    /// Print what would be done, and do nothing.
    #[arg(long, global = true)]
    pub(crate) dry_run: bool,
    /// Answer yes to questions.
    #[arg(short, long, global = true)]
    pub(crate) yes: bool,
    /// Say more; twice for even more.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Say nothing but errors.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// How log lines look; text unless set.
    #[arg(long, global = true, value_enum, value_name = "FORM")]
    pub(crate) log_format: Option<LogChoice>,
    /// How progress is shown; auto unless set.
    #[arg(long, global = true, value_enum, value_name = "HOW")]
    pub(crate) progress: Option<ProgressChoice>,
    /// When to use colours; auto unless set. [env: NO_COLOR]
    #[arg(long, global = true, value_enum, value_name = "WHEN")]
    pub(crate) color: Option<ColorChoice>,
    /// Worker threads; as many as there are processors unless given.
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Memory for buffers, such as 256M.
    #[arg(long, global = true, value_name = "SIZE")]
    pub(crate) max_memory: Option<ByteSize>,
    /// How long to wait for others to let go of the repository, such as 30s, 5m or 1h.
    #[arg(long, global = true, value_name = "TIME")]
    pub(crate) lock_wait: Option<Wait>,
    /// How far an archive is believed; nothing unless set.
    #[arg(long, global = true, value_enum, value_name = "HOW")]
    pub(crate) trust: Option<TrustChoice>,
    /// Run no hooks.
    #[arg(long, global = true)]
    pub(crate) no_hooks: bool,
    /// Capture no databases.
    #[arg(long, global = true)]
    pub(crate) no_databases: bool,
    /// Set a key of the configuration, such as limits.max-depth=100; may be repeated.
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Write what the run spends its time on to this file, for Perfetto or chrome://tracing.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) trace: Option<PathBuf>,
    /// Print the result as JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// How far an archive is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TrustChoice {
    /// It is one's own: links lead anywhere, devices and set-ID bits come back.
    Own,
    /// It may come from anyone: what may harm is refused or taken off.
    Nothing,
    /// Like nothing, and names that another system cannot hold or tell apart, set-ID bits and what git obeys are refused.
    Strict,
}

/// Whose signature is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RequireChoice {
    /// Of anybody.
    Any,
    /// Of somebody whom the trust file names.
    Trusted,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogChoice {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressChoice {
    /// A bar on a terminal, nothing elsewhere.
    Auto,
    /// A bar.
    Bar,
    /// A line every few seconds.
    Plain,
    /// A JSON object a second.
    Json,
    /// Nothing.
    None,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}
