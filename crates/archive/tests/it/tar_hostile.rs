//! Archives that mean harm, or that two programs read differently: each is refused for a reason that is named, or is
//! read in the one way that is documented.

use holdall_archive::tar::{TarTree, read_back};
use holdall_archive::{MemoryBytes, Trust};
use holdall_tree::{Kind, Tree};

use crate::support::{Told, contents, refusal};
use holdall_testkit::tar::{Head, archive, dir, file, hard_link, padded, pax, symlink};

/// The archive is refused for this reason, read at once and read at any place.
fn refused(case: &str, code: &str, parts: &[Vec<u8>]) {
    refused_bytes(case, code, archive(parts));
}

fn refused_bytes(case: &str, code: &str, bytes: Vec<u8>) {
    let told = Told::default();
    let streamed = read_back(&told.ctx(), &bytes[..], Trust::Nothing).expect_err(case);
    let listed = TarTree::open(&told.ctx(), MemoryBytes(bytes), Trust::Nothing).expect_err(case);
    assert_eq!(refusal(&streamed), refusal(&listed), "{case}: both see the same");
    assert_eq!(refusal(&listed).0, code, "{case}: {listed}");
}

/// The archive is taken and has just these files with these contents.
fn taken(case: &str, parts: &[Vec<u8>], files: &[(&[u8], &[u8])]) -> TarTree<MemoryBytes> {
    let told = Told::default();
    let tree = TarTree::open(&told.ctx(), MemoryBytes(archive(parts)), Trust::Nothing);
    let tree = tree.unwrap_or_else(|error| panic!("{case}: {error}"));
    let found = contents(&tree);
    let found: Vec<(&[u8], &[u8])> = found
        .iter()
        .filter(|(_, (entry, _))| matches!(entry.kind, Kind::File { .. }))
        .map(|(path, (_, content))| (&path[..], &content[..]))
        .collect();
    assert_eq!(found, files, "{case}");
    tree
}

#[test]
fn paths_that_leave_are_refused() {
    let deep = b"../".repeat(20);
    for (case, code, name) in [
        ("an absolute path", "E_PATH_ABS", &b"/tmp/moo"[..]),
        ("two slashes", "E_PATH_ABS", b"//tmp/moo"),
        ("a server", "E_PATH_ABS", b"//server/share"),
        ("one step up", "E_PATH_DOTDOT", b"../moo"),
        ("up from within", "E_PATH_DOTDOT", b"a/../../moo"),
        ("up and back", "E_PATH_DOTDOT", b"a/../moo"),
        ("behind a dot", "E_PATH_DOTDOT", b"./../moo"),
        ("many steps", "E_PATH_DOTDOT", &deep),
        ("an empty part", "E_NAME_EMPTY", b"a//b"),
        ("a dot within", "E_NAME_EMPTY", b"a/./b"),
        ("no name", "E_NAME_EMPTY", b""),
        ("a dot", "E_NAME_EMPTY", b"."),
        ("a dot and a slash", "E_NAME_EMPTY", b"./"),
        ("a slash behind a file", "E_NAME_EMPTY", b"moo/"),
    ] {
        refused(case, code, &[file(name, b"x")]);
        refused(case, code, &[file(b"fine", b"x"), file(name, b"x")]);
    }
    for name in [&b""[..], b".", b"./"] {
        refused("a link without a name", "E_NAME_EMPTY", &[symlink(name, b"target")]);
    }
    let long = |records: &[(&str, &[u8])]| vec![pax(b'x', records), file(b"safe", b"x")];
    refused("in an extended header", "E_PATH_DOTDOT", &long(&[("path", b"../moo")]));
    refused("NUL in an extended header", "E_NAME_NUL", &long(&[("path", b"a\0/../../moo")]));
    let gnu = |name: &[u8]| [Head::new(b'L', b"././@LongLink").holding(name), file(b"safe", b"x")];
    refused("NUL in a long name", "E_NAME_NUL", &gnu(b"a\0b\0"));
    refused(
        "up in a long name",
        "E_PATH_DOTDOT",
        &gnu(&[&b"../".repeat(40)[..], b"moo\0"].concat()),
    );
    refused("nothing in a long name", "E_NAME_EMPTY", &gnu(b"\0"));
}

