//! Objects of git: their names, the modes of entries, and tree objects, which are parsed here so that a hostile one is
//! told by name.

use std::fmt;

use holdall_tree::{Name, PathError};

use crate::error::TreeFault;

/// The most entries that one tree object may have.
const ENTRIES_MAX: usize = 10_000_000;

/// The name of an object: the hash over its content.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(pub(crate) gix::ObjectId);

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.to_hex().fmt(f)
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What git records of a file beside its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// A file, `100644`.
    File,
    /// A file that can be run, `100755`.
    Executable,
    /// A symbolic link, `120000`; the blob is its target.
    Symlink,
    /// A submodule, `160000`; the ID is that of a commit of another repository.
    Submodule,
}

impl Mode {
    /// The number that git writes, in octal.
    #[must_use]
    pub fn octal(self) -> &'static str {
        match self {
            Self::File => "100644",
            Self::Executable => "100755",
            Self::Symlink => "120000",
            Self::Submodule => "160000",
        }
    }

    /// True if both are files, so that only a bit differs and not the type.
    #[must_use]
    pub fn same_type(self, other: Self) -> bool {
        let is_file = |mode| matches!(mode, Self::File | Self::Executable);
        self == other || (is_file(self) && is_file(other))
    }
}

/// What stands at one path: a mode and the ID of its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Blob {
    /// The mode.
    pub mode: Mode,
    /// The blob, or the commit of a submodule.
    pub id: ObjectId,
}

/// What an entry of a tree object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ItemKind {
    Tree,
    Leaf(Mode),
}

/// One entry of a tree object.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) name: Name,
    pub(crate) kind: ItemKind,
    pub(crate) id: gix::ObjectId,
}

/// The entries of a tree object by the bytes of their names. `hash` is the kind of ID in it.
///
/// Each entry is its mode in octal, a space, its name, NUL, and the raw ID. Source: `git help gitformat-pack` and
/// `tree-walk.c`.
pub(crate) fn parse_tree(data: &[u8], hash: gix::hash::Kind) -> Result<Vec<Item>, TreeFault> {
    let mut items = Vec::new();
    let mut rest = data;
    while !rest.is_empty() {
        if items.len() >= ENTRIES_MAX {
            return Err(TreeFault::Large { limit: ENTRIES_MAX });
        }
        let (mode, name, id, after) =
            split_entry(rest, hash).ok_or(TreeFault::Damaged { entries: items.len() })?;
        items.push(checked(items.len() + 1, mode, name, id)?);
        rest = after;
    }
    items.sort_by(|a, b| a.name.cmp(&b.name));
    for pair in items.windows(2) {
        if let [a, b] = pair
            && a.name == b.name
        {
            return Err(TreeFault::Twice { name: a.name.to_string() });
        }
    }
    Ok(items)
}

fn split_entry(data: &[u8], hash: gix::hash::Kind) -> Option<(u32, &[u8], gix::ObjectId, &[u8])> {
    let space = data.iter().take(8).position(|byte| *byte == b' ')?;
    let (digits, rest) = (data.get(..space)?, data.get(space + 1..)?);
    let mut mode = 0u32;
    for digit in digits {
        mode = mode * 8 + u32::from(digit.checked_sub(b'0').filter(|digit| *digit < 8)?);
    }
    let nul = rest.iter().position(|byte| *byte == 0)?;
    let (name, rest) = (rest.get(..nul)?, rest.get(nul + 1..)?);
    let (id, rest) = rest.split_at_checked(hash.len_in_bytes())?;
    Some((mode, name, gix::ObjectId::try_from(id).ok()?, rest))
}

fn checked(entry: usize, mode: u32, name: &[u8], id: gix::ObjectId) -> Result<Item, TreeFault> {
    let name = Name::parse(name).map_err(|source: PathError| TreeFault::Name { entry, source })?;
    // As git does: a checkout of such a name would be taken for a repository, with its hooks.
    if name.as_bytes().eq_ignore_ascii_case(b".git") {
        return Err(TreeFault::GitDir { entry, name: name.to_string() });
    }
    // Old versions of git wrote other permissions, which are read as if only the bit for the owner counted.
    let kind = match mode & 0o170_000 {
        0o040_000 => ItemKind::Tree,
        0o100_000 if mode & 0o100 != 0 => ItemKind::Leaf(Mode::Executable),
        0o100_000 => ItemKind::Leaf(Mode::File),
        0o120_000 => ItemKind::Leaf(Mode::Symlink),
        0o160_000 => ItemKind::Leaf(Mode::Submodule),
        _ => return Err(TreeFault::Mode { entry, name: name.to_string(), mode }),
    };
    if mode > 0o177_777 {
        return Err(TreeFault::Mode { entry, name: name.to_string(), mode });
    }
    Ok(Item { name, kind, id })
}

/// The entry of this name.
pub(crate) fn find<'i>(items: &'i [Item], name: &[u8]) -> Option<&'i Item> {
    let at = items.binary_search_by(|item| item.name.as_bytes().cmp(name)).ok()?;
    items.get(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tree(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut data = Vec::new();
        for (mode, name) in entries {
            data.extend_from_slice(mode.as_bytes());
            data.push(b' ');
            data.extend_from_slice(name);
            data.push(0);
            data.extend_from_slice(&[7; 20]);
        }
        data
    }

    #[test]
    fn a_hostile_tree_is_refused_with_the_reason() {
        let check = |entries: &[(&str, &[u8])], reason: &str| {
            let fault = parse_tree(&tree(entries), gix::hash::Kind::Sha1).unwrap_err();
            assert!(fault.to_string().contains(reason), "{fault}");
        };
        check(&[("100644", b"..")], "entry 1");
        check(&[("100644", b"a"), ("40000", b".")], "entry 2");
        check(&[("100644", b"a/b")], "slash");
        check(&[("100644", b"")], "empty");
        check(&[("40000", b".git")], "git keeps for itself");
        check(&[("40000", b".GiT")], "git keeps for itself");
        check(&[("100644", b"a"), ("40000", b"b"), ("40000", b"a")], "twice");
        check(&[("170000", b"a")], "unknown mode 170000");
        check(&[("1100644", b"a")], "unknown mode");
        check(&[("0", b"a")], "unknown mode 0");
        check(&[("100844", b"a")], "damaged after 0");
        check(&[("1006440000", b"a")], "damaged after 0");
        check(&[("100644", &[b'n'; 5000])], "longer than the limit");
    }

    #[test]
    fn modes_are_read_as_git_reads_them() {
        let check = |mode: &str, kind: ItemKind| {
            let items = parse_tree(&tree(&[(mode, b"a")]), gix::hash::Kind::Sha1).unwrap();
            assert_eq!(items[0].kind, kind, "{mode}");
        };
        check("100664", ItemKind::Leaf(Mode::File));
        check("100744", ItemKind::Leaf(Mode::Executable));
        check("040000", ItemKind::Tree);
        check("40000", ItemKind::Tree);
        check("120000", ItemKind::Leaf(Mode::Symlink));
        check("160000", ItemKind::Leaf(Mode::Submodule));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(data: Vec<u8>, cut in 0usize..200) {
            let _ = parse_tree(&data, gix::hash::Kind::Sha1);
            let mut whole = tree(&[("100644", b"a"), ("40000", b"b"), ("120000", b"c")]);
            whole.truncate(cut);
            let _ = parse_tree(&whole, gix::hash::Kind::Sha256);
            // Only between entries can it end.
            prop_assert_eq!(parse_tree(&whole, gix::hash::Kind::Sha1).is_ok(), matches!(cut, 0 | 29 | 57) || cut >= 86);
        }
    }
}
