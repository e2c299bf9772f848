//! What commands print that look at sources.

use holdall::repo::{SnapshotFile, WireTime};
use holdall::tree::path::printable;
use holdall::tree::{Entry, Kind};
use schemars::JsonSchema;
use serde::Serialize;

/// `mount`, when it can be looked at
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Mounted {
    /// What is mounted.
    pub(crate) source: String,
    /// Where.
    pub(crate) directory: String,
}

/// `snapshots`
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Snapshots {
    /// The oldest first.
    pub(crate) snapshots: Vec<SnapshotEntry>,
}

/// One snapshot.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SnapshotEntry {
    /// Its ID.
    pub(crate) id: String,
    /// The first eight digits of it.
    pub(crate) short_id: String,
    /// When it was begun.
    pub(crate) time: String,
    /// The snapshot that it was compared with.
    pub(crate) parent: Option<String>,
    /// The ID of its root directory in the repository.
    pub(crate) tree: String,
    /// On which machine.
    pub(crate) host: String,
    /// By whom.
    pub(crate) user: String,
    /// What was captured.
    pub(crate) paths: Vec<String>,
    /// Labels.
    pub(crate) tags: Vec<String>,
    /// The program that made it.
    pub(crate) program_version: String,
    /// Bytes of content, if they were counted.
    pub(crate) bytes: Option<u64>,
    /// Files, if they were counted.
    pub(crate) files: Option<u64>,
}

impl From<&SnapshotFile> for SnapshotEntry {
    fn from(file: &SnapshotFile) -> Self {
        let snapshot = &file.snapshot;
        let summary = snapshot.summary.as_ref();
        Self {
            id: file.id.hex(),
            short_id: file.id.short(),
            time: snapshot.time.to_string(),
            parent: snapshot.parent.map(|id| id.hex()),
            tree: snapshot.tree.hex(),
            host: snapshot.hostname.clone(),
            user: snapshot.username.clone(),
            paths: snapshot.paths.clone(),
            tags: snapshot.tags.clone(),
            program_version: snapshot.program_version.clone(),
            bytes: summary.map(|summary| summary.total_bytes_processed),
            files: summary.map(|summary| summary.total_files_processed),
        }
    }
}

/// A line of `ls`
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct EntryLine {
    /// Its path in the source.
    pub(crate) path: String,
    /// The bytes of the path in hex, if they are no text.
    pub(crate) path_hex: Option<String>,
    /// `file`, `dir`, `symlink`, `fifo`, `socket`, `chardev` or `dev`.
    pub(crate) r#type: String,
    /// Bytes of content.
    pub(crate) size: u64,
    /// Permission bits.
    pub(crate) mode: Option<u32>,
    /// Number of the owner.
    pub(crate) uid: Option<u32>,
    /// Number of the group.
    pub(crate) gid: Option<u32>,
    /// Name of the owner.
    pub(crate) user: Option<String>,
    /// Name of the group.
    pub(crate) group: Option<String>,
    /// When the content was changed last.
    pub(crate) mtime: Option<String>,
    /// What a symbolic link holds.
    pub(crate) link_target: Option<String>,
}

impl From<&Entry> for EntryLine {
    fn from(entry: &Entry) -> Self {
        let (path, meta) = (entry.path.as_bytes(), &entry.meta);
        let exact = || path.iter().map(|byte| format!("{byte:02x}")).collect();
        Self {
            path: printable(path).into_owned(),
            path_hex: std::str::from_utf8(path).is_err().then(exact),
            r#type: entry.kind.word().to_owned(),
            size: entry.size(),
            mode: meta.mode,
            uid: meta.uid,
            gid: meta.gid,
            user: meta.user.clone(),
            group: meta.group.clone(),
            mtime: meta.mtime.map(|at| WireTime { at, offset: 0 }.to_string()),
            link_target: match &entry.kind {
                Kind::Symlink { target } => Some(printable(target).into_owned()),
                _ => None,
            },
        }
    }
}

