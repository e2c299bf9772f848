//! Why an archive cannot be read, is refused, or cannot be written.

use std::io;

use holdall_tree::{Classified, ErrorKind, RelPath};

/// The result of an operation on an archive.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an archive cannot be read, is refused, or cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Its bytes cannot be had.
    #[error("cannot read the archive at byte {offset}")]
    Read {
        /// Where.
        offset: u64,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It holds what may be meant to do harm, or what can be read in more than one way.
    #[error("the archive is refused at byte {offset}, entry {number}{}, by {}", named(name), fault.code())]
    Refused {
        /// Where the entry begins.
        offset: u64,
        /// Which entry, counted from 1.
        number: u64,
        /// Its name as it may be shown; empty if it is not known.
        name: String,
        /// What is wrong.
        #[source]
        fault: Fault,
    },
    /// Contents are encrypted and no passphrase was given.
    #[error("the contents of the zip are encrypted with a passphrase, and none was given")]
    PassphraseNeeded,
    /// The passphrase opens nothing.
    #[error("the passphrase does not open the contents of the zip")]
    WrongPassphrase,
    /// A file was changed while it was written to the archive.
    #[error("{path} was changed while it was read: it has {found} bytes and had {expected}")]
    Changed {
        /// Which.
        path: RelPath,
        /// How many bytes it had.
        expected: u64,
        /// How many were read.
        found: u64,
    },
    /// A file cannot be read.
    #[error("cannot read {path}")]
    Content {
        /// Which.
        path: RelPath,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// An entry has something that the format cannot hold.
    #[error("the archive cannot hold {what} of {path}")]
    Unfit {
        /// Which.
        path: RelPath,
        /// What it cannot hold.
        what: &'static str,
    },
    /// An entry is of a kind that the format does not have.
    #[error("{path} is a {kind}, which the archive cannot hold")]
    Unheld {
        /// Which.
        path: RelPath,
        /// The kind.
        kind: &'static str,
    },
    /// A file has the name that is kept for the manifest.
    #[error("{path} has the name that is kept for the manifest of an archive")]
    Reserved {
        /// Which.
        path: RelPath,
    },
    /// The archive cannot be written.
    #[error("cannot write the archive")]
    Write(#[source] io::Error),
    /// It is none of a format that is known.
    #[error("this is no archive of a known format")]
    Unknown,
    /// A parser that runs out of reach does not do what it must: the archive may have taken it over.
    #[error("the archive is refused: the parser that was to read it {what}")]
    Astray {
        /// What it does instead.
        what: String,
    },
}

fn named(name: &str) -> String {
    if name.is_empty() { String::new() } else { format!(" ({name})") }
}

impl Error {
    /// What a reader of a content says that is refused. The kind goes with it: who restores an archive restores all of it
    /// or nothing.
    pub(crate) fn in_content(self) -> std::io::Error {
        std::io::Error::new(std::io::ErrorKind::InvalidData, holdall_tree::Error::from(self))
    }
}

impl Classified for Error {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Refused { .. } | Self::Reserved { .. } | Self::Unknown | Self::Astray { .. } => {
                ErrorKind::Refused
            }
            Self::Read { source, .. } if holdall_codec::Error::of(source).is_some() => {
                ErrorKind::Refused
            }
            Self::Changed { .. }
            | Self::Content { .. }
            | Self::Unfit { .. }
            | Self::Unheld { .. } => ErrorKind::Incomplete,
            Self::PassphraseNeeded => ErrorKind::Usage,
            Self::Read { .. } | Self::Write(_) | Self::WrongPassphrase => ErrorKind::Failed,
        }
    }
}

