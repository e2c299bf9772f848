//! The tars of the catalogue.

#![expect(clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use std::io::Write;

use holdall_testkit::tar::{Head, archive, dir, file, hard_link, padded, pax, symlink};

use super::{Case, End};

type Parts = Vec<Vec<u8>>;

/// Refused for this reason.
fn no(id: &'static str, code: &'static str, parts: Parts) -> Case {
    raw(id, code, archive(&parts))
}

fn raw(id: &'static str, code: &'static str, bytes: Vec<u8>) -> Case {
    Case::new(id, "tar", bytes, End::Refused(code))
}

/// Taken, and `strict` says how where what is odd is refused.
fn yes(
    id: &'static str,
    strict: Option<&'static str>,
    parts: Parts,
    files: &[(&[u8], &[u8])],
) -> Case {
    let files = files.iter().map(|(name, content)| (name.to_vec(), content.to_vec())).collect();
    Case { strict, ..Case::new(id, "tar", archive(&parts), End::Taken(files)) }
}

/// Files of these names are taken as they are.
fn odd(id: &'static str, strict: &'static str, names: &[&[u8]]) -> Case {
    let parts = names.iter().map(|name| named(name)).collect();
    let files: Vec<(&[u8], &[u8])> = names.iter().map(|name| (*name, &b"x"[..])).collect();
    yes(id, Some(strict), parts, &files)
}

/// A file of any name, however long.
fn named(name: &[u8]) -> Vec<u8> {
    [pax(b'x', &[("path", name)]), file(b"safe", b"x")].concat()
}

fn long_link(name: &[u8], target: &[u8]) -> Vec<u8> {
    [pax(b'x', &[("path", name), ("linkpath", target)]), symlink(b"l", b"x")].concat()
}

fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// All of them; `out` is a directory that nothing may be written to, with `canary` in it.
pub(crate) fn cases(out: &[u8]) -> Vec<Case> {
    let mut cases = paths(out);
    cases.extend(links(out));
    cases.extend(kinds());
    cases.extend(numbers());
    cases.extend(headers(out));
    cases.extend(names(out));
    cases.extend(sizes());
    cases
}

fn paths(out: &[u8]) -> Vec<Case> {
    let absolute = join(&[out, b"/moo"]);
    vec![
        no("T01", "E_PATH_ABS", vec![named(&absolute)]),
        no("T02", "E_PATH_ABS", vec![named(&join(&[b"/", &absolute]))]),
        no("T03", "E_PATH_DOTDOT", vec![file(b"../moo", b"x")]),
        no("T04", "E_PATH_DOTDOT", vec![file(b"a/../../moo", b"x")]),
        odd("T05", "E_NAME_PORTABLE", &[b"..\\..\\moo"]),
        odd("T06a", "E_NAME_PORTABLE", &[b"C:\\moo"]),
        odd("T06b", "E_NAME_PORTABLE", &[b"C:moo"]),
        odd("T07a", "E_NAME_PORTABLE", &[b"\\\\?\\C:\\moo"]),
        no("T07b", "E_PATH_ABS", vec![file(b"//server/share", b"x")]),
        no("T08", "E_NAME_NUL", vec![named(b"a\0/../../moo")]),
    ]
}

