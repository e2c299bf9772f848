//! The stores keep the promises of a store.

use std::sync::Arc;

use holdall_store::{LocalStore, MemoryStore, RecordingStore, StoppingStore};
use holdall_testkit::{store_conformance, store_refuses_keys_that_leave};

#[test]
fn the_store_in_memory_conforms() {
    store_conformance(&MemoryStore::default());
}

#[test]
fn the_local_store_conforms_and_reaches_nothing_outside() {
    let scratch = tempfile::tempdir().expect("a directory for the store");
    let store = LocalStore::create(&scratch.path().join("x/store")).expect("make a store");
    store_conformance(&store);
    store_refuses_keys_that_leave(&store);
}

#[test]
fn a_store_that_does_not_stop_or_only_remembers_conforms() {
    let inner = || Arc::new(MemoryStore::default());
    store_conformance(&StoppingStore::new(inner(), u64::MAX));
    store_conformance(&RecordingStore::new(inner()));
}
