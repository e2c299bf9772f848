//! What the parent snapshot knows already.

use holdall_tree::{Entry, Kind, Timestamp};

use crate::error::Result;
use crate::id::{BlobKind, Id};
use crate::index::Index;
use crate::repository::Repository;
use crate::wire::node::{Node, NodeKind};
use crate::wire::node_decode::decode_tree;
use crate::wire::snapshot::SnapshotFile;

/// A file whose inode was changed this shortly before the parent began may have been changed again within the same tick of
/// the file system's clock, after the parent looked: 10 ms covers the coarsest kernel tick (100 Hz).
const TICK_NANOS: i128 = 10_000_000;

/// The snapshot that the new one is compared with.
#[derive(Debug)]
pub(super) struct Parent {
    pub(super) id: Id,
    pub(super) tree: Id,
    racy_from: i128,
}

impl Parent {
    pub(super) fn new(file: SnapshotFile) -> Self {
        let started: Timestamp = file.snapshot.time.at;
        Self { id: file.id, tree: file.snapshot.tree, racy_from: started.as_nanos() - TICK_NANOS }
    }

    /// The nodes of one of its directories. A directory that cannot be read is treated as new: the snapshot then
    /// reads everything again, which mends what is damaged.
    pub(super) fn nodes(repository: &Repository, index: &Index, tree: &Id) -> Result<Vec<Node>> {
        let bytes = repository.read_blob(index, BlobKind::Tree, tree)?;
        decode_tree(&bytes).map_err(crate::Error::object("tree", tree))
    }

    /// True if `node` describes `entry` as it is now, and all that it refers to is in the index.
    ///
    /// Permissions, owners, extended attributes and ACLs need no look: changing them changes ctime.
    pub(super) fn still_holds(&self, index: &Index, node: &Node, entry: &Entry) -> bool {
        let meta = &entry.meta;
        let (Some(mtime), Some(ctime), Some(inode)) = (meta.mtime, meta.ctime, meta.inode) else {
            return false;
        };
        let kind = matches!(
            (&node.kind, &entry.kind),
            (NodeKind::File, Kind::File { .. })
                | (NodeKind::Symlink, Kind::Symlink { .. })
                | (NodeKind::Device, Kind::BlockDevice { .. })
                | (NodeKind::CharDevice, Kind::CharDevice { .. })
                | (NodeKind::Fifo, Kind::Fifo)
                | (NodeKind::Socket, Kind::Socket)
        );
        kind && node.size == entry.size()
            && node.mtime.at == mtime
            && node.ctime.at == ctime
            && node.inode == inode
            && node.error.is_empty()
            && ctime.as_nanos() < self.racy_from
            && holds_all(index, node)
    }
}

/// True if the chunks of `node` are in the index and make up its size. A tree of another program may say otherwise.
fn holds_all(index: &Index, node: &Node) -> bool {
    let mut length = 0;
    for id in node.content.iter().flatten() {
        let Some(location) = index.get(BlobKind::Data, id) else { return false };
        length += u64::from(location.plain_length());
    }
    node.kind != NodeKind::File || length == node.size
}
