//! What we write we read, and what is the same tree is the same bytes.

use holdall_archive::tar::{TarTree, read_back, write};
use holdall_archive::{MemoryBytes, Trust, WriteOptions};
use holdall_testkit::{KindSpec, TreeSpec};
use holdall_tree::{Entry, Everything, InOrder, Kind, Source, Timestamp};

use crate::disk::DiskTree;
use crate::support::{Told, contents, make_dir, property, tree_id};

/// The tree on the disk as an archive of ours.
pub(crate) fn written(tree: &DiskTree, options: &WriteOptions) -> Vec<u8> {
    let told = Told::default();
    let mut bytes = Vec::new();
    write(&told.ctx(), &mut InOrder::new(tree), &Everything, &mut bytes, options).unwrap();
    assert!(told.problems.lock().unwrap().is_empty(), "{:?}", told.problems);
    bytes
}

/// The tree without what tar cannot hold.
pub(crate) fn storable(mut spec: TreeSpec) -> TreeSpec {
    spec.entries.retain(|entry| entry.kind != KindSpec::Socket);
    spec
}

/// An entry without what only the disk knows, and hard links by the first name that the archive has.
fn plain(entry: &Entry) -> Entry {
    let mut entry = entry.clone();
    entry.meta.hard_link = None;
    if let Some(xattrs) = &mut entry.meta.xattrs {
        xattrs.sort();
    }
    entry
}

#[test]
fn any_tree_comes_back_with_all_that_it_has() {
    let run = |spec: TreeSpec| {
        let home = tempfile::tempdir().unwrap();
        let dir = make_dir(home.path(), "tree");
        storable(spec).write(&dir).unwrap();
        let disk = DiskTree(dir);
        let bytes = written(&disk, &WriteOptions::default());
        let told = Told::default();
        let tree = TarTree::open(&told.ctx(), MemoryBytes(bytes.clone()), Trust::Own).unwrap();
        let (expected, found) = (contents(&disk), contents(&tree));
        assert_eq!(expected.keys().collect::<Vec<_>>(), found.keys().collect::<Vec<_>>());
        for (path, (entry, content)) in &expected {
            let (other, again) = &found[path];
            assert_eq!(plain(entry), plain(other));
            assert!(content == again, "{}", entry.path);
        }
        let links = |all: &std::collections::BTreeMap<Vec<u8>, (Entry, Vec<u8>)>| {
            let mut groups = std::collections::BTreeMap::<u64, Vec<Vec<u8>>>::new();
            for (path, (entry, _)) in all {
                if let Some(link) = entry.meta.hard_link {
                    groups.entry(link.inode).or_default().push(path.clone());
                }
            }
            let mut groups: Vec<_> = groups.into_values().filter(|g| g.len() > 1).collect();
            groups.sort();
            groups
        };
        assert_eq!(links(&expected), links(&found));
        let held = read_back(&told.ctx(), &bytes[..], Trust::Own).unwrap();
        assert_eq!(held.entries + 1, expected.len() as u64);
        assert_eq!(held.tree, Some(tree_id(&tree)));
    };
    property(24, run);
}

#[test]
fn trees_that_hold_the_same_are_the_same_bytes_whoever_made_them_and_when() {
    let home = tempfile::tempdir().unwrap();
    let make = |name: &str, order: [&str; 2], secs: i64| {
        let dir = make_dir(home.path(), name);
        for file in order {
            std::fs::write(dir.join(file), file).unwrap();
            let time = std::time::UNIX_EPOCH + std::time::Duration::new(secs as u64, 5);
            std::fs::File::open(dir.join(file)).unwrap().set_modified(time).unwrap();
        }
        DiskTree(dir)
    };
    let (a, b) = (make("a", ["x", "y"], 1_000_000), make("b", ["y", "x"], 2_000_000));
    let time = Timestamp { secs: 1_600_000_000, nanos: 0 };
    let fixed = WriteOptions { reproducible: Some(time), ..WriteOptions::default() };
    assert!(written(&a, &fixed) == written(&b, &fixed));
    assert!(written(&a, &WriteOptions::default()) != written(&b, &WriteOptions::default()));
}

#[test]
fn a_file_that_shrinks_or_grows_while_it_is_read_is_told_and_the_archive_stays_whole() {
    struct Wrong(u64);
    impl Source for Wrong {
        fn read(
            &mut self,
            _: &holdall_tree::Context<'_>,
            _: &dyn holdall_tree::Filter,
            visit: &mut holdall_tree::Visit<'_>,
        ) -> holdall_tree::Result<()> {
            for (name, size) in [("a", self.0 + 9), ("b", self.0 - 9), ("c", self.0)] {
                let entry = Entry {
                    path: holdall_tree::RelPath::parse(name).unwrap(),
                    kind: Kind::File { size },
                    meta: holdall_tree::Metadata::default(),
                };
                let there = usize::try_from(self.0).unwrap();
                visit(&entry, holdall_tree::Content::Bytes(vec![b'x'; there].into())).map(drop)?;
            }
            Ok(())
        }
    }
    for there in [1000, 3 << 20] {
        let told = Told::default();
        let mut bytes = Vec::new();
        let options = WriteOptions::default();
        write(&told.ctx(), &mut Wrong(there), &Everything, &mut bytes, &options).unwrap();
        let problems = told.problems.lock().unwrap().clone();
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[0].contains("was changed while it was read"), "{problems:?}");
        let tree = TarTree::open(&told.ctx(), MemoryBytes(bytes), Trust::Nothing).unwrap();
        let found = contents(&tree);
        assert_eq!(found[&b"c"[..]].1.len() as u64, there);
        assert!(found[&b"a"[..]].1.starts_with(&found[&b"c"[..]].1));
    }
}
