//! Rows of a list as a tree whose contents lie elsewhere.

use std::collections::HashMap;

use holdall_tree::{Content, Context, Entry, Error, ErrorKind, RelPath, Result, Tree};

/// Entries by the directories that hold them.
#[derive(Default)]
pub(super) struct Rows {
    root: Option<Entry>,
    by_dir: HashMap<RelPath, Vec<Entry>>,
}

impl Rows {
    /// Adds an entry; those of one directory come in canonical order.
    pub(super) fn add(&mut self, entry: Entry) {
        match entry.path.parent() {
            None => self.root = Some(entry),
            Some(above) => self.by_dir.entry(above).or_default().push(entry),
        }
    }

    pub(super) fn has_root(&self) -> bool {
        self.root.is_some()
    }
}

impl FromIterator<Entry> for Rows {
    fn from_iter<I: IntoIterator<Item = Entry>>(entries: I) -> Self {
        let mut rows = Self::default();
        entries.into_iter().for_each(|entry| rows.add(entry));
        rows
    }
}

impl Tree for Rows {
    fn root(&self) -> Result<Entry> {
        self.root.clone().ok_or_else(|| Error::new(ErrorKind::Failed, "a list without a root"))
    }

    fn list(&self, _: &Context<'_>, dir: &RelPath) -> Result<Vec<Entry>> {
        Ok(self.by_dir.get(dir).cloned().unwrap_or_default())
    }

    fn open(&self, file: &Entry) -> Result<Content<'_>> {
        let why = format!("the content of {} is not in the list", file.path);
        Err(Error::new(ErrorKind::Failed, why))
    }
}
