//! The parser inside WebAssembly: it is the one of these sources, and one that an archive took over gets nowhere.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use holdall::archive::{PackOptions, Packing, pack, put_start};
use holdall::guest::Guest;
use holdall::read::identify;
use holdall::source::{self, Access, Homes, Locator, Reading};
use holdall::tree::{ContentHash, ErrorKind, Everything, InOrder, TreeId};
use holdall_testkit::peer;

use crate::support::{context, tree};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn the_module_is_the_one_that_was_built_of_these_sources() {
    let list = std::fs::read_to_string(root().join("guest/archive.sha256")).unwrap();
    let mut other = Vec::new();
    for line in list.lines() {
        let (hash, path) = line.split_once("  ").unwrap();
        let found = std::fs::read(root().join(path)).map(|bytes| ContentHash::of(&bytes));
        if found.is_ok_and(|found| found.to_string() == hash) {
            continue;
        }
        other.push(path);
    }
    assert!(list.contains("  guest/archive.wasm") && list.lines().count() > 40);
    assert!(other.is_empty(), "run `cargo xtask guest`, since these changed: {other:#?}");
}

/// A module that answers each request with these bytes, or does this instead.
fn module(answer: &[u8], more: &str) -> Guest {
    let data = answer.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "\\{byte:02x}");
        text
    });
    let length = answer.len() * 2;
    let more = more.replace("ANSWER", &format!("(i64.const {})", (4096_u64 << 32) | length as u64));
    let module = format!(
        r#"(module
            (import "archive" "read" (func $read (param i64 i32 i32) (result i32)))
            (memory (export "memory") 2)
            (data (i32.const 4096) "{data}")
            (global $asked (mut i32) (i32.const 0))
            (func (export "room") (param i32) (result i32) (i32.const 0))
            (func (export "begin"))
            (func (export "more") (result i64) {more}))"#
    );
    Guest::of_module(&wat::parse_str(module).unwrap()).unwrap()
}

/// Hands out the answer once.
const ONCE: &str = "(if (result i64) (global.get $asked) (then (i64.const 0))
    (else (global.set $asked (i32.const 1)) ANSWER))";

/// An entry as a parser says it: a file of this size that only it can read.
fn record(path: &str, size: Option<u64>) -> Vec<u8> {
    let mut record = (path.len() as u64).to_le_bytes().to_vec();
    record.extend(path.as_bytes());
    match size {
        Some(size) => {
            record.push(0);
            record.extend(size.to_le_bytes());
        }
        None => record.push(1),
    }
    // Nothing is known of it.
    record.extend([0; 11]);
    match size {
        Some(_) => record.extend([1, 1, 0, 0, 0, 0, 0, 0, 0, 0]),
        None => record.push(0),
    }
    record.push(0);
    [&(record.len() as u32).to_le_bytes()[..], &record].concat()
}

fn open(guest: &Guest, name: &str) -> holdall::Result<Vec<u8>> {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join(name);
    let gzip = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    std::fs::write(&path, if name.ends_with("gz") { gzip.to_vec() } else { vec![b'x'; 2048] })
        .unwrap();
    context(|ctx| {
        let reading = Reading { guest: Some(guest), ..Reading::default() };
        let opened = source::open(ctx, &Locator::Path(path), Homes::default(), reading)?;
        let root = opened.tree().root()?;
        let mut bytes = Vec::new();
        for entry in opened.tree().list(ctx, &root.path)? {
            let read = opened.tree().open(&entry)?.into_read();
            let read = std::io::Read::read_to_end(&mut { read }, &mut bytes);
            read.map_err(|error| holdall::Error::Refused(error.to_string()))?;
        }
        Ok(bytes)
    })
}

#[test]
fn a_parser_that_was_taken_over_gets_nowhere() {
    let tree = |more: &[(&str, Option<u64>)]| {
        // Entries follow, and nothing was cleaned of them.
        let mut said = [&[0][..], &0_u64.to_le_bytes(), &record("", None)].concat();
        more.iter().for_each(|(path, size)| said.extend(record(path, *size)));
        said
    };
    for (what, said, more, expected) in [
        ("a way up", tree(&[("../x", Some(1))]), ONCE, "E_PATH_DOTDOT"),
        ("an absolute path", tree(&[("/x", Some(1))]), ONCE, "E_PATH_ABS"),
        ("too much", tree(&[("x", Some(1 << 40))]), ONCE, "E_RATIO"),
        ("another content", tree(&[("x", Some(1))]), ONCE, "more of a file than it said"),
        ("nothing", Vec::new(), "(i64.const 0)", "stops in the middle"),
        ("no sense", vec![255; 100], ONCE, "cannot be understood"),
        ("no measure", [vec![0; 9], vec![255; 100]].concat(), ONCE, "too much of one entry"),
        ("nothing to be opened", vec![1], ONCE, "something opened twice"),
        ("no end of entries", tree(&[("x", Some(1))]), "ANSWER", "cannot be understood"),
        ("no end", Vec::new(), "(loop $l (br $l)) (unreachable)", "computes for longer"),
        (
            "no end of memory",
            Vec::new(),
            "(loop $l (drop (memory.grow (i32.const 9))) (br $l)) (unreachable)",
            "wants more memory",
        ),
        ("a fault", Vec::new(), "(unreachable)", "ends by a fault"),
        (
            "a lie of a failure",
            b"\x01\x09".to_vec(),
            "(i64.or (i64.const 1) ANSWER)",
            "cannot be understood",
        ),
    ] {
        let error = open(&module(&said, more), "a.tar").expect_err(what);
        let text = error.to_string();
        assert!(text.contains(expected), "{what}: {text}");
        assert_eq!(holdall::tree::Classified::kind(&error), ErrorKind::Refused, "{what}: {text}");
    }
    // A stream without end is one too large.
    let error = open(&module(&[0; 60_000], "ANSWER"), "a.tar.gz").expect_err("no end of a stream");
    assert!(error.to_string().contains("E_RATIO"), "{error}");
}

