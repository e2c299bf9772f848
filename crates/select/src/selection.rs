//! A selection: options that were checked, and the verdict about each entry.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use holdall_tree::{Entry, Filter, Kind, RelPath, Result, Tree, Verdict};
use regex::bytes::Regex;

use crate::content::{compile, contains};
use crate::error::{Effect, Origin, Rule, SelectError};
use crate::ignore::{Hit, Levels};
use crate::options::{Hidden, SelectOptions};
use crate::rules::Rules;

const CACHE_TAG: &[u8] = b"CACHEDIR.TAG";
/// What a cache tag begins with. Source: the Cache Directory Tagging Specification.
const CACHE_SIGNATURE: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55";

/// Which entries of one tree are taken. It remembers the ignore files of the directories that were entered, so each
/// tree needs a selection of its own.
#[derive(Debug)]
pub struct Selection {
    options: SelectOptions,
    exclude: Arc<Rules>,
    include: Rules,
    levels: Levels,
    path_regex: Vec<Regex>,
    contains: Option<Regex>,
    kinds: Vec<&'static str>,
    caches: RwLock<HashSet<Box<[u8]>>>,
    mounts: RwLock<HashSet<Box<[u8]>>>,
}

/// A verdict and what led to it.
pub(crate) struct Decision {
    pub(crate) verdict: Verdict,
    pub(crate) cause: Cause,
}

pub(crate) enum Cause {
    /// No rule had a say.
    Default,
    /// A pattern of a flag or of an ignore file.
    Pattern(Hit),
    /// A pattern of `--include`.
    Included(usize),
    /// A flag, and its value where one is worth showing.
    Flag(&'static str, Option<String>),
}

impl Selection {
    /// Checks `options`, every pattern among them.
    ///
    /// # Errors
    /// [`SelectError`] for a broken pattern, an unknown kind, or options that leave nothing to take.
    pub fn new(options: SelectOptions) -> std::result::Result<Self, SelectError> {
        let mut exclude = Rules::default();
        for (name, content) in &options.exclude_from {
            if let Some(fault) = exclude.add_file(name, content).into_iter().next() {
                return Err(fault);
            }
        }
        for pattern in &options.exclude {
            exclude.add_flag("--exclude", pattern)?;
        }
        let mut include = Rules::default();
        for pattern in &options.include {
            if pattern.starts_with('!') {
                let reason = "what is not to be taken belongs to --exclude";
                return Err(SelectError::pattern(
                    pattern.as_bytes(),
                    Origin::Flag("--include"),
                    0,
                    reason,
                ));
            }
            include.add_flag("--include", pattern)?;
        }
        if matches!((options.min_size, options.max_size), (Some(min), Some(max)) if min > max) {
            return Err(SelectError::Contradiction { first: "--min-size", second: "--max-size" });
        }
        if matches!((options.changed_within, options.changed_before), (Some(from), Some(to)) if from >= to)
        {
            return Err(SelectError::Contradiction {
                first: "--changed-within",
                second: "--changed-before",
            });
        }
        Ok(Self {
            exclude: Arc::new(exclude),
            include,
            levels: Levels::new(options.ignore_files, options.git_tracked.is_none()),
            path_regex: options
                .path_regex
                .iter()
                .map(|one| compile("--regex", one))
                .collect::<std::result::Result<_, _>>()?,
            contains: options
                .contains
                .as_deref()
                .map(|one| compile("--contains", one))
                .transpose()?,
            kinds: options
                .kinds
                .iter()
                .map(|word| kind_word(word))
                .collect::<std::result::Result<_, _>>()?,
            caches: RwLock::default(),
            mounts: RwLock::default(),
            options,
        })
    }

    /// Takes out the faults of ignore files read so far. A broken line of an ignore file matches nothing, as in git,
    /// so that more is kept rather than less.
    #[must_use]
    pub fn take_problems(&self) -> Vec<SelectError> {
        self.levels.take_faults()
    }

    /// Rule `index` of the patterns to include, for people.
    pub(crate) fn include_rule(&self, index: usize) -> Option<Rule> {
        self.include.show(index, Effect::Take)
    }

