//! Opening a source as a tree.

mod locator;
mod stream;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use holdall_archive::Terms;
use holdall_dump::{Dump, PARTS_MAX};
use holdall_fs::{DirectoryTree, ReadOptions};
use holdall_git::CommitTree;
use holdall_insight::secrets::Vault;
use holdall_repo::{BlobReader, SnapshotFile, SnapshotTree};
use holdall_seal::{Scratch, Sealing};
use holdall_tree::{Context, Entry, Result as TreeResult, Tree};

use crate::archive::Archive;
use crate::beside::{Added, Beside};
use crate::dump::{part_path, siblings};
use crate::error::{Error, Result};
use crate::guest::{self, Guest};
use crate::sealed::{self, Keys, Place, Secrecy};
use crate::trust::{Attested, Trust};
use crate::unpack;

pub use locator::Locator;
pub use stream::Stream;

/// How far a dump is believed that is not as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Belief {
    /// A dump that is not whole is refused.
    #[default]
    Whole,
    /// What is left of it is taken; what nothing proves is named.
    Salvage {
        /// Takes files as they are shown that were changed after the dump was written.
        edited: bool,
    },
}

/// What is wanted of an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    /// All of it: all of it is judged before anything is given.
    #[default]
    Whole,
    /// Some of what it holds.
    Part,
    /// One file.
    File,
    /// Its names, and no contents: no passphrase is asked for.
    Names,
}

/// How a source is read that others may have made.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reading<'f> {
    /// How far a dump is believed.
    pub belief: Belief,
    /// How an archive is judged.
    pub terms: Terms,
    /// What is wanted of an archive.
    pub access: Access,
    /// Files without a name to which it is unpacked. They are made when they are needed, unless whoever asks cannot make
    /// them any more.
    pub spools: Option<&'f Spools>,
    /// What opens it if it is sealed.
    pub keys: Option<&'f Keys<'f>>,
    /// Whose signatures count, and what is used without one.
    pub trust: Option<&'f Trust>,
    /// Parses archives inside WebAssembly; then nothing is taken that is none.
    pub guest: Option<&'f Guest>,
}

impl From<Belief> for Reading<'_> {
    fn from(belief: Belief) -> Self {
        Self { belief, ..Self::default() }
    }
}

/// An open source.
#[derive(Debug)]
pub struct Opened<'r> {
    form: Form<'r>,
    /// What it is, in words.
    pub name: String,
    /// Where it was captured, if it is a snapshot of one path.
    pub origin: Option<PathBuf>,
    /// The snapshot, if it is one.
    pub snapshot: Option<SnapshotFile>,
    /// The signatures beside it, all of which are right.
    pub signed: Vec<Attested>,
}

