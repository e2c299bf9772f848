//! A repository in a store: opening, making, and reading and writing its objects.

use std::ops::ControlFlow;
use std::sync::Arc;

use holdall_store::{Cause, Store};
use holdall_tree::{Context, Counter, Phase};

use crate::crypto::{Key, NONCE_BYTES, Nonces};
use crate::error::{Error, Result};
use crate::format::FormatError;
use crate::id::{BlobKind, Id, IdPrefix};
use crate::index::{Index, Location, PackSummary};
use crate::kernel::{Chunker, Polynomial};
use crate::keyfile::{KdfParams, KeyFile};
pub use crate::kinds::{Compression, FileKind, Identity};
use crate::secret::Secret;
use crate::wire::config::RepoConfig;
use crate::wire::pack::PackEntry;
use crate::wire::snapshot::{Snapshot, SnapshotFile};
use crate::wire::{index, unpacked};

/// An open repository.
#[derive(Debug)]
pub struct Repository {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) key: Key,
    pub(crate) key_id: Id,
    pub(crate) config: RepoConfig,
    /// How hard new blobs are compressed.
    pub compression: Compression,
    /// The size at which a pack is closed, in bytes.
    pub pack_size: u32,
}

/// The size at which a pack is closed unless told otherwise, in bytes: restic's default.
pub const PACK_SIZE_DEFAULT: u32 = 16 << 20;
/// The most key files that are tried with one password, as restic does.
pub const KEYS_TRIED_MAX: usize = 20;
/// The largest file of a repository that is read whole, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 30;

impl Repository {
    /// Makes a repository in an empty store.
    ///
    /// # Errors
    /// [`Error::RepositoryExists`] if there is one, [`Error::Refused`] if there is one that lost its configuration;
    /// else what the store says.
    pub fn init(
        ctx: &Context<'_>,
        store: Arc<dyn Store>,
        password: &Secret,
        kdf: KdfParams,
        identity: &Identity,
    ) -> Result<Self> {
        if store.head("config")?.is_some() {
            return Err(Error::RepositoryExists { location: store.location() });
        }
        // Keys of an interrupted `init`, each of a master key that nothing was ever sealed with.
        let leftover = leftover_keys(&*store)?;
        let mut prefixes: Vec<String> =
            ["keys", "locks", "snapshots", "index"].iter().map(ToString::to_string).collect();
        prefixes.extend((0..=255u8).map(|byte| format!("data/{byte:02x}")));
        store.prepare(&prefixes)?;

        let random = |source: FormatError| Error::Random(source.to_string());
        let master = Key::random().map_err(random)?;
        let key_id = write_key(ctx, &*store, &master, password, kdf, identity)?;
        let mut id = [0; 32];
        getrandom::fill(&mut id).map_err(|e| Error::Random(e.to_string()))?;
        let config = RepoConfig {
            version: 2,
            id: Id(id),
            chunker_polynomial: Polynomial::random().map_err(random)?,
        };
        let mut sealed = Vec::new();
        master.seal_into(Nonces::default().next().map_err(random)?, &config.to_json(), &mut sealed);
        // The configuration is written last: a repository without one does not exist.
        if let Err(error) = store.put("config", &sealed) {
            if !matches!(error.cause, Cause::Exists) {
                return Err(error.into());
            }
            // Another run was faster, and this key is not that of its repository.
            store.delete(&FileKind::Key.key(&key_id))?;
            return Err(Error::RepositoryExists { location: store.location() });
        }
        for id in leftover {
            store.delete(&FileKind::Key.key(&id))?;
        }
        store.sync()?;
        Ok(Self::new(store, master, key_id, config))
    }