#[test]
fn names_that_are_odd_elsewhere_are_names_here() {
    let names: [&[u8]; 12] = [
        b"..\\..\\moo",
        b"C:\\moo",
        b"foo.",
        b"foo ",
        b".. ",
        b"... ",
        b"CON",
        b"f.txt:ads",
        b"\x1b[31m",
        b"a\nb",
        b"-rf",
        b"\xff\xfe",
    ];
    for name in names {
        taken("an odd name", &[file(name, b"x")], &[(name, b"x")]);
    }
    taken(
        "of Git",
        &[file(b".git/hooks/post-checkout", b"x")],
        &[(b".git/hooks/post-checkout", b"x")],
    );
    let twins = [file(b"README", b"1"), file(b"readme", b"2")];
    taken("twins but for case", &twins, &[(b"README", b"1"), (b"readme", b"2")]);
}

#[test]
fn links_that_lead_out_are_refused_and_what_lies_beneath_a_link_too() {
    let out = "E_LINK_ESCAPE";
    refused("absolute", out, &[symlink(b"moo", b"/tmp/moo"), file(b"moo", b"x")]);
    refused("a directory", out, &[symlink(b"d", b"/tmp"), file(b"d/moo", b"x")]);
    refused("up", out, &[symlink(b"up", b"..")]);
    refused("from within", out, &[dir(b"a/"), symlink(b"a/up", b"../../x")]);
    refused(
        "by a chain",
        out,
        &[symlink(b"cur", b"."), symlink(b"par", b"cur/.."), file(b"par/moo", b"x")],
    );
    refused(
        "by a chain whose end comes first",
        out,
        &[symlink(b"par", b"cur/.."), symlink(b"cur", b".")],
    );
    refused("through", "E_LINK_THROUGH", &[symlink(b"cur", b"."), symlink(b"cur/par", b"..")]);
    refused("a victim", out, &[symlink(b"d", b"/tmp/w/vic"), dir(b"d")]);
    refused("with a slash", "E_NAME_EMPTY", &[symlink(b"d/", b"/tmp")]);
    let circle = [symlink(b"a", b"b"), symlink(b"b", b"a")];
    refused("a loop", out, &circle);
    refused("in a loop", "E_LINK_THROUGH", &[&circle[..], &[file(b"a/x", b"x")]].concat());
    refused("an empty target", "E_LINK_TARGET", &[symlink(b"l", b"")]);
    let long = vec![b'x'; 5000];
    refused(
        "a long target",
        "E_LINK_TARGET",
        &[pax(b'x', &[("linkpath", &long)]), symlink(b"l", b"x")],
    );
    refused(
        "replaced by a link",
        "E_DUP",
        &[dir(b"d/"), symlink(b"d", b"e"), file(b"d/moo", b"x")],
    );
    // A path that only becomes too long for the kernel by following links, so that checks by name give up.
    let mut deep = Vec::new();
    let long = vec![b'd'; 240];
    let mut at = Vec::new();
    for letter in b'a'..=b'p' {
        deep.push(dir_long(&[&at[..], &long].concat()));
        deep.push(symlink_long(&[&at[..], &[letter]].concat(), &long));
        at = [&at[..], &long, b"/"].concat();
    }
    let letters: Vec<u8> = (b'a'..=b'p').flat_map(|letter| [letter, b'/']).collect();
    deep.push(symlink_long(b"esc", &[&letters[..], &b"../".repeat(17), b"etc"].concat()));
    refused("by a long way", out, &deep);
    let benign =
        [dir(b"a/"), file(b"a/f", b"x"), symlink(b"l", b"a/../a/f"), symlink(b"a/m", b"../l")];
    taken("that stay inside", &benign, &[(b"a/f", b"x")]);
    taken("that lead nowhere", &[symlink(b"l", b"no/such")], &[]);
}

