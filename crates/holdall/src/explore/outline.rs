//! All names of a tree in one table.

use holdall_tree::{Context, Counter, Entry, Filter, Kind, Metadata, RelPath, Tree};

use crate::error::{Error, Result};

/// The most entries that one outline has.
const ENTRIES_MAX: usize = 50_000_000;
/// The most bytes that all names of one outline are.
const NAMES_MAX: usize = u32::MAX as usize;

/// One entry of an [`Outline`]: its place in the table.
///
/// The entries of a directory lie side by side, and behind their directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node(pub(super) u32);

impl Node {
    /// The directory that the tree is.
    pub const ROOT: Self = Self(0);

    pub(super) fn at(self) -> usize {
        self.0 as usize
    }
}

/// What an entry is, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A regular file.
    File,
    /// A directory.
    Dir,
    /// A symbolic link.
    Link,
    /// A device, a pipe or a socket.
    Other,
}

impl What {
    fn of(kind: &Kind) -> Self {
        match kind {
            Kind::File { .. } => Self::File,
            Kind::Directory => Self::Dir,
            Kind::Symlink { .. } => Self::Link,
            _ => Self::Other,
        }
    }
}

/// All names of a tree, read once. It takes some 50 bytes for an entry.
#[derive(Debug)]
pub struct Outline {
    cells: Vec<Cell>,
    names: Vec<u8>,
    order: Vec<Node>,
}

#[derive(Debug)]
struct Cell {
    parent: Node,
    name: u32,
    name_len: u16,
    what: What,
    size: u64,
    /// Where what a directory holds begins, and how many it is.
    first: u32,
    count: u32,
}

impl Outline {
    /// Reads the names of all that `filter` takes. A directory that cannot be listed goes to the observer and is shown
    /// without what it holds.
    ///
    /// # Errors
    /// If the root cannot be listed, there are more entries than the limits allow, or somebody interrupts.
    pub fn read(ctx: &Context<'_>, tree: &dyn Tree, filter: &dyn Filter) -> Result<Self> {
        let mut outline = Self { cells: Vec::new(), names: Vec::new(), order: Vec::new() };
        outline.push(Node::ROOT, b"", &tree.root()?)?;
        let mut bytes = 0u64;
        let mut at = 0;
        // Every directory is behind the one that holds it, so this reaches those that it adds.
        while let Some(cell) = outline.cells.get(at) {
            let dir = outline.node(at)?;
            at += 1;
            if cell.what != What::Dir {
                continue;
            }
            ctx.check()?;
            let path = outline.path(dir);
            let listed = match tree.list(ctx, &path) {
                Ok(listed) => listed,
                Err(error) if dir == Node::ROOT => return Err(error.into()),
                Err(error) => {
                    ctx.check()?;
                    ctx.observer.problem(Some(&path), &error);
                    continue;
                }
            };
            let mut kept = filter.keep(ctx, &path, listed, tree)?;
            kept.sort_by(|a, b| a.path.cmp(&b.path));
            bytes = kept.iter().fold(bytes, |sum, entry| sum.saturating_add(entry.size()));
            ctx.limits.check((outline.len() + kept.len()) as u64, bytes, path.depth())?;
            ctx.observer.count(Counter::Dirs, 1);
            ctx.observer.count(Counter::Files, kept.len() as u64);
            let first = outline.node(outline.cells.len())?;
            for entry in &kept {
                outline.push(dir, entry.path.file_name().unwrap_or_default(), entry)?;
            }
            if let Some(cell) = outline.cells.get_mut(dir.at()) {
                cell.first = first.0;
                cell.count = u32::try_from(kept.len()).unwrap_or(u32::MAX);
            }
        }
        outline.order = outline.in_canonical_order();
        Ok(outline)
    }

    fn push(&mut self, parent: Node, name: &[u8], entry: &Entry) -> Result<()> {
        let over = |what, found: usize, limit: usize| Error::OverLimit {
            what,
            found: found as u64,
            limit: limit as u64,
        };
        if self.cells.len() >= ENTRIES_MAX {
            return Err(over(
                "the number of entries to look at",
                self.cells.len() + 1,
                ENTRIES_MAX,
            ));
        }
        let end = self.names.len() + name.len();
        let (Ok(at), Ok(name_len), true) =
            (u32::try_from(self.names.len()), u16::try_from(name.len()), end <= NAMES_MAX)
        else {
            return Err(over("the length of all names", end, NAMES_MAX));
        };
        self.names.extend_from_slice(name);
        self.cells.push(Cell {
            parent,
            name: at,
            name_len,
            what: What::of(&entry.kind),
            size: entry.size(),
            first: 0,
            count: 0,
        });
        Ok(())
    }

