//! The ignore files of a tree, each read once when its directory is entered.
//!
//! Only directories that hold such a file cost memory. A lookup goes from the directory of the entry up to the root,
//! so a nearer file beats a farther one.

use std::collections::HashMap;
use std::io::Read;
use std::sync::{Arc, PoisonError, RwLock};

use holdall_tree::{Entry, Kind, Metadata, RelPath, Result, Tree};

use crate::error::{Effect, SelectError};
use crate::options::IgnoreFiles;
use crate::rules::Rules;

/// The largest ignore file that is read, in bytes.
pub(crate) const IGNORE_FILE_BYTES_MAX: u64 = 1 << 20;

/// In rising precedence.
const GIT: [&str; 1] = [".gitignore"];
const COMMON: [&str; 1] = [".ignore"];
const OWN: [&str; 2] = [".projectcloneignore", ".holdallignore"];
const GIT_EXCLUDE: &str = ".git/info/exclude";

/// The rules of each directory that has any.
#[derive(Debug, Default)]
pub(crate) struct Levels {
    names: Vec<&'static str>,
    with_git: bool,
    dirs: RwLock<HashMap<Box<[u8]>, Arc<Rules>>>,
    faults: RwLock<Vec<SelectError>>,
}

/// The rule that decided: its list and its place there.
#[derive(Debug, Clone)]
pub(crate) struct Hit {
    pub(crate) rules: Arc<Rules>,
    pub(crate) index: usize,
    pub(crate) effect: Effect,
}

impl Levels {
    /// `with_git` says whether git's own files count among all.
    pub(crate) fn new(which: IgnoreFiles, with_git: bool) -> Self {
        let names = match which {
            IgnoreFiles::None => Vec::new(),
            IgnoreFiles::Own => OWN.to_vec(),
            IgnoreFiles::All if with_git => [&GIT[..], &COMMON, &OWN].concat(),
            IgnoreFiles::All => [&COMMON[..], &OWN].concat(),
        };
        let with_git = with_git && which == IgnoreFiles::All;
        Self { names, with_git, ..Self::default() }
    }

    /// Reads the ignore files among `entries`. A link or a pipe of such a name is none.
    pub(crate) fn enter(&self, dir: &RelPath, entries: &[Entry], tree: &dyn Tree) -> Result<()> {
        if self.names.is_empty() {
            return Ok(());
        }
        let mut rules = Rules::default();
        let mut faults = Vec::new();
        if self.with_git
            && entries.iter().any(|entry| entry.is_dir() && entry.path.file_name() == Some(b".git"))
        {
            // Asked for by name, since its directory is not listed yet. Many repositories have none.
            let below = RelPath::parse(GIT_EXCLUDE).unwrap_or_default();
            let path = dir.join_path(&below);
            let entry = Entry { path, kind: Kind::File { size: 0 }, meta: Metadata::default() };
            if let Ok(content) = read(&entry, tree) {
                faults.extend(rules.add_file(&entry.path.to_string(), &content));
            }
        }
        for name in &self.names {
            let wanted = |entry: &&Entry| {
                matches!(entry.kind, Kind::File { .. })
                    && entry.path.file_name() == Some(name.as_bytes())
            };
            if let Some(entry) = entries.iter().find(wanted) {
                faults.extend(rules.add_file(&entry.path.to_string(), &read(entry, tree)?));
            }
        }
        if !faults.is_empty() {
            self.faults.write().unwrap_or_else(PoisonError::into_inner).extend(faults);
        }
        if !rules.is_empty() {
            let mut dirs = self.dirs.write().unwrap_or_else(PoisonError::into_inner);
            dirs.insert(dir.as_bytes().into(), Arc::new(rules));
        }
        Ok(())
    }

    /// The rule that decides about `path`, if any does.
    pub(crate) fn decide(&self, path: &[u8], is_dir: bool) -> Option<Hit> {
        if self.names.is_empty() {
            return None;
        }
        let dirs = self.dirs.read().unwrap_or_else(PoisonError::into_inner);
        let mut end = path.len();
        loop {
            let slash = path.get(..end)?.iter().rposition(|b| *b == b'/');
            let dir = path.get(..slash.unwrap_or(0))?;
            let below = path.get(slash.map_or(0, |slash| slash + 1)..)?;
            if let Some(rules) = dirs.get(dir)
                && let Some((index, effect)) = rules.last_match(below, is_dir)
            {
                return Some(Hit { rules: Arc::clone(rules), index, effect });
            }
            end = slash?;
        }
    }

    /// Takes out the faults of the patterns read so far.
    pub(crate) fn take_faults(&self) -> Vec<SelectError> {
        std::mem::take(&mut *self.faults.write().unwrap_or_else(PoisonError::into_inner))
    }
}

fn read(entry: &Entry, tree: &dyn Tree) -> Result<Vec<u8>> {
    let mut content = Vec::new();
    let limited =
        tree.open(entry)?.into_read().take(IGNORE_FILE_BYTES_MAX + 1).read_to_end(&mut content);
    limited.map_err(|cause| SelectError::Read { path: entry.path.clone(), cause })?;
    if content.len() as u64 > IGNORE_FILE_BYTES_MAX {
        return Err(SelectError::TooLarge {
            path: entry.path.clone(),
            limit: IGNORE_FILE_BYTES_MAX,
        }
        .into());
    }
    Ok(content)
}
