//! The flags of `clone`.

use std::path::PathBuf;

use clap::Args;
use holdall::config::Keep;

use super::{KeepArgs, SandboxArgs, SelectArgs};

/// `clone`
#[derive(Debug, Args)]
pub(crate) struct CloneArgs {
    /// What to clone: a directory, an archive, a dump, @latest, @ID, or git:REF.
    #[arg(value_name = "SOURCE")]
    pub(crate) source: String,
    /// Where to: a directory that is not there yet, or, with --incremental, one that holds clones.
    #[arg(value_name = "DEST")]
    pub(crate) dest: PathBuf,
    /// Make DEST/PROJECT-TIME, which shares unchanged files with the last clone of the same project.
    #[arg(long, conflicts_with = "delete")]
    pub(crate) incremental: bool,
    /// Make DEST exactly the source, whatever is there; what is replaced or removed is kept as a restore point.
    #[arg(long)]
    pub(crate) delete: bool,
    /// What the project is called, wherever it lies; unless given, a project is known by its path.
    #[arg(long, value_name = "NAME")]
    pub(crate) project: Option<String>,
    /// Label the clone; may be repeated.
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    pub(crate) tag: Vec<String>,
    /// Never let rules remove this clone.
    #[arg(long, requires = "incremental")]
    pub(crate) pin: bool,
    /// Afterwards remove all but the newest N clones of the project; short for --keep-last.
    #[arg(long, value_name = "N", conflicts_with = "keep_last")]
    pub(crate) keep: Option<Keep>,
    #[command(flatten)]
    pub(crate) rules: KeepArgs,
    #[command(flatten)]
    pub(crate) confine: SandboxArgs,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
}