fn dir_long(name: &[u8]) -> Vec<u8> {
    [pax(b'x', &[("path", name)]), dir(b"d")].concat()
}

fn symlink_long(name: &[u8], target: &[u8]) -> Vec<u8> {
    [pax(b'x', &[("path", name), ("linkpath", target)]), symlink(b"l", b"")].concat()
}

#[test]
fn hard_links_name_an_earlier_file_of_the_archive_or_are_refused() {
    let out = "E_HARDLINK_ESCAPE";
    refused("absolute", out, &[hard_link(b"h", b"/etc/passwd")]);
    refused("up", out, &[hard_link(b"h", b"../canary"), file(b"h", b"x")]);
    refused("later", out, &[hard_link(b"h", b"f"), file(b"f", b"x")]);
    refused("a directory", out, &[dir(b"d/"), hard_link(b"h", b"d")]);
    refused("itself", out, &[hard_link(b"h", b"h")]);
    refused(
        "to a link that leads out",
        "E_LINK_ESCAPE",
        &[symlink(b"s", b"/etc/passwd"), hard_link(b"h", b"s")],
    );
    let over = [file(b"f", b"x"), pax(b'x', &[("linkpath", b"../canary")]), hard_link(b"h", b"f")];
    refused("over a safe one", out, &over);
    let sized = Head::new(b'1', b"h").link(b"f").holding(b"data");
    refused("with data of its own", "E_SIZE", &[file(b"f", b"x"), sized]);
    let fine = [file(b"f", b"x"), hard_link(b"h", b"f"), hard_link(b"i", b"./h")];
    let tree = taken("of a link", &fine, &[(b"f", b"x"), (b"h", b"x"), (b"i", b"x")]);
    for (entry, _) in contents(&tree).values().filter(|(entry, _)| !entry.is_dir()) {
        assert_eq!(entry.meta.hard_link.unwrap().links, 3);
    }
}

#[test]
fn a_name_is_there_once_and_is_one_thing() {
    refused("twice", "E_DUP", &[file(b"f", b"1"), file(b"f", b"2")]);
    refused(
        "twice and a link",
        "E_DUP",
        &[file(b"f", b"1"), symlink(b"f", b"g"), file(b"f", b"2")],
    );
    refused("twice by another spelling", "E_DUP", &[file(b"f", b"1"), file(b"./f", b"2")]);
    refused("a directory twice", "E_DUP", &[dir(b"d/"), dir(b"d")]);
    refused("a file with something in it", "E_COLLIDE", &[file(b"a", b"x"), file(b"a/b", b"x")]);
    refused(
        "a directory that becomes a file",
        "E_COLLIDE",
        &[file(b"a/b", b"x"), file(b"a", b"x")],
    );
    refused("the root twice", "E_ROOT_ENTRY", &[dir(b"./"), dir(b".")]);
    refused("the root late", "E_ROOT_ENTRY", &[file(b"f", b"x"), dir(b"./")]);
    taken("a directory after what is in it", &[file(b"d/f", b"x"), dir(b"d/")], &[(b"d/f", b"x")]);
    let tree = taken("the root", &[Head::new(b'5', b"./").mode(0o700).sealed()], &[]);
    assert_eq!(tree.root().unwrap().meta.mode, Some(0o700));
}

#[test]
fn kinds_that_are_not_files_directories_or_links_are_refused() {
    for kind in *b"346Z7!VMDN" {
        refused(
            "a kind",
            "E_TYPE",
            &[Head::new(kind, b"x").with(329, b"0000001\x000000003\0").sealed()],
        );
    }
    let set = taken("set-ID", &[Head::new(b'0', b"f").mode(0o6755).sealed()], &[(b"f", b"")]);
    assert_eq!(contents(&set)[&b"f"[..]].0.meta.mode, Some(0o755), "they are taken off");
}

