//! What an archive holds, by path.

use std::collections::HashMap;

use holdall_tree::{Context, Entry, Kind, Metadata, Note, RelPath, Result as TreeResult};

/// The entries of an archive in canonical order, directories that are only implied among them, each with where its
/// content lies.
#[derive(Debug)]
pub(crate) struct Index<D> {
    items: Vec<(Entry, Option<D>)>,
    /// What each directory holds.
    children: HashMap<RelPath, Vec<usize>>,
}

impl<D> Index<D> {
    /// Of entries in any order whose names were judged.
    pub(crate) fn new(mut items: Vec<(Entry, Option<D>)>) -> Self {
        items.extend(implied(&items).into_iter().map(|dir| (dir, None)));
        items.sort_by(|(a, _), (b, _)| a.path.cmp(&b.path));
        let mut children: HashMap<RelPath, Vec<usize>> = HashMap::new();
        for (at, (entry, _)) in items.iter().enumerate() {
            if let Some(dir) = entry.path.parent() {
                children.entry(dir).or_default().push(at);
            }
        }
        Self { items, children }
    }

    /// The entry at `path`, and where its content lies.
    pub(crate) fn get(&self, path: &RelPath) -> Option<&(Entry, Option<D>)> {
        let at = self.items.binary_search_by(|(entry, _)| entry.path.cmp(path)).ok()?;
        self.items.get(at)
    }

    /// The root directory.
    pub(crate) fn root(&self) -> TreeResult<Entry> {
        let root = self.get(&RelPath::root()).map(|(entry, _)| entry.clone());
        root.ok_or_else(|| missing(&RelPath::root()))
    }

    /// The entries in a directory, by name.
    pub(crate) fn list(&self, dir: &RelPath) -> TreeResult<Vec<Entry>> {
        if !self.get(dir).is_some_and(|(entry, _)| entry.is_dir()) {
            return Err(missing(dir));
        }
        let children = self.children.get(dir).map(Vec::as_slice).unwrap_or_default();
        let items = children.iter().filter_map(|at| self.items.get(*at));
        Ok(items.map(|(entry, _)| entry.clone()).collect())
    }

    /// The entry of this number in canonical order, and where its content lies.
    pub(crate) fn item(&self, at: usize) -> Option<&(Entry, Option<D>)> {
        self.items.get(at)
    }

    /// All entries in canonical order, with where their contents lie.
    pub(crate) fn items(&self) -> impl Iterator<Item = &(Entry, Option<D>)> {
        self.items.iter()
    }

    /// All entries in canonical order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.items.iter().map(|(entry, _)| entry)
    }
}

/// The directories that have no entry.
fn implied<D>(items: &[(Entry, Option<D>)]) -> Vec<Entry> {
    let mut known: std::collections::HashSet<RelPath> =
        items.iter().map(|(entry, _)| entry.path.clone()).collect();
    let mut found = Vec::new();
    let mut add = |path: RelPath, found: &mut Vec<Entry>| {
        let new = known.insert(path.clone());
        if new {
            found.push(Entry { path, kind: Kind::Directory, meta: Metadata::default() });
        }
        new
    };
    add(RelPath::root(), &mut found);
    for (entry, _) in items {
        let mut above = entry.path.parent();
        while let Some(dir) = above {
            above = dir.parent();
            if !add(dir, &mut found) {
                break;
            }
        }
    }
    found
}

/// Says that something of so many entries was not taken.
pub(crate) fn tell_cleaned(ctx: &Context<'_>, entries: u64) {
    if entries > 0 {
        ctx.observer.note(&Note::Other(format!(
            "set-user-ID and set-group-ID bits and foreign attributes of {entries} entries of the archive were not taken"
        )));
    }
}

/// The error for a path that is not there.
pub(crate) fn missing(path: &RelPath) -> holdall_tree::Error {
    holdall_tree::Error::new(
        holdall_tree::ErrorKind::Usage,
        format!("there is no such thing in the archive: {path}"),
    )
}
