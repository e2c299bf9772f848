//! Manifests: what they prove, and what is no manifest.

use holdall_archive::tar::{self, TarTree};
use holdall_archive::zip::{self, ZipTree};
use holdall_archive::{Error, MANIFEST, MemoryBytes, Trust, WriteOptions};
use holdall_tree::{
    ContentHash, Entry, Everything, InOrder, Kind, Metadata, RelPath, Tree, TreeId, TreeIds,
};

use crate::disk::DiskTree;
use crate::support::{Told, make_dir, refusal, tree_id};
use holdall_testkit::tar::{archive, file};

const WANTED: WriteOptions = WriteOptions { reproducible: None, identify: true, manifest: true };

fn small(home: &std::path::Path) -> DiskTree {
    let dir = make_dir(home, "tree");
    std::fs::create_dir(dir.join("sub")).unwrap();
    std::fs::write(dir.join("a"), "some content").unwrap();
    std::fs::write(dir.join("sub/back\\slash\nand line"), "other content").unwrap();
    std::fs::hard_link(dir.join("a"), dir.join("sub/b")).unwrap();
    std::os::unix::fs::symlink("a", dir.join("link")).unwrap();
    DiskTree(dir)
}

/// The tree ID, but for modes, of an archive all of which can be read.
fn read(tree: &dyn Tree, entries: Vec<Entry>) -> Option<TreeId> {
    let mut ids = TreeIds::default();
    for mut entry in entries {
        // In a zip a mode is said once and has no sum.
        entry.meta.mode = None;
        let mut bytes = Vec::new();
        if let Kind::File { .. } = entry.kind {
            std::io::Read::read_to_end(&mut tree.open(&entry).ok()?.into_read(), &mut bytes)
                .ok()?;
        }
        ids.add(&entry, Some(ContentHash::of(&bytes)));
    }
    Some(ids.finish().0)
}

fn walk(tree: &dyn Tree) -> Option<Vec<Entry>> {
    let (told, mut found) = (Told::default(), Vec::new());
    let mut source = InOrder::new(tree).without_contents();
    holdall_tree::Source::read(&mut source, &told.ctx(), &Everything, &mut |entry, _| {
        found.push(entry.clone());
        Ok(std::ops::ControlFlow::Continue(()))
    })
    .ok()?;
    Some(found)
}

/// The ID of the tree that some bytes are, if they are taken.
type Id = fn(&[u8]) -> Option<TreeId>;

fn tar_id(bytes: &[u8]) -> Option<TreeId> {
    let tree = TarTree::open(&Told::default().ctx(), MemoryBytes(bytes.to_vec()), Trust::Own);
    let tree = tree.ok()?;
    read(&tree, walk(&tree)?)
}

fn zip_id(bytes: &[u8]) -> Option<TreeId> {
    let tree = ZipTree::open(&Told::default().ctx(), MemoryBytes(bytes.to_vec()), Trust::Own);
    let tree = tree.ok()?;
    read(&tree, walk(&tree)?)
}

#[test]
fn no_bit_of_a_name_a_link_or_a_content_can_be_changed_unnoticed() {
    let home = tempfile::tempdir().unwrap();
    let disk = small(home.path());
    let told = Told::default();
    let (mut in_tar, mut in_zip) = (Vec::new(), Vec::new());
    let held = tar::write(&told.ctx(), &mut InOrder::new(&disk), &Everything, &mut in_tar, &WANTED);
    let held = held.unwrap().held;
    zip::write(&told.ctx(), &mut InOrder::new(&disk), &Everything, &mut in_zip, None, &WANTED)
        .unwrap();
    assert_eq!((held.manifest, held.tree), (true, Some(tree_id(&disk))));
    let expected = read(&disk, walk(&disk).unwrap()).unwrap();
    // Only what is used of the last record of a tar.
    in_tar.truncate(in_tar.len().next_multiple_of(512));
    for (bytes, id) in [(in_tar, tar_id as Id), (in_zip, zip_id)] {
        assert_eq!(id(&bytes), Some(expected));
        let (mut noticed, mut same) = (0, 0);
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            match id(&changed) {
                None => noticed += 1,
                Some(found) => {
                    assert_eq!(found, expected, "bit {bit} makes another tree");
                    same += 1;
                }
            }
        }
        assert!(noticed > same / 4, "{noticed} {same}");
    }
}

