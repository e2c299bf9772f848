//! What a caller may ask of a selection.

use std::collections::BTreeSet;

use holdall_tree::{RelPath, Timestamp};

/// Which entries are to be taken. The default takes everything.
///
/// Sizes, times, kinds, path and content expressions judge what is no directory; directories are entered. Something
/// that is no regular file has a size of 0 and no content.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SelectOptions {
    /// Only what matches one of these, or lies beneath a directory that does. Gitignore syntax and `{a,b}`.
    pub include: Vec<String>,
    /// Not what matches one of these; the last match counts, and `!` takes again. Gitignore syntax and `{a,b}`.
    pub exclude: Vec<String>,
    /// Files of such patterns in plain gitignore syntax: the name to show, and the content. `exclude` beats them.
    pub exclude_from: Vec<(String, Vec<u8>)>,
    /// Which ignore files in the tree are obeyed.
    pub ignore_files: IgnoreFiles,
    /// What becomes of names that begin with a dot.
    pub hidden: Hidden,
    /// The largest size in bytes that is taken.
    pub max_size: Option<u64>,
    /// The smallest size in bytes that is taken.
    pub min_size: Option<u64>,
    /// Only what was changed at or after this time.
    pub changed_within: Option<Timestamp>,
    /// Only what was changed before this time.
    pub changed_before: Option<Timestamp>,
    /// Only paths that match one of these regular expressions somewhere.
    pub path_regex: Vec<String>,
    /// Only files whose content matches this regular expression; `^` and `$` stand for the ends of a line.
    pub contains: Option<String>,
    /// Only these kinds: the words of [`holdall_tree::Kind::word`] or the letters of `find -type`. Empty means all.
    pub kinds: Vec<String>,
    /// Only these paths (the files that git tracks). Git's own ignore files are not read then: what is tracked is
    /// tracked.
    pub git_tracked: Option<BTreeSet<RelPath>>,
    /// Only these paths, and the directories above them. One that is a directory stands for itself alone.
    pub listed: Option<BTreeSet<RelPath>>,
    /// Leave what lies beside a `CACHEDIR.TAG` with the standard signature, but for the tag.
    pub exclude_caches: bool,
    /// Stay on the file system of this device number; a mount point is taken as an empty directory.
    pub one_file_system: Option<u64>,
}

/// Which ignore files in a tree are obeyed. In one directory a later one of the list beats an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum IgnoreFiles {
    /// None at all.
    #[default]
    None,
    /// `.projectcloneignore`, `.holdallignore`.
    Own,
    /// `.git/info/exclude`, `.gitignore`, `.ignore`, `.projectcloneignore`, `.holdallignore`.
    All,
}

/// What becomes of names that begin with a dot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Hidden {
    /// They are taken as any other.
    #[default]
    Take,
    /// They are left, unless a pattern names them for taking.
    Leave,
}
