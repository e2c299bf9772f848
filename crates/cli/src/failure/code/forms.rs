//! The codes of dumps and of Git.

use holdall::git::Error as GitError;
use holdall::text::Error as DumpError;

use super::Code;

pub(super) fn dump(error: &DumpError) -> Option<Code> {
    match error {
        DumpError::Unknown | DumpError::Version { .. } => Some(Code::NoDump),
        DumpError::Broken { .. }
        | DumpError::Parts { .. }
        | DumpError::Damaged { .. }
        | DumpError::Unproved { .. }
        | DumpError::Edited { .. } => Some(Code::DumpDamaged),
        DumpError::NotThere { .. } => Some(Code::NoEntry),
        DumpError::Write(_) => Some(Code::Output),
        DumpError::Read { .. } => None,
    }
}

pub(super) fn git(error: &GitError) -> Option<Code> {
    use GitError as G;
    Some(match error {
        G::NoRepository { .. } | G::Bare { .. } | G::Revision { .. } | G::NoTree { .. } => {
            Code::NoGit
        }
        G::PathMissing { .. } | G::NotADirectory { .. } => Code::NoEntry,
        G::Changed { .. } => Code::FileChanged,
        G::BlobLarge { .. } | G::Limit { .. } => Code::OverLimit,
        G::HostileTree { .. } | G::IndexPath { .. } => Code::Refused,
        _ => Code::Git,
    })
}
