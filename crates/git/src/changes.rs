//! What changed since a revision: in the work tree, or up to another revision.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use holdall_tree::RelPath;

use crate::error::{Error, Result};
use crate::object::{Blob, Mode};
use crate::patch::{self, Side};
use crate::rename::{Candidate, pair_up};
use crate::repository::Repository;
use crate::tracked::Files;
use crate::work::WorkTree;

/// Up to where changes are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until<'a> {
    /// What is on the disk: tracked files, and those that are neither tracked nor ignored.
    WorkTree,
    /// A revision, in the notation of `git help gitrevisions`.
    Revision(&'a str),
}

/// What became of one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// Its content is another, and its mode may be.
    Modified,
    /// It is gone.
    Deleted,
    /// It was at another path, with the same or a similar content.
    Renamed {
        /// Where it was.
        from: RelPath,
    },
    /// Only the bit differs that lets it be run.
    ModeChanged,
    /// A file became a link or a submodule, or the other way about.
    TypeChanged,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where it is now, or where it was if it is gone.
    pub path: RelPath,
    /// What became of it.
    pub kind: ChangeKind,
    /// What was there; `None` if it is new.
    pub old: Option<Blob>,
    /// What is there; `None` if it is gone.
    pub new: Option<Blob>,
}

impl Change {
    /// Where the old content was.
    #[must_use]
    pub fn old_path(&self) -> &RelPath {
        if let ChangeKind::Renamed { from } = &self.kind { from } else { &self.path }
    }
}

/// What changed, in canonical order, with access to the contents.
pub struct Changes<'r> {
    repo: &'r Repository,
    list: Vec<Change>,
    /// Only if the new side is the work tree.
    work: Option<Mutex<WorkTree>>,
}

impl std::fmt::Debug for Changes<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Changes").field(&self.list).finish()
    }
}

impl Repository {
    /// What changed since `since`, a revision in the notation of `git help gitrevisions`. Paths are relative to the root of
    /// the work tree; of a submodule only the commit is compared.
    ///
    /// # Errors
    /// If there is no such revision, the repository is bare and the work tree is asked for, or something cannot be read.
    pub fn changes(&self, since: &str, until: Until<'_>) -> Result<Changes<'_>> {
        let mut old = Files::new();
        self.files_of_tree(self.revision(since)?.tree, &RelPath::root(), &mut old)?;
        let mut new = Files::new();
        let mut work = None;
        match until {
            Until::Revision(rev) => {
                self.files_of_tree(self.revision(rev)?.tree, &RelPath::root(), &mut new)?;
            }
            Until::WorkTree => {
                let mut tree = WorkTree::new(self)?;
                new = self.files_of_work_tree(&mut tree)?;
                work = Some(Mutex::new(tree));
            }
        }
        let mut changes = Changes { repo: self, list: Vec::new(), work };
        changes.list = list(&changes, old, new)?;
        Ok(changes)
    }

    /// The work tree as `git add --all` would record it.
    fn files_of_work_tree(&self, work: &mut WorkTree) -> Result<Files> {
        let mut files = Files::new();
        let index = self.index()?;
        for entry in index.entries() {
            let path = self.index_path(entry.path(&index))?;
            if entry.mode.is_sparse() {
                self.files_of_tree(entry.id, &path, &mut files)?;
            } else if !files.contains_key(&path)
                && let Some(blob) = work.tracked(self, &path, entry)?
            {
                files.insert(path, blob);
            }
        }
        let mut untracked = BTreeSet::new();
        self.untracked(&mut |path| {
            untracked.insert(path);
            true
        })?;
        for path in untracked {
            if let Some(blob) = work.untracked(self, &path)? {
                files.insert(path, blob);
            }
        }
        Ok(files)
    }
}

impl Changes<'_> {
    /// The changes, in canonical order of their paths.
    #[must_use]
    pub fn list(&self) -> &[Change] {
        &self.list
    }

    /// The old content; `None` if it is new. That of a submodule is the line by which git stands for it.
    ///
    /// # Errors
    /// [`Error::BlobLarge`] beyond `limit`, or what reading it says.
    pub fn old_content(&self, change: &Change, limit: u64) -> Result<Option<Vec<u8>>> {
        change.old.map(|blob| self.recorded(blob, limit)).transpose()
    }

