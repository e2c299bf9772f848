#![doc = include_str!("../README.md")]

mod changes;
mod commit;
mod error;
pub mod fuzz;
mod head;
mod object;
pub mod patch;
mod rename;
mod repository;
mod revision;
mod submodule;
mod tracked;
mod work;

pub use changes::{Change, ChangeKind, Changes, Until};
pub use commit::CommitTree;
pub use error::{Error, Result, TreeFault};
pub use head::Head;
pub use object::{Blob, Mode, ObjectId};
pub use repository::{Repository, UserSettings};
pub use tracked::Untracked;
