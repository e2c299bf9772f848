//! A store in a local directory.
//!
//! An object is written under a temporary name in its final directory, synced, renamed, and the directory synced.
//! Objects of `put_later` are renamed only by `sync`, so nothing that is seen under its name is not durable. Until then
//! they are invisible, to this process as well. If a `sync` fails, all of them are removed: the system may forget a
//! failed write, so a second try that succeeds would prove nothing. That drops what others put through the same store,
//! too, so one `LocalStore` serves one operation at a time.

use std::collections::BTreeSet;
use std::fs::File;
use std::ops::{ControlFlow, Range};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use holdall_disk::{Dir, FileType, Replace};
use holdall_tree::{Name, RelPath};

use crate::{Cause, Store, StoreError};

/// Files that `put_later` keeps open at most; beyond that each is synced at once and closed.
const PENDING_MAX: usize = 64;
/// Objects that are kept open for reading: many small ranges of one pack then cost one call each.
const OPEN_MAX: usize = 16;
/// How much of an object the system is told to read at once, in bytes.
const WINDOW_BYTES: u64 = 1 << 20;
/// What marks a temporary name.
const TEMPORARY: &str = "-tmp-";

/// A store in a local directory.
#[derive(Debug)]
pub struct LocalStore {
    root: Dir,
    path: PathBuf,
    later: Mutex<Later>,
    open: Mutex<Vec<(String, Arc<Object>)>>,
}

/// An object that is open for reading. What is written once keeps its size.
#[derive(Debug)]
struct Object {
    file: File,
    size: u64,
    /// Which of its first windows the system was told of, a bit each.
    announced: AtomicU64,
}

impl Object {
    /// Tells the system, once for each window, that what lies around `offset` will be wanted: neighbours in a pack are.
    fn announce(&self, offset: u64) {
        let number = offset / WINDOW_BYTES;
        let Some(bit) = u32::try_from(number).ok().and_then(|number| 1u64.checked_shl(number))
        else {
            return;
        };
        if self.announced.fetch_or(bit, Ordering::Relaxed) & bit == 0 {
            holdall_disk::will_read(&self.file, number * WINDOW_BYTES, WINDOW_BYTES);
        }
    }
}

/// What `put_later` and `delete` were given since the last `sync`.
#[derive(Debug, Default)]
struct Later {
    pending: Vec<Pending>,
    /// Directories from which something was removed.
    emptied: BTreeSet<RelPath>,
}

#[derive(Debug)]
struct Pending {
    /// `None` once its content is durable.
    file: Option<File>,
    temporary: RelPath,
    target: RelPath,
    key: String,
}

type Outcome<T> = Result<T, Cause>;

