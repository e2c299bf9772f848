//! What a selection takes, leaves and says about it.

use std::collections::BTreeSet;

use holdall_select::{Hidden, IgnoreFiles, SelectError, SelectOptions, Selection};
use holdall_tree::{Classified, ErrorKind, Kind, Metadata, RelPath, Timestamp};

use crate::support::{MemoryTree, with_context};

fn strings(all: &[&str]) -> Vec<String> {
    all.iter().map(ToString::to_string).collect()
}

fn sample() -> MemoryTree {
    MemoryTree::of(&[
        (".hidden/x", ""),
        ("README.md", "hello"),
        ("src/lib.rs", "fn main"),
        ("src/gen/out.rs", "0123456789"),
        ("target/a.o", "\0obj needle"),
    ])
}

fn check(tree: &MemoryTree, options: SelectOptions, taken: &[&str]) {
    assert_eq!(tree.taken(&Selection::new(options.clone()).unwrap()), taken, "{options:?}");
}

fn explain(tree: &MemoryTree, options: SelectOptions, path: &str) -> String {
    let selection = Selection::new(options).unwrap();
    with_context(|ctx| selection.explain(ctx, &RelPath::parse(path).unwrap(), tree))
        .unwrap()
        .to_string()
}

#[test]
fn each_option_takes_what_it_says() {
    let tree = sample();
    let all =
        || SelectOptions { exclude: strings(&["target", ".hidden"]), ..SelectOptions::default() };
    let rest = ["README.md", "src", "src/gen", "src/gen/out.rs", "src/lib.rs"];
    check(&tree, all(), &rest);
    check(
        &tree,
        SelectOptions { hidden: Hidden::Leave, exclude: strings(&["target"]), ..all() },
        &rest,
    );
    check(
        &tree,
        SelectOptions { include: strings(&["*.{md,o}"]), ..all() },
        &["(src)", "(src/gen)", "README.md"],
    );
    check(
        &tree,
        SelectOptions { include: strings(&["/src/gen/"]), ..all() },
        &["(src)", "src/gen", "src/gen/out.rs"],
    );
    check(&tree, SelectOptions { max_size: Some(5), ..all() }, &["README.md", "src", "src/gen"]);
    check(
        &tree,
        SelectOptions { min_size: Some(8), ..all() },
        &["src", "src/gen", "src/gen/out.rs"],
    );
    check(
        &tree,
        SelectOptions { path_regex: strings(&["^src/l"]), ..all() },
        &["src", "src/gen", "src/lib.rs"],
    );
    check(
        &tree,
        SelectOptions { contains: Some("^hel+o$".into()), ..all() },
        &["README.md", "src", "src/gen"],
    );
    check(&tree, SelectOptions { kinds: strings(&["d"]), ..all() }, &["src", "src/gen"]);
    let files = ["(src)", "(src/gen)", "README.md", "src/gen/out.rs", "src/lib.rs"];
    check(&tree, SelectOptions { kinds: strings(&["file"]), ..all() }, &files);
    let tracked: BTreeSet<RelPath> =
        ["src/lib.rs"].iter().map(|p| RelPath::parse(p).unwrap()).collect();
    check(&tree, SelectOptions { git_tracked: Some(tracked), ..all() }, &["src", "src/lib.rs"]);
    let listed = |path: &str| Some(BTreeSet::from([RelPath::parse(path).unwrap()]));
    let with = |path| SelectOptions { listed: listed(path), ..all() };
    check(&tree, with("src/gen"), &["src", "src/gen"]);
    check(&tree, with("src/gen/out.rs"), &["src", "src/gen", "src/gen/out.rs"]);
    let binary = SelectOptions {
        contains: Some("needle".into()),
        hidden: Hidden::Leave,
        ..SelectOptions::default()
    };
    check(&tree, binary, &["src", "src/gen", "target", "target/a.o"]);
}

