//! What was seen, picked and found is compared with what a plain look at all entries says.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::sync::Arc;

use holdall::explore::contents::{self, Needle, Notation};
use holdall::explore::{
    Chosen, Node, Outline, Page, PageRow, PickedTree, Picks, Rows, Spot, Weight, What, harmless,
    names, tokens,
};
use holdall::insight::tokens::Encoding;
use holdall::tree::{CancelToken, Everything, RelPath, Tree};
use holdall::{dump, read};
use holdall_testkit::{MemoryTree, at_ease};
use proptest::prelude::*;

fn outline(tree: &MemoryTree) -> Outline {
    at_ease(|ctx| Outline::read(ctx, tree, &Everything)).unwrap()
}

fn path(text: &str) -> RelPath {
    RelPath::parse(text).unwrap()
}

/// Trees of few names, so that they lie close together.
fn trees() -> impl Strategy<Value = MemoryTree> {
    let path = "[abc](/[abc]){0,5}";
    let content = prop::option::of(prop::collection::vec(any::<u8>(), 0..9));
    prop::collection::vec((path, content), 0..30).prop_map(|entries| {
        let mut tree = MemoryTree::new();
        entries.into_iter().for_each(|(path, content)| tree.add(path, content));
        tree
    })
}

/// As many files in each of as many directories.
fn wide(dirs: usize, files: usize) -> MemoryTree {
    let mut tree = MemoryTree::new();
    for dir in 0..dirs {
        for file in 0..files {
            tree.add(format!("d{dir:04}/f{file:05}.txt"), Some(Vec::new()));
        }
    }
    tree
}

/// The entries at and beneath one that hold nothing themselves.
fn leaves(outline: &Outline, above: Node) -> Vec<Node> {
    let leaf = |node: &Node| *node != Node::ROOT && outline.children(*node).len() == 0;
    let nodes = outline.in_order().iter().copied().filter(leaf);
    nodes.filter(|node| outline.upwards(*node).any(|at| at == above)).collect()
}

#[test]
fn an_outline_has_the_entries_of_the_tree_in_its_order() {
    let tree = MemoryTree::new().with("a/b", "1").with("a.b", "22").with("z/y/x", "333");
    let outline = outline(&tree);
    let paths: Vec<String> =
        outline.in_order().iter().map(|node| outline.path(*node).to_string()).collect();
    assert_eq!(paths, [".", "a", "a/b", "a.b", "z", "z/y", "z/y/x"]);
    let deep = outline.find(&path("z/y/x")).unwrap();
    assert_eq!((outline.size(deep), outline.depth(deep)), (3, 2));
    assert_eq!(outline.find(&path("z/x")), None);
    assert_eq!(outline.len(), 6);
}

