//! A tree in memory, and the context that tests hand in.

use std::borrow::Cow;
use std::collections::BTreeMap;

use holdall_select::Selection;
use holdall_tree::{
    CancelToken, Clock, Content, Context, Entry, Filter, Kind, Limits, Metadata, RelPath, Result,
    Silent, Timestamp, Tree, Verdict,
};

/// Entries by path. The directories above an entry exist by themselves.
#[derive(Default)]
pub(crate) struct MemoryTree {
    entries: BTreeMap<RelPath, (Entry, Vec<u8>)>,
}

impl MemoryTree {
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let mut tree = Self::default();
        for (path, content) in files {
            tree.file(path.as_bytes(), content.as_bytes());
        }
        tree
    }

    pub(crate) fn file(&mut self, path: &[u8], content: &[u8]) {
        self.put(path, Kind::File { size: content.len() as u64 }, Metadata::default(), content);
    }

    pub(crate) fn dir(&mut self, path: &[u8]) {
        self.put(path, Kind::Directory, Metadata::default(), b"");
    }

    pub(crate) fn put(&mut self, path: &[u8], kind: Kind, meta: Metadata, content: &[u8]) {
        let path = RelPath::parse(path).unwrap();
        let mut above = path.parent();
        while let Some(dir) = above {
            above = dir.parent();
            let entry =
                Entry { path: dir.clone(), kind: Kind::Directory, meta: Metadata::default() };
            self.entries.entry(dir).or_insert((entry, Vec::new()));
        }
        self.entries.insert(path.clone(), (Entry { path, kind, meta }, content.to_vec()));
    }

    /// The paths that `selection` takes, as a walk would find them; those only entered are in parentheses.
    pub(crate) fn taken(&self, selection: &Selection) -> Vec<String> {
        let mut taken = Vec::new();
        let mut open = vec![RelPath::root()];
        while let Some(dir) = open.pop() {
            let entries = with_context(|ctx| self.list(ctx, &dir)).unwrap();
            selection.enter(&dir, &entries, self).unwrap();
            for entry in entries {
                let verdict = selection.judge(&entry, self).unwrap();
                match verdict {
                    Verdict::Take => taken.push(entry.path.to_string()),
                    Verdict::Enter => taken.push(format!("({})", entry.path)),
                    Verdict::Leave => continue,
                }
                if entry.is_dir() {
                    open.push(entry.path);
                }
            }
        }
        taken.sort();
        taken
    }
}

impl Tree for MemoryTree {
    fn root(&self) -> Result<Entry> {
        Ok(Entry { path: RelPath::root(), kind: Kind::Directory, meta: Metadata::default() })
    }

    fn list(&self, _: &Context<'_>, dir: &RelPath) -> Result<Vec<Entry>> {
        let beneath = self
            .entries
            .range(dir..)
            .map(|(_, (entry, _))| entry)
            .take_while(|e| e.path.starts_with(dir));
        Ok(beneath.filter(|entry| entry.path.parent().as_ref() == Some(dir)).cloned().collect())
    }

    fn open(&self, file: &Entry) -> Result<Content<'_>> {
        match self.entries.get(&file.path) {
            Some((_, content)) => Ok(Content::Bytes(Cow::Borrowed(content))),
            None => Err(holdall_tree::Error::new(holdall_tree::ErrorKind::Failed, "no such file")),
        }
    }
}

struct Epoch;

impl Clock for Epoch {
    fn now(&self) -> Timestamp {
        Timestamp::default()
    }
}

pub(crate) fn with_context<T>(run: impl FnOnce(&Context<'_>) -> T) -> T {
    let cancel = CancelToken::default();
    run(&Context {
        observer: &Silent,
        clock: &Epoch,
        cancel: &cancel,
        limits: Limits::default(),
        threads: 1,
        memory_bytes: 1 << 20,
    })
}
