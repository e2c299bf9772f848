//! What can go wrong in an operation.

use std::path::PathBuf;

use holdall_tree::{Classified, ErrorKind, PathError, RelPath};

/// Why an operation failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The repository failed.
    #[error(transparent)]
    Repo(#[from] holdall_repo::Error),
    /// A form failed.
    #[error(transparent)]
    Tree(holdall_tree::Error),
    /// The local disk failed.
    #[error(transparent)]
    Disk(#[from] holdall_disk::Error),
    /// A git repository failed.
    #[error(transparent)]
    Git(#[from] holdall_git::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] holdall_store::StoreError),
    /// A pattern or filter is wrong.
    #[error(transparent)]
    Select(#[from] holdall_select::SelectError),
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] crate::config::ConfigError),
    /// A database could not be captured or brought back.
    #[error(transparent)]
    Database(#[from] crate::databases::DatabaseError),
    /// A hook failed, so nothing was done.
    #[error("the hook {name:?} failed, so nothing was done")]
    Hook {
        /// What it is called.
        name: String,
        /// Why.
        #[source]
        source: crate::hooks::HookError,
    },
    /// A path must be absolute here.
    #[error("{} is no absolute path", path.display())]
    PathNotAbsolute {
        /// The path.
        path: PathBuf,
    },
    /// A path is none that a tree can hold.
    #[error("{} is no path that can be captured", path.display())]
    Path {
        /// The path.
        path: PathBuf,
        /// Why.
        #[source]
        source: PathError,
    },
    /// A source has no such entry.
    #[error("there is nothing at {path} in the source")]
    NoEntry {
        /// The path in the source.
        path: RelPath,
    },
    /// There is nothing at a path.
    #[error("there is nothing at {}", path.display())]
    Nothing {
        /// The path.
        path: PathBuf,
    },
    /// The text names no source.
    #[error("{text:?} names no source: {why}")]
    Locator {
        /// As the user wrote it.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// A repository's URL names a store that is not supported.
    #[error("there is no store for {url}")]
    UnknownStore {
        /// The URL, without any password in it.
        url: String,
    },
    /// The password could not be had.
    #[error("cannot get the password: {why}")]
    Password {
        /// What was tried and how it failed.
        why: String,
    },
    /// Nobody can be asked and no password was given.
    #[error("the repository at {location} needs a password and none was given")]
    PasswordNeeded {
        /// The repository.
        location: String,
    },
    /// A sealed file or a key cannot be used.
    #[error("cannot open {name}")]
    Sealed {
        /// What it is called.
        name: String,
        /// Why.
        #[source]
        source: holdall_seal::Error,
    },
    /// Something cannot be sealed or signed.
    #[error("cannot seal or sign {name}")]
    Seal {
        /// What it is called.
        name: String,
        /// Why.
        #[source]
        source: holdall_seal::Error,
    },
    /// Nobody can be asked for the passphrase of a sealed file and none was given.
    #[error("{name} is sealed with a passphrase and none was given")]
    PassphraseNeeded {
        /// What it is called.
        name: String,
    },
    /// A signature beside a file is wrong, or cannot be understood.
    #[error("cannot believe {name}")]
    Signature {
        /// The signature.
        name: String,
        /// Why.
        #[source]
        source: holdall_seal::Error,
    },
    /// A file carries no signature, and it must have one.
    #[error("{name} is not signed, and only what is signed is to be used")]
    Unsigned {
        /// What it is called.
        name: String,
    },
    /// A file is signed by somebody who does not count.
    #[error("{name} is signed with {key}, which does not count: {why}")]
    Untrusted {
        /// What it is called.
        name: String,
        /// The key, in words.
        key: String,
        /// Why it does not count.
        why: String,
    },
    /// A trust file cannot be used.
    #[error("cannot use the trust file {}: {why}", path.display())]
    Trust {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The target is there already and is not empty.
    #[error("{} is there already and is not empty", target.display())]
    TargetExists {
        /// The target.
        target: PathBuf,
    },
    /// A clone is to be made where something is.
    #[error("{} is there already and is not empty", target.display())]
    CloneExists {
        /// Where.
        target: PathBuf,
    },
    /// A limit that the user set would be crossed.
    #[error("{what} is {found}, more than the limit of {limit}")]
    OverLimit {
        /// What is limited.
        what: &'static str,
        /// How much there is.
        found: u64,
        /// How much there may be.
        limit: u64,
    },
    /// There is less room than a restore needs.
    #[error("{} would need {needed} bytes, and there is room for {free}", target.display())]
    NoRoom {
        /// The target.
        target: PathBuf,
        /// What would be written, in bytes.
        needed: u64,
        /// What there is room for, in bytes.
        free: u64,
    },
    /// It took longer than it may.
    #[error("it took longer than the limit of {limit} seconds, and nothing was changed")]
    TooSlow {
        /// The limit.
        limit: u64,
    },
    /// A file of a source could not be read.
    #[error("cannot read {path}")]
    Read {
        /// Its path in the source.
        path: RelPath,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A clone that was just made does not read back.
    #[error("{path} in the new clone {} is not as it was written, so no older clone was removed", clone.display())]
    CloneDiffers {
        /// The clone.
        clone: PathBuf,
        /// The first entry that differs.
        path: RelPath,
    },
    /// A signature or a delta cannot be understood.
    #[error("the signature or delta cannot be used: {0}")]
    Delta(String),
    /// A delta was made against another directory.
    #[error("{} is not what the delta was made against", dir.display())]
    OtherBase {
        /// The directory.
        dir: PathBuf,
    },
    /// The other side of a delta could not take it.
    #[error("the other side did not take the delta: {why}")]
    NotReceived {
        /// What it said.
        why: String,
    },
    /// Something could not be read of a directory of which all is needed.
    #[error("{path} cannot be read, and all of a directory is needed for a signature or delta")]
    Unreadable {
        /// Its path; the root if several could not be listed.
        path: RelPath,
    },
    /// A file of a source was changed while it was read.
    #[error("{path} was changed while it was read")]
    Changed {
        /// Its path in the source.
        path: RelPath,
    },
    /// A source cannot be read as a dump.
    #[error("cannot read {name} as a dump")]
    Dump {
        /// What it is called.
        name: String,
        /// Why.
        #[source]
        source: holdall_dump::Error,
    },
    /// The names of the files alone are too many tokens.
    #[error("the names of the files alone are {found} tokens, more than the limit of {limit}")]
    TokenLimit {
        /// How many they are.
        found: u64,
        /// How many there may be.
        limit: u64,
    },
    /// There are secrets in what was to be shown.
    #[error("{found} secrets were found, and nothing was written")]
    Secrets {
        /// How many.
        found: usize,
    },
    /// Files of a dump are not as they were written.
    #[error("{files} of the files in the dump do not come back")]
    Damaged {
        /// How many.
        files: usize,
    },
    /// What was just written does not read back as what was put into it.
    #[error("what was written does not read back as it should, and was not kept")]
    Unproved {
        /// Why, if it could not be read at all.
        #[source]
        source: Option<Box<Self>>,
    },
    /// What was to be shown could not be written.
    #[error("cannot write the output")]
    Output(#[source] std::io::Error),
    /// The target cannot be looked at.
    #[error("cannot look at {}", target.display())]
    Target {
        /// The target.
        target: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// No restore of this target has left a point.
    #[error("there is no restore point for {}", target.display())]
    NoPoints {
        /// The target.
        target: PathBuf,
    },
    /// What was to be given up cannot be given up here.
    #[error(
        "nothing was read: the system has no {missing}, and the process was to confine itself with it"
    )]
    NoSandbox {
        /// Which layers it does not have.
        missing: String,
    },
    /// The process was to give up what it does not need, and needs all.
    #[error("nothing was read: the process was to confine itself, and cannot: {why}")]
    Unconfined {
        /// What it needs.
        why: String,
    },
    /// The parsers inside WebAssembly cannot be run at all.
    #[error("the parsers of archives inside WebAssembly cannot be run: {why}")]
    Guest {
        /// Why.
        why: String,
    },
    /// The operation makes no sense as asked.
    #[error("{0}")]
    Usage(String),
    /// The operation was refused.
    #[error("{0}")]
    Refused(String),
}

/// The result of an operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<holdall_tree::Error> for Error {
    fn from(error: holdall_tree::Error) -> Self {
        Self::Tree(error)
    }
}

impl Classified for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Repo(error) => error.kind(),
            Self::Tree(error) => error.kind(),
            Self::Disk(error) => error.kind(),
            Self::Git(error) => error.kind(),
            Self::Dump { source, .. } => source.kind(),
            Self::Store(error) => error.kind(),
            Self::Config(error) => error.kind(),
            Self::Database(error) => error.kind(),
            Self::Hook { source: crate::hooks::HookError::Stopped, .. } => ErrorKind::Interrupted,
            Self::Select(_)
            | Self::PathNotAbsolute { .. }
            | Self::Locator { .. }
            | Self::UnknownStore { .. }
            | Self::PasswordNeeded { .. }
            | Self::PassphraseNeeded { .. }
            | Self::Trust { .. }
            | Self::Usage(_) => ErrorKind::Usage,
            Self::Sealed { source, .. } | Self::Seal { source, .. } => sealed(source),
            Self::Signature { .. }
            | Self::Unsigned { .. }
            | Self::Untrusted { .. }
            | Self::TargetExists { .. }
            | Self::CloneExists { .. }
            | Self::OverLimit { .. }
            | Self::Secrets { .. }
            | Self::TokenLimit { .. }
            | Self::Damaged { .. }
            | Self::NoSandbox { .. }
            | Self::Unconfined { .. }
            | Self::NoRoom { .. }
            | Self::TooSlow { .. }
            | Self::Delta(_)
            | Self::OtherBase { .. }
            | Self::Refused(_) => ErrorKind::Refused,
            _ => ErrorKind::Failed,
        }
    }
}

/// What is not as it was sealed is refused, as what is forged is.
fn sealed(error: &holdall_seal::Error) -> ErrorKind {
    use holdall_seal::Error as S;
    match error {
        S::Damaged { .. } | S::Truncated | S::Work { .. } | S::TooMuch { .. } => ErrorKind::Refused,
        S::Recipient { .. }
        | S::VerifyKey { .. }
        | S::SignKey { .. }
        | S::Nobody
        | S::PassphraseText => ErrorKind::Usage,
        _ => ErrorKind::Failed,
    }
}
