//! A parser that was taken over says what it likes, and gets nowhere.

use std::sync::atomic::{AtomicUsize, Ordering};

use holdall_codec::raw::Crc32;
use holdall_tree::{CancelToken, Clock, ErrorKind, HardLink, Limits, Metadata, Silent, Timestamp};

use super::super::answer::{ENTRIES, LOCKS};
use super::super::record::{self, Solid};
use super::*;
use crate::bytes::MemoryBytes;
use crate::rules::Trust;

struct NoClock;

impl Clock for NoClock {
    fn now(&self) -> Timestamp {
        Timestamp::default()
    }
}

/// A parser that was taken over: it says this of the archive, and this of each content, of which it was asked so often.
#[derive(Debug)]
struct Liar(Vec<u8>, Vec<u8>, AtomicUsize);

impl Parser<MemoryBytes> for Liar {
    fn ask(&self, request: &Request, _: Seen<MemoryBytes>) -> io::Result<Box<dyn Read + Send>> {
        let answer = match request {
            Request::Content { .. } | Request::Folder { .. } => {
                self.2.fetch_add(1, Ordering::Relaxed);
                &self.1
            }
            _ => &self.0,
        };
        Ok(Box::new(io::Cursor::new(answer.clone())))
    }
}

type Said = (&'static str, Kind, Metadata, Option<Place>);

fn dir(path: &'static str) -> Said {
    (path, Kind::Directory, Metadata::default(), None)
}

fn link(path: &'static str, target: &str) -> Said {
    (path, Kind::Symlink { target: target.into() }, Metadata::default(), None)
}

/// A file of `size` bytes that lies at `offset`.
fn file(path: &'static str, size: u64, offset: u64) -> Said {
    let data = vec![Extent { offset: 0, length: size }];
    let place = Place::Within(Placed { offset, size, data, head: None });
    (path, Kind::File { size }, Metadata::default(), Some(place))
}

fn made(path: &'static str, size: u64) -> Said {
    (path, Kind::File { size }, Metadata::default(), Some(Place::Behind(Vec::new())))
}

/// A file of one byte that is encrypted, in so many bytes from `offset` on.
fn locked(path: &'static str, offset: u64, stored: u64) -> Said {
    let place = Place::Locked(Lock { offset, stored, number: 7 }, Vec::new());
    (path, Kind::File { size: 1 }, Metadata::default(), Some(place))
}

/// A file that is unpacked with others of a folder of 10 bytes; its content is of the letter x.
fn solid(path: &'static str, size: u64, at: u64) -> Said {
    let mut crc = Crc32::default();
    (0..size.min(10)).for_each(|_| crc.update(b"x"));
    let (folder, folder_bytes, crc) = (b"folder".to_vec(), 10, crc.sum());
    let solid = Solid { folder, folder_bytes, at, crc, last: false, number: 7 };
    (path, Kind::File { size }, Metadata::default(), Some(Place::Solid(solid)))
}

fn other(said: Said, change: impl FnOnce(&mut Solid)) -> Said {
    let Some(Place::Solid(mut solid)) = said.3 else { return said };
    change(&mut solid);
    (said.0, said.1, said.2, Some(Place::Solid(solid)))
}

fn with(said: Said, meta: Metadata) -> Said {
    (said.0, said.1, meta, said.3)
}

fn records(said: Vec<Said>) -> Vec<u8> {
    let mut out = [&[ENTRIES][..], &0_u64.to_le_bytes()].concat();
    for (path, kind, meta, place) in said {
        // Names that no tree can hold are put into the place of one of the same length.
        let fit: String =
            path.chars().map(|c| if c == '.' || c == '/' { 'x' } else { c }).collect();
        let entry = Entry { path: RelPath::parse(&fit).unwrap(), kind, meta };
        let mut one = Vec::new();
        record::put(&mut one, &entry, place, None);
        let name = one.get_mut(12..12 + path.len()).unwrap();
        name.copy_from_slice(path.as_bytes());
        out.extend(one);
    }
    out
}

fn open(said: Vec<u8>, content: &[u8]) -> TreeResult<RelayedTree<MemoryBytes, Liar>> {
    open_with(said, content, || Ok(None))
}

fn open_with(
    said: Vec<u8>,
    content: &[u8],
    passphrase: impl FnOnce() -> TreeResult<Option<Vec<u8>>>,
) -> TreeResult<RelayedTree<MemoryBytes, Liar>> {
    let (cancel, limits) = (CancelToken::default(), Limits::default());
    let (observer, clock) = (&Silent, &NoClock);
    let ctx = Context { observer, clock, cancel: &cancel, limits, threads: 1, memory_bytes: 0 };
    let archive = MemoryBytes(vec![b'x'; 1000]);
    RelayedTree::open(
        &ctx,
        archive,
        Liar(said, content.to_vec(), AtomicUsize::new(0)),
        Trust::Nothing.into(),
        passphrase,
    )
}

#[test]
fn what_a_parser_says_is_taken_if_it_can_be() {
    let said = vec![dir(""), file("a", 10, 990), dir("d"), made("d/b", 3), link("d/l", "../a")];
    let tree = open(records(said), b"abc").unwrap();
    let read = |path: &str| {
        let (entry, _) = tree.index.get(&RelPath::parse(path).unwrap()).unwrap();
        let mut bytes = Vec::new();
        tree.open(entry).unwrap().into_read().read_to_end(&mut bytes).unwrap();
        bytes
    };
    assert_eq!(read("a"), [b'x'; 10]);
    assert_eq!(read("d/b"), b"abc");
}

#[test]
fn what_a_parser_says_that_cannot_be_is_refused() {
    let meta = Metadata::default;
    let group =
        |links| Metadata { hard_link: Some(HardLink { device: 0, inode: 1, links }), ..meta() };
    let fifo = ("p", Kind::Fifo, meta(), None);
    let nowhere = ("a", Kind::File { size: 1 }, meta(), None);
    let holes = Metadata { extents: Some(vec![Extent { offset: 5, length: 1 }]), ..meta() };
    for (what, said, expected) in [
        ("a way up", vec![dir(""), file("../a", 1, 0)], "E_PATH_DOTDOT"),
        ("a way up within", vec![dir(""), file("d/../../a", 1, 0)], "E_PATH_DOTDOT"),
        ("an absolute path", vec![dir(""), file("/etc/x", 1, 0)], "E_PATH_ABS"),
        ("a link out", vec![dir(""), link("l", "../..")], "E_LINK_ESCAPE"),
        ("a link to the root", vec![dir(""), link("l", "/etc")], "E_LINK_ESCAPE"),
        (
            "a way through a link",
            vec![dir(""), dir("d"), link("l", "d"), file("l/x", 1, 0)],
            "E_LINK_THROUGH",
        ),
        ("something in a file", vec![dir(""), file("a", 1, 0), file("a/x", 1, 1)], "E_COLLIDE"),
        ("a pipe", vec![dir(""), fifo], "E_TYPE"),
        ("a bomb", vec![dir(""), made("a", 1 << 30)], "E_RATIO"),
        ("too large a file", vec![dir(""), made("a", 1 << 50)], "E_"),
        ("a name twice", vec![dir(""), file("a", 1, 0), file("a", 1, 1)], "twice"),
        ("no order", vec![dir(""), file("b", 1, 0), file("a", 1, 1)], "order"),
        ("no root", vec![file("a", 1, 0)], "names no root"),
        ("nothing", vec![], "names no root"),
        (
            "a place behind the archive",
            vec![dir(""), file("a", 10, 991)],
            "where the archive is not",
        ),
        (
            "a place beyond all numbers",
            vec![dir(""), file("a", 2, u64::MAX)],
            "where the archive is not",
        ),
        ("one place for two", vec![dir(""), file("a", 10, 0), file("b", 10, 9)], "in one place"),
        ("encrypted behind the archive", vec![dir(""), locked("a", 970, 31)], "is encrypted where"),
        ("encrypted beyond all", vec![dir(""), locked("a", u64::MAX, 29)], "is encrypted where"),
        ("encrypted in too little", vec![dir(""), locked("a", 0, 27)], "is encrypted where"),
        (
            "encrypted in one place",
            vec![dir(""), locked("a", 0, 29), locked("b", 28, 29)],
            "in one place",
        ),
        ("encrypted and not", vec![dir(""), locked("a", 0, 29), file("b", 1, 20)], "in one place"),
        ("one place for two", vec![dir(""), solid("a", 5, 0), solid("b", 5, 4)], "in one place"),
        ("twice the same", vec![dir(""), solid("a", 5, 0), solid("b", 5, 0)], "in one place"),
        ("behind its folder", vec![dir(""), solid("a", 5, 6)], "where nothing is unpacked"),
        ("beyond all", vec![dir(""), solid("a", 5, u64::MAX)], "where nothing is unpacked"),
        (
            "a folder of two sizes",
            vec![dir(""), solid("a", 1, 0), other(solid("b", 1, 1), |b| b.folder_bytes = 11)],
            "where nothing is unpacked",
        ),
        (
            "a folder that is a bomb",
            vec![dir(""), other(solid("a", 1, 0), |a| a.folder_bytes = 1 << 30)],
            "E_RATIO",
        ),
        (
            "two names of what is packed with others",
            vec![dir(""), with(solid("a", 1, 0), group(2)), with(solid("b", 1, 0), group(2))],
            "two files for one",
        ),
        ("no place", vec![dir(""), nowhere], "not where it is"),
        ("two sizes", vec![dir(""), with(file("a", 10, 0), holes)], "two sizes"),
        (
            "two files as one",
            vec![dir(""), with(file("a", 1, 0), group(2)), with(file("b", 1, 1), group(2))],
            "two files for one",
        ),
        ("a second name of a directory", vec![dir(""), with(dir("d"), group(2))], "second name"),
    ] {
        let error = open(records(said), b"").expect_err(what);
        assert_eq!(error.kind(), ErrorKind::Refused, "{what}: {error}");
        assert!(error.to_string().contains(expected), "{what}: {error}");
    }
}

#[test]
fn what_a_parser_wants_opened_that_cannot_be_is_refused() {
    let wants = |locks: &[(u64, u64)]| {
        let mut said = vec![LOCKS];
        for (offset, stored) in locks {
            let lock = Lock { offset: *offset, stored: *stored, number: 1 };
            record::put_locked(&mut said, lock, b"l");
        }
        said
    };
    for (said, passphrase, expected) in [
        (wants(&[(971, 29)]), true, "opened twice"),
        (wants(&[(971, 29)]), false, "opened twice"),
        (wants(&[(971, 30)]), true, "is encrypted where"),
        (wants(&[(u64::MAX, 29)]), true, "is encrypted where"),
        (wants(&[(0, 27)]), true, "is encrypted where"),
        (wants(&[(29, 29), (0, 30)]), true, "is encrypted where"),
        ([wants(&[]), vec![1, 0, 0, 0, 9]].concat(), true, "is encrypted where"),
        ([wants(&[]), vec![9, 0, 0, 0, 9]].concat(), true, "in the middle"),
        (vec![7], true, "cannot be understood"),
    ] {
        let given = || Ok(passphrase.then(|| b"horse".to_vec()));
        let error = open_with(said.clone(), b"", given).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused, "{said:?}: {error}");
        assert!(error.to_string().contains(expected), "{said:?}: {error}");
    }
}

