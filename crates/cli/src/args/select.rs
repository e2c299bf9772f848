//! The selection flags, the same on every command that reads a directory.

use std::path::PathBuf;

use clap::Args;
use holdall::config::units::Moment;

/// Which entries are taken. Without flags a snapshot takes everything, hidden and git-ignored files too; only
/// `.holdallignore` and `.projectcloneignore` leave something out.
#[derive(Debug, Args, Default)]
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
    /// Leave the contents of directories with a CACHEDIR.TAG.
    #[arg(long)]
    pub(crate) exclude_caches: bool,
}