/// A line of `find`
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FoundLine {
    /// What was found.
    #[serde(flatten)]
    pub(crate) entry: EntryLine,
    /// The snapshot, if all were searched.
    pub(crate) snapshot: Option<String>,
}

/// A line of `diff`
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ChangeLine {
    /// `+` added, `-` removed, `R` renamed, `M` modified, `U` only metadata.
    pub(crate) change: char,
    /// The path that differs.
    pub(crate) path: String,
    /// The path in the first source, if it was renamed.
    pub(crate) from: Option<String>,
    /// What of the metadata differs, in words, if nothing else does.
    pub(crate) metadata: Vec<String>,
    /// The changed lines as a patch, with `--patch` and of text.
    pub(crate) patch: Option<String>,
}

/// A line of `explain`
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Explained {
    /// The path that was asked for.
    pub(crate) path: String,
    /// True if a snapshot holds it.
    pub(crate) taken: bool,
    /// The rules that decide.
    pub(crate) because: Vec<String>,
    /// The directory above that is left with all in it.
    pub(crate) above: Option<String>,
}

/// `verify`
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Verified {
    /// What was read, in words.
    pub(crate) source: String,
    /// Entries beside the root.
    pub(crate) entries: u64,
    /// Bytes of content.
    pub(crate) bytes: u64,
    /// Entries that could not be read.
    pub(crate) problems: u64,
    /// The ID of what could be read; of a clone only if it is as it was made.
    pub(crate) tree_id: Option<String>,
    /// Of a clone: each entry that is not as it was cloned.
    pub(crate) differences: Option<Vec<CloneDiffers>>,
    /// The signatures beside it, all of which are right.
    pub(crate) signatures: Vec<Attested>,
}

/// An entry of a clone that is not as it was cloned.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CloneDiffers {
    /// `+` it was not there, `-` it is gone, `M` it was changed.
    pub(crate) change: char,
    /// Its path.
    pub(crate) path: String,
    /// What was changed, in words.
    pub(crate) parts: Vec<String>,
}

/// A signature.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Attested {
    /// `minisign` or `SSH`.
    pub(crate) scheme: String,
    /// The ID or fingerprint of the key.
    pub(crate) key: String,
    /// Whose key it is, if the trust file has it.
    pub(crate) signer: Option<String>,
    /// Why it does not count; nothing if it does.
    pub(crate) doubt: Option<String>,
    /// What was signed along with the file.
    pub(crate) comment: Option<String>,
}

impl From<&holdall::trust::Attested> for Attested {
    fn from(one: &holdall::trust::Attested) -> Self {
        Self {
            scheme: one.scheme.to_string(),
            key: one.key.clone(),
            signer: one.signer.clone(),
            doubt: one.doubt.clone(),
            comment: one.comment.clone(),
        }
    }
}

/// `id`
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Identified {
    /// The ID by names, kinds, modes, link targets and contents.
    pub(crate) tree_id: String,
    /// The same with owners, times and extended attributes.
    pub(crate) full_tree_id: String,
    /// Entries beside the root.
    pub(crate) entries: u64,
    /// Bytes of content.
    pub(crate) bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdall::tree::{Metadata, RelPath};

    #[test]
    fn a_path_that_is_no_text_is_given_exactly_too() {
        let entry = |path: &[u8]| Entry {
            path: RelPath::parse(path).unwrap(),
            kind: Kind::File { size: 3 },
            meta: Metadata::default(),
        };
        let line = EntryLine::from(&entry(b"a\xff"));
        assert_eq!((line.path.as_str(), line.path_hex.as_deref()), ("a\\xff", Some("61ff")));
        let line = EntryLine::from(&entry("ä".as_bytes()));
        assert_eq!((line.path.as_str(), line.path_hex), ("ä", None));
    }
}