fn links(out: &[u8]) -> Vec<Case> {
    let escape = "E_LINK_ESCAPE";
    let (moo, canary) = (join(&[out, b"/moo"]), join(&[out, b"/canary"]));
    // A path that only becomes too long for the kernel by following links.
    let (long, mut deep, mut at) = (vec![b'd'; 240], Vec::new(), Vec::new());
    for letter in b'a'..=b'p' {
        deep.push([pax(b'x', &[("path", &join(&[&at, &long]))]), dir(b"d")].concat());
        deep.push(long_link(&join(&[&at, &[letter]]), &long));
        at = join(&[&at, &long, b"/"]);
    }
    let letters: Vec<u8> = (b'a'..=b'p').flat_map(|letter| [letter, b'/']).collect();
    deep.push(long_link(b"esc", &join(&[&letters, &b"../".repeat(17), b"outside"])));
    deep.push(named(b"esc/moo"));
    let circle = vec![symlink(b"a", b"b"), symlink(b"b", b"a")];
    vec![
        no("T09", escape, vec![long_link(b"moo", &moo), file(b"moo", b"x")]),
        no("T10", escape, vec![long_link(b"d", out), file(b"d/moo", b"x")]),
        no(
            "T11",
            escape,
            vec![symlink(b"cur", b"."), symlink(b"par", b"cur/.."), file(b"par/moo", b"x")],
        ),
        no(
            "T12",
            "E_LINK_THROUGH",
            vec![symlink(b"cur", b"."), symlink(b"cur/par", b".."), file(b"par/moo", b"x")],
        ),
        no(
            "T13",
            escape,
            vec![
                long_link(b"d", &join(&[out, b"/dir"])),
                Head::new(b'5', b"d").mode(0o777).sealed(),
            ],
        ),
        no(
            "T14",
            "E_HARDLINK_ESCAPE",
            vec![pax(b'x', &[("linkpath", &canary)]), hard_link(b"h", b"x")],
        ),
        no("T15", "E_HARDLINK_ESCAPE", vec![hard_link(b"h", b"../canary")]),
        no("T16", escape, vec![long_link(b"s", &canary), hard_link(b"h", b"s"), file(b"h", b"x")]),
        no("T17", "E_HARDLINK_ESCAPE", vec![hard_link(b"h", b"../canary"), file(b"h", b"x")]),
        no("T18", "E_DUP", vec![file(b"f", b"1"), symlink(b"f", b"g"), file(b"f", b"2")]),
        no("T19", "E_DUP", vec![dir(b"d/"), symlink(b"d", b"e"), file(b"d/moo", b"x")]),
        no("T20", "E_NAME_EMPTY", vec![long_link(b"d/", out), file(b"d/moo", b"x")]),
        no("T21a", "E_NAME_EMPTY", vec![symlink(b"", b"target")]),
        no("T21b", "E_NAME_EMPTY", vec![symlink(b".", b"target")]),
        no("T21c", "E_NAME_EMPTY", vec![symlink(b"./", b"target")]),
        no("T22", escape, deep),
        no("T62", "E_LINK_THROUGH", [circle, vec![file(b"a/x", b"x")]].concat()),
        no("T63a", "E_LINK_TARGET", vec![symlink(b"l", b"")]),
        no("T63b", "E_LINK_TARGET", vec![long_link(b"l", &[b'x'; 5000])]),
        no(
            "T65",
            "E_HARDLINK_ESCAPE",
            vec![file(b"f", b"x"), pax(b'x', &[("linkpath", b"../canary")]), hard_link(b"h", b"f")],
        ),
    ]
}

fn kinds() -> Vec<Case> {
    let node = |kind: u8| vec![Head::new(kind, b"x").with(329, b"0000001\x000000003\0").sealed()];
    let sized = |kind: u8| vec![Head::new(kind, b"x").holding(b"data")];
    vec![
        no("T23", "E_TYPE", node(b'3')),
        no("T24", "E_TYPE", node(b'4')),
        no("T25", "E_TYPE", node(b'6')),
        no("T26a", "E_TYPE", node(b'Z')),
        no("T26b", "E_TYPE", node(b'7')),
        no("T26c", "E_TYPE", node(b'!')),
        yes(
            "T27",
            Some("E_SET_ID"),
            vec![Head::new(b'0', b"f").mode(0o4755).holding(b"x")],
            &[(b"f", b"x")],
        ),
        yes(
            "T28",
            Some("E_SET_ID"),
            vec![Head::new(b'5', b"d").mode(0o3755).sealed(), file(b"d/f", b"x")],
            &[(b"d/f", b"x")],
        ),
        // Modes are those of the archive, also for others to write.
        yes(
            "T29",
            None,
            vec![
                Head::new(b'5', b"d").mode(0o777).sealed(),
                Head::new(b'0', b"d/f").mode(0o666).holding(b"x"),
            ],
            &[(b"d/f", b"x")],
        ),
        no("T57a", "E_TYPE", sized(b'V')),
        no("T57b", "E_TYPE", sized(b'M')),
        yes("T69", None, vec![Head::new(b'5', b"d").mode(0).sealed(), file(b"d/f", b"x")], &[]),
        no(
            "T70",
            "E_ROOT_ENTRY",
            vec![
                Head::new(b'5', b"./").mode(0).sealed(),
                Head::new(b'5', b".").mode(0o777).sealed(),
            ],
        ),
        // Zeros alone are not told to be a tar.
        Case::new("T71", "tar", archive(&[]), End::Unread("no-dump")),
    ]
}

