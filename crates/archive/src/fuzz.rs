//! What a fuzzer calls.

use std::collections::BTreeSet;
use std::io::Read;
use std::ops::ControlFlow;

use holdall_tree::{
    CancelToken, Clock, Context, Everything, Kind, Limits, Silent, Source, Timestamp, Tree,
};

use crate::tar::{TarStream, TarTree};
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
        let streamed = stream(&ctx, data, trust);
        let tree = TarTree::open(&ctx, MemoryBytes(data.to_vec()), trust).ok();
        let listed = tree.as_ref().map(|tree| {
            tree.entries()
                .map(|entry| {
                    let is_file = matches!(entry.kind, Kind::File { .. });
                    (entry.path.to_string(), if is_file { read(tree, entry) } else { 0 })
                })
                .collect::<BTreeSet<_>>()
        });
        assert_eq!(streamed.is_some(), listed.is_some(), "both take it or none");
        if let (Some(streamed), Some(listed)) = (streamed, listed) {
            assert!(streamed.is_subset(&listed), "{streamed:?} is in {listed:?}");
            if trust == Trust::Nothing {
                return true;
            }
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

fn stream(ctx: &Context<'_>, data: &[u8], trust: Trust) -> Option<BTreeSet<(String, u64)>> {
    let mut seen = BTreeSet::new();
    let done = TarStream::new(data, trust).read(ctx, &Everything, &mut |entry, content| {
        let mut bytes = Vec::new();
        let read = content.into_read().read_to_end(&mut bytes);
        if read.is_ok() {
            // A later name of a hard link comes without its content.
            let size = if bytes.is_empty() { entry.size() } else { bytes.len() as u64 };
            assert_eq!(size, entry.size(), "{} is as large as it says", entry.path);
            seen.insert((entry.path.to_string(), size));
        }
        Ok(ControlFlow::Continue(()))
    });
    done.is_ok().then_some(seen)
}

fn read(tree: &dyn Tree, entry: &holdall_tree::Entry) -> u64 {
    let content = tree.open(entry);
    assert!(content.is_ok(), "{} is listed and can be opened", entry.path);
    let mut bytes = Vec::new();
    let read = content.map(|content| content.into_read().read_to_end(&mut bytes));
    assert!(matches!(read, Ok(Ok(_))), "{} is listed and can be read", entry.path);
    assert_eq!(bytes.len() as u64, entry.size(), "{} is as large as it says", entry.path);
    bytes.len() as u64
}
