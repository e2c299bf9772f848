//! A store that remembers what was asked of it: for tests of order, number and size of requests.

use std::ops::{ControlFlow, Range};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{Store, StoreError};

/// Passes every call to another store and remembers it.
#[derive(Debug)]
pub struct RecordingStore {
    inner: Arc<dyn Store>,
    calls: Mutex<Vec<Call>>,
}

/// One call that was answered without an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// What was asked.
    pub request: Request,
    /// The key or prefix; empty for a sync.
    pub key: String,
    /// How many bytes were written or read.
    pub bytes: u64,
}

/// What can be asked of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Request {
    /// The whole of an object, or that there is none.
    Get,
    /// A part of an object.
    GetPart,
    /// Writing an object.
    Put,
    /// Writing an object that a sync shows.
    PutLater,
    /// Making durable what was put for later.
    Sync,
    /// The size of an object.
    Head,
    /// What is under a prefix.
    List,
    /// Removing an object.
    Delete,
    /// Preparing one prefix.
    Prepare,
    /// Removing litter under a prefix.
    RemoveLitter,
}

impl RecordingStore {
    /// Remembers what is asked of `inner`.
    #[must_use]
    pub fn new(inner: Arc<dyn Store>) -> Self {
        Self { inner, calls: Mutex::default() }
    }

    /// The calls so far, in the order in which they were answered.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.locked().clone()
    }

    /// The calls since the last time, which are then forgotten.
    #[must_use]
    pub fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut *self.locked())
    }

    /// How often that was asked so far.
    #[must_use]
    pub fn count(&self, request: Request) -> usize {
        self.locked().iter().filter(|call| call.request == request).count()
    }

    fn locked(&self) -> MutexGuard<'_, Vec<Call>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, request: Request, key: &str, bytes: u64) {
        self.locked().push(Call { request, key: key.to_owned(), bytes });
    }
}

impl Store for RecordingStore {
    fn location(&self) -> String {
        self.inner.location()
    }

    fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<Option<Vec<u8>>, StoreError> {
        let request = if range.is_some() { Request::GetPart } else { Request::Get };
        let found = self.inner.get(key, range)?;
        self.note(request, key, found.as_ref().map_or(0, |bytes| bytes.len() as u64));
        Ok(found)
    }

    fn put(&self, key: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.inner.put(key, bytes)?;
        self.note(Request::Put, key, bytes.len() as u64);
        Ok(())
    }

    fn put_later(&self, key: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.inner.put_later(key, bytes)?;
        self.note(Request::PutLater, key, bytes.len() as u64);
        Ok(())
    }

    fn sync(&self) -> Result<(), StoreError> {
        self.inner.sync()?;
        self.note(Request::Sync, "", 0);
        Ok(())
    }

    fn head(&self, key: &str) -> Result<Option<u64>, StoreError> {
        let size = self.inner.head(key)?;
        self.note(Request::Head, key, 0);
        Ok(size)
    }

    fn list(
        &self,
        prefix: &str,
        each: &mut dyn FnMut(&str, u64) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.inner.list(prefix, each)?;
        self.note(Request::List, prefix, 0);
        Ok(())
    }

    fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.inner.delete(key)?;
        self.note(Request::Delete, key, 0);
        Ok(())
    }

    fn prepare(&self, prefixes: &[String]) -> Result<(), StoreError> {
        self.inner.prepare(prefixes)?;
        for prefix in prefixes {
            self.note(Request::Prepare, prefix, 0);
        }
        Ok(())
    }

    fn remove_litter(&self, prefix: &str) -> Result<u64, StoreError> {
        let removed = self.inner.remove_litter(prefix)?;
        self.note(Request::RemoveLitter, prefix, 0);
        Ok(removed)
    }
}