/// Why an archive is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// A path begins with a slash.
    #[error("its path begins with a slash")]
    PathAbsolute,
    /// A path has a component `..`.
    #[error("its path has a component ..")]
    PathDots,
    /// A name holds a NUL byte.
    #[error("its name holds a NUL byte")]
    NameNul,
    /// A name, or a component of a path, is empty or `.`.
    #[error("its name, or a part of its path, is empty or a single dot")]
    NameEmpty,
    /// A name or a path is too long.
    #[error("its path or a name in it is longer than the limit of {limit} bytes")]
    NameLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// A path is too deep.
    #[error("it is deeper than the limit of {limit} directories")]
    Depth {
        /// The limit.
        limit: usize,
    },
    /// A symbolic link leads out of the tree.
    #[error("it is a symbolic link that leads out of the tree, to {target:?}")]
    LinkEscape {
        /// Where to.
        target: String,
    },
    /// Something lies beneath a symbolic link.
    #[error("it lies beneath a symbolic link")]
    LinkThrough,
    /// The target of a symbolic link is empty, too long, or holds a NUL byte.
    #[error("the target of its link is empty, too long, or holds a NUL byte")]
    LinkTarget,
    /// A hard link to something that is no file of the archive before it.
    #[error("it is a hard link to {target:?}, which is no earlier file of the archive")]
    HardLinkEscape {
        /// Where to.
        target: String,
    },
    /// A name is there twice.
    #[error("its name is there twice")]
    Duplicate,
    /// A name is both a directory and something else.
    #[error("its name, or that of a directory above it, is both a directory and something else")]
    Collide,
    /// The root directory is there twice.
    #[error("the root directory is there twice")]
    RootEntry,
    /// A kind of entry that is not taken from others.
    #[error("it is {what}, which is not taken")]
    Type {
        /// What it is.
        what: String,
    },
    /// A size that no entry of its kind has, or no number.
    #[error("its size is no number, or not one that an entry of its kind can have")]
    Size,
    /// A number that is none, or is beyond what the system has.
    #[error("{what} is no number, or beyond what the system knows")]
    Range {
        /// Which.
        what: &'static str,
    },
    /// A time that is none.
    #[error("its time is no time")]
    Time,
    /// Two sizes that say different things.
    #[error("its header and its extended header give different sizes")]
    PaxSizeConflict,
    /// An extended header that is malformed, or says what it must not.
    #[error("its extended header is not taken: {why}")]
    Pax {
        /// What is wrong.
        why: &'static str,
    },
    /// A map of a sparse file that is malformed.
    #[error("its map of holes is malformed: {why}")]
    Sparse {
        /// What is wrong.
        why: &'static str,
    },
    /// The archive ends early.
    #[error("the archive is cut off")]
    Truncated,
    /// A header has another sum than it says.
    #[error("its header is damaged")]
    Checksum,
    /// A header of no known kind of tar.
    #[error("its header is that of no known format")]
    Magic,
    /// Something follows the end of the archive.
    #[error("something follows the end of the archive")]
    Trailing,
    /// What ends a zip is not there, is there twice, or does not fit the rest.
    #[error("its end does not fit: {why}")]
    ZipEnd {
        /// What is wrong.
        why: &'static str,
    },
    /// Something stands before the first entry.
    #[error("something stands before the first entry")]
    ZipPrefix,
    /// The directory and the entry itself say different things.
    #[error("the directory and the entry itself differ in {what}")]
    ZipMismatch {
        /// In what.
        what: &'static str,
    },
    /// Two entries share bytes.
    #[error("it shares bytes with another entry")]
    ZipOverlap,
    /// Bytes between entries that the directory does not know.
    #[error("the directory does not know what stands before or behind it")]
    ZipHidden,
    /// A zip is encrypted in a way that is not read.
    #[error("it is encrypted {how}")]
    ZipEncrypted {
        /// How.
        how: &'static str,
    },
    /// The encrypted content of a zip is not the one that was written.
    #[error("its content does not have the code that its encryption gave it")]
    ZipCode,
    /// A method of compression that is not known.
    #[error("it is compressed by the unknown method {method}")]
    ZipMethod {
        /// Its number.
        method: u16,
    },
    /// The header of a 7z is malformed, or says what is not known.
    #[error("its header is not taken: {why}")]
    SevenHeader {
        /// What is wrong.
        why: &'static str,
    },
    /// A 7z has bytes that no content is of.
    #[error("there are bytes in it that nothing is told of")]
    SevenHidden,
    /// A 7z, or its header, is encrypted.
    #[error("it is encrypted")]
    SevenEncrypted,
    /// A 7z is compressed by a method that is not read.
    #[error("it is compressed by {method}, which is not read")]
    SevenMethod {
        /// Its name or number.
        method: String,
    },
    /// What stands at the end to find entries by says something else than they do.
    #[error("its index says something else than the archive does")]
    Index,
    /// Extra fields that are malformed.
    #[error("its extra fields are malformed")]
    ZipExtra,
    /// A name that says that it is UTF-8 and is not.
    #[error("its name says that it is UTF-8 and is not")]
    NameEncoding,
    /// A content that is much larger than what is stored.
    #[error("it is more than {limit} times as large as what is stored of it")]
    Ratio {
        /// How many times as large it may be.
        limit: u64,
    },
    /// A content that has another sum than its entry says.
    #[error("its content is damaged")]
    Crc,
    /// A name that another system cannot hold, where that is refused.
    #[error("its name is not one of every system: {why}")]
    NamePortable {
        /// What is wrong with it.
        why: &'static str,
    },
    /// Two names that another system takes for each other, where that is refused.
    #[error("another system takes its name for that of {other:?}")]
    Alike {
        /// The other one.
        other: String,
    },
    /// A name that version control runs or obeys, where that is refused.
    #[error("its name is one of version control")]
    Vcs,
    /// It would run as somebody else, where that is refused.
    #[error("it is to run with the rights of its owner or group")]
    SetId,
    /// It is an archive of two formats at once.
    #[error("it begins as a tar and ends as a zip")]
    Ambiguous,
    /// The manifest is malformed, or says something else than the archive does.
    #[error("the archive and its manifest do not fit: {why}")]
    Manifest {
        /// What is wrong.
        why: &'static str,
    },
    /// What a parser found that runs where it cannot hand over more than words.
    #[error("{words}")]
    Relayed {
        /// The stable code.
        code: String,
        /// What is wrong.
        words: String,
    },
    /// There is more than the limits allow.
    #[error("there are more than {limit} {what}, the limit for an archive")]
    Limit {
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
}

