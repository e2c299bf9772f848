//! A stop at every change of the store: what was acknowledged stays, and the next run clears away the rest.

use std::sync::Arc;

use holdall_repo::check::{ReadData, check};
use holdall_repo::prune::{self, MaxUnused, PruneOptions};
use holdall_repo::{Repository, SnapshotFile, forget};
use holdall_store::{MemoryStore, StoppingStore};

use crate::support::{Files, at, open, repository, restore, sample, snapshot};

/// Runs `operation` on copies of a store, stopped at change 0, 1, 2 … until it completes, and demands after each that
/// `acknowledged` reads back, nothing is damaged, and a snapshot and a prune then leave a clean repository.
fn at_every_change(
    store: &MemoryStore,
    acknowledged: &[(SnapshotFile, Files)],
    operation: &dyn Fn(&Repository) -> holdall_repo::Result<()>,
) -> u64 {
    for stop in 0.. {
        let copy = store.copy();
        let stopping = Arc::new(StoppingStore::new(Arc::new(copy.clone()), stop));
        let done = operation(&open(Arc::clone(&stopping)));
        let repository = open(copy.clone());
        for (file, expected) in acknowledged {
            assert_eq!(&restore(&repository, file).unwrap(), expected, "stopped at {stop}");
        }
        let report = at(9, |ctx| check(ctx, &repository, ReadData::All)).unwrap();
        assert!(report.is_clean(), "stopped at {stop}: {:?}", report.problems);
        let next = sample(200);
        let file = snapshot(&repository, &next, None, 50).unwrap();
        prune(&repository).unwrap();
        let repository = open(copy);
        assert_eq!(restore(&repository, &file).unwrap(), next);
        let report = at(9, |ctx| check(ctx, &repository, ReadData::All)).unwrap();
        assert!(report.is_clean() && report.unreferenced_packs.is_empty(), "stopped at {stop}");
        if done.is_ok() {
            return stop;
        }
    }
    unreachable!("an operation completes after finitely many changes")
}

fn prune(repository: &Repository) -> holdall_repo::Result<()> {
    at(8, |ctx| {
        let options = PruneOptions { max_unused: MaxUnused::Bytes(0), ..PruneOptions::default() };
        let plan = prune::plan(ctx, repository, &options)?;
        prune::apply(ctx, repository, &plan, &|| Ok(()))?;
        Ok(())
    })
}

#[test]
fn a_snapshot_stopped_anywhere_harms_nothing() {
    let (store, repository) = repository();
    let old = (snapshot(&repository, &sample(1), None, 5).unwrap(), sample(1));
    let changes = at_every_change(&store, &[old], &|repository| {
        snapshot(repository, &sample(2), None, 6).map(|_| ())
    });
    assert!(changes >= 4, "packs, a sync, an index and a snapshot: {changes}");
}

#[test]
fn forgetting_and_pruning_stopped_anywhere_harm_nothing() {
    let (store, repository) = repository();
    let gone = snapshot(&repository, &sample(1), None, 5).unwrap();
    let mut mixed = sample(1);
    mixed.extend(sample(2).into_iter().map(|(path, bytes)| (format!("x/{path}"), bytes)));
    mixed.remove("b/c");
    let kept = (snapshot(&repository, &mixed, Some(gone.clone()), 6).unwrap(), mixed);
    let changes = at_every_change(&store, &[kept], &|repository| {
        at(7, |ctx| forget::remove(ctx, repository, &[gone.id]))?;
        prune(repository)
    });
    assert!(changes >= 5, "{changes}");
}
