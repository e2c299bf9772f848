//! Dumps through the public face of the crate.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod round_trip;
mod support;
