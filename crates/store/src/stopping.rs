//! A store that stops on purpose: for tests of what an interruption leaves behind.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::{Cause, Store, StoreError};

/// Lets a number of changes through to another store and refuses all after: what that store then holds is what a
/// program that was stopped there leaves behind.
#[derive(Debug)]
pub struct StoppingStore {
    inner: Arc<dyn Store>,
    left: AtomicU64,
    changes: AtomicU64,
}

impl StoppingStore {
    /// Lets `changes` changes through.
    #[must_use]
    pub fn new(inner: Arc<dyn Store>, changes: u64) -> Self {
        Self { inner, left: AtomicU64::new(changes), changes: AtomicU64::new(0) }
    }

    /// How many changes were asked for.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.changes.load(Ordering::SeqCst)
    }

    fn change(&self, doing: &'static str, key: &str) -> Result<(), StoreError> {
        self.changes.fetch_add(1, Ordering::SeqCst);
        let left =
            self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if left.is_ok() {
            return Ok(());
        }
        let cause = Cause::Io(std::io::Error::other("stopped on purpose"));
        Err(StoreError { doing, key: key.to_owned(), location: self.location(), cause })
    }
}

impl Store for StoppingStore {
    fn location(&self) -> String {
        self.inner.location()
    }

    fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.get(key, range)
    }

    fn put(&self, key: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.change("write", key)?;
        self.inner.put(key, bytes)
    }

    fn put_later(&self, key: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.change("write", key)?;
        self.inner.put_later(key, bytes)
    }

    fn sync(&self) -> Result<(), StoreError> {
        self.change("sync", "")?;
        self.inner.sync()
    }

    fn head(&self, key: &str) -> Result<Option<u64>, StoreError> {
        self.inner.head(key)
    }

    fn list(
        &self,
        prefix: &str,
        each: &mut dyn FnMut(&str, u64) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.inner.list(prefix, each)
    }

    fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.change("remove", key)?;
        self.inner.delete(key)
    }

    fn prepare(&self, prefixes: &[String]) -> Result<(), StoreError> {
        self.inner.prepare(prefixes)
    }
}