    /// The verdict about `entry`, the directories above it being taken.
    pub(crate) fn decide(&self, entry: &Entry, tree: &dyn Tree) -> Result<Decision> {
        if entry.path.is_root() {
            return Ok(Decision { verdict: Verdict::Take, cause: Cause::Default });
        }
        if let Some(cause) = self.outside(entry) {
            return Ok(Decision { verdict: Verdict::Leave, cause });
        }
        let hit = self.pattern(entry);
        if let Some(hit) = &hit
            && hit.effect == Effect::Leave
        {
            return Ok(Decision { verdict: Verdict::Leave, cause: Cause::Pattern(hit.clone()) });
        }
        let included = self.included(entry);
        let named = hit.is_some() || matches!(included, Some((_, true)));
        if self.options.hidden == Hidden::Leave
            && !named
            && entry.path.file_name().is_some_and(|n| n.starts_with(b"."))
        {
            return Ok(Decision {
                verdict: Verdict::Leave,
                cause: Cause::Flag("hidden files are left", None),
            });
        }
        if !self.include.is_empty() && included.is_none() {
            let verdict = if entry.is_dir() { Verdict::Enter } else { Verdict::Leave };
            return Ok(Decision { verdict, cause: Cause::Flag("no --include matches", None) });
        }
        if let Some(cause) = self.filtered(entry, tree)? {
            let verdict = if entry.is_dir() { Verdict::Enter } else { Verdict::Leave };
            return Ok(Decision { verdict, cause });
        }
        let cause = match (hit, included) {
            (Some(hit), _) => Cause::Pattern(hit),
            (None, Some((index, _))) => Cause::Included(index),
            (None, None) => Cause::Default,
        };
        Ok(Decision { verdict: Verdict::Take, cause })
    }

    /// What no pattern can bring back: another file system, not tracked, the content of a cache.
    fn outside(&self, entry: &Entry) -> Option<Cause> {
        let path = entry.path.as_bytes();
        if let (Some(device), Some(own)) = (self.options.one_file_system, entry.meta.device)
            && device != own
        {
            let mounts = &self.mounts;
            let inside =
                mounts.read().unwrap_or_else(PoisonError::into_inner).contains(dir_of(path));
            if inside || !entry.is_dir() {
                return Some(Cause::Flag("--one-file-system", None));
            }
            mounts.write().unwrap_or_else(PoisonError::into_inner).insert(path.into());
        }
        let lists = [("--git", &self.options.git_tracked), ("--files-from", &self.options.listed)];
        for (flag, list) in lists {
            if list.as_ref().is_some_and(|list| !leads_to(list, entry)) {
                return Some(Cause::Flag(flag, None));
            }
        }
        if self.options.exclude_caches && entry.path.file_name() != Some(CACHE_TAG) {
            let caches = self.caches.read().unwrap_or_else(PoisonError::into_inner);
            if caches.contains(dir_of(path)) {
                return Some(Cause::Flag("--exclude-caches", None));
            }
        }
        None
    }

    /// The pattern of a flag or of an ignore file that decides about `entry`.
    fn pattern(&self, entry: &Entry) -> Option<Hit> {
        let (path, is_dir) = (entry.path.as_bytes(), entry.is_dir());
        if let Some((index, effect)) = self.exclude.last_match(path, is_dir) {
            return Some(Hit { rules: Arc::clone(&self.exclude), index, effect });
        }
        self.levels.decide(path, is_dir)
    }

    /// The pattern to include that matches `entry` or a directory above it, and whether it is the entry itself.
    fn included(&self, entry: &Entry) -> Option<(usize, bool)> {
        if self.include.is_empty() {
            return None;
        }
        let path = entry.path.as_bytes();
        if let Some((index, _)) = self.include.last_match(path, entry.is_dir()) {
            return Some((index, true));
        }
        let mut above = dir_of(path);
        while !above.is_empty() {
            if let Some((index, _)) = self.include.last_match(above, true) {
                return Some((index, false));
            }
            above = dir_of(above);
        }
        None
    }

