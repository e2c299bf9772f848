//! What commands print that take snapshots and bring them back, and those about the configuration.

use std::path::PathBuf;

use holdall::dump::DumpReport;
use schemars::JsonSchema;
use serde::Serialize;

use super::FailedBecause;

/// `dump`
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DumpWritten {
    /// The file that was written.
    pub(crate) path: String,
    /// The other files, if it was split.
    pub(crate) more: Vec<String>,
    /// The ID of the tree that it holds.
    pub(crate) tree: String,
    /// Files that it shows.
    pub(crate) files: u64,
    /// Lines of these files.
    pub(crate) lines: u64,
    /// Bytes of these files.
    pub(crate) bytes: u64,
    /// Their tokens, if they were counted.
    pub(crate) tokens: Option<u64>,
    /// Secrets that were taken out.
    pub(crate) redacted: u64,
    /// Files of which less than all is shown, to stay within a number of tokens.
    pub(crate) reduced: u64,
    /// Entries that were left out; the dump says why.
    pub(crate) omitted: u64,
    /// Entries that could not be read in full.
    pub(crate) problems: u64,
}

impl DumpWritten {
    /// Of what was written to these files: one, or the parts of one that was split.
    pub(crate) fn new(files: &[PathBuf], report: &DumpReport, problems: u64) -> Self {
        let mut files = files.iter().map(|file| file.display().to_string());
        Self {
            path: files.next().unwrap_or_default(),
            more: files.collect(),
            tree: report.tree.to_string(),
            files: report.files,
            lines: report.lines,
            bytes: report.bytes,
            tokens: report.tokens,
            redacted: report.redacted,
            reduced: report.reduced,
            omitted: report.omitted,
            problems,
        }
    }
}

/// `archive`
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ArchiveWritten {
    /// The file that was written.
    pub(crate) path: String,
    /// `zip`, `tar`, `tar.gz` and so on.
    pub(crate) format: String,
    /// The SHA-256 of the file.
    pub(crate) sha256: String,
    /// Bytes of the file.
    pub(crate) size: u64,
    /// Entries that it holds, beside the root.
    pub(crate) entries: u64,
    /// Files among them.
    pub(crate) files: u64,
    /// Bytes of these files.
    pub(crate) bytes: u64,
    /// The ID of the tree that it holds; `null` if nothing needed it.
    pub(crate) tree: Option<String>,
    /// Whether it has a manifest.
    pub(crate) manifest: bool,
    /// Why it is restored with `--trust own` alone; `null` if it is restored without.
    pub(crate) needs_trust_own: Option<NeedsTrust>,
    /// Entries that could not be read or held in full.
    pub(crate) problems: u64,
    /// The most memory that was in use.
    pub(crate) peak_memory_bytes: Option<u64>,
}

/// What is refused of an archive that may come from anyone.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct NeedsTrust {
    /// The entry.
    pub(crate) path: String,
    /// The reason, one of those in `docs/archives.md`.
    pub(crate) code: String,
    /// The reason in words.
    pub(crate) why: String,
}

impl From<holdall::archive::Refused> for NeedsTrust {
    fn from(refused: holdall::archive::Refused) -> Self {
        let holdall::archive::Refused { name, code, why } = refused;
        Self { path: name, code, why }
    }
}

/// `archive --dry-run`
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ArchivePreview {
    /// The file that would be written; `null` for standard output.
    pub(crate) path: Option<String>,
    /// `zip`, `tar`, `tar.gz` and so on.
    pub(crate) format: String,
    /// Entries that are no directories.
    pub(crate) files: u64,
    /// Their bytes.
    pub(crate) bytes: u64,
    /// All entries, with `-v`.
    pub(crate) paths: Option<Vec<String>>,
}

/// `dump --batch`
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Batched {
    /// All projects that were found, in the order of their paths.
    pub(crate) projects: Vec<BatchedProject>,
    /// The exit code, which is the worst of theirs.
    pub(crate) exit_code: u8,
}

