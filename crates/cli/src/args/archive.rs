//! The flags of commands that write archives.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use holdall::archive::Packing;

use super::{SandboxArgs, SealArgs, SelectArgs};

/// `archive`
#[derive(Debug, Args)]
pub(crate) struct ArchiveArgs {
    /// What to write: a directory, git:REF, @latest, a dump, another archive; the current directory unless given.
    #[arg(value_name = "SOURCE", default_value = ".")]
    pub(crate) source: String,
    /// Where to; `-` is standard output.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// The format; what the ending of FILE says unless given.
    #[arg(long, value_name = "FORMAT", value_parser = packing())]
    pub(crate) format: Option<Packing>,
    /// How densely to compress: gzip, zip, 7z and xz 0 to 9, bzip2 1 to 9, zstd 1 to 22, brotli 0 to 11.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) level: Option<i32>,
    /// Make the same bytes of every tree that has the same tree ID: no owners, no extended attributes, hard links as
    /// files, and one time for all, that of SOURCE_DATE_EPOCH or the beginning of 1980.
    #[arg(long)]
    pub(crate) reproducible: bool,
    /// Add a manifest as the last entry, .holdall-manifest: the SHA-256 of every file, which `sha256sum -c` takes when the
    /// archive was unpacked, and holdall checks.
    #[arg(long)]
    pub(crate) manifest: bool,
    /// Do not read the archive back before it appears.
    #[arg(long)]
    pub(crate) no_verify: bool,
    /// Write no checksum beside FILE.
    #[arg(long)]
    pub(crate) no_checksum: bool,
    #[command(flatten)]
    pub(crate) seal: SealArgs,
    #[command(flatten)]
    pub(crate) confine: SandboxArgs,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
}

/// `convert`
#[derive(Debug, Args)]
pub(crate) struct ConvertArgs {
    /// What to read: a directory, git:REF, @latest, @ID:sub/dir, a dump, an archive, or `-` for standard input.
    #[arg(value_name = "SOURCE")]
    pub(crate) source: String,
    /// What to write. The ending of a name says which archive or dump is meant; a name without one, or with a slash at its
    /// end, is a directory, which must be new or empty; `@` is a new snapshot, `-` standard output.
    #[arg(value_name = "DEST")]
    pub(crate) dest: PathBuf,
    /// The format of an archive or a dump, if the name does not say it.
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<String>,
    #[command(flatten)]
    pub(crate) confine: SandboxArgs,
    #[command(flatten)]
    pub(crate) select: SelectArgs,
}

/// All formats of archives.
fn packing() -> impl TypedValueParser<Value = Packing> {
    let words = ["zip", "7z", "tar", "tar.gz", "tar.bz2", "tar.xz", "tar.zst", "tar.lz4", "tar.br"];
    PossibleValuesParser::new(words).try_map(|word| Packing::parse(&word).ok_or("no such format"))
}
