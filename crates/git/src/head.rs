//! What a header says of a repository: branch, commit, whether it is clean, and where it comes from.

use gix::bstr::{BString, ByteSlice};
use holdall_tree::{RelPath, Timestamp};

use crate::error::{Error, Result};
use crate::object::{Mode, ObjectId};
use crate::repository::Repository;
use crate::tracked::Files;
use crate::work::WorkTree;

/// How deep submodules in submodules are looked at for changes.
const SUBMODULE_DEPTH_MAX: usize = 16;

/// What is checked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The branch, `None` if `HEAD` is detached. A branch can be there before its first commit.
    pub branch: Option<String>,
    /// The commit, `None` before the first one.
    pub commit: Option<ObjectId>,
    /// When it was committed.
    pub time: Option<Timestamp>,
    /// Whether `git status` would name anything; `None` without a work tree.
    pub dirty: Option<bool>,
    /// The URL of the remote that the branch follows, else of `origin` or of the only one, without any password.
    pub remote: Option<String>,
}

impl Repository {
    /// What is checked out.
    ///
    /// # Errors
    /// If `HEAD`, its commit, the index or the work tree cannot be read.
    pub fn describe(&self) -> Result<Head> {
        let (branch, commit) = self.with(|handle| {
            let head = handle.head().map_err(|error| self.head_error(error))?;
            let branch =
                head.referent_name().map(|name| name.shorten().to_str_lossy().into_owned());
            Ok((branch, head.id().map(gix::Id::detach)))
        })?;
        let time = match commit {
            Some(id) => self.commit(id)?.time,
            None => None,
        };
        let dirty =
            if self.work_dir().is_some() { Some(self.is_dirty(Look::All, 0)?) } else { None };
        let remote = self.remote(branch.as_deref());
        Ok(Head { branch, commit: commit.map(ObjectId), time, dirty, remote })
    }

    /// The commit that is checked out, if any can be read.
    pub(crate) fn head_commit(&self) -> Option<ObjectId> {
        self.with(|handle| handle.head_id().ok().map(|id| ObjectId(id.detach())))
    }

    fn head_error(&self, error: gix::Error) -> Error {
        Error::Revision {
            rev: "HEAD".to_owned(),
            git_dir: self.git_dir().to_owned(),
            source: error.into(),
        }
    }

    fn is_dirty(&self, look: Look, depth: usize) -> Result<bool> {
        let mut work = WorkTree::new(self)?;
        let index = self.index()?;
        let (recorded, conflicts) = self.files_of_index(&index)?;
        let mut committed = Files::new();
        if let Some(id) = self.head_commit() {
            self.files_of_tree(self.commit(id.0)?.tree, &RelPath::root(), &mut committed)?;
        }
        if conflicts || recorded != committed {
            return Ok(true);
        }
        for entry in index.entries().iter().filter(|entry| !entry.mode.is_sparse()) {
            let path = self.index_path(entry.path(&index))?;
            let here = work.tracked(self, &path, entry)?;
            let known = recorded.get(&path);
            let mode = known.map(|blob| blob.mode);
            if mode == Some(Mode::Submodule) {
                if self.submodule_is_dirty(&path, here != known.copied(), depth)? {
                    return Ok(true);
                }
            } else if here != known.copied() {
                return Ok(true);
            }
        }
        let mut any = false;
        if look == Look::All {
            self.untracked(&mut |_| {
                any = true;
                false
            })?;
        }
        Ok(any)
    }

    fn submodule_is_dirty(&self, path: &RelPath, moved: bool, depth: usize) -> Result<bool> {
        use gix::submodule::config::Ignore;
        let ignore = self.with(|handle| {
            let mut all = handle.submodules().ok().flatten()?;
            let found = all.find(|s| s.path().is_ok_and(|p| p.as_bytes() == path.as_bytes()))?;
            found.ignore().ok().flatten()
        });
        let look = match ignore {
            Some(Ignore::All) => return Ok(false),
            Some(Ignore::Dirty) => return Ok(moved),
            Some(Ignore::Untracked) => Look::Tracked,
            Some(Ignore::None) | None => Look::All,
        };
        if moved || depth >= SUBMODULE_DEPTH_MAX {
            return Ok(moved);
        }
        match self.submodule_in_work_tree(path) {
            Some(below) if below.work_dir().is_some() => below.is_dirty(look, depth + 1),
            _ => Ok(false),
        }
    }

    fn remote(&self, branch: Option<&str>) -> Option<String> {
        self.with(|handle| {
            let config = handle.config_snapshot();
            let url = |name: &str| config.string(format!("remote.{name}.url").as_str());
            let followed = branch
                .and_then(|branch| config.string(format!("branch.{branch}.remote").as_str()))
                .map(|name: BString| name.to_str_lossy().into_owned());
            let names = handle.remote_names();
            let only = names.iter().next().filter(|_| names.len() == 1);
            followed
                .and_then(|name| url(&name))
                .or_else(|| url("origin"))
                .or_else(|| url(&only?.to_str_lossy()))
                .map(|url| without_secrets(&url.to_str_lossy()))
        })
    }
}

/// What counts as a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    /// Files that git tracks, and those that it does not and does not ignore.
    All,
    /// Files that git tracks.
    Tracked,
}

/// A URL without what may be a secret in it: user and password of a web address (a token may stand for either), the
/// password of any other, and what follows `?` or `#`.
fn without_secrets(url: &str) -> String {
    let Some((scheme, mut rest)) = url.split_once("://") else { return url.to_owned() };
    // A password with a slash in it, which ought to have been escaped.
    let (host, after) = rest.split_once('/').unwrap_or((rest, ""));
    let port = host.rsplit_once(':').map_or("", |(_, port)| port);
    if !host.contains('@') && !port.bytes().all(|byte| byte.is_ascii_digit()) {
        rest = after.rsplit_once('@').map_or(rest, |(_, behind)| behind);
    }
    let (authority, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest.split(['?', '#']).next().unwrap_or_default(), ""),
    };
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    let user = user
        .filter(|_| scheme.ends_with("ssh") || scheme == "git")
        .map(|user| user.split(':').next().unwrap_or_default())
        .map_or_else(String::new, |user| format!("{user}@"));
    format!("{scheme}://{user}{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_of_a_remote_is_shown() {
        let check = |url: &str, shown: &str| assert_eq!(without_secrets(url), shown);
        check("https://github.com/a/b.git", "https://github.com/a/b.git");
        check("https://user:s3cret@host/a", "https://host/a");
        check("https://s3cret@host:8443/a@b", "https://host:8443/a@b");
        check("https://u:p@ss@host/a", "https://host/a");
        check("https://oauth2:s3cret@host", "https://host");
        check("https://host/a?private_token=s3cret#x", "https://host/a");
        check("https://host?token=s3cret", "https://host");
        check("https://user:s3/cret@host/a", "https://host/a");
        check("https://[::1]:80/a@b", "https://[::1]:80/a@b");
        check("ssh://git:s3cret@host/a", "ssh://git@host/a");
        check("git+ssh://git@host/a", "git+ssh://git@host/a");
        check("ext::https://u:s3cret@host/a", "ext::https://host/a");
        check("git@host:a/b.git", "git@host:a/b.git");
        check("/srv/git/a.git", "/srv/git/a.git");
        check("", "");
    }
}