proptest! {
    /// Rows are what a walk through the open directories gives, whatever was opened and closed.
    #[test]
    fn rows_are_those_of_open_directories(
        tree in trees(),
        steps in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..40),
    ) {
        let outline = outline(&tree);
        let mut rows = Rows::new(&outline);
        let mut open: BTreeSet<Node> = BTreeSet::from([Node::ROOT]);
        for (index, opens) in steps {
            let node = *index.get(outline.in_order());
            rows.set_open(&outline, node, opens);
            if node != Node::ROOT && outline.what(node) == What::Dir {
                if opens { open.insert(node); } else { open.remove(&node); }
            }
            let seen: Vec<Node> = outline
                .in_order()
                .iter()
                .copied()
                .filter(|node| *node != Node::ROOT)
                .filter(|node| outline.upwards(*node).skip(1).all(|above| open.contains(&above)))
                .collect();
            let shown: Vec<Node> = (0..).map_while(|row| rows.node(&outline, row)).collect();
            prop_assert_eq!(&shown, &seen);
            prop_assert_eq!(rows.len(&outline), seen.len());
            for node in outline.in_order() {
                let at = seen.iter().position(|seen| seen == node);
                prop_assert_eq!(rows.row(&outline, *node), at);
            }
        }
    }

    /// Picks are those of a set of entries in which each step puts or takes all beneath.
    #[test]
    fn picks_are_a_set_of_entries(
        tree in trees(),
        steps in prop::collection::vec((any::<prop::sample::Index>(), 0..4u64), 0..40),
    ) {
        let outline = Arc::new(outline(&tree));
        let mut picks = Picks::new(&outline);
        let mut picked: BTreeSet<Node> = BTreeSet::new();
        let mut tokens: BTreeMap<Node, u64> = BTreeMap::new();
        let beneath = |above: Node| leaves(&outline, above);
        for (index, what) in steps {
            let node = *index.get(outline.in_order());
            match what {
                0 if outline.what(node) == What::File => {
                    picks.add_tokens(&outline, node, 3);
                    *tokens.entry(node).or_default() += 3;
                }
                0 => {}
                1 => {
                    let all = beneath(node).iter().all(|node| picked.contains(node));
                    let all = all && !beneath(node).is_empty();
                    picks.toggle(&outline, node);
                    beneath(node).into_iter().for_each(|leaf| {
                        if all { picked.remove(&leaf); } else { picked.insert(leaf); }
                    });
                }
                on => {
                    picks.set(&outline, node, on == 2);
                    beneath(node).into_iter().for_each(|leaf| {
                        if on == 2 { picked.insert(leaf); } else { picked.remove(&leaf); }
                    });
                }
            }
            for node in outline.in_order() {
                let weigh = |nodes: Vec<Node>| nodes.iter().fold(Weight::default(), |sum, node| Weight {
                    entries: sum.entries + 1,
                    bytes: sum.bytes + outline.size(*node),
                    tokens: sum.tokens + tokens.get(node).copied().unwrap_or_default(),
                });
                let all = beneath(*node);
                let some = all.iter().copied().filter(|node| picked.contains(node)).collect();
                prop_assert_eq!(picks.total(*node), weigh(all));
                prop_assert_eq!(picks.picked(&outline, *node), weigh(some));
            }
        }
        let chosen = PickedTree::new(&tree, Chosen::of(&outline, &picks));
        let mut taken = BTreeSet::new();
        at_ease(|ctx| read::walk(ctx, &chosen, &RelPath::root(), &Everything, |entry| {
            taken.insert(outline.find(&entry.path).unwrap());
            Ok::<_, holdall::Error>(())
        })).unwrap();
        let expected: BTreeSet<Node> =
            picked.iter().flat_map(|node| outline.upwards(*node)).filter(|node| *node != Node::ROOT).collect();
        prop_assert_eq!(taken, expected);
    }

    /// What is shown of any bytes has no control character, and every byte of a binary file.
    #[test]
    fn a_page_is_harmless(bytes in prop::collection::vec(any::<u8>(), 0..3000)) {
        let page = Page::of(&bytes);
        for index in 0..page.len() {
            let row = page.row(index).unwrap();
            prop_assert!(!row.text.chars().any(char::is_control), "{:?}", row.text);
        }
        prop_assert_eq!(page.row(page.len()), None);
    }

    /// Hits are the lines in which a search line by line finds the text.
    #[test]
    fn hits_are_lines(text in "([ab]{0,3}\n){0,20}[ab]{0,2}", word in "[ab]{1,2}") {
        let tree = MemoryTree::new().with("f", text.as_bytes());
        let outline = outline(&tree);
        let needle = Needle::new(&word, Notation::Text).unwrap();
        let mut lines = Vec::new();
        at_ease(|ctx| contents::search(ctx, &tree, &outline, &needle, &mut |hits, _| {
            lines.extend(hits.into_iter().map(|hit| hit.spot));
        })).unwrap();
        let expected: Vec<Spot> = (1..).zip(text.lines()).filter(|(_, line)| line.contains(&word))
            .map(|(number, _)| Spot::Line(number)).collect();
        prop_assert_eq!(lines, expected);
    }
}

#[test]
fn a_step_costs_as_much_as_the_tree_is_deep_however_many_entries_there_are() {
    for (dirs, files) in [(1, 100_000), (1000, 100)] {
        let tree = wide(dirs, files);
        let outline = outline(&tree);
        let mut rows = Rows::new(&outline);
        let dir = outline.find(&path("d0000")).unwrap();
        let last = outline.children(dir).last().unwrap();
        let mut before = rows.steps();
        let mut check = |rows: &Rows, what: &str| {
            let steps = rows.steps() - before;
            before = rows.steps();
            assert!(steps <= 100, "{what} took {steps} steps in {dirs} × {files} entries");
        };
        rows.set_open(&outline, dir, true);
        check(&rows, "opening");
        assert_eq!(rows.row(&outline, last), Some(files));
        check(&rows, "the row of an entry");
        assert_eq!(rows.node(&outline, files), Some(last));
        check(&rows, "the entry of a row");
        assert_eq!(rows.len(&outline), dirs + files);
        check(&rows, "the number of rows");
        rows.set_open(&outline, dir, false);
        check(&rows, "closing");
    }
}

