//! Arbitrary trees for property tests, with the names and metadata that break programs.

use std::collections::HashSet;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::peer::is_root;
use crate::spec::{Content, EntrySpec, KindSpec, TreeSpec};

/// One entry before it is known which names and files there are.
#[derive(Debug, Clone)]
struct Seed {
    parent: Index,
    name: Vec<u8>,
    kind: SeedKind,
    mode: u32,
    mtime: (i64, u32),
    owner: (u32, u32),
    xattrs: Vec<(String, Vec<u8>)>,
}

#[derive(Debug, Clone)]
enum SeedKind {
    Made(KindSpec),
    LinkTo(Index),
}

/// Trees of up to 40 entries: hostile names, every kind that this user can make, and metadata at its limits.
///
/// What only root can make, and modes that would lock an ordinary user out, come only where the test runs as root.
pub fn arb_tree() -> impl Strategy<Value = TreeSpec> {
    prop::collection::vec(seed(is_root()), 0..40).prop_map(|seeds| grow(seeds, is_root()))
}

fn seed(root: bool) -> impl Strategy<Value = Seed> {
    (any::<Index>(), name(), kind(root), mode(), mtime(), owner(root), xattrs()).prop_map(
        |(parent, name, kind, mode, mtime, owner, xattrs)| Seed {
            parent,
            name,
            kind,
            mode,
            mtime,
            owner,
            xattrs,
        },
    )
}

/// Hangs each entry below one of the directories that are there, and drops those whose name is taken.
fn grow(seeds: Vec<Seed>, root: bool) -> TreeSpec {
    let mut dirs = vec![PathBuf::new()];
    let mut files: Vec<PathBuf> = Vec::new();
    let mut taken = HashSet::new();
    let mut entries = Vec::new();
    for seed in seeds {
        let path = seed.parent.get(&dirs).join(OsString::from_vec(seed.name));
        if !taken.insert(path.clone()) {
            continue;
        }
        let kind = match seed.kind {
            SeedKind::Made(kind) => kind,
            SeedKind::LinkTo(_) if files.is_empty() => KindSpec::File(Content::Bytes(Vec::new())),
            SeedKind::LinkTo(file) => KindSpec::HardLink(file.get(&files).clone()),
        };
        let mut mode = seed.mode;
        let mut xattrs = seed.xattrs;
        match kind {
            KindSpec::Dir => {
                dirs.push(path.clone());
                mode |= if root { 0 } else { 0o700 };
            }
            KindSpec::File(_) => {
                files.push(path.clone());
                mode |= if root { 0 } else { 0o400 };
            }
            // The kernel lets users put attributes on files and directories only.
            _ => xattrs.clear(),
        }
        let owner = root.then_some(seed.owner);
        entries.push(EntrySpec { path, kind, mode, mtime: seed.mtime, owner, xattrs });
    }
    TreeSpec { entries }
}

fn name() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => "[a-z]{1,8}(\\.[a-z]{1,3})?".prop_map(String::into_bytes),
        3 => select(crate::hostile::names_hostile()),
        2 => prop::collection::vec(
            any::<u8>().prop_filter("no name holds these", |byte| *byte != 0 && *byte != b'/'),
            1..40,
        ),
    ]
    .prop_filter("these are no names", |name| name != b"." && name != b"..")
}

fn kind(root: bool) -> impl Strategy<Value = SeedKind> {
    let target = prop_oneof![
        Just(PathBuf::from("nowhere")),
        Just(PathBuf::from(".")),
        Just(PathBuf::from("../../../etc/passwd")),
        Just(PathBuf::from("/absolute/and gone")),
        name().prop_map(|name| PathBuf::from(OsString::from_vec(name))),
    ];
    let device = if root { 1 } else { 0 };
    prop_oneof![
        8 => content().prop_map(|content| SeedKind::Made(KindSpec::File(content))),
        5 => Just(SeedKind::Made(KindSpec::Dir)),
        2 => target.prop_map(|target| SeedKind::Made(KindSpec::Symlink(target))),
        2 => any::<Index>().prop_map(SeedKind::LinkTo),
        1 => Just(SeedKind::Made(KindSpec::Fifo)),
        1 => Just(SeedKind::Made(KindSpec::Socket)),
        // Numbers that no driver answers to.
        device => (240_u32..254, 0_u32..300)
            .prop_map(|(major, minor)| SeedKind::Made(KindSpec::CharDevice { major, minor })),
        device => (240_u32..254, 0_u32..300)
            .prop_map(|(major, minor)| SeedKind::Made(KindSpec::BlockDevice { major, minor })),
    ]
}

fn content() -> impl Strategy<Value = Content> {
    let piece = (0_u64..3_000_000, prop::collection::vec(any::<u8>(), 1..100));
    prop_oneof![
        2 => Just(Content::Bytes(Vec::new())),
        4 => prop::collection::vec(any::<u8>(), 1..300).prop_map(Content::Bytes),
        2 => (any::<u64>(), 300_usize..100_000)
            .prop_map(|(seed, length)| Content::Noise { seed, length }),
        // Large enough to be cut into several chunks now and then.
        1 => (any::<u64>(), 500_000_usize..1_500_000)
            .prop_map(|(seed, length)| Content::Noise { seed, length }),
        1 => prop::collection::vec(piece, 0..3)
            .prop_map(|pieces| Content::Sparse { length: 3_100_000, pieces }),
    ]
}

fn mode() -> impl Strategy<Value = u32> {
    prop_oneof![4 => Just(0o644_u32), 2 => Just(0o755), 1 => Just(0), 1 => Just(0o4755), 2 => 0..0o10000_u32]
}

fn mtime() -> impl Strategy<Value = (i64, u32)> {
    let seconds = prop_oneof![
        4 => 1_000_000_000_i64..1_900_000_000,
        1 => Just(0),
        1 => Just(-1),
        1 => -2_000_000_000_i64..0,
        // Beyond 2038 and 2106; ext4 ends in 2446.
        1 => 4_300_000_000_i64..15_000_000_000,
    ];
    (seconds, prop_oneof![Just(0_u32), Just(1), Just(999_999_999), 0_u32..1_000_000_000])
}

fn owner(root: bool) -> impl Strategy<Value = (u32, u32)> {
    let far = if root { 1 } else { 0 };
    prop_oneof![3 => Just((0, 0)), far => (0_u32..70_000, 0_u32..70_000), far => Just((4_000_000_000, 65_534))]
}

fn xattrs() -> impl Strategy<Value = Vec<(String, Vec<u8>)>> {
    let value = prop_oneof![
        Just(Vec::new()),
        prop::collection::vec(any::<u8>(), 1..60),
        Just(vec![b'x'; 900]),
    ];
    let one = ("user\\.[a-z]{1,6}", value);
    prop_oneof![
        4 => Just(Vec::new()),
        1 => prop::collection::btree_map(one.0, one.1, 1..3).prop_map(|map| map.into_iter().collect()),
    ]
}