#[derive(Debug)]
enum Form<'r> {
    Directory(Beside<DirectoryTree>),
    Snapshot(SnapshotTree<'r>),
    Dump(Dump),
    Commit(CommitTree<'r>),
    Archive(Box<Archive>),
}

impl Opened<'_> {
    /// The tree.
    #[must_use]
    pub fn tree(&self) -> &dyn Tree {
        match &self.form {
            Form::Directory(tree) => tree,
            Form::Snapshot(tree) => tree,
            Form::Dump(dump) => dump,
            Form::Commit(tree) => tree,
            Form::Archive(archive) => archive.tree(),
        }
    }

    /// True if it is a directory of this machine.
    #[must_use]
    pub fn is_directory(&self) -> bool {
        matches!(self.form, Form::Directory(_))
    }

    /// Puts files beside what a directory holds.
    ///
    /// # Errors
    /// If the source is no directory, or something is in the way.
    pub fn add(&mut self, ctx: &Context<'_>, added: Vec<Added>) -> Result<()> {
        match &mut self.form {
            Form::Directory(tree) => Ok(tree.add(ctx, added)?),
            _ => Err(Error::Usage("files are added to directories alone".into())),
        }
    }

    /// The dump, if the source is one.
    #[must_use]
    pub fn dump(&self) -> Option<&Dump> {
        if let Form::Dump(dump) = &self.form { Some(dump) } else { None }
    }

    /// True if others may have made it: an archive or a dump.
    #[must_use]
    pub fn may_be_of_others(&self) -> bool {
        matches!(self.form, Form::Dump(_) | Form::Archive(_))
    }

    /// True for an archive that is parsed inside WebAssembly.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        matches!(&self.form, Form::Archive(archive) if matches!(**archive, Archive::Sealed(_)))
    }

    /// The room that these files take up on a disk, in bytes, where that is known without reading them.
    #[must_use]
    pub fn room<'e>(&self, files: impl Iterator<Item = &'e Entry>) -> Option<u64> {
        match &self.form {
            Form::Archive(archive) => Some(files.map(|file| archive.room(file)).sum()),
            Form::Dump(_) => Some(files.map(Entry::size).sum()),
            // What of it are holes is not known.
            Form::Directory(_) | Form::Snapshot(_) | Form::Commit(_) => None,
        }
    }

    /// Puts back the secrets that a dump was written without, as far as the vault has them.
    ///
    /// # Errors
    /// If the dump is broken.
    pub fn fill(&mut self, vault: &Vault) -> Result<()> {
        let Form::Dump(dump) = &mut self.form else { return Ok(()) };
        let fill = |shown: &[u8]| holdall_insight::secrets::restore(shown, Some(vault)).bytes;
        dump.fill(&fill).map_err(|error| Error::Tree(error.into()))
    }

    /// True or false if the contents of two entries are known to be equal or not without reading them.
    #[must_use]
    pub fn same(&self, mine: &Entry, other: &Opened<'_>, theirs: &Entry) -> Option<bool> {
        match (&self.form, &other.form) {
            (Form::Snapshot(a), Form::Snapshot(b)) => a.same(mine, b, theirs),
            _ => None,
        }
    }
}

impl Opened<'_> {
    /// The bytes that these files take up in the repository, what they share counted once; `None` if the source is
    /// not in one.
    #[must_use]
    pub fn stored_bytes<'e>(&self, files: impl Iterator<Item = &'e Entry>) -> Option<u64> {
        match &self.form {
            Form::Directory(_) | Form::Dump(_) | Form::Commit(_) | Form::Archive(_) => None,
            Form::Snapshot(tree) => Some(tree.stored_bytes(files)),
        }
    }
}

/// What sources are read from that do not stand for themselves.
#[derive(Clone, Copy, Default)]
pub struct Homes<'r> {
    /// Reads the configured repository; snapshots need it.
    pub reader: Option<&'r BlobReader<'r>>,
    /// The git repository around the current directory; commits need it.
    pub git: Option<&'r holdall_git::Repository>,
}

/// Files without a name, to which one source may be unpacked, or what is made of it put together.
#[derive(Debug)]
pub struct Spools {
    stream: File,
    contents: File,
}

impl Spools {
    /// Makes them.
    ///
    /// # Errors
    /// If there is no room for them.
    pub fn new() -> std::io::Result<Self> {
        Ok(Self { stream: spool()?, contents: spool()? })
    }

    /// The one that contents go to.
    pub(crate) fn contents(&self) -> std::io::Result<File> {
        self.contents.try_clone()
    }
}

impl Reading<'_> {
    /// Where the bytes of an archive go that come as a stream.
    pub(crate) fn stream_spool(&self) -> std::io::Result<File> {
        self.spools.map_or_else(spool, |made| made.stream.try_clone())
    }

    /// True if contents that are packed together are unpacked before any of them is read: who reads many of them would
    /// unpack all of them again and again.
    pub(crate) fn unpacks_first(&self) -> bool {
        matches!(self.access, Access::Whole | Access::Part)
    }

    /// Where the contents of an archive go that are unpacked before any of them is read.
    pub(crate) fn contents_spool(&self) -> std::io::Result<File> {
        self.spools.map_or_else(spool, Spools::contents)
    }

    /// What opens encrypted contents of the archive of this name. For names alone nobody is asked.
    pub(crate) fn passphrase(&self, name: &str) -> TreeResult<Option<Vec<u8>>> {
        let secret = match self.keys {
            None => None,
            Some(keys) if self.access == Access::Names => keys.given_passphrase(name)?,
            Some(keys) => Some(keys.passphrase(name)?),
        };
        Ok(secret.map(|secret| secret.expose().to_vec()))
    }
}

