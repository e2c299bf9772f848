//! One identity for a tree in every form.
//!
//! The **tree ID** covers what every form can carry: names, kinds, permission bits, link targets, device numbers and
//! contents. It leaves out owners, times, extended attributes, file attributes, hard-link groups, sparseness and the
//! metadata of the root directory. The **full tree ID** adds owners, modification times, extended attributes (sorted
//! by name), file attributes and hard-link groups, and the root's own metadata. `docs/tree-id.md` has the exact
//! encoding and test vectors; a change of either is a new version with a new prefix.
//!
//! Both are Merkle hashes over directories, so they do not depend on the order in which entries arrive.

use std::collections::BTreeMap;
use std::fmt;

use sha2::{Digest, Sha256};

use crate::entry::{Entry, Kind};
use crate::path::{Name, RelPath};

/// SHA-256 of a file's content.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash(pub [u8; 32]);

/// The identity of a tree by what every form can carry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreeId(pub [u8; 32]);

/// The identity of a tree with owners, times and extended attributes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FullTreeId(pub [u8; 32]);

macro_rules! hex_display {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // A manifest has one for each file: writing digit by digit took a tenth of a dump.
                let mut digits = [0; 64];
                for (pair, byte) in digits.chunks_exact_mut(2).zip(self.0) {
                    pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
                }
                f.write_str(std::str::from_utf8(&digits).unwrap_or_default())
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )*};
}
hex_display!(ContentHash, TreeId, FullTreeId);

/// The hexadecimal digit of a number below 16.
fn digit(number: u8) -> u8 {
    if number < 10 { b'0' + number } else { b'a' + (number - 10) }
}

impl ContentHash {
    /// The hash of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The hash that 64 hexadecimal digits stand for.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut hash = [0; 32];
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        for (byte, at) in hash.iter_mut().zip((0..).step_by(2)) {
            *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
        }
        Some(Self(hash))
    }
}

/// Hashes a content piece by piece.
#[derive(Debug, Default, Clone)]
pub struct ContentHasher(Sha256);

impl ContentHasher {
    /// Adds the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of all that was added.
    #[must_use]
    pub fn finish(self) -> ContentHash {
        ContentHash(self.0.finalize().into())
    }
}

/// Collects the entries of one tree, in any order, and gives its IDs.
///
/// ```
/// use holdall_tree::{ContentHash, Entry, Kind, Metadata, RelPath, TreeIds};
/// let mut ids = TreeIds::default();
/// let file = Entry {
///     path: RelPath::parse("a")?,
///     kind: Kind::File { size: 2 },
///     meta: Metadata { mode: Some(0o644), ..Metadata::default() },
/// };
/// ids.add(&file, Some(ContentHash::of(b"hi")));
/// let (id, _full) = ids.finish();
/// assert_eq!(id.to_string().len(), 64);
/// # Ok::<(), holdall_tree::PathError>(())
/// ```
#[derive(Debug, Default)]
pub struct TreeIds {
    root: Node,
    links: BTreeMap<(u64, u64), RelPath>,
    linked: Vec<(RelPath, (u64, u64))>,
}

#[derive(Debug, Default)]
struct Node {
    /// Kind and permission bits; `None` of a directory that was never added.
    plain: Option<[u8; 5]>,
    extra: Vec<u8>,
    content: [u8; 32],
    children: Option<BTreeMap<Name, Node>>,
}

impl TreeIds {
    /// Adds one entry; `content` is the hash of a file's bytes and ignored for all else.
    ///
    /// A directory that is never added but has something beneath it counts as one of mode 0755.
    pub fn add(&mut self, entry: &Entry, content: Option<ContentHash>) {
        if let Some(link) = entry.meta.hard_link {
            let key = (link.device, link.inode);
            self.linked.push((entry.path.clone(), key));
            let first = self.links.entry(key).or_insert_with(|| entry.path.clone());
            if entry.path < *first {
                *first = entry.path.clone();
            }
        }
        let Some(node) = make(&mut self.root, &entry.path) else { return };
        node.plain = Some(plain(entry));
        node.extra = extra(entry);
        match &entry.kind {
            Kind::File { .. } => node.content = content.unwrap_or(ContentHash([0; 32])).0,
            Kind::Symlink { target } => node.content = ContentHash::of(target).0,
            Kind::CharDevice { rdev } | Kind::BlockDevice { rdev } => {
                node.content = ContentHash::of(&rdev.to_le_bytes()).0;
            }
            Kind::Fifo | Kind::Socket => node.content = ContentHash::of(b"").0,
            Kind::Directory => {
                node.children.get_or_insert_default();
            }
        }
    }

    /// Adds `path` as another name of an entry that was added as `first`, and is no directory.
    pub fn add_name(&mut self, path: &RelPath, first: &RelPath) {
        let Some(same) = find(&mut self.root, first) else { return };
        let (plain, extra, content) = (same.plain, same.extra.clone(), same.content);
        if let Some(node) = make(&mut self.root, path) {
            *node = Node { plain, extra, content, children: None };
        }
    }

