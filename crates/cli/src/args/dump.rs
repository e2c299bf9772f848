//! The flags of commands that show, count and look through contents.

use std::num::NonZero;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use holdall::archive::Packing;
use holdall::config::{SecretsPolicy, TocStyle, TokenCount, Tokens};

use super::{SandboxArgs, SealArgs, SelectArgs, WatchArgs, size};

/// How a dump lists its contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TocChoice {
    /// One line for each file.
    List,
    /// Directories with what they hold.
    Tree,
    /// Not at all.
    None,
}

impl From<TocChoice> for TocStyle {
    fn from(choice: TocChoice) -> Self {
        match choice {
            TocChoice::List => Self::List,
            TocChoice::Tree => Self::Tree,
            TocChoice::None => Self::None,
        }
    }
}

/// What becomes of secrets in a dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SecretsChoice {
    /// Write nothing if there are any, and name them.
    Fail,
    /// Replace each by a placeholder.
    Redact,
    /// Write them, and list where they are.
    Report,
    /// Do not look for them.
    Off,
}

impl From<SecretsChoice> for SecretsPolicy {
    fn from(choice: SecretsChoice) -> Self {
        match choice {
            SecretsChoice::Fail => Self::Fail,
            SecretsChoice::Redact => Self::Redact,
            SecretsChoice::Report => Self::Report,
            SecretsChoice::Off => Self::Off,
        }
    }
}

/// How tokens are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TokensChoice {
    /// As the models since GPT-4o do.
    #[value(name = "o200k")]
    O200k,
    /// As GPT-4 does.
    #[value(name = "cl100k")]
    Cl100k,
    /// Not at all.
    Off,
}

impl From<TokensChoice> for Tokens {
    fn from(choice: TokensChoice) -> Self {
        match choice {
            TokensChoice::O200k => Self::O200k,
            TokensChoice::Cl100k => Self::Cl100k,
            TokensChoice::Off => Self::Off,
        }
    }
}

/// `dump`
#[derive(Debug, Args)]
pub(crate) struct DumpArgs {
    /// What to write: a directory, git:REF, @latest, @ID or @ID:sub/dir; the current directory unless given.
    #[arg(value_name = "SOURCE", default_value = ".")]
    pub(crate) source: String,
    /// Dump each project beneath SOURCE by its own configuration to a file of its own: directories with a holdall.toml
    /// or a manifest, such as Cargo.toml.
    #[arg(long)]
    pub(crate) batch: bool,
    /// Where to; `-` is standard output, which is also meant if it is no terminal and no file is given or set. With
    /// --batch a directory, or a name with {name}, {path} or {ext} in it.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// The format; unless given, what the ending of FILE says, or md. Or the file of a template, such as house.md.j2, for
    /// what stands around the files; its name says for which of md, txt and html it is.
    #[arg(long, value_name = "FORMAT", value_parser = dump_format)]
    pub(crate) format: Option<DumpFormat>,
    /// Write only what changed since this commit of git, work tree included; with `--format patch` a patch that `git
    /// apply` takes.
    #[arg(long, value_name = "REF")]
    pub(crate) diff_since: Option<String>,
    /// How the contents are listed; list unless set.
    #[arg(long, value_enum, value_name = "HOW")]
    pub(crate) toc: Option<TocChoice>,
    /// What becomes of secrets; fail unless set.
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) secrets: Option<SecretsChoice>,
    /// Keep what is taken out in this file, from which `restore --vault` puts it back; it is made if it is not there.
    #[arg(long, value_name = "FILE")]
    pub(crate) vault: Option<PathBuf>,
    /// Pass over the secrets whose fingerprints this file lists; `holdall scan --write-baseline` makes one.
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// List what comments leave open: TODO, FIXME, HACK and XXX, or the words of the setting todos.tags.
    #[arg(long)]
    pub(crate) todos: bool,
    /// How tokens are counted; o200k unless set.
    #[arg(long, value_enum, value_name = "ENCODING")]
    pub(crate) tokens: Option<TokensChoice>,
    /// Show less of the less important files, so that the whole dump is at most so many tokens.
    #[arg(long, value_name = "N")]
    pub(crate) max_tokens: Option<TokenCount>,
    /// Write several files of at most this size, `FILE.001` and so on before the ending; each shows some of the files,
    /// and `restore` takes them together.
    #[arg(long, value_name = "SIZE", value_parser = size, conflicts_with = "split_tokens")]
    pub(crate) split: Option<u64>,
    /// The same by tokens: no file of the dump is more than so many.
    #[arg(long, value_name = "N")]
    pub(crate) split_tokens: Option<TokenCount>,
    /// Put the dump that FILE is into an archive beside it, `FILE.TIME.FORMAT`, before a new one replaces it; nothing is
    /// replaced before the archive was read back.
    #[arg(long, value_name = "FORMAT", value_parser = packing(), conflicts_with_all = ["split", "split_tokens"])]
    pub(crate) archive_old: Option<Packing>,
    /// Keep only the newest N of these archives.
    #[arg(long, value_name = "N", requires = "archive_old")]
    pub(crate) keep: Option<NonZero<usize>>,
    /// Write no checksum beside FILE.
    #[arg(long)]
    pub(crate) no_checksum: bool,
    /// Read every file, and keep nothing of what was seen for the next dump.
    #[arg(long)]
    pub(crate) no_cache: bool,
    #[command(flatten)]
    pub(crate) seal: SealArgs,
    #[command(flatten)]
    pub(crate) after: WatchArgs,
    #[command(flatten)]
    pub(crate) confine: SandboxArgs,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
}

