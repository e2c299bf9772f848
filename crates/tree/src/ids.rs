//! The identity of a tree, from its entries in any order.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use sha2::{Digest, Sha256};

use crate::entry::{Entry, Kind};
use crate::id::{ContentHash, FullTreeId, TreeId};
use crate::path::RelPath;

/// What the hash of a directory begins with.
const TREE: &[u8] = b"holdall tree 1\0";
const FULL_TREE: &[u8] = b"holdall full tree 1\0";
/// Kind and permission bits of a directory that was never added but has something beneath it.
const UNSAID: [u8; 5] = [b'd', 0xed, 1, 0, 0];

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
    /// In the order in which they came. Of two with the same path the later one counts.
    nodes: Vec<Node>,
    /// What only the full ID covers of all nodes, one behind the other.
    extras: Vec<u8>,
    /// The first name of each file that has several.
    links: BTreeMap<(u64, u64), RelPath>,
    linked: Vec<(usize, (u64, u64))>,
    /// Where the node of a path is; kept from the first time on that somebody asks.
    places: Option<HashMap<RelPath, usize>>,
}

#[derive(Debug)]
struct Node {
    path: RelPath,
    /// Kind and permission bits.
    plain: [u8; 5],
    /// Where in `extras` its part is.
    extra: Range<usize>,
    content: [u8; 32],
    is_dir: bool,
}

impl TreeIds {
    /// Adds one entry; `content` is the hash of a file's bytes and ignored for all else.
    ///
    /// A directory that is never added but has something beneath it counts as one of mode 0755.
    pub fn add(&mut self, entry: &Entry, content: Option<ContentHash>) {
        if let Some(link) = entry.meta.hard_link {
            let key = (link.device, link.inode);
            self.linked.push((self.nodes.len(), key));
            let first = self.links.entry(key).or_insert_with(|| entry.path.clone());
            if entry.path < *first {
                *first = entry.path.clone();
            }
        }
        let content = match &entry.kind {
            Kind::File { .. } => content.unwrap_or(ContentHash([0; 32])),
            Kind::Directory => ContentHash([0; 32]),
            Kind::Symlink { target } => ContentHash::of(target),
            Kind::CharDevice { rdev } | Kind::BlockDevice { rdev } => {
                ContentHash::of(&rdev.to_le_bytes())
            }
            Kind::Fifo | Kind::Socket => ContentHash::of(b""),
        };
        let begin = self.extras.len();
        put_extra(&mut self.extras, entry);
        self.push(Node {
            path: entry.path.clone(),
            plain: plain(entry),
            extra: begin..self.extras.len(),
            content: content.0,
            is_dir: entry.is_dir(),
        });
    }

    /// Adds `path` as another name of an entry that was added as `first`, and is no directory.
    pub fn add_name(&mut self, path: &RelPath, first: &RelPath) {
        let Some(same) = self.find(first) else { return };
        let (plain, extra, content) = (same.plain, same.extra.clone(), same.content);
        self.push(Node { path: path.clone(), plain, extra, content, is_dir: false });
    }

    /// The hash of the file that was added at `path`, if one was.
    #[must_use]
    pub fn file(&mut self, path: &RelPath) -> Option<ContentHash> {
        let node = self.find(path)?;
        matches!(node.plain, [b'f', ..]).then_some(ContentHash(node.content))
    }

    fn push(&mut self, node: Node) {
        if let Some(places) = &mut self.places {
            places.insert(node.path.clone(), self.nodes.len());
        }
        self.nodes.push(node);
    }

    fn find(&mut self, path: &RelPath) -> Option<&Node> {
        let nodes = &self.nodes;
        let places = self.places.get_or_insert_with(|| {
            nodes.iter().enumerate().map(|(at, node)| (node.path.clone(), at)).collect()
        });
        nodes.get(*places.get(path)?)
    }

    /// The two IDs of everything added.
    #[must_use]
    pub fn finish(mut self) -> (TreeId, FullTreeId) {
        self.tell_links();
        // Most come in order; then this is one comparison each.
        self.nodes.sort_by(|a, b| a.path.cmp(&b.path));
        let mut hasher = Hasher { extras: &self.extras, above: Vec::new(), line: Vec::new() };
        let mut nodes = self.nodes.iter().peekable();
        let mut root_extra: &[u8] = &[];
        while let Some(node) = nodes.next() {
            if nodes.peek().is_some_and(|next| next.path == node.path) {
                continue;
            }
            if node.path.is_root() {
                root_extra = hasher.extra(&node.extra);
            }
            let beneath = nodes.peek().is_some_and(|next| is_beneath(&next.path, &node.path));
            hasher.node(node, node.is_dir || beneath);
        }
        let (plain, full) = hasher.finish();
        let mut top = Sha256::new_with_prefix(FULL_TREE);
        put_hash(&mut top, root_extra);
        top.update(full);
        (TreeId(plain), FullTreeId(top.finalize().into()))
    }

    /// Adds to all names of a file but the first which one that is, so that a group does not depend on the numbers of inodes.
    fn tell_links(&mut self) {
        for (at, key) in std::mem::take(&mut self.linked) {
            let (Some(node), Some(first)) = (self.nodes.get_mut(at), self.links.get(&key)) else {
                continue;
            };
            if *first == node.path {
                continue;
            }
            let begin = self.extras.len();
            self.extras.extend_from_within(node.extra.clone());
            self.extras.push(b'L');
            put_bytes(&mut self.extras, first.as_bytes());
            node.extra = begin..self.extras.len();
        }
    }
}

