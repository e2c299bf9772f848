#![doc = include_str!("../README.md")]

mod bytes;
mod census;
mod error;
mod expand;
mod format;
pub mod fuzz;
mod index;
mod rules;
mod stop;
pub mod tar;
pub mod zip;

pub use bytes::{Bytes, FileBytes, MemoryBytes};
pub use error::{Error, Fault, Result};
pub use format::Format;
pub use rules::{Trust, Written};
