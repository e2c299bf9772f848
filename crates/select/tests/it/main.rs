//! The selection as a caller sees it, and git as the judge of its patterns.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests assert in the plainest way"
)]
mod oracle;
mod seeds;
mod selection;
mod support;