    /// The first filter by kind, size, time, path or content that `entry` does not pass.
    fn filtered(&self, entry: &Entry, tree: &dyn Tree) -> Result<Option<Cause>> {
        let flag = |flag, value: String| Ok(Some(Cause::Flag(flag, Some(value))));
        let options = &self.options;
        if !self.kinds.is_empty() && !self.kinds.contains(&entry.kind.word()) {
            return flag("--type", self.kinds.join(","));
        }
        if entry.is_dir() {
            return Ok(None);
        }
        if let Some(max) = options.max_size.filter(|max| entry.size() > *max) {
            return flag("--max-size", max.to_string());
        }
        if let Some(min) = options.min_size.filter(|min| entry.size() < *min) {
            return flag("--min-size", min.to_string());
        }
        // A form that cannot tell the time of an entry does not lose it by that.
        if let Some(changed) = entry.meta.mtime {
            if options.changed_within.is_some_and(|from| changed < from) {
                return Ok(Some(Cause::Flag("--changed-within", None)));
            }
            if options.changed_before.is_some_and(|to| changed >= to) {
                return Ok(Some(Cause::Flag("--changed-before", None)));
            }
        }
        if !self.path_regex.is_empty()
            && !self.path_regex.iter().any(|regex| regex.is_match(entry.path.as_bytes()))
        {
            return flag("--regex", options.path_regex.join(" or "));
        }
        if let Some(regex) = &self.contains {
            let found = matches!(entry.kind, Kind::File { .. })
                && contains(regex, &mut *tree.open(entry)?.into_read())
                    .map_err(|cause| SelectError::Read { path: entry.path.clone(), cause })?;
            if !found {
                return flag("--contains", regex.to_string());
            }
        }
        Ok(None)
    }
}

impl Filter for Selection {
    fn judge(&self, entry: &Entry, tree: &dyn Tree) -> Result<Verdict> {
        Ok(self.decide(entry, tree)?.verdict)
    }

    fn enter(&self, dir: &RelPath, entries: &[Entry], tree: &dyn Tree) -> Result<()> {
        if self.options.exclude_caches
            && let Some(tag) =
                entries.iter().find(|entry| entry.path.file_name() == Some(CACHE_TAG))
            && is_cache_tag(tag, tree)?
        {
            self.caches
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(dir.as_bytes().into());
        }
        self.levels.enter(dir, entries, tree)
    }
}

/// True if the list has the entry, or something beneath it.
fn leads_to(list: &BTreeSet<RelPath>, entry: &Entry) -> bool {
    // In canonical order a directory stands directly before what it holds.
    let next = list.range(&entry.path..).next();
    next.is_some_and(|next| {
        if entry.is_dir() { next.starts_with(&entry.path) } else { *next == entry.path }
    })
}

fn is_cache_tag(entry: &Entry, tree: &dyn Tree) -> Result<bool> {
    if !matches!(entry.kind, Kind::File { .. }) {
        return Ok(false);
    }
    let mut start = Vec::new();
    let mut read = std::io::Read::take(tree.open(entry)?.into_read(), CACHE_SIGNATURE.len() as u64);
    std::io::Read::read_to_end(&mut read, &mut start)
        .map_err(|cause| SelectError::Read { path: entry.path.clone(), cause })?;
    Ok(start == CACHE_SIGNATURE)
}

/// The directory of a path, empty for what lies in the root.
fn dir_of(path: &[u8]) -> &[u8] {
    path.iter().rposition(|b| *b == b'/').and_then(|slash| path.get(..slash)).unwrap_or_default()
}

/// The word for a kind, given that word or the letter of `find -type`.
fn kind_word(word: &str) -> std::result::Result<&'static str, SelectError> {
    Ok(match word {
        "file" | "f" => "file",
        "dir" | "directory" | "d" => "dir",
        "symlink" | "link" | "l" => "symlink",
        "chardev" | "c" => "chardev",
        "dev" | "b" => "dev",
        "fifo" | "p" => "fifo",
        "socket" | "s" => "socket",
        _ => return Err(SelectError::Kind { word: word.to_owned() }),
    })
}
