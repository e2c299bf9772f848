//! Every store keeps the promises of the trait.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::ops::ControlFlow;
use std::sync::Arc;

use holdall_disk::faults::{self, Fault, What};
use holdall_store::{
    Call, Cause, LocalStore, MemoryStore, RecordingStore, Request, StoppingStore, Store,
};

fn keys(store: &dyn Store, prefix: &str) -> Vec<(String, u64)> {
    let mut found = Vec::new();
    store
        .list(prefix, &mut |key, size| {
            found.push((key.to_owned(), size));
            ControlFlow::Continue(())
        })
        .unwrap();
    found.sort();
    found
}

fn check(store: &dyn Store) {
    assert_eq!(store.get("a/b", None).unwrap(), None);
    assert_eq!(store.head("a/b").unwrap(), None);
    assert!(keys(store, "a").is_empty());
    store.put("a/b", b"hello").unwrap();
    store.put("a/c/d", b"").unwrap();
    store.put("ab", b"x").unwrap();
    assert_eq!(store.get("a/b", None).unwrap().unwrap(), b"hello");
    assert_eq!(store.get("a/b", Some(1..3)).unwrap().unwrap(), b"el");
    assert_eq!(store.get("a/b", Some(5..5)).unwrap().unwrap(), b"");
    assert!(matches!(store.get("a/b", Some(3..6)).unwrap_err().cause, Cause::Short { size: 5 }));
    assert!(matches!(store.put("a/b", b"again").unwrap_err().cause, Cause::Exists));
    assert_eq!(store.head("a/b").unwrap(), Some(5));
    assert_eq!(keys(store, "a"), [("a/b".to_owned(), 5), ("a/c/d".to_owned(), 0)]);
    let large = vec![7; 3 << 20];
    for n in 0..3 {
        store.put_later(&format!("late/{n}"), &large).unwrap();
    }
    store.sync().unwrap();
    assert_eq!(keys(store, "late").len(), 3);
    assert_eq!(store.get("late/1", None).unwrap().unwrap(), large);
    store.delete("a/b").unwrap();
    store.delete("a/b").unwrap();
    store.delete("no/such/place").unwrap();
    store.sync().unwrap();
    assert_eq!(store.get("a/b", Some(0..1)).unwrap(), None);
    assert_eq!(keys(store, "a"), [("a/c/d".to_owned(), 0)]);
}

#[test]
fn a_store_in_memory_keeps_the_promises() {
    check(&MemoryStore::default());
    check(&StoppingStore::new(Arc::new(MemoryStore::default()), u64::MAX));
    check(&RecordingStore::new(Arc::new(MemoryStore::default())));
}

#[test]
fn a_local_store_keeps_the_promises_and_reaches_nothing_outside() {
    let scratch = tempfile::tempdir().unwrap();
    let store = LocalStore::create(&scratch.path().join("x/store")).unwrap();
    check(&store);
    for bad in ["../x", "", "/etc/passwd", "a//b", "a/../../b", "a/b-tmp-c"] {
        assert!(matches!(store.get(bad, None).unwrap_err().cause, Cause::Key), "{bad}");
        assert!(store.put(bad, b"").is_err(), "{bad}");
    }
}

#[test]
fn what_was_never_synced_is_never_seen_and_leaves_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let store = LocalStore::open(scratch.path()).unwrap();
    store.put_later("p/one", b"1").unwrap();
    assert!(keys(&store, "p").is_empty());
    drop(store);
    assert_eq!(std::fs::read_dir(scratch.path().join("p")).unwrap().count(), 0);
    std::fs::write(scratch.path().join("p/two-tmp-0011"), b"").unwrap();
    let store = LocalStore::open(scratch.path()).unwrap();
    assert_eq!(store.remove_litter("p").unwrap(), 1);
}

#[test]
fn a_stopped_store_changes_nothing_more() {
    let memory = MemoryStore::default();
    let store = StoppingStore::new(Arc::new(memory.clone()), 1);
    store.put("a/1", b"").unwrap();
    assert!(store.put("a/2", b"").is_err());
    assert!(store.delete("a/1").is_err());
    assert_eq!(keys(&memory, "a").len(), 1);
}

