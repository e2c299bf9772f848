//! Checking a repository: its structure, and on request every byte.
//!
//! A check goes on after each error and names what is wrong and whom it concerns. What nothing refers to is no error:
//! an interrupted run leaves it behind and the next prune removes it.

mod data;
mod findings;

use std::collections::BTreeMap;

use holdall_tree::{Context, Counter, Phase};

use crate::error::{Error, Result};
use crate::id::{BlobKind, Id};
use crate::index::{IdMap, Index};
use crate::repository::{FileKind, Repository};
use crate::walk;
use crate::wire::pack::PackEntry;
use crate::wire::snapshot::SnapshotFile;

pub use findings::{CheckReport, Finding, Problem};

/// Which packs are read whole.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum ReadData {
    /// None.
    #[default]
    None,
    /// All.
    All,
    /// The `part`-th of `of` equal parts, counted from 1: checking one part a day reads all in `of` days.
    Part {
        /// Which part, `1..=of`.
        part: u64,
        /// How many parts there are.
        of: u64,
    },
    /// So many percent of the packs, chosen anew each time.
    Percent(f64),
    /// Packs of about so many bytes, chosen anew each time.
    Bytes(u64),
}

/// Checks a repository. The caller holds an exclusive lock.
///
/// # Errors
/// If the store cannot be listed or the user interrupts; everything else is a finding of the report.
pub fn check(ctx: &Context<'_>, repository: &Repository, read: ReadData) -> Result<CheckReport> {
    let mut report = CheckReport::default();
    let (index, packs) = load_index(ctx, repository, &mut report)?;
    let present: IdMap<u64> = repository.list(FileKind::Pack)?.into_iter().collect();
    compare_packs(&index, &present, &mut report);
    let snapshots = load_snapshots(ctx, repository, &mut report)?;
    walk_trees(ctx, repository, &index, &snapshots, &mut report)?;
    let chosen = choose(read, &index, &present)?;
    data::read(ctx, repository, &packs, &chosen, &mut report)?;
    if report.problems.iter().any(|finding| finding.blob.is_some()) {
        findings::trace(ctx, repository, &index, &snapshots, &mut report)?;
    }
    report.snapshots = snapshots.len() as u64;
    Ok(report)
}

type Packs = BTreeMap<Id, Vec<PackEntry>>;

fn load_index(
    ctx: &Context<'_>,
    repository: &Repository,
    report: &mut CheckReport,
) -> Result<(Index, Packs)> {
    let files = repository.list(FileKind::Index)?;
    ctx.observer.phase(Phase::LoadingIndex, Some(files.len() as u64));
    let (mut index, mut packs) = (Index::default(), Packs::new());
    for (id, _) in files {
        ctx.check()?;
        match repository.index_file(&id) {
            Ok(file) => {
                for pack in file.packs {
                    index.add(&pack);
                    match packs.get(&pack.id) {
                        Some(known) if *known != pack.blobs => {
                            report.problem(
                                Problem::IndexContradicts,
                                "index",
                                id,
                                None,
                                "it says otherwise of a pack than another index file",
                            );
                        }
                        Some(_) => report.duplicate_packs += 1,
                        None => {
                            packs.insert(pack.id, pack.blobs);
                        }
                    }
                }
            }
            Err(error) => report.failed(Problem::IndexUnreadable, "index", id, None, &error),
        }
        ctx.observer.count(Counter::Items, 1);
    }
    report.packs = packs.len() as u64;
    report.blobs = (index.len(BlobKind::Data) + index.len(BlobKind::Tree)) as u64;
    Ok((index, packs))
}

/// Every pack of the index is there with the size that its blobs make up; what else is there is a note.
fn compare_packs(index: &Index, present: &IdMap<u64>, report: &mut CheckReport) {
    for pack in index.packs() {
        match present.get(&pack.id) {
            None => report.problem(
                Problem::PackMissing,
                "pack",
                pack.id,
                None,
                "it is not in the repository",
            ),
            Some(size) if *size != pack.file_size() => {
                let why = format!("it has {size} bytes instead of {}", pack.file_size());
                report.problem(Problem::PackSize, "pack", pack.id, None, &why);
            }
            Some(_) => {}
        }
    }
    let mut unreferenced: Vec<Id> =
        present.keys().filter(|id| !index.has_pack(id)).copied().collect();
    unreferenced.sort_unstable();
    report.unreferenced_packs = unreferenced;
}

