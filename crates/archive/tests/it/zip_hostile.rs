//! Zips that mean harm, or that two programs read differently.

use std::io::Read;

use holdall_archive::zip::ZipTree;
use holdall_archive::{Error, MemoryBytes, Trust};
use holdall_tree::{Entry, RelPath, Result, Tree};

use crate::support::{Told, contents, refusal};
use holdall_testkit::zip::{Item, end, zip, zip_with};

fn open(bytes: Vec<u8>) -> Result<ZipTree<MemoryBytes>> {
    ZipTree::open(&Told::default().ctx(), MemoryBytes(bytes), Trust::Nothing)
}

fn refused(case: &str, code: &str, items: &[Item]) {
    refused_bytes(case, code, zip(items));
}

fn refused_bytes(case: &str, code: &str, bytes: Vec<u8>) {
    let error = open(bytes).expect_err(case);
    assert_eq!(refusal(&error).0, code, "{case}: {error}");
}

/// The zip is listed, and reading the file `f` ends with this code.
fn broken(case: &str, code: &str, items: &[Item]) {
    let tree = open(zip(items)).expect(case);
    let root = tree.list(&Told::default().ctx(), &RelPath::root()).unwrap();
    let file: &Entry = root.iter().find(|entry| entry.path.as_bytes() == b"f").unwrap();
    let mut read = Vec::new();
    let error = tree.open(file).unwrap().into_read().read_to_end(&mut read).expect_err(case);
    assert!(read.len() as u64 <= file.size() + (32 << 10), "{case}: it stops soon");
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<holdall_tree::Error>());
    match inner.and_then(|inner| inner.get_ref().downcast_ref()) {
        Some(Error::Refused { fault, .. }) => assert_eq!(fault.code(), code, "{case}"),
        _ => assert_eq!(code, "damaged", "{case}: {error}"),
    }
}

#[test]
fn names_and_links_follow_the_rules_of_all_archives() {
    for (code, name) in [
        ("E_PATH_DOTDOT", &b"../moo"[..]),
        ("E_PATH_ABS", b"/tmp/moo"),
        ("E_NAME_NUL", b"a\0b"),
        ("E_NAME_EMPTY", b""),
        ("E_NAME_EMPTY", b"a//b"),
    ] {
        refused("a name", code, &[Item::new(name, b"x")]);
    }
    let dos = |name| Item { host: 0, ..Item::new(name, b"x") };
    refused("of DOS", "E_PATH_DOTDOT", &[dos(b"..\\..\\moo")]);
    let out = "E_LINK_ESCAPE";
    refused("a link", out, &[Item::link(b"moo", b"/tmp/moo"), Item::new(b"moo", b"x")]);
    refused("beneath", out, &[Item::link(b"d", b"/tmp"), Item::new(b"d/moo", b"x")]);
    refused("a chain", out, &[Item::link(b"cur", b"."), Item::link(b"par", b"cur/..")]);
    refused("with a slash", "E_NAME_EMPTY", &[Item::link(b"d/", b"/tmp")]);
    refused("a long target", "E_LINK_TARGET", &[Item::link(b"l", &vec![b'x'; 100_000])]);
    refused("an empty target", "E_LINK_TARGET", &[Item::link(b"l", b"")]);
    refused("twice", "E_DUP", &[Item::new(b"f", b"1"), Item::new(b"f", b"2")]);
    let device = Item { mode: 0o020_644, ..Item::new(b"dev", b"") };
    refused("a device", "E_TYPE", &[device]);
    let pipe = Item { mode: 0o010_644, ..Item::new(b"pipe", b"") };
    refused("a pipe", "E_TYPE", &[pipe]);
    let directory = Item { mode: 0o040_755, ..Item::new(b"d/", b"data") };
    refused("a directory with data", "E_SIZE", &[directory]);
    let directory = Item { mode: 0o040_755, ..Item::new(b"d", b"") };
    refused("a directory without its slash", "E_ZIP_MISMATCH", &[directory]);
    let utf8 = Item { flags: 1 << 11, ..Item::new(b"\xff", b"x") };
    refused("no UTF-8", "E_NAME_ENC", &[utf8]);
    let set = Item { mode: 0o104_755, ..Item::new(b"f", b"x") };
    let tree = open(zip(&[set, Item { time: 0, ..Item::new(b"old", b"") }])).unwrap();
    let found = contents(&tree);
    assert_eq!(found[&b"f"[..]].0.meta.mode, Some(0o755), "they are taken off");
    assert_eq!(found[&b"old"[..]].0.meta.mtime, None, "no time is no time");
}

