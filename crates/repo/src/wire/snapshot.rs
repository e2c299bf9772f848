//! Snapshot files, in restic's order of fields.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::format::FormatError;
use crate::id::Id;
use crate::wire::time::WireTime;

/// One snapshot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// When it was begun.
    pub time: WireTime,
    /// The snapshot that it was compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Id>,
    /// Its root directory.
    pub tree: Id,
    /// What was captured.
    #[serde(default, deserialize_with = "or_default")]
    pub paths: Vec<String>,
    /// On which machine.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hostname: String,
    /// By whom.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub username: String,
    /// Number of the user.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub uid: u32,
    /// Number of the group.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub gid: u32,
    /// Patterns that left something out.
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub excludes: Vec<String>,
    /// Labels.
    #[serde(default, deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The first form of this snapshot, if its description was changed since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<Id>,
    /// The program that made it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub program_version: String,
    /// What was counted while it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Summary>,
    /// Fields of other programs, kept when the file is written again.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// What was counted while a snapshot was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Summary {
    /// When it was begun.
    pub backup_start: WireTime,
    /// When it was done.
    pub backup_end: WireTime,
    /// Files that the parent does not have.
    pub files_new: u64,
    /// Files that differ from the parent's.
    pub files_changed: u64,
    /// Files taken over from the parent.
    pub files_unmodified: u64,
    /// Directories that the parent does not have.
    pub dirs_new: u64,
    /// Directories that differ from the parent's.
    pub dirs_changed: u64,
    /// Directories equal to the parent's.
    pub dirs_unmodified: u64,
    /// New data blobs.
    pub data_blobs: u64,
    /// New tree blobs.
    pub tree_blobs: u64,
    /// Bytes of new blobs before compression.
    pub data_added: u64,
    /// Bytes of new blobs as stored.
    pub data_added_packed: u64,
    /// All files.
    pub total_files_processed: u64,
    /// All bytes of content.
    pub total_bytes_processed: u64,
    /// Fields of other programs, kept when the file is written again.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A snapshot and its ID.
#[derive(Debug, Clone, PartialEq)]
pub struct SnapshotFile {
    /// The ID of the file.
    pub id: Id,
    /// What it holds.
    pub snapshot: Snapshot,
}

impl Snapshot {
    /// A snapshot of which nothing is known but its time and its root.
    #[must_use]
    pub fn new(time: WireTime, tree: Id) -> Self {
        Self {
            time,
            parent: None,
            tree,
            paths: Vec::new(),
            hostname: String::new(),
            username: String::new(),
            uid: 0,
            gid: 0,
            excludes: Vec::new(),
            tags: Vec::new(),
            original: None,
            program_version: String::new(),
            summary: None,
            other: Map::new(),
        }
    }

    /// Reads a snapshot.
    ///
    /// # Errors
    /// If it is malformed.
    pub fn parse(json: &[u8]) -> Result<Self, FormatError> {
        super::must_be_object(json)?;
        serde_json::from_slice(json).map_err(|e| FormatError::malformed(e.to_string()))
    }

    /// True if it has all these labels. An empty one stands for having none.
    #[must_use]
    pub fn has_tags(&self, tags: &[String]) -> bool {
        holdall_select::retention::has_tags(&self.tags, tags)
    }

    /// The bytes of the file.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        // A struct of strings and numbers always serializes.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// Go writes an empty list that was never made as `null`.
fn or_default<'de, D: serde::Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_keeps_the_fields_of_other_programs_and_the_order_of_its_own() {
        let tree = Id::of(b"t");
        let json = format!(
            r#"{{"time":"2026-01-02T03:04:05.6+01:00","tree":"{tree}","paths":["/a"],"hostname":"h","username":"u","tags":["x"],"program_version":"p","label":"mine"}}"#
        );
        let snapshot = Snapshot::parse(json.as_bytes()).unwrap();
        assert_eq!(String::from_utf8(snapshot.to_json()).unwrap(), json);
        assert_eq!(snapshot.other["label"], "mine");
        let summary = r#""summary":{"files_new":2,"command":"c"}"#;
        let summary = json.replace(r#""program_version":"p""#, summary);
        let summary = Snapshot::parse(summary.as_bytes()).unwrap();
        assert_eq!(summary.summary.as_ref().unwrap().other["command"], "c");
        assert_eq!(Snapshot::parse(&summary.to_json()).unwrap(), summary);
        assert!(Snapshot::parse(b"[]").is_err());
        let null = format!(
            r#"{{"time":"2026-01-02T03:04:05Z","tree":"{tree}","paths":null,"tags":null}}"#
        );
        assert!(Snapshot::parse(null.as_bytes()).unwrap().paths.is_empty());
    }
}