pub(crate) fn spool() -> std::io::Result<File> {
    tempfile::tempfile()
}

/// Opens a source that is not standard input, which [`read_file`] reads.
///
/// # Errors
/// If there is no such source, or it cannot be read.
pub fn open<'r>(
    ctx: &Context<'_>,
    locator: &Locator,
    homes: Homes<'r>,
    reading: Reading<'_>,
) -> Result<Opened<'r>> {
    match locator {
        Locator::Path(path) if path.is_dir() => {
            let tree = DirectoryTree::open(path, ReadOptions::default())?;
            let form = Form::Directory(Beside::none(tree));
            Ok(Opened {
                form,
                name: path.display().to_string(),
                origin: Some(path.clone()),
                snapshot: None,
                signed: Vec::new(),
            })
        }
        Locator::Path(path) => {
            // A dump that was split is also known by the name that it would have had as one.
            let first = part_path(path, 1);
            match (path.exists(), first.exists()) {
                (true, _) if !path.is_file() => {
                    let missing = || Error::Nothing { path: path.clone() };
                    Stream::at(ctx, path, reading)?.ok_or_else(missing)?.read(ctx, reading)
                }
                (true, _) => open_file(ctx, path, reading),
                (false, true) => open_file(ctx, &first, reading),
                (false, false) => Err(Error::Nothing { path: path.clone() }),
            }
        }
        Locator::Input => {
            Err(Error::Usage("standard input is handed over by whoever owns it".into()))
        }
        Locator::Commit { rev, path } => {
            let Some(git) = homes.git else {
                return Err(Error::Usage(
                    "there is no git repository around this directory".into(),
                ));
            };
            let tree = CommitTree::open(git, rev, path)?;
            let name =
                if path.is_root() { format!("commit {rev}") } else { format!("{path} of {rev}") };
            let signed = Vec::new();
            Ok(Opened { form: Form::Commit(tree), name, origin: None, snapshot: None, signed })
        }
        Locator::Snapshot { wanted, path } => {
            let Some(reader) = homes.reader else {
                return Err(Error::Usage(
                    "a snapshot is read from a repository, and none was opened".into(),
                ));
            };
            let file = reader.repository().find_snapshot(ctx, wanted)?;
            let tree = match SnapshotTree::open(reader, &file)?.at(path) {
                // `@ID:path` may also name the path as it was captured, from the root of the file system on.
                Err(holdall_repo::Error::PathMissing { .. }) => {
                    SnapshotTree::whole(reader, &file).at(path)?
                }
                opened => opened?,
            };
            let origin = match file.snapshot.paths.as_slice() {
                [only] if Path::new(only).is_absolute() => {
                    Some(Path::new(only).join(path.as_path()))
                }
                _ => None,
            };
            let name = if path.is_root() {
                format!("snapshot {}", file.id.short())
            } else {
                format!("{path} of snapshot {}", file.id.short())
            };
            let (form, signed) = (Form::Snapshot(tree), Vec::new());
            Ok(Opened { form, name, origin, snapshot: Some(file), signed })
        }
    }
}

