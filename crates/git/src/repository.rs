//! A repository of git, opened for reading alone.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use gix::odb::pack::cache::lru::MemoryCappedHashmap;
use gix::open::{Options, Permissions, permissions};
use gix::sec::Permission;

use crate::error::{Cause, Error, Result};
use crate::object::{Item, ObjectId, parse_tree};

/// Decoded bases of deltas that one thread keeps, in bytes.
const DELTA_CACHE_BYTES: usize = 16 << 20;

/// The largest blob that is read, in bytes; git itself keeps larger ones badly.
pub(crate) const BLOB_BYTES_MAX: u64 = 2 << 30;

/// The largest tree or commit that is read, in bytes.
const META_BYTES_MAX: u64 = 1 << 30;

/// Whether what the user and the machine set for git counts beside what the repository sets, such as
/// `core.excludesFile`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserSettings {
    /// As git does: the files of the user and of the machine are read.
    Read,
    /// The repository alone decides, so that the result is the same for everybody.
    Ignore,
}

/// A repository of git. It is never written to, and nothing that it configures is run.
///
/// It can be read from any number of threads.
pub struct Repository {
    shared: gix::ThreadSafeRepository,
    /// Handles with warm caches; each is used by one thread at a time.
    idle: Mutex<Vec<gix::Repository>>,
    git_dir: PathBuf,
    settings: UserSettings,
}

impl std::fmt::Debug for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Repository").field(&self.git_dir).finish()
    }
}

impl Repository {
    /// The repository around `dir`: of the directory itself or of the nearest one above it on the same file system. It
    /// can be a linked work tree, a submodule or bare. `GIT_DIR` and its like, which a hook of git inherits, do not count.
    ///
    /// A repository that belongs to somebody else is read as well; what could run a program is never obeyed.
    ///
    /// # Errors
    /// [`Error::NoRepository`] if there is none, [`Error::Open`] if it cannot be read.
    pub fn discover(dir: &Path, settings: UserSettings) -> Result<Self> {
        let both = gix::sec::trust::Mapping { full: options(settings), reduced: options(settings) };
        gix::ThreadSafeRepository::discover_opts(
            dir,
            gix::discover::upwards::Options::default(),
            both,
        )
        .map(|shared| Self::of(shared, settings))
        .map_err(|error| {
            let path = dir.to_owned();
            if error.is_not_found() {
                Error::NoRepository { path, source: error.into() }
            } else {
                Error::Open { path, source: error.into() }
            }
        })
    }

    /// The repository at `path` itself: a work tree or a directory such as `.git`.
    ///
    /// # Errors
    /// [`Error::Open`] if there is none or it cannot be read.
    pub fn open(path: &Path, settings: UserSettings) -> Result<Self> {
        Self::open_with(path, settings, options(settings))
    }

    /// The repository that `git_dir` is, even if its name is not that of one.
    pub(crate) fn open_git_dir(git_dir: &Path, settings: UserSettings) -> Result<Self> {
        Self::open_with(git_dir, settings, options(settings).open_path_as_is(true))
    }

    fn open_with(path: &Path, settings: UserSettings, options: Options) -> Result<Self> {
        gix::ThreadSafeRepository::open_opts(path, options)
            .map(|shared| Self::of(shared, settings))
            .map_err(|error| Error::Open { path: path.to_owned(), source: error.into() })
    }

    fn of(shared: gix::ThreadSafeRepository, settings: UserSettings) -> Self {
        let git_dir = shared.refs.git_dir().to_owned();
        Self { shared, idle: Mutex::default(), git_dir, settings }
    }

    /// The directory that git keeps its things in.
    #[must_use]
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The root of the work tree, `None` for a bare repository.
    #[must_use]
    pub fn work_dir(&self) -> Option<&Path> {
        self.shared.work_tree.as_deref()
    }

    /// The directory that all work trees of this repository share.
    pub(crate) fn common_dir(&self) -> &Path {
        self.shared.common_dir.as_deref().unwrap_or(&self.git_dir)
    }

    pub(crate) fn settings(&self) -> UserSettings {
        self.settings
    }

    pub(crate) fn root(&self) -> Result<&Path> {
        self.work_dir().ok_or_else(|| Error::Bare { git_dir: self.git_dir.clone() })
    }

    /// Lends a handle of this thread.
    pub(crate) fn with<T>(&self, use_it: impl FnOnce(&gix::Repository) -> T) -> T {
        // Each change of the list is one call, so a panic elsewhere cannot leave it half changed.
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle().pop();
        let handle = kept.unwrap_or_else(|| self.fresh());
        let result = use_it(&handle);
        idle().push(handle);
        result
    }