#[test]
fn names_that_fit_better_come_first() {
    let tree = MemoryTree::new()
        .with("src/main.rs", "")
        .with("main", "")
        .with("src/remain.txt", "")
        .with("docs/the_main_part.md", "")
        .with("main.d/other", "")
        .with("my/art/in/x", "")
        .with("unlike", "");
    let outline = outline(&tree);
    let search = |query: &str, limit| {
        let found = names::search(&outline, query, limit, &CancelToken::default()).unwrap();
        let paths = found.best.iter().map(|node| outline.path(*node).to_string());
        (paths.collect::<Vec<_>>(), found.total)
    };
    let (paths, total) = search("main", 100);
    let expected = [
        "main",
        "main.d",
        "src/main.rs",
        "docs/the_main_part.md",
        "src/remain.txt",
        "main.d/other",
    ];
    assert_eq!(paths[..6], expected);
    assert_eq!((total, paths.len()), (8, 8), "letters with others between them fit too: {paths:?}");
    assert_eq!(search("main", 2), (vec!["main".into(), "main.d".into()], 8));
    assert_eq!(search("src rs", 9).0, ["src/main.rs"]);
    assert_eq!(search("MAIN", 9).1, 0);
    assert_eq!(search("  ", 9).1, 0);
    let stopped = CancelToken::default();
    stopped.cancel();
    let many = outline_of_many();
    assert_eq!(names::search(&many, "f", 9, &stopped), None);
}

fn outline_of_many() -> Outline {
    outline(&wide(2, 1000))
}

#[test]
fn contents_are_found_in_order_by_text_and_by_expression_and_in_other_encodings() {
    let tree = MemoryTree::new()
        .with("b.txt", "one\nTwo Words\nthree two\n")
        .with(
            "a/latin1.txt",
            b"caf\xe9 cr\xe8me br\xfbl\xe9e, d\xe9j\xe0 vu\nune id\xe9e g\xe9n\xe9rale\n"
                .as_slice(),
        )
        .with("c.bin", b"\x7fELF\0\0\0\0two\0".as_slice())
        .with("d.txt", "x".repeat(5000) + "two" + &"y".repeat(5000));
    let outline = outline(&tree);
    let search = |text: &str, notation| {
        let needle = Needle::new(text, notation).unwrap();
        let mut found = Vec::new();
        let searched = at_ease(|ctx| {
            contents::search(ctx, &tree, &outline, &needle, &mut |hits, _| {
                found.extend(
                    hits.into_iter()
                        .map(|hit| (outline.path(hit.node).to_string(), hit.spot, hit.text)),
                );
            })
        });
        assert_eq!(searched.unwrap().files, 4);
        found
    };
    let places = |found: &[(String, Spot, Vec<u8>)]| -> Vec<(String, Spot)> {
        found.iter().map(|(path, spot, _)| (path.clone(), *spot)).collect()
    };
    let of = |path: &str, spot| (path.to_owned(), spot);
    let found = search("two", Notation::Text);
    let expected = [
        of("b.txt", Spot::Line(2)),
        of("b.txt", Spot::Line(3)),
        of("c.bin", Spot::Offset(8)),
        of("d.txt", Spot::Line(1)),
    ];
    assert_eq!(places(&found), expected);
    assert!(found[3].2.len() <= 240 && found[3].2.windows(3).any(|part| part == b"two"));
    assert_eq!(places(&search("Two", Notation::Text)), [of("b.txt", Spot::Line(2))]);
    assert_eq!(places(&search("^three", Notation::Regex)), [of("b.txt", Spot::Line(3))]);
    assert_eq!(search("^three", Notation::Text), []);
    assert_eq!(places(&search("id\u{e9}e", Notation::Text)), [of("a/latin1.txt", Spot::Line(2))]);
    let error = Needle::new("(", Notation::Regex).unwrap_err().to_string();
    assert!(error.contains("unclosed group"), "{error}");
}

#[test]
fn a_search_ends_at_its_limit_and_says_so() {
    let lines = "hit\n".repeat(contents::HITS_MAX - 1);
    let tree = MemoryTree::new().with("a", lines).with("b", "hit\nhit\n").with("c", "hit\n");
    let outline = outline(&tree);
    let needle = Needle::new("hit", Notation::Text).unwrap();
    let mut count = 0;
    let searched = at_ease(|ctx| {
        contents::search(ctx, &tree, &outline, &needle, &mut |hits, _| count += hits.len())
    });
    let searched = searched.unwrap();
    assert_eq!(
        (count, searched.hits, searched.more),
        (contents::HITS_MAX, contents::HITS_MAX, true)
    );
}

#[test]
fn what_is_stopped_ends() {
    let tree = wide(10, 100);
    let outline = outline(&tree);
    let needle = Needle::new("x", Notation::Text).unwrap();
    at_ease(|ctx| {
        ctx.cancel.cancel();
        assert!(contents::search(ctx, &tree, &outline, &needle, &mut |_, _| ()).is_err());
        assert!(tokens::count(ctx, &tree, &outline, Encoding::O200k, &mut |_| ()).is_err());
        assert!(Outline::read(ctx, &tree, &Everything).is_err());
    });
}

