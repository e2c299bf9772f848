//! A tree with files beside what it holds: what a database writes, at a path of its own.
//!
//! No sink knows of them. They are taken whatever a filter says, since somebody named each.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;

use holdall_tree::{
    Content, Context, Entry, ErrorKind, Kind, Metadata, ReadAt, RelPath, Result, Timestamp, Tree,
};

/// A file that is added to a tree.
#[derive(Debug)]
pub struct Added {
    /// Where it lies. What the tree has there itself is not seen.
    pub path: RelPath,
    /// What it holds; nothing lies there at all if that could not be had.
    pub content: Option<Held>,
}

/// What an added file holds.
#[derive(Debug)]
pub enum Held {
    /// What is known already.
    Spooled(Spooled),
    /// What is made while it is read, for sinks that need not know before how long it is.
    Made(Box<dyn Made>),
}

/// A content that is made while it is read.
pub trait Made: Debug + Send + Sync {
    /// The time at which it is begun if it is read now.
    fn now(&self) -> Timestamp;

    /// Makes it, as it is read.
    fn read(&self) -> Box<dyn Read + Send + '_>;
}

/// A content that was written to a file without a name, and is whole.
#[derive(Debug)]
pub struct Spooled {
    /// The file.
    pub file: File,
    /// How long it is, in bytes.
    pub size: u64,
    /// When it was begun.
    pub time: Timestamp,
}

impl Held {
    /// How long it is as far as that is known, in bytes.
    fn size(&self) -> u64 {
        match self {
            Self::Spooled(spooled) => spooled.size,
            Self::Made(_) => 0,
        }
    }

    /// When it was begun, or is if it is read now.
    fn time(&self) -> Timestamp {
        match self {
            Self::Spooled(spooled) => spooled.time,
            Self::Made(made) => made.now(),
        }
    }

    fn meta(&self, mode: u32) -> Metadata {
        let (uid, gid) = (rustix::process::geteuid(), rustix::process::getegid());
        let time = self.time();
        Metadata {
            mode: Some(mode),
            uid: Some(uid.as_raw()),
            gid: Some(gid.as_raw()),
            user: holdall_disk::user_name_of(uid.as_raw()),
            group: holdall_disk::group_name_of(gid.as_raw()),
            mtime: Some(time),
            ctime: Some(time),
            xattrs: Some(Vec::new()),
            ..Metadata::default()
        }
    }
}

/// A tree, and what is added to it.
#[derive(Debug)]
pub(crate) struct Beside<T> {
    tree: T,
    added: Vec<Added>,
    /// The directories that lead to what is added.
    above: BTreeSet<RelPath>,
    /// Those of them that the tree has itself.
    present: BTreeSet<RelPath>,
}

impl<T: Tree> Beside<T> {
    /// Nothing but the tree.
    pub(crate) fn none(tree: T) -> Self {
        Self { tree, added: Vec::new(), above: BTreeSet::new(), present: BTreeSet::new() }
    }

    /// Adds files.
    ///
    /// # Errors
    /// If something that is no directory is in the way, or a directory that leads to one cannot be listed.
    pub(crate) fn add(&mut self, ctx: &Context<'_>, added: Vec<Added>) -> Result<()> {
        for one in added {
            let mut dirs: Vec<RelPath> =
                std::iter::successors(one.path.parent(), RelPath::parent).collect();
            dirs.reverse();
            for dir in dirs {
                if !self.above.contains(&dir) && self.has(ctx, &dir)? {
                    self.present.insert(dir.clone());
                }
                self.above.insert(dir);
            }
            self.added.push(one);
        }
        Ok(())
    }

    /// True if the tree has this directory itself.
    fn has(&self, ctx: &Context<'_>, dir: &RelPath) -> Result<bool> {
        let Some(above) = dir.parent() else { return Ok(true) };
        if !self.present.contains(&above) {
            return Ok(false);
        }
        match self.tree.list(ctx, &above)?.iter().find(|entry| entry.path == *dir) {
            None => Ok(false),
            Some(entry) if entry.is_dir() => Ok(true),
            Some(_) => {
                let why = format!("{dir} is no directory, and a database is to be captured in it");
                Err(holdall_tree::Error::new(ErrorKind::Failed, why))
            }
        }
    }

