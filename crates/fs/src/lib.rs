#![doc = include_str!("../README.md")]

pub mod clone;
mod directory;
pub mod fuzz;
pub mod restore;

pub use directory::{DirectoryTree, ReadOptions, Target};
