//! The repository through its public face, over a store in memory.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod damage;
mod locks;
mod model;
mod odd;
#[cfg(test)]
mod restic;
#[cfg(test)]
mod restic_forget;
#[cfg(test)]
mod restic_trees;
mod seeds;
mod steps;
mod support;
mod unreadable;
