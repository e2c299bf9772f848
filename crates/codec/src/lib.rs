#![doc = include_str!("../README.md")]

pub mod bcj2;
mod brotli;
mod compression;
mod decode;
pub mod delta;
#[cfg(not(target_family = "wasm"))]
mod encode;
mod error;
pub mod fuzz;
#[cfg_attr(not(target_family = "wasm"), path = "heavy_c.rs")]
#[cfg_attr(target_family = "wasm", path = "heavy_pure.rs")]
mod heavy;
pub mod lzma;
#[cfg(not(target_family = "wasm"))]
mod pieces;
pub mod pool;
pub mod raw;
#[cfg(not(target_family = "wasm"))]
pub mod seekable;
pub mod zip_aes;

pub use compression::Compression;
pub use decode::{Decoder, MEMORY_MAX};
#[cfg(not(target_family = "wasm"))]
pub use encode::Encoder;
pub use error::{Error, Result};