/// What became of one project.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct BatchedProject {
    /// Where it is.
    pub(crate) project: String,
    /// The exit code that a run for it alone would have had.
    pub(crate) exit_code: u8,
    /// The file that was written.
    pub(crate) file: Option<String>,
    /// What was written, if it is a dump and no patch.
    pub(crate) dump: Option<DumpWritten>,
    /// Why nothing was written.
    pub(crate) error: Option<FailedBecause>,
}

/// `snapshot`
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SnapshotTaken {
    /// The ID of the snapshot.
    pub(crate) snapshot_id: String,
    /// The snapshot that it was compared with.
    pub(crate) parent: Option<String>,
    /// The ID of its root directory in the repository.
    pub(crate) tree: String,
    /// When it was begun.
    pub(crate) time: String,
    /// What was captured.
    pub(crate) paths: Vec<String>,
    /// Labels.
    pub(crate) tags: Vec<String>,
    /// Files that the parent does not have.
    pub(crate) files_new: u64,
    /// Files that differ from the parent's.
    pub(crate) files_changed: u64,
    /// Files taken over from the parent.
    pub(crate) files_unmodified: u64,
    /// Bytes of content.
    pub(crate) bytes: u64,
    /// Bytes that were added to the repository.
    pub(crate) stored_bytes: u64,
    /// Entries that could not be read.
    pub(crate) problems: u64,
    /// How long it took.
    pub(crate) seconds: f64,
    /// The most memory that the run took at once, in bytes, where the system says.
    pub(crate) peak_memory_bytes: Option<u64>,
}

/// `snapshot --dry-run`
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SnapshotPreview {
    /// Files that would be captured.
    pub(crate) files: u64,
    /// Bytes of content.
    pub(crate) bytes: u64,
    /// Each entry, with `--verbose`.
    pub(crate) paths: Option<Vec<String>>,
}

/// `restore --preview`, and a dry run of `restore` or `rollback`
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RestorePreview {
    /// An ID of what would change, for `restore --choose`; with `--preview`.
    pub(crate) plan: Option<String>,
    /// The directory.
    pub(crate) target: String,
    /// True if the directory as a whole would go, since there was none.
    pub(crate) removes_target: bool,
    /// What would change, in canonical order.
    pub(crate) steps: Vec<RestoreStep>,
    /// Entries that would stay as they are.
    pub(crate) unchanged: u64,
    /// Files that would be written.
    pub(crate) files: u64,
    /// Bytes that would be written.
    pub(crate) bytes: u64,
}

/// One change of a restore.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RestoreStep {
    /// `create`, `replace`, `metadata` or `remove`.
    pub(crate) step: String,
    /// The path that changes.
    pub(crate) path: String,
    /// Bytes that are written.
    pub(crate) bytes: u64,
    /// What of the metadata of something that is there changes, in words.
    pub(crate) metadata: Vec<String>,
    /// The changed lines of a text file as a patch, with `--preview`.
    pub(crate) patch: Option<String>,
    /// Each place at which a text file changes, which can be taken or left by itself, with `--preview`.
    pub(crate) hunks: Vec<String>,
}

/// `restore`
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Restored {
    /// What was restored, in words.
    pub(crate) source: String,
    /// Where to.
    pub(crate) target: String,
    /// Files that were written.
    pub(crate) files: u64,
    /// Bytes that were written.
    pub(crate) bytes: u64,
    /// Entries that stayed as they were.
    pub(crate) unchanged: u64,
    /// Parts that could not be restored.
    pub(crate) problems: u64,
    /// The point that leads back, if anything changed.
    pub(crate) point: Option<u64>,
    /// How far the run confined itself before it read the source.
    pub(crate) sandbox: Confined,
    /// The most memory that the run took at once, in bytes, where the system says.
    pub(crate) peak_memory_bytes: Option<u64>,
}

/// `restore --database`
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DatabasesRestored {
    /// What they were restored from, in words.
    pub(crate) source: String,
    /// Each of them.
    pub(crate) databases: Vec<DatabaseRestored>,
}