impl LocalStore {
    /// Opens a store that is there.
    ///
    /// # Errors
    /// If the directory cannot be opened.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let fail = |cause| StoreError {
            doing: "open",
            key: ".".into(),
            location: path.display().to_string(),
            cause,
        };
        let root = Dir::open(path).map_err(|e| fail(e.into()))?;
        Ok(Self { root, path: path.to_owned(), later: Mutex::default(), open: Mutex::default() })
    }

    /// Opens a store, making its directory if it is not there.
    ///
    /// # Errors
    /// If the directory cannot be made or opened.
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        let fail = |cause| StoreError {
            doing: "make",
            key: ".".into(),
            location: path.display().to_string(),
            cause,
        };
        holdall_disk::create_dirs(path, 0o700).map_err(|e| fail(e.into()))?;
        Self::open(path)
    }

    fn error(&self, doing: &'static str, key: &str) -> impl FnOnce(Cause) -> StoreError {
        let (key, location) = (key.to_owned(), self.location());
        move |cause| StoreError { doing, key, location, cause }
    }

    /// Makes the directory of an object, and those above it, durably.
    fn directory(&self, path: &RelPath) -> Outcome<()> {
        let Some(dir) = path.parent().filter(|dir| !dir.is_root()) else { return Ok(()) };
        if self.root.stat(&dir)?.is_some() {
            return Ok(());
        }
        self.directory(&dir)?;
        match self.root.create_dir(&dir, 0o700) {
            Err(error) if !error.is_exists() => Err(error.into()),
            _ => Ok(self.root.open_dir(&dir.parent().unwrap_or_default())?.sync()?),
        }
    }

    fn reader(&self, key: &str, path: &RelPath) -> Outcome<Option<Arc<Object>>> {
        let mut open = lock(&self.open);
        if let Some(at) = open.iter().position(|(known, _)| known == key) {
            let found = open.remove(at);
            let object = Arc::clone(&found.1);
            open.push(found);
            return Ok(Some(object));
        }
        drop(open);
        let file = match self.root.open_file(path) {
            Ok(file) => file,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let size = file.metadata()?.len();
        let object = Arc::new(Object { file, size, announced: AtomicU64::new(0) });
        let mut open = lock(&self.open);
        if open.len() >= OPEN_MAX {
            open.remove(0);
        }
        open.push((key.to_owned(), Arc::clone(&object)));
        Ok(Some(object))
    }

    fn read(&self, key: &str, range: Option<Range<u64>>) -> Outcome<Option<Vec<u8>>> {
        let path = parse(key)?;
        let Some(range) = range else {
            let file = match self.root.open_file(&path) {
                Ok(file) => file,
                Err(error) if error.is_not_found() => return Ok(None),
                Err(error) => return Err(error.into()),
            };
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut &file, &mut bytes)?;
            return Ok(Some(bytes));
        };
        let Some(object) = self.reader(key, &path)? else { return Ok(None) };
        let length = range.end.saturating_sub(range.start);
        let size = object.size;
        if range.end > size {
            return Err(Cause::Short { size });
        }
        object.announce(range.start);
        let mut bytes = vec![0; usize::try_from(length).map_err(|_| Cause::Short { size })?];
        object.file.read_exact_at(&mut bytes, range.start)?;
        Ok(Some(bytes))
    }

    fn write_later(&self, key: &str, bytes: &[u8]) -> Outcome<()> {
        let target = parse(key)?;
        let crowded = {
            let later = lock(&self.later);
            if later.pending.iter().any(|entry| entry.key == key) {
                return Err(Cause::Exists);
            }
            later.pending.iter().filter(|entry| entry.file.is_some()).count() >= PENDING_MAX
        };
        if self.root.stat(&target)?.is_some() {
            return Err(Cause::Exists);
        }
        self.directory(&target)?;
        let temporary = holdall_disk::temporary(&target)?;
        let mut file = self.root.create_file(&temporary, 0o400)?;
        let written = holdall_disk::write_all(&mut file, bytes).and_then(|()| {
            // Outside the lock, so that several threads wait for the disk at once.
            if !crowded {
                return Ok(Some(file));
            }
            holdall_disk::sync_file(&file).map(|()| None)
        });
        let file = match written {
            Ok(file) => file,
            Err(error) => {
                // The caller learns of it here, so what was written before may still be synced.
                let _ = self.root.remove_file(&temporary);
                return Err(error.into());
            }
        };
        let entry = Pending { file, temporary, target, key: key.to_owned() };
        lock(&self.later).pending.push(entry);
        Ok(())
    }

    /// Gives everything its name, or says at which key that failed; what has none by then is removed.
    fn publish_pending(&self) -> Result<(), (String, Cause)> {
        let mut later = lock(&self.later);
        let pending = std::mem::take(&mut later.pending);
        let emptied = std::mem::take(&mut later.emptied);
        let published = self.publish_all(&pending, emptied);
        if published.is_err() {
            for entry in &pending {
                // Those that were renamed are not there any more.
                let _ = self.root.remove_file(&entry.temporary);
            }
        }
        published
    }

    fn publish_all(
        &self,
        pending: &[Pending],
        mut dirs: BTreeSet<RelPath>,
    ) -> Result<(), (String, Cause)> {
        let at = |entry: &Pending, cause: Cause| (entry.key.clone(), cause);
        for entry in pending {
            if let Some(file) = &entry.file {
                holdall_disk::sync_file(file).map_err(|e| at(entry, e.into()))?;
            }
        }
        for entry in pending {
            match self.root.rename_no_replace(&entry.temporary, &self.root, &entry.target) {
                Err(error) if error.is_exists() => return Err(at(entry, Cause::Exists)),
                done => done.map_err(|e| at(entry, e.into()))?,
            }
            dirs.insert(entry.target.parent().unwrap_or_default());
        }
        for dir in dirs {
            let synced = self.root.open_dir(&dir).and_then(|handle| handle.sync());
            synced.map_err(|e| (dir.to_string(), e.into()))?;
        }
        Ok(())
    }

    fn write(&self, key: &str, bytes: &[u8]) -> Outcome<()> {
        let path = parse(key)?;
        self.directory(&path)?;
        let dir = self.root.open_dir(&path.parent().unwrap_or_default())?;
        let name = path.name().ok_or(Cause::Key)?;
        match holdall_disk::publish(&dir, &name, bytes, 0o400, Replace::Never) {
            Err(error) if error.is_exists() => Err(Cause::Exists),
            done => Ok(done?),
        }
    }

    fn walk(
        &self,
        prefix: &str,
        each: &mut dyn FnMut(&str, u64) -> ControlFlow<()>,
    ) -> Outcome<()> {
        let mut stack = vec![parse(prefix)?];
        while let Some(dir) = stack.pop() {
            let listed = match self.root.open_dir(&dir) {
                Ok(handle) => handle.list()?,
                Err(error) if error.is_not_found() => continue,
                Err(error) => return Err(error.into()),
            };
            for entry in listed {
                let path = dir.join(&entry.name);
                match entry.stat.file_type {
                    FileType::Directory => stack.push(path),
                    FileType::File if !is_temporary(&entry.name) => {
                        let Ok(key) = std::str::from_utf8(path.as_bytes()) else { continue };
                        if each(key, entry.stat.size).is_break() {
                            return Ok(());
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Removes temporary files that a writer which was cut off left under `prefix`, and gives how many. The caller
    /// makes sure that nobody writes.
    ///
    /// # Errors
    /// If the store cannot be listed, or one cannot be removed.
    fn sweep(&self, prefix: &str) -> Outcome<u64> {
        let mut removed = 0;
        let mut stack = vec![parse(prefix)?];
        while let Some(dir) = stack.pop() {
            let listed = match self.root.open_dir(&dir) {
                Ok(handle) => handle.list()?,
                Err(error) if error.is_not_found() => continue,
                Err(error) => return Err(error.into()),
            };
            for entry in listed {
                let path = dir.join(&entry.name);
                match entry.stat.file_type {
                    FileType::Directory => stack.push(path),
                    FileType::File if is_temporary(&entry.name) => {
                        self.root.remove_file(&path)?;
                        removed += 1;
                    }
                    _ => {}
                }
            }
        }
        Ok(removed)
    }
}

impl Store for LocalStore {
    fn location(&self) -> String {
        self.path.display().to_string()
    }

    fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(key, range).map_err(|cause| self.error("read", key)(cause))
    }

    fn reads_ahead(&self) -> bool {
        true
    }

    fn put(&self, key: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.write(key, bytes).map_err(self.error("write", key))
    }

    fn put_later(&self, key: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.write_later(key, bytes).map_err(self.error("write", key))
    }

    fn sync(&self) -> Result<(), StoreError> {
        self.publish_pending().map_err(|(key, cause)| self.error("sync", &key)(cause))
    }

    fn head(&self, key: &str) -> Result<Option<u64>, StoreError> {
        let size = || -> Outcome<_> {
            Ok(self
                .root
                .stat(&parse(key)?)?
                .filter(|s| s.file_type == FileType::File)
                .map(|stat| stat.size))
        };
        size().map_err(self.error("look at", key))
    }

    fn list(
        &self,
        prefix: &str,
        each: &mut dyn FnMut(&str, u64) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.walk(prefix, each).map_err(self.error("list", prefix))
    }

    fn delete(&self, key: &str) -> Result<(), StoreError> {
        lock(&self.open).retain(|(known, _)| known != key);
        let remove = || -> Outcome<()> {
            let path = parse(key)?;
            match self.root.remove_file(&path) {
                Ok(()) => {
                    lock(&self.later).emptied.insert(path.parent().unwrap_or_default());
                    Ok(())
                }
                Err(error) if error.is_not_found() => Ok(()),
                Err(error) => Err(error.into()),
            }
        };
        remove().map_err(self.error("remove", key))
    }

    fn prepare(&self, prefixes: &[String]) -> Result<(), StoreError> {
        for prefix in prefixes {
            let make = || -> Outcome<()> {
                let path = parse(prefix)?;
                let leaf = path.join(&Name::parse("x").map_err(|_| Cause::Key)?);
                self.directory(&leaf)
            };
            make().map_err(self.error("make", prefix))?;
        }
        Ok(())
    }

    fn remove_litter(&self, prefix: &str) -> Result<u64, StoreError> {
        self.sweep(prefix).map_err(self.error("tidy", prefix))
    }
}

impl Drop for LocalStore {
    fn drop(&mut self) {
        // Never published, so nobody knows of them.
        for entry in lock(&self.later).pending.drain(..) {
            let _ = self.root.remove_file(&entry.temporary);
        }
    }
}

/// The path of an object. A key that looks like a temporary name would be written and never listed.
fn parse(key: &str) -> Outcome<RelPath> {
    match RelPath::parse(key) {
        Ok(path) if !path.is_root() && !key.contains(TEMPORARY) => Ok(path),
        _ => Err(Cause::Key),
    }
}

fn is_temporary(name: &Name) -> bool {
    name.as_bytes().windows(TEMPORARY.len()).any(|part| part == TEMPORARY.as_bytes())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each entry of these lists is complete by itself, so a panic elsewhere leaves them usable.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
