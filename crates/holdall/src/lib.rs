#![doc = include_str!("../README.md")]

pub mod access;
mod all_snapshots;
pub mod archive;
mod beside;
pub mod bounds;
mod capture;
pub mod changes;
pub mod clone;
pub mod config;
pub mod databases;
pub mod delta;
pub mod dump;
mod error;
pub mod explore;
pub mod guest;
pub mod hooks;
pub mod listed;
pub mod metrics;
#[cfg(feature = "notify")]
pub mod notify;
pub mod output;
mod program;
pub mod projects;
pub mod read;
pub mod restore;
pub mod rollback;
pub mod sealed;
pub mod sealing;
pub mod since;
pub mod snapshot;
pub mod source;
mod targets;
pub mod trust;
mod unpack;
pub mod watch;

pub use access::{Access, Ask, PasswordSource, Places};
pub use all_snapshots::AllSnapshots;
pub use beside::Added;
pub use bounds::Bounds;
pub use capture::capture;
pub use error::{Error, Result};
pub use source::{Locator, Opened};

pub use holdall_archive as archives;
pub use holdall_codec as codec;
pub use holdall_disk as disk;
pub use holdall_dump as text;
pub use holdall_fs as fs;
pub use holdall_git as git;
pub use holdall_insight as insight;
pub use holdall_repo as repo;
pub use holdall_seal as seal;
pub use holdall_select as select;
pub use holdall_store as store;
pub use holdall_tree as tree;