#[test]
fn tokens_are_those_that_a_dump_counts() {
    let tree = MemoryTree::new()
        .with("a.rs", "fn main() {\r\n    println!(\"hello\");\r\n}\r\n")
        .with("b.bin", [0u8, 1, 2, 255].as_slice())
        .with("c.txt", b"caf\xe9 cr\xe8me br\xfbl\xe9e, d\xe9j\xe0 vu\n".as_slice());
    let outline = outline(&tree);
    let mut counted = BTreeMap::new();
    at_ease(|ctx| {
        tokens::count(ctx, &tree, &outline, Encoding::O200k, &mut |files| {
            counted.extend(files.into_iter().map(|(node, tokens)| (outline.path(node), tokens)));
        })
        .unwrap();
        let looks = dump::Looks { tokens: Some(Encoding::O200k), ..Default::default() };
        let items = dump::inspect(ctx, &tree, &Everything, &looks).unwrap();
        let weights = dump::weights(&items);
        assert_eq!(counted.len(), 3);
        for (path, tokens) in &counted {
            assert_eq!(weights.get(path), Some(tokens), "{path}");
        }
    });
}

#[test]
fn a_page_numbers_lines_cuts_long_ones_and_finds_them_again() {
    let text = format!("first\r\n{}\n\u{1b}[31mred\tend\n", "ä".repeat(700));
    let page = Page::of(text.as_bytes());
    let rows: Vec<PageRow> = (0..page.len()).map_while(|row| page.row(row)).collect();
    let spots: Vec<Option<Spot>> = rows.iter().map(|row| row.spot).collect();
    assert_eq!(spots, [Some(Spot::Line(1)), Some(Spot::Line(2)), None, None, Some(Spot::Line(3))]);
    assert_eq!(rows[0].text, "first");
    assert_eq!(rows[1].text.clone() + &rows[2].text + &rows[3].text, "ä".repeat(700));
    assert_eq!(rows[4].text, "\\x1b[31mred end");
    assert_eq!((page.row_of(Spot::Line(3)), page.row_of(Spot::Line(99))), (4, 4));
    assert!(Page::of(b"").is_empty() && !page.is_partial());
}

#[test]
fn what_is_no_text_is_shown_byte_by_byte() {
    let page = Page::of(b"\x7fELF\0\x01\x02\x03 and more\xff");
    assert_eq!(page.len(), 2);
    let row = page.row(0).unwrap();
    assert_eq!(row.spot, Some(Spot::Offset(0)));
    assert_eq!(row.text, "7f 45 4c 46 00 01 02 03  20 61 6e 64 20 6d 6f 72 |.ELF.... and mor|");
    assert_eq!(page.row(1).unwrap().spot, Some(Spot::Offset(16)));
    assert_eq!(page.row_of(Spot::Offset(17)), 1);
}

#[test]
fn a_large_file_is_shown_around_the_place_that_is_wanted() {
    let line = |number: usize| format!("line {number:>10} of a file that is large enough\n");
    let text: String = (1..=300_000).map(line).collect();
    assert!(text.len() > holdall::text::WHOLE_MAX);
    let tree = MemoryTree::new().with("big.txt", text.as_bytes());
    let entry = {
        let outline = outline(&tree);
        outline.entry(outline.find(&path("big.txt")).unwrap())
    };
    let shown = |spot| at_ease(|ctx| Page::read(ctx, &tree, &entry, spot)).unwrap();
    for wanted in [1, 700, 299_999] {
        let page = shown(Some(Spot::Line(wanted)));
        let row = page.row(page.row_of(Spot::Line(wanted))).unwrap();
        assert_eq!(row.spot, Some(Spot::Line(wanted)));
        assert_eq!(row.text, line(usize::try_from(wanted).unwrap()).trim_end());
        assert!(page.is_partial());
    }
    assert_eq!(shown(None).row(0).unwrap().text, line(1).trim_end());
    let mut whole = String::new();
    tree.open(&entry).unwrap().into_read().read_to_string(&mut whole).unwrap();
    assert_eq!(whole, text);
}

#[test]
fn characters_that_a_terminal_obeys_or_hides_are_written_out() {
    assert_eq!(harmless("a\u{202e}b\u{9b}c\u{7f}".as_bytes()), "a\\u{202e}b\\u{9b}c\\x7f");
    assert_eq!(harmless(b"\ta\tb\xff"), "    a   b\\xff");
}
