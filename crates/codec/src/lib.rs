#![doc = include_str!("../README.md")]

mod brotli;
mod compression;
mod decode;
pub mod delta;
mod encode;
mod error;
pub mod fuzz;
pub mod lzma;
mod pool;
pub mod raw;
pub mod seekable;
pub mod zip_aes;

pub use compression::Compression;
pub use decode::{Decoder, MEMORY_MAX};
pub use encode::Encoder;
pub use error::{Error, Result};