/// Reads the archive or the dump in a file. If it is a part of a dump that was split, the others are read too.
fn open_file<'r>(ctx: &Context<'_>, path: &Path, reading: Reading<'_>) -> Result<Opened<'r>> {
    let read = |path: &Path| {
        let file =
            File::open(path).map_err(|source| Error::Target { target: path.to_owned(), source })?;
        let name = path.display().to_string();
        let ready = sealed::ready(ctx, reading.keys, reading.trust, path, &file)?;
        let opened = if let Some(scratch) = &ready.opened {
            read_hidden(ctx, &name, scratch, reading)
        } else if let Some(archive) =
            Archive::open(ctx, &name, &file, reading).map_err(|unopened| unopened.of(&name))?
        {
            Ok(archived(archive, &name))
        } else {
            read_plain(ctx, &name, &file, (reading, Secrecy::Open))
        };
        ready.still(path, &file)?;
        opened.map(|opened| Opened { signed: ready.signed, ..opened })
    };
    let opened = read(path)?;
    let share = opened.dump().and_then(Dump::share).filter(|_| reading.belief == Belief::Whole);
    let Some(share) = share else { return Ok(opened) };
    let others = siblings(path, share.number).ok_or_else(|| {
        let why = format!(
            "{} is part {} of {}, and its name does not say so, as in NAME.{:03}.md",
            path.display(),
            share.number,
            share.of,
            share.number
        );
        Error::Refused(why)
    })?;
    if share.of > PARTS_MAX {
        let (found, limit) = (u64::from(share.of), u64::from(PARTS_MAX));
        return Err(Error::OverLimit { what: "the number of parts", found, limit });
    }
    let name = opened.name.clone();
    let mut parts = Vec::new();
    for number in 1..=share.of {
        let other = others(number);
        if !other.exists() {
            return Err(Error::Nothing { path: other });
        }
        if let Form::Dump(dump) = read(&other)?.form {
            parts.push(dump);
        }
    }
    let dump = Dump::join(parts).map_err(|source| Error::Dump { name: name.clone(), source })?;
    let signed = opened.signed;
    Ok(Opened { form: Form::Dump(dump), name, origin: None, snapshot: None, signed })
}

fn archived<'r>(archive: Archive, name: &str) -> Opened<'r> {
    let form = Form::Archive(Box::new(archive));
    Opened { form, name: name.to_owned(), origin: None, snapshot: None, signed: Vec::new() }
}

/// Reads an archive or a dump to its end, also a compressed or a sealed one; `name` says where it comes from.
///
/// # Errors
/// If it cannot be read or opened, is larger than the limits allow, is refused, or is neither.
pub fn read_file<'r>(
    ctx: &Context<'_>,
    name: &str,
    read: impl Read + 'static,
    reading: Reading<'_>,
) -> Result<Opened<'r>> {
    Stream::open(ctx, name, read, reading)?.read(ctx, reading)
}

/// Reads what was sealed, compressed or not.
fn read_hidden<'r>(
    ctx: &Context<'_>,
    name: &str,
    scratch: &Arc<Scratch>,
    reading: Reading<'_>,
) -> Result<Opened<'r>> {
    let archive = Archive::at(ctx, name, Place::Hidden(Arc::clone(scratch)), reading);
    if let Some(archive) = archive.map_err(|unopened| unopened.of(name))? {
        return Ok(archived(archive, name));
    }
    let mut opened =
        read_plain(ctx, Sealing::plain_name(name), scratch.reader(), (reading, Secrecy::Hidden))?;
    name.clone_into(&mut opened.name);
    Ok(opened)
}

fn read_plain<'r>(
    ctx: &Context<'_>,
    name: &str,
    mut read: impl Read,
    (reading, secrecy): (Reading<'_>, Secrecy),
) -> Result<Opened<'r>> {
    if let Some(guest) = reading.guest {
        let tree = guest::read(ctx, guest, name, read, (reading, secrecy));
        return Ok(archived(Archive::Sealed(tree.map_err(|unopened| unopened.of(name))?), name));
    }
    let mut first = Vec::new();
    let archive = Archive::read(ctx, name, (reading, secrecy), &mut first, &mut read);
    if let Some(archive) = archive.map_err(|unopened| unopened.of(name))? {
        return Ok(archived(archive, name));
    }
    let unread = |source| Error::Target { target: name.into(), source };
    let bytes = unpack::whole(ctx, name, first.as_slice().chain(read)).map_err(unread)??;
    let dump = match reading.belief {
        Belief::Whole => Dump::read(bytes),
        Belief::Salvage { edited: false } => Dump::salvage(bytes),
        Belief::Salvage { edited: true } => Dump::salvage(bytes).map(Dump::accept_edits),
    };
    let broken = |source| Error::Dump { name: name.to_owned(), source };
    let form = Form::Dump(dump.map_err(broken)?);
    Ok(Opened { form, name: name.to_owned(), origin: None, snapshot: None, signed: Vec::new() })
}
