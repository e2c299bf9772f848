//! Removing what no snapshot needs.
//!
//! First a plan, which reads everything and changes nothing, then its execution in an order of which every beginning
//! leaves a repository where all snapshots restore: new packs, new index files, then the old index files go, then the
//! old packs. What an interruption leaves behind is unreferenced and goes with the next prune.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use holdall_tree::{Context, Counter, Note, Phase};

use crate::crypto::Nonces;
use crate::error::{Error, Result};
use crate::id::{BlobKind, Id};
use crate::index::{IdMap, IdSet, Index};
use crate::packer::PACK_BLOBS_MAX;
use crate::repository::{FileKind, Repository};
use crate::walk;
use crate::wire::index::{IndexFile, IndexPack};
use crate::wire::pack::{self, PackEntry, encode_header};

/// Blobs in one index file.
const INDEX_BLOBS: usize = 50_000;

/// How much that is not needed may stay.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MaxUnused {
    /// This part of all that is stored, in percent.
    Percent(f64),
    /// This many bytes.
    Bytes(u64),
    /// Any amount: only packs that are not needed at all go.
    Unlimited,
}

/// How to prune.
#[derive(Debug, Clone, PartialEq)]
pub struct PruneOptions {
    /// How much that is not needed may stay in packs that are otherwise needed.
    pub max_unused: MaxUnused,
    /// The most bytes that may be rewritten.
    pub max_repack_bytes: Option<u64>,
    /// Snapshots that are planned to be forgotten first, and so need nothing. The plan is carried out only once they are.
    pub forgotten: Vec<Id>,
}

impl Default for PruneOptions {
    fn default() -> Self {
        Self { max_unused: MaxUnused::Percent(5.0), max_repack_bytes: None, forgotten: Vec::new() }
    }
}

/// What a prune will do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PrunePlan {
    /// Packs that stay, with what the new index will say of them.
    keep: Vec<IndexPack>,
    /// Packs whose needed blobs are copied, with these blobs.
    repack: Vec<IndexPack>,
    /// Packs that go because nothing in them is needed.
    unused: Vec<Id>,
    /// Packs that go because no index names them.
    unreferenced: Vec<Id>,
    /// Index files that are replaced.
    index_files: Vec<Id>,
    /// True if the new index says the same as the old one.
    index_current: bool,
    /// Snapshots that count as forgotten.
    forgotten: Vec<Id>,
    /// Bytes of blobs that are needed.
    pub used_bytes: u64,
    /// Bytes of blobs that are not.
    pub unused_bytes: u64,
    /// Bytes of packs that go, those rewritten included.
    pub freed_bytes: u64,
    /// Bytes that are rewritten.
    pub rewritten_bytes: u64,
}

impl PrunePlan {
    /// How many packs stay, are rewritten, go unused, and go unreferenced.
    #[must_use]
    pub fn packs(&self) -> (usize, usize, usize, usize) {
        (self.keep.len(), self.repack.len(), self.unused.len(), self.unreferenced.len())
    }

    /// True if there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.repack.is_empty()
            && self.unused.is_empty()
            && self.unreferenced.is_empty()
            && self.index_current
    }

    /// Bytes that the repository shrinks by.
    #[must_use]
    pub fn gained_bytes(&self) -> u64 {
        self.freed_bytes.saturating_sub(self.rewritten_bytes)
    }
}

