#![doc = include_str!("../README.md")]

mod bytes;
mod census;
mod device;
mod error;
mod expand;
mod format;
pub mod fuzz;
mod index;
mod manifest;
mod portable;
mod read_back;
pub mod relay;
mod rules;
mod stop;
pub mod tar;
mod write;
pub mod zip;

#[cfg(unix)]
pub use bytes::FileBytes;
pub use bytes::{Bytes, MemoryBytes};
pub use error::{Error, Fault, Result};
pub use format::Format;
pub use manifest::{MANIFEST, checksum_line};
pub use rules::{Bounds, Odd, Terms, Trust};
pub use write::{Held, WriteOptions, Written};
