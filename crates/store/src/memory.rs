//! A store in memory, for tests and for trying things out.

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{Cause, Store, StoreError};

/// A store in memory. A clone is another handle to the same objects.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    objects: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
}

impl MemoryStore {
    /// Another store that holds the same objects now and goes its own way from here on.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self { objects: Arc::new(Mutex::new(self.objects().clone())) }
    }

    fn objects(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        // A panic of another holder cannot leave the map half changed: each change is one call.
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn error(&self, doing: &'static str, key: &str, cause: Cause) -> StoreError {
        StoreError { doing, key: key.to_owned(), location: self.location(), cause }
    }
}

impl Store for MemoryStore {
    fn location(&self) -> String {
        "memory".to_owned()
    }

    fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<Option<Vec<u8>>, StoreError> {
        let objects = self.objects();
        let Some(bytes) = objects.get(key) else { return Ok(None) };
        let Some(range) = range else { return Ok(Some(bytes.clone())) };
        let part = usize::try_from(range.start)
            .ok()
            .zip(usize::try_from(range.end).ok())
            .and_then(|(start, end)| bytes.get(start..end));
        match part {
            Some(part) => Ok(Some(part.to_vec())),
            None => Err(self.error("read", key, Cause::Short { size: bytes.len() as u64 })),
        }
    }

    fn put(&self, key: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let mut objects = self.objects();
        if objects.contains_key(key) {
            return Err(self.error("write", key, Cause::Exists));
        }
        objects.insert(key.to_owned(), bytes.to_vec());
        Ok(())
    }

    fn head(&self, key: &str) -> Result<Option<u64>, StoreError> {
        Ok(self.objects().get(key).map(|bytes| bytes.len() as u64))
    }

    fn list(
        &self,
        prefix: &str,
        each: &mut dyn FnMut(&str, u64) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let found: Vec<(String, u64)> = self
            .objects()
            .iter()
            .filter(|(key, _)| key.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/')))
            .map(|(key, bytes)| (key.clone(), bytes.len() as u64))
            .collect();
        // The lock is released before the callback, which may use the store.
        for (key, size) in found {
            if each(&key, size).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.objects().remove(key);
        Ok(())
    }
}