    fn node(&self, at: usize) -> Result<Node> {
        u32::try_from(at).map(Node).map_err(|_| Error::OverLimit {
            what: "the number of entries to look at",
            found: at as u64,
            limit: ENTRIES_MAX as u64,
        })
    }

    fn in_canonical_order(&self) -> Vec<Node> {
        let mut order = Vec::with_capacity(self.cells.len());
        let mut stack = vec![Node::ROOT];
        while let Some(node) = stack.pop() {
            order.push(node);
            stack.extend(self.children(node).rev());
        }
        order
    }

    /// How many entries there are beside the root.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cells.len().saturating_sub(1)
    }

    /// True if the tree holds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All entries in canonical order, the root first.
    #[must_use]
    pub fn in_order(&self) -> &[Node] {
        &self.order
    }

    /// All entries, each directory before what it holds.
    pub(super) fn nodes(&self) -> impl DoubleEndedIterator<Item = Node> + use<> {
        (0..u32::try_from(self.cells.len()).unwrap_or(u32::MAX)).map(Node)
    }

    fn cell(&self, node: Node) -> Option<&Cell> {
        self.cells.get(node.at())
    }

    /// What an entry is called; the root has no name.
    #[must_use]
    pub fn name(&self, node: Node) -> &[u8] {
        let Some(cell) = self.cell(node) else { return b"" };
        let at = cell.name as usize;
        self.names.get(at..at + usize::from(cell.name_len)).unwrap_or_default()
    }

    /// What an entry is.
    #[must_use]
    pub fn what(&self, node: Node) -> What {
        self.cell(node).map_or(What::Other, |cell| cell.what)
    }

    /// The bytes of a file; 0 for all else.
    #[must_use]
    pub fn size(&self, node: Node) -> u64 {
        self.cell(node).map_or(0, |cell| cell.size)
    }

    /// The directory that holds an entry; `None` for the root.
    #[must_use]
    pub fn parent(&self, node: Node) -> Option<Node> {
        if node == Node::ROOT { None } else { self.cell(node).map(|cell| cell.parent) }
    }

    /// What a directory holds, by name.
    pub fn children(
        &self,
        node: Node,
    ) -> impl DoubleEndedIterator<Item = Node> + ExactSizeIterator + use<> {
        let (first, count) = self.cell(node).map_or((0, 0), |cell| (cell.first, cell.count));
        (first..first + count).map(Node)
    }

    /// Where among its siblings an entry is, from 0.
    pub(super) fn index(&self, node: Node) -> usize {
        let first =
            self.parent(node).and_then(|parent| self.cell(parent)).map_or(0, |cell| cell.first);
        node.0.saturating_sub(first) as usize
    }

    /// The entry and all above it, the root last.
    pub fn upwards(&self, node: Node) -> impl Iterator<Item = Node> + '_ {
        std::iter::successors(Some(node), |node| self.parent(*node))
    }

    /// How deep an entry lies; what the root holds lies 0 deep.
    #[must_use]
    pub fn depth(&self, node: Node) -> usize {
        self.upwards(node).count().saturating_sub(2)
    }

    /// The path of an entry.
    #[must_use]
    pub fn path(&self, node: Node) -> RelPath {
        let mut names: Vec<&[u8]> = self.upwards(node).map(|node| self.name(node)).collect();
        names.pop();
        names.reverse();
        // Names come out of paths, so they are sound.
        RelPath::parse(names.join(&b'/')).unwrap_or_default()
    }

    /// The entry at a path.
    #[must_use]
    pub fn find(&self, path: &RelPath) -> Option<Node> {
        path.components().try_fold(Node::ROOT, |dir, name| self.child(dir, name))
    }

    /// What a directory holds by this name.
    pub(super) fn child(&self, dir: Node, name: &[u8]) -> Option<Node> {
        let cell = self.cell(dir)?;
        let (first, end) = (cell.first as usize, (cell.first + cell.count) as usize);
        let among = self.cells.get(first..end)?;
        let at = among
            .binary_search_by(|cell| {
                let at = cell.name as usize;
                let held = self.names.get(at..at + usize::from(cell.name_len));
                held.unwrap_or_default().cmp(name)
            })
            .ok()?;
        u32::try_from(first + at).ok().map(Node)
    }

    /// The entry as a tree opens it, which needs no more than path and kind.
    #[must_use]
    pub fn entry(&self, node: Node) -> Entry {
        let kind = match self.what(node) {
            What::Dir => Kind::Directory,
            What::Link => Kind::Symlink { target: Vec::new() },
            What::File | What::Other => Kind::File { size: self.size(node) },
        };
        Entry { path: self.path(node), kind, meta: Metadata::default() }
    }
}