/// Hashes nodes that come in canonical order, each directory when the last of it came.
struct Hasher<'e> {
    extras: &'e [u8],
    /// The directory that the last node lies in, below those above it; the root is always the first.
    above: Vec<Above>,
    line: Vec<u8>,
}

/// A directory of which not all has come yet.
struct Above {
    /// The bytes of its path.
    path: Box<[u8]>,
    attrs: [u8; 5],
    extra: Range<usize>,
    plain: Sha256,
    full: Sha256,
}

impl<'e> Hasher<'e> {
    fn node(&mut self, node: &Node, is_dir: bool) {
        let path = node.path.as_bytes();
        if node.path.is_root() {
            return self.open(path, node.plain, node.extra.clone());
        }
        self.close_to(path);
        // Directories that were never added.
        let from = self.above.last().map_or(0, |above| above.path.len() + 1);
        let slashes = path.iter().enumerate().skip(from).filter(|(_, byte)| **byte == b'/');
        for end in slashes.map(|(at, _)| at).collect::<Vec<_>>() {
            self.open(path.get(..end).unwrap_or_default(), UNSAID, 0..0);
        }
        if is_dir {
            self.open(path, node.plain, node.extra.clone());
        } else {
            self.tell(path, node.plain, &node.extra, (node.content, node.content));
        }
    }

    fn open(&mut self, path: &[u8], attrs: [u8; 5], extra: Range<usize>) {
        let (plain, full) = (Sha256::new_with_prefix(TREE), Sha256::new_with_prefix(FULL_TREE));
        self.above.push(Above { path: path.into(), attrs, extra, plain, full });
    }

    /// Ends all directories that `path` does not lie in.
    fn close_to(&mut self, path: &[u8]) {
        if self.above.is_empty() {
            self.open(b"", UNSAID, 0..0);
        }
        while self.above.len() > 1
            && self.above.last().is_some_and(|above| !lies_in(path, &above.path))
        {
            self.close();
        }
    }

    fn close(&mut self) {
        let Some(Above { path, attrs, extra, plain, full }) = self.above.pop() else { return };
        let ids = (plain.finalize().into(), full.finalize().into());
        self.tell(&path, attrs, &extra, ids);
    }

    /// Adds an entry that is complete to the directory that holds it.
    fn tell(
        &mut self,
        path: &[u8],
        attrs: [u8; 5],
        extra: &Range<usize>,
        (plain, full): ([u8; 32], [u8; 32]),
    ) {
        let extra = self.extra(extra);
        let Some(above) = self.above.last_mut() else { return };
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        // In one piece: most parts are shorter than the block that a hasher works on.
        self.line.clear();
        put_bytes(&mut self.line, name);
        self.line.extend_from_slice(&attrs);
        let begins = self.line.len();
        self.line.extend_from_slice(&plain);
        above.plain.update(&self.line);
        self.line.truncate(begins);
        self.line.extend_from_slice(&full);
        put_bytes(&mut self.line, extra);
        above.full.update(&self.line);
    }

    fn extra(&self, extra: &Range<usize>) -> &'e [u8] {
        self.extras.get(extra.clone()).unwrap_or_default()
    }

    fn finish(mut self) -> ([u8; 32], [u8; 32]) {
        self.close_to(b"");
        match self.above.pop() {
            Some(root) => (root.plain.finalize().into(), root.full.finalize().into()),
            None => Default::default(),
        }
    }
}

/// True if `path` is beneath the directory `dir`.
fn lies_in(path: &[u8], dir: &[u8]) -> bool {
    dir.is_empty()
        || path.strip_prefix(dir).is_some_and(|rest| rest.first().is_some_and(|byte| *byte == b'/'))
}

fn is_beneath(path: &RelPath, dir: &RelPath) -> bool {
    !path.is_root() && lies_in(path.as_bytes(), dir.as_bytes())
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

/// Adds what only the full ID covers.
fn put_extra(out: &mut Vec<u8>, entry: &Entry) {
    let meta = &entry.meta;
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
        put_bytes(out, &xattr.name);
        put_bytes(out, &xattr.value);
    }
    if let Some(attributes) = meta.attributes.filter(|a| a.0 != 0) {
        out.push(b'a');
        out.extend_from_slice(&attributes.0.to_le_bytes());
    }
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

    #[test]
    fn a_directory_that_is_never_added_counts_as_one_of_mode_0755() {
        let dir = |path: &str| Entry { kind: Kind::Directory, ..file(path, 0o755) };
        let files = [(file("a/b/c", 0o644), &b"x"[..]), (file("a-d/e", 0o644), b"y")];
        let [one, two] = files.clone();
        let said = [(dir("a-d"), &b""[..]), one, (dir("a/b"), b""), two, (dir("a"), b"")];
        assert_eq!(ids(&files), ids(&said));
    }

    #[test]
    fn the_last_that_is_said_of_a_path_counts() {
        let mut ids = TreeIds::default();
        for content in [b"x", b"y"] {
            ids.add(&file("a", 0o644), Some(ContentHash::of(content)));
            assert_eq!(ids.file(&file("a", 0).path), Some(ContentHash::of(content)));
        }
        assert_eq!(ids.finish(), super::tests::ids(&[(file("a", 0o644), b"y")]));
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
