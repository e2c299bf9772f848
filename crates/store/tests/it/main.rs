//! Every store keeps the promises of the trait.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::ops::ControlFlow;
use std::sync::Arc;

use holdall_store::{Cause, LocalStore, MemoryStore, StoppingStore, Store};

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
    assert_eq!(store.get("a/b", Some(0..1)).unwrap(), None);
    assert_eq!(keys(store, "a"), [("a/c/d".to_owned(), 0)]);
}

#[test]
fn a_store_in_memory_keeps_the_promises() {
    check(&MemoryStore::default());
    check(&StoppingStore::new(Arc::new(MemoryStore::default()), u64::MAX));
}

#[test]
fn a_local_store_keeps_the_promises_and_reaches_nothing_outside() {
    let scratch = tempfile::tempdir().unwrap();
    let store = LocalStore::create(&scratch.path().join("x/store")).unwrap();
    check(&store);
    for bad in ["../x", "", "/etc/passwd", "a//b", "a/../../b"] {
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
