//! What commands print that work on the repository.

use schemars::JsonSchema;
use serde::Serialize;

/// `repo init`
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RepositoryMade {
    /// Its ID.
    pub(crate) id: String,
    /// Where it is.
    pub(crate) location: String,
}

/// A dry run of `repo init`
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RepositoryWouldBeMade {
    /// Where it would be.
    pub(crate) location: String,
}

/// `repo forget`
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Forgotten {
    /// True if nothing was removed because that was asked for.
    pub(crate) dry_run: bool,
    /// What the rules decided.
    pub(crate) groups: Vec<ForgetGroup>,
    /// Snapshots that were named.
    pub(crate) removed_ids: Vec<String>,
    /// What was pruned afterwards, if that was asked for.
    pub(crate) prune: Option<Pruned>,
}

/// The decisions about snapshots that have something in common.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ForgetGroup {
    /// What they have in common, in words.
    pub(crate) group: String,
    /// Those that stay.
    pub(crate) keep: Vec<ForgetDecision>,
    /// Those that go.
    pub(crate) remove: Vec<ForgetDecision>,
}

/// The decision about one snapshot.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ForgetDecision {
    /// Its ID.
    pub(crate) id: String,
    /// The rules that keep it.
    pub(crate) reasons: Vec<String>,
}

/// `repo prune`
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Pruned {
    /// True if nothing was removed because that was asked for.
    pub(crate) dry_run: bool,
    /// Packs that stay.
    pub(crate) packs_kept: u64,
    /// Packs whose needed part is copied.
    pub(crate) packs_rewritten: u64,
    /// Packs of which nothing is needed.
    pub(crate) packs_unused: u64,
    /// Packs that no index names.
    pub(crate) packs_unreferenced: u64,
    /// Packs that were removed.
    pub(crate) packs_removed: u64,
    /// Bytes that are needed.
    pub(crate) bytes_used: u64,
    /// Bytes that the repository shrinks by.
    pub(crate) bytes_gained: u64,
    /// Bytes that are copied.
    pub(crate) bytes_rewritten: u64,
}

/// `repo check`
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Checked {
    /// True if nothing is wrong.
    pub(crate) clean: bool,
    /// What is wrong.
    pub(crate) problems: Vec<CheckFinding>,
    /// Packs of the index.
    pub(crate) packs: u64,
    /// Different blobs.
    pub(crate) blobs: u64,
    /// Directories that were read.
    pub(crate) trees: u64,
    /// Snapshots that were read.
    pub(crate) snapshots: u64,
    /// Packs that were read whole.
    pub(crate) packs_read: u64,
    /// Bytes of these.
    pub(crate) bytes_read: u64,
    /// Packs that no index names.
    pub(crate) unreferenced_packs: u64,
    /// Packs that more than one index file names.
    pub(crate) duplicate_packs: u64,
    /// The most memory that the run took at once, in bytes, where the system says.
    pub(crate) peak_memory_bytes: Option<u64>,
}

/// One thing that is wrong.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CheckFinding {
    /// What kind of damage, such as `PackMissing`.
    pub(crate) problem: String,
    /// `pack`, `blob`, `index`, `snapshot`, `key` or `lock`.
    pub(crate) object: String,
    /// Which one.
    pub(crate) id: String,
    /// What is wrong, in words.
    pub(crate) message: String,
    /// Who needs it: as many as are worth naming.
    pub(crate) affected: Vec<CheckAffected>,
    /// How many more need it.
    pub(crate) affected_more: u64,
}

/// A path of a snapshot that needs what is damaged.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CheckAffected {
    /// The snapshot.
    pub(crate) snapshot: String,
    /// The path.
    pub(crate) path: String,
}

/// `repo key list`
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Keys {
    /// All keys.
    pub(crate) keys: Vec<KeyEntry>,
}

/// One key.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct KeyEntry {
    /// Its ID.
    pub(crate) id: String,
    /// By whom it was made.
    pub(crate) user: String,
    /// On which machine.
    pub(crate) host: String,
    /// When.
    pub(crate) created: String,
    /// True for the key in use.
    pub(crate) current: bool,
    /// scrypt's cost.
    pub(crate) n: u64,
    /// scrypt's block size.
    pub(crate) r: u64,
    /// scrypt's parallelism.
    pub(crate) p: u64,
}

/// `repo key add`, `remove` and `passwd`
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct KeyChanged {
    /// `added`, `removed` or `replaced`.
    pub(crate) change: String,
    /// The key that was made or removed.
    pub(crate) id: String,
}

/// A dry run of `repo key add`, `remove` and `passwd`
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct KeyWouldChange {
    /// `add`, `remove` or `replace`.
    pub(crate) change: String,
    /// The key that would be removed or replaced.
    pub(crate) id: Option<String>,
}

/// `repo unlock`
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Unlocked {
    /// True if nothing was done.
    pub(crate) dry_run: bool,
    /// Whose locks were removed, in words.
    pub(crate) removed: Vec<String>,
}

/// `repo stats`
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RepositoryStats {
    /// Snapshots.
    pub(crate) snapshots: u64,
    /// Packs.
    pub(crate) packs: u64,
    /// Index files.
    pub(crate) index_files: u64,
    /// Different chunks of files.
    pub(crate) data_blobs: u64,
    /// Different directories.
    pub(crate) tree_blobs: u64,
    /// Bytes of these before compression.
    pub(crate) plain_bytes: u64,
    /// Bytes of these as sealed.
    pub(crate) sealed_bytes: u64,
    /// Bytes of all files.
    pub(crate) stored_bytes: u64,
}