    /// Opens a repository with a password.
    ///
    /// # Errors
    /// [`Error::NoRepository`], [`Error::WrongPassword`], or what makes a key or the configuration unreadable.
    pub fn open(ctx: &Context<'_>, store: Arc<dyn Store>, password: &Secret) -> Result<Self> {
        ctx.observer.phase(Phase::Opening, None);
        let Some(sealed) = store.get("config", None)? else {
            return Err(Error::NoRepository { location: store.location() });
        };
        let mut keys = list_ids(&*store, FileKind::Key)?;
        keys.sort_unstable();
        let mut tried = 0;
        let (mut broken, mut foreign) = (None, None);
        for (id, _) in keys.iter().take(KEYS_TRIED_MAX) {
            ctx.check()?;
            let opened = read_hashed(&*store, FileKind::Key, id).and_then(|bytes| {
                KeyFile::parse(&bytes)
                    .and_then(|file| file.open(password))
                    .map_err(Error::object("key", id))
            });
            match opened {
                Ok(key) => {
                    let plain = match key.open(&sealed) {
                        Ok(plain) => plain,
                        // The key of an `init` that lost a race or was cut off: the right one may follow.
                        Err(error) => {
                            foreign = Some(Error::object("config", "config")(error));
                            continue;
                        }
                    };
                    let config =
                        RepoConfig::parse(&plain).map_err(Error::object("config", "config"))?;
                    return Ok(Self::new(store, key, *id, config));
                }
                Err(Error::Object { source: FormatError::Mac, .. }) => tried += 1,
                // One damaged key file must not keep a good one from opening the repository.
                Err(error) => broken = Some(error),
            }
        }
        match (foreign, broken) {
            (Some(error), _) => Err(error),
            (None, Some(error)) if tried == 0 => Err(error),
            _ => Err(Error::WrongPassword { location: store.location(), tried }),
        }
    }

    fn new(store: Arc<dyn Store>, key: Key, key_id: Id, config: RepoConfig) -> Self {
        Self {
            store,
            key,
            key_id,
            config,
            compression: Compression::default(),
            pack_size: PACK_SIZE_DEFAULT,
        }
    }

    /// The ID of the repository, fixed when it was made.
    #[must_use]
    pub fn id(&self) -> Id {
        self.config.id
    }

