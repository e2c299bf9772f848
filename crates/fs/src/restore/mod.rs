//! Bringing a tree to a directory: staged beside it, synced, exchanged in one rename, with a way back.
//!
//! Everything that belongs to restores of `DIR/NAME` lies in `DIR/.NAME.holdall/`: the lock, the tree being staged,
//! and the points that lead back. Until the exchange the target is untouched; after it the target is the new tree,
//! whatever happens next. A restore that was cut off leaves a staged tree that the next one removes.
//!
//! What does not change is shared: the staged tree links the same files. After the exchange the old tree gives up its
//! links to shared files, so that a restore point keeps exactly what the restore replaced, and editing a live file
//! never reaches into a point.

mod ahead;
mod apply;
mod decide;
mod faults;
mod linking;
mod links;
mod metadata;
mod notes;
mod plan;
mod points;
mod sharing;
mod staged;
pub(crate) mod state;
mod times;
mod trim;
mod worker;
mod write;

use std::path::PathBuf;

use holdall_tree::{Classified, ErrorKind, RelPath};

pub use apply::{Drive, RestoreReport, Verify, apply, withdraw};
pub(crate) use apply::{Job, carry_out, stage_and_publish};
pub use decide::{Decision, Extra, Overwrite, Policy, Unread};
pub(crate) use notes::{Cloning, is_intact};
pub(crate) use plan::taken;
pub use plan::{RestorePlan, Step, plan, plan_known};
pub(crate) use points::published;
pub use points::{Point, PointTree, points, remove_point};
pub use state::{recover, unfinished};

/// Why a restore failed.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The target is something else than a directory.
    #[error("{} is no directory", target.display())]
    NotADirectory {
        /// The target.
        target: PathBuf,
    },
    /// The target has no name beneath a directory (it is `/`), so nothing can be staged beside it.
    #[error("{} has no directory above it to stage a restore in", target.display())]
    NoParent {
        /// The target.
        target: PathBuf,
    },
    /// The target is where a file system is mounted: it cannot be exchanged.
    #[error("{} is a mount point, which cannot be exchanged for a restored tree", target.display())]
    MountPoint {
        /// The target.
        target: PathBuf,
    },
    /// A file system is mounted within the target: it would go with the old tree.
    #[error("{} is mounted within {} and would move away with what is replaced", mounted.display(), target.display())]
    MountWithin {
        /// Where it is mounted.
        mounted: PathBuf,
        /// The target.
        target: PathBuf,
    },
    /// The target is not what the plan was made for.
    #[error("{} was replaced since the restore was planned", target.display())]
    Changed {
        /// The target.
        target: PathBuf,
    },
    /// A staged file does not read back as the source has it.
    #[error("the staged {path} does not read back as it is in the source")]
    Mismatch {
        /// The path.
        path: RelPath,
    },
    /// The target is the new tree, and something about the way back is not done.
    #[error(
        "{} is restored, but the point that leads back is not complete; the next restore or rollback completes it",
        target.display()
    )]
    PointIncomplete {
        /// The target.
        target: PathBuf,
        /// Why.
        source: holdall_tree::Error,
    },
    /// There is no such restore point.
    #[error("there is no restore point {wanted} for {}", target.display())]
    PointMissing {
        /// The point, as the user named it.
        wanted: String,
        /// The target.
        target: PathBuf,
    },
    /// A file that a restore left where it was is not there any more.
    #[error("cannot bring {path} back: no restore replaced it, and it was removed or moved since")]
    Lost {
        /// The path.
        path: RelPath,
    },
    /// A file of the state directory cannot be understood.
    #[error("cannot understand {}: {why}", file.display())]
    State {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// One entry could not be given a part of its metadata.
    #[error("cannot set the {what} of {path}")]
    Metadata {
        /// Which part.
        what: &'static str,
        /// Of which entry.
        path: RelPath,
        /// Why.
        #[source]
        source: holdall_disk::Error,
    },
    /// One entry could not be made.
    #[error("cannot restore the {what} {path}")]
    Create {
        /// Its kind.
        what: &'static str,
        /// Its path.
        path: RelPath,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Classified for RestoreError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotADirectory { .. }
            | Self::NoParent { .. }
            | Self::MountPoint { .. }
            | Self::MountWithin { .. }
            | Self::Changed { .. } => ErrorKind::Refused,
            _ => ErrorKind::Failed,
        }
    }
}
