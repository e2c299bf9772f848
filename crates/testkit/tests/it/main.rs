//! Facts about the tools that other tests stand on.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod run;
mod steps;
mod stores;
mod trees;