/// Finds out what may go. The caller holds an exclusive lock.
///
/// # Errors
/// If a snapshot or directory cannot be read, or something needed is missing: then nothing may be removed.
pub fn plan(
    ctx: &Context<'_>,
    repository: &Repository,
    options: &PruneOptions,
) -> Result<PrunePlan> {
    if repository.version() < 2 {
        return Err(Error::ReadOnlyVersion);
    }
    let files = repository.list(FileKind::Index)?;
    let mut packs: BTreeMap<Id, Vec<PackEntry>> = BTreeMap::new();
    let mut index = Index::default();
    let mut repeated = false;
    ctx.observer.phase(Phase::LoadingIndex, Some(files.len() as u64));
    for (id, _) in &files {
        ctx.check()?;
        for pack in repository.index_file(id)?.packs {
            index.add(&pack);
            repeated |= packs.insert(pack.id, pack.blobs).is_some();
        }
        ctx.observer.count(Counter::Items, 1);
    }
    let snapshots = repository.snapshots(ctx)?;
    let stay = snapshots.iter().filter(|file| !options.forgotten.contains(&file.id));
    let roots = stay.map(|file| file.snapshot.tree);
    let used = walk::used(ctx, repository, &index, roots, &mut |_, nodes| nodes.map(|_| ()))?;
    let present: IdMap<u64> = repository.list(FileKind::Pack)?.into_iter().collect();

    let mut plan = PrunePlan {
        index_files: files.iter().map(|(id, _)| *id).collect(),
        forgotten: options.forgotten.clone(),
        ..PrunePlan::default()
    };
    let stay = choose(ctx, repository, &packs, &used, &present)?;
    weigh(&packs, &stay, &mut plan);
    missing(&used, &stay)?;
    divide(packs, &stay, &present, options, &mut plan);
    let mut unreferenced: Vec<Id> =
        present.keys().filter(|id| !index.has_pack(id)).copied().collect();
    unreferenced.sort_unstable();
    plan.freed_bytes += unreferenced.iter().filter_map(|id| present.get(id)).sum::<u64>();
    plan.unreferenced = unreferenced;
    plan.index_current = !repeated && plan.repack.is_empty() && plan.unused.is_empty();
    Ok(plan)
}

/// For each blob that is needed, the pack whose copy stays.
type Stay = BTreeMap<(BlobKind, Id), Id>;

/// One of several copies of a blob: how much of its pack is needed, the pack, and the place in it.
type Copies = BTreeMap<(BlobKind, Id), Vec<(u64, Id, PackEntry)>>;

/// Chooses a pack for each blob that is needed: one that exists, and of several the one of which most is needed and
/// whose copy is sound.
fn choose(
    ctx: &Context<'_>,
    repository: &Repository,
    packs: &BTreeMap<Id, Vec<PackEntry>>,
    used: &walk::Used,
    present: &IdMap<u64>,
) -> Result<Stay> {
    let (mut stay, mut several) = (BTreeMap::new(), Copies::new());
    for (id, blobs) in packs {
        let needed: Vec<&PackEntry> =
            blobs.iter().filter(|blob| used.contains(blob.kind, &blob.id)).collect();
        let Some(size) = present.get(id) else {
            continue;
        };
        let end =
            blobs.iter().map(|b| u64::from(b.offset) + u64::from(b.length)).max().unwrap_or(0);
        if !needed.is_empty() && *size < end {
            let what = format!("pack {} is shorter than its index says; run a check", id.short());
            return Err(Error::Refused(what));
        }
        let all: u64 = blobs.iter().map(|blob| u64::from(blob.length)).sum();
        let share: u64 = needed.iter().map(|blob| u64::from(blob.length)).sum();
        let share = share * 1000 / all.max(1);
        for blob in needed {
            let copy = (share, *id, *blob);
            match stay.entry((blob.kind, blob.id)) {
                Entry::Vacant(slot) => {
                    slot.insert(copy);
                }
                Entry::Occupied(slot) => {
                    several.entry(*slot.key()).or_insert_with(|| vec![*slot.get()]).push(copy)
                }
            }
        }
    }
    let mut stay: Stay = stay.into_iter().map(|(blob, (_, pack, _))| (blob, pack)).collect();
    for (blob, mut copies) in several {
        ctx.check()?;
        copies.sort_by_key(|(share, ..)| std::cmp::Reverse(*share));
        // The others go, so this one had better read back. If none does, there is nothing to lose.
        let sound = copies.iter().find(|(_, pack, entry)| is_sound(repository, pack, entry));
        if let Some((_, pack, _)) = sound.or(copies.first()) {
            stay.insert(blob, *pack);
        }
    }
    Ok(stay)
}

/// True if a blob reads back from this pack.
fn is_sound(repository: &Repository, pack: &Id, entry: &PackEntry) -> bool {
    let start = u64::from(entry.offset);
    let range = start..start + u64::from(entry.length);
    let read = repository.store.get(&FileKind::Pack.key(pack), Some(range));
    matches!(read, Ok(Some(sealed)) if repository.check_blob(entry, &sealed).is_ok())
}

/// Sums up what is needed and what is not.
fn weigh(packs: &BTreeMap<Id, Vec<PackEntry>>, stay: &Stay, plan: &mut PrunePlan) {
    for (id, blobs) in packs {
        for blob in blobs {
            let here = stay.get(&(blob.kind, blob.id)) == Some(id);
            *(if here { &mut plan.used_bytes } else { &mut plan.unused_bytes }) +=
                u64::from(blob.length);
        }
    }
}