fn load_snapshots(
    ctx: &Context<'_>,
    repository: &Repository,
    report: &mut CheckReport,
) -> Result<Vec<SnapshotFile>> {
    let mut snapshots = Vec::new();
    for (id, _) in repository.list(FileKind::Snapshot)? {
        ctx.check()?;
        match repository.snapshot(&id) {
            Ok(snapshot) => snapshots.push(SnapshotFile { id, snapshot }),
            Err(error) => report.failed(Problem::SnapshotUnreadable, "snapshot", id, None, &error),
        }
    }
    for (kind, problem) in
        [(FileKind::Key, Problem::KeyUnreadable), (FileKind::Lock, Problem::LockUnreadable)]
    {
        for (id, size) in repository.list(kind)? {
            let read = match kind {
                FileKind::Key => repository.read_hashed(kind, &id).and_then(|bytes| {
                    crate::keyfile::KeyFile::parse(&bytes)
                        .map(|_| ())
                        .map_err(Error::object("key", id))
                }),
                _ if size == 0 => Ok(()),
                _ => repository.read_file(kind, &id).map(|_| ()),
            };
            match read {
                Ok(()) | Err(Error::ObjectMissing { .. }) => {}
                Err(error) => report.failed(problem, kind.word(), id, None, &error),
            }
        }
    }
    Ok(snapshots)
}

fn walk_trees(
    ctx: &Context<'_>,
    repository: &Repository,
    index: &Index,
    snapshots: &[SnapshotFile],
    report: &mut CheckReport,
) -> Result<()> {
    let roots = snapshots.iter().map(|file| file.snapshot.tree);
    let mut bad: Vec<(Problem, Id, BlobKind, String)> = Vec::new();
    let used = walk::used(ctx, repository, index, roots, &mut |tree, nodes| {
        match nodes {
            Ok(_) => {}
            Err(Error::Tree(error)) => return Err(Error::Tree(error)),
            Err(error) => {
                bad.push((Problem::TreeUnreadable, tree, BlobKind::Tree, findings::chain(&error)))
            }
        }
        Ok(())
    })?;
    let mut lost: Vec<Id> =
        used.data.iter().filter(|id| !index.contains(BlobKind::Data, id)).copied().collect();
    lost.sort_unstable();
    bad.extend(
        lost.into_iter()
            .map(|id| (Problem::BlobMissing, id, BlobKind::Data, "it is in no index".to_owned())),
    );
    for (problem, id, kind, why) in bad {
        report.problem(problem, "blob", id, Some((kind, id)), &why);
    }
    report.trees = used.trees.len() as u64;
    Ok(())
}

/// The packs to be read, sorted.
fn choose(read: ReadData, index: &Index, present: &IdMap<u64>) -> Result<Vec<(Id, u64)>> {
    let mut packs: Vec<(Id, u64)> =
        index.packs().iter().filter_map(|pack| Some((pack.id, *present.get(&pack.id)?))).collect();
    packs.sort_unstable();
    let random = |packs: &mut Vec<(Id, u64)>| -> Result<()> {
        let mut drawn = Vec::with_capacity(packs.len());
        for pack in packs.drain(..) {
            let mut key = [0; 8];
            getrandom::fill(&mut key).map_err(|e| Error::Random(e.to_string()))?;
            drawn.push((key, pack));
        }
        drawn.sort_unstable();
        packs.extend(drawn.into_iter().map(|(_, pack)| pack));
        Ok(())
    };
    match read {
        ReadData::None => packs.clear(),
        ReadData::All => {}
        ReadData::Part { part, of } => {
            packs.retain(|(id, _)| u64::from(id.0[0]) % of.max(1) == part.saturating_sub(1));
        }
        ReadData::Percent(percent) => {
            random(&mut packs)?;
            let count = (packs.len() as f64 * percent.clamp(0.0, 100.0) / 100.0).ceil() as usize;
            packs.truncate(count.max(1));
        }
        ReadData::Bytes(bytes) => {
            random(&mut packs)?;
            let mut sum = 0u64;
            packs.retain(|(_, size)| {
                let wanted = sum < bytes;
                sum += size;
                wanted
            });
        }
    }
    Ok(packs)
}