#[test]
fn what_is_said_twice_is_said_alike() {
    let mismatch = "E_ZIP_MISMATCH";
    let item = || Item::new(b"f", b"content");
    refused("a name", mismatch, &[Item { name_local: b"../moo".to_vec(), ..item() }]);
    refused("the other name", mismatch, &[Item { name: b"safe".to_vec(), ..item() }]);
    refused("a size", mismatch, &[Item { size_local: 6, ..item() }]);
    let mut name = vec![0x75, 0x70, 11, 0, 1, 0, 0, 0, 0];
    name.extend_from_slice(b"../moo");
    refused("a second name", mismatch, &[Item { extra: name, ..item() }]);
    let later = |behind: &[u8]| Item { flags: 8, behind: behind.to_vec(), ..item() };
    let (crc, size) = (item().crc.to_le_bytes(), 7_u32.to_le_bytes());
    let truth = [&crc[..], &size, &size].concat();
    for behind in [truth.clone(), [b"PK\x07\x08", &truth[..]].concat()] {
        assert!(open(zip(&[later(&behind)])).is_ok());
    }
    let lie = [&crc[..], &size, &6_u32.to_le_bytes()].concat();
    refused("what stands behind", mismatch, &[later(&lie)]);
    refused("more behind", "E_ZIP_HIDDEN", &[later(&[&truth[..], b"x"].concat())]);
    refused("nothing behind", "E_ZIP_HIDDEN", &[later(b"")]);
}

#[test]
fn entries_lie_one_behind_the_other_and_nothing_else_does() {
    let kernel = Item::deflated(b"k", &vec![0; 1 << 20]);
    let many: Vec<Item> = (0..2000)
        .map(|n| Item {
            name: format!("f{n}").into_bytes(),
            offset: Some(0),
            absent: n > 0,
            ..kernel.clone()
        })
        .collect();
    refused("many names for one content", "E_ZIP_OVERLAP", &many);
    // Each entry begins inside the content of the one before, which quotes it.
    let mut quoted = zip(&[Item::new(b"b", &vec![b'x'; 500])]);
    quoted.truncate(531);
    let outer = Item { data: quoted, size: 531, size_local: 531, ..Item::new(b"a", b"") };
    let inner = Item { offset: Some(31), absent: true, ..Item::new(b"b", &vec![b'x'; 500]) };
    refused("quoted", "E_ZIP_OVERLAP", &[outer, inner]);
    let hidden = Item { hidden: true, ..Item::new(b"hidden", b"x") };
    refused("hidden", "E_ZIP_HIDDEN", &[Item::new(b"f", b"x"), hidden.clone()]);
    refused(
        "hidden between",
        "E_ZIP_HIDDEN",
        &[Item::new(b"f", b"x"), hidden.clone(), Item::new(b"g", b"x")],
    );
    refused("hidden first", "E_ZIP_PREFIX", &[hidden, Item::new(b"f", b"x")]);
    refused(
        "nowhere",
        "E_ZIP_OVERLAP",
        &[
            Item::new(b"f", &[b'x'; 99]),
            Item { offset: Some(137), absent: true, ..Item::new(b"", b"") },
        ],
    );
    let fine = zip(&[Item::new(b"f", b"x")]);
    refused_bytes("before it", "E_ZIP_PREFIX", [&vec![b'#'; 500][..], &fine].concat());
    refused_bytes("behind it", "E_TRAILING", [&fine[..], b"junk"].concat());
}

