//! A store in a local directory.
//!
//! An object is written under a temporary name in its final directory, synced, renamed, and the directory synced.
//! Objects of `put_later` are renamed only by `sync`, so nothing that is seen under its name is not durable.

use std::collections::BTreeSet;
use std::fs::File;
use std::ops::{ControlFlow, Range};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use holdall_disk::{Dir, FileType, Replace};
use holdall_tree::{Name, RelPath};

use crate::{Cause, Store, StoreError};

/// Files that `put_later` keeps open at most; beyond that they are synced early and closed.
const PENDING_MAX: usize = 64;
/// Objects that are kept open for reading: many small ranges of one pack then cost one call each.
const OPEN_MAX: usize = 16;
/// What marks a temporary name.
const TEMPORARY: &str = "-tmp-";

/// A store in a local directory.
#[derive(Debug)]
pub struct LocalStore {
    root: Dir,
    path: PathBuf,
    pending: Mutex<Vec<Pending>>,
    /// Directories from which something was removed since the last sync.
    emptied: Mutex<BTreeSet<RelPath>>,
    open: Mutex<Vec<(String, Arc<File>)>>,
}

#[derive(Debug)]
struct Pending {
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
        Ok(Self {
            root,
            path: path.to_owned(),
            pending: Mutex::default(),
            emptied: Mutex::default(),
            open: Mutex::default(),
        })
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

    fn reader(&self, key: &str, path: &RelPath) -> Outcome<Option<Arc<File>>> {
        let mut open = lock(&self.open);
        if let Some(at) = open.iter().position(|(known, _)| known == key) {
            let found = open.remove(at);
            let file = Arc::clone(&found.1);
            open.push(found);
            return Ok(Some(file));
        }
        drop(open);
        let file = match self.root.open_file(path) {
            Ok(file) => Arc::new(file),
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let mut open = lock(&self.open);
        if open.len() >= OPEN_MAX {
            open.remove(0);
        }
        open.push((key.to_owned(), Arc::clone(&file)));
        Ok(Some(file))
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
        let Some(file) = self.reader(key, &path)? else { return Ok(None) };
        let length = range.end.saturating_sub(range.start);
        let size = file.metadata()?.len();
        if range.end > size {
            return Err(Cause::Short { size });
        }
        let mut bytes = vec![0; usize::try_from(length).map_err(|_| Cause::Short { size })?];
        file.read_exact_at(&mut bytes, range.start)?;
        Ok(Some(bytes))
    }

    fn write_later(&self, key: &str, bytes: &[u8]) -> Outcome<()> {
        let target = parse(key)?;
        if self.root.stat(&target)?.is_some() {
            return Err(Cause::Exists);
        }
        self.directory(&target)?;
        let temporary = holdall_disk::temporary(&target)?;
        let mut file = self.root.create_file(&temporary, 0o400)?;
        if let Err(error) = holdall_disk::write_all(&mut file, bytes) {
            let _ = self.root.remove_file(&temporary);
            return Err(error.into());
        }
        let mut pending = lock(&self.pending);
        if pending.len() >= PENDING_MAX {
            for entry in pending.iter_mut() {
                if let Some(file) = entry.file.take() {
                    holdall_disk::sync_file(&file)?;
                }
            }
        }
        pending.push(Pending { file: Some(file), temporary, target, key: key.to_owned() });
        Ok(())
    }

    fn publish_pending(&self) -> Outcome<()> {
        let mut pending = lock(&self.pending);
        for entry in pending.iter_mut() {
            if let Some(file) = entry.file.take() {
                holdall_disk::sync_file(&file)?;
            }
        }
        let mut dirs = std::mem::take(&mut *lock(&self.emptied));
        while let Some(entry) = pending.last() {
            self.root.rename_no_replace(&entry.temporary, &self.root, &entry.target)?;
            dirs.insert(entry.target.parent().unwrap_or_default());
            pending.pop();
        }
        for dir in dirs {
            self.root.open_dir(&dir)?.sync()?;
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
        self.read(key, range).map_err(self.error("read", key))
    }

    fn put(&self, key: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.write(key, bytes).map_err(self.error("write", key))
    }

    fn put_later(&self, key: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.write_later(key, bytes).map_err(self.error("write", key))
    }

    fn sync(&self) -> Result<(), StoreError> {
        let key = lock(&self.pending).last().map(|entry| entry.key.clone()).unwrap_or_default();
        self.publish_pending().map_err(self.error("sync", &key))
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
                Err(error) if !error.is_not_found() => Err(error.into()),
                _ => {
                    lock(&self.emptied).insert(path.parent().unwrap_or_default());
                    Ok(())
                }
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
        for entry in lock(&self.pending).drain(..) {
            let _ = self.root.remove_file(&entry.temporary);
        }
    }
}

fn parse(key: &str) -> Outcome<RelPath> {
    match RelPath::parse(key) {
        Ok(path) if !path.is_root() => Ok(path),
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