/// Fails if a needed blob is in no pack that exists.
fn missing(used: &walk::Used, stay: &Stay) -> Result<()> {
    for (kind, set) in [(BlobKind::Data, &used.data), (BlobKind::Tree, &used.trees)] {
        if let Some(id) = set.iter().find(|id| !stay.contains_key(&(kind, **id))) {
            return Err(Error::BlobMissing { kind, id: *id });
        }
    }
    Ok(())
}

/// Divides packs into those that stay, are rewritten and go.
fn divide(
    packs: BTreeMap<Id, Vec<PackEntry>>,
    stay: &Stay,
    present: &IdMap<u64>,
    options: &PruneOptions,
    plan: &mut PrunePlan,
) {
    let mut partly = Vec::new();
    for (id, blobs) in packs {
        let needed: Vec<PackEntry> = blobs
            .iter()
            .filter(|blob| stay.get(&(blob.kind, blob.id)) == Some(&id))
            .copied()
            .collect();
        let size = present.get(&id).copied().unwrap_or(0);
        let bytes =
            |blobs: &[PackEntry]| blobs.iter().map(|blob| u64::from(blob.length)).sum::<u64>();
        let unused = bytes(&blobs) - bytes(&needed);
        if needed.is_empty() {
            plan.freed_bytes += size;
            plan.unused.push(id);
        } else if unused == 0 {
            plan.keep.push(IndexPack { id, blobs });
        } else {
            partly.push((unused, bytes(&needed), size, IndexPack { id, blobs }, needed));
        }
    }
    // The worst first, until little enough that is not needed is left.
    partly.sort_by(|a, b| (b.0 * (a.1 + 1)).cmp(&(a.0 * (b.1 + 1))).then(a.3.id.cmp(&b.3.id)));
    let mut left: u64 = partly.iter().map(|pack| pack.0).sum();
    let allowed = match options.max_unused {
        MaxUnused::Percent(percent) => (plan.used_bytes as f64 * percent / 100.0) as u64,
        MaxUnused::Bytes(bytes) => bytes,
        MaxUnused::Unlimited => u64::MAX,
    };
    for (unused, needed, size, pack, blobs) in partly {
        let budget =
            options.max_repack_bytes.is_none_or(|max| plan.rewritten_bytes + needed <= max);
        if left > allowed && budget {
            left -= unused;
            plan.freed_bytes += size;
            plan.rewritten_bytes += needed;
            plan.repack.push(IndexPack { id: pack.id, blobs });
        } else {
            plan.keep.push(pack);
        }
    }
}

/// Carries out a plan. `still_locked` is asked before anything is removed.
///
/// # Errors
/// [`Error::Refused`] if a snapshot that counts as forgotten is still there. If something needed cannot be read or
/// written, the lock is lost, or the user interrupts: then nothing that is needed was removed.
pub fn apply(
    ctx: &Context<'_>,
    repository: &Repository,
    plan: &PrunePlan,
    still_locked: &dyn Fn() -> Result<()>,
) -> Result<u64> {
    let there = repository.list(FileKind::Snapshot)?;
    if let Some((id, _)) = there.iter().find(|(id, _)| plan.forgotten.contains(id)) {
        let why =
            format!("the plan takes snapshot {} for forgotten, and it is still there", id.short());
        return Err(Error::Refused(why));
    }
    let mut packs = plan.keep.clone();
    if !plan.repack.is_empty() {
        ctx.observer.phase(Phase::Repacking, Some(plan.rewritten_bytes));
        packs.extend(repack(ctx, repository, &plan.repack)?);
    }
    if !plan.index_current {
        ctx.observer.phase(Phase::Committing, None);
        ctx.check()?;
        let new = write_index(repository, packs)?;
        // What was just written is read again before anything that it replaces goes.
        for id in &new {
            repository.index_file(id)?;
        }
        still_locked()?;
        for id in plan.index_files.iter().filter(|id| !new.contains(id)) {
            ctx.check()?;
            repository.delete_file(FileKind::Index, id)?;
        }
        // An index that came back after a power cut would name packs that are gone.
        repository.store.sync()?;
    }
    let gone: Vec<Id> = plan
        .repack
        .iter()
        .map(|pack| pack.id)
        .chain(plan.unused.iter().copied())
        .chain(plan.unreferenced.iter().copied())
        .collect();
    ctx.observer.phase(Phase::Removing, Some(gone.len() as u64));
    for id in &gone {
        ctx.check()?;
        still_locked()?;
        repository.delete_file(FileKind::Pack, id)?;
        ctx.observer.count(Counter::Items, 1);
    }
    repository.store.sync()?;
    for dir in ["data", "index", "snapshots", "locks", "keys"] {
        let litter = repository.store.remove_litter(dir)?;
        if litter > 0 {
            ctx.observer
                .note(&Note::LitterRemoved { what: format!("{litter} unfinished files in {dir}") });
        }
    }
    Ok(gone.len() as u64)
}

