#![doc = include_str!("../README.md")]

mod directory;

pub use directory::{DirectoryTree, ReadOptions, Target};