#[test]
fn later_flags_beat_earlier_ones_and_flags_beat_files() {
    let mut tree = sample();
    tree.file(b".gitignore", b"*.rs\n");
    tree.file(b"src/.holdallignore", b"!lib.rs\n");
    let options = |exclude: &[&str]| SelectOptions {
        exclude: strings(exclude),
        exclude_from: vec![("list".into(), b"README.md\n".to_vec())],
        ignore_files: IgnoreFiles::All,
        hidden: Hidden::Leave,
        ..SelectOptions::default()
    };
    check(&tree, options(&["target"]), &["src", "src/gen", "src/lib.rs"]);
    check(
        &tree,
        options(&["target", "!README.md", "!out.rs"]),
        &["README.md", "src", "src/gen", "src/gen/out.rs", "src/lib.rs"],
    );
    check(&tree, options(&["target", "*.rs"]), &["src", "src/gen"]);
}

#[test]
fn in_one_directory_the_own_file_beats_the_general_one() {
    let names = [".gitignore", ".ignore", ".projectcloneignore", ".holdallignore"];
    for pair in names.windows(2) {
        let tree = MemoryTree::of(&[("f", ""), (pair[0], "f\n"), (pair[1], "!f\n")]);
        let options = SelectOptions {
            ignore_files: IgnoreFiles::All,
            hidden: Hidden::Leave,
            ..Default::default()
        };
        check(&tree, options.clone(), &["f"]);
        let turned = MemoryTree::of(&[("f", ""), (pair[0], "!f\n"), (pair[1], "f\n")]);
        check(&turned, options, &[]);
    }
    let tree =
        MemoryTree::of(&[("f", ""), ("g", ""), (".gitignore", "f\n"), (".holdallignore", "g\n")]);
    check(&tree, SelectOptions::default(), &[".gitignore", ".holdallignore", "f", "g"]);
    check(
        &tree,
        SelectOptions { ignore_files: IgnoreFiles::Own, ..Default::default() },
        &[".gitignore", ".holdallignore", "f"],
    );
}

#[test]
fn a_hidden_name_is_taken_if_a_pattern_names_it() {
    let tree = MemoryTree::of(&[(".a", ""), (".b", ""), ("c", "")]);
    let hidden = SelectOptions { hidden: Hidden::Leave, ..Default::default() };
    check(&tree, SelectOptions { include: strings(&[".a", "c"]), ..hidden.clone() }, &[".a", "c"]);
    check(&tree, SelectOptions { exclude: strings(&["!.b"]), ..hidden }, &[".b", "c"]);
}

#[test]
fn times_are_compared_with_what_the_tree_knows() {
    let mut tree = MemoryTree::of(&[("unknown", "")]);
    for secs in [10, 20, 30] {
        let meta = Metadata { mtime: Some(Timestamp::new(secs, 0)), ..Metadata::default() };
        tree.put(secs.to_string().as_bytes(), Kind::File { size: 0 }, meta, b"");
    }
    let at = |secs| Some(Timestamp::new(secs, 0));
    check(
        &tree,
        SelectOptions { changed_within: at(20), ..Default::default() },
        &["20", "30", "unknown"],
    );
    check(
        &tree,
        SelectOptions { changed_before: at(20), ..Default::default() },
        &["10", "unknown"],
    );
}

#[test]
fn of_a_cache_only_the_tag_is_taken() {
    let tag = "Signature: 8a477f597d28d172789f06886806bc55\n# more";
    let tree = MemoryTree::of(&[
        ("c/CACHEDIR.TAG", tag),
        ("c/x", ""),
        ("c/d/y", ""),
        ("no/CACHEDIR.TAG", "x"),
        ("no/z", ""),
    ]);
    let options = SelectOptions { exclude_caches: true, ..Default::default() };
    check(&tree, options.clone(), &["c", "c/CACHEDIR.TAG", "no", "no/CACHEDIR.TAG", "no/z"]);
    assert_eq!(explain(&tree, options, "c/d/y"), "c/d/y is left with c/d: --exclude-caches");
}

