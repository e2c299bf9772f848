//! The promises of [`Store`], checked for any of its implementations.

use std::ops::ControlFlow;

use holdall_store::{Cause, Store};

/// Checks the promises of a store that is empty when it comes.
///
/// # Panics
/// If it breaks one; the message says which.
pub fn store_conformance(store: &dyn Store) {
    let prefixes = ["data".to_owned(), "keys".to_owned()];
    store.prepare(&prefixes).expect("prepare an empty store");
    store.prepare(&prefixes).expect("prepare it again");
    assert_eq!(listed(store, "data"), [], "a prepared store holds nothing");

    reads_what_was_written(store);
    refuses_to_overwrite(store);
    lists_by_whole_names(store);
    keeps_later_writes(store);
    forgets_what_is_deleted(store);
}

/// Every object beneath a prefix with its size, sorted.
fn listed(store: &dyn Store, prefix: &str) -> Vec<(String, u64)> {
    let mut found = Vec::new();
    let mut each = |key: &str, size: u64| {
        found.push((key.to_owned(), size));
        ControlFlow::Continue(())
    };
    store.list(prefix, &mut each).expect("list");
    found.sort();
    found
}

fn get(store: &dyn Store, key: &str) -> Option<Vec<u8>> {
    store.get(key, None).expect("get")
}

fn reads_what_was_written(store: &dyn Store) {
    assert_eq!(get(store, "data/ab/none"), None, "what is not there is None");
    assert_eq!(store.head("data/ab/none").expect("head"), None, "what is not there has no size");
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    store.put("data/ab/abcd", &bytes).expect("put");
    store.put("data/ab/empty", b"").expect("put nothing");
    assert_eq!(get(store, "data/ab/abcd").as_deref(), Some(bytes.as_slice()), "the same bytes");
    assert_eq!(get(store, "data/ab/empty").as_deref(), Some(b"".as_slice()), "empty is not absent");
    assert_eq!(store.head("data/ab/abcd").expect("head"), Some(100_000));
    let part = store.get("data/ab/abcd", Some(10..20)).expect("get a part");
    assert_eq!(part.as_deref(), bytes.get(10..20), "the part asked for");
    let last = store.get("data/ab/abcd", Some(99_999..100_000)).expect("get the end");
    assert_eq!(last.as_deref(), bytes.get(99_999..), "the last byte");
    let beyond = store.get("data/ab/abcd", Some(99_999..100_001));
    assert!(beyond.is_err(), "a range beyond the end is an error");
}

fn refuses_to_overwrite(store: &dyn Store) {
    let again = store.put("data/ab/abcd", b"other").expect_err("a key is written once");
    assert!(matches!(again.cause, Cause::Exists), "the cause is Exists, not {:?}", again.cause);
    assert_eq!(store.head("data/ab/abcd").expect("head"), Some(100_000), "the first stays");
}

fn lists_by_whole_names(store: &dyn Store) {
    store.put("data2/x", b"12").expect("put");
    store.put("keys/k", b"1").expect("put");
    let expected = [("data/ab/abcd".to_owned(), 100_000), ("data/ab/empty".to_owned(), 0)];
    assert_eq!(listed(store, "data"), expected, "data2 is not beneath data");
    assert_eq!(listed(store, "data/ab"), expected, "at any depth");
    assert_eq!(listed(store, "nothing/here"), [], "an absent prefix holds nothing");
    let mut seen = 0;
    let mut first_only = |_: &str, _: u64| {
        seen += 1;
        ControlFlow::Break(())
    };
    store.list("data", &mut first_only).expect("list");
    assert_eq!(seen, 1, "a listing stops when told");
}

fn keeps_later_writes(store: &dyn Store) {
    store.put_later("data/cd/later", b"later").expect("put later");
    store.put_later("data/cd/last", b"last").expect("put later");
    store.sync().expect("sync");
    assert_eq!(get(store, "data/cd/later").as_deref(), Some(b"later".as_slice()));
    assert_eq!(listed(store, "data/cd").len(), 2, "a sync shows all that was put");
    store.sync().expect("sync nothing");
}

fn forgets_what_is_deleted(store: &dyn Store) {
    store.delete("data/cd/later").expect("delete");
    assert_eq!(get(store, "data/cd/later"), None, "gone");
    store.delete("data/cd/later").expect("deleting what is gone is no error");
    store.put("data/cd/later", b"new").expect("a key is free again");
    assert_eq!(get(store, "data/cd/later").as_deref(), Some(b"new".as_slice()));
}

/// Checks that a store which turns keys into paths refuses those that would leave it.
///
/// # Panics
/// If it accepts one.
pub fn store_refuses_keys_that_leave(store: &dyn Store) {
    for key in ["../out", "data/../../out", "/etc/passwd", "", "a//b", "a/./b", "nul\0"] {
        assert!(store.put(key, b"x").is_err(), "the key {key:?} must be refused");
    }
}
