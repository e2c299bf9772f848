//! The store in memory keeps the promises of a store.

use holdall_store::MemoryStore;
use holdall_testkit::store_conformance;

#[test]
fn the_store_in_memory_conforms() {
    store_conformance(&MemoryStore::default());
}
