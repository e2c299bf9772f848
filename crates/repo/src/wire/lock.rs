//! Lock files, as restic writes and reads them.

use serde::{Deserialize, Serialize};

use crate::format::FormatError;
use crate::wire::time::WireTime;

/// Who holds a repository, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockFile {
    /// When it was written; it is written anew while its holder lives.
    pub time: WireTime,
    /// True if nobody else may hold the repository at the same time.
    #[serde(default)]
    pub exclusive: bool,
    /// The holder's machine.
    #[serde(default)]
    pub hostname: String,
    /// The holder's user.
    #[serde(default)]
    pub username: String,
    /// The holder's process.
    #[serde(default)]
    pub pid: u32,
    /// Number of the user.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub uid: u32,
    /// Number of the group.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub gid: u32,
}

impl LockFile {
    /// Reads a lock.
    ///
    /// # Errors
    /// If it is malformed.
    pub fn parse(json: &[u8]) -> Result<Self, FormatError> {
        serde_json::from_slice(json).map_err(|e| FormatError::malformed(e.to_string()))
    }

    /// The bytes of the file.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        // A struct of strings and numbers always serializes.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}
