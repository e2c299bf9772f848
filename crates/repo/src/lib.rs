#![doc = include_str!("../README.md")]

pub mod format;
pub mod id;

pub use format::FormatError;
pub use id::{BlobKind, Id, IdPrefix};
