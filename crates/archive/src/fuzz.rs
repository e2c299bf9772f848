//! What a fuzzer calls.

use std::io::Read;

use holdall_tree::{
    CancelToken, Clock, ContentHash, Context, Entry, Kind, Limits, Silent, Timestamp, Tree, TreeId,
    TreeIds,
};

use crate::tar::{TarTree, read_back};
use crate::zip::ZipTree;
use crate::{MemoryBytes, Trust};

/// No input may make more than this, which a seed fits in.
const LIMITS: Limits = Limits {
    entries_max: 2000,
    bytes_max: 1 << 20,
    depth_max: 64,
    path_bytes_max: 4096,
    dir_entries_max: 2000,
};

struct NoClock;

impl Clock for NoClock {
    fn now(&self) -> Timestamp {
        Timestamp::default()
    }
}

/// Reads `data` as a tar in both ways; true if it is taken. Both must see the same, and what is taken can be read.
#[must_use]
pub fn tar(data: &[u8]) -> bool {
    let cancel = CancelToken::default();
    let ctx = context(&cancel);
    for trust in [Trust::Own, Trust::Nothing] {
        let streamed = read_back(&ctx, data, trust).ok();
        let tree = TarTree::open(&ctx, MemoryBytes(data.to_vec()), trust).ok();
        // What a manifest says of a content is judged when that is read.
        let listed = tree.and_then(|tree| identify(&ctx, &tree));
        assert_eq!(streamed.and_then(|held| held.tree), listed, "both see the same");
        if trust == Trust::Nothing && listed.is_some() {
            return true;
        }
    }
    false
}

/// Reads `data` as a zip; true if it is taken and all contents are what they should be.
#[must_use]
pub fn zip(data: &[u8]) -> bool {
    let cancel = CancelToken::default();
    let ctx = context(&cancel);
    let strict = ZipTree::open(&ctx, MemoryBytes(data.to_vec()), Trust::Nothing).is_ok();
    let Ok(tree) = ZipTree::open(&ctx, MemoryBytes(data.to_vec()), Trust::Own) else {
        assert!(!strict, "what is taken from others is taken from oneself");
        return false;
    };
    let mut whole = strict;
    for entry in tree.entries().filter(|entry| matches!(entry.kind, Kind::File { .. })) {
        let content = tree.open(entry);
        assert!(content.is_ok(), "{} is listed and can be opened", entry.path);
        let mut bytes = Vec::new();
        let read = content.map(|content| content.into_read().read_to_end(&mut bytes));
        let proved = matches!(read, Ok(Ok(_)));
        assert!(
            !proved || bytes.len() as u64 == entry.size(),
            "{} is as large as it says",
            entry.path
        );
        whole &= proved;
    }
    whole
}

fn context(cancel: &CancelToken) -> Context<'_> {
    Context {
        observer: &Silent,
        clock: &NoClock,
        cancel,
        limits: LIMITS,
        threads: 1,
        memory_bytes: 0,
    }
}

/// The tree ID of a tree all of whose contents can be read.
fn identify(ctx: &Context<'_>, tree: &TarTree<MemoryBytes>) -> Option<TreeId> {
    let mut ids = TreeIds::default();
    for entry in tree.entries() {
        let is_file = matches!(entry.kind, Kind::File { .. });
        let hash = is_file.then(|| read(tree, entry)).transpose().ok()?;
        ids.add(entry, hash);
    }
    ctx.check().ok()?;
    Some(ids.finish().0)
}

fn read(tree: &dyn Tree, entry: &Entry) -> std::io::Result<ContentHash> {
    let content = tree.open(entry);
    assert!(content.is_ok(), "{} is listed and can be opened", entry.path);
    let mut bytes = Vec::new();
    if let Ok(content) = content {
        content.into_read().read_to_end(&mut bytes)?;
    }
    assert_eq!(bytes.len() as u64, entry.size(), "{} is as large as it says", entry.path);
    Ok(ContentHash::of(&bytes))
}
