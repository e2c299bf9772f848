//! Which files git knows: those of the index, of a tree, and those beside them that no ignore file names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::AtomicBool;

use gix::bstr::ByteSlice;
use gix::dir::entry::{Kind, Status};
use gix::dir::walk::{Action, Delegate, EmissionMode};
use gix::index::entry::{Mode as IndexMode, Stage};
use holdall_tree::{PathError, RelPath};

use crate::error::{Cause, Error, Result};
use crate::object::{Blob, ItemKind, Mode, ObjectId};
use crate::repository::Repository;
use crate::submodule::real_dir;

/// The deepest nesting of directories that a tree may have.
const DEPTH_MAX: usize = 4096;
/// The most files that one tree may have.
const FILES_MAX: usize = 50_000_000;

/// Whether files count that git does not track and does not ignore.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Untracked {
    /// The index alone.
    Leave,
    /// They count, as `git ls-files --others --exclude-standard` names them.
    Take,
}

/// Files by their paths.
pub(crate) type Files = BTreeMap<RelPath, Blob>;

impl Repository {
    /// The paths that git knows beneath `dir`, a directory of the work tree, relative to it, in canonical order: what
    /// `git ls-files --cached --recurse-submodules` prints there. A nested repository that is no submodule stands for
    /// itself with its own path.
    ///
    /// # Errors
    /// [`Error::Bare`], [`Error::Outside`], or what reading the index or walking the work tree says.
    pub fn index_files(&self, dir: &Path, untracked: Untracked) -> Result<Vec<RelPath>> {
        let prefix = self.prefix(dir)?;
        let mut paths = BTreeSet::new();
        self.collect(&RelPath::root(), untracked, &mut paths, 0)?;
        Ok(paths
            .iter()
            .filter_map(|path| path.strip_prefix(&prefix))
            .filter(|p| !p.is_root())
            .collect())
    }

    /// Where `dir` is in the work tree.
    ///
    /// # Errors
    /// [`Error::Bare`] if there is none, [`Error::Outside`] if it is elsewhere.
    pub fn prefix(&self, dir: &Path) -> Result<RelPath> {
        let root = self.root()?;
        let real = |path: &Path| {
            path.canonicalize()
                .map_err(|error| Error::WorkTree { path: path.to_owned(), source: error.into() })
        };
        let outside = || Error::Outside { path: dir.to_owned(), root: root.to_owned() };
        let (real_root, real_dir) = (real(root)?, real(dir)?);
        let prefix = real_dir.strip_prefix(&real_root).map_err(|_| outside())?;
        RelPath::parse(prefix.as_os_str().as_encoded_bytes()).map_err(|_| outside())
    }

    fn collect(
        &self,
        base: &RelPath,
        untracked: Untracked,
        paths: &mut BTreeSet<RelPath>,
        depth: usize,
    ) -> Result<()> {
        if depth > DEPTH_MAX {
            return Err(Error::Limit { dir: base.clone() });
        }
        let index = self.index()?;
        let active = self.active_submodules();
        for entry in index.entries() {
            let path = self.index_path(entry.path(&index))?;
            match entry.mode {
                IndexMode::DIR => {
                    let mut files = Files::new();
                    self.files_of_tree(entry.id, &path, &mut files)?;
                    paths.extend(files.keys().map(|file| base.join_path(file)));
                }
                IndexMode::COMMIT if active.contains(&path) => {
                    if let Some(below) = self.submodule_in_work_tree(&path) {
                        below.collect(&base.join_path(&path), untracked, paths, depth + 1)?;
                    }
                }
                _ => {
                    paths.insert(base.join_path(&path));
                }
            }
        }
        if untracked == Untracked::Take {
            self.untracked(&mut |path| {
                paths.insert(base.join_path(&path));
                true
            })?;
        }
        Ok(())
    }

    pub(crate) fn index(&self) -> Result<gix::worktree::Index> {
        self.with(|handle| handle.index_or_empty()).map_err(|error| self.index_error(error.into()))
    }

    pub(crate) fn index_error(&self, source: Cause) -> Error {
        Error::Index { git_dir: self.git_dir().to_owned(), source }
    }

    /// A path of the index. That of a directory in a sparse index ends with a slash.
    pub(crate) fn index_path(&self, path: &gix::bstr::BStr) -> Result<RelPath> {
        RelPath::parse(path.strip_suffix(b"/").unwrap_or(path)).map_err(|source: PathError| {
            Error::IndexPath { git_dir: self.git_dir().to_owned(), source }
        })
    }

