//! The flags of `restore`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use holdall::config::Wait;

use super::SelectArgs;

/// What happens to files that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OverwriteChoice {
    /// Write every file anew.
    Always,
    /// Write files whose size or time differs.
    Changed,
    /// Only add what is missing.
    Never,
    /// Ask about each file that would change.
    Ask,
}

/// Whether a command confines itself before it reads what others may have made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SandboxChoice {
    /// As far as the system can.
    Auto,
    /// Not at all.
    Off,
    /// Wholly, or nothing is read.
    Require,
    /// As far as the system can, and archives are parsed inside WebAssembly, which sees nothing but their bytes.
    Wasm,
}

/// `restore`
#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    /// What to restore: @latest, @ID, @ID:sub/dir, or a directory.
    #[arg(value_name = "SOURCE")]
    pub(crate) source: String,
    /// Where to; the place it was captured from unless given.
    #[arg(long, value_name = "DIR")]
    pub(crate) to: Option<PathBuf>,
    /// Restore only what matches this pattern; may be repeated.
    #[arg(long = "path", value_name = "GLOB")]
    pub(crate) paths: Vec<String>,
    /// Show what would change, file by file and line by line; on a terminal, ask about each change and make those that
    /// are wanted.
    #[arg(long)]
    pub(crate) preview: bool,
    /// Make the changes that this file chooses of what --preview --json lists.
    #[arg(long, value_name = "FILE", conflicts_with = "preview")]
    pub(crate) choose: Option<PathBuf>,
    /// Put back the secrets that a dump was written without, from the vault of that dump.
    #[arg(long, value_name = "FILE")]
    pub(crate) vault: Option<PathBuf>,
    /// Bring back what a damaged dump, or an archive that cannot be read everywhere, still holds; name what nothing proves.
    #[arg(long)]
    pub(crate) partial: bool,
    /// With --partial: take files that were edited in the dump as they are shown.
    #[arg(long, requires = "partial")]
    pub(crate) edited: bool,
    /// Read every staged file again before it is published.
    #[arg(long)]
    pub(crate) verify: bool,
    /// Merge into a directory that is not empty, and treat files that are there like this.
    #[arg(long, value_enum, value_name = "WHEN")]
    pub(crate) overwrite: Option<OverwriteChoice>,
    /// Remove what the source does not have; the restore point keeps it.
    #[arg(long, conflicts_with = "paths")]
    pub(crate) delete: bool,
    /// Give up all rights but to read the source and to write beside the target, before the source is read.
    #[arg(long, value_name = "WHEN", value_enum)]
    pub(crate) sandbox: Option<SandboxChoice>,
    /// Feed this database of the source to its server instead, into TARGET if it is to be another one there, which must be
    /// empty unless --overwrite always is given; may be repeated.
    #[arg(
        long = "database",
        value_name = "NAME[=TARGET]",
        conflicts_with_all = ["to", "paths", "preview", "vault", "partial", "verify", "delete"]
    )]
    pub(crate) databases: Vec<String>,
    #[command(flatten)]
    pub(crate) bounds: BoundArgs,
    /// Which entries are taken, where `convert` asks.
    #[arg(skip)]
    pub(crate) select: Option<SelectArgs>,
}

/// Whether a command confines itself before it reads what others may have made.
#[derive(Debug, Clone, Copy, Args, Default)]
pub(crate) struct SandboxArgs {
    /// Give up all rights but to read the sources, and to write what is to be written, before an archive or a dump is
    /// looked at; the setting restore.sandbox unless given.
    #[arg(long, value_name = "WHEN", value_enum)]
    pub(crate) sandbox: Option<SandboxChoice>,
}

/// How much a restore may write.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct BoundArgs {
    /// Refuse to write more entries than this; 1000000 of an archive or a dump unless set.
    #[arg(long, value_name = "N")]
    pub(crate) max_entries: Option<u64>,
    /// Refuse to write more files than this.
    #[arg(long, value_name = "N")]
    pub(crate) max_files: Option<u64>,
    /// Refuse to write more than this; 10G of an archive or a dump unless set.
    #[arg(long, value_name = "SIZE", value_parser = super::commands::size)]
    pub(crate) max_bytes: Option<u64>,
    /// Refuse to write a file that is larger than this; 4G of an archive or a dump unless set.
    #[arg(long, value_name = "SIZE", value_parser = super::commands::size)]
    pub(crate) max_file_size: Option<u64>,
    /// Refuse to write more than this many times the stored size; 200 of an archive unless set.
    #[arg(long, value_name = "N")]
    pub(crate) max_ratio: Option<u64>,
    /// Refuse to write a path that is deeper than this; 128 of an archive or a dump unless set.
    #[arg(long, value_name = "N")]
    pub(crate) max_depth: Option<u64>,
    /// Refuse to write a path of more bytes than this; 4096 of an archive or a dump unless set.
    #[arg(long, value_name = "N")]
    pub(crate) max_path_length: Option<u64>,
    /// Refuse to write a link to a target of more bytes than this; 4095 of an archive or a dump unless set.
    #[arg(long, value_name = "N")]
    pub(crate) max_link_length: Option<u64>,
    /// Give up after this time, such as 30s or 10m; an hour for an archive or a dump unless set.
    #[arg(long, value_name = "TIME")]
    pub(crate) max_time: Option<Wait>,
}