fn numbers() -> Vec<Case> {
    // A first header that is none would be one of no archive.
    let size =
        |field: &[u8]| vec![file(b"fine", b"x"), Head::new(b'0', b"f").with(124, field).sealed()];
    let time = |id, text: &str| {
        no(id, "E_TIME", vec![pax(b'x', &[("mtime", text.as_bytes())]), file(b"f", b"x")])
    };
    vec![
        yes(
            "T30",
            None,
            vec![Head::new(b'0', b"f").with(108, b"\x80\0\x01\0\0\0\0\0").holding(b"x")],
            &[(b"f", b"x")],
        ),
        no("T31", "E_SIZE", size(&[0xff; 12])),
        no("T32", "E_LIMIT_BYTES", size(b"\x80\0\0\0\x40\0\0\0\0\0\0\0")),
        no("T33", "E_SIZE", size(b"9999999999x\0")),
        time("T39a", "nan"),
        time("T39b", "-1e400"),
        time("T39c", "12345678901234567890"),
        yes(
            "T67",
            None,
            vec![
                Head::new(b'0', b"f").with(136, b"\0\0\0\0\0\0\0\0\0\0\0\0").holding(b"x"),
                Head::new(b'0', b"g")
                    .with(136, b"\x80\0\0\0\0\0\0\x0f\xff\xff\xff\xff")
                    .holding(b"x"),
            ],
            &[(b"f", b"x")],
        ),
    ]
}

fn headers(out: &[u8]) -> Vec<Case> {
    let inner = archive(&[file(b"smuggled", b"x")]);
    let outer = |size: u64| {
        let head = Head::new(b'0', b"outer").size(size).sealed();
        vec![pax(b'x', &[("size", inner.len().to_string().as_bytes())]), head, padded(&inner)]
    };
    let long = |name: &[u8]| Head::new(b'L', b"././@LongLink").holding(name);
    let record = |body: &[u8]| vec![Head::new(b'x', b"p").holding(body), file(b"f", b"x")];
    let sparse = |map: &str, size: &str| {
        let records = [("GNU.sparse.map", map.as_bytes()), ("GNU.sparse.size", size.as_bytes())];
        vec![pax(b'x', &records), file(b"f", b"xy")]
    };
    let lines = |name: &[u8], lines: &[u8]| {
        let records = [
            ("GNU.sparse.major", &b"1"[..]),
            ("GNU.sparse.minor", b"0"),
            ("GNU.sparse.name", name),
            ("GNU.sparse.realsize", b"8"),
        ];
        vec![pax(b'x', &records), file(b"GNUSparseFile.0/f", &[&padded(lines)[..], b"xy"].concat())]
    };
    let whole = archive(&[file(b"a", &[b'x'; 700]), file(b"b", b"y")]);
    let mut damaged = whole.clone();
    damaged[1536] ^= 1;
    let absolute = join(&[out, b"/moo"]);
    vec![
        yes("T34", None, outer(0), &[(b"outer", &inner)]),
        no("T35", "E_PAX_SIZE_CONFLICT", outer(512)),
        no(
            "T36",
            "E_PAX",
            vec![pax(b'x', &[("path", b"other")]), long(b"long\0"), file(b"f", b"x")],
        ),
        no("T37", "E_PAX", vec![pax(b'g', &[("size", b"512")]), file(b"f", b"x")]),
        no("T38a", "E_PAX", record(b"0 path=a\n")),
        no("T38b", "E_PAX", record(b"18446744073709551616 a=b\n")),
        no("T38c", "E_PAX", record(b"99 path=a\n")),
        no("T40a", "E_NAME_NUL", vec![long(b"a\0b\0"), file(b"f", b"x")]),
        no(
            "T40b",
            "E_PATH_DOTDOT",
            vec![long(&join(&[&b"../".repeat(40), b"moo\0"])), file(b"f", b"x")],
        ),
        no("T49", "E_LIMIT_BYTES", sparse("0,2", "8796093022208")),
        no("T50a", "E_SPARSE", sparse("0,1,0,1", "9")),
        no("T50b", "E_SPARSE", sparse("4,1,0,1", "9")),
        no("T51a", "E_PATH_DOTDOT", lines(b"../moo", b"1\n4\n2\n")),
        no("T51b", "E_SPARSE", lines(b"f", b"1\n18446744073709551615\n2\n")),
        // What is shorter than a header is not told to be a tar.
        Case::new("T54a", "tar", whole[..100].to_vec(), End::Unread("no-dump")),
        raw("T54b", "E_TRUNC", whole[..800].to_vec()),
        raw("T54c", "E_TRUNC", whole[..1700].to_vec()),
        raw("T55", "E_CKSUM", damaged),
        raw("T56", "E_TRAILING", [whole.clone(), whole.clone()].concat()),
        no("T64", "E_PATH_DOTDOT", vec![pax(b'x', &[("path", b"../moo")]), file(b"safe", b"x")]),
        no("T66", "E_PAX", vec![pax(b'g', &[("path", &absolute)]), file(b"f", b"x")]),
        no(
            "T72a",
            "E_PAX",
            vec![pax(b'x', &[("path", b"a"), ("path", b"../moo")]), file(b"f", b"x")],
        ),
        no(
            "T72b",
            "E_PATH_DOTDOT",
            vec![pax(b'x', &[("hdrcharset", b"BINARY"), ("path", b"../moo")]), file(b"f", b"x")],
        ),
    ]
}

