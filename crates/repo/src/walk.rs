//! Walking all directories that snapshots refer to, each of them once.

use holdall_tree::{Context, Counter, Phase};

use crate::error::Result;
use crate::id::{BlobKind, Id};
use crate::index::{IdSet, Index};
use crate::reader::BlobReader;
use crate::repository::Repository;
use crate::wire::node::Node;

/// The blobs that snapshots need.
#[derive(Debug, Default)]
pub struct Used {
    /// Chunks of files.
    pub data: IdSet,
    /// Directories.
    pub trees: IdSet,
}

impl Used {
    /// True if the blob is needed.
    #[must_use]
    pub fn contains(&self, kind: BlobKind, id: &Id) -> bool {
        match kind {
            BlobKind::Data => self.data.contains(id),
            BlobKind::Tree => self.trees.contains(id),
        }
    }
}

/// Called with each directory, or with why it cannot be read.
pub type Visit<'v> = dyn FnMut(Id, Result<&[Node]>) -> Result<()> + 'v;

/// Collects all blobs that the directories `roots` need, directly or not. Calls `visit` with each directory once, or
/// with why it cannot be read; going on after an error is up to `visit`.
///
/// # Errors
/// What `visit` returns, or if the user interrupts.
pub fn used(
    ctx: &Context<'_>,
    repository: &Repository,
    index: &Index,
    roots: impl IntoIterator<Item = Id>,
    visit: &mut Visit<'_>,
) -> Result<Used> {
    ctx.observer.phase(Phase::Walking, None);
    let reader = BlobReader::new(repository, index);
    let mut used = Used::default();
    // A list rather than recursion: a hostile tree may be as deep as memory is large, but a directory that was seen
    // is never entered again, so one that contains itself ends.
    let mut stack: Vec<Id> = Vec::new();
    for root in roots {
        if used.trees.insert(root) {
            stack.push(root);
        }
        while let Some(tree) = stack.pop() {
            ctx.check()?;
            let nodes = match reader.tree(&tree) {
                Ok(nodes) => nodes,
                Err(error) => {
                    visit(tree, Err(error))?;
                    continue;
                }
            };
            visit(tree, Ok(&nodes))?;
            for node in nodes.iter() {
                used.data.extend(node.content.iter().flatten().copied());
                if let Some(subtree) = node.subtree
                    && used.trees.insert(subtree)
                {
                    stack.push(subtree);
                }
            }
            ctx.observer.count(Counter::Dirs, 1);
        }
    }
    Ok(used)
}
