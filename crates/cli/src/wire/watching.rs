//! What a command prints that goes on until it is stopped.

use schemars::JsonSchema;
use serde::Serialize;

use super::{DumpWritten, FailedBecause};

/// A line of `dump --watch`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct WatchLine {
    /// The number of the run, from 1.
    pub(crate) run: u64,
    /// How it ended.
    pub(crate) end: WatchEnd,
    /// What changed before it, as far as it is known; at most a hundred paths.
    pub(crate) changed: Vec<String>,
    /// True if more may have changed.
    pub(crate) more_changed: bool,
    /// How long the run took.
    pub(crate) seconds: f64,
    /// What was written, if it is a dump.
    pub(crate) dump: Option<DumpWritten>,
    /// Why nothing was written.
    pub(crate) error: Option<FailedBecause>,
}

/// How one of many runs ended.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WatchEnd {
    /// A file was written.
    Written,
    /// There was nothing new to write.
    Unchanged,
    /// It failed, and the file is as it was.
    Failed,
}
