//! The published format, byte for byte: what is stored has types of its own, and this is where they are.

pub mod config;
pub mod fuzz;
pub mod gojson;
pub mod index;
pub mod lock;
pub mod node;
pub mod node_decode;
pub mod pack;
mod printable;
pub mod snapshot;
pub mod time;
pub mod unpacked;

use crate::format::FormatError;

/// Refuses JSON that is no object: an array would be read as an object all of whose fields are missing.
fn must_be_object(json: &[u8]) -> Result<(), FormatError> {
    match json.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{') => Ok(()),
        _ => Err(FormatError::malformed("it is no JSON object")),
    }
}
