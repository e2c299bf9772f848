//! The repository through its public face, over a store in memory.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod damage;
mod locks;
mod model;
mod steps;
mod support;
