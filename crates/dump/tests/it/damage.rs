//! What is damaged is proved, or refused with its line; nothing comes back wrong without being named.

use std::collections::BTreeSet;

use holdall_dump::{Dump, Error, Format, Toc};
use holdall_testkit::cases;
use holdall_tree::RelPath;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::{Files, dumped, files, files_of};

fn tree(files: &[(&str, &str)]) -> Files {
    let file =
        |(path, text): &(&str, &str)| (path.as_bytes().to_vec(), (0o644, text.as_bytes().to_vec()));
    files.iter().map(file).collect()
}

fn text(files: &Files, format: Format) -> String {
    String::from_utf8(dumped(files, format, Toc::List).0).unwrap()
}

fn sample() -> Files {
    tree(&[
        ("a.rs", "fn a() {\n\tone();  \n\n\t\ttwo();\n}\n\n\n"),
        ("b.md", "# b\n\nhard break  \n```\ncode\n```\n \t\nend"),
        ("c/d.txt", "plain\n"),
        ("e.txt", "last\n"),
    ])
}

/// The formats that show lines as lines.
const LINES: [Format; 7] = [
    Format::Markdown,
    Format::Xml,
    Format::Yaml,
    Format::Toml,
    Format::Csv,
    Format::Text,
    Format::Html,
];

#[test]
fn blanks_that_a_transport_stripped_come_back() {
    for format in LINES {
        let whole = text(&sample(), format);
        let stripped: Vec<&str> =
            whole.lines().map(|line| line.trim_end_matches([' ', '\t'])).collect();
        let dump = Dump::read((stripped.join("\n") + "\n").into_bytes()).unwrap();
        assert!(dump.holes().is_empty(), "{format:?}: {:?}", dump.holes());
        assert_eq!(files_of(&dump), sample(), "{format:?}");
        assert_eq!(dump.notes().len(), 1, "{format:?}: that is told");
    }
}

#[test]
fn what_stands_before_a_cut_within_a_character_is_saved() {
    let files = tree(&[("a.txt", "first\n"), ("b.txt", "second\n"), ("c.txt", "caf\u{e9}\n")]);
    for format in Format::ALL {
        let whole = dumped(&files, *format, Toc::List).0;
        let at = whole.windows(2).rposition(|pair| pair == "\u{e9}".as_bytes()).unwrap();
        let cut = whole.get(..=at).unwrap().to_vec();
        let line = cut.iter().filter(|byte| **byte == b'\n').count() + 1;
        let read = Dump::read(cut.clone());
        assert!(
            matches!(&read, Err(Error::Broken { line: told, .. }) if *told == line),
            "{read:?}"
        );
        let saved = files_of(&Dump::salvage(cut).unwrap());
        for name in [&b"a.txt"[..], b"b.txt"] {
            assert_eq!(saved[name].1, files[name].1, "{format:?}");
        }
        // In the middle too, what else is there comes back, and what was hit does not.
        let mut hit = whole.clone();
        hit[at + 1] = b'x';
        assert!(matches!(Dump::read(hit.clone()), Err(Error::Broken { .. })), "{format:?}");
        let saved = files_of(&Dump::salvage(hit).unwrap());
        assert_eq!(saved[&b"a.txt"[..]].1, files[&b"a.txt"[..]].1, "{format:?}");
        assert!(!saved.contains_key(&b"c.txt"[..]), "{format:?}");
    }
}

#[test]
fn tabs_that_an_editor_expanded_come_back() {
    for format in [Format::Markdown, Format::Text, Format::Html, Format::Xml] {
        for spaces in ["  ", "    ", "        "] {
            let files = tree(&[("Makefile", "all:\n\tcc x\n\t\tmore  \n")]);
            let damaged = text(&files, format).replace('\t', spaces);
            assert_eq!(files_of(&Dump::read(damaged.into_bytes()).unwrap()), files, "{format:?}");
        }
    }
}

#[test]
fn a_text_that_a_program_wrote_as_utf_16_is_read() {
    for format in Format::ALL {
        let whole = text(&sample(), *format).replace('\n', "\r\n");
        let wide = std::iter::once(0xfeff).chain(whole.encode_utf16()).flat_map(u16::to_le_bytes);
        assert_eq!(files_of(&Dump::read(wide.collect()).unwrap()), sample(), "{format:?}");
        let marked = format!("\u{feff}{whole}").into_bytes();
        assert_eq!(files_of(&Dump::read(marked).unwrap()), sample(), "{format:?}");
    }
}

