//! What a check found, and whom it concerns.

use std::collections::{BTreeMap, BTreeSet};

use holdall_tree::{Context, RelPath};

use crate::error::Result;
use crate::id::{BlobKind, Id};
use crate::index::Index;
use crate::reader::BlobReader;
use crate::repository::Repository;
use crate::wire::snapshot::SnapshotFile;

/// Paths that are named for one finding; more are only counted.
const PATHS_MAX: usize = 20;

/// The kinds of damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Problem {
    /// An index file cannot be read.
    IndexUnreadable,
    /// Two index files contradict each other.
    IndexContradicts,
    /// A snapshot cannot be read.
    SnapshotUnreadable,
    /// A key file cannot be read.
    KeyUnreadable,
    /// A lock cannot be read.
    LockUnreadable,
    /// A pack is not there.
    PackMissing,
    /// A pack has another size than its blobs make up.
    PackSize,
    /// A pack is not what its name, which is its hash, says.
    PackHash,
    /// The header of a pack cannot be read, or says otherwise than the index.
    PackHeader,
    /// A blob that is needed is in no index.
    BlobMissing,
    /// A blob does not read back as what it is.
    BlobDamaged,
    /// A directory cannot be read.
    TreeUnreadable,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its kind.
    pub problem: Problem,
    /// What kind of object it is about: `pack`, `blob`, `index`, …
    pub object: &'static str,
    /// Which one.
    pub id: Id,
    /// The blob that cannot be had because of it.
    pub blob: Option<(BlobKind, Id)>,
    /// What is wrong, in words.
    pub message: String,
    /// Snapshots and paths that need it: as many as are worth naming.
    pub affected: Vec<(Id, RelPath)>,
    /// How many more there are.
    pub affected_more: u64,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CheckReport {
    /// What is wrong.
    pub problems: Vec<Finding>,
    /// Packs that no index names: the next prune removes them.
    pub unreferenced_packs: Vec<Id>,
    /// Packs that more than one index file names.
    pub duplicate_packs: u64,
    /// Packs of the index.
    pub packs: u64,
    /// Different blobs of the index.
    pub blobs: u64,
    /// Directories that were read.
    pub trees: u64,
    /// Snapshots that were read.
    pub snapshots: u64,
    /// Packs that were read whole.
    pub packs_read: u64,
    /// Bytes of these.
    pub bytes_read: u64,
}

impl CheckReport {
    /// True if nothing is wrong.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }

    pub(super) fn problem(
        &mut self,
        problem: Problem,
        object: &'static str,
        id: Id,
        blob: Option<(BlobKind, Id)>,
        message: &str,
    ) {
        let message = message.to_owned();
        self.problems.push(Finding {
            problem,
            object,
            id,
            blob,
            message,
            affected: Vec::new(),
            affected_more: 0,
        });
    }

    pub(super) fn failed(
        &mut self,
        problem: Problem,
        object: &'static str,
        id: Id,
        blob: Option<(BlobKind, Id)>,
        error: &dyn std::error::Error,
    ) {
        self.problem(problem, object, id, blob, &chain(error));
    }
}

/// An error and its sources in one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

/// Snapshots and paths that are worth naming, and how many more there are.
type Affected = (Vec<(Id, RelPath)>, u64);

/// Names the snapshots and paths that need what is damaged.
pub(super) fn trace(
    ctx: &Context<'_>,
    repository: &Repository,
    index: &Index,
    snapshots: &[SnapshotFile],
    report: &mut CheckReport,
) -> Result<()> {
    let wanted: BTreeSet<(BlobKind, Id)> =
        report.problems.iter().filter_map(|finding| finding.blob).collect();
    let mut found: BTreeMap<(BlobKind, Id), Affected> = BTreeMap::new();
    let reader = BlobReader::new(repository, index);
    for file in snapshots {
        // Within one snapshot a directory is named by the first path that leads to it.
        let mut seen = BTreeSet::new();
        let mut stack = vec![(RelPath::root(), file.snapshot.tree)];
        while let Some((path, tree)) = stack.pop() {
            ctx.check()?;
            if !seen.insert(tree) {
                continue;
            }
            let mut note = |blob: (BlobKind, Id), path: &RelPath| {
                if wanted.contains(&blob) {
                    let slot = found.entry(blob).or_default();
                    if slot.0.len() < PATHS_MAX {
                        slot.0.push((file.id, path.clone()));
                    } else {
                        slot.1 += 1;
                    }
                }
            };
            note((BlobKind::Tree, tree), &path);
            let Ok(nodes) = reader.tree(&tree) else { continue };
            for node in nodes.iter() {
                let Ok(name) = holdall_tree::Name::parse(&node.name) else { continue };
                let below = path.join(&name);
                for id in node.content.iter().flatten() {
                    note((BlobKind::Data, *id), &below);
                }
                if let Some(subtree) = node.subtree {
                    stack.push((below, subtree));
                }
            }
        }
    }
    for finding in &mut report.problems {
        if let Some((affected, more)) = finding.blob.and_then(|blob| found.get(&blob)) {
            finding.affected.clone_from(affected);
            finding.affected_more = *more;
        }
    }
    Ok(())
}
