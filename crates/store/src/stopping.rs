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
    last: Last,
}

/// What is told of the last change that is let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    /// That it was done.
    Told,
    /// That it failed, although it was done.
    Lost,
}

impl StoppingStore {
    /// Lets `changes` changes through.
    #[must_use]
    pub fn new(inner: Arc<dyn Store>, changes: u64) -> Self {
        Self { inner, left: changes.into(), changes: 0.into(), last: Last::Told }
    }

    /// Lets `changes` changes through, but the last of them is told as failed, as when the answer is lost on its way.
    #[must_use]
    pub fn losing_the_last_answer(inner: Arc<dyn Store>, changes: u64) -> Self {
        Self { inner, left: changes.into(), changes: 0.into(), last: Last::Lost }
    }

    /// How many changes were asked for.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.changes.load(Ordering::SeqCst)
    }

    fn change<T>(
        &self,
        doing: &'static str,
        key: &str,
        change: impl FnOnce(&dyn Store) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.changes.fetch_add(1, Ordering::SeqCst);
        let left =
            self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        let done = match left {
            Ok(left) => {
                let done = change(&*self.inner)?;
                (left > 1 || self.last == Last::Told).then_some(done)
            }
            Err(_) => None,
        };
        done.ok_or_else(|| {
            let cause = Cause::Io(std::io::Error::other("stopped on purpose"));
            StoreError { doing, key: key.to_owned(), location: self.location(), cause }
        })
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
        self.change("write", key, |inner| inner.put(key, bytes))
    }

    fn put_later(&self, key: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.change("write", key, |inner| inner.put_later(key, bytes))
    }

    fn sync(&self) -> Result<(), StoreError> {
        self.change("sync", ".", |inner| inner.sync())
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
        self.change("remove", key, |inner| inner.delete(key))
    }

    fn prepare(&self, prefixes: &[String]) -> Result<(), StoreError> {
        self.inner.prepare(prefixes)
    }

    fn remove_litter(&self, prefix: &str) -> Result<u64, StoreError> {
        self.change("tidy", prefix, |inner| inner.remove_litter(prefix))
    }
}
