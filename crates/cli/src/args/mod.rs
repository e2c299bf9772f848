//! The command line as it is typed. Nothing here touches the machine.

mod archive;
mod clone;
mod commands;
mod delta;
mod dump;
mod global;
mod keep;
mod restore;
mod seal;
mod select;
mod watch;

use std::ffi::OsStr;

use clap::{Parser, Subcommand};

pub(crate) use archive::*;
pub(crate) use clone::*;
pub(crate) use commands::*;
pub(crate) use delta::*;
pub(crate) use dump::*;
pub(crate) use global::{
    ColorChoice, Global, LogChoice, ProgressChoice, RequireChoice, TrustChoice,
};
pub(crate) use keep::KeepArgs;
pub(crate) use restore::*;
pub(crate) use seal::*;
pub(crate) use select::SelectArgs;
pub(crate) use watch::WatchArgs;

/// Keeps a project whole: takes encrypted, deduplicated snapshots and brings them back exactly.
///
/// `holdall snapshot .` takes a snapshot of the current directory into a repository in your data directory, which is
/// made on first use. `holdall restore @latest --to DIR` brings it back. Repositories are in the restic format.
#[derive(Debug, Parser)]
#[command(name = "holdall", version, max_term_width = 100, disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// What to do; without a command, holdall says what would be a sensible next step.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// Flags of every command.
    #[command(flatten)]
    pub(crate) global: Global,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Take a snapshot of files and directories.
    Snapshot(SnapshotArgs),
    /// Write a project as one text that people and models read, and that restores exactly.
    Dump(DumpArgs),
    /// Write a tree as one archive that every other program reads: zip or tar, compressed or not.
    Archive(ArchiveArgs),
    /// Copy a source to a directory exactly, alone or beside older clones that it shares files with.
    Clone(CloneArgs),
    /// Turn any source into any form: a directory, an archive, a dump, a snapshot.
    Convert(ConvertArgs),
    /// Make one directory of another by what differs alone, over any pipe.
    #[command(subcommand)]
    Delta(DeltaCommand),
    /// Bring a snapshot, a dump, or any source, back to a directory.
    Restore(RestoreArgs),
    /// Go back to what a restore replaced.
    Rollback(RollbackArgs),
    /// List what a source holds.
    Ls(LsArgs),
    /// Write a file of a source to standard output.
    Cat(CatArgs),
    /// Find entries by name in a source, or in all snapshots.
    Find(FindArgs),
    /// Show what differs between two sources.
    Diff(DiffArgs),
    /// Read everything in a source and check it.
    Verify(SourceArgs),
    /// Print the tree ID of a source.
    Id(IdArgs),
    /// Count files, lines, languages and tokens of a source.
    Stats(StatsArgs),
    /// Look through a source for secrets and for work that is left open.
    Scan(ScanArgs),
    /// Look around in a source on the terminal: search, read, pick, and write what was picked.
    Explore(ExploreArgs),
    /// Show a source as a directory that can be read, until it is unmounted.
    Mount(MountArgs),
    /// Say which rule takes or leaves a path.
    Explain(ExplainArgs),
    /// List the snapshots of the repository.
    Snapshots(SnapshotsArgs),
    /// Work on the repository itself.
    #[command(subcommand)]
    Repo(RepoCommand),
    /// Show or check the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Print a completion script for a shell.
    Completions(CompletionsArgs),
    /// Write the manual pages into a directory.
    Man(ManArgs),
}

/// The flags of a command as if these words had been typed, so that what they mean unless given stands once.
///
/// # Errors
/// If the words make no sense.
pub(crate) fn typed<A: clap::Args>(words: &[&OsStr]) -> Result<A, clap::Error> {
    let command = A::augment_args(clap::Command::new("holdall")).no_binary_name(true);
    A::from_arg_matches(&command.try_get_matches_from(words)?)
}

