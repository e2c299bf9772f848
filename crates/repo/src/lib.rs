#![doc = include_str!("../README.md")]

pub mod check;
pub mod crypto;
pub mod error;
pub mod forget;
pub mod format;
pub mod fuzz;
pub mod id;
pub mod index;
pub mod kernel;
pub mod keyfile;
pub mod keys;
mod kinds;
pub mod lock;
pub mod packer;
pub mod prune;
pub mod reader;
pub mod repository;
pub mod retention;
pub mod secret;
pub mod sink;
pub mod stats;
pub mod tree;
pub mod walk;
pub mod wire;

pub use error::{Error, Result};
pub use format::FormatError;
pub use id::{BlobKind, Id, IdPrefix};
pub use index::Index;
pub use lock::{Lock, LockMode, LockOptions};
pub use reader::BlobReader;
pub use repository::{Compression, FileKind, Identity, Repository};
pub use secret::Secret;
pub use sink::SnapshotSink;
pub use tree::SnapshotTree;
pub use wire::snapshot::{Snapshot, SnapshotFile};
pub use wire::time::{LocalOffset, WireTime};