    /// The files of the index, and whether some of them are in conflict. Of these the first version counts.
    pub(crate) fn files_of_index(&self, index: &gix::index::State) -> Result<(Files, bool)> {
        let mut files = Files::new();
        let mut conflicts = false;
        for entry in index.entries() {
            let path = self.index_path(entry.path(index))?;
            if entry.mode == IndexMode::DIR {
                self.files_of_tree(entry.id, &path, &mut files)?;
                continue;
            }
            conflicts |= entry.stage() != Stage::Unconflicted;
            files.entry(path).or_insert(Blob { mode: mode_of(entry.mode), id: ObjectId(entry.id) });
        }
        Ok((files, conflicts))
    }

    /// Adds the files of a tree object and of all beneath it, which lies at `base`.
    pub(crate) fn files_of_tree(
        &self,
        id: gix::ObjectId,
        base: &RelPath,
        files: &mut Files,
    ) -> Result<()> {
        let mut open = vec![(base.clone(), id)];
        while let Some((dir, id)) = open.pop() {
            for item in self.tree(id, &dir)? {
                let path = dir.join(&item.name);
                match item.kind {
                    ItemKind::Tree => open.push((path, item.id)),
                    ItemKind::Leaf(mode) => {
                        files.insert(path, Blob { mode, id: ObjectId(item.id) });
                    }
                }
            }
            if files.len() > FILES_MAX || dir.depth() > DEPTH_MAX {
                return Err(Error::Limit { dir });
            }
        }
        Ok(())
    }

    /// Calls `found` with each file that is neither tracked nor ignored until it returns false.
    pub(crate) fn untracked(&self, found: &mut dyn FnMut(RelPath) -> bool) -> Result<()> {
        let fail = |source: Cause| Error::WorkTree {
            path: self.work_dir().unwrap_or(self.git_dir()).to_owned(),
            source,
        };
        let index = self.index()?;
        let mut each = Each { found, failed: None };
        self.with(|handle| {
            let options = handle.dirwalk_options()?.emit_untracked(EmissionMode::Matching);
            let stop = AtomicBool::new(false);
            handle.dirwalk(&index, None::<&str>, &stop, options, &mut each).map(drop)
        })
        .map_err(|error| fail(error.into()))?;
        each.failed.map_or(Ok(()), |error| Err(fail(error.into())))
    }

    /// The paths of submodules that the user works with, as git decides it.
    fn active_submodules(&self) -> BTreeSet<RelPath> {
        self.with(|handle| {
            let mut active = BTreeSet::new();
            for submodule in handle.submodules().ok().flatten().into_iter().flatten() {
                if submodule.is_active().unwrap_or(false)
                    && let Ok(path) = submodule.path()
                    && let Ok(path) = RelPath::parse(&path)
                {
                    active.insert(path);
                }
            }
            active
        })
    }

    /// The repository of a submodule that is checked out at `path`.
    pub(crate) fn submodule_in_work_tree(&self, path: &RelPath) -> Option<Self> {
        let root = self.work_dir()?;
        if !real_dir(root, path) {
            return None;
        }
        let dot_git = root.join(path.as_path()).join(".git");
        Self::open_git_dir(&dot_git, self.settings()).ok()
    }
}

pub(crate) fn mode_of(mode: IndexMode) -> Mode {
    match mode {
        IndexMode::SYMLINK => Mode::Symlink,
        IndexMode::COMMIT => Mode::Submodule,
        IndexMode::FILE_EXECUTABLE => Mode::Executable,
        _ => Mode::File,
    }
}

struct Each<'f> {
    found: &'f mut dyn FnMut(RelPath) -> bool,
    failed: Option<PathError>,
}

impl Delegate for Each<'_> {
    fn emit(&mut self, entry: gix::dir::EntryRef<'_>, _: Option<Status>) -> Action {
        // What git cannot record (a pipe, a socket) it does not name.
        if entry.status != Status::Untracked || entry.disk_kind == Some(Kind::Untrackable) {
            return Action::Continue(());
        }
        let path = entry.rela_path.as_ref();
        let more = match RelPath::parse(path.strip_suffix(b"/").unwrap_or(path.as_bytes())) {
            Ok(path) => (self.found)(path),
            Err(error) => {
                self.failed = Some(error);
                false
            }
        };
        if more { Action::Continue(()) } else { Action::Break(()) }
    }
}
