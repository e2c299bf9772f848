//! Sources that are sealed: told by how they begin, opened with the keys of the user, and proved to their last byte before
//! anything in them is looked at.
//!
//! What comes out goes to a file without a name that is encrypted with a key of its own, so that nothing plain is ever
//! on a disk but what is restored.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use holdall_archive::{Bytes, FileBytes, Format};
use holdall_repo::Secret;
use holdall_seal::{AgeFile, Gpg, Identity, Opener, Scratch, Sealing};
use holdall_tree::{Classified, Context, ErrorKind, ReadAt};

use crate::access::{Ask, PasswordSource};
use crate::dump::parts_of;
use crate::error::{Error, Result};
pub(crate) use crate::spool::{Secrecy, Spool};
use crate::trust::{Attested, Trust};

/// Bytes between two looks at the limits and at the user.
const PIECE: u64 = 1 << 20;
/// The longest key file, in bytes.
const KEY_FILE_BYTES_MAX: u64 = 1 << 20;

/// What opens sealed sources. Nothing is read and nobody is asked before something needs it.
pub struct Keys<'k> {
    identities: Vec<PathBuf>,
    passphrase: PasswordSource,
    ask: &'k dyn Ask,
    gpg: Option<Gpg>,
    read: OnceCell<Vec<Identity>>,
    known: OnceCell<Secret>,
    ready: RefCell<BTreeMap<PathBuf, Ready>>,
}

impl fmt::Debug for Keys<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("identities", &self.identities).finish_non_exhaustive()
    }
}

impl<'k> Keys<'k> {
    /// Key files of age, each with identities in lines or sealed itself with a passphrase, and where a passphrase comes
    /// from.
    #[must_use]
    pub fn new(identities: Vec<PathBuf>, passphrase: PasswordSource, ask: &'k dyn Ask) -> Self {
        Self {
            identities,
            passphrase,
            ask,
            gpg: None,
            read: OnceCell::new(),
            known: OnceCell::new(),
            ready: RefCell::default(),
        }
    }

    /// With the program that opens what is sealed with OpenPGP.
    #[must_use]
    pub fn with_gpg(self, gpg: Option<Gpg>) -> Self {
        Self { gpg, ..self }
    }

    /// The passphrase, if it can be had without asking anybody: the agent of OpenPGP asks for itself.
    pub(crate) fn given_passphrase(&self, name: &str) -> Result<Option<&Secret>> {
        match self.passphrase {
            PasswordSource::Ask => Ok(None),
            _ => self.passphrase(name).map(Some),
        }
    }

    /// The passphrase for what has this name.
    pub(crate) fn passphrase(&self, name: &str) -> Result<&Secret> {
        if let Some(known) = self.known.get() {
            return Ok(known);
        }
        let secret = self.passphrase.secret(|| self.ask.passphrase(name))?;
        Ok(self.known.get_or_init(|| secret))
    }

    fn identities(&self) -> Result<&[Identity]> {
        if let Some(read) = self.read.get() {
            return Ok(read);
        }
        let mut all = Vec::new();
        for path in &self.identities {
            all.extend(self.key_file(path)?);
        }
        Ok(self.read.get_or_init(|| all))
    }

    fn key_file(&self, path: &Path) -> Result<Vec<Identity>> {
        let name = path.display().to_string();
        let unread = |source| Error::Target { target: path.to_owned(), source };
        let mut bytes = zeroize::Zeroizing::new(Vec::new());
        let file = File::open(path).map_err(unread)?;
        file.take(KEY_FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unread)?;
        if bytes.len() as u64 > KEY_FILE_BYTES_MAX {
            let (found, limit) = (bytes.len() as u64, KEY_FILE_BYTES_MAX);
            return Err(Error::OverLimit { what: "the size of a key file", found, limit });
        }
        let of = |source| Error::Sealed { name: name.clone(), source };
        if Sealing::detect(&bytes).is_none() {
            return holdall_seal::identities(&bytes).map_err(of);
        }
        let sealed = AgeFile::read(bytes.as_slice()).map_err(of)?;
        let opener = Opener::Passphrase(self.passphrase(&name)?.expose());
        let mut plain = zeroize::Zeroizing::new(Vec::new());
        let reader = sealed.open(opener).map_err(of)?;
        let read = reader.take(KEY_FILE_BYTES_MAX).read_to_end(&mut plain);
        read.map_err(|error| of(seal_error(error)))?;
        holdall_seal::identities(&plain).map_err(of)
    }