#[test]
fn a_mount_point_is_taken_as_an_empty_directory() {
    let mut tree = MemoryTree::default();
    for (path, device, kind) in [
        ("own", 1, Kind::Directory),
        ("mnt", 2, Kind::Directory),
        ("mnt/x", 2, Kind::File { size: 0 }),
        ("mnt/d", 2, Kind::Directory),
        ("own/bound", 2, Kind::File { size: 0 }),
    ] {
        tree.put(
            path.as_bytes(),
            kind,
            Metadata { device: Some(device), ..Metadata::default() },
            b"",
        );
    }
    check(&tree, SelectOptions { one_file_system: Some(1), ..Default::default() }, &["mnt", "own"]);
}

#[test]
fn names_that_are_not_utf_8_match_byte_by_byte() {
    let mut tree = MemoryTree::default();
    [&b"a\xff"[..], b"b\xfe\xfd", b"c"].iter().for_each(|name| tree.file(name, b""));
    tree.file(b".ignore", b"?\xff\n");
    let options = SelectOptions { ignore_files: IgnoreFiles::All, ..Default::default() };
    check(&tree, options.clone(), &[".ignore", "b\\xfe\\xfd", "c"]);
    check(&tree, SelectOptions { exclude: strings(&["b??"]), ..options }, &[".ignore", "c"]);
}

#[test]
fn a_link_that_is_called_like_an_ignore_file_is_none() {
    let mut tree = MemoryTree::of(&[("a", "")]);
    tree.put(
        b".gitignore",
        Kind::Symlink { target: b"/etc/passwd".to_vec() },
        Metadata::default(),
        b"a\n",
    );
    check(
        &tree,
        SelectOptions { ignore_files: IgnoreFiles::All, ..Default::default() },
        &[".gitignore", "a"],
    );
}

#[test]
fn an_explanation_names_the_rule_and_where_it_stands() {
    let mut tree = sample();
    tree.file(b".gitignore", b"# built\n\n/target/\n");
    tree.file(b"src/.ignore", b"*.rs\n!lib.rs\n");
    let files = || SelectOptions { ignore_files: IgnoreFiles::All, ..Default::default() };
    for (options, path, line) in [
        (files(), "target", "target is left: .gitignore:3: /target/"),
        (files(), "target/a.o", "target/a.o is left with target: .gitignore:3: /target/"),
        (files(), "src/lib.rs", "src/lib.rs is taken: src/.ignore:2: !lib.rs"),
        (files(), "src/gen/out.rs", "src/gen/out.rs is left: src/.ignore:1: *.rs"),
        (files(), "README.md", "README.md is taken: no rule leaves it"),
        (
            SelectOptions { exclude: strings(&["*.{md,txt}"]), ..files() },
            "README.md",
            "README.md is left: --exclude: *.{md,txt}",
        ),
        (
            SelectOptions { include: strings(&["*.md"]), ..files() },
            "README.md",
            "README.md is taken: --include: *.md",
        ),
        (
            SelectOptions { include: strings(&["*.md"]), ..files() },
            "src",
            "src is entered: no --include matches",
        ),
        (
            SelectOptions { max_size: Some(3), ..files() },
            "README.md",
            "README.md is left: --max-size: 3",
        ),
        (
            SelectOptions { hidden: Hidden::Leave, ..files() },
            ".hidden/x",
            ".hidden/x is left with .hidden: hidden files are left",
        ),
        (
            SelectOptions { contains: Some("zz".into()), ..files() },
            "README.md",
            "README.md is left: --contains: zz",
        ),
    ] {
        assert_eq!(explain(&tree, options, path), line);
    }
}

