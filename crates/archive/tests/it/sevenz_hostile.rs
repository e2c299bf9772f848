//! 7z archives that mean harm, or that two programs may read differently.

use std::io::Read;

use holdall_archive::sevenz::SevenTree;
use holdall_archive::{Error, MemoryBytes, Trust};
use holdall_testkit::cases;
use holdall_testkit::sevenz::{Parts, names, property, sealed};
use holdall_testkit::zip::crc;
use holdall_tree::{Entry, RelPath, Result, Tree};
use proptest::test_runner::{Config, TestRunner};

use crate::support::{Told, contents, refusal, relayed};

/// A parser out of reach says the same of it.
fn open(bytes: Vec<u8>) -> Result<SevenTree<MemoryBytes>> {
    let afar = relayed(bytes.clone(), Trust::Nothing.into());
    let here = SevenTree::open(&Told::default().ctx(), MemoryBytes(bytes), Trust::Nothing);
    match (&here, &afar) {
        (Ok(here), Ok(afar)) => {
            let root = RelPath::root();
            let told = Told::default();
            let list = |tree: &dyn Tree| tree.list(&told.ctx(), &root).unwrap();
            assert_eq!(list(here), list(afar));
        }
        // What is cut off before it can be told is no archive there.
        (Err(_), Err(afar)) if afar.to_string().contains("no archive") => {}
        (Err(here), Err(afar)) => assert_eq!(here.to_string(), afar.to_string()),
        (here, afar) => panic!("{:?} {:?}", here.is_ok(), afar.is_ok()),
    }
    here
}

fn refused(case: &str, code: &str, parts: &Parts) {
    refused_bytes(case, code, parts.bytes());
}

fn refused_bytes(case: &str, code: &str, bytes: Vec<u8>) {
    let error = open(bytes).expect_err(case);
    assert_eq!(refusal(&error).0, code, "{case}: {error}");
}

fn one() -> Parts {
    Parts::new("f", b"content")
}

#[test]
fn names_links_and_kinds_follow_the_rules_of_all_archives() {
    assert_eq!(contents(&open(one().bytes()).unwrap())[&b"f"[..]].1, b"content");
    for (code, name) in [
        ("E_PATH_DOTDOT", "../moo"),
        ("E_PATH_ABS", "/tmp/moo"),
        ("E_NAME_EMPTY", ""),
        ("E_NAME_EMPTY", "a//b"),
    ] {
        refused(name, code, &Parts::new(name, b"x"));
    }
    let surrogate = Parts { told: property(0x11, &[0, 0, 0xd8, 0, 0]), ..one() };
    refused("half a letter", "E_NAME_ENC", &surrogate);
    refused("out", "E_LINK_ESCAPE", &Parts::new("l", b"/tmp").mode(0o120_777));
    refused("out", "E_LINK_ESCAPE", &Parts::new("l", b"../x").mode(0o120_777));
    let link = Parts::new("l", b"x").mode(0o120_777);
    assert_eq!(contents(&open(link.bytes()).unwrap()).len(), 2);
    refused("a link that is damaged", "E_CRC", &Parts { sum: 1, ..link });
    refused("a device", "E_TYPE", &one().mode(0o020_644));
    refused("a pipe", "E_TYPE", &one().mode(0o010_644));
    refused("a directory with a content", "E_7Z_HEADER", &one().mode(0o040_755));
    let windows = [&[1, 0][..], &0x420_u32.to_le_bytes()].concat();
    refused("a link of Windows", "E_TYPE", &one().told(0x15, &windows));
    let two = |told: Vec<u8>| Parts { files: 2, told, ..one() };
    let empty = [names(&["f", "f"]), property(0xe, &[0x40]), property(0xf, &[0x80])].concat();
    refused("twice", "E_DUP", &two(empty));
    let gone = [names(&["f", "g"]), property(0xe, &[0x40]), property(0x10, &[0x80])].concat();
    refused("a note that it was removed", "E_TYPE", &two(gone));
    let set = open(one().mode(0o104_755).bytes()).unwrap();
    assert_eq!(contents(&set)[&b"f"[..]].0.meta.mode, Some(0o755), "it is taken off");
}

#[test]
fn nothing_is_hidden_and_nothing_is_told_twice() {
    let (hidden, header) = ("E_7Z_HIDDEN", "E_7Z_HEADER");
    refused("before", hidden, &Parts { pack_at: 1, stored: b"xcontent".to_vec(), ..one() });
    refused("behind", hidden, &Parts { stored: b"contentx".to_vec(), ..one() });
    refused("beyond", hidden, &Parts { pack_size: 8, ..one() });
    refused("behind its end", header, &Parts { behind: vec![0], ..one() });
    refused("fewer files", header, &Parts { files: 0, told: Vec::new(), ..one() });
    refused("more files", header, &Parts { files: 2, told: names(&["f", "g"]), ..one() });
    refused("no names", header, &Parts { told: Vec::new(), ..one() });
    refused("names twice", header, &Parts { told: names(&["f"]).repeat(2), ..one() });
    refused("an unknown thing", header, &one().told(0x18, &[1, 0]));
    refused("padding that is none", header, &one().told(0x19, &[0, 1]));
    refused("names elsewhere", header, &Parts { told: property(0x11, &[1, 0]), ..one() });
    refused("longer names", header, &Parts { told: property(0x11, b"\0f\0\0\0g"), ..one() });
    let bytes = one().bytes();
    refused_bytes("behind it", "E_TRAILING", [&bytes[..], b"x"].concat());
    for cut in 0..bytes.len() {
        assert!(open(bytes[..cut].to_vec()).is_err(), "cut off at {cut}");
    }
    let mut damaged = bytes.clone();
    damaged[13] ^= 1;
    refused_bytes("where it is", "E_CKSUM", damaged);
    let mut damaged = bytes.clone();
    *damaged.last_mut().unwrap() ^= 1;
    refused_bytes("the header", "E_CKSUM", damaged);
    let mut other = bytes;
    other[6] = 1;
    refused_bytes("another version", "E_MAGIC", other);
    assert_eq!(contents(&open(sealed(b"", b"")).unwrap()).len(), 1, "an empty one");
    refused_bytes("stored without a header", hidden, sealed(b"x", b""));
}

