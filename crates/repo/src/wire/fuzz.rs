//! The parsers of trees and snapshots as functions that take any bytes and must not panic.

use crate::fuzz::again;
use crate::wire::node::encode_tree;
use crate::wire::node_decode::decode_tree;
use crate::wire::snapshot::Snapshot;

/// A directory: what is read is written again and read as the same.
pub fn tree(data: &[u8]) -> bool {
    again(data, decode_tree, |nodes| {
        let mut json = Vec::new();
        encode_tree(nodes, &mut json);
        json
    })
}

/// A snapshot.
pub fn snapshot(data: &[u8]) -> bool {
    again(data, Snapshot::parse, Snapshot::to_json)
}