#[test]
fn an_answer_can_be_lost_after_the_change() {
    let memory = MemoryStore::default();
    let store = StoppingStore::losing_the_last_answer(Arc::new(memory.clone()), 2);
    store.put("a/1", b"").unwrap();
    assert!(store.put("a/2", b"").is_err());
    assert!(store.put("a/3", b"").is_err());
    assert_eq!(keys(&memory, "a").len(), 2);
    assert_eq!(store.changes(), 3);
}

#[test]
fn calls_are_remembered_in_order() {
    let store = RecordingStore::new(Arc::new(MemoryStore::default()));
    store.put("a/1", b"123").unwrap();
    store.get("a/1", Some(0..2)).unwrap();
    store.get("a/2", None).unwrap();
    store.put("a/1", b"").unwrap_err();
    let call = |request, key: &str, bytes| Call { request, key: key.to_owned(), bytes };
    let expected = [
        call(Request::Put, "a/1", 3),
        call(Request::GetPart, "a/1", 2),
        call(Request::Get, "a/2", 0),
    ];
    assert_eq!(store.count(Request::Put), 1);
    assert_eq!(store.take_calls(), expected);
    assert_eq!(store.calls(), []);
}

/// A directory by its path without symbolic links, as faults want it.
fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in(std::fs::canonicalize(std::env::temp_dir()).unwrap()).unwrap()
}

#[test]
fn more_is_put_for_later_than_files_may_be_open() {
    let scratch = scratch();
    let store = LocalStore::open(scratch.path()).unwrap();
    for n in 0..200 {
        store.put_later(&format!("p/{n}"), &[n]).unwrap();
    }
    assert!(matches!(store.put_later("p/7", b"").unwrap_err().cause, Cause::Exists));
    assert!(keys(&store, "p").is_empty());
    store.sync().unwrap();
    assert_eq!(keys(&store, "p").len(), 200);
    assert_eq!(store.get("p/199", Some(0..1)).unwrap().unwrap(), [199]);
}

#[test]
fn what_could_not_be_made_durable_is_never_shown_by_a_second_try() {
    let scratch = scratch();
    let store = LocalStore::open(scratch.path()).unwrap();
    store.put_later("p/one", b"1").unwrap();
    store.put_later("p/two", b"2").unwrap();
    let fault = faults::arm(Fault { beneath: scratch.path().into(), at: 0, what: What::Error(5) });
    store.sync().unwrap_err();
    drop(fault);
    store.sync().unwrap();
    assert!(keys(&store, "p").is_empty());
    assert_eq!(std::fs::read_dir(scratch.path().join("p")).unwrap().count(), 0);
    store.put_later("p/one", b"1").unwrap();
    store.sync().unwrap();
    assert_eq!(keys(&store, "p").len(), 1);
}

#[test]
fn a_stop_at_any_step_shows_only_whole_objects_and_a_sweep_removes_the_rest() {
    for at in 0.. {
        let scratch = scratch();
        let store = LocalStore::open(scratch.path()).unwrap();
        let fault = faults::arm(Fault { beneath: scratch.path().into(), at, what: What::Stop });
        let done = store
            .put("p/now", b"now")
            .and_then(|()| store.put_later("q/one", b"later"))
            .and_then(|()| store.put_later("q/two", b"later"))
            .and_then(|()| store.sync());
        let reached = fault.steps() > at;
        drop(store);
        drop(fault);
        let store = LocalStore::open(scratch.path()).unwrap();
        for (key, size) in keys(&store, "p").into_iter().chain(keys(&store, "q")) {
            assert_eq!(size, if key == "p/now" { 3 } else { 5 }, "step {at}");
        }
        for prefix in ["p", "q"] {
            store.remove_litter(prefix).unwrap();
            let shown = keys(&store, prefix).len();
            let there = std::fs::read_dir(scratch.path().join(prefix)).map_or(0, Iterator::count);
            assert_eq!(there, shown, "step {at}");
        }
        if !reached {
            done.unwrap();
            assert_eq!(keys(&store, "q").len(), 2);
            return;
        }
        assert!(done.is_err(), "step {at}");
    }
}
