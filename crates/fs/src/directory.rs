//! A directory of the local file system as a tree.
//!
//! Listing costs one look at each entry and no more; what costs more (extended attributes, link targets, holes) is
//! read only for entries that somebody needs in full. Several paths make one tree: it is rooted at `/` and holds the
//! directories that lead to them and nothing else beside them.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use holdall_disk::{Dir, FileType, Stat};
use holdall_tree::{Content, Context, Entry, Kind, Metadata, Name, ReadAt, RelPath, Result, Tree};

/// How a directory is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReadOptions {
    /// Record when each entry was last read.
    pub with_atime: bool,
    /// Leave out what lies on another file system than the path that leads to it.
    pub one_file_system: bool,
}

/// A path that belongs to a tree rooted at `/`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target(pub RelPath);

/// The file that this thread looked at last: whoever needs its details mostly needs its content next, and opening is
/// half of what a small file costs.
struct Last {
    tree: u64,
    path: RelPath,
    file: File,
}

/// The directory that this thread opened a file of last: to find the next one of it takes one step then.
struct Above {
    tree: u64,
    path: RelPath,
    dir: Dir,
}

thread_local! {
    static LAST: Cell<Option<Last>> = const { Cell::new(None) };
    static ABOVE: Cell<Option<Above>> = const { Cell::new(None) };
}

/// Numbers trees, so that the file of one is never taken for that of another.
static TREES: AtomicU64 = AtomicU64::new(0);

/// A directory as a tree.
#[derive(Debug)]
pub struct DirectoryTree {
    number: u64,
    root: Dir,
    options: ReadOptions,
    /// Empty: everything beneath the root belongs to the tree.
    targets: BTreeSet<RelPath>,
    device: Option<u64>,
}

impl DirectoryTree {
    /// Everything beneath `path`, which may be a link to a directory.
    ///
    /// # Errors
    /// If it is no directory or cannot be opened.
    pub fn open(path: &Path, options: ReadOptions) -> Result<Self> {
        let root = Dir::open(path)?;
        let device = match root.stat(&RelPath::root())? {
            Some(stat) if options.one_file_system => Some(stat.device),
            _ => None,
        };
        let number = TREES.fetch_add(1, Ordering::Relaxed);
        Ok(Self { number, root, options, targets: BTreeSet::new(), device })
    }

    /// The given paths beneath `/` with the directories that lead to them.
    ///
    /// # Errors
    /// If `/` cannot be opened.
    pub fn of_targets(
        targets: impl IntoIterator<Item = Target>,
        options: ReadOptions,
    ) -> Result<Self> {
        let mut tree =
            Self::open(Path::new("/"), ReadOptions { one_file_system: false, ..options })?;
        tree.options = options;
        tree.targets =
            targets.into_iter().map(|target| target.0).filter(|path| !path.is_root()).collect();
        Ok(tree)
    }

    /// The handle to its root.
    pub(crate) fn handle(&self) -> &Dir {
        &self.root
    }

    /// True if there is a directory at `path`.
    ///
    /// # Errors
    /// If it cannot be looked at.
    pub fn is_dir(&self, path: &RelPath) -> Result<bool> {
        let stat = self.look(path)?;
        Ok(stat.is_some_and(|stat| stat.file_type == FileType::Directory))
    }

    /// The entry at `path`, without details; `None` if there is nothing.
    ///
    /// # Errors
    /// If it cannot be looked at.
    pub fn entry_at(&self, path: &RelPath) -> Result<Option<Entry>> {
        Ok(self.look(path)?.map(|stat| self.entry(path.clone(), &stat)))
    }

    /// What is at `path`. Where a link stands in the place of a directory above it, nothing is.
    fn look(&self, path: &RelPath) -> Result<Option<Stat>> {
        match self.root.stat(path) {
            Err(holdall_disk::Error::Escapes { .. }) => Ok(None),
            stat => Ok(stat?),
        }
    }

    /// What only an open file tells. The file stays open for whoever asks for its content next.
    fn file_details(&self, entry: &mut Entry, file: File, size: u64) -> Result<()> {
        let fail = |error: io::Error| {
            let what = format!("cannot read the attributes of {}: {error}", entry.path);
            holdall_tree::Error::new(holdall_tree::ErrorKind::Failed, what)
        };
        entry.meta.xattrs = Some(holdall_disk::file_xattrs(&file).map_err(fail)?);
        entry.meta.attributes = Some(holdall_disk::file_attributes(&file));
        if entry.meta.extents.as_ref().is_some_and(Vec::is_empty) {
            // A file system that cannot tell where data lies leaves a file that is not known to be sparse.
            entry.meta.extents = holdall_disk::extents(&file, size).ok().flatten();
        }
        LAST.set(Some(Last { tree: self.number, path: entry.path.clone(), file }));
        Ok(())
    }