/// In what old dumps are kept.
fn packing() -> impl TypedValueParser<Value = Packing> {
    let words = ["zip", "tar.gz", "tar.bz2", "tar.xz", "tar.zst"];
    PossibleValuesParser::new(words).try_map(|word| Packing::parse(&word).ok_or("no such format"))
}

/// `stats`
#[derive(Debug, Args)]
pub(crate) struct StatsArgs {
    /// What to count: a directory, git:REF, @latest, a dump; the current directory unless given.
    #[arg(value_name = "SOURCE", default_value = ".")]
    pub(crate) source: String,
    /// How tokens are counted; o200k unless set.
    #[arg(long, value_enum, value_name = "ENCODING")]
    pub(crate) tokens: Option<TokensChoice>,
    /// Count for each directory as well, down to this depth.
    #[arg(long, value_name = "DEPTH", num_args = 0..=1, default_missing_value = "1")]
    pub(crate) by_dir: Option<usize>,
    /// Count for each file as well, the largest first.
    #[arg(long)]
    pub(crate) by_file: bool,
    #[command(flatten)]
    pub(crate) confine: SandboxArgs,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
}

/// `explore`
#[derive(Debug, Args)]
pub(crate) struct ExploreArgs {
    /// What to look around in: a directory, git:REF, @latest, a dump; the current directory unless given.
    #[arg(value_name = "SOURCE", default_value = ".")]
    pub(crate) source: String,
    /// How tokens are counted; o200k unless set.
    #[arg(long, value_enum, value_name = "ENCODING")]
    pub(crate) tokens: Option<TokensChoice>,
    /// What becomes of secrets in what is written as a dump; fail unless set. It can be changed where its name is typed.
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) secrets: Option<SecretsChoice>,
    #[command(flatten)]
    pub(crate) confine: SandboxArgs,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScanFormat {
    /// A line for each.
    Text,
    /// One JSON document.
    Json,
    /// SARIF 2.1.0, which code hosts read.
    Sarif,
}

/// `scan`
#[derive(Debug, Args)]
pub(crate) struct ScanArgs {
    /// What to look through: a directory, git:REF, @latest, a dump; the current directory unless given.
    #[arg(value_name = "SOURCE", default_value = ".")]
    pub(crate) source: String,
    /// Look for secrets; that and --todos if neither is given.
    #[arg(long)]
    pub(crate) secrets: bool,
    /// Look for what comments leave open.
    #[arg(long)]
    pub(crate) todos: bool,
    /// How findings are printed.
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: ScanFormat,
    /// Pass over the secrets whose fingerprints this file lists.
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write the fingerprints of all secrets that were found to this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) write_baseline: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) confine: SandboxArgs,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
}

/// What a dump is written as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DumpFormat {
    /// A tree as one text.
    Text(holdall::text::Format),
    /// The same by the template in this file.
    Template(PathBuf),
    /// What changed, as a patch.
    Patch,
}

fn dump_format(text: &str) -> Result<DumpFormat, String> {
    let known = || {
        let names: Vec<_> = holdall::text::Format::ALL.iter().map(|format| format.name()).collect();
        format!("there are {}, patch, and files with a template", names.join(", "))
    };
    if text == "patch" {
        return Ok(DumpFormat::Patch);
    }
    if let Some(format) = holdall::text::Format::parse(text) {
        return Ok(DumpFormat::Text(format));
    }
    // The name of a file has a slash or an ending.
    if text.contains(['/', '.']) { Ok(DumpFormat::Template(text.into())) } else { Err(known()) }
}