#[test]
fn numbers_that_are_none_or_too_large_are_refused() {
    let size = |field: &[u8]| Head::new(b'0', b"f").with(124, field).sealed();
    refused("minus one", "E_SIZE", &[size(&[0xff; 12])]);
    refused("letters", "E_SIZE", &[size(b"9999999999x\0")]);
    refused("spaces within", "E_SIZE", &[size(b"000000 0010\0")]);
    refused("without a body", "E_LIMIT_BYTES", &[size(b"\x80\0\0\0\x40\0\0\0\0\0\0\0")]);
    refused("a directory with a size", "E_SIZE", &[Head::new(b'5', b"d").holding(b"data")]);
    let owned = [Head::new(b'0', b"f").with(108, b"\x80\0\x01\0\0\0\0\0").sealed()];
    let tree = taken("an owner that cannot be", &owned, &[(b"f", b"")]);
    assert_eq!(contents(&tree)[&b"f"[..]].0.meta.uid, None);
    for time in ["nan", "-1e400", "12345678901234567890", "", "1.5x"] {
        refused(time, "E_TIME", &[pax(b'x', &[("mtime", time.as_bytes())]), file(b"f", b"x")]);
    }
    let far = Head::new(b'0', b"f").with(136, b"\x80\0\0\0\x40\0\0\0\0\0\0\0").sealed();
    let tree = taken("a far time", &[far], &[(b"f", b"")]);
    assert_eq!(contents(&tree)[&b"f"[..]].0.meta.mtime.unwrap().secs, 1 << 62);
}

#[test]
fn headers_that_say_two_things_are_refused() {
    let inner = archive(&[file(b"smuggled", b"x")]);
    let body = padded(&inner);
    let outer = |size: u64, pax_size: &str| {
        let head = Head::new(b'0', b"outer").size(size).sealed();
        vec![pax(b'x', &[("size", pax_size.as_bytes())]), head, body.clone()]
    };
    let whole = inner.len().to_string();
    taken("elsewhere", &outer(0, &whole), &[(b"outer", &inner)]);
    taken("the same twice", &outer(inner.len() as u64, &whole), &[(b"outer", &inner)]);
    refused("two sizes", "E_PAX_SIZE_CONFLICT", &outer(512, &whole));
    refused("for all", "E_PAX", &[pax(b'g', &[("size", b"512")]), file(b"f", b"x")]);
    refused("a path for all", "E_PAX", &[pax(b'g', &[("path", b"../moo")]), file(b"f", b"x")]);
    let long = || Head::new(b'L', b"././@LongLink").holding(b"long\0");
    let next = || pax(b'x', &[("path", b"other")]);
    refused("x and L", "E_PAX", &[next(), long(), file(b"f", b"x")]);
    refused("L and x", "E_PAX", &[long(), next(), file(b"f", b"x")]);
    refused("L and L", "E_PAX", &[long(), long(), file(b"f", b"x")]);
    refused("x and x", "E_PAX", &[next(), next(), file(b"f", b"x")]);
    refused("x and g", "E_PAX", &[next(), pax(b'g', &[("comment", b"x")]), file(b"f", b"x")]);
    refused("x and the end", "E_PAX", &[file(b"f", b"x"), next()]);
    refused("twice", "E_PAX", &[pax(b'x', &[("path", b"a"), ("path", b"../b")]), file(b"f", b"x")]);
    let charset = [pax(b'x', &[("hdrcharset", b"EBCDIC"), ("path", b"a")]), file(b"f", b"x")];
    refused("an unknown character set", "E_PAX", &charset);
    let many: Vec<_> = (0..9).map(|_| pax(b'g', &[("comment", b"x")])).collect();
    refused("too many", "E_PAX", &[many, vec![file(b"f", b"x")]].concat());
    for body in [
        &b"0 path=a\n"[..],
        b"99 path=a\n",
        b"10 path=ab\n",
        b"path=a\n",
        b"9 path=a",
        b"\0\0",
        b"18446744073709551616 a=b\n",
    ] {
        refused(
            "a malformed record",
            "E_PAX",
            &[Head::new(b'x', b"p").holding(body), file(b"f", b"x")],
        );
    }
    let large = vec![b'x'; (1 << 20) + 1];
    refused("too long", "E_PAX", &[Head::new(b'x', b"p").holding(&large), file(b"f", b"x")]);
    let double = [("SCHILY.xattr.user.a", &b"one"[..]), ("LIBARCHIVE.xattr.user.a", b"dHdv")];
    refused("two values", "E_PAX", &[pax(b'x', &double), file(b"f", b"x")]);
}

