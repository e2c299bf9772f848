//! The kernels whose speed decides the engine's: each has a plain form, and faster ones that are proved equal to it.

#[cfg(target_arch = "x86_64")]
mod gfni;
mod polynomial;
mod rabin;

pub use polynomial::Polynomial;
pub use rabin::{CHUNK_BYTES_MAX, CHUNK_BYTES_MIN, Chunker, Rung};
