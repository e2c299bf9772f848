#![doc = include_str!("../README.md")]

pub mod facts;
pub mod language;
pub mod lines;
#[cfg(feature = "outline")]
pub mod outline;
mod scan;
pub mod secrets;
pub mod todos;
pub mod tokens;

pub use facts::{Facts, Looker, Wanted, look};
pub use language::{Language, detect};
