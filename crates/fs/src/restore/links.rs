//! Names of one file: which of them the staged tree may share with the target.
//!
//! Sharing a name keeps its inode. That is wrong where the source has other names for the same file than the target
//! has ([`Links::anew`]), and where a name that stays behind in the restore point has the same inode: then an edit of
//! the live file would reach into the point ([`Links::detached`]).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use holdall_tree::{Entry, HardLink, RelPath};

/// Device and inode.
pub(super) type Inode = (u64, u64);

/// What the names of the source and of the target allow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Links {
    /// Names that are there as they should be, but as a name of another file than in the source.
    pub(super) anew: BTreeSet<RelPath>,
    /// Files of the target that lose a name: what keeps one gets a copy.
    pub(super) detached: HashSet<Inode>,
}

/// Gathers what a plan meets, for [`Seen::links`] to judge when all of it is known.
#[derive(Debug, Default)]
pub(super) struct Seen {
    names: Vec<SeenName>,
    lost: HashSet<Inode>,
}

/// A name that both trees have, or that only the source has (`there` is `None`).
#[derive(Debug)]
struct SeenName {
    wanted: Entry,
    there: Option<Entry>,
    fate: Fate,
}

/// What becomes of a name that the source has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is there as it should be.
    Shared,
    /// The user wants what is there, whatever the source has.
    Kept,
    /// It is written.
    Written,
}

impl Seen {
    /// A name of the source, and what the target has under it.
    pub(super) fn name(&mut self, wanted: &Entry, there: Option<&Entry>, fate: Fate) {
        let several = |entry: &Entry| !entry.is_dir() && entry.meta.hard_link.is_some();
        if several(wanted) || there.is_some_and(several) {
            self.names.push(SeenName { wanted: wanted.clone(), there: there.cloned(), fate });
        }
    }

    /// A name of the target that goes.
    pub(super) fn lost(&mut self, there: &Entry) {
        self.lost.extend(there.meta.hard_link.as_ref().map(inode));
    }

    /// True if a file with several names is shared, so that it matters which names go.
    pub(super) fn shares(&self) -> bool {
        self.names.iter().any(|name| {
            name.fate != Fate::Written
                && name.there.as_ref().is_some_and(|there| there.meta.hard_link.is_some())
        })
    }

    /// Judges, and gives the names that are to be made anew with what is there and what is wanted.
    pub(super) fn links(self) -> (Links, Vec<(Entry, Entry)>) {
        let anew = self.anew();
        let mut links = Links { anew: BTreeSet::new(), detached: self.lost };
        let mut changed = Vec::new();
        for (index, SeenName { wanted, there, fate }) in self.names.into_iter().enumerate() {
            let Some(there) = there else { continue };
            if fate == Fate::Written || anew.contains(&index) {
                links.detached.extend(there.meta.hard_link.as_ref().map(inode));
            }
            if anew.contains(&index) {
                links.anew.insert(wanted.path.clone());
                changed.push((there, wanted));
            }
        }
        (links, changed)
    }

    /// The names that are shared although the files that they name group them otherwise than the source does.
    fn anew(&self) -> HashSet<usize> {
        let mut groups: BTreeMap<Group, Vec<usize>> = BTreeMap::new();
        for (index, name) in self.names.iter().enumerate() {
            groups.entry(Group::of(&name.wanted)).or_default().push(index);
        }
        let mut groups_of_inode: HashMap<Inode, usize> = HashMap::new();
        let inodes: Vec<Vec<Option<Inode>>> = groups
            .values()
            .map(|names| names.iter().map(|n| self.shared_inode(*n)).collect())
            .collect();
        for group in &inodes {
            let distinct: BTreeSet<Inode> = group.iter().flatten().copied().collect();
            for inode in distinct {
                *groups_of_inode.entry(inode).or_default() += 1;
            }
        }
        let mut anew = HashSet::new();
        for (names, inodes) in groups.values().zip(&inodes) {
            let as_in_source = match inodes.as_slice() {
                // Not shared, or shared and the only name there.
                [None] => true,
                [first, rest @ ..] => {
                    first.is_some_and(|inode| groups_of_inode.get(&inode) == Some(&1))
                        && rest.iter().all(|inode| inode == first)
                }
                [] => true,
            };
            if !as_in_source {
                let shared = |index: &usize| {
                    self.names.get(*index).is_some_and(|name| name.fate == Fate::Shared)
                };
                anew.extend(names.iter().copied().filter(shared));
            }
        }
        anew
    }

    fn shared_inode(&self, index: usize) -> Option<Inode> {
        let name = self.names.get(index).filter(|name| name.fate == Fate::Shared)?;
        let meta = &name.there.as_ref()?.meta;
        meta.hard_link.as_ref().map(inode)
    }
}

/// The names of one file of the source.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Several(Inode),
    One(RelPath),
}

impl Group {
    fn of(entry: &Entry) -> Self {
        match &entry.meta.hard_link {
            Some(link) => Self::Several(inode(link)),
            None => Self::One(entry.path.clone()),
        }
    }
}

fn inode(link: &HardLink) -> Inode {
    (link.device, link.inode)
}