#[test]
fn the_end_is_there_once_and_fits() {
    let items = [Item::new(b"f", b"x"), Item::new(b"g", b"y")];
    let bytes = zip(&items);
    let directory = bytes.len() - 22 - 2 * 47;
    let with = |end: Vec<u8>| [&bytes[..bytes.len() - 22], &end].concat();
    let eocd = "E_ZIP_EOCD";
    assert!(open(with(end(2, 94, directory, b"a comment"))).is_ok());
    refused_bytes("a second one", eocd, zip_with(&items, &end(0, 0, 0, b"")));
    refused_bytes("fewer entries", eocd, with(end(1, 94, directory, b"")));
    refused_bytes("more entries", eocd, with(end(3, 94, directory, b"")));
    refused_bytes("into an entry", eocd, with(end(2, 94, 10, b"")));
    refused_bytes("too large", eocd, with(end(2, 95, directory, b"")));
    let mut long = bytes.clone();
    let at = long.len() - 2;
    long[at] = 9;
    refused_bytes("a comment beyond the end", eocd, long);
    let mut volume = bytes.clone();
    let at = volume.len() - 18;
    volume[at] = 1;
    refused_bytes("volumes", eocd, volume);
    for cut in 0..bytes.len() {
        assert!(open(bytes[..cut].to_vec()).is_err(), "cut off at {cut}");
    }
    let mut wide = b"PK\x06\x06\x2c\0\0\0\0\0\0\0\x2d\0\x2d\0\0\0\0\0\0\0\0\0".to_vec();
    for number in [1_u64 << 40, 1 << 40, 94, directory as u64] {
        wide.extend_from_slice(&number.to_le_bytes());
    }
    let begin = bytes.len() as u64 - 22;
    wide.extend_from_slice(b"PK\x06\x07\0\0\0\0");
    wide.extend_from_slice(&begin.to_le_bytes());
    wide.extend_from_slice(&[1, 0, 0, 0]);
    let huge = [wide, end(0xffff, 94, directory, b"")].concat();
    refused_bytes("2^40 entries", eocd, with(huge));
    assert!(contents(&open(end(0, 0, 0, b"")).unwrap()).len() == 1, "an empty one");
}

#[test]
fn what_cannot_be_read_is_refused() {
    let item = || Item::new(b"f", b"content");
    refused("encrypted", "E_ZIP_ENC", &[Item { flags: 1, ..item() }]);
    refused("a method", "E_ZIP_METHOD", &[Item { method: 255, ..item() }]);
    for extra in [&b"UT\x09\0\x01"[..], b"x", b"ab\0", b"\x01\0\0\0\x01\0\0\0"] {
        refused("extra fields", "E_ZIP_EXTRA", &[Item { extra: extra.to_vec(), ..item() }]);
    }
    broken("a damaged content", "E_CRC", &[Item { data: b"Content".to_vec(), ..item() }]);
    let longer = Item::deflated(b"f", &vec![7; 1 << 20]);
    broken("longer than it says", "E_SIZE", &[Item { size: 10, size_local: 10, ..longer.clone() }]);
    broken(
        "shorter than it says",
        "E_SIZE",
        &[Item { size: 2 << 20, size_local: 2 << 20, ..longer.clone() }],
    );
    let mut more = Item::deflated(b"f", b"content");
    more.data.push(b'x');
    broken("more stored", "E_SIZE", &[more]);
    let garbage = Item { method: 8, data: vec![0xff; 20], ..item() };
    broken("no deflate", "damaged", &[garbage]);
    let zeros = Item::deflated(b"f", &vec![0; 17 << 20]);
    refused("a bomb", "E_RATIO", &[zeros]);
    let small: Vec<_> = (0..20).map(|n| Item::deflated(&[b'a' + n], &vec![0; 1 << 20])).collect();
    refused("many small ones", "E_RATIO", &small);
    let many: Vec<_> = (0..30_000).map(|n| Item::new(format!("{n}").as_bytes(), b"")).collect();
    assert_eq!(contents(&open(zip(&many)).unwrap()).len(), 30_001);
    let inner = zip(&[item()]);
    let tree = open(zip(&[Item::new(b"inner.zip", &inner)])).unwrap();
    assert_eq!(contents(&tree)[&b"inner.zip"[..]].1, inner, "an archive within is a file");
}
