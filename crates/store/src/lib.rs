#![doc = include_str!("../README.md")]

mod error;
mod local;
mod memory;
mod recording;
mod stopping;

use std::fmt;
use std::ops::{ControlFlow, Range};

pub use error::{Cause, StoreError};
pub use local::LocalStore;
pub use memory::MemoryStore;
pub use recording::{Call, RecordingStore, Request};
pub use stopping::StoppingStore;

/// Objects under keys. A key is one or more names joined by `/`, such as `data/ab/abcd…`.
///
/// Every implementation keeps these promises, which `holdall-testkit` checks for each of them: `put` is atomic and
/// durable when it returns; what was put is seen by the next `get`, `head` and `list` of the same process; nothing
/// but whole objects is ever seen.
pub trait Store: Send + Sync + fmt::Debug {
    /// Where the store is, for messages; never with a secret in it.
    fn location(&self) -> String;

    /// The object, or the part of it that `range` names, in bytes. `None` if there is no such object. A range that
    /// reaches beyond the end is an error.
    ///
    /// # Errors
    /// [`StoreError`] if the object cannot be read.
    fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<Option<Vec<u8>>, StoreError>;

    /// True if many small reads cost hardly more than a large one, so that whoever reads need not ask for more than is
    /// wanted now.
    fn reads_ahead(&self) -> bool {
        false
    }

    /// Writes an object that is not there yet.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be written; one with [`Cause::Exists`] if the key is taken.
    fn put(&self, key: &str, bytes: &[u8]) -> Result<(), StoreError>;

    /// Writes an object that becomes visible and durable only with the next [`Store::sync`]. A store that gains
    /// nothing from that writes it at once.
    ///
    /// # Errors
    /// As `put`.
    fn put_later(&self, key: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.put(key, bytes)
    }

    /// Makes all that `put_later` was given visible and durable, and all that `delete` removed stay removed.
    ///
    /// # Errors
    /// [`StoreError`] if that fails; then none of it may be relied on.
    fn sync(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// The size of an object in bytes, `None` if there is none.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot tell.
    fn head(&self, key: &str) -> Result<Option<u64>, StoreError>;

    /// Calls `each` with the key and size of every object under `prefix` (a whole name or several, without a final
    /// slash), at any depth, in no particular order. No objects there is no error.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be listed.
    fn list(
        &self,
        prefix: &str,
        each: &mut dyn FnMut(&str, u64) -> ControlFlow<()>,
    ) -> Result<(), StoreError>;

    /// Removes an object. One that is not there is no error. Until the next [`Store::sync`] a power cut may bring it
    /// back.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be removed.
    fn delete(&self, key: &str) -> Result<(), StoreError>;

    /// Prepares the store for these prefixes (directories, buckets) if it needs that.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot.
    fn prepare(&self, _prefixes: &[String]) -> Result<(), StoreError> {
        Ok(())
    }

    /// Removes what interrupted writers left under a prefix and gives how many objects that were. The caller makes
    /// sure that nobody else writes.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be listed, or something cannot be removed.
    fn remove_litter(&self, _prefix: &str) -> Result<u64, StoreError> {
        Ok(0)
    }
}

impl<S: Store + ?Sized> Store for std::sync::Arc<S> {
    fn location(&self) -> String {
        (**self).location()
    }

    fn get(&self, key: &str, range: Option<Range<u64>>) -> Result<Option<Vec<u8>>, StoreError> {
        (**self).get(key, range)
    }

    fn put(&self, key: &str, bytes: &[u8]) -> Result<(), StoreError> {
        (**self).put(key, bytes)
    }

    fn put_later(&self, key: &str, bytes: &[u8]) -> Result<(), StoreError> {
        (**self).put_later(key, bytes)
    }

    fn sync(&self) -> Result<(), StoreError> {
        (**self).sync()
    }

    fn head(&self, key: &str) -> Result<Option<u64>, StoreError> {
        (**self).head(key)
    }

    fn list(
        &self,
        prefix: &str,
        each: &mut dyn FnMut(&str, u64) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        (**self).list(prefix, each)
    }

    fn delete(&self, key: &str) -> Result<(), StoreError> {
        (**self).delete(key)
    }

    fn prepare(&self, prefixes: &[String]) -> Result<(), StoreError> {
        (**self).prepare(prefixes)
    }

    fn remove_litter(&self, prefix: &str) -> Result<u64, StoreError> {
        (**self).remove_litter(prefix)
    }
}
