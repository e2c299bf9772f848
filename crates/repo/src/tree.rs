//! A snapshot as a tree: listed and read by path, from any thread.

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use holdall_tree::{
    Content, Context, Entry, Kind, Metadata, ReadAt, RelPath, Result as TreeResult, Tree,
};

use crate::error::{Error, Result};
use crate::id::{BlobKind, Id};
use crate::reader::BlobReader;
use crate::wire::node::{Node, NodeKind};
use crate::wire::snapshot::SnapshotFile;

/// A file of at most this many bytes is decoded when it is opened.
const WHOLE_BYTES_MAX: u64 = 1 << 20;
/// Decoded chunks of one open file that are kept for readers of neighbouring ranges.
const CHUNKS_KEPT: usize = 2;

/// A snapshot, or a directory in one, as a tree.
#[derive(Debug)]
pub struct SnapshotTree<'r> {
    blobs: &'r BlobReader<'r>,
    name: String,
    root: Root,
    dirs: Mutex<HashMap<RelPath, Id>>,
}

#[derive(Debug)]
struct Root {
    tree: Id,
    meta: Metadata,
    /// Only this name of the root directory belongs to the tree: a snapshot of one file.
    only: Option<Vec<u8>>,
}

impl<'r> SnapshotTree<'r> {
    /// The tree that the user captured: what lies beneath the deepest directory that holds all paths of the snapshot.
    /// For a snapshot of one directory that is the directory itself, for one of a file the directory with that file
    /// alone.
    ///
    /// # Errors
    /// If a directory on the way cannot be read.
    pub fn open(blobs: &'r BlobReader<'r>, file: &SnapshotFile) -> Result<Self> {
        let mut tree = Self::whole(blobs, file);
        let paths: Vec<Vec<&str>> = file
            .snapshot
            .paths
            .iter()
            .map(|path| path.split('/').filter(|part| !part.is_empty()).collect())
            .collect();
        let common = common_prefix(&paths);
        let missing = if paths.len() == 1 { tree.missing_above(&common)? } else { 0 };
        for name in common.iter().skip(missing) {
            let nodes = blobs.tree(&tree.root.tree)?;
            let found = named(&nodes, name);
            match found {
                Some(node) if node.kind == NodeKind::Dir => tree.root = root_of(node)?,
                Some(node) => {
                    tree.root.only = Some(node.name.clone());
                    return Ok(tree);
                }
                None => return Ok(Self::whole(blobs, file)),
            }
        }
        Ok(tree)
    }

    /// How many components of the one captured path are missing in the tree.
    ///
    /// restic stores an absolute path with all of them, and a relative one with those that were typed alone: nothing
    /// else lies beside what leads there. Of `.` there are none, so a directory captured as `.` that holds nothing but a
    /// directory of its own name cannot be told from one that was captured by that name.
    fn missing_above(&self, path: &[&str]) -> Result<usize> {
        let nodes = self.blobs.tree(&self.root.tree)?;
        if path.first().is_none_or(|name| named(&nodes, name).is_some()) {
            return Ok(0);
        }
        for missing in 1..path.len() {
            if self.leads(path.get(missing..).unwrap_or_default())? {
                return Ok(missing);
            }
        }
        Ok(path.len())
    }

    /// True if `path` is there and nothing beside it.
    fn leads(&self, path: &[&str]) -> Result<bool> {
        let mut tree = Some(self.root.tree);
        for name in path {
            let Some(id) = tree else { return Ok(false) };
            let nodes = self.blobs.tree(&id)?;
            let [only] = nodes.as_slice() else { return Ok(false) };
            if named(&nodes, name).is_none() {
                return Ok(false);
            }
            tree = only.subtree;
        }
        Ok(true)
    }

    /// The whole tree of a snapshot, with the directories that lead to the captured paths.
    #[must_use]
    pub fn whole(blobs: &'r BlobReader<'r>, file: &SnapshotFile) -> Self {
        let root = Root { tree: file.snapshot.tree, meta: Metadata::default(), only: None };
        Self { blobs, name: file.id.short(), root, dirs: Mutex::default() }
    }

    /// The same tree from one of its directories downwards, or a tree of one file.
    ///
    /// # Errors
    /// [`Error::PathMissing`] if there is no such path.
    pub fn at(mut self, path: &RelPath) -> Result<Self> {
        if path.is_root() {
            return Ok(self);
        }
        let node = self.node(path).map_err(|error| match error {
            Error::PathMissing { snapshot, .. } => {
                Error::PathMissing { path: path.clone(), snapshot }
            }
            other => other,
        })?;
        if node.kind == NodeKind::Dir {
            self.root = root_of(&node)?;
        } else {
            let dir = path.parent().unwrap_or_default();
            self.root =
                Root { tree: self.dir(&dir)?, meta: Metadata::default(), only: Some(node.name) };
        }
        self.dirs = Mutex::default();
        Ok(self)
    }