/// The ID of the archive at `path`, if all of it is read: at once or one content after the other.
fn id(path: &Path, guest: Option<&Guest>, access: Access) -> TreeId {
    context(|ctx| {
        let reading = Reading { guest, access, ..Reading::default() };
        let opened =
            source::open(ctx, &Locator::Path(path.to_owned()), Homes::default(), reading).unwrap();
        identify(ctx, opened.tree(), &Everything).unwrap().id
    })
}

/// A tree of one block, of a program and of what a filter is made for.
fn solid(home: &Path) -> PathBuf {
    let from = home.join("from");
    tree(&from, 3);
    std::fs::copy(std::env::current_exe().unwrap(), from.join("program")).unwrap();
    let program = std::fs::OpenOptions::new().write(true).open(from.join("program")).unwrap();
    program.set_len(150_000).unwrap();
    let numbers: Vec<u8> = (0..10_000_u32).flat_map(|n| (n / 3).to_le_bytes()).collect();
    std::fs::write(from.join("numbers"), numbers).unwrap();
    from
}

/// Inside it is what it is outside.
fn is_the_same(path: &Path, guest: &Guest) {
    let outside = id(path, None, Access::Whole);
    for access in [Access::Whole, Access::File] {
        assert_eq!(id(path, Some(guest), access), outside, "{} {access:?}", path.display());
    }
}

#[test]
fn a_7z_of_ours_is_read_inside() {
    let (home, guest) = (tempfile::tempdir().unwrap(), Guest::new().unwrap());
    let from = solid(home.path());
    let path = home.path().join("a.7z");
    context(|ctx| {
        let directory =
            source::open(ctx, &Locator::Path(from), Homes::default(), Reading::default()).unwrap();
        let (mut source, options) = (InOrder::new(directory.tree()), PackOptions::default());
        let options = PackOptions { manifest: true, level: Some(1), ..options };
        let file = std::fs::File::create(&path).unwrap();
        let written = pack(ctx, &mut source, &Everything, &file, Packing::SevenZ, options).unwrap();
        put_start(&written, &file).unwrap();
    });
    is_the_same(&path, &guest);
}

#[test]
fn what_seven_zip_writes_is_read_inside() {
    let Some(peer) = peer("7zz") else { return };
    let (home, guest) = (tempfile::tempdir().unwrap(), Guest::new().unwrap());
    let from = solid(home.path());
    let ways: [&[&str]; 10] = [
        &["-mx=1"],
        &["-ms=off", "-mhc=off", "-mx=1"],
        &["-m0=lzma", "-mx=1"],
        &["-m0=copy"],
        &["-m0=deflate"],
        &["-m0=bzip2", "-mx=1"],
        &["-m0=delta:4", "-m1=lzma2"],
        &["-m0=bcj", "-m1=lzma"],
        &["-m0=arm64", "-m1=deflate"],
        &["-m0=bcj2", "-m1=lzma", "-m2=lzma", "-m3=lzma", "-mb0:1", "-mb0s1:2", "-mb0s2:3"],
    ];
    for (number, way) in ways.iter().enumerate() {
        let path = home.path().join(format!("{number}.7z"));
        let run = peer.command(&from).args(["a", "-snl"]).args(*way).arg(&path).arg(".").output();
        assert!(run.unwrap().status.success(), "{way:?}");
        is_the_same(&path, &guest);
    }
}

#[test]
fn a_module_that_wants_more_than_bytes_is_not_run() {
    let module = r#"(module (import "env" "open" (func)) (memory (export "memory") 1))"#;
    let guest = Guest::of_module(&wat::parse_str(module).unwrap()).unwrap();
    let error = open(&guest, "a.tar").unwrap_err();
    assert_eq!(holdall::tree::Classified::kind(&error), ErrorKind::Refused, "{error}");
    assert!(Guest::of_module(b"none").is_err());
}
