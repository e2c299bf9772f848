//! The codes of errors: a stable word for each kind of trouble, what it means, and what to try.
//!
//! Scripts and pages rely on the words, so one is never given another meaning. `docs/errors.md` lists them.

mod archived;
mod databases;
mod forms;
mod mounted;
mod sealed;

use std::error::Error as StdError;

use holdall::config::ConfigError;
use holdall::disk::Error as DiskError;
use holdall::fs::clone::CloneError;
use holdall::fs::restore::RestoreError;
use holdall::hooks::HookError;
use holdall::repo::Error as RepoError;
use holdall::select::{Origin, SelectError};
use holdall::store::{Cause, StoreError};
use holdall::tree::ErrorKind;

/// What can be done about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Advice {
    /// It is printed with the error.
    Hint(&'static str),
    /// The error says enough of itself; only the documentation has it.
    Page(&'static str),
}

macro_rules! codes {
    ($($variant:ident $word:literal: $meaning:literal, $advice:expr;)*) => {
        /// What kind of trouble an error is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Code { $(#[doc = $meaning] $variant,)* }

        impl Code {
            /// All codes, in the order of the documentation.
            #[cfg(test)]
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word itself, which never changes.
            pub(crate) fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// What it means.
            #[cfg(test)]
            pub(crate) fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }

            /// What to do.
            pub(crate) fn advice(self) -> Advice {
                match self { $(Self::$variant => $advice,)* }
            }
        }
    };
}

use Advice::{Hint, Page};