/// One database.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DatabaseRestored {
    /// What it is called in the configuration.
    pub(crate) name: String,
    /// What it is called in its server.
    pub(crate) target: String,
    /// Where in the source it was.
    pub(crate) path: String,
    /// How much was fed to the server, or would be in a dry run.
    pub(crate) bytes: u64,
}

/// `clone`
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Cloned {
    /// What was cloned, in words.
    pub(crate) source: String,
    /// Where the clone is.
    pub(crate) path: String,
    /// The clone beside it that it shares unchanged files with.
    pub(crate) older: Option<String>,
    /// The ID of its tree, unless the target was as the source already.
    pub(crate) tree_id: Option<String>,
    /// Files that were written.
    pub(crate) files: u64,
    /// Bytes that were written.
    pub(crate) bytes: u64,
    /// Entries that are shared, or stayed as they were.
    pub(crate) unchanged: u64,
    /// Parts that could not be cloned.
    pub(crate) problems: u64,
    /// The point that leads back, if something was replaced.
    pub(crate) point: Option<u64>,
    /// What became of older clones, if rules were given.
    pub(crate) rotation: Option<Rotated>,
    /// The most memory that the run took at once, in bytes, where the system says.
    pub(crate) peak_memory_bytes: Option<u64>,
}

/// What becomes of the clones of a project.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Rotated {
    /// What stays, the newest first.
    pub(crate) keep: Vec<KeptClone>,
    /// The names of what goes, the newest first.
    pub(crate) remove: Vec<String>,
}

/// A clone that stays.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct KeptClone {
    /// Its name.
    pub(crate) name: String,
    /// Why.
    pub(crate) reasons: Vec<String>,
}

/// A dry run of `clone --incremental`
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ClonePreview {
    /// What the clone would hold anew.
    #[serde(flatten)]
    pub(crate) preview: RestorePreview,
    /// The clone that it would share unchanged files with.
    pub(crate) older: Option<String>,
    /// What would become of older clones, if rules were given.
    pub(crate) rotation: Option<Rotated>,
}

/// Which layers of protection were in force.
#[derive(Debug, Clone, Copy, Default, Serialize, JsonSchema)]
pub(crate) struct Confined {
    /// The version of Landlock, if it was.
    pub(crate) landlock: Option<u32>,
    /// Whether system calls were filtered.
    pub(crate) seccomp: bool,
    /// Whether the source was an archive that was parsed inside WebAssembly.
    pub(crate) wasm: bool,
}

impl Confined {
    pub(crate) fn new(confined: holdall::disk::sandbox::Confined, wasm: bool) -> Self {
        Self { landlock: confined.landlock, seccomp: confined.seccomp, wasm }
    }
}

/// `rollback`
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RolledBack {
    /// The directory.
    pub(crate) target: String,
    /// The point that it went back to.
    pub(crate) went_back_to: u64,
    /// Files that were written.
    pub(crate) files: u64,
    /// Parts that could not be brought back.
    pub(crate) problems: u64,
    /// The point that undoes this.
    pub(crate) point: Option<u64>,
}

/// `rollback --list`
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Points {
    /// The directory.
    pub(crate) target: String,
    /// The oldest first.
    pub(crate) points: Vec<RestorePoint>,
}

/// A way back.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RestorePoint {
    /// Its number.
    pub(crate) point: u64,
    /// When the restore that made it was done.
    pub(crate) time: String,
    /// What was restored then, in words.
    pub(crate) restored: String,
    /// False if nothing was there before.
    pub(crate) existed: bool,
}

/// `config show`
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Settings {
    /// All keys.
    pub(crate) values: Vec<Setting>,
}

/// One key of the configuration.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Setting {
    /// Its full name.
    pub(crate) key: String,
    /// Its value in TOML.
    pub(crate) value: Option<String>,
    /// Where the value comes from.
    pub(crate) origin: String,
}

/// `config check`
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SettingsChecked {
    /// True if nothing is wrong.
    pub(crate) valid: bool,
    /// What is wrong.
    pub(crate) problems: Vec<String>,
    /// What may be meant otherwise.
    pub(crate) warnings: Vec<String>,
}
