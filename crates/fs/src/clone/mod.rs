//! Clones: a tree as a plain directory, exactly as its source has it, and a record of it beside it.
//!
//! A clone is staged and published as a restore is, so it is there as a whole or not at all. The record lies in
//! `clones/NAME` of a state directory: that of the clone itself, `.NAME.holdall`, or, for a clone among others of a
//! collection, the collection's, `.holdall`. The clone itself holds nothing but the tree.
//!
//! In a collection a new clone shares with the last one of the same project every file that did not change since: one
//! more name for the same file. A file that changed in any way is a new one, so an older clone never changes.

mod apart;
mod collection;
mod escape;
mod plan;
mod record;

use std::io::Read;
use std::path::{Path, PathBuf};

use holdall_disk::Dir;
use holdall_tree::{Classified, Context, ErrorKind, Filter, Name, RelPath, Result, Tree};

pub use apart::{Apart, contains, is_within};
pub use collection::{Collection, Kept};
pub use plan::plan_beside;
pub use record::{Head, Record, Row};

use crate::restore::state::{self, CLONES, STAGING, path_of, rel};
use crate::restore::{Cloning, Drive, Job, RestorePlan, RestoreReport, Verify, carry_out};

/// Why something about clones failed.
#[derive(Debug, thiserror::Error)]
pub enum CloneError {
    /// The clone would lie in what it is of.
    #[error("{} lies in what is to be cloned to it", dest.display())]
    WithinSource {
        /// Where it was to go.
        dest: PathBuf,
    },
    /// What is cloned would be replaced by its clone.
    #[error("{} lies in {}, which is to be replaced", source_path.display(), dest.display())]
    WithinTarget {
        /// What is cloned.
        source_path: PathBuf,
        /// What would be replaced.
        dest: PathBuf,
    },
    /// The record of a clone cannot be used.
    #[error("cannot understand the record of a clone in {}: {why}", file.display())]
    Record {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The record of a clone cannot be read.
    #[error("cannot read the record of a clone in {}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl Classified for CloneError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::WithinSource { .. } | Self::WithinTarget { .. } => ErrorKind::Refused,
            Self::Record { .. } | Self::Unreadable { .. } => ErrorKind::Failed,
        }
    }
}

/// What is cloned, and how it is read.
pub struct Of<'o> {
    /// The source.
    pub tree: &'o dyn Tree,
    /// What of it is taken.
    pub filter: &'o dyn Filter,
    /// What it is, in words.
    pub from: &'o str,
    /// Reads it with many threads.
    pub drive: &'o Drive<'o>,
}

/// Makes a clone as `plan` says: of a target where nothing is, or of one that is to be exactly the source.
///
/// When this returns, it is there, durably, with its record. If it fails, nothing is, or what was there before.
///
/// # Errors
/// As [`restore::apply`](crate::restore::apply).
pub fn full(
    ctx: &Context<'_>,
    of: &Of<'_>,
    plan: &RestorePlan,
    head: Head,
) -> Result<(RestoreReport, Option<Head>)> {
    // Without a record, or with a damaged one, contents are read to know their hashes.
    let known = record_of(&plan.target).unwrap_or_default();
    let cloning = Cloning { head, base: None, known: known.as_ref() };
    carry_out(ctx, &job(of, plan, cloning))
}

fn job<'j>(of: &Of<'j>, plan: &'j RestorePlan, cloning: Cloning<'j>) -> Job<'j> {
    Job {
        plan,
        source: of.tree,
        filter: of.filter,
        from: of.from,
        verify: Verify::No,
        drive: of.drive,
        cloning: Some(cloning),
    }
}

/// The record of the clone at `path`; `None` if it is no clone.
///
/// # Errors
/// If there is one that cannot be understood.
pub fn record_of(path: &Path) -> Result<Option<Record>> {
    let Ok((parent, name, own)) = state::names(path) else { return Ok(None) };
    let parent = match Dir::open(&parent) {
        Ok(parent) => parent,
        Err(error) if error.is_not_found() => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    for state in [own, state::literal(COLLECTION)] {
        let state = path_of(&state);
        if !parent.stat(&state)?.is_some_and(|stat| stat.is_dir()) {
            continue;
        }
        let Ok(dir) = parent.open_dir(&state) else { continue };
        let mut places = vec![rel(CLONES)];
        // Published, and then interrupted before the record was brought to its place.
        if crate::restore::published(&dir).unwrap_or(false) {
            places.insert(0, rel(STAGING).join_path(&rel(CLONES)));
        }
        for place in places {
            let file = place.join(&name);
            if dir.stat(&file)?.is_some() {
                return read(&dir, &file).map(Some);
            }
        }
    }
    Ok(None)
}

/// The name of the state directory of a collection.
const COLLECTION: &str = ".holdall";

fn read(dir: &Dir, file: &RelPath) -> Result<Record> {
    let bytes = bytes(dir, file, record::RECORD_BYTES_MAX)?;
    let bad = |why| CloneError::Record { file: dir.shown(file), why };
    Ok(Record::decode(&bytes).map_err(bad)?)
}

/// Reads only what the clone is, without its entries. They are not checked.
fn read_head(dir: &Dir, file: &RelPath) -> Result<Head> {
    let bytes = bytes(dir, file, record::HEAD_BYTES_MAX)?;
    let bad = |why: &str| CloneError::Record { file: dir.shown(file), why: why.to_owned() };
    let text = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    let (head, _) = text.split_once("\n\n").ok_or_else(|| bad("it has no entries"))?;
    Ok(record::decode_head(head).map_err(|why| bad(&why))?)
}

fn bytes(dir: &Dir, file: &RelPath, most: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = dir.open_file(file)?.take(most).read_to_end(&mut bytes);
    read.map_err(|source| CloneError::Unreadable { file: dir.shown(file), source })?;
    Ok(bytes)
}

fn name_of(text: &str) -> Result<Name> {
    state::name_of(std::ffi::OsStr::new(text))
}
