//! What `--json` prints: one type for each document, each with a published schema.
//!
//! Fields are only added; a change of what one means raises [`VERSION`]. Names and paths are given as they are printed
//! for people: bytes that are no text as `\xff`. Times are RFC 3339, sizes are bytes.

mod changing;
mod choosing;
mod counting;
mod looking;
mod repository;
mod watching;

use schemars::{JsonSchema, Schema, schema_for};
use serde::Serialize;

pub(crate) use changing::*;
pub(crate) use choosing::*;
pub(crate) use counting::*;
pub(crate) use looking::*;
pub(crate) use repository::*;
pub(crate) use watching::*;

/// The version of the documents.
pub(crate) const VERSION: u32 = 1;

/// A document with its version.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Document<T> {
    /// The version of the schema.
    schema_version: u32,
    #[serde(flatten)]
    content: T,
}

impl<T> Document<T> {
    pub(crate) fn new(content: T) -> Self {
        Self { schema_version: VERSION, content }
    }
}

/// How an error is printed on standard error.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Failed {
    /// What went wrong.
    pub(crate) error: FailedBecause,
}

/// What went wrong.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FailedBecause {
    /// What kind of trouble it is: one of the words of `docs/errors.md`.
    pub(crate) code: String,
    /// `failed`, `usage`, `incomplete`, `refused`, `locked` or `interrupted`.
    pub(crate) kind: String,
    /// What was being done, and to what.
    pub(crate) message: String,
    /// Why, from the outside in.
    pub(crate) causes: Vec<String>,
    /// What to try.
    pub(crate) hint: Option<String>,
}

/// A line of `--log-format json` on standard error.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct LogLine<'l> {
    /// When it happened, in UTC to the millisecond.
    pub(crate) time: &'l str,
    /// `error`, `warn`, `info`, `debug` or `trace`.
    #[schemars(extend("enum" = ["error", "warn", "info", "debug", "trace"]))]
    pub(crate) level: &'l str,
    /// The ID of this run of the program, 12 hexadecimal digits, the same in all its lines.
    #[schemars(regex(pattern = "^[0-9a-f]{12}$"))]
    pub(crate) operation: &'l str,
    /// What happened. `started` and `ended` are the first and the last line of a run, and `ended` has `exit_code`; each
    /// `phase` of the work begins with one; a `problem` is trouble with one entry, which has `path` and `code`; an
    /// `error` is why the run failed and has `code`, `kind`, `causes` and `hint`; a `warning`, a `note` and what is
    /// `said` are for people; all else is `other`.
    #[schemars(extend("enum" = ["started", "phase", "problem", "warning", "note", "said", "error", "ended", "other"]))]
    pub(crate) event: &'l str,
    /// The part of the program.
    pub(crate) target: &'l str,
    /// What happened, in words.
    pub(crate) message: &'l str,
    /// What else is known of it, by name.
    pub(crate) fields: &'l serde_json::Map<String, serde_json::Value>,
}

/// A line of `--progress json` on standard error.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Event {
    /// Where a phase stands.
    Progress(Counts),
    /// What a phase came to.
    PhaseDone(Counts),
    /// An entry that the operation goes on without.
    Problem {
        /// The entry.
        path: Option<String>,
        /// What kind of trouble it is: one of the words of `docs/errors.md`.
        code: String,
        /// What is wrong with it.
        message: String,
    },
}

/// What was counted.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Counts {
    /// What is being done, in words.
    pub(crate) phase: String,
    /// Files done, in all phases.
    pub(crate) files: u64,
    /// Bytes of content done in this phase.
    pub(crate) bytes: u64,
    /// Files taken over unread.
    pub(crate) unchanged: u64,
    /// Bytes of content in this phase, as far as known.
    pub(crate) expected_bytes: Option<u64>,
    /// Seconds since the start of the program.
    pub(crate) seconds: f64,
}

/// The schemas of all documents, by the name of the file that each is published in.
pub(crate) fn schemas() -> Vec<(&'static str, Schema)> {
    vec![
        ("snapshot", schema_for!(Document<SnapshotTaken>)),
        ("snapshot-dry-run", schema_for!(Document<SnapshotPreview>)),
        ("snapshots", schema_for!(Document<Snapshots>)),
        ("ls.line", schema_for!(EntryLine)),
        ("find.line", schema_for!(FoundLine)),
        ("diff.line", schema_for!(ChangeLine)),
        ("explain.line", schema_for!(Document<Explained>)),
        ("mount", schema_for!(Document<Mounted>)),
        ("verify", schema_for!(Document<Verified>)),
        ("id", schema_for!(Document<Identified>)),
        ("dump", schema_for!(Document<DumpWritten>)),
        ("archive", schema_for!(Document<ArchiveWritten>)),
        ("archive-dry-run", schema_for!(Document<ArchivePreview>)),
        ("dump-batch", schema_for!(Document<Batched>)),
        ("dump-watch.line", schema_for!(Document<WatchLine>)),
        ("stats", schema_for!(Document<Counted>)),
        ("scan", schema_for!(Document<Scanned>)),
        ("clone", schema_for!(Document<Cloned>)),
        ("clone-dry-run", schema_for!(Document<ClonePreview>)),
        ("restore", schema_for!(Document<Restored>)),
        ("restore-databases", schema_for!(Document<DatabasesRestored>)),
        ("restore-preview", schema_for!(Document<RestorePreview>)),
        ("restore-choices", schema_for!(Choices)),
        ("rollback", schema_for!(Document<RolledBack>)),
        ("rollback-list", schema_for!(Document<Points>)),
        ("repo-init", schema_for!(Document<RepositoryMade>)),
        ("repo-init-dry-run", schema_for!(Document<RepositoryWouldBeMade>)),
        ("repo-forget", schema_for!(Document<Forgotten>)),
        ("repo-prune", schema_for!(Document<Pruned>)),
        ("repo-check", schema_for!(Document<Checked>)),
        ("repo-key-list", schema_for!(Document<Keys>)),
        ("repo-key", schema_for!(Document<KeyChanged>)),
        ("repo-key-dry-run", schema_for!(Document<KeyWouldChange>)),
        ("repo-unlock", schema_for!(Document<Unlocked>)),
        ("repo-stats", schema_for!(Document<RepositoryStats>)),
        ("config-show", schema_for!(Document<Settings>)),
        ("config-check", schema_for!(Document<SettingsChecked>)),
        ("error", schema_for!(Failed)),
        ("progress.line", schema_for!(Event)),
        ("log.line", schema_for!(LogLine<'_>)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_has_its_version_beside_its_content() {
        let made = RepositoryMade { id: "ab".into(), location: "/repo".into() };
        let text = serde_json::to_string(&Document::new(made)).unwrap();
        assert_eq!(text, r#"{"schema_version":1,"id":"ab","location":"/repo"}"#);
    }

    #[test]
    fn an_event_names_itself() {
        let event = Event::Problem { path: None, code: "failed".into(), message: "no".into() };
        let text = serde_json::to_string(&event).unwrap();
        assert_eq!(text, r#"{"event":"problem","path":null,"code":"failed","message":"no"}"#);
    }

    #[test]
    fn every_schema_has_a_name_of_its_own_and_says_what_it_requires() {
        let all = schemas();
        let mut names: Vec<_> = all.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all.len());
        for (name, schema) in all.iter().filter(|(name, _)| *name != "progress.line") {
            assert!(schema.get("required").is_some_and(|fields| fields.is_array()), "{name}");
        }
    }
}
