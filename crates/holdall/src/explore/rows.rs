//! Which entries of a tree are seen, as rows, where directories are open or closed.
//!
//! Nothing here looks at all entries but the making. Each directory has the sums of the rows of what it holds in the
//! form that Fenwick gave them ("A new data structure for cumulative frequency tables", 1994), so that a row is found
//! and a directory opened in about as many steps as the tree is deep, times the logarithm of how many entries lie side
//! by side.

use std::cell::Cell;

use super::outline::{Node, Outline, What};

/// The rows of a tree. What the root holds is seen; all else is seen if all directories above it are open.
#[derive(Debug)]
pub struct Rows {
    open: Vec<bool>,
    /// Of each entry: rows of entries side by side, summed up. An entry counts with what is seen beneath it.
    sums: Vec<u32>,
    steps: Cell<u64>,
}

impl Rows {
    /// All directories closed.
    #[must_use]
    pub fn new(outline: &Outline) -> Self {
        let all = outline.len() + 1;
        let mut rows = Self { open: vec![false; all], sums: vec![0; all], steps: Cell::new(0) };
        for node in outline.nodes() {
            let at = outline.index(node) + 1;
            if let (Some(sum), true) = (rows.sums.get_mut(node.at()), node != Node::ROOT) {
                // As many entries as the last bit that is set says, one row each.
                *sum = u32::try_from(at & at.wrapping_neg()).unwrap_or(u32::MAX);
            }
        }
        if let Some(root) = rows.open.first_mut() {
            *root = true;
        }
        rows
    }

    /// How many rows are seen.
    #[must_use]
    pub fn len(&self, outline: &Outline) -> usize {
        self.beneath(outline, Node::ROOT)
    }

    /// True if nothing is seen.
    #[must_use]
    pub fn is_empty(&self, outline: &Outline) -> bool {
        self.len(outline) == 0
    }

    /// True if a directory is open.
    #[must_use]
    pub fn is_open(&self, node: Node) -> bool {
        self.open.get(node.at()).copied().unwrap_or(false)
    }

    /// The entry in a row.
    #[must_use]
    pub fn node(&self, outline: &Outline, row: usize) -> Option<Node> {
        let mut dir = Node::ROOT;
        let mut left = row;
        loop {
            let (child, before) = self.descend(outline, dir, left)?;
            left -= before;
            if left == 0 {
                return Some(child);
            }
            left -= 1;
            dir = child;
        }
    }

    /// The row of an entry; `None` if it is not seen.
    #[must_use]
    pub fn row(&self, outline: &Outline, node: Node) -> Option<usize> {
        let mut row = 0;
        let mut at = node;
        while let Some(parent) = outline.parent(at) {
            if !self.is_open(parent) {
                return None;
            }
            row +=
                self.before(outline, parent, outline.index(at)) + usize::from(parent != Node::ROOT);
            at = parent;
        }
        (node != Node::ROOT).then_some(row)
    }

    /// Opens or closes a directory. What was open beneath it stays so.
    pub fn set_open(&mut self, outline: &Outline, node: Node, open: bool) {
        if outline.what(node) != What::Dir || node == Node::ROOT || self.is_open(node) == open {
            return;
        }
        if let Some(is_open) = self.open.get_mut(node.at()) {
            *is_open = open;
        }
        let rows = self.beneath(outline, node);
        let mut at = node;
        while let Some(parent) = outline.parent(at) {
            self.add(outline, parent, outline.index(at), rows, open);
            if !self.is_open(parent) {
                return;
            }
            at = parent;
        }
    }

    /// Opens all directories above an entry, so that it is seen.
    pub fn reveal(&mut self, outline: &Outline, node: Node) {
        let above: Vec<Node> = outline.upwards(node).skip(1).collect();
        for dir in above {
            self.set_open(outline, dir, true);
        }
    }

    /// How many sums were looked at since the rows were made: what they cost, whatever the machine.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps.get()
    }

    fn step(&self) {
        self.steps.set(self.steps.get() + 1);
    }

    fn sum(&self, first: usize, at: usize) -> usize {
        self.step();
        self.sums.get(first + at - 1).map_or(0, |sum| *sum as usize)
    }

    /// Rows of what is seen beneath a directory, were it open.
    fn beneath(&self, outline: &Outline, dir: Node) -> usize {
        self.before(outline, dir, outline.children(dir).len())
    }

    /// Rows of the first `count` entries of a directory.
    fn before(&self, outline: &Outline, dir: Node, count: usize) -> usize {
        let Some(first) = outline.children(dir).next() else { return 0 };
        let (mut at, mut rows) = (count, 0);
        while at > 0 {
            rows += self.sum(first.at(), at);
            at &= at - 1;
        }
        rows
    }

    /// The entry of a directory in whose rows row `wanted` is, and the rows before it.
    fn descend(&self, outline: &Outline, dir: Node, wanted: usize) -> Option<(Node, usize)> {
        let mut children = outline.children(dir);
        let count = children.len();
        let first = children.next()?;
        let (mut at, mut before) = (0, 0);
        let mut stride = count.checked_ilog2().map_or(0, |log| 1usize << log);
        while stride > 0 {
            if at + stride <= count {
                let rows = self.sum(first.at(), at + stride);
                if before + rows <= wanted {
                    at += stride;
                    before += rows;
                }
            }
            stride /= 2;
        }
        let child = u32::try_from(at).ok().and_then(|at| first.0.checked_add(at)).map(Node);
        child.filter(|_| at < count).map(|child| (child, before))
    }

    /// Adds rows to entry `index` of a directory, or takes them away.
    fn add(&mut self, outline: &Outline, dir: Node, index: usize, rows: usize, more: bool) {
        let mut children = outline.children(dir);
        let count = children.len();
        let Some(first) = children.next() else { return };
        let rows = u32::try_from(rows).unwrap_or(u32::MAX);
        let mut at = index + 1;
        while at <= count {
            self.step();
            if let Some(sum) = self.sums.get_mut(first.at() + at - 1) {
                *sum = if more { sum.saturating_add(rows) } else { sum.saturating_sub(rows) };
            }
            at += at & at.wrapping_neg();
        }
    }
}
