//! Which changes in a directory matter to whoever reads it with a selection.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use holdall_fs::{DirectoryTree, ReadOptions};
use holdall_select::{SelectOptions, Selection};
use holdall_tree::{Context, Entry, Filter, Kind, Metadata, RelPath, Tree, Verdict};

use crate::error::Result;

/// Says of each path whether a change of it can change what is taken.
///
/// Only paths are judged, since what changed may be gone: a file that is taken or left for its size, time or content
/// counts either way. What git keeps for itself never does.
pub struct Relevance<'c> {
    ctx: Context<'c>,
    tree: DirectoryTree,
    selection: Selection,
    /// Of each directory that was asked about, whether it counts.
    dirs: Mutex<HashMap<RelPath, bool>>,
}

impl<'c> Relevance<'c> {
    /// Judges paths in the directory at `root` by `options`.
    ///
    /// # Errors
    /// If the options are wrong, or it is no directory.
    pub fn new(ctx: Context<'c>, root: &Path, options: SelectOptions) -> Result<Self> {
        let by_path = SelectOptions {
            max_size: None,
            min_size: None,
            changed_within: None,
            changed_before: None,
            contains: None,
            kinds: Vec::new(),
            one_file_system: None,
            ..options
        };
        Ok(Self {
            ctx,
            tree: DirectoryTree::open(root, ReadOptions::default())?,
            selection: Selection::new(by_path)?,
            dirs: Mutex::default(),
        })
    }

    /// True if a change of the entry at `path` matters.
    #[must_use]
    pub fn counts(&self, path: &RelPath, is_dir: bool) -> bool {
        if is_dir {
            return self.dir_counts(path);
        }
        let above = path.parent().unwrap_or_default();
        self.dir_counts(&above) && self.taken(path, Kind::File { size: 0 })
    }

    fn dir_counts(&self, path: &RelPath) -> bool {
        if let Some(known) = self.dirs.lock().unwrap_or_else(PoisonError::into_inner).get(path) {
            return *known;
        }
        let counts = match path.parent() {
            Some(above) => self.dir_counts(&above) && self.taken(path, Kind::Directory),
            None => true,
        };
        if counts && let Ok(entries) = self.tree.list(&self.ctx, path) {
            // Ignore files that cannot be read leave nothing out, and the run itself will say so.
            let _ = self.selection.enter(path, &entries, &self.tree);
        }
        self.dirs.lock().unwrap_or_else(PoisonError::into_inner).insert(path.clone(), counts);
        counts
    }

    /// True if nothing in the path leaves the entry out.
    fn taken(&self, path: &RelPath, kind: Kind) -> bool {
        if path.file_name() == Some(b".git") {
            return false;
        }
        let entry = Entry { path: path.clone(), kind, meta: Metadata::default() };
        self.selection.judge(&entry, &self.tree).map_or(true, |verdict| verdict != Verdict::Leave)
    }
}

#[cfg(test)]
mod tests {
    use holdall_select::{Hidden, IgnoreFiles};
    use holdall_tree::{CancelToken, Clock, Limits, Silent, Timestamp};

    use super::*;

    struct Never;

    impl Clock for Never {
        fn now(&self) -> Timestamp {
            Timestamp::default()
        }
    }

    /// Which of these paths count; those that end with `/` are directories.
    fn counting(options: SelectOptions, paths: &[&str]) -> Vec<String> {
        let temp = tempfile::tempdir().unwrap();
        std::fs::create_dir(temp.path().join("d")).unwrap();
        std::fs::write(temp.path().join(".holdallignore"), "/built/\n").unwrap();
        std::fs::write(temp.path().join("d/.holdallignore"), "*.log\n!kept.log\n").unwrap();
        let cancel = CancelToken::default();
        let ctx = Context {
            observer: &Silent,
            clock: &Never,
            cancel: &cancel,
            limits: Limits::default(),
            threads: 1,
            memory_bytes: 0,
        };
        let relevance = Relevance::new(ctx, temp.path(), options).unwrap();
        let counts = |path: &&&str| {
            let (path, is_dir) = path.strip_suffix('/').map_or((**path, false), |dir| (dir, true));
            relevance.counts(&RelPath::parse(path).unwrap(), is_dir)
        };
        paths.iter().filter(counts).map(ToString::to_string).collect()
    }

    #[test]
    fn what_the_selection_leaves_out_does_not_count_whether_it_is_there_or_not() {
        let own = SelectOptions { ignore_files: IgnoreFiles::Own, ..SelectOptions::default() };
        let paths =
            ["", "a", "d/", "d/x.log", "d/kept.log", "x.log", "built/", "built/a", "built/b/c"];
        assert_eq!(counting(own, &paths), ["", "a", "d/", "d/kept.log", "x.log"]);
        let exclude = vec!["/out.md".into(), "/out.md-tmp-*".into()];
        let options = SelectOptions { exclude, ..SelectOptions::default() };
        let paths = ["out.md", "out.md-tmp-1", "d/out.md", "out.mdx"];
        assert_eq!(counting(options, &paths), ["d/out.md", "out.mdx"]);
        let hidden = SelectOptions { hidden: Hidden::Leave, ..SelectOptions::default() };
        assert_eq!(counting(hidden, &[".a", ".b/c", "a"]), ["a"]);
        let include = SelectOptions { include: vec!["*.rs".into()], ..SelectOptions::default() };
        assert_eq!(counting(include, &["a.rs", "a.md", "d/", "d/a.rs"]), ["a.rs", "d/", "d/a.rs"]);
    }

    #[test]
    fn what_git_keeps_for_itself_does_not_count() {
        let paths = [".git/", ".git/index", "d/.git/HEAD", "d/.git", ".gitignore", "a.git/x"];
        assert_eq!(counting(SelectOptions::default(), &paths), [".gitignore", "a.git/x"]);
    }

    #[test]
    fn what_is_chosen_by_size_or_content_counts_either_way() {
        let options = SelectOptions {
            min_size: Some(10),
            contains: Some("x".into()),
            kinds: vec!["symlink".into()],
            ..SelectOptions::default()
        };
        assert_eq!(counting(options, &["gone", "d/gone"]), ["gone", "d/gone"]);
    }
}
