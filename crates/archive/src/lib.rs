#![doc = include_str!("../README.md")]

mod bytes;
mod census;
mod error;
mod expand;
mod format;
mod frames;
pub mod fuzz;
mod index;
mod manifest;
mod portable;
mod read_back;
mod rules;
pub mod sevenz;
mod stop;
pub mod tar;
mod write;
pub mod zip;

pub use bytes::{Bytes, FileBytes, MemoryBytes};
pub use error::{Error, Fault, Result};
pub use format::Format;
pub use frames::Frames;
pub use manifest::{MANIFEST, checksum_line};
pub use rules::{Bounds, Odd, Terms, Trust};
pub use write::{Held, START_BYTES, WriteOptions, Written};