#[test]
fn maps_of_holes_are_in_order_and_within_the_file() {
    let sparse = |map: &str, size: &str, data: &[u8]| {
        let records = [("GNU.sparse.map", map.as_bytes()), ("GNU.sparse.size", size.as_bytes())];
        vec![pax(b'x', &records), file(b"f", data)]
    };
    taken("a good one", &sparse("1,2", "4", b"xy"), &[(b"f", b"\0xy\0")]);
    for (map, size) in [
        ("0,1,0,1", "9"),
        ("4,1,0,1", "9"),
        ("8,2", "9"),
        ("18446744073709551615,2", "9"),
        ("0,1", "9"),
        ("0,3", "9"),
        ("0", "9"),
        ("a,2", "9"),
        ("", "9"),
    ] {
        refused(map, "E_SPARSE", &sparse(map, size, b"xy"));
    }
    refused("8 TiB", "E_LIMIT_BYTES", &sparse("0,2", "8796093022208", b"xy"));
    let new = |name: &[u8], lines: &[u8]| {
        let records = [
            ("GNU.sparse.major", &b"1"[..]),
            ("GNU.sparse.minor", b"0"),
            ("GNU.sparse.name", name),
            ("GNU.sparse.realsize", b"8"),
        ];
        let body = [&padded(lines)[..], b"xy"].concat();
        vec![pax(b'x', &records), file(b"GNUSparseFile.0/f", &body)]
    };
    taken("in lines", &new(b"f", b"1\n4\n2\n"), &[(b"f", b"\0\0\0\0xy\0\0")]);
    refused("a name that leaves", "E_PATH_DOTDOT", &new(b"../f", b"1\n4\n2\n"));
    refused("too many lines", "E_SPARSE", &new(b"f", b"99999999999999999999\n"));
    refused("no lines", "E_SPARSE", &new(b"f", b"5\n4\n2\n"));
    let mut old = Head::new(b'S', b"f").size(2).with(386, b"00000000004\x0000000000002\0");
    old.put(483, b"00000000010\0").put(257, b"ustar  \0");
    taken("in the header", &[old.sealed(), padded(b"xy")], &[(b"f", b"\0\0\0\0xy\0\0")]);
    old.put(483, b"00000000005\0");
    refused("beyond the end", "E_SPARSE", &[old.sealed(), padded(b"xy")]);
}

#[test]
fn what_is_too_much_is_refused() {
    refused("a long name", "E_NAME_LEN", &[symlink_long(&[b'x'; 256], b"t")]);
    refused("a long path", "E_NAME_LEN", &[symlink_long(&b"1234567/".repeat(520)[..4155], b"t")]);
    refused("a deep path", "E_DEPTH", &[symlink_long(&b"d/".repeat(1500)[..2999], b"t")]);
    let many: Vec<_> = (0..20_000).map(|n| file(format!("f{n}").as_bytes(), b"")).collect();
    let told = Told::default();
    let tree = TarTree::open(&told.ctx(), MemoryBytes(archive(&many)), Trust::Nothing).unwrap();
    assert_eq!(contents(&tree).len(), 20_001);
    let mut ctx = told.ctx();
    ctx.limits.entries_max = 19_999;
    let error = TarTree::open(&ctx, MemoryBytes(archive(&many)), Trust::Nothing).unwrap_err();
    assert_eq!(refusal(&error).0, "E_LIMIT_ENTRIES");
}

