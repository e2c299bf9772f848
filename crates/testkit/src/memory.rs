//! A tree in memory, and a context in which nothing happens.

use std::collections::BTreeMap;

use holdall_tree::{
    CancelToken, Clock, Content, Context, Entry, Error, ErrorKind, Kind, Limits, Metadata, RelPath,
    Result, Silent, Timestamp, Tree,
};

/// Files by path, and the directories that they need.
#[derive(Debug, Clone, Default)]
pub struct MemoryTree(BTreeMap<RelPath, Option<Vec<u8>>>);

impl MemoryTree {
    /// A tree without entries.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file. What is there already by this name, or in the way to it, stays.
    #[must_use]
    pub fn with(mut self, path: impl AsRef<[u8]>, content: impl Into<Vec<u8>>) -> Self {
        self.add(path, Some(content.into()));
        self
    }

    /// Adds an entry, a directory if there is no content. What is there already, or in the way, stays.
    pub fn add(&mut self, path: impl AsRef<[u8]>, content: Option<Vec<u8>>) {
        let path = RelPath::parse(path).expect("a path");
        let above: Vec<RelPath> = std::iter::successors(path.parent(), RelPath::parent)
            .filter(|dir| !dir.is_root())
            .collect();
        if above.iter().any(|dir| matches!(self.0.get(dir), Some(Some(_)))) {
            return;
        }
        for dir in above {
            self.0.entry(dir).or_insert(None);
        }
        self.0.entry(path).or_insert(content);
    }

    /// All entries in canonical order, with what the files hold.
    pub fn entries(&self) -> impl Iterator<Item = (&RelPath, Option<&[u8]>)> {
        self.0.iter().map(|(path, content)| (path, content.as_deref()))
    }
}

fn entry(path: &RelPath, content: Option<&Vec<u8>>) -> Entry {
    let kind = content.map_or(Kind::Directory, |bytes| Kind::File { size: bytes.len() as u64 });
    Entry { path: path.clone(), kind, meta: Metadata::default() }
}

impl Tree for MemoryTree {
    fn root(&self) -> Result<Entry> {
        Ok(entry(&RelPath::root(), None))
    }

    fn list(&self, _: &Context<'_>, dir: &RelPath) -> Result<Vec<Entry>> {
        // What lies beneath a directory follows it in canonical order.
        let from = self.0.range(dir.clone()..).skip_while(|(path, _)| *path == dir);
        let beneath = from.take_while(|(path, _)| path.starts_with(dir));
        let depth = dir.depth() + 1;
        let held = beneath.filter(|(path, _)| path.depth() == depth);
        Ok(held.map(|(path, content)| entry(path, content.as_ref())).collect())
    }

    fn open(&self, file: &Entry) -> Result<Content<'_>> {
        match self.0.get(&file.path) {
            Some(Some(bytes)) => Ok(Content::Bytes(bytes.into())),
            _ => Err(Error::new(ErrorKind::Failed, format!("there is no file {}", file.path))),
        }
    }
}

/// A clock that stands still.
struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp::default()
    }
}

/// Runs something in a context of two workers that shows nothing and is never interrupted.
pub fn at_ease<T>(run: impl FnOnce(&Context<'_>) -> T) -> T {
    let cancel = CancelToken::default();
    run(&Context {
        observer: &Silent,
        clock: &Stopped,
        cancel: &cancel,
        limits: Limits::default(),
        threads: 2,
        memory_bytes: 64 << 20,
    })
}