#[test]
fn what_is_encrypted_is_neither_tried_nor_shown_without_a_passphrase() {
    let tree = open(records(vec![dir(""), locked("a", 0, 29)]), b"x").unwrap();
    let (entry, _) = tree.index.get(&RelPath::parse("a").unwrap()).unwrap();
    let error = tree.open(entry).err().unwrap();
    assert!(error.to_string().contains("passphrase"), "{error}");
    assert_eq!(tree.parser.2.load(Ordering::Relaxed), 0, "it was not asked");
}

#[test]
fn an_answer_that_is_none_is_refused() {
    let whole = records(vec![dir(""), file("a", 10, 0)]);
    for cut in 0..whole.len() {
        // What ends between two entries is a tree of those before, if there is one.
        if let Err(error) = open(whole[..cut].to_vec(), b"") {
            assert_eq!(error.kind(), ErrorKind::Refused, "{cut}: {error}");
        } else {
            assert!(cut > 13 && cut < whole.len(), "{cut}");
        }
    }
    for at in 9..whole.len() {
        let mut other = whole.clone();
        other[at] ^= 0x81;
        if let Err(error) = open(other, b"") {
            assert_eq!(error.kind(), ErrorKind::Refused, "{at}: {error}");
        }
    }
    let endless = [&[ENTRIES][..], &0_u64.to_le_bytes(), &u32::MAX.to_le_bytes()].concat();
    assert!(open(endless, b"").unwrap_err().to_string().contains("too much of one entry"));
}