    fn find(&self, path: &RelPath) -> Option<&Added> {
        self.added.iter().find(|added| added.path == *path)
    }

    /// What of `dir` is added, without what the tree has.
    fn listed(&self, dir: &RelPath) -> Vec<Entry> {
        let in_dir = |path: &RelPath| path.parent().as_ref() == Some(dir);
        let files = self.added.iter().filter(|added| in_dir(&added.path));
        let files = files.filter_map(|added| {
            let content = added.content.as_ref()?;
            let kind = Kind::File { size: content.size() };
            Some(Entry { path: added.path.clone(), kind, meta: content.meta(0o600) })
        });
        let dirs = self.above.iter().filter(|path| in_dir(path) && !self.present.contains(path));
        let dirs = dirs.filter_map(|path| {
            // One that would be empty is not made.
            let beneath = self.added.iter().filter(|added| added.path.starts_with(path));
            let content = beneath.filter_map(|added| added.content.as_ref()).next()?;
            let (kind, meta) = (Kind::Directory, content.meta(0o700));
            Some(Entry { path: path.clone(), kind, meta })
        });
        files.chain(dirs).collect()
    }
}

impl<T: Tree> Tree for Beside<T> {
    fn root(&self) -> Result<Entry> {
        self.tree.root()
    }

    fn list(&self, ctx: &Context<'_>, dir: &RelPath) -> Result<Vec<Entry>> {
        if !self.above.contains(dir) {
            return self.tree.list(ctx, dir);
        }
        let mut entries =
            if self.present.contains(dir) { self.tree.list(ctx, dir)? } else { Vec::new() };
        entries.retain(|entry| self.find(&entry.path).is_none());
        entries.extend(self.listed(dir));
        entries.sort_by(|a, b| a.path.file_name().cmp(&b.path.file_name()));
        Ok(entries)
    }

    fn details(&self, entry: &mut Entry) -> Result<()> {
        if let Some(added) = self.find(&entry.path) {
            // Whoever wants details reads it next, and what was listed may have waited for others.
            let time = added.content.as_ref().map(Held::time);
            (entry.meta.mtime, entry.meta.ctime) = (time, time);
            return Ok(());
        }
        let added = self.above.contains(&entry.path) && !self.present.contains(&entry.path);
        if added { Ok(()) } else { self.tree.details(entry) }
    }

    fn open(&self, file: &Entry) -> Result<Content<'_>> {
        match self.find(&file.path).and_then(|added| added.content.as_ref()) {
            Some(Held::Spooled(spooled)) => Ok(Content::At(Box::new(spooled))),
            Some(Held::Made(made)) => Ok(Content::Unmeasured(made.read())),
            None => self.tree.open(file),
        }
    }

    fn insists(&self, path: &RelPath) -> bool {
        self.above.contains(path) || self.find(path).is_some() || self.tree.insists(path)
    }
}

