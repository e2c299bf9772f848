#![doc = include_str!("../README.md")]

mod attributes;
mod copy;
mod dir;
mod error;
pub mod faults;
mod lock;
mod machine;
mod open;
mod publish;
mod remove;
mod stat;

pub use copy::{copy_file, extents};
pub use dir::{Dir, Listed};
pub use error::{Error, Result};
pub use lock::LockFile;
pub use machine::{boot_id, group_name_of, host_name, process_is_alive, user_name, user_name_of};
pub use publish::{
    Replace, create_dirs, publish, publish_private, sync_file, temporary, write_all,
};
pub use stat::{FileType, Stat};