    /// Checks the signatures of the file at `path`, and of the other parts if it is one of a dump, and opens what is sealed, so that
    /// [`open`](crate::source::open) finds that done: it may run where no key, no program and nobody can be reached.
    ///
    /// # Errors
    /// If a signature is wrong, or it is sealed and cannot be opened.
    pub fn prepare(&self, ctx: &Context<'_>, trust: Option<&Trust>, path: &Path) -> Result<()> {
        for (number, part) in parts_of(path).iter().enumerate() {
            let Some(file) = part.is_file().then(|| File::open(part).ok()).flatten() else {
                continue;
            };
            match find(ctx, Some(self), trust, part, &file) {
                Ok(ready) => {
                    self.ready.borrow_mut().insert(part.clone(), ready);
                }
                Err(error) if number == 0 || error.kind() == ErrorKind::Interrupted => {
                    return Err(error);
                }
                // What only has such a name may be another's; what is a part is refused when it is read.
                Err(_) => {}
            }
        }
        Ok(())
    }

    /// Fetches the passphrase, if that can be done without asking anybody, for a zip at `path` or for a stream: whether one
    /// is needed is known only when it is read, which may be where no file and no program can be reached. True if somebody
    /// may have to be asked.
    ///
    /// # Errors
    /// If a passphrase was promised and cannot be had.
    pub fn fetch(&self, name: &str, path: Option<&Path>) -> Result<bool> {
        let may_be_zip = path.is_none_or(|path| begins_as_zip(path).unwrap_or(false));
        Ok(may_be_zip && self.given_passphrase(name)?.is_none())
    }
}

fn begins_as_zip(path: &Path) -> io::Result<bool> {
    let mut first = [0; Format::MAGIC_BYTES];
    let read = File::open(path)?.read_at(&mut first, 0)?;
    Ok(Format::detect(first.get(..read).unwrap_or_default()) == Some(Format::Zip))
}

/// What is found out of a file before it is read.
#[derive(Clone)]
pub(crate) struct Ready {
    looks: Looks,
    /// The signatures beside it.
    pub(crate) signed: Vec<Attested>,
    /// What was sealed, if it is.
    pub(crate) opened: Option<Arc<Scratch>>,
}

/// By what it is seen that a file is still the one that it was.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Looks([i64; 7]);

impl Looks {
    fn of(path: &Path, file: &File) -> Result<Self> {
        let unread = |source| Error::Target { target: path.to_owned(), source };
        let meta = file.metadata().map_err(unread)?;
        Ok(Self([
            meta.dev().cast_signed(),
            meta.ino().cast_signed(),
            meta.size().cast_signed(),
            meta.mtime(),
            meta.mtime_nsec(),
            meta.ctime(),
            meta.ctime_nsec(),
        ]))
    }
}

impl Ready {
    /// Fails if the file is not the one any more whose signatures were checked.
    pub(crate) fn still(&self, path: &Path, file: &File) -> Result<()> {
        if self.signed.is_empty() && self.opened.is_none() || self.looks == Looks::of(path, file)? {
            return Ok(());
        }
        Err(Error::Refused(format!("{} was changed while it was read", path.display())))
    }
}

/// What is found out of the file at `path`, from [`Keys::prepare`] or now.
pub(crate) fn ready(
    ctx: &Context<'_>,
    keys: Option<&Keys<'_>>,
    trust: Option<&Trust>,
    path: &Path,
    file: &File,
) -> Result<Ready> {
    let prepared = keys.and_then(|keys| keys.ready.borrow().get(path).cloned());
    if let Some(prepared) = prepared {
        prepared.still(path, file)?;
        return Ok(prepared);
    }
    find(ctx, keys, trust, path, file)
}

fn find(
    ctx: &Context<'_>,
    keys: Option<&Keys<'_>>,
    trust: Option<&Trust>,
    path: &Path,
    file: &File,
) -> Result<Ready> {
    let looks = Looks::of(path, file)?;
    let signed = trust.map(|trust| trust.check(ctx, path, file)).transpose()?;
    let opened = open(ctx, keys, path, file)?;
    Ok(Ready { looks, signed: signed.unwrap_or_default(), opened })
}

/// What the bytes of a source are, once they are open.
pub(crate) enum Unsealed<R> {
    /// They were never sealed. What was read to see that stands first.
    Plain(io::Chain<io::Cursor<Vec<u8>>, R>),
    /// What was sealed, whole and proved.
    Opened(Scratch),
}

impl<R> Unsealed<R> {
    fn ok(self) -> Option<Scratch> {
        match self {
            Self::Plain(_) => None,
            Self::Opened(scratch) => Some(scratch),
        }
    }
}

/// What `path` holds if it is sealed.
fn open(
    ctx: &Context<'_>,
    keys: Option<&Keys<'_>>,
    path: &Path,
    file: &File,
) -> Result<Option<Arc<Scratch>>> {
    let name = path.display().to_string();
    let mut first = [0; Sealing::MAGIC_BYTES_MAX];
    let read = file.read_at(&mut first, 0);
    let read = read.map_err(|source| Error::Target { target: path.to_owned(), source })?;
    if Sealing::detect(first.get(..read).unwrap_or_default()).is_none() {
        return Ok(None);
    }
    Ok(unseal(ctx, keys, &name, file, tempfile::tempfile)?.ok().map(Arc::new))
}

