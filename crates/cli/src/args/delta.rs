//! The flags of `delta`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::SandboxArgs;

/// `delta`
#[derive(Debug, Subcommand)]
pub(crate) enum DeltaCommand {
    /// Write the signature of a directory to standard output.
    Signature(SignatureArgs),
    /// Write what makes a directory of the one that a signature is of to standard output.
    Make(DeltaMakeArgs),
    /// Make a directory what a delta was made of, in one step.
    Apply(DeltaApplyArgs),
    /// Make the directory of a `holdall delta receive` what this one is: only what differs is read there and travels.
    Send(DeltaSendArgs),
    /// Answer `holdall delta send` over standard input and output.
    Receive(DeltaReceiveArgs),
}

/// `delta signature`
#[derive(Debug, Args)]
pub(crate) struct SignatureArgs {
    /// The old directory.
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
}

/// `delta make`
#[derive(Debug, Args)]
pub(crate) struct DeltaMakeArgs {
    /// The new directory.
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// The signature of the old one; - for standard input.
    #[arg(value_name = "SIGNATURE")]
    pub(crate) signature: PathBuf,
    /// Read every file, also those of the same size and time.
    #[arg(long)]
    pub(crate) checksum: bool,
    #[command(flatten)]
    pub(crate) confine: SandboxArgs,
}

/// `delta apply`
#[derive(Debug, Args)]
pub(crate) struct DeltaApplyArgs {
    /// The old directory, which becomes the new one.
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// The delta; - for standard input.
    #[arg(value_name = "DELTA")]
    pub(crate) delta: PathBuf,
    #[command(flatten)]
    pub(crate) confine: SandboxArgs,
}

/// `delta send`
#[derive(Debug, Args)]
pub(crate) struct DeltaSendArgs {
    /// The new directory.
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Read every file on both sides, also those of the same size and time.
    #[arg(long)]
    pub(crate) checksum: bool,
    #[command(flatten)]
    pub(crate) confine: SandboxArgs,
    /// What runs the other side, such as `ssh there holdall delta receive DIR`.
    #[arg(value_name = "COMMAND", last = true, required = true)]
    pub(crate) command: Vec<OsString>,
}

/// `delta receive`
#[derive(Debug, Args)]
pub(crate) struct DeltaReceiveArgs {
    /// The old directory, which becomes the new one.
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
    #[command(flatten)]
    pub(crate) confine: SandboxArgs,
}
