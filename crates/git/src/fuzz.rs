//! What the fuzzer feeds: parsers of bytes from outside, by name.

use crate::object::parse_tree;
use crate::submodule::names_in;

/// A tree object; true if it is taken.
#[must_use]
pub fn tree(data: &[u8]) -> bool {
    let _ = parse_tree(data, gix::hash::Kind::Sha256);
    parse_tree(data, gix::hash::Kind::Sha1).is_ok()
}

/// A `.gitmodules`; true if it names a submodule.
#[must_use]
pub fn modules(data: &[u8]) -> bool {
    !names_in(data).is_empty()
}