#[test]
fn what_is_wrong_is_said_before_anything_is_read() {
    let with = |change: fn(&mut SelectOptions)| {
        let mut options = SelectOptions::default();
        change(&mut options);
        let error = Selection::new(options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        error.to_string()
    };
    for (text, said) in [
        (
            with(|o| o.exclude = vec!["a/[b".into()]),
            "cannot use the pattern of --exclude: the class is not closed by ]\n  a/[b\n    ^",
        ),
        (
            with(|o| o.exclude = vec!["a\\".into()]),
            "cannot use the pattern of --exclude: a backslash at the end escapes nothing\n  a\\\n   ^",
        ),
        (
            with(|o| o.exclude = vec![String::new()]),
            "cannot use the pattern of --exclude: it is empty\n  \n  ^",
        ),
        (
            with(|o| o.include = vec!["a{b".into()]),
            "cannot use the pattern of --include: the group is not closed by }\n  a{b\n   ^",
        ),
        (
            with(|o| o.include = vec!["!a".into()]),
            "cannot use the pattern of --include: what is not to be taken belongs to --exclude\n  !a\n  ^",
        ),
        (
            with(|o| o.exclude_from = vec![("list".into(), b"ok\n[[:no:]]\n".to_vec())]),
            "cannot use the pattern of list:2: there is no class of that name\n  [[:no:]]\n   ^",
        ),
        (
            with(|o| o.contains = Some("x**(".into())),
            "cannot use the pattern of --contains: unclosed group\n  x**(\n     ^",
        ),
        (
            with(|o| o.path_regex = vec!["\u{e9}[".into()]),
            "cannot use the pattern of --regex: unclosed character class\n  \u{e9}[\n   ^",
        ),
        (
            with(|o| o.kinds = vec!["door".into()]),
            "cannot select the kind \"door\" of --type: the kinds are file, dir, symlink, fifo, socket, chardev, dev",
        ),
        (
            with(|o| (o.min_size, o.max_size) = (Some(2), Some(1))),
            "cannot select by both --min-size and --max-size: nothing satisfies both",
        ),
    ] {
        assert_eq!(text, said);
    }
}

#[test]
fn a_broken_line_of_an_ignore_file_matches_nothing_and_is_reported() {
    let tree = MemoryTree::of(&[(".ignore", "[a\nb\n"), ("[a", ""), ("b", "")]);
    let options = SelectOptions { ignore_files: IgnoreFiles::All, ..Default::default() };
    let selection = Selection::new(options).unwrap();
    assert_eq!(tree.taken(&selection), [".ignore", "[a"]);
    let problems = selection.take_problems();
    assert!(
        matches!(problems.as_slice(), [SelectError::Pattern { column: 0, .. }]),
        "{problems:?}"
    );
}

#[test]
fn an_ignore_file_beyond_the_limit_is_refused() {
    let mut tree = MemoryTree::default();
    tree.file(b".gitignore", &vec![b'#'; (1 << 20) + 1]);
    let selection =
        Selection::new(SelectOptions { ignore_files: IgnoreFiles::All, ..Default::default() })
            .unwrap();
    let path = RelPath::parse(".gitignore").unwrap();
    let error = with_context(|ctx| selection.explain(ctx, &path, &tree)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(
        error.to_string(),
        "cannot read the patterns of .gitignore: it is larger than 1048576 bytes"
    );
}

#[test]
fn what_does_not_exist_is_not_explained() {
    let selection = Selection::new(SelectOptions::default()).unwrap();
    let path = RelPath::parse("src/nope").unwrap();
    let error = with_context(|ctx| selection.explain(ctx, &path, &sample())).unwrap_err();
    assert_eq!(error.to_string(), "cannot explain src/nope: the tree has no such entry");
}

proptest::proptest! {
    #[test]
    fn no_ignore_file_makes_the_matcher_fail(data in proptest::collection::vec(proptest::sample::select(&b"ab*?[]!/\\ \n\r\0-:{},\xff"[..]), 0..120)) {
        let _fine = holdall_select::fuzz::patterns(&data);
    }
}
