//! Random operations against a model: whatever happens, each snapshot of the model reads back exactly.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdall_repo::check::{ReadData, check};
use holdall_repo::prune::{self, MaxUnused, PruneOptions};
use holdall_repo::{Id, SnapshotFile, forget};
use holdall_store::{MemoryStore, StoppingStore};
use holdall_testkit::cases;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::{Files, at, open, repository, restore, snapshot};

#[derive(Debug, Clone)]
enum Op {
    /// A snapshot of the files after these changes, with or without the newest as parent.
    Snapshot {
        changes: Vec<(u8, Option<Vec<u8>>)>,
        parent: bool,
    },
    /// The same, cut off after some changes of the store.
    CutSnapshot {
        changes: Vec<(u8, Option<Vec<u8>>)>,
        after: u64,
    },
    Forget(usize),
    Prune {
        unused: u8,
    },
    CutPrune {
        after: u64,
    },
}

fn changes() -> impl Strategy<Value = Vec<(u8, Option<Vec<u8>>)>> {
    let content = proptest::option::weighted(0.8, proptest::collection::vec(any::<u8>(), 0..900));
    proptest::collection::vec((0..12u8, content), 0..6)
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (changes(), any::<bool>()).prop_map(|(changes, parent)| Op::Snapshot { changes, parent }),
        1 => (changes(), 0..12u64).prop_map(|(changes, after)| Op::CutSnapshot { changes, after }),
        2 => (0..8usize).prop_map(Op::Forget),
        1 => (0..100u8).prop_map(|unused| Op::Prune { unused }),
        1 => (0..14u64).prop_map(|after| Op::CutPrune { after }),
    ]
}

fn change(files: &mut Files, changes: &[(u8, Option<Vec<u8>>)]) {
    for (name, content) in changes {
        let path =
            if name % 3 == 0 { format!("d{}/f{name}", name % 2) } else { format!("f{name}") };
        match content {
            Some(bytes) => files.insert(path, bytes.clone()),
            None => files.remove(&path),
        };
    }
}

/// Prunes with two locks' worth of trust: nobody else is there.
fn prune_all(store: &MemoryStore, unused: f64, stop: Option<u64>) -> holdall_repo::Result<u64> {
    let options =
        PruneOptions { max_unused: MaxUnused::Percent(unused), ..PruneOptions::default() };
    let changes = stop.unwrap_or(u64::MAX);
    let repository = open(StoppingStore::new(Arc::new(store.clone()), changes));
    at(3, |ctx| {
        let plan = prune::plan(ctx, &repository, &options)?;
        prune::apply(ctx, &repository, &plan, &|| Ok(()))
    })
}

fn run(ops: Vec<Op>) -> Result<(), TestCaseError> {
    let (store, mut repository) = repository();
    let mut model: BTreeMap<Id, (SnapshotFile, Files)> = BTreeMap::new();
    let mut files = Files::new();
    let mut newest: Option<SnapshotFile> = None;
    for (nr, op) in ops.into_iter().enumerate() {
        let secs = 100 + nr as i64;
        match op {
            Op::Snapshot { changes, parent } => {
                change(&mut files, &changes);
                let parent = newest.clone().filter(|file| parent && model.contains_key(&file.id));
                let file = snapshot(&repository, &files, parent, secs).unwrap();
                model.insert(file.id, (file.clone(), files.clone()));
                newest = Some(file);
            }
            Op::CutSnapshot { changes, after } => {
                change(&mut files, &changes);
                let cut = open(StoppingStore::new(Arc::new(store.clone()), after));
                if let Ok(file) = snapshot(&cut, &files, None, secs) {
                    model.insert(file.id, (file, files.clone()));
                }
            }
            Op::Forget(which) => {
                if let Some(id) = model.keys().nth(which).copied() {
                    at(3, |ctx| forget::remove(ctx, &repository, &[id])).unwrap();
                    model.remove(&id);
                }
            }
            Op::Prune { unused } => {
                prune_all(&store, f64::from(unused), None).unwrap();
            }
            Op::CutPrune { after } => {
                let _ = prune_all(&store, 0.0, Some(after));
            }
        }
        repository = open(store.clone());
        let listed = at(3, |ctx| repository.snapshots(ctx)).unwrap();
        let mut ids: Vec<Id> = listed.iter().map(|file| file.id).collect();
        ids.sort_unstable();
        prop_assert_eq!(ids, model.keys().copied().collect::<Vec<_>>());
        for (file, expected) in model.values() {
            let read = restore(&repository, file).unwrap();
            prop_assert_eq!(&read, expected);
        }
    }
    let report = at(3, |ctx| check(ctx, &repository, ReadData::All)).unwrap();
    prop_assert!(report.is_clean(), "{:?}", report.problems);
    prune_all(&store, 0.0, None).unwrap();
    let report = at(3, |ctx| check(ctx, &open(store.clone()), ReadData::All)).unwrap();
    prop_assert!(report.is_clean() && report.unreferenced_packs.is_empty(), "{:?}", report);
    Ok(())
}

#[test]
fn every_snapshot_reads_back_whatever_else_happens() {
    let config = Config { cases: cases(48), max_shrink_iters: 400, ..Config::default() };
    TestRunner::new(config).run(&proptest::collection::vec(op(), 1..12), run).unwrap();
}

#[test]
fn a_repository_whose_snapshots_are_all_forgotten_prunes_to_nothing() {
    let (store, repository) = repository();
    let file = snapshot(&repository, &crate::support::sample(1), None, 5).unwrap();
    at(6, |ctx| forget::remove(ctx, &repository, &[file.id])).unwrap();
    assert!(prune_all(&store, 5.0, None).unwrap() > 0);
    let repository = open(store.clone());
    assert!(repository.list(holdall_repo::FileKind::Pack).unwrap().is_empty());
    assert!(repository.list(holdall_repo::FileKind::Index).unwrap().is_empty());
    assert_eq!(prune_all(&store, 5.0, None).unwrap(), 0);
}

#[test]
fn a_plan_that_takes_a_snapshot_for_forgotten_removes_nothing_while_it_is_there() {
    let (store, repository) = repository();
    let file = snapshot(&repository, &crate::support::sample(1), None, 5).unwrap();
    let options = PruneOptions { forgotten: vec![file.id], ..PruneOptions::default() };
    let apply = || {
        let repository = open(store.clone());
        at(6, |ctx| {
            let plan = prune::plan(ctx, &repository, &options)?;
            prune::apply(ctx, &repository, &plan, &|| Ok(()))
        })
    };
    assert!(matches!(apply(), Err(holdall_repo::Error::Refused(_))));
    assert_eq!(restore(&open(store.clone()), &file).unwrap(), crate::support::sample(1));
    at(7, |ctx| forget::remove(ctx, &repository, &[file.id])).unwrap();
    assert!(apply().unwrap() > 0);
}