    /// The version of its format: 1 or 2.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.config.version
    }

    /// Where it is, for messages.
    #[must_use]
    pub fn location(&self) -> String {
        self.store.location()
    }

    /// The key file that opened it.
    #[must_use]
    pub fn key_id(&self) -> Id {
        self.key_id
    }

    /// The store under it.
    #[must_use]
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// The chunker with this repository's polynomial.
    #[must_use]
    pub fn chunker(&self) -> Chunker {
        Chunker::new(self.config.chunker_polynomial)
    }

    /// The files of one kind with their sizes in bytes, sorted by ID.
    ///
    /// # Errors
    /// If the store cannot be listed.
    pub fn list(&self, kind: FileKind) -> Result<Vec<(Id, u64)>> {
        let mut files = list_ids(&*self.store, kind)?;
        files.sort_unstable();
        Ok(files)
    }

    /// The JSON inside an unpacked file (snapshot, index, lock), its name and authentication code checked.
    ///
    /// # Errors
    /// If it is missing, damaged, or of an unknown version.
    pub fn read_file(&self, kind: FileKind, id: &Id) -> Result<Vec<u8>> {
        let mut sealed = read_hashed(&*self.store, kind, id)?;
        let plain = self.key.open_in_place(&mut sealed).map_err(Error::object(kind.word(), id))?;
        let json = unpacked::decode(plain).map_err(Error::object(kind.word(), id))?;
        Ok(json.into_owned())
    }

    /// Seals and stores the JSON of an unpacked file, durably, and gives its ID.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write_file(&self, kind: FileKind, json: &[u8]) -> Result<Id> {
        let plain = unpacked::encode(self.config.version, json, Compression::Auto.level())
            .map_err(Error::object(kind.word(), "to be written"))?;
        let mut sealed = Vec::with_capacity(plain.len() + crate::crypto::OVERHEAD);
        let nonce = Nonces::default().next().map_err(|e| Error::Random(e.to_string()))?;
        self.key.seal_into(nonce, &plain, &mut sealed);
        let id = Id::of(&sealed);
        self.store.put(&kind.key(&id), &sealed)?;
        Ok(id)
    }

    /// Removes a file. One that is not there is no error.
    ///
    /// # Errors
    /// If the store cannot remove it.
    pub fn delete_file(&self, kind: FileKind, id: &Id) -> Result<()> {
        Ok(self.store.delete(&kind.key(id))?)
    }

    /// All snapshots, the oldest first.
    ///
    /// # Errors
    /// If one of them cannot be read.
    pub fn snapshots(&self, ctx: &Context<'_>) -> Result<Vec<SnapshotFile>> {
        let mut all = Vec::new();
        for (id, _) in self.list(FileKind::Snapshot)? {
            ctx.check()?;
            match self.snapshot(&id) {
                Ok(snapshot) => all.push(SnapshotFile { id, snapshot }),
                // Another run forgot it between listing and reading.
                Err(Error::ObjectMissing { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        all.sort_by_key(|file| (file.snapshot.time.at, file.id));
        Ok(all)
    }

    /// One snapshot.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn snapshot(&self, id: &Id) -> Result<Snapshot> {
        let json = self.read_file(FileKind::Snapshot, id)?;
        Snapshot::parse(&json).map_err(Error::object("snapshot", id))
    }

    /// The snapshot that a user means: `latest`, or the beginning of an ID.
    ///
    /// # Errors
    /// [`Error::SnapshotMissing`] or [`Error::SnapshotAmbiguous`].
    pub fn find_snapshot(&self, ctx: &Context<'_>, wanted: &str) -> Result<SnapshotFile> {
        let missing = || Error::SnapshotMissing { wanted: wanted.to_owned() };
        if wanted == "latest" {
            return self.snapshots(ctx)?.pop().ok_or_else(missing);
        }
        let prefix: IdPrefix = wanted.parse().map_err(|_| missing())?;
        let mut found: Vec<Id> = self
            .list(FileKind::Snapshot)?
            .into_iter()
            .filter_map(|(id, _)| prefix.matches(&id).then_some(id))
            .collect();
        match (found.pop(), found.len()) {
            (None, _) => Err(missing()),
            (Some(id), 0) => Ok(SnapshotFile { id, snapshot: self.snapshot(&id)? }),
            (Some(_), more) => {
                Err(Error::SnapshotAmbiguous { wanted: wanted.to_owned(), count: more + 1 })
            }
        }
    }

    /// Reads all index files.
    ///
    /// # Errors
    /// If one of them cannot be read.
    pub fn load_index(&self, ctx: &Context<'_>) -> Result<Index> {
        let files = self.list(FileKind::Index)?;
        ctx.observer.phase(Phase::LoadingIndex, Some(files.len() as u64));
        let mut index = Index::default();
        for (id, _) in files {
            ctx.check()?;
            for pack in &self.index_file(&id)?.packs {
                index.add(pack);
            }
            ctx.observer.count(Counter::Items, 1);
        }
        Ok(index)
    }

    /// One index file.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn index_file(&self, id: &Id) -> Result<index::IndexFile> {
        let json = self.read_file(FileKind::Index, id)?;
        index::IndexFile::parse(&json).map_err(Error::object("index", id))
    }

    /// The plaintext of a blob, checked against its ID, from the first pack that has it undamaged.
    ///
    /// # Errors
    /// [`Error::BlobMissing`] or [`Error::BlobDamaged`], or what the store says.
    pub fn read_blob(&self, index: &Index, kind: BlobKind, id: &Id) -> Result<Vec<u8>> {
        index.read(kind, id, |location, pack| {
            let start = u64::from(location.offset);
            let range = start..start + u64::from(location.length);
            let Some(sealed) = self.store.get(&FileKind::Pack.key(&pack.id), Some(range))? else {
                return Err(Error::ObjectMissing { what: "pack", name: pack.id.hex() });
            };
            self.open_blob(kind, id, location, pack, sealed)
        })
    }

    /// Opens a sealed blob that was read from `pack`.
    pub(crate) fn open_blob(
        &self,
        kind: BlobKind,
        id: &Id,
        location: &Location,
        pack: &PackSummary,
        sealed: Vec<u8>,
    ) -> Result<Vec<u8>> {
        self.decode_blob(id, location, sealed).map_err(|source| Error::BlobDamaged {
            kind,
            id: *id,
            pack: pack.id,
            source,
        })
    }

    /// Checks that a sealed blob is what its entry says.
    ///
    /// # Errors
    /// Why it is not.
    pub fn check_blob(&self, entry: &PackEntry, sealed: &[u8]) -> Result<(), FormatError> {
        let mut copy = sealed.to_vec();
        let stored = self.key.open_in_place(&mut copy)?;
        let id = match entry.plain_length {
            None => Id::of(stored),
            Some(length) => Id::of(&decompress(stored, length)?),
        };
        if id == entry.id { Ok(()) } else { Err(FormatError::Hash) }
    }

    /// The bytes of a file as stored, checked against its name.
    pub(crate) fn read_hashed(&self, kind: FileKind, id: &Id) -> Result<Vec<u8>> {
        read_hashed(&*self.store, kind, id)
    }

    /// Opens, decompresses and checks a sealed blob. One that is not compressed is given back in the memory it came
    /// in, which saves large files a copy.
    ///
    /// # Errors
    /// Why the bytes are not that blob.
    pub fn decode_blob(
        &self,
        id: &Id,
        location: &Location,
        mut sealed: Vec<u8>,
    ) -> Result<Vec<u8>, FormatError> {
        let stored = self.key.open_in_place(&mut sealed)?;
        let plain = if let Some(length) = location.compressed_from() {
            decompress(stored, length)?
        } else {
            let length = stored.len();
            sealed.copy_within(NONCE_BYTES..NONCE_BYTES + length, 0);
            sealed.truncate(length);
            sealed
        };
        if Id::of(&plain) == *id { Ok(plain) } else { Err(FormatError::Hash) }
    }
}

/// Decompresses one zstd frame that must hold exactly `length` bytes.
pub(crate) fn decompress(frame: &[u8], length: u32) -> Result<Vec<u8>, FormatError> {
    if length > BLOB_BYTES_MAX {
        let (found, limit) = (u64::from(length), u64::from(BLOB_BYTES_MAX));
        return Err(FormatError::Limit { what: "the length of a blob", found, limit });
    }
    // Decoders are costly to make and cheap to keep: one a thread.
    thread_local! {
        static DECODER: std::cell::RefCell<Option<zstd::bulk::Decompressor<'static>>> =
            const { std::cell::RefCell::new(None) };
    }
    DECODER.with_borrow_mut(|slot| {
        let decoder = match slot {
            Some(decoder) => decoder,
            None => slot.insert(
                zstd::bulk::Decompressor::new()
                    .map_err(|e| FormatError::malformed(e.to_string()))?,
            ),
        };
        let plain = decoder
            .decompress(frame, length as usize)
            .map_err(|e| FormatError::malformed(format!("it does not decompress: {e}")))?;
        if plain.len() == length as usize {
            Ok(plain)
        } else {
            Err(FormatError::malformed("it decompresses to another length than recorded"))
        }
    })
}

/// The longest plaintext of a blob that is accepted, in bytes. restic's chunks end at 8 MiB; a tree blob of a
/// directory with millions of entries is longer.
pub const BLOB_BYTES_MAX: u32 = 1 << 30;

/// Seals the master key with a password and stores it as a new key file.
pub(crate) fn write_key(
    ctx: &Context<'_>,
    store: &dyn Store,
    master: &Key,
    password: &Secret,
    kdf: KdfParams,
    identity: &Identity,
) -> Result<Id> {
    let mut created = String::new();
    crate::wire::time::format(ctx.now(), 0, &mut created);
    let file = KeyFile::create(master, password, kdf, &created, &identity.user, &identity.host)
        .map_err(Error::object("key", "to be written"))?;
    let json = file.to_json();
    let id = Id::of(&json);
    store.put(&FileKind::Key.key(&id), &json)?;
    Ok(id)
}

/// The keys in a store that has no configuration. Fails if it holds more than keys: that is a repository whose
/// configuration was lost, and a second one made in its place would keep the first from ever being mended.
fn leftover_keys(store: &dyn Store) -> Result<Vec<Id>> {
    for kind in [FileKind::Snapshot, FileKind::Index, FileKind::Pack] {
        if !list_ids(store, kind)?.is_empty() {
            return Err(Error::Refused(format!(
                "{} holds a repository that lost its file `config`; bring that back from a copy, or make the new \
                 repository elsewhere",
                store.location()
            )));
        }
    }
    Ok(list_ids(store, FileKind::Key)?.into_iter().map(|(id, _)| id).collect())
}

fn list_ids(store: &dyn Store, kind: FileKind) -> Result<Vec<(Id, u64)>> {
    let mut files = Vec::new();
    store.list(kind.dir(), &mut |key, size| {
        // What is not where an object of that name belongs is litter of other programs; it is not ours to judge.
        let id = key.rsplit('/').next().and_then(|name| name.parse().ok());
        if let Some(id) = id.filter(|id| kind.key(id) == key) {
            files.push((id, size));
        }
        ControlFlow::Continue(())
    })?;
    Ok(files)
}

/// A file of the repository, its bytes checked against its name.
fn read_hashed(store: &dyn Store, kind: FileKind, id: &Id) -> Result<Vec<u8>> {
    let key = kind.key(id);
    let missing = || Error::ObjectMissing { what: kind.word(), name: id.hex() };
    let size = store.head(&key)?.ok_or_else(missing)?;
    if size > FILE_BYTES_MAX {
        let source = FormatError::Limit { what: "its size", found: size, limit: FILE_BYTES_MAX };
        return Err(Error::Object { what: kind.word(), name: id.hex(), source });
    }
    let bytes = store.get(&key, None)?.ok_or_else(missing)?;
    if Id::of(&bytes) != *id {
        return Err(Error::Object { what: kind.word(), name: id.hex(), source: FormatError::Hash });
    }
    Ok(bytes)
}