/// Copies needed blobs, still sealed, into new packs. Each is opened and checked on the way, so damage is not copied.
fn repack(
    ctx: &Context<'_>,
    repository: &Repository,
    packs: &[IndexPack],
) -> Result<Vec<IndexPack>> {
    let mut written = Vec::new();
    let mut open: [(Vec<u8>, Vec<PackEntry>); 2] = Default::default();
    let mut done = IdSet::default();
    let mut done_trees = IdSet::default();
    for pack in packs {
        ctx.check()?;
        let key = FileKind::Pack.key(&pack.id);
        let missing = || Error::ObjectMissing { what: "pack", name: pack.id.hex() };
        let bytes = repository.store.get(&key, None)?.ok_or_else(missing)?;
        for blob in &pack.blobs {
            let seen = if blob.kind == BlobKind::Tree { &mut done_trees } else { &mut done };
            if !seen.insert(blob.id) {
                continue;
            }
            let damaged =
                |source| Error::BlobDamaged { kind: blob.kind, id: blob.id, pack: pack.id, source };
            let start = blob.offset as usize;
            let sealed = bytes.get(start..start + blob.length as usize);
            let sealed = sealed
                .ok_or_else(|| damaged(crate::FormatError::malformed("the pack ends before it")))?;
            repository.check_blob(blob, sealed).map_err(damaged)?;
            let slot = usize::from(blob.kind == BlobKind::Tree);
            let Some((out, entries)) = open.get_mut(slot) else { continue };
            let offset = u32::try_from(out.len()).map_err(|_| missing())?;
            out.extend_from_slice(sealed);
            entries.push(PackEntry { offset, ..*blob });
            ctx.observer.count(Counter::Bytes, u64::from(blob.length));
            if out.len() >= repository.pack_size as usize || entries.len() >= PACK_BLOBS_MAX {
                written.push(write_pack(repository, out, entries)?);
            }
        }
    }
    for (out, entries) in &mut open {
        if !entries.is_empty() {
            written.push(write_pack(repository, out, entries)?);
        }
    }
    repository.store.sync()?;
    Ok(written)
}

fn write_pack(
    repository: &Repository,
    bytes: &mut Vec<u8>,
    entries: &mut Vec<PackEntry>,
) -> Result<IndexPack> {
    let nonce = Nonces::default().next().map_err(|e| Error::Random(e.to_string()))?;
    let start = bytes.len();
    repository.key.seal_into(nonce, &encode_header(entries), bytes);
    let length = (bytes.len() - start) as u32;
    bytes.extend_from_slice(&length.to_le_bytes());
    debug_assert!(pack::read_header(&repository.key, bytes).is_ok());
    let id = Id::of(bytes);
    repository.store.put_later(&FileKind::Pack.key(&id), bytes)?;
    bytes.clear();
    Ok(IndexPack { id, blobs: std::mem::take(entries) })
}

fn write_index(repository: &Repository, packs: Vec<IndexPack>) -> Result<Vec<Id>> {
    let mut written = Vec::new();
    let mut batch = Vec::new();
    let mut blobs = 0;
    let mut flush = |batch: &mut Vec<IndexPack>| -> Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let json = IndexFile { packs: std::mem::take(batch) }.to_json();
        written.push(repository.write_file(FileKind::Index, &json)?);
        Ok(())
    };
    for pack in packs {
        blobs += pack.blobs.len();
        batch.push(pack);
        if blobs >= INDEX_BLOBS {
            flush(&mut batch)?;
            blobs = 0;
        }
    }
    flush(&mut batch)?;
    Ok(written)
}
