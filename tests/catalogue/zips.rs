//! The zips of the catalogue.

#![expect(clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use holdall_testkit::tar;
use holdall_testkit::zip::{Item, end, zip, zip_with};

use super::{Case, End, quine};

fn no(id: &'static str, code: &'static str, items: &[Item]) -> Case {
    raw(id, code, zip(items))
}

fn raw(id: &'static str, code: &'static str, bytes: Vec<u8>) -> Case {
    Case::new(id, "zip", bytes, End::Refused(code))
}

fn broken(id: &'static str, code: &'static str, items: &[Item]) -> Case {
    Case::new(id, "zip", zip(items), End::Broken(code))
}

fn yes(
    id: &'static str,
    strict: Option<&'static str>,
    items: &[Item],
    files: &[(&[u8], &[u8])],
) -> Case {
    let files = files.iter().map(|(name, content)| (name.to_vec(), content.to_vec())).collect();
    Case { strict, ..Case::new(id, "zip", zip(items), End::Taken(files)) }
}

fn item() -> Item {
    Item::new(b"f", b"content")
}

/// All of them; `out` is a directory that nothing may be written to.
pub(crate) fn cases(out: &[u8]) -> Vec<Case> {
    let mut cases = names(out);
    cases.extend(twice());
    cases.extend(places());
    cases.extend(contents());
    cases
}

fn names(out: &[u8]) -> Vec<Case> {
    let escape = "E_LINK_ESCAPE";
    let absolute = [out, b"/moo"].concat();
    let dos = |name: &[u8]| Item { host: 0, ..Item::new(name, b"x") };
    let utf8 = Item { flags: 1 << 11, ..Item::new(b"\xff", b"x") };
    let chain =
        [Item::link(b"cur", b"."), Item::link(b"par", b"cur/.."), Item::new(b"par/moo", b"x")];
    vec![
        no("Z01", "E_PATH_DOTDOT", &[Item::new(b"../moo", b"x")]),
        no("Z02", "E_PATH_ABS", &[Item::new(&absolute, b"x")]),
        no("Z03", "E_PATH_DOTDOT", &[dos(b"..\\..\\moo")]),
        yes("Z04", Some("E_NAME_PORTABLE"), &[Item::new(b"C:/moo", b"x")], &[(b"C:/moo", b"x")]),
        no("Z05", escape, &[Item::link(b"moo", &absolute), Item::new(b"moo", b"x")]),
        no("Z06", escape, &[Item::link(b"d", out), Item::new(b"d/moo", b"x")]),
        no("Z07", escape, &chain),
        no("Z20", "E_NAME_ENC", &[utf8]),
        no("Z21", "E_DUP", &[Item::new(b"f", b"1"), Item::new(b"f", b"2")]),
        no("Z22", escape, &[Item::link(b"Link", out), Item::new(b"link/moo", b"x")]),
        no("Z23", "E_NAME_NUL", &[Item::new(b"a\0b", b"x")]),
        yes("Z24", Some("E_SET_ID"), &[Item { mode: 0o104_755, ..item() }], &[(b"f", b"content")]),
        no("Z25a", "E_TYPE", &[Item { mode: 0o020_644, ..Item::new(b"dev", b"") }]),
        no("Z25b", "E_TYPE", &[Item { mode: 0o010_644, ..Item::new(b"pipe", b"") }]),
        no("Z34", "E_NAME_EMPTY", &[Item::link(b"d/", out)]),
        no("Z35", "E_LINK_TARGET", &[Item::link(b"l", &vec![b'x'; 100_000])]),
        yes("Z36", None, &[Item { time: 0, ..item() }], &[(b"f", b"content")]),
        no("Z40", "E_NAME_EMPTY", &[Item::new(b"", b"x")]),
    ]
}

/// What is said in two places.
fn twice() -> Vec<Case> {
    let mismatch = "E_ZIP_MISMATCH";
    let mut name = vec![0x75, 0x70, 11, 0, 1, 0, 0, 0, 0];
    name.extend_from_slice(b"../moo");
    let lie = [&item().crc.to_le_bytes()[..], &7_u32.to_le_bytes(), &6_u32.to_le_bytes()].concat();
    let up = b"../moo".to_vec();
    vec![
        no(
            "Z08",
            "E_PATH_DOTDOT",
            &[Item { name: up.clone(), name_local: b"safe".to_vec(), ..item() }],
        ),
        no("Z09", mismatch, &[Item { name_local: up, ..item() }]),
        no("Z10", mismatch, &[Item { size_local: 6, ..item() }]),
        no("Z14", mismatch, &[Item { flags: 8, behind: lie, ..item() }]),
        no("Z19", mismatch, &[Item { extra: name, ..item() }]),
        no("Z33", "E_SIZE", &[Item { mode: 0o040_755, ..Item::new(b"d/", b"data") }]),
    ]
}

