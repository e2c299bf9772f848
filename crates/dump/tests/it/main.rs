//! Dumps through the public face of the crate.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod damage;
mod foreign;
mod round_trip;
mod seeds;
mod support;