/// Opens what `read` gives, if it is sealed. `place` makes the file that it goes to.
pub(crate) fn unseal<R: Read>(
    ctx: &Context<'_>,
    keys: Option<&Keys<'_>>,
    name: &str,
    mut read: R,
    place: impl FnOnce() -> io::Result<File>,
) -> Result<Unsealed<R>> {
    let unread = |source| Error::Target { target: name.into(), source };
    let mut first = Vec::new();
    let magic = Sealing::MAGIC_BYTES_MAX as u64;
    read.by_ref().take(magic).read_to_end(&mut first).map_err(unread)?;
    let sealing = Sealing::detect(&first);
    let whole = io::Cursor::new(first).chain(read);
    let Some(sealing) = sealing else { return Ok(Unsealed::Plain(whole)) };
    let mut scratch = Scratch::new(place().map_err(unread)?).map_err(unread)?;
    match sealing {
        Sealing::Age => from_age(ctx, keys, name, whole, &mut scratch)?,
        Sealing::OpenPgp => from_openpgp(ctx, keys, name, whole, &mut scratch)?,
    }
    Ok(Unsealed::Opened(scratch))
}

fn from_openpgp(
    ctx: &Context<'_>,
    keys: Option<&Keys<'_>>,
    name: &str,
    sealed: impl Read,
    scratch: &mut Scratch,
) -> Result<()> {
    let of = |source| Error::Sealed { name: name.to_owned(), source };
    let gpg = keys.and_then(|keys| keys.gpg.as_ref()).ok_or(holdall_seal::Error::NoGpg);
    let passphrase = keys.map(|keys| keys.given_passphrase(name)).transpose()?.flatten();
    let mut sealed = Interruptible { ctx, read: sealed };
    let passphrase = passphrase.map(Secret::expose);
    let opened =
        gpg.and_then(|gpg| gpg.decrypt(&mut sealed, passphrase, scratch, ctx.limits.bytes_max));
    ctx.check()?;
    opened.map_err(of)
}

fn from_age(
    ctx: &Context<'_>,
    keys: Option<&Keys<'_>>,
    name: &str,
    whole: impl Read,
    scratch: &mut Scratch,
) -> Result<()> {
    let unread = |source| Error::Target { target: name.into(), source };
    let of = |source| Error::Sealed { name: name.to_owned(), source };
    let file = AgeFile::read(whole).map_err(of)?;
    let mut opened = match keys {
        Some(keys) if file.wants_passphrase() => {
            let passphrase = keys.passphrase(name)?;
            file.open(Opener::Passphrase(passphrase.expose()))
        }
        Some(keys) => file.open(Opener::Identities(keys.identities()?)),
        None => file.open(Opener::Identities(&[])),
    }
    .map_err(of)?;
    let limit = ctx.limits.bytes_max;
    loop {
        ctx.check()?;
        let copied = io::copy(&mut opened.by_ref().take(PIECE), scratch);
        let copied = copied.map_err(|error| match holdall_seal::Error::of(&error) {
            Some(_) => of(seal_error(error)),
            None => unread(error),
        })?;
        let found = scratch.length();
        if found > limit {
            return Err(Error::OverLimit { what: "the size of what is sealed", found, limit });
        }
        if copied == 0 {
            return Ok(());
        }
    }
}

/// Stops reading when the user wants to stop.
pub(crate) struct Interruptible<'c, 'o, R> {
    pub(crate) ctx: &'c Context<'o>,
    pub(crate) read: R,
}

impl<R: Read> Read for Interruptible<'_, '_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ctx.check().is_err() {
            return Err(io::Error::other("interrupted"));
        }
        self.read.read(buffer)
    }
}

/// The error that a reader handed on.
fn seal_error(error: io::Error) -> holdall_seal::Error {
    match error.downcast::<holdall_seal::Error>() {
        Ok(error) => error,
        Err(error) => holdall_seal::Error::Io(error),
    }
}

/// Where an archive lies that is read at any place.
#[derive(Debug)]
pub(crate) enum Place {
    /// In a file.
    File(FileBytes),
    /// In one that nobody else can read.
    Hidden(Arc<Scratch>),
}

impl Place {
    /// Whether what comes of it may lie on the disk as it is.
    pub(crate) fn secrecy(&self) -> Secrecy {
        match self {
            Self::File(_) => Secrecy::Open,
            Self::Hidden(_) => Secrecy::Hidden,
        }
    }
}

impl ReadAt for Place {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read_at(buffer, offset),
            Self::Hidden(scratch) => scratch.read_at(buffer, offset),
        }
    }
}

impl Bytes for Place {
    fn length(&self) -> u64 {
        match self {
            Self::File(file) => file.length(),
            Self::Hidden(scratch) => scratch.length(),
        }
    }
}