// Only here is it known what flags are called.
codes! {
    Usage "usage": "The command line cannot be understood, or asks for what makes no sense.",
        Page("the message says what was expected; `holdall --help` shows commands and flags");
    Unanswered "unanswered": "Something has to be confirmed, and nobody can be asked.",
        Hint("answer with --yes");
    NoTerminal "no-terminal": "The command draws on a terminal, and there is none, or JSON was asked for.",
        Hint("`holdall ls`, `find`, `cat` and `stats` print what it shows, and `holdall dump` writes");
    Interrupted "interrupted": "It was stopped by Ctrl-C or a signal.",
        Page("nothing was left half done; run it again");
    Output "output": "What was to be shown could not be written.",
        Page("look at where the output goes");
    ConfigFile "config-file": "A configuration file cannot be used.",
        Page("the message says what is wrong with the file");
    ConfigSyntax "config-syntax": "A configuration file is no TOML.",
        Page("the message has the line and column");
    ConfigUnknown "config-unknown": "A section or key of a configuration is unknown.",
        Page("the message has the place and what may have been meant; `holdall config schema` has all keys");
    ConfigValue "config-value": "A setting has a value that it cannot have.",
        Page("the message has the place and what was expected");
    ConfigUntrusted "config-untrusted": "A project's file sets what only its user may, because it could run any command or overwrite any file.",
        Page("set it in your own file, in the environment or by a flag");
    ConfigPassword "config-password": "A password stands in a configuration file.",
        Page("write it to a file of its own and name that with password-file");
    ConfigProfile "config-profile": "There is no profile of that name.",
        Page("the message has the names of those there are");
    Pattern "pattern": "A pattern is broken.",
        Hint("patterns are in gitignore syntax; `holdall explain PATH` shows what decides");
    Expression "expression": "A regular expression or a word of a filter is broken, or two filters exclude each other.",
        Page("the message shows where");
    Source "source": "A source cannot be understood.",
        Hint("a source is @latest, @ID, @ID:path, git:REF, git:REF:path, a directory, a dump, or - for standard input");
    NoFile "no-file": "There is no such file or directory.",
        Page("look at how it is written, and at where you are");
    Path "path": "A path is one that no tree can hold.",
        Page("the message says what is wrong with it");
    NoEntry "no-entry": "A source has no such entry.",
        Hint("`holdall ls SOURCE` shows what a source holds");
    NoRepository "no-repository": "There is no repository at that place.",
        Hint("make it with `holdall repo init`, or name another one with -r DIR");
    RepositoryExists "repository-exists": "There is a repository already.",
        Hint("use it as it is, or name another directory with -r DIR");
    UnknownStore "unknown-store": "The URL of a repository is of a kind that is not known.",
        Hint("a repository is a local directory: -r DIR");
    Store "store": "The place of a repository does not do what it must.",
        Page("the message has its reason");
    PasswordNeeded "password-needed": "No password was given, and nobody can be asked; or it cannot be had as asked.",
        Hint("give it with --password-file, --password-command or HOLDALL_PASSWORD");
    WrongPassword "wrong-password": "The password opens no key of the repository.",
        Hint("check --password-file, --password-command or HOLDALL_PASSWORD");
    PassphraseNeeded "passphrase-needed": "A file is sealed with a passphrase, and none was given.",
        Hint("give it with --passphrase-file, --passphrase-command or HOLDALL_PASSPHRASE");
    WrongPassphrase "wrong-passphrase": "The passphrase does not open the file.",
        Hint("check --passphrase-file, --passphrase-command or HOLDALL_PASSPHRASE");
    NoKey "no-key": "None of the keys opens a sealed file, or a key file holds no keys.",
        Hint("name the file of the key that it was sealed for with --identity FILE");
    SealBroken "seal-broken": "A sealed file is cut off, damaged or forged.",
        Page("get it again; nothing of it was used");
    SealUnknown "seal-unknown": "A file is sealed in a way that is not known here, or would be costly to open.",
        Page("open it with the program that sealed it, if you trust whoever sent it");
    Gpg "gpg": "The program gpg is missing or failed.",
        Page("install gpg, and try there what the message says");
    Recipient "recipient": "Nobody can be sealed for by what was given.",
        Page("the message says what is wrong; a recipient of age begins with age1, one of OpenPGP is a fingerprint");
    Signature "signature": "A signature beside a file is wrong or cannot be understood.",
        Page("the file or its signature was changed or forged: get both again from where they come from");
    Unsigned "unsigned": "A file is not signed, or not by anybody who counts, and the settings ask for that.",
        Hint("`holdall verify FILE` says who signed it; --trust-file FILE names the file of those who count");
    TrustFile "trust-file": "The file that says whose signatures count cannot be used.",
        Page("the message says what is wrong with it");
    SignKey "sign-key": "A key cannot sign.",
        Page("the message says why; keys of minisign, of SSH and of OpenPGP sign");
    Locked "locked": "Another run holds the repository.",
        Hint("wait for the other run, with --lock-wait 10m if you like; if it is gone for good, `holdall repo unlock`");
    LockLost "lock-lost": "The lock was lost while the run lasted, so that it could not go on safely.",
        Page("see that the machine does not sleep meanwhile and that nobody unlocks; run it again");
    NoSnapshot "no-snapshot": "There is no such snapshot.",
        Hint("`holdall snapshots` lists what there is");
    AmbiguousId "ambiguous-id": "Several snapshots have an ID that begins so.",
        Hint("write more digits of the ID");
    KeepsNone "keeps-none": "The rules would forget all snapshots of a group.",
        Hint("allow it with --allow-empty");
    OldVersion "old-version": "The repository is of version 1, which is only read.",
        Hint("make a new repository with `holdall repo init`; old snapshots stay readable here");
    Damaged "damaged": "Something in the repository is missing, or not as it was stored.",
        Hint("run `holdall repo check --read-data` to see what else is damaged");
    FaultyMachine "faulty-machine": "What was just written does not read back: memory, processor or disk fail.",
        Hint("do not trust this machine with backups until its memory is tested");
    TargetExists "target-exists": "The target of a restore is there and not empty.",
        Hint("choose another directory, or merge with --overwrite changed; what is replaced is kept and `holdall rollback` brings it back");
    CloneExists "clone-exists": "A clone is to be made where something is.",
        Hint("choose another directory; --incremental makes a clone beside those in it, --delete makes it exactly the source");
    TargetUnfit "target-unfit": "The target of a restore is not a directory that can be exchanged.",
        Hint("restore to another directory with --to DIR");
    TargetMounts "target-mounts": "A file system is mounted within the target of a restore.",
        Hint("unmount it first, or restore to another directory with --to DIR");
    TargetChanged "target-changed": "The target was replaced while the restore was planned.",
        Hint("run the restore again");
    TargetLocked "target-locked": "Another restore or clone to this target is running.",
        Hint("wait until it has ended");
    NoSandbox "no-sandbox": "A command was to confine itself, and cannot.",
        Hint("with --sandbox auto it is done as far as it can be");
    NoExchange "no-exchange": "The file system cannot exchange two directories in one step.",
        Hint("restore to a directory on another file system with --to DIR");
    Mismatch "mismatch": "What was written does not read back.",
        Hint("check the disk, or restore to another one with --to DIR");
    NoPoint "no-point": "There is no such restore point.",
        Hint("`holdall rollback --list --target DIR` shows the points of a directory that was restored");
    StateDamaged "state-damaged": "What a restore noted beside its target cannot be understood.",
        Page("the message names the file; the points beside it hold what was replaced, as plain directories");
    Apart "apart": "A clone would lie in what is cloned, or would replace it.",
        Hint("choose a directory beside what is cloned");
    RecordDamaged "record-damaged": "What was written down of a clone is damaged.",
        Page("the message names the file; the clone itself is a plain directory, and `holdall clone` makes another one of it");
    OverLimit "over-limit": "There is more than a limit allows.",
        Hint("`holdall config show` lists the limits, and --set KEY=VALUE raises one");
    RestoreLimit "restore-limit": "A restore would write more, or take longer, than its limits allow.",
        Hint("look at it with --preview, then raise the limit; `holdall restore --help` has a flag for each, such as --max-bytes");
    TokenLimit "token-limit": "The names of the files alone are more tokens than --max-tokens allows.",
        Hint("raise --max-tokens, or leave files out with --exclude");
    Secrets "secrets": "There are secrets in what was to be written.",
        Hint("--secrets redact takes them out, --secrets report writes them all the same; a comment holdall:allow or --baseline FILE accepts what is none");
    FileChanged "file-changed": "A file was changed while it was read.",
        Hint("run it again when nobody writes to the file, or leave it out with --exclude");
    WatchGone "watch-gone": "A directory that was watched is not there any more.",
        Page("the message has its name; the last dump of it is whole");
    NoDump "no-dump": "A file is no dump that is known, or is of a later version.",
        Page("name a dump, or read it with the program that wrote it");
    DumpDamaged "dump-damaged": "A dump is cut off, was changed, or does not give back what was written.",
        Hint("`holdall restore --partial` brings back what is whole; --partial --edited takes the rest as it is shown");
    ArchiveRefused "archive-refused": "An archive holds what leads out of it, what is too much, or what can be read in two ways.",
        Hint("nothing was written; if you made this archive yourself, --trust own takes what only leads out of it; docs/archives.md lists the codes");
    NoArchive "no-archive": "Only archives are parsed inside WebAssembly, and this is none.",
        Hint("what is no archive is read with --sandbox auto, or require");
    ParserAstray "parser-astray": "The parser of an archive, inside WebAssembly, did what it must not: the archive may have taken it over.",
        Page("nothing of the archive was written; do not read it without --sandbox wasm");
    ReservedName "reserved-name": "A file has the name that is kept for the manifest of an archive.",
        Hint("leave it out with --exclude /.holdall-manifest; it is a list of the files of an archive that was unpacked");
    PackedDamaged "packed-damaged": "A compressed file is cut off, was changed, or is followed by something else.",
        Page("get the file again from where it came");
    DeltaRefused "delta-refused": "A signature or a delta is damaged, or was made against something else.",
        Hint("nothing was changed; make a new signature with `holdall delta signature`");
    NotReceived "not-received": "The other side of `holdall delta send` ended, or could not take what was sent.",
        Page("nothing was changed there; the message has what it said");
    Hook "hook": "A hook failed before anything was done, so nothing was done.",
        Hint("what it said is above; on-failure = \"warn\" lets the run go on, and --no-hooks runs none");
    Database "database": "A database could not be captured or brought back.",
        Hint("the message has what its program said; a database that is not there yet must be made first");
    DatabaseNotEmpty "database-not-empty": "There is something already in the database that another was to be brought back into.",
        Hint("name another one with --database NAME=TARGET, or feed it all the same with --overwrite always");
    NoDatabase "no-database": "No database of that name is configured.",
        Page("databases are tables named [[database]] in your own configuration");
    NoGit "no-git": "There is no git repository, or no such revision or directory in it.",
        Page("look at where you are and at how the revision is written");
    Git "git": "A git repository cannot be read.",
        Hint("`git fsck` shows what is wrong with it");
    MountUnfit "mount-unfit": "There is no empty directory to mount on.",
        Hint("name a directory that is there and empty; `mkdir DIR` makes one");
    MountDead "mount-dead": "Something is mounted there whose program is gone.",
        Hint("take it away with `fusermount3 -u DIR`, or as root with `umount DIR`");
    NoFuse "no-fuse": "The system mounts nothing by FUSE, or not for this user.",
        Hint("see that /dev/fuse is there and may be opened (`modprobe fuse`), and install fuse3; `holdall ls`, `cat` and `restore` do without");
    LinkInTheWay "link-in-the-way": "A symbolic link lies where it would lead out of the directory that is worked in.",
        Page("remove the link, or name the directory that it leads to");
    Refused "refused": "It would lose data, or is not safe.",
        Page("the message says why");
    NoSpace "no-space": "The disk or a quota is full.",
        Hint("make room, then run it again; what was written so far is not seen and is cleared away");
    Permission "permission": "The system does not permit it.",
        Hint("run it as a user who may do this");
    ReadOnly "read-only": "The file system can only be read.",
        Hint("the file system can only be read; choose another place");
    System "system": "The system failed for another reason.",
        Page("the message has its reason");
    Failed "failed": "It failed for a reason that has no code of its own.",
        Page("the message has its reason");
}

