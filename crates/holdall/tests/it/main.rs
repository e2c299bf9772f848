//! The operations through the library, as another program would call them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod access;
mod archiving;
mod choosing;
mod dumping;
mod exploring;
mod going_back;
mod guest;
mod metadata;
mod races;
mod reading;
mod restoring;
mod rotating;
mod seeds;
mod support;
