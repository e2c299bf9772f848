//! What was picked, as a tree of its own.

use std::sync::Arc;

use holdall_tree::{Content, Context, Entry, RelPath, Tree};

use super::outline::{Node, Outline};
use super::picks::Picks;

/// The picked entries of a tree, with the directories that they lie in. What was not there when the outline was read is
/// not in it.
pub struct PickedTree<'t> {
    tree: &'t dyn Tree,
    chosen: Chosen,
}

/// Which entries of an outline were picked, once and for all.
#[derive(Debug, Clone)]
pub struct Chosen {
    outline: Arc<Outline>,
    taken: Arc<Vec<bool>>,
}

impl Chosen {
    /// What is picked now. This looks at all entries.
    #[must_use]
    pub fn of(outline: &Arc<Outline>, picks: &Picks) -> Self {
        Self { outline: Arc::clone(outline), taken: Arc::new(picks.taken(outline)) }
    }

    /// One entry with all beneath it.
    #[must_use]
    pub fn only(outline: &Arc<Outline>, node: Node) -> Self {
        let mut picks = Picks::new(outline);
        picks.set(outline, node, true);
        Self::of(outline, &picks)
    }

    fn has(&self, node: Node) -> bool {
        self.taken.get(node.at()).copied().unwrap_or(false)
    }
}

impl<'t> PickedTree<'t> {
    /// What was chosen of `tree`, of which the outline was read.
    #[must_use]
    pub fn new(tree: &'t dyn Tree, chosen: Chosen) -> Self {
        Self { tree, chosen }
    }
}

impl Tree for PickedTree<'_> {
    fn root(&self) -> holdall_tree::Result<Entry> {
        self.tree.root()
    }

    fn list(&self, ctx: &Context<'_>, dir: &RelPath) -> holdall_tree::Result<Vec<Entry>> {
        let mut entries = self.tree.list(ctx, dir)?;
        let outline = &self.chosen.outline;
        let Some(dir) = outline.find(dir) else { return Ok(Vec::new()) };
        entries.retain(|entry| {
            let name = entry.path.file_name().unwrap_or_default();
            outline.child(dir, name).is_some_and(|node| self.chosen.has(node))
        });
        Ok(entries)
    }

    fn details(&self, entry: &mut Entry) -> holdall_tree::Result<()> {
        self.tree.details(entry)
    }

    fn open(&self, file: &Entry) -> holdall_tree::Result<Content<'_>> {
        self.tree.open(file)
    }
}