#[test]
fn an_edited_file_is_a_hole_with_its_line_and_comes_back_if_that_is_asked_for() {
    for format in Format::ALL {
        let whole = text(&sample(), *format).replace("plain", "edited by hand");
        let dump = Dump::read(whole.clone().into_bytes()).unwrap();
        let [Error::Damaged { path, line, .. }] = dump.holes() else {
            panic!("{format:?}: {:?}", dump.holes());
        };
        assert_eq!(path, &RelPath::parse("c/d.txt").unwrap());
        let at = whole.lines().position(|line| line.contains("edited by hand")).unwrap() + 1;
        // The text begins here, or with its entry.
        assert!((1..=4).contains(&(at + 1 - *line)), "{format:?}: {line} for {at}");
        let mut rest = sample();
        rest.remove(&b"c/d.txt"[..]);
        assert_eq!(files_of(&dump), rest, "{format:?}");

        let dump = dump.accept_edits();
        rest.insert(b"c/d.txt".to_vec(), (0o644, b"edited by hand\n".to_vec()));
        assert_eq!(files_of(&dump), rest, "{format:?}");
        assert!(matches!(dump.holes(), [Error::Edited { .. }]), "{:?}", dump.holes());
    }
}

#[test]
fn a_broken_fence_or_mark_costs_no_other_file() {
    let whole = text(&sample(), Format::Markdown);
    let cut = |part: &str| {
        let at = whole.find(part).unwrap() + 1;
        format!("{}{}", &whole[..at], &whole[at + 1..])
    };
    let without = |path: &str| {
        let mut files = sample();
        files.remove(path.as_bytes());
        files
    };
    // The hash tells where a file ends whose fence is broken.
    for broken in [
        cut("```\n\n<a id=\"f.2\">"),
        whole.replacen("```rust\nplain", "plain", 1),
        whole.replacen("```rust\nplain", "`` rust\nplain", 1),
    ] {
        assert_ne!(broken, whole);
        assert_eq!(files_of(&Dump::read(broken.into_bytes()).unwrap()), sample());
    }
    // With a tick less the fence is one that the file holds.
    let dump = Dump::read(cut("````rust\n# b").into_bytes()).unwrap();
    assert_eq!(files_of(&dump), without("b.md"));
    for broken in [
        cut("<!-- holdall:0123456789abcdef:3"),
        cut("!-- holdall:0123456789abcdef:3"),
        cut(":3 -->"),
    ] {
        let dump = Dump::read(broken.into_bytes()).unwrap();
        assert_eq!(files_of(&dump), without("c/d.txt"));
        assert!(matches!(dump.holes(), [Error::Damaged { .. }]), "{:?}", dump.holes());
    }
}

#[test]
fn a_dump_that_is_cut_off_is_refused_with_its_line_and_salvaged_if_that_is_asked_for() {
    for format in Format::ALL {
        let whole = text(&sample(), *format);
        let end = whole.rfind("last").unwrap();
        let cut = whole[..end].to_owned();
        let lines = cut.lines().count();
        match Dump::read(cut.clone().into_bytes()) {
            Err(Error::Broken { line, .. }) => {
                assert!((1..=lines + 1).contains(&line), "{format:?}: {line} of {lines}");
            }
            other => panic!("{format:?}: {other:?}"),
        }
        let dump = Dump::salvage(cut.into_bytes()).unwrap();
        let mut expected = sample();
        expected.remove(&b"e.txt"[..]);
        let mut back = files_of(&dump);
        let unproved: BTreeSet<&RelPath> = dump
            .holes()
            .iter()
            .filter(|hole| matches!(hole, Error::Unproved { .. }))
            .filter_map(Error::path)
            .collect();
        if matches!(format, Format::Json | Format::Yaml | Format::Toml | Format::Csv) {
            // Each entry says itself what it was.
            assert!(unproved.is_empty(), "{format:?}");
        } else {
            assert_eq!(unproved.len(), 3, "{format:?}: {:?}", dump.holes());
            // Where a text has to end with a line, nothing tells whether the file does.
            back.insert(b"b.md".to_vec(), expected[&b"b.md"[..]].clone());
            expected.values_mut().for_each(|(mode, _)| *mode = 0);
            back.values_mut().for_each(|(mode, _)| *mode = 0);
        }
        assert_eq!(back, expected, "{format:?}");
    }
}

#[test]
fn a_manifest_that_was_changed_is_refused() {
    for format in Format::ALL {
        let whole = text(&sample(), *format);
        let changed = whole.replacen("0644", "0755", 1);
        assert_ne!(changed, whole, "{format:?}");
        let read = Dump::read(changed.clone().into_bytes());
        assert!(matches!(read, Err(Error::Broken { .. })), "{format:?}: {read:?}");
        assert!(Dump::salvage(changed.into_bytes()).is_ok(), "{format:?}");
    }
}

#[test]
fn a_section_that_somebody_added_is_refused_and_named() {
    let whole = text(&sample(), Format::Markdown);
    let added = "\n## `new.txt`\n\n<!-- holdall:0123456789abcdef:9 -->\n```\nhello\n```\n";
    let at = whole.find("\n<!-- holdall:0123456789abcdef:manifest").unwrap();
    let more = format!("{}{added}{}", &whole[..at], &whole[at..]);
    assert!(matches!(Dump::read(more.clone().into_bytes()), Err(Error::Broken { .. })));
    let dump = Dump::salvage(more.into_bytes()).unwrap();
    assert!(dump.holes().iter().any(|hole| matches!(hole, Error::Unproved { .. })));
    assert_eq!(dump.shown(&RelPath::parse("new.txt").unwrap()).unwrap().as_ref(), b"hello\n");
}