    /// True or false if two entries are known to be equal or not by the IDs of their contents alone.
    ///
    /// `other` must be of the same repository.
    #[must_use]
    pub fn same(&self, mine: &Entry, other: &Self, theirs: &Entry) -> Option<bool> {
        let (a, b) = (self.node(&mine.path).ok()?, other.node(&theirs.path).ok()?);
        match (a.kind, b.kind) {
            (NodeKind::File, NodeKind::File) => Some(a.content == b.content),
            // Equal trees are equal in all; unequal ones may differ in metadata alone.
            (NodeKind::Dir, NodeKind::Dir) if a.subtree == b.subtree => Some(true),
            _ => None,
        }
    }

    /// The bytes that the contents of these entries take up in the repository, what they share counted once.
    #[must_use]
    pub fn stored_bytes<'e>(&self, files: impl Iterator<Item = &'e Entry>) -> u64 {
        let mut seen = HashSet::new();
        let mut bytes = 0;
        let content =
            |file: &Entry| self.read_node(&file.path, |node| node.content.clone()).ok()?;
        for id in files.filter_map(content).flatten() {
            let location = self.blobs.index().get(BlobKind::Data, &id);
            if let Some(location) = location.filter(|_| seen.insert(id)) {
                bytes += u64::from(location.length);
            }
        }
        bytes
    }

    fn node(&self, path: &RelPath) -> Result<Node> {
        self.read_node(path, Node::clone)
    }

    fn read_node<T>(&self, path: &RelPath, read: impl FnOnce(&Node) -> T) -> Result<T> {
        let missing = || Error::PathMissing { path: path.clone(), snapshot: self.name.clone() };
        let (Some(dir), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(missing());
        };
        if dir.is_root() && self.root.only.as_deref().is_some_and(|only| only != name) {
            return Err(missing());
        }
        let nodes = self.blobs.tree(&self.dir(&dir)?)?;
        let at =
            nodes.binary_search_by(|node| node.name.as_slice().cmp(name)).map_err(|_| missing())?;
        nodes.get(at).map(read).ok_or_else(missing)
    }

    /// The ID of the tree blob of a directory.
    fn dir(&self, path: &RelPath) -> Result<Id> {
        if path.is_root() {
            return Ok(self.root.tree);
        }
        if let Some(id) = lock(&self.dirs).get(path) {
            return Ok(*id);
        }
        // Not listed yet: walk down from the root.
        let mut tree = self.root.tree;
        let mut walked = RelPath::root();
        for component in path.components() {
            let missing = || Error::PathMissing { path: path.clone(), snapshot: self.name.clone() };
            if walked.is_root() && self.root.only.is_some() {
                return Err(missing());
            }
            let nodes = self.blobs.tree(&tree)?;
            let at = nodes
                .binary_search_by(|node| node.name.as_slice().cmp(component))
                .map_err(|_| missing())?;
            let node = nodes.get(at).ok_or_else(missing)?;
            tree = node.subtree.ok_or_else(missing)?;
            walked =
                RelPath::parse(component).map(|name| walked.join_path(&name)).unwrap_or_default();
        }
        lock(&self.dirs).insert(path.clone(), tree);
        Ok(tree)
    }
}

impl Tree for SnapshotTree<'_> {
    fn root(&self) -> TreeResult<Entry> {
        Ok(Entry { path: RelPath::root(), kind: Kind::Directory, meta: self.root.meta.clone() })
    }

    fn list(&self, ctx: &Context<'_>, dir: &RelPath) -> TreeResult<Vec<Entry>> {
        let id = self.dir(dir)?;
        let nodes = self.blobs.tree(&id)?;
        if nodes.len() > ctx.limits.dir_entries_max || dir.depth() > ctx.limits.depth_max {
            let what = format!("directory {dir} is larger or deeper than the limits allow");
            return Err(Error::Refused(what).into());
        }
        let mut entries = Vec::with_capacity(nodes.len());
        for node in nodes.iter() {
            if dir.is_root() && self.root.only.as_ref().is_some_and(|only| *only != node.name) {
                continue;
            }
            let entry = node.to_entry(dir).map_err(Error::object("tree", id))?;
            if let Some(subtree) = node.subtree.filter(|_| entry.is_dir()) {
                lock(&self.dirs).insert(entry.path.clone(), subtree);
            }
            entries.push(entry);
        }
        Ok(entries)
    }

    fn open(&self, file: &Entry) -> TreeResult<Content<'_>> {
        let content = |node: &Node| (node.size, node.content.clone().unwrap_or_default());
        let (size, content) = self.read_node(&file.path, content)?;
        match content.as_slice() {
            [] => Ok(Content::Bytes(Vec::new().into())),
            [only] if size <= WHOLE_BYTES_MAX => {
                Ok(Content::Bytes(self.blobs.blob(BlobKind::Data, only)?.into()))
            }
            _ => Ok(Content::At(Box::new(Chunks::new(self.blobs, content)?))),
        }
    }
}

