//! Bytes that are sealed and opened again, by us and by the programs of the formats.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod damage;
mod gpg;
mod peers;
mod round;
mod seeds;
mod signing;
mod support;
