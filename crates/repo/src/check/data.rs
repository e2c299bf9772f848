//! Reading packs whole: the hash of each, its header against the index, and every blob in it.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use holdall_tree::{Context, Counter, Phase};

use super::Packs;
use super::findings::{CheckReport, Problem, chain};
use crate::FormatError;
use crate::error::{Error, Result};
use crate::id::{BlobKind, Id};
use crate::repository::{FileKind, Repository};
use crate::wire::pack::{self, PackEntry};

type Bad = (Problem, &'static str, Id, Option<(BlobKind, Id)>, String);

/// Reads the chosen packs on all workers.
pub(super) fn read(
    ctx: &Context<'_>,
    repository: &Repository,
    packs: &Packs,
    chosen: &[(Id, u64)],
    report: &mut CheckReport,
) -> Result<()> {
    if chosen.is_empty() {
        return Ok(());
    }
    let total: u64 = chosen.iter().map(|(_, size)| size).sum();
    ctx.observer.phase(Phase::CheckingPacks, Some(total));
    let next = AtomicUsize::new(0);
    // Sorted by pack in the end, so that the report does not depend on which worker was faster.
    let found: Mutex<BTreeMap<Id, Vec<Bad>>> = Mutex::default();
    let work = || -> Result<()> {
        while let Some((id, size)) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
            ctx.check()?;
            let bad = check_pack(repository, id, packs.get(id).map_or(&[][..], Vec::as_slice))?;
            if !bad.is_empty() {
                found.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(*id, bad);
            }
            ctx.observer.count(Counter::Bytes, *size);
            ctx.observer.count(Counter::Items, 1);
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (1..ctx.threads.max(1)).map(|_| scope.spawn(work)).collect();
        let mine = work();
        let panicked = || Err(Error::Refused("a worker panicked; this is a bug".into()));
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|_| panicked()))
            .fold(mine, Result::and)
    })?;
    for bad in found
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .into_values()
        .flatten()
    {
        let (problem, object, id, blob, message) = bad;
        report.problem(problem, object, id, blob, &message);
    }
    report.packs_read = chosen.len() as u64;
    report.bytes_read = total;
    Ok(())
}

fn check_pack(repository: &Repository, id: &Id, indexed: &[PackEntry]) -> Result<Vec<Bad>> {
    let mut bad = Vec::new();
    let mut bytes = match repository.store.get(&FileKind::Pack.key(id), None) {
        Ok(Some(bytes)) => bytes,
        // The comparison with the index has said so already, or it went since.
        Ok(None) => return Ok(bad),
        Err(error) => {
            bad.push((Problem::PackMissing, "pack", *id, None, chain(&error)));
            return Ok(bad);
        }
    };
    if Id::of(&bytes) != *id {
        bad.push((Problem::PackHash, "pack", *id, None, FormatError::Hash.to_string()));
    }
    let by_place = |mut entries: Vec<PackEntry>| {
        entries.sort_by_key(|entry| (entry.offset, entry.id));
        entries
    };
    match pack::read_header(&repository.key, &bytes) {
        Ok(entries) if by_place(entries.clone()) == by_place(indexed.to_vec()) => {}
        Ok(_) => bad.push((
            Problem::PackHeader,
            "pack",
            *id,
            None,
            "its header says otherwise than the index".into(),
        )),
        Err(error) => bad.push((Problem::PackHeader, "pack", *id, None, chain(&error))),
    }
    for entry in indexed {
        let start = entry.offset as usize;
        let checked = match bytes.get_mut(start..start + entry.length as usize) {
            Some(sealed) => check_blob(repository, entry, sealed),
            None => Err(FormatError::malformed("the pack ends before it")),
        };
        if let Err(error) = checked {
            let blob = Some((entry.kind, entry.id));
            let message = format!("a blob in pack {} is damaged: {}", id.short(), chain(&error));
            bad.push((Problem::BlobDamaged, "blob", entry.id, blob, message));
        }
    }
    Ok(bad)
}

/// Opens a blob where it lies, so that nothing is copied.
fn check_blob(
    repository: &Repository,
    entry: &PackEntry,
    sealed: &mut [u8],
) -> Result<(), FormatError> {
    let stored = repository.key.open_in_place(sealed)?;
    let id = match entry.plain_length {
        None => Id::of(stored),
        Some(length) => Id::of(&crate::repository::decompress(stored, length)?),
    };
    if id == entry.id { Ok(()) } else { Err(FormatError::Hash) }
}
