//! The flags of commands that write one file, for how it is sealed and signed.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// How what is written is sealed and signed.
#[derive(Debug, Args, Default)]
pub(crate) struct SealArgs {
    /// Seal it: with age, with OpenPGP by the program gpg, or of a zip the contents with AES-256. It is read back before it is
    /// sealed. Without --recipient, age asks for a passphrase, as zip-aes256 does.
    #[arg(long, value_enum, value_name = "HOW")]
    pub(crate) encrypt: Option<EncryptChoice>,
    /// Seal it for the owner of this key: age1..., a file with such lines, or a fingerprint of OpenPGP; may be repeated.
    #[arg(long, value_name = "KEY", requires = "encrypt")]
    pub(crate) recipient: Vec<String>,
    /// Sign it, with the secret key of minisign or SSH in this file, in FILE.minisig or FILE.sig, or with the key that gpg
    /// has for `openpgp:FINGERPRINT`, in FILE.asc.
    #[arg(long, value_name = "KEY")]
    pub(crate) sign: Option<PathBuf>,
}

/// How something is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EncryptChoice {
    /// With age, for keys or with a passphrase.
    Age,
    /// With OpenPGP, for keys that gpg has.
    Gpg,
    /// A zip that 7-Zip and WinZip open with its passphrase.
    #[value(name = "zip-aes256")]
    ZipAes256,
}