#[test]
fn a_manifest_that_does_not_fit_is_refused_by_its_names() {
    let line = |name: &str| holdall_archive::checksum_line(ContentHash::of(b"x"), name.as_bytes());
    let told = Told::default();
    for (case, lines) in [
        ("one is not there", [line("a"), line("b")].concat()),
        ("one is not in it", Vec::from("# nothing\n")),
        ("it is empty", Vec::new()),
        ("it names itself", [line("a"), line(MANIFEST)].concat()),
    ] {
        let bytes = archive(&[file(b"a", b"x"), file(MANIFEST.as_bytes(), &lines)]);
        let streamed = tar::read_back(&told.ctx(), &bytes[..], Trust::Own).expect_err(case);
        let listed =
            TarTree::open(&told.ctx(), MemoryBytes(bytes), Trust::Nothing).expect_err(case);
        assert_eq!(refusal(&listed).0, "E_MANIFEST", "{case}");
        assert_eq!(refusal(&listed), refusal(&streamed), "{case}");
    }
    let link = holdall_testkit::tar::symlink(MANIFEST.as_bytes(), b"a");
    let bytes = archive(&[file(b"a", b"x"), link]);
    let streamed = tar::read_back(&told.ctx(), &bytes[..], Trust::Own).unwrap_err();
    let listed = TarTree::open(&told.ctx(), MemoryBytes(bytes), Trust::Own).unwrap_err();
    assert_eq!(
        (refusal(&listed).0, refusal(&listed)),
        ("E_MANIFEST".to_owned(), refusal(&streamed))
    );
    // Not the last entry, it is a file like any other.
    let bytes = archive(&[file(MANIFEST.as_bytes(), b"whatever"), file(b"a", b"x")]);
    let tree = TarTree::open(&told.ctx(), MemoryBytes(bytes.clone()), Trust::Nothing).unwrap();
    assert_eq!(walk(&tree).unwrap().len(), 3);
    let held = tar::read_back(&told.ctx(), &bytes[..], Trust::Nothing).unwrap();
    assert_eq!((held.tree, held.manifest), (Some(tree_id(&tree)), false));
}

#[test]
fn a_file_of_the_name_of_a_manifest_is_not_archived_for_it_would_not_come_back() {
    struct One;
    impl holdall_tree::Source for One {
        fn read(
            &mut self,
            _: &holdall_tree::Context<'_>,
            _: &dyn holdall_tree::Filter,
            visit: &mut holdall_tree::Visit<'_>,
        ) -> holdall_tree::Result<()> {
            let path = RelPath::parse(MANIFEST).unwrap();
            let entry = Entry { path, kind: Kind::File { size: 1 }, meta: Metadata::default() };
            visit(&entry, holdall_tree::Content::Bytes(vec![b'x'].into())).map(drop)
        }
    }
    let told = Told::default();
    for options in [WANTED, WriteOptions::default()] {
        let in_tar = tar::write(&told.ctx(), &mut One, &Everything, Vec::new(), &options);
        let in_zip = zip::write(&told.ctx(), &mut One, &Everything, Vec::new(), None, &options);
        for error in [in_tar.unwrap_err(), in_zip.unwrap_err()] {
            assert_eq!(error.kind(), holdall_tree::ErrorKind::Refused);
            assert!(matches!(error.get_ref().downcast_ref(), Some(Error::Reserved { .. })));
        }
    }
}
