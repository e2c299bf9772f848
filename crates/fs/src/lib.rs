#![doc = include_str!("../README.md")]

mod directory;
pub mod restore;

pub use directory::{DirectoryTree, ReadOptions, Target};
