#![doc = include_str!("../README.md")]

mod change;
mod copy;
mod dir;
mod draft;
mod error;
#[cfg(any(test, feature = "faults"))]
pub mod faults;
#[cfg(not(any(test, feature = "faults")))]
#[path = "no_faults.rs"]
mod faults;
mod lock;
mod machine;
mod metadata;
mod new_file;
mod pipe;
mod publish;
mod remove;
mod resolve;
pub mod sandbox;
mod stat;
#[cfg(test)]
mod tests;
pub mod watch;
mod xattr;

pub use copy::{copy_file, extents, share_blocks, will_read};
pub use dir::{Dir, Listed};
pub use draft::Draft;
pub use error::{Error, Result};
pub use lock::LockFile;
pub use machine::{
    boot_id, free_memory, group_id_of, group_name_of, host_name, memory_file, mounts_beneath,
    peak_memory, process_is_alive, user_id_of, user_name, user_name_of,
};
pub use metadata::file_attributes;
pub use new_file::{Given, NewFile};
pub use pipe::Patient;
pub use publish::{
    Replace, create_dirs, publish, publish_private, sync_file, temporary, write_all, write_new,
};
pub use stat::{FileType, Stat};
pub use xattr::file_xattrs;