impl ReadAt for &Spooled {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(buffer, offset)
    }

    fn local(&self) -> Option<&File> {
        Some(&self.file)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::atomic::{AtomicU64, Ordering};

    use holdall_testkit::{MemoryTree, at_ease};
    use holdall_tree::{Everything, Filter, InOrder, Source, Verdict};

    use super::*;

    fn added(path: &str, content: Option<&str>) -> Added {
        let content = content.map(|text| {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(text.as_bytes()).unwrap();
            let size = text.len() as u64;
            Held::Spooled(Spooled { file, size, time: Timestamp::new(5, 0) })
        });
        Added { path: RelPath::parse(path).unwrap(), content }
    }

    /// Leaves names that begin with a dot, and takes no file that the tree does not insist on unless it is in `a`.
    struct Plain;

    impl Filter for Plain {
        fn judge(&self, entry: &Entry, _: &dyn Tree) -> Result<Verdict> {
            let hidden = entry.path.file_name().is_some_and(|name| name.starts_with(b"."));
            Ok(if hidden { Verdict::Leave } else { Verdict::Take })
        }
    }

    fn read(tree: &dyn Tree, filter: &dyn Filter) -> Vec<String> {
        let mut seen = Vec::new();
        at_ease(|ctx| {
            InOrder::new(tree).read(ctx, filter, &mut |entry, content| {
                let mut text = String::new();
                io::Read::read_to_string(&mut content.into_read(), &mut text).unwrap();
                seen.push(format!("{}={text}", entry.path));
                Ok(std::ops::ControlFlow::Continue(()))
            })
        })
        .unwrap();
        seen.remove(0);
        seen
    }

    fn beside(tree: MemoryTree, all: Vec<Added>) -> Beside<MemoryTree> {
        let mut tree = Beside::none(tree);
        at_ease(|ctx| tree.add(ctx, all)).unwrap();
        tree
    }

    #[test]
    fn what_is_added_lies_where_it_belongs_and_what_was_there_is_not_seen() {
        let tree = MemoryTree::new().with("a", "1").with("d/x.sql", "old").with("d/y", "2");
        let all =
            vec![added("d/x.sql", Some("new")), added("b/c/z", Some("3")), added("e/n", None)];
        let tree = beside(tree, all);
        let expected = ["a=1", "b=", "b/c=", "b/c/z=3", "d=", "d/x.sql=new", "d/y=2"];
        assert_eq!(read(&tree, &Everything), expected);
        let tree = beside(MemoryTree::new().with("d/x.sql", "old"), vec![added("d/x.sql", None)]);
        assert_eq!(read(&tree, &Everything), ["d="], "what is old must not pass for what is new");
    }

    /// Counts how often it was read.
    #[derive(Debug)]
    struct Counting(AtomicU64);

    impl Made for Counting {
        fn now(&self) -> Timestamp {
            Timestamp::new(7, 0)
        }

        fn read(&self) -> Box<dyn Read + Send + '_> {
            let nr = self.0.fetch_add(1, Ordering::SeqCst);
            Box::new(io::Cursor::new(format!("reading {nr}")))
        }
    }

    #[test]
    fn what_is_made_has_no_length_and_is_made_when_it_is_read() {
        let made = Held::Made(Box::new(Counting(AtomicU64::new(0))));
        let all = vec![Added { path: RelPath::parse("b/x").unwrap(), content: Some(made) }];
        let tree = beside(MemoryTree::new().with("a", "1"), all);
        let dir = RelPath::parse("b").unwrap();
        let mut listed = at_ease(|ctx| tree.list(ctx, &dir)).unwrap();
        let entry = listed.first_mut().unwrap();
        assert_eq!(entry.kind, Kind::File { size: 0 });
        entry.meta.mtime = None;
        tree.details(entry).unwrap();
        assert_eq!(entry.meta.mtime, Some(Timestamp::new(7, 0)));
        for expected in ["reading 0", "reading 1"] {
            let content = tree.open(entry).unwrap();
            assert!(matches!(content, Content::Unmeasured(_)));
            assert_eq!(io::read_to_string(content.into_read()).unwrap(), expected);
        }
    }

    #[test]
    fn a_filter_leaves_what_it_would_leave_and_nothing_that_was_added() {
        let tree = MemoryTree::new().with(".h/keep/old", "1").with(".h/other", "2").with("a", "3");
        let tree = beside(tree, vec![added(".h/keep/x", Some("4")), added(".n", Some("5"))]);
        assert_eq!(read(&tree, &Plain), [".h=", ".h/keep=", ".h/keep/x=4", ".n=5", "a=3"]);
    }

    #[test]
    fn a_file_in_the_way_is_no_directory() {
        let mut tree = Beside::none(MemoryTree::new().with("d", "1"));
        let error = at_ease(|ctx| tree.add(ctx, vec![added("d/x", Some("2"))])).unwrap_err();
        assert!(error.to_string().starts_with("d is no directory"), "{error}");
    }
}
