#![doc = include_str!("../README.md")]

mod bytes;
mod census;
mod device;
mod error;
mod expand;
#[cfg(not(target_family = "wasm"))]
mod foresight;
mod format;
#[cfg(not(target_family = "wasm"))]
mod frames;
#[cfg(not(target_family = "wasm"))]
pub mod fuzz;
mod index;
mod manifest;
mod portable;
mod read_back;
mod refusal;
pub mod relay;
mod rules;
pub mod sevenz;
mod stop;
pub mod tar;
mod write;
pub mod zip;

#[cfg(unix)]
pub use bytes::FileBytes;
pub use bytes::{Bytes, MemoryBytes};
pub use error::{Error, Fault, Result};
#[cfg(not(target_family = "wasm"))]
pub use foresight::Foresight;
pub use format::Format;
#[cfg(not(target_family = "wasm"))]
pub use frames::Frames;
pub use manifest::{MANIFEST, checksum_line};
pub use rules::{Bounds, Odd, Terms, Trust};
pub use write::{Held, START_BYTES, WriteOptions, Written};