fn names(out: &[u8]) -> Vec<Case> {
    let large = vec![b'x'; 70_000];
    let records = [
        ("SCHILY.xattr.security.capability", &b"\x01\0\0\x02"[..]),
        ("SCHILY.xattr.trusted.x", b"y"),
        ("SCHILY.xattr.user.large", &large),
        ("SCHILY.acl.access", b"user::rwx,user:0:rwx,group::r--,mask::rwx,other::r--"),
    ];
    vec![
        no("T41", "E_DUP", vec![file(b"f", b"1"), file(b"f", b"2")]),
        no("T42a", "E_LINK_ESCAPE", vec![long_link(b"Link", out), file(b"link/moo", b"x")]),
        odd("T42b", "E_COLLIDE", &[b"README", b"readme"]),
        odd("T43a", "E_COLLIDE", &["caf\u{e9}".as_bytes(), "cafe\u{301}".as_bytes()]),
        odd("T43b", "E_COLLIDE", &["\u{fb00}".as_bytes(), b"ff"]),
        odd("T44a", "E_NAME_PORTABLE", &[b"foo."]),
        odd("T44b", "E_NAME_PORTABLE", &[b"foo "]),
        odd("T44c", "E_NAME_PORTABLE", &[b".. /moo"]),
        odd("T44d", "E_NAME_PORTABLE", &[b"... "]),
        odd("T45a", "E_NAME_PORTABLE", &[b"CON"]),
        odd("T45b", "E_NAME_PORTABLE", &[b"aux.txt"]),
        odd("T45c", "E_NAME_PORTABLE", &["COM\u{b9}".as_bytes()]),
        odd("T45d", "E_NAME_PORTABLE", &[b"NUL .x"]),
        odd("T45e", "E_NAME_PORTABLE", &[b"CONIN$"]),
        odd("T46a", "E_NAME_PORTABLE", &[b"f.txt:ads"]),
        odd("T46b", "E_NAME_PORTABLE", &[b".git::$INDEX_ALLOCATION/config"]),
        yes("T58", None, vec![pax(b'x', &records), file(b"f", b"x")], &[(b"f", b"x")]),
        yes(
            "T59a",
            Some("E_NAME_PORTABLE"),
            vec![named(b"\x1b[31m"), named(b"a\nb")],
            &[(b"\x1b[31m", b"x"), (b"a\nb", b"x")],
        ),
        yes(
            "T59b",
            None,
            vec![named("\u{202e}x".as_bytes()), named(b"-rf"), named(b"--help")],
            &[(b"-rf", b"x"), (b"--help", b"x")],
        ),
        odd("T60", "E_NAME_PORTABLE", &[b"\xff\xfe"]),
        odd("T61a", "E_VCS", &[b".git/hooks/post-checkout"]),
        odd("T61b", "E_VCS", &[b".GIT/config"]),
        odd("T61c", "E_VCS", &[b"git~1/config"]),
        odd("T61d", "E_VCS", &[".g\u{200b}it/config".as_bytes()]),
        no("T68", "E_COLLIDE", vec![file(b"a", b"x"), file(b"a/b", b"x")]),
    ]
}

fn sizes() -> Vec<Case> {
    let many: Parts = (0..20_000).map(|nr| file(format!("f{nr}").as_bytes(), b"")).collect();
    // Each directory above a name is an entry, so that it takes few names to have too many.
    let above = b"d/".repeat(126);
    let tops = (0..7813).map(|nr| named(&join(&[format!("{nr}/").as_bytes(), &above, b"f"])));
    let too_many = no("T53b", "E_LIMIT_ENTRIES", tops.collect());
    vec![
        no("T47a", "E_NAME_LEN", vec![named(&[b'x'; 256])]),
        no("T47b", "E_NAME_LEN", vec![named(&b"1234567/".repeat(528)[..4221])]),
        no("T48", "E_DEPTH", vec![named(&b"d/".repeat(1500)[..2999])]),
        Case::new("T52", "tar.gz", zeros(), End::Refused("E_RATIO")),
        yes("T53a", None, many, &[(b"f0", b""), (b"f19999", b"")]),
        too_many,
    ]
}

/// A tar of a file of 1 GiB of zeros, compressed; it is refused long before its end.
fn zeros() -> Vec<u8> {
    let mut packed = holdall_testkit::gzip();
    packed.write_all(&Head::new(b'0', b"zeros").size(1 << 30).sealed()).unwrap();
    let block = vec![0; 1 << 20];
    for _ in 0..64 {
        packed.write_all(&block).unwrap();
    }
    packed.finish().unwrap()
}
