//! Compressed tars that can be read at any place, and indexes that lie.

use std::io::{self, Read, Write};
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use holdall_archive::tar::{TarTree, write_indexed};
use holdall_archive::{Bytes, Frames, MemoryBytes, Trust, WriteOptions};
use holdall_codec::seekable::SeekableWriter;
use holdall_testkit::TreeSpec;
use holdall_tree::{Everything, InOrder, ReadAt, RelPath, Result, Tree};

use crate::disk::DiskTree;
use crate::support::{Told, contents, make_dir, property, refusal};
use crate::tar_round::storable;

/// A tree as a tar, and its index, neither compressed.
fn made(tree: &DiskTree) -> (Vec<u8>, Vec<u8>) {
    let (told, mut tar, mut index) = (Told::default(), Vec::new(), Vec::new());
    let options = WriteOptions { manifest: true, ..WriteOptions::default() };
    let source = &mut InOrder::new(tree);
    write_indexed(&told.ctx(), source, &Everything, &mut tar, &mut index, &options).unwrap();
    (tar, index)
}

fn packed(tar: &[u8], note: &[u8]) -> Vec<u8> {
    let threads = NonZero::new(2).unwrap();
    let mut writer = SeekableWriter::new(Vec::new(), Some(1), threads).unwrap();
    writer.write_all(tar).unwrap();
    writer.finish(note).unwrap()
}

fn frames<A: Bytes>(bytes: A) -> Frames<A> {
    match Frames::find(bytes).unwrap() {
        Ok(frames) => frames,
        Err(_) => panic!("it has no table"),
    }
}

fn by_index<A: Bytes>(bytes: A) -> Result<TarTree<Frames<A>>> {
    let frames = frames(bytes);
    let note = frames.note().unwrap().unwrap();
    TarTree::open_indexed(&Told::default().ctx(), frames, &note[..], Trust::Own)
}

fn from_its_beginning(tar: &[u8]) -> TarTree<MemoryBytes> {
    TarTree::open(&Told::default().ctx(), MemoryBytes(tar.to_vec()), Trust::Own).unwrap()
}

#[test]
fn any_tree_is_the_same_by_its_index_and_from_its_beginning() {
    property(24, |spec: TreeSpec| {
        let home = tempfile::tempdir().unwrap();
        let dir = make_dir(home.path(), "tree");
        storable(spec).write(&dir).unwrap();
        let (tar, index) = made(&DiskTree(dir));
        let bytes = packed(&tar, &index);
        let tree = by_index(MemoryBytes(bytes)).unwrap();
        let plain = from_its_beginning(&tar);
        assert!(tree.agrees(&plain));
        assert_eq!(contents(&tree), contents(&plain));
    });
}

/// Counts what is read.
#[derive(Clone)]
struct Counting(MemoryBytes, Arc<AtomicU64>);

impl ReadAt for Counting {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let read = self.0.read_at(buffer, offset)?;
        self.1.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl Bytes for Counting {
    fn length(&self) -> u64 {
        self.0.length()
    }
}

#[test]
fn a_list_and_one_file_of_a_large_archive_cost_a_frame_or_two() {
    let home = tempfile::tempdir().unwrap();
    let mut state = 1_u32;
    let mut noise = |length: usize| -> Vec<u8> {
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            u8::try_from(state >> 24).unwrap()
        };
        (0..length).map(|_| next()).collect()
    };
    for n in 0..40 {
        std::fs::write(home.path().join(format!("{n:02}")), noise(1 << 20)).unwrap();
    }
    std::fs::write(home.path().join("20-small"), "small").unwrap();
    let (tar, index) = made(&DiskTree(home.path().to_owned()));
    let bytes = packed(&tar, &index);
    let (length, read) = (bytes.len() as u64, Arc::new(AtomicU64::new(0)));
    let tree = by_index(Counting(MemoryBytes(bytes), Arc::clone(&read))).unwrap();
    let listed = tree.list(&Told::default().ctx(), &RelPath::root()).unwrap();
    assert_eq!(listed.len(), 41);
    let for_list = read.load(Ordering::Relaxed);
    // The manifest at the end was read, too.
    assert!(for_list < 6 << 20, "{for_list} of {length}");
    let small = listed.iter().find(|entry| entry.path.as_bytes() == b"20-small").unwrap();
    let mut content = Vec::new();
    tree.open(small).unwrap().into_read().read_to_end(&mut content).unwrap();
    assert_eq!(content, b"small");
    let for_file = read.load(Ordering::Relaxed) - for_list;
    assert!(for_file < 9 << 20 && length > 40 << 20, "{for_file} of {length}");
}

#[test]
fn an_index_that_lies_is_found_when_what_it_lies_about_is_read_or_all_is_compared() {
    let home = tempfile::tempdir().unwrap();
    for (name, content) in [("a", "one"), ("b", "two"), ("c", "three")] {
        std::fs::write(home.path().join(name), content).unwrap();
    }
    let (tar, index) = made(&DiskTree(home.path().to_owned()));
    let plain = from_its_beginning(&tar);
    let at =
        |name: &[u8]| 512 * index.chunks(512).position(|block| block.starts_with(name)).unwrap();
    let resum = |index: &mut Vec<u8>, at: usize| {
        let block = &mut index[at..at + 512];
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    };
    let block = at(b"./b\0");
    // Another name, another mode.
    for (place, value) in [(2, b'x'), (106, b'7')] {
        let mut lie = index.clone();
        lie[block + place] = value;
        resum(&mut lie, block);
        let manifest_fits = place != 2;
        let tree = by_index(MemoryBytes(packed(&tar, &lie)));
        assert_eq!(tree.is_ok(), manifest_fits, "the manifest names every file");
        let Ok(tree) = tree else { continue };
        assert!(!tree.agrees(&plain));
        let listed = tree.list(&Told::default().ctx(), &RelPath::root()).unwrap();
        let error = tree.open(&listed[1]).err().unwrap();
        assert_eq!(refusal(&error).0, "E_INDEX");
        assert!(tree.open(&listed[0]).is_ok(), "of the others it says the truth");
    }
    // An entry less, and one more: the archive has another length then.
    let mut less = index.clone();
    less.drain(block..block + 512);
    let more = [&index[..512], &index].concat();
    for lie in [less, more, index[..index.len() - 512].to_vec(), index[..512].to_vec()] {
        assert!(by_index(MemoryBytes(packed(&tar, &lie))).is_err());
    }
}
