//! The flags of each command.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;
use holdall::config::units::ByteSize;

use super::{KeepArgs, SandboxArgs, SelectArgs};

/// `snapshot`
#[derive(Debug, Args)]
pub(crate) struct SnapshotArgs {
    /// What to capture; the current directory unless given.
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Label the snapshot; may be repeated.
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    pub(crate) tag: Vec<String>,
    /// Name of the machine that the snapshot is filed under.
    #[arg(long, value_name = "HOST")]
    pub(crate) host: Option<String>,
    /// Compare with this snapshot instead of the newest of the same host and paths.
    #[arg(long, value_name = "ID", conflicts_with = "force")]
    pub(crate) parent: Option<String>,
    /// Read every file again, whatever the last snapshot knows.
    #[arg(short, long)]
    pub(crate) force: bool,
    /// Capture standard input as one file.
    #[arg(long, conflicts_with = "paths")]
    pub(crate) stdin: bool,
    /// Name of that file.
    #[arg(long, value_name = "NAME", default_value = "stdin")]
    pub(crate) stdin_name: String,
    /// Record when each file was last read.
    #[arg(long)]
    pub(crate) with_atime: bool,
    /// Stay on the file system of each path.
    #[arg(short = 'x', long)]
    pub(crate) one_file_system: bool,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
}

/// `rollback`
#[derive(Debug, Args)]
pub(crate) struct RollbackArgs {
    /// Go back only for these paths of the target.
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<String>,
    /// List the points that can be gone back to.
    #[arg(long)]
    pub(crate) list: bool,
    /// Which point: its number, or a time such as "2026-01-02 10:00"; the newest unless given.
    #[arg(long, value_name = "POINT")]
    pub(crate) to: Option<String>,
    /// The directory that was restored; the current one unless given.
    #[arg(long, value_name = "DIR")]
    pub(crate) target: Option<PathBuf>,
}

/// `ls`
#[derive(Debug, Args)]
pub(crate) struct LsArgs {
    /// A source: @latest, @ID, @ID:sub/dir, or a directory.
    #[arg(value_name = "SOURCE")]
    pub(crate) source: String,
    /// Where in the source.
    #[arg(value_name = "PATH")]
    pub(crate) path: Option<String>,
    /// Show mode, owner, size and time.
    #[arg(short, long)]
    pub(crate) long: bool,
    /// Show everything beneath.
    #[arg(short = 'R', long)]
    pub(crate) recursive: bool,
    #[command(flatten)]
    pub(crate) confine: SandboxArgs,
}

/// `cat`
#[derive(Debug, Args)]
pub(crate) struct CatArgs {
    /// A source.
    #[arg(value_name = "SOURCE")]
    pub(crate) source: String,
    /// The file in it.
    #[arg(value_name = "PATH")]
    pub(crate) path: String,
    #[command(flatten)]
    pub(crate) confine: SandboxArgs,
}

/// `find`
#[derive(Debug, Args)]
pub(crate) struct FindArgs {
    /// A source, or @all for every snapshot.
    #[arg(value_name = "SOURCE")]
    pub(crate) source: String,
    /// A name or path pattern in gitignore syntax.
    #[arg(value_name = "PATTERN")]
    pub(crate) pattern: String,
    #[command(flatten)]
    pub(crate) confine: SandboxArgs,
}

/// `diff`
#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// The first source.
    #[arg(value_name = "A")]
    pub(crate) a: String,
    /// The second source.
    #[arg(value_name = "B")]
    pub(crate) b: String,
    /// Compare every byte instead of size and time.
    #[arg(long)]
    pub(crate) content: bool,
    /// Show changed lines of text files, as `git apply` takes them.
    #[arg(short, long)]
    pub(crate) patch: bool,
    #[command(flatten)]
    pub(crate) confine: SandboxArgs,
}

/// `mount`
#[derive(Debug, Args)]
pub(crate) struct MountArgs {
    /// A source: @latest, @ID, @ID:sub/dir, a commit, an archive, a dump, a directory, or @all for every snapshot.
    #[arg(value_name = "SOURCE")]
    pub(crate) source: String,
    /// Where it is shown: a directory that is there and empty.
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Let other users look into it too, as far as modes and access control lists let them.
    #[arg(long)]
    pub(crate) allow_other: bool,
    #[command(flatten)]
    pub(crate) confine: SandboxArgs,
}

/// A command on one source.
#[derive(Debug, Args)]
pub(crate) struct SourceArgs {
    /// A source: @latest, @ID, @ID:sub/dir, or a directory.
    #[arg(value_name = "SOURCE")]
    pub(crate) source: String,
    #[command(flatten)]
    pub(crate) confine: SandboxArgs,
}