    /// The hash of the file that was added at `path`, if one was.
    #[must_use]
    pub fn file(&self, path: &RelPath) -> Option<ContentHash> {
        let mut node = &self.root;
        for component in path.components() {
            node = node.children.as_ref()?.get(component)?;
        }
        matches!(node.plain, Some([b'f', ..])).then_some(ContentHash(node.content))
    }

    /// The two IDs of everything added.
    #[must_use]
    pub fn finish(mut self) -> (TreeId, FullTreeId) {
        for (path, key) in std::mem::take(&mut self.linked) {
            // The group is named by its first path in canonical order, so it does not depend on inode numbers. A
            // group of which only one name is in the tree is no group.
            let Some(first) = self.links.get(&key).cloned() else { continue };
            if first == path {
                continue;
            }
            if let Some(node) = find(&mut self.root, &path) {
                node.extra.push(b'L');
                put_bytes(&mut node.extra, first.as_bytes());
            }
        }
        self.root.children.get_or_insert_default();
        let (plain, full) = hash(&self.root);
        let mut top = Sha256::new_with_prefix(b"holdall full tree 1\0");
        put_hash(&mut top, &self.root.extra);
        top.update(full);
        (TreeId(plain), FullTreeId(top.finalize().into()))
    }
}

/// The node at `path`, made with those above it if it is not there.
fn make<'n>(mut node: &'n mut Node, path: &RelPath) -> Option<&'n mut Node> {
    for component in path.components() {
        let children = node.children.get_or_insert_default();
        // Most of what is above is there, and needs no name of its own.
        if !children.contains_key(component) {
            // A RelPath consists of valid names.
            children.insert(Name::parse(component).ok()?, Node::default());
        }
        node = children.get_mut(component)?;
    }
    Some(node)
}

fn find<'n>(mut node: &'n mut Node, path: &RelPath) -> Option<&'n mut Node> {
    for component in path.components() {
        node = node.children.as_mut()?.get_mut(component)?;
    }
    Some(node)
}

/// Kind and permission bits: 1 byte and 4 bytes little-endian. A link has no mode of its own.
fn plain(entry: &Entry) -> [u8; 5] {
    let (tag, default) = match entry.kind {
        Kind::File { .. } => (b'f', 0o644),
        Kind::Directory => (b'd', 0o755),
        Kind::Symlink { .. } => (b'l', 0),
        Kind::CharDevice { .. } => (b'c', 0o644),
        Kind::BlockDevice { .. } => (b'b', 0o644),
        Kind::Fifo => (b'p', 0o644),
        Kind::Socket => (b's', 0o644),
    };
    let mode = if tag == b'l' { 0 } else { entry.meta.mode.unwrap_or(default) & 0o7777 };
    let [a, b, c, d] = mode.to_le_bytes();
    [tag, a, b, c, d]
}

fn extra(entry: &Entry) -> Vec<u8> {
    let meta = &entry.meta;
    let mut out = Vec::new();
    for (tag, number) in [(b'u', meta.uid), (b'g', meta.gid)] {
        if let Some(number) = number {
            out.push(tag);
            out.extend_from_slice(&number.to_le_bytes());
        }
    }
    if let Some(time) = meta.mtime {
        out.push(b'm');
        out.extend_from_slice(&time.secs.to_le_bytes());
        out.extend_from_slice(&time.nanos.to_le_bytes());
    }
    let mut xattrs: Vec<_> = meta.xattrs.iter().flatten().collect();
    xattrs.sort();
    for xattr in xattrs {
        out.push(b'x');
        put_bytes(&mut out, &xattr.name);
        put_bytes(&mut out, &xattr.value);
    }
    if let Some(attributes) = meta.attributes.filter(|a| a.0 != 0) {
        out.push(b'a');
        out.extend_from_slice(&attributes.0.to_le_bytes());
    }
    out
}

fn hash(node: &Node) -> ([u8; 32], [u8; 32]) {
    let Some(children) = &node.children else { return (node.content, node.content) };
    let mut plain = Sha256::new_with_prefix(b"holdall tree 1\0");
    let mut full = Sha256::new_with_prefix(b"holdall full tree 1\0");
    for (name, child) in children {
        let (p, f) = hash(child);
        let attrs = child.plain.unwrap_or([b'd', 0xed, 1, 0, 0]);
        for (hasher, id) in [(&mut plain, p), (&mut full, f)] {
            put_hash(hasher, name.as_bytes());
            hasher.update(attrs);
            hasher.update(id);
        }
        put_hash(&mut full, &child.extra);
    }
    (plain.finalize().into(), full.finalize().into())
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    out.extend_from_slice(bytes);
}

