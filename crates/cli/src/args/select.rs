//! The selection flags, the same on every command that reads a directory.

use std::path::{Path, PathBuf};

use clap::Args;
use holdall::config::units::Moment;
use holdall::listed::Ending;

/// Which entries are taken. Without flags a snapshot takes everything, hidden and git-ignored files too; only
/// `.holdallignore` and `.projectcloneignore` leave something out.
#[derive(Debug, Clone, PartialEq, Args, Default)]
#[command(next_help_heading = "Selection")]
pub(crate) struct SelectArgs {
    /// Take only what matches this pattern (gitignore syntax); may be repeated.
    #[arg(long, value_name = "GLOB")]
    pub(crate) include: Vec<String>,
    /// Leave what matches this pattern (gitignore syntax, `!` takes again); may be repeated.
    #[arg(short = 'e', long, value_name = "GLOB")]
    pub(crate) exclude: Vec<String>,
    /// Leave what matches the patterns in this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) exclude_from: Vec<PathBuf>,
    /// Obey no ignore file at all.
    #[arg(long)]
    pub(crate) no_ignore: bool,
    /// Obey .gitignore, .ignore and .git/info/exclude too.
    #[arg(long, conflicts_with = "no_ignore")]
    pub(crate) gitignore: bool,
    /// Take hidden files. This is so already; it undoes a setting to the contrary.
    #[arg(long)]
    pub(crate) hidden: bool,
    /// Leave hidden files.
    #[arg(long, conflicts_with = "hidden")]
    pub(crate) no_hidden: bool,
    /// Leave files larger than this, such as 10M.
    #[arg(long, value_name = "SIZE", value_parser = super::commands::size)]
    pub(crate) max_size: Option<u64>,
    /// Leave files smaller than this.
    #[arg(long, value_name = "SIZE", value_parser = super::commands::size)]
    pub(crate) min_size: Option<u64>,
    /// Take only files changed within this time (2h, 3d, 5min) or since this date (2026-05-01).
    #[arg(long, value_name = "TIME")]
    pub(crate) changed_within: Option<Moment>,
    /// Take only files changed longer ago than this, or before this date.
    #[arg(long, value_name = "TIME")]
    pub(crate) changed_before: Option<Moment>,
    /// Take only paths that match this regular expression.
    #[arg(long, value_name = "REGEX")]
    pub(crate) regex: Vec<String>,
    /// Take only files whose content matches this regular expression.
    #[arg(long, value_name = "REGEX")]
    pub(crate) contains: Option<String>,
    /// Take only these kinds: file, dir, symlink, fifo, socket, dev, chardev.
    #[arg(long = "type", value_name = "KIND", value_delimiter = ',')]
    pub(crate) kinds: Vec<String>,
    /// Take only files that git tracks.
    #[arg(long)]
    pub(crate) git: bool,
    /// Take only files that git tracks, and those that it neither tracks nor ignores.
    #[arg(long)]
    pub(crate) untracked: bool,
    /// Take exactly what this file lists, one name on a line, relative to the source; `-` is standard input. Settings
    /// and ignore files leave nothing out of it.
    #[arg(long, value_name = "FILE")]
    pub(crate) files_from: Option<PathBuf>,
    /// The same with a zero byte behind each name, as `git ls-files -z`, `fd -0` and `rg -l0` print them.
    #[arg(long, value_name = "FILE", conflicts_with = "files_from")]
    pub(crate) files_from0: Option<PathBuf>,
    /// Leave the contents of directories with a CACHEDIR.TAG.
    #[arg(long)]
    pub(crate) exclude_caches: bool,
}

impl SelectArgs {
    /// The file with the names of what is taken, and what stands behind each.
    pub(crate) fn list(&self) -> Option<(&Path, Ending)> {
        let lines = self.files_from.as_deref().map(|file| (file, Ending::Line));
        lines.or_else(|| Some((self.files_from0.as_deref()?, Ending::Nul)))
    }
}