    fn fresh(&self) -> gix::Repository {
        let mut handle = self.shared.to_thread_local();
        handle.objects.set_pack_cache(|| Box::new(MemoryCappedHashmap::new(DELTA_CACHE_BYTES)));
        handle
    }

    /// The content of a blob.
    ///
    /// # Errors
    /// If it is missing, damaged or no blob, or [`Error::BlobLarge`] beyond `limit`.
    pub fn blob(&self, id: ObjectId, limit: u64) -> Result<Vec<u8>> {
        self.object(id.0, gix::objs::Kind::Blob, limit)
    }

    /// The entries of a tree object; `dir` is how the directory is called in an error.
    pub(crate) fn tree(&self, id: gix::ObjectId, dir: &dyn std::fmt::Display) -> Result<Vec<Item>> {
        let data = self.object(id, gix::objs::Kind::Tree, META_BYTES_MAX)?;
        parse_tree(&data, id.kind()).map_err(|source| Error::HostileTree {
            dir: dir.to_string(),
            tree: ObjectId(id),
            source,
        })
    }

    /// The size of a blob, which costs little.
    pub(crate) fn blob_size(&self, id: gix::ObjectId) -> Result<u64> {
        self.with(|handle| self.header(handle, id, gix::objs::Kind::Blob))
    }

    pub(crate) fn has(&self, id: gix::ObjectId) -> bool {
        self.with(|handle| handle.has_object(id))
    }

    fn header(
        &self,
        handle: &gix::Repository,
        id: gix::ObjectId,
        kind: gix::objs::Kind,
    ) -> Result<u64> {
        let what = word(kind);
        let header = handle
            .try_find_header(id)
            .map_err(|error| self.object_error(what, id, error.into()))?
            .ok_or_else(|| Error::ObjectMissing {
                what,
                id: ObjectId(id),
                git_dir: self.git_dir.clone(),
            })?;
        if header.kind() != kind {
            let found = header.kind().to_string();
            return Err(Error::ObjectKind { what, id: ObjectId(id), found });
        }
        Ok(header.size())
    }

    pub(crate) fn object(
        &self,
        id: gix::ObjectId,
        kind: gix::objs::Kind,
        limit: u64,
    ) -> Result<Vec<u8>> {
        self.with(|handle| {
            let bytes = self.header(handle, id, kind)?;
            if bytes > limit {
                return Err(Error::BlobLarge { id: ObjectId(id), bytes, limit });
            }
            let mut object = handle
                .find_object(id)
                .map_err(|error| self.object_error(word(kind), id, error.into()))?;
            let data = std::mem::take(&mut object.data);
            self.verify(id, kind, &data)?;
            Ok(data)
        })
    }

    /// Whether these are the bytes that the ID promises. The library leaves out the checksums of what it unpacks.
    fn verify(&self, id: gix::ObjectId, kind: gix::objs::Kind, data: &[u8]) -> Result<()> {
        let mut replaced = self.shared.objects.replacements();
        let stands_for = replaced.find(|(from, _)| *from == id).map_or(id, |(_, to)| to);
        gix::objs::compute_hash(id.kind(), kind, data)
            .and_then(|found| found.verify(&stands_for))
            .map_err(|error| self.object_error(word(kind), id, error.into()))
    }

    pub(crate) fn object_error(
        &self,
        what: &'static str,
        id: gix::ObjectId,
        source: Cause,
    ) -> Error {
        Error::Object { what, id: ObjectId(id), git_dir: self.git_dir.clone(), source }
    }
}

fn word(kind: gix::objs::Kind) -> &'static str {
    match kind {
        gix::objs::Kind::Tree => "tree",
        gix::objs::Kind::Blob => "blob",
        gix::objs::Kind::Commit => "commit",
        gix::objs::Kind::Tag => "tag",
    }
}

/// Nothing of the environment but the user's home counts, and no setting is asked of the program `git`.
fn options(settings: UserSettings) -> Options {
    let of_user = settings == UserSettings::Read;
    let home = if of_user { Permission::Allow } else { Permission::Deny };
    Options::default().lossy_config(true).permissions(Permissions {
        env: permissions::Environment {
            home,
            xdg_config_home: home,
            ..permissions::Environment::isolated()
        },
        config: permissions::Config {
            system: of_user,
            git: of_user,
            user: of_user,
            includes: of_user,
            ..permissions::Config::isolated()
        },
        attributes: permissions::Attributes {
            system: of_user,
            git: of_user,
            ..permissions::Attributes::isolated()
        },
    })
}
