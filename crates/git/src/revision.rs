//! Revisions: from what is typed to a tree and the time of its commit.

use gix::objs::CommitRefIter;
use holdall_tree::Timestamp;

use crate::error::{Error, Result};
use crate::repository::Repository;

/// The largest commit that is read, in bytes.
const COMMIT_BYTES_MAX: u64 = 64 << 20;

/// What a revision names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Revision {
    /// Its tree.
    pub(crate) tree: gix::ObjectId,
    /// When it was committed; `None` for a revision that names a tree alone, such as `HEAD:src`.
    pub(crate) time: Option<Timestamp>,
}

impl Repository {
    /// What `rev` names, in the notation of `git help gitrevisions`.
    pub(crate) fn revision(&self, rev: &str) -> Result<Revision> {
        let missing = |source| Error::Revision {
            rev: rev.to_owned(),
            git_dir: self.git_dir().to_owned(),
            source,
        };
        let (kind, id) = self.with(|handle| {
            let id = handle.rev_parse_single(rev).map_err(|error| missing(error.into()))?;
            let object = id.object().map_err(|error| missing(error.into()))?;
            let object = object.peel_tags_to_end().map_err(|error| missing(error.into()))?;
            match object.kind {
                gix::objs::Kind::Tree | gix::objs::Kind::Commit => Ok((object.kind, object.id)),
                other => Err(Error::NoTree { rev: rev.to_owned(), kind: other.to_string() }),
            }
        })?;
        if kind == gix::objs::Kind::Tree {
            return Ok(Revision { tree: id, time: None });
        }
        self.commit(id)
    }

    /// The tree and time of a commit.
    pub(crate) fn commit(&self, id: gix::ObjectId) -> Result<Revision> {
        let data = self.object(id, gix::objs::Kind::Commit, COMMIT_BYTES_MAX)?;
        let mut parts = CommitRefIter::from_bytes(&data, id.kind());
        let tree =
            parts.tree_id().map_err(|error| self.object_error("commit", id, error.into()))?;
        // A commit whose date nobody can read is a commit all the same.
        let time = parts.committer().ok().and_then(|who| who.time().ok());
        Ok(Revision { tree, time: time.map(|time| Timestamp::new(time.seconds, 0)) })
    }
}
