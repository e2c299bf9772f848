//! The paths of a capture, and a selection that applies to each of them as if it were the root of its own tree.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use holdall_fs::Target;
use holdall_tree::{Content, Context, Entry, Filter, RelPath, Result, Tree, Verdict};

use crate::error::Error;

/// An absolute path as a path beneath `/`.
///
/// # Errors
/// If it is relative or holds `..`.
pub(crate) fn target(path: &Path) -> Result<Target, Error> {
    let bytes = path.as_os_str().as_bytes();
    let Some(below) = bytes.strip_prefix(b"/") else {
        return Err(Error::PathNotAbsolute { path: path.to_owned() });
    };
    let below = below.strip_suffix(b"/").unwrap_or(below);
    RelPath::parse(below)
        .map(Target)
        .map_err(|source| Error::Path { path: path.to_owned(), source })
}

/// Applies `inner` beneath each target, with paths relative to it. What leads to a target is always taken.
pub(crate) struct PerTarget<'f> {
    /// The targets, none beneath another.
    pub(crate) targets: Vec<RelPath>,
    /// What judges the entries beneath a target, one filter for each.
    pub(crate) inner: Vec<Box<dyn Filter + 'f>>,
}

impl PerTarget<'_> {
    fn find(&self, path: &RelPath) -> Option<(&RelPath, &dyn Filter, RelPath)> {
        self.targets.iter().zip(&self.inner).find_map(|(target, filter)| {
            path.strip_prefix(target).map(|below| (target, &**filter, below))
        })
    }
}

impl Filter for PerTarget<'_> {
    fn judge(&self, entry: &Entry, tree: &dyn Tree) -> Result<Verdict> {
        match self.find(&entry.path) {
            Some((target, filter, below)) if !below.is_root() => {
                let moved = Entry { path: below, ..entry.clone() };
                filter.judge(&moved, &Beneath { tree, root: target })
            }
            _ => Ok(Verdict::Take),
        }
    }

    fn enter(&self, dir: &RelPath, entries: &[Entry], tree: &dyn Tree) -> Result<()> {
        let Some((target, filter, below)) = self.find(dir) else { return Ok(()) };
        let moved: Vec<Entry> = entries
            .iter()
            .filter_map(|entry| {
                let path = entry.path.strip_prefix(target)?;
                Some(Entry { path, ..entry.clone() })
            })
            .collect();
        filter.enter(&below, &moved, &Beneath { tree, root: target })
    }
}

/// A directory of a tree as a tree of its own.
pub(crate) struct Beneath<'t> {
    /// The tree around it.
    pub(crate) tree: &'t dyn Tree,
    /// Where it lies there.
    pub(crate) root: &'t RelPath,
}

impl Beneath<'_> {
    fn outer(&self, entry: &Entry) -> Entry {
        Entry { path: self.root.join_path(&entry.path), ..entry.clone() }
    }

    fn inner(&self, entry: Entry) -> Option<Entry> {
        let path = entry.path.strip_prefix(self.root)?;
        Some(Entry { path, ..entry })
    }
}

impl Tree for Beneath<'_> {
    fn root(&self) -> Result<Entry> {
        self.tree.root()
    }

    fn list(&self, ctx: &Context<'_>, dir: &RelPath) -> Result<Vec<Entry>> {
        let listed = self.tree.list(ctx, &self.root.join_path(dir))?;
        Ok(listed.into_iter().filter_map(|entry| self.inner(entry)).collect())
    }

    fn details(&self, entry: &mut Entry) -> Result<()> {
        let mut outer = self.outer(entry);
        self.tree.details(&mut outer)?;
        let path = std::mem::take(&mut entry.path);
        *entry = Entry { path, ..outer };
        Ok(())
    }

    fn open(&self, file: &Entry) -> Result<Content<'_>> {
        self.tree.open(&self.outer(file))
    }
}