impl Fault {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Relayed { code, .. } => code,
            Self::PathAbsolute => "E_PATH_ABS",
            Self::PathDots => "E_PATH_DOTDOT",
            Self::NameNul => "E_NAME_NUL",
            Self::NameEmpty => "E_NAME_EMPTY",
            Self::NameLong { .. } => "E_NAME_LEN",
            Self::Depth { .. } => "E_DEPTH",
            Self::LinkEscape { .. } => "E_LINK_ESCAPE",
            Self::LinkThrough => "E_LINK_THROUGH",
            Self::LinkTarget => "E_LINK_TARGET",
            Self::HardLinkEscape { .. } => "E_HARDLINK_ESCAPE",
            Self::Duplicate => "E_DUP",
            Self::Collide | Self::Alike { .. } => "E_COLLIDE",
            Self::NamePortable { .. } => "E_NAME_PORTABLE",
            Self::Vcs => "E_VCS",
            Self::SetId => "E_SET_ID",
            Self::Ambiguous => "E_FORMAT_AMBIGUOUS",
            Self::RootEntry => "E_ROOT_ENTRY",
            Self::Type { .. } => "E_TYPE",
            Self::Size => "E_SIZE",
            Self::Range { .. } => "E_RANGE",
            Self::Time => "E_TIME",
            Self::PaxSizeConflict => "E_PAX_SIZE_CONFLICT",
            Self::Pax { .. } => "E_PAX",
            Self::Sparse { .. } => "E_SPARSE",
            Self::Truncated => "E_TRUNC",
            Self::Checksum => "E_CKSUM",
            Self::Magic => "E_MAGIC",
            Self::Trailing => "E_TRAILING",
            Self::ZipEnd { .. } => "E_ZIP_EOCD",
            Self::ZipPrefix => "E_ZIP_PREFIX",
            Self::ZipMismatch { .. } => "E_ZIP_MISMATCH",
            Self::ZipOverlap => "E_ZIP_OVERLAP",
            Self::ZipHidden => "E_ZIP_HIDDEN",
            Self::ZipEncrypted { .. } => "E_ZIP_ENC",
            Self::ZipCode => "E_ZIP_CODE",
            Self::ZipMethod { .. } => "E_ZIP_METHOD",
            Self::ZipExtra => "E_ZIP_EXTRA",
            Self::SevenHeader { .. } => "E_7Z_HEADER",
            Self::SevenHidden => "E_7Z_HIDDEN",
            Self::SevenEncrypted => "E_7Z_ENC",
            Self::SevenMethod { .. } => "E_7Z_METHOD",
            Self::Index => "E_INDEX",
            Self::NameEncoding => "E_NAME_ENC",
            Self::Ratio { .. } => "E_RATIO",
            Self::Crc => "E_CRC",
            Self::Manifest { .. } => "E_MANIFEST",
            Self::Limit { what: "entries", .. } => "E_LIMIT_ENTRIES",
            Self::Limit { .. } => "E_LIMIT_BYTES",
        }
    }
}
