//! A directory that is being written.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use holdall_tree::{Context, Counter, Result};

use crate::id::{BlobKind, Id};
use crate::packer::BlobWriter;
use crate::wire::node::{Node, NodeKind, encode_tree};

use super::{SnapshotSink, lock};

/// A directory some of whose entries are not written yet.
#[derive(Debug)]
pub(super) struct OpenDir {
    pub(super) token: u64,
    /// Where it lies: the directory above and its slot there. `None` for the root.
    place: Option<(Arc<OpenDir>, usize)>,
    node: Mutex<Option<Node>>,
    slots: Mutex<Vec<Option<Node>>>,
    empty: AtomicUsize,
    /// For each entry, what the parent snapshot has under this name.
    before: Vec<Before>,
    /// The tree that the parent snapshot has for this directory itself.
    parent_tree: Option<Id>,
}

/// What the parent snapshot has under a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// Nothing.
    Nothing,
    /// Something that is no directory.
    Other,
    /// A directory.
    Directory(Id),
}

impl OpenDir {
    pub(super) fn new(
        token: u64,
        place: Option<(Arc<OpenDir>, usize)>,
        node: Node,
        slots: Vec<Option<Node>>,
        before: Vec<Before>,
        parent_tree: Option<Id>,
    ) -> Self {
        let empty = slots.iter().filter(|slot| slot.is_none()).count();
        Self {
            token,
            place,
            node: Mutex::new(Some(node)),
            slots: Mutex::new(slots),
            empty: AtomicUsize::new(empty),
            before,
            parent_tree,
        }
    }

    pub(super) fn parent_tree_of(&self, index: usize) -> Option<Id> {
        match self.before.get(index) {
            Some(Before::Directory(tree)) => Some(*tree),
            _ => None,
        }
    }

    pub(super) fn is_complete(&self) -> bool {
        self.empty.load(Ordering::Acquire) == 0
    }

    /// Fills one slot (`None`: the entry is left out). True if it was the last.
    fn fill(&self, index: usize, node: Option<Node>) -> bool {
        if let Some(slot) = lock(&self.slots).get_mut(index) {
            *slot = node;
        }
        self.empty.fetch_sub(1, Ordering::AcqRel) == 1
    }
}

impl SnapshotSink<'_> {
    /// Fills a slot of `dir` and completes every directory that became full by it. A file counts as new or changed
    /// here, where it is known that it was stored.
    pub(super) fn fill(
        &self,
        ctx: &Context<'_>,
        blobs: &mut BlobWriter<'_>,
        dir: &Arc<OpenDir>,
        index: usize,
        node: Option<Node>,
    ) -> Result<()> {
        if node.as_ref().is_some_and(|node| node.kind == NodeKind::File) {
            self.add(match dir.before.get(index) {
                None | Some(Before::Nothing) => &self.counts.files_new,
                Some(_) => &self.counts.files_changed,
            });
        }
        if dir.fill(index, node) { self.complete(ctx, blobs, Arc::clone(dir)) } else { Ok(()) }
    }

    /// Writes a directory whose slots are all filled, and those above it that became full by that.
    pub(super) fn complete(
        &self,
        ctx: &Context<'_>,
        blobs: &mut BlobWriter<'_>,
        mut dir: Arc<OpenDir>,
    ) -> Result<()> {
        loop {
            lock(&self.dirs).remove(&dir.token);
            let nodes: Vec<Node> =
                std::mem::take(&mut *lock(&dir.slots)).into_iter().flatten().collect();
            let mut json = Vec::with_capacity(64 + nodes.len() * 512);
            encode_tree(&nodes, &mut json);
            let tree = blobs.store(BlobKind::Tree, &json)?;
            let counter = match dir.parent_tree {
                Some(before) if before == tree => &self.counts.dirs_unmodified,
                Some(_) => &self.counts.dirs_changed,
                None => &self.counts.dirs_new,
            };
            self.add(counter);
            ctx.observer.count(Counter::Dirs, 1);
            let Some((above, index)) = &dir.place else {
                *lock(&self.root) = Some(tree);
                return Ok(());
            };
            let node = lock(&dir.node).take().map(|node| Node { subtree: Some(tree), ..node });
            if !above.fill(*index, node) {
                return Ok(());
            }
            dir = Arc::clone(above);
        }
    }
}