    /// Opens what should be a regular file.
    fn open_unseen(&self, path: &RelPath) -> Result<File> {
        let (Some(dir), Some(name)) = (path.parent(), path.name()) else {
            return Ok(self.root.open_unseen(path)?);
        };
        let above = ABOVE.take().filter(|above| above.tree == self.number && above.path == dir);
        let above = match above {
            Some(above) => above,
            None => match self.root.open_dir(&dir) {
                Ok(opened) => Above { tree: self.number, path: dir, dir: opened },
                // It may be one that can be passed and not be read.
                Err(_) => return Ok(self.root.open_unseen(path)?),
            },
        };
        let opened = above.dir.open_unseen(&RelPath::root().join(&name));
        ABOVE.set(Some(above));
        Ok(opened?)
    }

    /// The names in `dir` that lead to a target, if `dir` is above one; `None` if all of it belongs to the tree.
    fn spine(&self, dir: &RelPath) -> Option<BTreeSet<Vec<u8>>> {
        if self.targets.is_empty() || self.targets.iter().any(|target| dir.starts_with(target)) {
            return None;
        }
        let depth = dir.depth();
        let below = self.targets.iter().filter(|target| target.starts_with(dir));
        Some(
            below.filter_map(|target| target.components().nth(depth).map(<[u8]>::to_vec)).collect(),
        )
    }

    fn entry(&self, path: RelPath, stat: &Stat) -> Entry {
        let mut entry = stat.to_entry(path);
        if self.options.with_atime {
            entry.meta.atime = Some(stat.atime);
        }
        entry
    }

    /// True if `stat` lies on another file system than what the tree is bounded to.
    fn foreign(&self, dir: &RelPath, stat: &Stat) -> bool {
        if !self.options.one_file_system {
            return false;
        }
        let home = self.device.or_else(|| {
            let target = self.targets.iter().find(|target| dir.starts_with(target))?;
            Some(self.root.stat(target).ok()??.device)
        });
        home.is_some_and(|home| home != stat.device)
    }
}

impl Tree for DirectoryTree {
    fn root(&self) -> Result<Entry> {
        let path = RelPath::root();
        Ok(match self.root.stat(&path)? {
            Some(stat) => self.entry(path, &stat),
            None => Entry { path, kind: Kind::Directory, meta: Metadata::default() },
        })
    }

    fn list(&self, _: &Context<'_>, dir: &RelPath) -> Result<Vec<Entry>> {
        if let Some(names) = self.spine(dir) {
            let mut entries = Vec::with_capacity(names.len());
            for name in names {
                let Ok(name) = Name::parse(&name) else { continue };
                let path = dir.join(&name);
                if let Some(stat) = self.root.stat(&path)? {
                    entries.push(self.entry(path, &stat));
                }
            }
            return Ok(entries);
        }
        let opened;
        let handle = if dir.is_root() {
            &self.root
        } else {
            opened = self.root.open_dir(dir)?;
            &opened
        };
        let mut entries = Vec::new();
        for listed in handle.list()? {
            let path = dir.join(&listed.name);
            if !self.foreign(dir, &listed.stat) {
                entries.push(self.entry(path, &listed.stat));
            }
        }
        Ok(entries)
    }

    fn details(&self, entry: &mut Entry) -> Result<()> {
        let path = entry.path.clone();
        if let Kind::Symlink { target } = &mut entry.kind {
            *target = self.root.read_link(&path)?;
        }
        match entry.kind {
            Kind::File { size } => match self.open_unseen(&path) {
                Ok(file) => self.file_details(entry, file, size)?,
                // A file that may not be read still has a name and a mode.
                Err(_) => entry.meta.xattrs = Some(self.root.xattrs(&path)?),
            },
            Kind::Directory => {
                entry.meta.xattrs = Some(self.root.xattrs(&path)?);
                entry.meta.attributes = self.root.dir_attributes(&path).ok();
            }
            _ => entry.meta.xattrs = Some(self.root.xattrs(&path)?),
        }
        entry.meta.user = entry.meta.uid.and_then(holdall_disk::user_name_of);
        entry.meta.group = entry.meta.gid.and_then(holdall_disk::group_name_of);
        Ok(())
    }

    fn open(&self, file: &Entry) -> Result<Content<'_>> {
        let last = LAST.take().filter(|last| last.tree == self.number && last.path == file.path);
        if let Some(last) = last {
            return Ok(Content::At(Box::new(LocalFile::new(last.file))));
        }
        Ok(Content::At(Box::new(LocalFile::new(self.open_unseen(&file.path)?))))
    }
}

/// A file that is looked at before the first of its bytes is read.
struct LocalFile {
    file: File,
    is_file: OnceLock<bool>,
}

impl LocalFile {
    fn new(file: File) -> Self {
        Self { file, is_file: OnceLock::new() }
    }

    /// False if something else was put in the place of the file before it was opened.
    fn is_file(&self) -> bool {
        let look = || Stat::of(&self.file).is_ok_and(|stat| stat.file_type == FileType::File);
        *self.is_file.get_or_init(look)
    }
}

impl ReadAt for LocalFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        if !self.is_file() {
            return Err(io::Error::other("it is no regular file any more"));
        }
        self.file.read_at(buffer, offset)
    }

    fn local(&self) -> Option<&File> {
        self.is_file().then_some(&self.file)
    }
}
