//! Where the repository of a submodule is on this machine, and which commit of which repository a directory belongs to.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use holdall_tree::RelPath;

use crate::object::{ItemKind, Mode, ObjectId, find};
use crate::repository::Repository;

/// The largest `.gitmodules` that is read, in bytes.
const MODULES_BYTES_MAX: u64 = 4 << 20;

/// A commit of one repository: that of the tree itself or that of a submodule in it.
#[derive(Debug)]
pub(crate) struct Level<'r> {
    repo: Held<'r>,
    tree: gix::ObjectId,
    names: OnceLock<HashMap<RelPath, RelPath>>,
}

#[derive(Debug)]
enum Held<'r> {
    Lent(&'r Repository),
    Own(Box<Repository>),
}

impl<'r> Level<'r> {
    pub(crate) fn top(repo: &'r Repository, tree: gix::ObjectId) -> Self {
        Self { repo: Held::Lent(repo), tree, names: OnceLock::new() }
    }

    pub(crate) fn repo(&self) -> &Repository {
        match &self.repo {
            Held::Lent(repo) => repo,
            Held::Own(repo) => repo,
        }
    }

    /// The submodule at `path` at this commit and its tree, if its repository is here and holds the commit.
    pub(crate) fn below(
        &self,
        path: &RelPath,
        commit: gix::ObjectId,
    ) -> Option<(Self, gix::ObjectId)> {
        let name = self.names.get_or_init(|| self.read_names()).get(path);
        for candidate in candidates(self.repo(), name.unwrap_or(path), path) {
            let Ok(repo) = Repository::open_git_dir(&candidate, self.repo().settings()) else {
                continue;
            };
            if !repo.has(commit) {
                continue;
            }
            let Ok(revision) = repo.commit(commit) else { continue };
            let tree = revision.tree;
            let repo = Held::Own(Box::new(repo));
            return Some((Self { repo, tree, names: OnceLock::new() }, tree));
        }
        None
    }

    /// The names of submodules by their paths, as `.gitmodules` of this commit has them. What is broken in it is as if it
    /// were not there.
    fn read_names(&self) -> HashMap<RelPath, RelPath> {
        let repo = self.repo();
        let bytes = repo.tree(self.tree, &"").ok().and_then(|items| {
            let item = find(&items, b".gitmodules")?;
            let file = matches!(item.kind, ItemKind::Leaf(Mode::File | Mode::Executable));
            file.then(|| repo.blob(ObjectId(item.id), MODULES_BYTES_MAX).ok())?
        });
        bytes.map(|bytes| names_in(&bytes)).unwrap_or_default()
    }
}

/// Paths and names in a `.gitmodules`. A name becomes a path beneath `.git/modules`, so it must be one that stays there.
pub(crate) fn names_in(modules: &[u8]) -> HashMap<RelPath, RelPath> {
    let mut names = HashMap::new();
    let Ok(file) = gix::config::File::try_from(String::from_utf8_lossy(modules).as_ref()) else {
        return names;
    };
    for section in file.sections_by_name("submodule").into_iter().flatten() {
        let (Some(name), Some(path)) = (section.header().subsection_name(), section.value("path"))
        else {
            continue;
        };
        let path: &[u8] = path.as_ref();
        let name: &[u8] = name.as_ref();
        if let (Ok(path), Ok(name)) = (RelPath::parse(path), RelPath::parse(name)) {
            names.insert(path, name);
        }
    }
    names
}

/// Where git keeps the repository of a submodule: with the repository around it, or, as it once did, in the work tree.
fn candidates(repo: &Repository, name: &RelPath, path: &RelPath) -> Vec<PathBuf> {
    let mut found = Vec::new();
    if !name.is_root() {
        for dir in [repo.git_dir(), repo.common_dir()] {
            found.push(dir.join("modules").join(name.as_path()));
        }
    }
    if let Some(work) = repo.work_dir()
        && real_dir(work, path)
    {
        found.push(work.join(path.as_path()).join(".git"));
    }
    found
}

/// True if `path` is a directory beneath `root` that no symbolic link leads to, so that it belongs to this work tree.
pub(crate) fn real_dir(root: &Path, path: &RelPath) -> bool {
    let mut here = root.to_owned();
    path.as_path().components().all(|component| {
        here.push(component);
        fs::symlink_metadata(&here).is_ok_and(|meta| meta.is_dir())
    })
}