/// `id`
#[derive(Debug, Args)]
pub(crate) struct IdArgs {
    /// A source: @latest, @ID, @ID:sub/dir, or a directory.
    #[arg(value_name = "SOURCE")]
    pub(crate) source: String,
    /// Print the full ID, which covers owners, times and extended attributes too.
    #[arg(long)]
    pub(crate) full: bool,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
    #[command(flatten)]
    pub(crate) confine: SandboxArgs,
}

/// `explain`
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Paths beneath the directory.
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// The directory that would be captured; the current one unless given.
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
}

/// Which snapshots.
#[derive(Debug, Args)]
pub(crate) struct SnapshotsArgs {
    /// Only those with this label; may be repeated.
    #[arg(long, value_name = "TAG")]
    pub(crate) tag: Vec<String>,
    /// Only those of this machine.
    #[arg(long, value_name = "HOST")]
    pub(crate) host: Option<String>,
    /// Only those of this path.
    #[arg(long, value_name = "PATH")]
    pub(crate) path: Option<PathBuf>,
    /// Only the newest N.
    #[arg(long, value_name = "N")]
    pub(crate) latest: Option<usize>,
}

/// `repo forget`
#[derive(Debug, Args)]
pub(crate) struct ForgetArgs {
    /// Remove these snapshots, whatever the rules say.
    #[arg(value_name = "ID")]
    pub(crate) ids: Vec<String>,
    #[command(flatten)]
    pub(crate) keep: KeepArgs,
    /// What snapshots of a group have in common: host, paths, tags; empty for one group; host,paths unless set.
    #[arg(long, value_name = "LIST")]
    pub(crate) group_by: Option<String>,
    /// Consider only snapshots with this label.
    #[arg(long, value_name = "TAG")]
    pub(crate) tag: Vec<String>,
    /// Consider only snapshots of this machine.
    #[arg(long, value_name = "HOST")]
    pub(crate) host: Option<String>,
    /// Allow the rules to remove every snapshot of a group.
    #[arg(long)]
    pub(crate) allow_empty: bool,
    /// Prune afterwards.
    #[arg(long)]
    pub(crate) prune: bool,
}

/// `repo prune`
#[derive(Debug, Args)]
pub(crate) struct PruneArgs {
    /// How much that is not needed may stay: a share, a size or `unlimited`; 5% unless set.
    #[arg(long, value_name = "LIMIT")]
    pub(crate) max_unused: Option<String>,
    /// Rewrite no more than this.
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub(crate) max_repack_size: Option<u64>,
}

/// `repo check`
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Read every pack and check every blob.
    #[arg(long, conflicts_with = "read_data_subset")]
    pub(crate) read_data: bool,
    /// Read a part: n/t, such as 1/7, a percentage, such as 5%, or a size, such as 2G.
    #[arg(long, value_name = "PART")]
    pub(crate) read_data_subset: Option<String>,
}

/// `repo unlock`
#[derive(Debug, Args)]
pub(crate) struct UnlockArgs {
    /// Remove all locks, also those of runs that are alive.
    #[arg(long)]
    pub(crate) all: bool,
}

/// A new password.
#[derive(Debug, Args)]
pub(crate) struct NewPasswordArgs {
    /// Read the new password from this file instead of asking.
    #[arg(long, value_name = "FILE")]
    pub(crate) new_password_file: Option<PathBuf>,
}

/// `repo key remove`
#[derive(Debug, Args)]
pub(crate) struct KeyRemoveArgs {
    /// The beginning of the key's ID.
    #[arg(value_name = "ID")]
    pub(crate) id: String,
}

/// `config show`
#[derive(Debug, Args)]
pub(crate) struct ConfigShowArgs {
    /// Say where each value comes from.
    #[arg(long)]
    pub(crate) origin: bool,
    /// Show what holds for this project of a monorepo: its own file over that of the whole.
    #[arg(long, value_name = "DIR")]
    pub(crate) project: Option<PathBuf>,
}

/// `config schema`
#[derive(Debug, Args)]
pub(crate) struct ConfigSchemaArgs {
    /// Write the JSON Schema of each document that --json prints into this directory instead.
    #[arg(long, value_name = "DIR")]
    pub(crate) documents: Option<PathBuf>,
}

/// `completions`
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

/// `man`
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Where to.
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
}

/// Bytes, written as in a configuration file: one way of writing means the same everywhere.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    text.parse::<ByteSize>().map(|size| size.0).map_err(|error| format!("{text:?} is {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_the_configuration() {
        assert_eq!(size("10M"), Ok(10 << 20));
        assert_eq!(size("1.5K"), Ok(1536));
        assert_eq!(size("10kB"), Ok(10_000));
        for bad in ["", "x", "10GiBx", "-1", "99999999999999999999G"] {
            assert!(size(bad).is_err(), "{bad}");
        }
    }
}