#[test]
fn a_content_that_is_longer_or_shorter_than_was_said_is_refused() {
    for (content, what) in
        [(&b""[..], "less"), (b"ab", "less"), (b"abcd", "more"), (&[0; 9999], "more")]
    {
        let tree = open(records(vec![dir(""), made("a", 3)]), content).unwrap();
        let (entry, _) = tree.index.get(&RelPath::parse("a").unwrap()).unwrap();
        let mut bytes = Vec::new();
        let read = tree.open(entry).unwrap().into_read().read_to_end(&mut bytes);
        assert!(read.unwrap_err().to_string().contains(what), "{}", content.len());
    }
}

#[test]
fn what_is_packed_together_is_read_one_by_one_and_at_once() {
    let said = || {
        let last = |b: &mut Solid| b.last = true;
        vec![
            dir(""),
            solid("a", 3, 5),
            other(solid("b", 2, 8), last),
            solid("c", 4, 0),
            solid("d", 0, 5),
        ]
    };
    let read = |tree: &RelayedTree<MemoryBytes, Liar>| -> Vec<Result<Vec<u8>, String>> {
        let read = |path| {
            let (entry, _) = tree.index.get(&RelPath::parse(path).unwrap()).unwrap();
            let mut bytes = Vec::new();
            let read = tree.open(entry).map_err(|error| error.to_string())?;
            let read = read.into_read().read_to_end(&mut bytes);
            read.map(|_| bytes).map_err(|error| error.to_string())
        };
        ["a", "b", "c", "d"].map(read).into()
    };
    let (cancel, observer, clock) = (CancelToken::default(), &Silent, &NoClock);
    let limits = Limits::default();
    let ctx = Context { observer, clock, cancel: &cancel, limits, threads: 1, memory_bytes: 0 };
    let whole = [b"xxx".to_vec(), b"xx".to_vec(), b"xxxx".to_vec(), Vec::new()].map(Ok);
    let tree = open(records(said()), b"xxxx-xxxxx").unwrap();
    assert!(tree.is_solid());
    assert_eq!(read(&tree), whole);
    let mut plain = Vec::new();
    let asked = || tree.parser.2.load(Ordering::Relaxed);
    assert_eq!(asked(), 2, "what comes later in a folder goes on where another one ended");
    tree.unpack(&ctx, &mut plain).unwrap();
    assert_eq!(asked(), 3, "at once, a folder is unpacked once");
    // What lies between contents is not among them.
    assert_eq!(plain, b"xxxxxxxxx");
    assert_eq!(read(&tree.with_plain(MemoryBytes(plain))), whole);
    for (folder, code) in [
        (&b""[..], "E_SIZE"),
        (b"xxxx-xxxx", "E_SIZE"),
        (b"xxxx-yxxxx", "E_CRC"),
        (b"xxxx-xxxxxx", "E_SIZE"),
    ] {
        let tree = open(records(said()), folder).unwrap();
        let error = tree.unpack(&ctx, &mut Vec::new()).unwrap_err().to_string();
        assert!(error.contains(code), "{folder:?} {error}");
        let errors = read(&tree).into_iter().filter_map(Result::err).collect::<Vec<_>>().concat();
        assert!(errors.contains(code), "{folder:?} {errors}");
    }
}
