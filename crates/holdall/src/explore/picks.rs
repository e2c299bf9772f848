//! What somebody picked of a tree, and how much that is.
//!
//! A pick of a directory is a pick of all beneath it, and costs no more than one of a file: it is a mark on the
//! directory with a number that grows with each mark, and of the marks on an entry and above it the youngest holds.
//! What a directory knows of the picks beneath it has such a number too, so that it can be told whether a mark above
//! made it obsolete.

use super::outline::{Node, Outline, What};

/// How much something is. A file, a link, and a directory that holds nothing are an entry each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Weight {
    /// Entries.
    pub entries: u64,
    /// Bytes of their contents.
    pub bytes: u64,
    /// Tokens of these, as far as they are counted.
    pub tokens: u64,
}

impl Weight {
    fn plus(self, more: Self) -> Self {
        Self {
            entries: self.entries + more.entries,
            bytes: self.bytes.saturating_add(more.bytes),
            tokens: self.tokens.saturating_add(more.tokens),
        }
    }

    fn minus(self, less: Self) -> Self {
        Self {
            entries: self.entries.saturating_sub(less.entries),
            bytes: self.bytes.saturating_sub(less.bytes),
            tokens: self.tokens.saturating_sub(less.tokens),
        }
    }
}

/// How far an entry is picked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picked {
    /// Nothing of it.
    Not,
    /// Some of what lies beneath it.
    Part,
    /// All of it.
    All,
}

/// What was picked, and how much each directory holds.
#[derive(Debug)]
pub struct Picks {
    cells: Vec<PickCell>,
    now: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct PickCell {
    total: Weight,
    /// What is picked, unless a mark above is younger than `known`.
    picked: Weight,
    known: u64,
    /// What was said of this entry and all beneath it, and when; 0 for never.
    mark: bool,
    marked: u64,
}

impl Picks {
    /// Nothing is picked.
    #[must_use]
    pub fn new(outline: &Outline) -> Self {
        let mut cells = vec![PickCell::default(); outline.len() + 1];
        for node in outline.nodes().rev() {
            let holds = outline.children(node).len();
            let Some(cell) = cells.get_mut(node.at()) else { continue };
            if (outline.what(node) != What::Dir || holds == 0) && node != Node::ROOT {
                cell.total.entries = 1;
                cell.total.bytes = outline.size(node);
            }
            let total = cell.total;
            let above = outline.parent(node).and_then(|parent| cells.get_mut(parent.at()));
            if let Some(above) = above {
                above.total = above.total.plus(total);
            }
        }
        Self { cells, now: 0 }
    }

    /// All of an entry.
    #[must_use]
    pub fn total(&self, node: Node) -> Weight {
        self.cells.get(node.at()).map_or(Weight::default(), |cell| cell.total)
    }

    /// What is picked of an entry.
    #[must_use]
    pub fn picked(&self, outline: &Outline, node: Node) -> Weight {
        let above = outline.upwards(node).skip(1).filter_map(|node| self.cells.get(node.at()));
        let youngest = above.max_by_key(|cell| cell.marked);
        let Some(cell) = self.cells.get(node.at()) else { return Weight::default() };
        match youngest.filter(|mark| mark.marked > cell.known) {
            Some(mark) if mark.mark => cell.total,
            Some(_) => Weight::default(),
            None => cell.picked,
        }
    }

    /// How far an entry is picked.
    #[must_use]
    pub fn state(&self, outline: &Outline, node: Node) -> Picked {
        let (picked, total) = (self.picked(outline, node).entries, self.total(node).entries);
        match picked {
            0 => Picked::Not,
            _ if picked == total => Picked::All,
            _ => Picked::Part,
        }
    }

    /// Picks an entry and all beneath it, or takes that back.
    pub fn set(&mut self, outline: &Outline, node: Node, on: bool) {
        self.now += 1;
        let now = self.now;
        let way = self.refresh(outline, node);
        let Some(cell) = self.cells.get_mut(node.at()) else { return };
        let before = cell.picked;
        let after = if on { cell.total } else { Weight::default() };
        (cell.mark, cell.marked) = (on, now);
        for node in way {
            let Some(cell) = self.cells.get_mut(node.at()) else { continue };
            cell.picked = cell.picked.minus(before).plus(after);
            cell.known = now;
        }
    }

    /// Picks all of an entry; if all of it is picked already, nothing of it.
    pub fn toggle(&mut self, outline: &Outline, node: Node) {
        let on = self.state(outline, node) != Picked::All;
        self.set(outline, node, on);
    }

    /// Counts tokens for a file.
    pub fn add_tokens(&mut self, outline: &Outline, file: Node, tokens: u64) {
        let more = Weight { tokens, ..Weight::default() };
        let way = self.refresh(outline, file);
        let on = self.cells.get(file.at()).is_some_and(|cell| cell.picked.entries > 0);
        for node in way {
            let Some(cell) = self.cells.get_mut(node.at()) else { continue };
            cell.total = cell.total.plus(more);
            if on {
                cell.picked = cell.picked.plus(more);
            }
        }
    }

    /// Makes what is known on the way from the root to an entry be as all marks say, and gives that way.
    fn refresh(&mut self, outline: &Outline, node: Node) -> Vec<Node> {
        let mut way: Vec<Node> = outline.upwards(node).collect();
        way.reverse();
        let mut youngest = PickCell::default();
        for node in &way {
            let Some(cell) = self.cells.get_mut(node.at()) else { continue };
            if youngest.marked > cell.known {
                cell.picked = if youngest.mark { cell.total } else { Weight::default() };
                cell.known = youngest.marked;
            }
            if cell.marked > youngest.marked {
                youngest = *cell;
            }
        }
        way
    }

    /// Of each entry whether it is taken: whether it or something beneath it is picked. This looks at all entries.
    #[must_use]
    pub(super) fn taken(&self, outline: &Outline) -> Vec<bool> {
        let mut marks: Vec<(u64, bool)> = vec![(0, false); self.cells.len()];
        let mut taken = vec![false; self.cells.len()];
        for node in outline.nodes() {
            let above = outline.parent(node).and_then(|parent| marks.get(parent.at())).copied();
            let above = above.unwrap_or_default();
            let (Some(cell), Some(mark), Some(taken)) =
                (self.cells.get(node.at()), marks.get_mut(node.at()), taken.get_mut(node.at()))
            else {
                continue;
            };
            *mark = above.max((cell.marked, cell.mark));
            let picked = match above {
                (marked, on) if marked > cell.known => on,
                _ => cell.picked.entries > 0,
            };
            *taken = picked;
        }
        taken
    }
}