    /// The new content, as git would record it; `None` if it is gone.
    ///
    /// # Errors
    /// As [`Changes::old_content`], and [`Error::Changed`] if the file is not any more what it was
    /// when the changes were looked for.
    pub fn new_content(&self, change: &Change, limit: u64) -> Result<Option<Vec<u8>>> {
        change.new.map(|blob| self.present(&change.path, blob, limit)).transpose()
    }

    /// Writes the part of a patch that makes this change, of contents of at most `limit` bytes.
    ///
    /// # Errors
    /// As [`Changes::old_content`] and [`Changes::new_content`], or [`Error::Write`] if `out` fails.
    pub fn write_patch(&self, change: &Change, limit: u64, out: &mut dyn Write) -> Result<()> {
        let old = self.old_content(change, limit)?;
        let new = self.new_content(change, limit)?;
        let ids = [change.old, change.new].map(|blob| blob.map(|blob| blob.id.to_string()));
        let [old_id, new_id] = &ids;
        let old = side(change.old_path(), change.old, old_id.as_deref(), old.as_deref());
        let new = side(&change.path, change.new, new_id.as_deref(), new.as_deref());
        patch::write(out, old, new).map_err(Error::Write)
    }

    fn recorded(&self, blob: Blob, limit: u64) -> Result<Vec<u8>> {
        match blob.mode {
            Mode::Submodule => Ok(format!("Subproject commit {}\n", blob.id).into_bytes()),
            _ => self.repo.blob(blob.id, limit),
        }
    }

    fn present(&self, path: &RelPath, blob: Blob, limit: u64) -> Result<Vec<u8>> {
        match &self.work {
            // What git has recorded is not looked for on the disk, where a filter may have made something else of it.
            Some(work) if blob.mode != Mode::Submodule && !self.repo.has(blob.id.0) => {
                work.lock().unwrap_or_else(PoisonError::into_inner).content(path, blob, limit)
            }
            _ => self.recorded(blob, limit),
        }
    }
}

fn list(changes: &Changes<'_>, mut old: Files, mut new: Files) -> Result<Vec<Change>> {
    let mut list = Vec::new();
    new.retain(|path, now| {
        let Some(was) = old.remove(path) else { return true };
        if was != *now {
            list.push(Change {
                path: path.clone(),
                kind: kind_of(was, *now),
                old: Some(was),
                new: Some(*now),
            });
        }
        false
    });
    // What is left stands on one side alone.
    let gone: Vec<Candidate> =
        old.into_iter().map(|(path, blob)| Candidate { path, blob }).collect();
    let added: Vec<Candidate> =
        new.into_iter().map(|(path, blob)| Candidate { path, blob }).collect();
    let pairs =
        pair_up(&gone, &added, &|from, limit| changes.recorded(from.blob, limit), &|to, limit| {
            changes.present(&to.path, to.blob, limit)
        })?;
    for (at, now) in added.into_iter().enumerate() {
        let from = pairs.get(&at).and_then(|from| gone.get(*from));
        let kind = match from {
            Some(from) => ChangeKind::Renamed { from: from.path.clone() },
            None => ChangeKind::Added,
        };
        let old = from.map(|from| from.blob);
        list.push(Change { path: now.path, kind, old, new: Some(now.blob) });
    }
    let moved: BTreeSet<usize> = pairs.into_values().collect();
    for (at, was) in gone.into_iter().enumerate() {
        if !moved.contains(&at) {
            let kind = ChangeKind::Deleted;
            list.push(Change { path: was.path, kind, old: Some(was.blob), new: None });
        }
    }
    list.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(list)
}

fn side<'a>(
    path: &'a RelPath,
    blob: Option<Blob>,
    id: Option<&'a str>,
    content: Option<&'a [u8]>,
) -> Option<Side<'a>> {
    Some(Side { path, mode: blob?.mode, id: id?, content: content? })
}

fn kind_of(was: Blob, now: Blob) -> ChangeKind {
    if !was.mode.same_type(now.mode) {
        ChangeKind::TypeChanged
    } else if was.id == now.id {
        ChangeKind::ModeChanged
    } else {
        ChangeKind::Modified
    }
}