impl Command {
    /// What the whole run is called in a trace.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Snapshot(_) => "holdall snapshot",
            Self::Dump(_) => "holdall dump",
            Self::Archive(_) => "holdall archive",
            Self::Clone(_) => "holdall clone",
            Self::Convert(_) => "holdall convert",
            Self::Delta(_) => "holdall delta",
            Self::Restore(_) => "holdall restore",
            Self::Rollback(_) => "holdall rollback",
            Self::Ls(_) => "holdall ls",
            Self::Cat(_) => "holdall cat",
            Self::Find(_) => "holdall find",
            Self::Diff(_) => "holdall diff",
            Self::Verify(_) => "holdall verify",
            Self::Id(_) => "holdall id",
            Self::Stats(_) => "holdall stats",
            Self::Scan(_) => "holdall scan",
            Self::Explore(_) => "holdall explore",
            Self::Mount(_) => "holdall mount",
            Self::Explain(_) => "holdall explain",
            Self::Snapshots(_) => "holdall snapshots",
            Self::Repo(_) => "holdall repo",
            Self::Config(_) => "holdall config",
            Self::Completions(_) => "holdall completions",
            Self::Man(_) => "holdall man",
        }
    }

    /// True if it runs although the configuration is broken: it does not depend on it, or shows what is wrong.
    pub(crate) fn bears_broken_settings(&self) -> bool {
        matches!(
            self,
            Self::Config(ConfigCommand::Check | ConfigCommand::Schema(_))
                | Self::Completions(_)
                | Self::Man(_)
        )
    }
}

/// Commands on the repository.
#[derive(Debug, Subcommand)]
pub(crate) enum RepoCommand {
    /// Make a repository.
    Init,
    /// List snapshots.
    Snapshots(SnapshotsArgs),
    /// Remove snapshots by rules, or by ID.
    Forget(Box<ForgetArgs>),
    /// Remove data that no snapshot needs.
    Prune(PruneArgs),
    /// Check that everything is there and intact.
    Check(CheckArgs),
    /// Manage the passwords of the repository.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Remove locks whose holders are gone.
    Unlock(UnlockArgs),
    /// Count what is in the repository.
    Stats,
}

/// Commands on keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// List the keys.
    List,
    /// Add a key with a password of its own.
    Add(NewPasswordArgs),
    /// Remove a key.
    Remove(KeyRemoveArgs),
    /// Change the password of the key in use.
    Passwd(NewPasswordArgs),
}

/// Commands on the configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print every setting.
    Show(ConfigShowArgs),
    /// Check the configuration files.
    Check,
    /// Print the JSON Schema of the configuration file.
    Schema(ConfigSchemaArgs),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    /// Calls `visit` with each command and its name, such as `holdall repo key`.
    fn each(command: &clap::Command, name: &str, visit: &mut dyn FnMut(&clap::Command, &str)) {
        visit(command, name);
        for sub in command.get_subcommands() {
            each(sub, &format!("{name} {}", sub.get_name()), visit);
        }
    }

    fn built() -> clap::Command {
        let mut command = Cli::command();
        command.build();
        command
    }

    #[test]
    fn every_flag_is_explained_in_the_manual_and_every_command_in_the_guide() {
        let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
        let guide = std::fs::read_to_string(docs.join("guide.md")).unwrap();
        each(&built(), "holdall", &mut |command, name| {
            let page = docs.join(format!("reference/man/{}.1", name.replace(' ', "-")));
            let page = std::fs::read_to_string(page).unwrap().replace("\\-", "-");
            for flag in command.get_arguments().filter_map(|arg| arg.get_long()) {
                assert!(page.contains(&format!("--{flag}")), "{name} --{flag} is in no manual");
            }
            for arg in command.get_arguments() {
                assert!(arg.get_help().is_some(), "{name}: {} says nothing", arg.get_id());
            }
            let said = name.strip_prefix("holdall ").unwrap_or(name);
            assert!(
                command.has_subcommands() || guide.contains(said),
                "{name} is not in the guide"
            );
        });
    }

    #[test]
    fn every_flag_that_a_page_names_exists() {
        let mut known = std::collections::BTreeSet::from(["--release".to_owned()]);
        each(&built(), "holdall", &mut |command, _| {
            let flags = command.get_arguments().filter_map(|arg| arg.get_long());
            known.extend(flags.map(|flag| format!("--{flag}")));
        });
        let pages = [
            include_str!("../../../../README.md"),
            include_str!("../../../../docs/guide.md"),
            include_str!("../../../../docs/durability.md"),
        ];
        let mut named = 0;
        for page in pages {
            let words = page.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
            let flag = |word: &&str| {
                word.strip_prefix("--")
                    .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()))
            };
            for flag in words.filter(flag) {
                assert!(known.contains(flag), "{flag}");
                named += 1;
            }
        }
        assert!(named > 40, "{named}");
    }
}