/// Where things lie.
fn places() -> Vec<Case> {
    let kernel = Item::deflated(b"k", &vec![0; 1 << 20]);
    let share = |nr: usize| Item {
        name: format!("f{nr}").into_bytes(),
        offset: Some(0),
        absent: nr > 0,
        ..kernel.clone()
    };
    let many: Vec<Item> = (0..2000).map(share).collect();
    // Each entry begins inside the content of the one before, which quotes it.
    let mut quoted = zip(&[Item::new(b"b", &[b'x'; 500])]);
    quoted.truncate(531);
    let outer = Item { data: quoted, size: 531, size_local: 531, ..Item::new(b"a", b"") };
    let inner = Item { offset: Some(31), absent: true, ..Item::new(b"b", &[b'x'; 500]) };
    let items = [Item::new(b"f", b"x"), Item::new(b"g", b"y")];
    let bytes = zip(&items);
    let directory = bytes.len() - 22 - 2 * 47;
    let with = |end: Vec<u8>| [&bytes[..bytes.len() - 22], &end].concat();
    let changed = |back: usize, to: u8| {
        let mut bytes = bytes.clone();
        let at = bytes.len() - back;
        bytes[at] = to;
        bytes
    };
    let mut wide = b"PK\x06\x06\x2c\0\0\0\0\0\0\0\x2d\0\x2d\0\0\0\0\0\0\0\0\0".to_vec();
    for number in [1_u64 << 40, 1 << 40, 94, directory as u64] {
        wide.extend_from_slice(&number.to_le_bytes());
    }
    wide.extend_from_slice(b"PK\x06\x07\0\0\0\0");
    wide.extend_from_slice(&(bytes.len() as u64 - 22).to_le_bytes());
    wide.extend_from_slice(&[1, 0, 0, 0]);
    let hidden = Item { hidden: true, ..Item::new(b"hidden", b"x") };
    let before = [b"#!/bin/sh\n".repeat(50), bytes.clone()].concat();
    vec![
        no("Z11", "E_ZIP_OVERLAP", &many),
        no("Z12", "E_ZIP_OVERLAP", &[outer, inner]),
        raw("Z15", "E_ZIP_EOCD", zip_with(&items, &end(0, 0, 0, b""))),
        // What begins as something else is not told to be a zip.
        raw("Z16", "dump-damaged", before),
        raw("Z17", "E_TRAILING", [&bytes[..], b"junk"].concat()),
        raw("Z18", "E_ZIP_EOCD", with(end(1, 94, directory, b""))),
        raw("Z31", "E_ZIP_EOCD", changed(2, 9)),
        no("Z37", "E_ZIP_HIDDEN", &[Item::new(b"f", b"x"), hidden]),
        raw("Z38", "E_", bytes[..bytes.len() - 40].to_vec()),
        raw("Z41", "E_ZIP_EOCD", with([wide, end(0xffff, 94, directory, b"")].concat())),
        raw("Z42", "E_ZIP_EOCD", with(end(2, 94, 10, b""))),
        raw("Z44", "E_ZIP_EOCD", changed(18, 1)),
        raw("Z45a", "E_FORMAT_AMBIGUOUS", polyglot()),
        Case::new(
            "Z45b",
            "zip",
            [packed(b"x"), bytes.clone()].concat(),
            End::Unread("packed-damaged"),
        ),
    ]
}

fn contents() -> Vec<Case> {
    let small = |nr: u8| Item::deflated(&[b'a' + nr], &vec![0; 1 << 20]);
    let small: Vec<Item> = (0..20).map(small).collect();
    let many: Vec<Item> =
        (0..30_000).map(|nr| Item::new(format!("{nr}").as_bytes(), b"")).collect();
    let longer = Item { size: 10, size_local: 10, ..Item::deflated(b"f", &vec![7; 1 << 20]) };
    // 16 in each of 5 levels: what is in an archive that is in another is data.
    let mut nested = zip(&[Item::deflated(b"k", &vec![0; 1 << 18])]);
    for _ in 0..5 {
        let level = |nr: u8| Item::deflated(&[b'a' + nr, b'.', b'z'], &nested);
        nested = zip(&(0..16).map(level).collect::<Vec<_>>());
    }
    let inner = nested.clone();
    vec![
        yes("Z13", None, &[Item::new(b"inner.zip", &nested)], &[(b"inner.zip", &inner)]),
        no("Z26", "E_ZIP_ENC", &[Item { flags: 1, ..item() }]),
        no("Z27", "E_ZIP_METHOD", &[Item { method: 255, ..item() }]),
        broken("Z28", "E_SIZE", &[Item::new(b"a", b"good"), longer]),
        broken(
            "Z29",
            "E_CRC",
            &[Item::new(b"a", b"good"), Item { data: b"Content".to_vec(), ..item() }],
        ),
        no("Z30", "E_ZIP_EXTRA", &[Item { extra: b"UT\x09\0\x01".to_vec(), ..item() }]),
        yes("Z32", None, &many, &[(b"0", b""), (b"29999", b"")]),
        no("Z39a", "E_RATIO", &[Item::deflated(b"f", &vec![0; 20 << 20])]),
        no("Z39b", "E_RATIO", &small),
        within_itself(),
    ]
}

/// One that holds itself: what is in it is data, and is not looked into.
fn within_itself() -> Case {
    let (bytes, name) = quine::quine();
    let files = vec![(name.to_vec(), bytes.clone())];
    Case::new("Z43", "zip", bytes, End::Taken(files))
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut packed = holdall_testkit::gzip();
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// A tar with one file, in which a zip begins that ends with the tar.
fn polyglot() -> Vec<u8> {
    let local = Item::new(b"moo", b"x").local();
    let alone = zip(&[Item::new(b"moo", b"x")]);
    let mut directory = alone[local.len()..alone.len() - 22].to_vec();
    directory[42..46].copy_from_slice(&512_u32.to_le_bytes());
    let at = 512 + local.len();
    let body = |comment: usize| {
        let end = end(1, directory.len(), at, &vec![0; comment]);
        [&local[..], &directory, &end[..22]].concat()
    };
    let length = body(0).len();
    let whole = tar::archive(&[tar::file(b"f", &body(0))]).len();
    tar::archive(&[tar::file(b"f", &body(whole - 512 - length))])
}