fn put_hash(hasher: &mut Sha256, bytes: &[u8]) {
    hasher.update((bytes.len() as u64).to_le_bytes());
    hasher.update(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{HardLink, Metadata, Timestamp};
    use proptest::prelude::*;

    fn file(path: &str, mode: u32) -> Entry {
        Entry {
            path: RelPath::parse(path).unwrap(),
            kind: Kind::File { size: 0 },
            meta: Metadata { mode: Some(mode), ..Metadata::default() },
        }
    }

    fn ids(entries: &[(Entry, &[u8])]) -> (TreeId, FullTreeId) {
        let mut ids = TreeIds::default();
        for (entry, content) in entries {
            ids.add(entry, Some(ContentHash::of(content)));
        }
        ids.finish()
    }

    #[test]
    fn the_documented_vectors_hold() {
        // docs/tree-id.md has the same, made by an independent implementation.
        let check = |entries: &[Entry], plain: &str, full: &str| {
            let entries: Vec<(Entry, &[u8])> =
                entries.iter().map(|e| (e.clone(), &b"hi"[..])).collect();
            let (id, full_id) = ids(&entries);
            assert_eq!((id.to_string().as_str(), full_id.to_string().as_str()), (plain, full));
        };
        let other = |path: &str, kind: Kind, mode: u32| Entry { kind, ..file(path, mode) };
        let mut two = [file("a", 0o644), file("b", 0o644)];
        for entry in &mut two {
            entry.meta.hard_link = Some(HardLink { device: 1, inode: 7, links: 2 });
        }
        check(
            &[],
            "ff9317cd6bbe49f94020201afdf11fe27ebc1b384f4a2861de46f383a62c062e",
            "bb6eac749271fa1d1f9e013bffa33a962d4d2e875e54e0ed0a2de563f853f365",
        );
        check(
            &[file("a", 0o644)],
            "474b8352319c6940d701e0ea2120d3deeb17b53590558a824ca5240da9f33aa1",
            "4ab456a6e191c4fb5df58f294c2fcf47519125127fdbd54f259ba106823f43a2",
        );
        check(
            &[other("l", Kind::Symlink { target: b"a".to_vec() }, 0o777)],
            "9cb1c7d00a2c803bed5de8503db660cf557e27b28ced41b7ade262111a1ba4f6",
            "23bdd51af537f0f5affa158397a74e529084402b740b07ecc09a029a6ccf183d",
        );
        check(
            &[other("d", Kind::Directory, 0o755), file("d/a", 0o644)],
            "280de28edbc41a19d9ac78f70860a77db3dcf230a4d207c3ebd8330db406fd44",
            "b90bf5f73f97f3dd4278743eddab6b94b3b4159351bfcbd4f1b523a8c4c2a4a4",
        );
        check(
            &[other("n", Kind::CharDevice { rdev: 0x103 }, 0o666)],
            "af7e8f0f28dc0b9b24d138ed3cd2aa6940802da6df30d1a25d33150742e11e65",
            "929d5e74fb80ec4969482a2c849505195bdfc7a48f14b83ccb160a235b996bc3",
        );
        check(
            &two,
            "ff157d12c73ed3677c2e44a089e892ed435428dfc71e1fb6ba081c41558244cc",
            "e7420211837685bfc37593790514a7cb1453cd87fa7fa1492e017fc53710ac7d",
        );
    }

    #[test]
    fn what_every_form_carries_changes_the_id_and_the_rest_changes_only_the_full_one() {
        let base = ids(&[(file("a", 0o644), b"x")]);
        for other in [(file("b", 0o644), b"x"), (file("a", 0o755), b"x"), (file("a", 0o644), b"y")]
        {
            assert_ne!(ids(&[(other.0, other.1)]).0, base.0);
        }
        let mut timed = file("a", 0o644);
        timed.meta.mtime = Some(Timestamp::new(1, 2));
        let timed = ids(&[(timed, b"x")]);
        assert_eq!(timed.0, base.0);
        assert_ne!(timed.1, base.1);
    }

    #[test]
    fn a_hard_link_group_is_named_by_its_first_path_and_not_by_its_inode() {
        let linked = |inode| {
            let mut two = [file("a", 0o644), file("b", 0o644)];
            for entry in &mut two {
                entry.meta.hard_link = Some(HardLink { device: 1, inode, links: 2 });
            }
            let [a, b] = two;
            ids(&[(b, b"x"), (a, b"x")])
        };
        let apart = ids(&[(file("a", 0o644), b"x"), (file("b", 0o644), b"x")]);
        assert_eq!(linked(7), linked(9));
        assert_eq!(linked(7).0, apart.0);
        assert_ne!(linked(7).1, apart.1);
    }

    proptest! {
        #[test]
        fn the_order_of_arrival_does_not_matter(names in proptest::collection::btree_set("[a-d]{1,3}(/[a-d]{1,2})?", 1..12), seed: u64) {
            // A name that is both a file and a directory of another cannot be.
            let list: Vec<String> = names.iter().filter(|n| !names.iter().any(|m| m.starts_with(&format!("{n}/")))).cloned().collect();
            let entries: Vec<_> = list.iter().map(|n| (file(n, 0o644), n.as_bytes())).collect();
            let mut turned = entries.clone();
            turned.rotate_left((seed % entries.len() as u64) as usize);
            turned.reverse();
            prop_assert_eq!(ids(&entries), ids(&turned));
        }
    }
}
