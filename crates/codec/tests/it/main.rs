//! Round trips, damage, and the programs of the formats as judges.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod damage;
mod delta;
mod lzma2;
mod peers;
mod round;
mod seeds;
mod support;