#[test]
fn what_a_reader_would_pay_dearly_for_is_refused_before_it_is_tried() {
    let method = |coder: &[u8]| Parts { method: [&[1], coder].concat(), ..one() };
    refused("encrypted", "E_7Z_ENC", &method(&[4, 6, 0xf1, 7, 1]));
    refused("unknown", "E_7Z_METHOD", &method(&[2, 0x77, 0x77]));
    // BCJ2 of four streams, of which one is stored; all from one; and of one stream alone.
    refused("four streams", "E_7Z_HEADER", &method(&[0x14, 3, 3, 1, 0x1b, 4, 1, 0, 1, 2, 3]));
    refused("one place", "E_7Z_HEADER", &method(&[0x14, 3, 3, 1, 0x1b, 4, 1, 0, 0, 0, 0]));
    refused("one stream", "E_7Z_HEADER", &method(&[4, 3, 3, 1, 0x1b]));
    refused("two streams", "E_7Z_HEADER", &method(&[0x11, 0, 2, 1]));
    refused("no properties", "E_7Z_HEADER", &method(&[1, 0x21]));
    // 2^40 bytes.
    let huge = vec![0xfc, 0, 0, 0, 0, 0, 1];
    refused("a bomb", "E_RATIO", &Parts { size: huge, ..one() });
    let loops = Parts { method: vec![2, 1, 0, 1, 0, 0, 0], size: vec![7, 7], ..one() };
    refused("methods in a circle", "E_7Z_HEADER", &loops);
    let many = Parts { method: vec![40], ..one() };
    refused("many methods", "E_7Z_HEADER", &many);
    refused("many files", "E_7Z_HEADER", &Parts { files: 0x7f, ..one() });
    // A header that is said to be longer than all memory.
    let mut long = one().bytes();
    let end = (1_u64 << 40).to_le_bytes();
    long[20..28].copy_from_slice(&end);
    let sum = crc(&long[12..32]).to_le_bytes();
    long[8..12].copy_from_slice(&sum);
    refused_bytes("a long header", "E_TRUNC", long);
    // Nothing says that the window is needed: the content is short.
    let window = Parts { method: vec![1, 0x21, 0x21, 1, 40], ..one() };
    assert!(open(window.bytes()).is_ok());
}

#[test]
fn a_content_that_is_not_what_it_should_be_is_an_error_when_it_is_read() {
    fn code(error: Option<&holdall_tree::Error>) -> String {
        match error.and_then(|error| error.get_ref().downcast_ref()) {
            Some(Error::Refused { fault, number: 1, .. }) => fault.code().to_owned(),
            other => panic!("{other:?}"),
        }
    }
    let read_of = |tree: &dyn Tree| {
        let root = tree.list(&Told::default().ctx(), &RelPath::root()).unwrap();
        let file: &Entry = &root[0];
        let mut bytes = Vec::new();
        let error = tree.open(file).unwrap().into_read().read_to_end(&mut bytes).unwrap_err();
        code(error.get_ref().and_then(|inner| inner.downcast_ref::<holdall_tree::Error>()))
    };
    let read = |parts: &Parts| {
        let here = read_of(&open(parts.bytes()).unwrap());
        let afar = relayed(parts.bytes(), Trust::Nothing.into()).unwrap();
        assert_eq!(read_of(&afar), here);
        let error = afar.unpack(&Told::default().ctx(), &mut Vec::new()).unwrap_err();
        assert_eq!(code(Some(&error)), here);
        here
    };
    assert_eq!(read(&Parts { sum: 1, ..one() }), "E_CRC");
    assert_eq!(read(&Parts { size: vec![6], sum: crc(b"conten"), ..one() }), "E_CRC");
    assert_eq!(read(&Parts { size: vec![8], ..one() }), "E_CRC");
    let no_stream = Parts { method: vec![1, 0x21, 0x21, 1, 8], ..one() };
    assert_eq!(read(&no_stream), "E_CRC");
    for parts in [Parts { sum: 1, ..one() }, no_stream] {
        let (told, mut out) = (Told::default(), Vec::new());
        let bytes = MemoryBytes(parts.bytes());
        let error = SevenTree::unpack(&told.ctx(), bytes, Trust::Nothing, &mut out).unwrap_err();
        assert_eq!(refusal(&error).0, "E_CRC", "at once it is refused as a whole");
    }
}

#[test]
fn a_change_of_any_bytes_is_refused_or_changes_nothing() {
    let whole = one().mode(0o100_644).bytes();
    let expected = contents(&open(whole.clone()).unwrap());
    let places = (0..whole.len(), 1_u8.., 0..whole.len(), proptest::bool::ANY);
    let config = Config { cases: cases(256), failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&places, |(at, bits, other, both)| {
            let mut bytes = whole.clone();
            bytes[at] ^= bits;
            if both {
                bytes[other] = bytes[other].wrapping_add(bits);
            }
            let told = Told::default();
            let mut plain = Vec::new();
            let read = MemoryBytes(bytes);
            let unpacked = SevenTree::unpack(&told.ctx(), read, Trust::Nothing, &mut plain);
            if let Ok(tree) = unpacked {
                assert_eq!(contents(&tree.with_plain(MemoryBytes(plain))), expected);
            }
            Ok(())
        })
        .unwrap();
}
