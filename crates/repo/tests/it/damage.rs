//! Damage of every kind to every object: it is found, the object is named, and nothing is read back wrong.

use std::ops::ControlFlow;
use std::sync::Arc;

use holdall_repo::check::{CheckReport, ReadData, check};
use holdall_repo::{Repository, SnapshotFile};
use holdall_store::{MemoryStore, Store};

use crate::support::{Files, at, password, repository, restore, sample, snapshot};

fn objects(store: &MemoryStore) -> Vec<(String, Vec<u8>)> {
    let mut keys = Vec::new();
    for prefix in ["keys", "index", "snapshots", "data"] {
        store
            .list(prefix, &mut |key, _| {
                keys.push(key.to_owned());
                ControlFlow::Continue(())
            })
            .unwrap();
    }
    keys.push("config".to_owned());
    keys.into_iter().map(|key| (key.clone(), store.get(&key, None).unwrap().unwrap())).collect()
}

/// What happens to a repository one object of which has other bytes, or none.
fn judge(
    store: &MemoryStore,
    file: &SnapshotFile,
    expected: &Files,
    key: &str,
    bytes: Option<&[u8]>,
    what: &str,
) {
    let copy = store.copy();
    copy.delete(key).unwrap();
    if let Some(bytes) = bytes {
        copy.put(key, bytes).unwrap();
    }
    let opened = at(1, |ctx| Repository::open(ctx, Arc::new(copy), &password()));
    let Ok(repository) = opened else {
        assert!(
            key == "config" || key.starts_with("keys/"),
            "{what} of {key} keeps the repository from opening"
        );
        return;
    };
    let report: CheckReport = at(1, |ctx| check(ctx, &repository, ReadData::All)).unwrap();
    assert!(!report.is_clean(), "{what} of {key} is not found");
    let name = key.rsplit('/').next().unwrap();
    if bytes.is_some() {
        let named = report.problems.iter().any(|finding| finding.id.hex() == name);
        assert!(
            named,
            "{what} of {key} is found, but the object is not named: {:?}",
            report.problems
        );
    }
    if let Ok(read) = restore(&repository, file) {
        assert_eq!(&read, expected, "{what} of {key} is read back wrong");
    }
}

fn built() -> (MemoryStore, SnapshotFile, Files) {
    let (store, repository) = repository();
    let files = sample(3);
    let file = snapshot(&repository, &files, None, 5).unwrap();
    (store, file, files)
}

#[test]
fn every_byte_of_every_object_matters() {
    let (store, file, files) = built();
    let mut tried = 0;
    for (key, bytes) in objects(&store) {
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            // Another bit of each byte, so that over the object all are tried.
            changed[at] ^= 1 << (at % 8);
            judge(
                &store,
                &file,
                &files,
                &key,
                Some(&changed),
                &format!("flipping a bit of byte {at}"),
            );
            tried += 1;
        }
    }
    assert!(tried > 3000, "{tried}");
}

#[test]
fn truncated_extended_swapped_and_missing_objects_are_found() {
    let (store, file, files) = built();
    let all = objects(&store);
    for (key, bytes) in &all {
        for length in [0, 1, bytes.len() / 2, bytes.len() - 1] {
            // A lock or key that is empty was never written whole; a key is still missed if no other opens.
            judge(
                &store,
                &file,
                &files,
                key,
                Some(&bytes[..length]),
                &format!("cutting to {length} bytes"),
            );
        }
        let mut longer = bytes.clone();
        longer.extend_from_slice(b"garbage");
        judge(&store, &file, &files, key, Some(&longer), "appending");
        let kind = key.split('/').next().unwrap();
        if let Some((_, other)) =
            all.iter().find(|(other, _)| other != key && other.starts_with(kind))
        {
            judge(
                &store,
                &file,
                &files,
                key,
                Some(other),
                "putting another of its kind in the place",
            );
        }
        if !key.starts_with("snapshots/") && !key.starts_with("index/") {
            judge(&store, &file, &files, key, None, "removing");
        }
    }
}

#[test]
fn a_missing_index_is_found_by_what_it_named() {
    let (store, _, _) = built();
    let copy = store.copy();
    for (key, _) in objects(&store).iter().filter(|(key, _)| key.starts_with("index/")) {
        copy.delete(key).unwrap();
    }
    let repository = crate::support::open(copy);
    let report = at(1, |ctx| check(ctx, &repository, ReadData::None)).unwrap();
    assert!(!report.is_clean());
    assert!(!report.unreferenced_packs.is_empty());
    let refused = at(1, |ctx| {
        holdall_repo::prune::plan(ctx, &repository, &holdall_repo::prune::PruneOptions::default())
    });
    assert!(refused.is_err(), "a prune would remove what the lost index named");
}

#[test]
fn damaged_data_names_the_files_that_need_it() {
    let (store, file, _) = built();
    let (key, mut bytes) =
        objects(&store).into_iter().find(|(key, _)| key.starts_with("data/")).unwrap();
    bytes[20] ^= 1;
    let copy = store.copy();
    copy.delete(&key).unwrap();
    copy.put(&key, &bytes).unwrap();
    let report = at(1, |ctx| check(ctx, &crate::support::open(copy), ReadData::All)).unwrap();
    let affected: Vec<_> = report.problems.iter().flat_map(|finding| &finding.affected).collect();
    assert!(affected.iter().any(|(id, _)| *id == file.id), "{:?}", report.problems);
}