#[test]
fn many_marks_are_read_in_one_pass() {
    for (format, mark) in [
        (Format::Markdown, "<!-- holdall:0123456789abcdef:1\n"),
        (Format::Text, "==== holdall:0123456789abcdef:1 x\n"),
        (Format::Html, " data-part=\"holdall:0123456789abcdef:1\">\n"),
    ] {
        let whole = text(&sample(), format);
        let at = whole.find("holdall:0123456789abcdef:manifest").unwrap();
        let at = whole[..at].rfind('\n').unwrap() + 1;
        let many = format!("{}{}{}", &whole[..at], mark.repeat(200_000), &whole[at..]);
        // Were each mark to be looked for from the beginning, this would take hours.
        let _ = Dump::salvage(many.into_bytes());
    }
}

/// One way to damage lines.
#[derive(Debug, Clone)]
enum Damage {
    Flip(usize, usize),
    Insert(usize, String),
    Delete(usize),
    Twice(usize),
    Swap(usize, usize),
    Cut(usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let line = 0..10_000usize;
    prop_oneof![
        (line.clone(), 0..200usize).prop_map(|(line, at)| Damage::Flip(line, at)),
        (line.clone(), "[ -~\t]{0,30}").prop_map(|(line, text)| Damage::Insert(line, text)),
        line.clone().prop_map(Damage::Delete),
        line.clone().prop_map(Damage::Twice),
        (line.clone(), line.clone()).prop_map(|(a, b)| Damage::Swap(a, b)),
        line.prop_map(Damage::Cut),
    ]
}

fn damaged(whole: &str, all: &[Damage]) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = whole.split('\n').map(|line| line.as_bytes().to_vec()).collect();
    for damage in all {
        let count = lines.len();
        match damage {
            Damage::Flip(line, at) => {
                let line = lines.get_mut(line % count).unwrap();
                let length = line.len().max(1);
                line.get_mut(at % length).into_iter().for_each(|byte| *byte ^= 1 << (at % 7));
            }
            Damage::Insert(line, text) => {
                lines.insert(line % (count + 1), text.clone().into_bytes())
            }
            Damage::Delete(line) if count > 1 => drop(lines.remove(line % count)),
            Damage::Twice(line) => {
                lines.insert(line % count, lines.get(line % count).unwrap().clone())
            }
            Damage::Swap(a, b) => lines.swap(a % count, b % count),
            Damage::Cut(line) => lines.truncate(line % count + 1),
            Damage::Delete(_) => {}
        }
    }
    lines.join(&b'\n')
}

/// Each file that comes back is what it was, or is named as a hole.
fn check(files: &Files, dump: &Dump) {
    let named: BTreeSet<&[u8]> =
        dump.holes().iter().filter_map(|hole| hole.path().map(RelPath::as_bytes)).collect();
    for (path, (_, content)) in files_of(dump) {
        let was = files.get(&path).map(|(_, content)| content);
        assert!(
            was == Some(&content) || named.contains(&*path),
            "{:?} came back wrong, and nothing tells so",
            String::from_utf8_lossy(&path)
        );
    }
}

#[test]
fn nothing_comes_back_wrong_unnoticed() {
    let mut runner = TestRunner::new(Config { cases: cases(64), ..Config::default() });
    let given = (files(), proptest::collection::vec(damage(), 1..4));
    let read = runner.run(&given, |(files, all)| {
        for format in Format::ALL {
            let bytes = damaged(&text(&files, *format), &all);
            if let Ok(dump) = Dump::read(bytes.clone()) {
                if dump.format().is_some() {
                    check(&files, &dump);
                }
                check_edits(dump);
            }
            if let Ok(dump) = Dump::salvage(bytes)
                && dump.format().is_some()
            {
                check_salvaged(&files, &dump);
            }
        }
        Ok(())
    });
    read.unwrap();
}

/// An edited file is as large as it says.
fn check_edits(dump: Dump) {
    let _ = files_of(&dump.accept_edits());
}

/// What is salvaged from a manifest that was changed may have another name: it is at least some file's content.
fn check_salvaged(files: &Files, dump: &Dump) {
    let named: BTreeSet<&[u8]> =
        dump.holes().iter().filter_map(|hole| hole.path().map(RelPath::as_bytes)).collect();
    for (path, (_, content)) in files_of(dump) {
        let known = files.values().any(|(_, was)| *was == content);
        assert!(known || named.contains(&*path), "{:?}", String::from_utf8_lossy(&path));
    }
}