impl Code {
    /// The code of an error: its own, or that of the first of its causes that has one.
    pub(crate) fn of(error: &(dyn StdError + 'static)) -> Self {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(code) = own(error) {
                return code;
            }
            next = error.source();
        }
        Self::Failed
    }

    /// What to try, where it is printed.
    pub(crate) fn hint(self) -> Option<&'static str> {
        match self.advice() {
            Hint(text) => Some(text),
            Page(_) => None,
        }
    }
}

/// The code of an error by itself, without its causes.
fn own(error: &(dyn StdError + 'static)) -> Option<Code> {
    if let Some(error) = error.downcast_ref() {
        operation(error)
    } else if let Some(error) = error.downcast_ref() {
        repository(error)
    } else if let Some(error) = error.downcast_ref() {
        restore(error)
    } else if let Some(error) = error.downcast_ref() {
        clone(error)
    } else if let Some(error) = error.downcast_ref() {
        disk(error)
    } else if let Some(error) = error.downcast_ref() {
        store(error)
    } else if let Some(error) = error.downcast_ref() {
        select(error)
    } else if let Some(error) = error.downcast_ref() {
        config(error)
    } else if let Some(error) = error.downcast_ref() {
        tree(error)
    } else if let Some(error) = error.downcast_ref() {
        forms::dump(error)
    } else if let Some(error) = error.downcast_ref() {
        forms::git(error)
    } else if let Some(error) = error.downcast_ref() {
        archived::archive(error)
    } else if let Some(error) = error.downcast_ref() {
        mounted::mount(error)
    } else if let Some(error) = error.downcast_ref() {
        Some(archived::packed(error))
    } else if let Some(error) = error.downcast_ref() {
        Some(databases::database(error))
    } else if let Some(error) = error.downcast_ref() {
        sealed::sealed(error)
    } else if error.is::<holdall::tree::LimitError>() {
        Some(Code::OverLimit)
    } else {
        error.downcast_ref().and_then(system)
    }
}

fn operation(error: &holdall::Error) -> Option<Code> {
    use holdall::Error as E;
    Some(match error {
        E::Repo(error) => return own(error),
        E::Tree(error) => return own(error),
        E::Disk(error) => return own(error),
        E::Store(error) => return own(error),
        E::Select(error) => return own(error),
        E::Config(error) => return own(error),
        E::Git(error) => return own(error),
        E::Database(error) => databases::database(error),
        E::Hook { source: HookError::Stopped, .. } => Code::Interrupted,
        E::Hook { .. } => Code::Hook,
        E::Dump { source, .. } => return own(source),
        E::TokenLimit { .. } => Code::TokenLimit,
        E::Secrets { .. } => Code::Secrets,
        E::Changed { .. } => Code::FileChanged,
        E::Damaged { .. } => Code::DumpDamaged,
        E::Unproved { .. } => Code::FaultyMachine,
        E::CloneDiffers { .. } => Code::Mismatch,
        E::Delta(_) | E::OtherBase { .. } => Code::DeltaRefused,
        E::NotReceived { .. } => Code::NotReceived,
        E::PathNotAbsolute { .. } | E::Path { .. } => Code::Path,
        E::Nothing { .. } => Code::NoFile,
        E::NoEntry { .. } => Code::NoEntry,
        E::Locator { .. } => Code::Source,
        E::UnknownStore { .. } => Code::UnknownStore,
        E::Sealed { source, .. } | E::Seal { source, .. } => return own(source),
        E::Signature { .. } => Code::Signature,
        E::Unsigned { .. } | E::Untrusted { .. } => Code::Unsigned,
        E::Trust { .. } => Code::TrustFile,
        E::PassphraseNeeded { .. } => Code::PassphraseNeeded,
        E::Password { .. } | E::PasswordNeeded { .. } => Code::PasswordNeeded,
        E::TargetExists { .. } => Code::TargetExists,
        E::CloneExists { .. } => Code::CloneExists,
        E::OverLimit { .. } => Code::RestoreLimit,
        E::NoSandbox { .. } | E::Unconfined { .. } => Code::NoSandbox,
        E::NoRoom { .. } => Code::NoSpace,
        E::TooSlow { .. } => Code::RestoreLimit,
        E::Output(_) => Code::Output,
        E::NoPoints { .. } => Code::NoPoint,
        E::Usage(_) => Code::Usage,
        E::Refused(_) => Code::Refused,
        E::Read { .. } | E::Target { .. } | E::Unreadable { .. } | E::Guest { .. } => return None,
    })
}

fn repository(error: &RepoError) -> Option<Code> {
    use RepoError as R;
    Some(match error {
        R::Store(error) => return own(error),
        R::Tree(error) => return own(error),
        R::NoRepository { .. } => Code::NoRepository,
        R::RepositoryExists { .. } => Code::RepositoryExists,
        R::WrongPassword { .. } => Code::WrongPassword,
        R::Object { .. }
        | R::ObjectMissing { .. }
        | R::BlobMissing { .. }
        | R::BlobDamaged { .. } => Code::Damaged,
        R::SelfCheck => Code::FaultyMachine,
        R::PathMissing { .. } => Code::NoEntry,
        R::SnapshotMissing { .. } => Code::NoSnapshot,
        R::SnapshotAmbiguous { .. } => Code::AmbiguousId,
        R::Locked { .. } => Code::Locked,
        R::ReadOnlyVersion => Code::OldVersion,
        R::LockLost => Code::LockLost,
        R::KeepsNone { .. } => Code::KeepsNone,
        R::Refused(_) => Code::Refused,
        R::Random(_) | R::Compression(_) => Code::System,
    })
}

fn restore(error: &RestoreError) -> Option<Code> {
    use RestoreError as F;
    Some(match error {
        F::NotADirectory { .. } | F::NoParent { .. } | F::MountPoint { .. } => Code::TargetUnfit,
        F::MountWithin { .. } => Code::TargetMounts,
        F::Changed { .. } => Code::TargetChanged,
        F::Mismatch { .. } => Code::Mismatch,
        F::PointMissing { .. } => Code::NoPoint,
        F::State { .. } => Code::StateDamaged,
        F::Lost { .. } | F::PointIncomplete { .. } | F::Metadata { .. } | F::Create { .. } => {
            return None;
        }
    })
}

fn clone(error: &CloneError) -> Option<Code> {
    match error {
        CloneError::WithinSource { .. } | CloneError::WithinTarget { .. } => Some(Code::Apart),
        CloneError::Record { .. } => Some(Code::RecordDamaged),
        CloneError::Unreadable { .. } => None,
    }
}

fn disk(error: &DiskError) -> Option<Code> {
    match error {
        DiskError::Escapes { .. } => Some(Code::LinkInTheWay),
        DiskError::Locked { .. } => Some(Code::TargetLocked),
        DiskError::Gone { .. } => Some(Code::WatchGone),
        DiskError::NotExchangeable { .. } => Some(Code::NoExchange),
        DiskError::Name { .. } => Some(Code::Path),
        _ => None,
    }
}

fn store(error: &StoreError) -> Option<Code> {
    match &error.cause {
        Cause::Exists | Cause::Key => Some(Code::Store),
        Cause::Short { .. } => Some(Code::Damaged),
        Cause::Io(error) => own(error),
        Cause::Disk(error) => own(error),
    }
}

fn select(error: &SelectError) -> Option<Code> {
    match error {
        // Of these two it is not said in which language patterns are.
        SelectError::Pattern { origin: Origin::Flag("--regex" | "--contains"), .. }
        | SelectError::Kind { .. }
        | SelectError::Contradiction { .. } => Some(Code::Expression),
        SelectError::Pattern { .. } => Some(Code::Pattern),
        SelectError::TooLarge { .. } => Some(Code::OverLimit),
        SelectError::Missing { .. } => Some(Code::NoFile),
        SelectError::Read { .. } => None,
    }
}

fn config(error: &ConfigError) -> Option<Code> {
    use ConfigError as C;
    Some(match error {
        C::Read { .. } | C::File { .. } => Code::ConfigFile,
        C::Syntax { .. } => Code::ConfigSyntax,
        C::Unknown { .. } => Code::ConfigUnknown,
        C::Value { .. } | C::Variable { .. } | C::Set { .. } | C::TwoPasswords { .. } => {
            Code::ConfigValue
        }
        C::Untrusted { .. } | C::Outside { .. } => Code::ConfigUntrusted,
        C::Password { .. } => Code::ConfigPassword,
        C::Profile { .. } => Code::ConfigProfile,
    })
}

/// An error that crossed from one form to another: what it was before, or else its kind.
fn tree(error: &holdall::tree::Error) -> Option<Code> {
    own(error.get_ref()).or(match error.kind() {
        ErrorKind::Interrupted => Some(Code::Interrupted),
        ErrorKind::Usage => Some(Code::Usage),
        ErrorKind::Refused => Some(Code::Refused),
        ErrorKind::Locked => Some(Code::Locked),
        ErrorKind::Failed | ErrorKind::Incomplete => None,
    })
}

fn system(error: &std::io::Error) -> Option<Code> {
    use std::io::ErrorKind as K;
    if let Some(inner) = error.get_ref() {
        // Its own source is that of the error inside, which would be passed over.
        return own(inner);
    }
    Some(match error.kind() {
        K::StorageFull | K::QuotaExceeded => Code::NoSpace,
        K::PermissionDenied => Code::Permission,
        K::ReadOnlyFilesystem => Code::ReadOnly,
        _ => Code::System,
    })
}

#[cfg(test)]
mod tests;