/// A file in chunks, read at any offset.
struct Chunks<'r> {
    blobs: &'r BlobReader<'r>,
    ids: Vec<Id>,
    /// Where each chunk but the first begins.
    seams: Vec<u64>,
    size: u64,
    kept: Mutex<Vec<(usize, Arc<Vec<u8>>)>>,
}

impl<'r> Chunks<'r> {
    fn new(blobs: &'r BlobReader<'r>, ids: Vec<Id>) -> Result<Self> {
        let mut seams = Vec::with_capacity(ids.len());
        let mut size = 0u64;
        for id in &ids {
            let location = blobs
                .index()
                .get(BlobKind::Data, id)
                .ok_or(Error::BlobMissing { kind: BlobKind::Data, id: *id })?;
            seams.push(size);
            size += u64::from(location.plain_length());
        }
        if !seams.is_empty() {
            seams.remove(0);
        }
        Ok(Self { blobs, ids, seams, size, kept: Mutex::default() })
    }

    fn chunk(&self, at: usize) -> io::Result<Arc<Vec<u8>>> {
        if let Some((_, bytes)) = lock(&self.kept).iter().find(|(known, _)| *known == at) {
            return Ok(Arc::clone(bytes));
        }
        let id = self.ids.get(at).ok_or(io::ErrorKind::UnexpectedEof)?;
        let bytes = Arc::new(self.blobs.blob(BlobKind::Data, id).map_err(io::Error::other)?);
        let mut kept = lock(&self.kept);
        if kept.len() >= CHUNKS_KEPT {
            kept.remove(0);
        }
        kept.push((at, Arc::clone(&bytes)));
        Ok(bytes)
    }
}

impl ReadAt for Chunks<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut done = 0;
        while done < buffer.len() && offset + (done as u64) < self.size {
            let here = offset + done as u64;
            let at = self.seams.partition_point(|seam| *seam <= here);
            let start = at.checked_sub(1).and_then(|i| self.seams.get(i)).copied().unwrap_or(0);
            let chunk = self.chunk(at)?;
            let from = chunk.get((here - start) as usize..).unwrap_or_default();
            let n = from.len().min(buffer.len() - done);
            if n == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let (Some(to), Some(from)) = (buffer.get_mut(done..done + n), from.get(..n)) {
                to.copy_from_slice(from);
            }
            done += n;
        }
        Ok(done)
    }

    fn seams(&self) -> &[u64] {
        &self.seams
    }
}

fn root_of(node: &Node) -> Result<Root> {
    let entry = node.to_entry(&RelPath::root()).map_err(Error::object("tree", "of the root"))?;
    let tree = node.subtree.ok_or(Error::Object {
        what: "tree",
        name: entry.path.to_string(),
        source: crate::FormatError::malformed("a directory without a tree"),
    })?;
    Ok(Root { tree, meta: entry.meta, only: None })
}

/// The node that a path component names. A snapshot writes its paths as JSON, where what is not UTF-8 in a name became
/// U+FFFD; such a name is found if no other looks like it.
fn named<'n>(nodes: &'n [Node], name: &str) -> Option<&'n Node> {
    if let Some(node) = nodes.iter().find(|node| node.name == name.as_bytes()) {
        return Some(node);
    }
    if !name.contains(char::REPLACEMENT_CHARACTER) {
        return None;
    }
    let mut alike = nodes.iter().filter(|node| String::from_utf8_lossy(&node.name) == name);
    alike.next().filter(|_| alike.next().is_none())
}

/// The components that all paths begin with; of a single path all of them.
fn common_prefix<'p>(paths: &[Vec<&'p str>]) -> Vec<&'p str> {
    let Some((first, rest)) = paths.split_first() else { return Vec::new() };
    let mut length = first.len();
    for path in rest {
        length = length.min(first.iter().zip(path).take_while(|(a, b)| a == b).count());
    }
    first.iter().take(length).copied().collect()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Each change of these caches is one call, so a panic elsewhere cannot leave them half changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_the_deepest_directory_that_holds_all_paths() {
        let check = |paths: &[&str], expected: &str| {
            let split: Vec<Vec<&str>> =
                paths.iter().map(|p| p.split('/').filter(|c| !c.is_empty()).collect()).collect();
            assert_eq!(common_prefix(&split).join("/"), expected);
        };
        check(&["/a/b"], "a/b");
        check(&["/a/b", "/a/c/d"], "a");
        check(&["/a", "/b"], "");
        check(&["/a/b", "/a/b/c"], "a/b");
        check(&[], "");
    }
}