#[test]
fn an_archive_that_is_cut_off_damaged_or_followed_by_more_is_refused() {
    let parts = [file(b"a", &[b'x'; 700]), pax(b'x', &[("mtime", b"1.5")]), file(b"b", b"y")];
    let whole = archive(&parts);
    // Behind the first block of zeros it is whole.
    for end in 0..=whole.len() - 1024 {
        refused_bytes("cut off", "E_TRUNC", whole[..end].to_vec());
    }
    let mut damaged = whole.clone();
    damaged[1536] ^= 1;
    refused_bytes("a damaged header", "E_CKSUM", damaged);
    refused_bytes("two archives", "E_TRAILING", [whole.clone(), whole.clone()].concat());
    refused_bytes("garbage", "E_TRAILING", [&whole[..], &[b'x'; 512]].concat());
    refused_bytes(
        "unknown magic",
        "E_MAGIC",
        archive(&[Head::new(b'0', b"f").with(257, b"ustar\x0099").sealed()]),
    );
    refused_bytes("nothing", "E_TRUNC", Vec::new());
    taken("zeros alone", &[], &[]);
}

#[test]
fn attributes_that_are_not_the_users_own_are_taken_off_and_it_is_told() {
    let large = vec![b'x'; 70_000];
    let records = [
        ("SCHILY.xattr.security.capability", &b"\x01\0\0\x02"[..]),
        ("SCHILY.xattr.trusted.x", b"y"),
        ("SCHILY.xattr.user.large", &large),
        ("SCHILY.xattr.user.fine", b"a=b\n\0c"),
    ];
    let bytes = archive(&[pax(b'x', &records), file(b"f", b"x")]);
    let told = Told::default();
    let tree = TarTree::open(&told.ctx(), MemoryBytes(bytes), Trust::Nothing).unwrap();
    let found = contents(&tree);
    let xattrs = found[&b"f"[..]].0.meta.xattrs.clone().unwrap();
    assert_eq!(xattrs.len(), 1);
    assert_eq!((&xattrs[0].name[..], &xattrs[0].value[..]), (&b"user.fine"[..], &b"a=b\n\0c"[..]));
    assert!(told.notes.lock().unwrap()[0].contains("1 entries"));
}

#[test]
fn paths_that_are_too_long_together_are_refused() {
    // Each is of 4095 bytes and has 16 directories above it, half as long on average.
    let long = [b'd'; 255];
    let mut path = vec![&long[..]; 16].join(&b'/');
    let many = (0..8200).map(|nr| {
        path[..8].copy_from_slice(format!("{nr:08}").as_bytes());
        symlink_long(&path, b"t")
    });
    refused("too long together", "E_LIMIT_BYTES", &many.collect::<Vec<_>>());
}

#[test]
fn another_name_of_a_link_must_not_lead_out_either() {
    let inside = [dir(b"a/"), dir(b"a/b/"), file(b"x", b"x"), symlink(b"a/b/l", b"../../x")];
    let [a, b, x, l] = inside.clone();
    refused(
        "a name nearer to the root",
        "E_LINK_ESCAPE",
        &[a, b, x, l, hard_link(b"l2", b"a/b/l")],
    );
    let [a, b, x, l] = inside;
    let parts = [a, b, x, l, hard_link(b"a/b/l2", b"a/b/l")];
    taken("a name beside it", &parts, &[(b"x", b"x")]);
}
