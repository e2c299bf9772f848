//! How much a restore may write.

use holdall_archive as archive;
use holdall_fs::restore::{RestorePlan, Step};
use holdall_tree::{Entry, Kind};

use crate::error::{Error, Result};

/// How much a restore may write. What is `None` has no bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bounds {
    /// The most entries of any kind.
    pub entries: Option<u64>,
    /// The most files.
    pub files: Option<u64>,
    /// The most bytes of all files, holes among them.
    pub bytes: Option<u64>,
    /// The most bytes of one file, holes among them.
    pub file_bytes: Option<u64>,
    /// The deepest path.
    pub depth: Option<u64>,
    /// The longest path, in bytes.
    pub path_bytes: Option<u64>,
    /// The longest target of a symbolic link, in bytes.
    pub target_bytes: Option<u64>,
    /// How many times as large as what is stored it may be.
    pub ratio: Option<u64>,
}

impl Bounds {
    /// What holds for a source that others may have made, where nothing else is set.
    pub const OF_OTHERS: Self = Self {
        entries: Some(1_000_000),
        files: None,
        bytes: Some(10 << 30),
        file_bytes: Some(4 << 30),
        depth: Some(128),
        path_bytes: Some(4096),
        target_bytes: Some(4095),
        ratio: Some(200),
    };

    /// These bounds, and those of `other` where these set none.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            entries: self.entries.or(other.entries),
            files: self.files.or(other.files),
            bytes: self.bytes.or(other.bytes),
            file_bytes: self.file_bytes.or(other.file_bytes),
            depth: self.depth.or(other.depth),
            path_bytes: self.path_bytes.or(other.path_bytes),
            target_bytes: self.target_bytes.or(other.target_bytes),
            ratio: self.ratio.or(other.ratio),
        }
    }

    /// The same for whoever reads an archive, so that it is refused as soon as its headers tell.
    #[must_use]
    pub fn of_archive(self) -> archive::Bounds {
        let usual = archive::Bounds::default();
        let length = |given: Option<u64>, usual: usize| {
            given.map_or(usual, |given| usize::try_from(given).unwrap_or(usize::MAX))
        };
        archive::Bounds {
            entries: self.entries.unwrap_or(usual.entries),
            bytes: self.bytes.unwrap_or(usual.bytes),
            file_bytes: self.file_bytes.unwrap_or(usual.file_bytes),
            depth: length(self.depth, usual.depth),
            path_bytes: length(self.path_bytes, usual.path_bytes),
            target_bytes: length(self.target_bytes, usual.target_bytes),
            ratio: self.ratio.unwrap_or(usual.ratio),
        }
    }

    /// Fails if a plan would write more.
    pub(crate) fn check(&self, plan: &RestorePlan) -> Result<()> {
        let mut most = Most::default();
        plan.steps.iter().filter_map(written).for_each(|entry| most.add(entry));
        for (what, found, limit) in [
            ("the number of entries to write", most.entries, self.entries),
            ("the number of files to write", plan.files, self.files),
            ("the number of bytes to write", plan.bytes, self.bytes),
            ("the size of the largest file to write", most.file_bytes, self.file_bytes),
            ("the depth of the deepest path to write", most.depth, self.depth),
            ("the length of the longest path to write", most.path_bytes, self.path_bytes),
            ("the length of the longest link to write", most.target_bytes, self.target_bytes),
        ] {
            if let Some(limit) = limit.filter(|limit| found > *limit) {
                return Err(Error::OverLimit { what, found, limit });
            }
        }
        Ok(())
    }
}

/// The entry that a step writes, if it writes one.
#[must_use]
pub fn written(step: &Step) -> Option<&Entry> {
    match step {
        Step::Create(entry) | Step::Replace { after: entry, .. } => Some(entry),
        Step::Metadata { .. } | Step::Remove(_) => None,
    }
}

/// The most of each that is written.
#[derive(Default)]
struct Most {
    entries: u64,
    file_bytes: u64,
    depth: u64,
    path_bytes: u64,
    target_bytes: u64,
}

impl Most {
    fn add(&mut self, entry: &Entry) {
        // The target itself is made in any case.
        self.entries += u64::from(!entry.path.is_root());
        self.depth = self.depth.max(entry.path.depth() as u64);
        self.path_bytes = self.path_bytes.max(entry.path.as_bytes().len() as u64);
        match &entry.kind {
            Kind::File { .. } => self.file_bytes = self.file_bytes.max(entry.size()),
            Kind::Symlink { target } => {
                self.target_bytes = self.target_bytes.max(target.len() as u64);
            }
            _ => {}
        }
    }
}
