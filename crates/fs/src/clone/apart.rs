//! Keeping what is cloned and where it goes apart, whatever links and mounts lead to them: by inodes.

use std::collections::HashSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use holdall_tree::{Context, Entry, Filter, RelPath, Result, Tree, Verdict};

use super::CloneError;
use crate::directory::{DirectoryTree, ReadOptions};

/// Device and inode.
type Inode = (u64, u64);

/// A filter that refuses a source in which it meets a directory that leads to where the clone goes.
pub struct Apart<'f> {
    inner: &'f dyn Filter,
    above: HashSet<Inode>,
    dest: PathBuf,
}

impl<'f> Apart<'f> {
    /// Watches that nothing is read which `dest` lies in; `inner` says what is taken.
    ///
    /// # Errors
    /// [`CloneError::WithinSource`] if the root of the source is `dest` or above it.
    pub fn new(inner: &'f dyn Filter, source: &Path, dest: &Path) -> Result<Self> {
        let above = above(dest);
        if source.metadata().is_ok_and(|meta| above.contains(&(meta.dev(), meta.ino()))) {
            return Err(CloneError::WithinSource { dest: dest.to_owned() }.into());
        }
        Ok(Self { inner, above, dest: dest.to_owned() })
    }
}

impl Filter for Apart<'_> {
    fn judge(&self, entry: &Entry, tree: &dyn Tree) -> Result<Verdict> {
        self.inner.judge(entry, tree)
    }

    fn enter(&self, dir: &RelPath, entries: &[Entry], tree: &dyn Tree) -> Result<()> {
        self.inner.enter(dir, entries, tree)
    }

    fn keep(
        &self,
        ctx: &Context<'_>,
        dir: &RelPath,
        entries: Vec<Entry>,
        tree: &dyn Tree,
    ) -> Result<Vec<Entry>> {
        let leads = |entry: &Entry| {
            let inode = entry.meta.device.zip(entry.meta.inode);
            entry.is_dir() && inode.is_some_and(|inode| self.above.contains(&inode))
        };
        let kept = self.inner.keep(ctx, dir, entries, tree)?;
        if kept.iter().any(leads) {
            return Err(CloneError::WithinSource { dest: self.dest.clone() }.into());
        }
        Ok(kept)
    }
}

/// `path` as far as it is there, and all directories above it, by inode.
fn above(path: &Path) -> HashSet<Inode> {
    let real = path.ancestors().find_map(|part| {
        let part = if part.as_os_str().is_empty() { Path::new(".") } else { part };
        part.canonicalize().ok()
    });
    let real = real.unwrap_or_default();
    real.ancestors()
        .filter_map(|part| part.metadata().ok())
        .map(|meta| (meta.dev(), meta.ino()))
        .collect()
}

/// True if `path` is `dir` or lies in it, as its own path has it.
#[must_use]
pub fn is_within(path: &Path, dir: &Path) -> bool {
    dir.metadata().is_ok_and(|meta| above(path).contains(&(meta.dev(), meta.ino())))
}

/// True if the directory `inner` is met somewhere in `dir`, whatever path leads to it from elsewhere.
///
/// # Errors
/// If `dir` cannot be read.
pub fn contains(ctx: &Context<'_>, dir: &Path, inner: &Path) -> Result<bool> {
    let Ok(meta) = inner.metadata() else { return Ok(false) };
    let wanted = (meta.dev(), meta.ino());
    let tree = DirectoryTree::open(dir, ReadOptions::default())?;
    let mut stack = vec![RelPath::root()];
    while let Some(path) = stack.pop() {
        ctx.check()?;
        for entry in tree.list(ctx, &path)? {
            if !entry.is_dir() {
                continue;
            }
            if entry.meta.device.zip(entry.meta.inode) == Some(wanted) {
                return Ok(true);
            }
            stack.push(entry.path);
        }
    }
    Ok(false)
}
