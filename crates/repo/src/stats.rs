//! How much is in a repository.

use holdall_tree::Context;

use crate::error::Result;
use crate::id::BlobKind;
use crate::index::Index;
use crate::repository::{FileKind, Repository};

/// A repository in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Snapshots.
    pub snapshots: u64,
    /// Packs.
    pub packs: u64,
    /// Index files.
    pub index_files: u64,
    /// Different chunks of files.
    pub data_blobs: u64,
    /// Different directories.
    pub tree_blobs: u64,
    /// Bytes of these before compression.
    pub plain_bytes: u64,
    /// Bytes of these as sealed.
    pub sealed_bytes: u64,
    /// Bytes of all files of the repository.
    pub stored_bytes: u64,
}

/// Counts what is in a repository.
///
/// # Errors
/// If it cannot be listed.
pub fn stats(ctx: &Context<'_>, repository: &Repository, index: &Index) -> Result<Stats> {
    let mut stats = Stats::default();
    for kind in [FileKind::Pack, FileKind::Index, FileKind::Snapshot, FileKind::Key, FileKind::Lock]
    {
        ctx.check()?;
        let files = repository.list(kind)?;
        stats.stored_bytes += files.iter().map(|(_, size)| size).sum::<u64>();
        let count = files.len() as u64;
        match kind {
            FileKind::Pack => stats.packs = count,
            FileKind::Index => stats.index_files = count,
            FileKind::Snapshot => stats.snapshots = count,
            _ => {}
        }
    }
    for kind in [BlobKind::Data, BlobKind::Tree] {
        let slot =
            if kind == BlobKind::Data { &mut stats.data_blobs } else { &mut stats.tree_blobs };
        *slot = index.len(kind) as u64;
        for (_, location) in index.blobs(kind) {
            stats.plain_bytes += u64::from(location.plain_length());
            stats.sealed_bytes += u64::from(location.length);
        }
    }
    Ok(stats)
}
