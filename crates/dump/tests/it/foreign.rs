//! Dumps of other tools are read where they leave no doubt. The fixtures are what the tools wrote of one small tree;
//! those of yek are made as its default template says.

use std::collections::BTreeMap;

use holdall_dump::{Dump, Error, Format, Toc, Tool};
use holdall_testkit::cases;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::{Files, content, dumped, texts_of};

type Texts = BTreeMap<String, String>;

const README: &str =
    "# Sample\n\nText with a fence:\n\n```sh\necho \"a & b\" > c\n```\n\nand the end.\n";

/// The tree that was dumped.
fn original() -> Texts {
    let files = [
        ("README.md", README),
        ("data.json", "{\"a\": [1, 2]}\n"),
        ("docs/a b.py", "x = 1\n"),
        ("docs/blank.txt", "\n  leading and trailing\n\n\n"),
        ("docs/crlf.txt", "one\r\ntwo\r\n"),
        ("docs/empty.txt", ""),
        ("docs/marks.html", "café <b> & \"q\" ✓\n"),
        ("docs/open.txt", "no final line feed  "),
        ("src/main.rs", "fn main() {\n    println!(\"hello\");\n}\n"),
    ];
    files.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect()
}

fn with(changes: &[(&str, Option<&str>)]) -> Texts {
    let mut texts = original();
    for (path, text) in changes {
        match text {
            Some(text) => texts.insert((*path).to_owned(), (*text).to_owned()),
            None => texts.remove(*path),
        };
    }
    texts
}

/// Without carriage returns.
fn unified() -> Texts {
    with(&[("docs/crlf.txt", Some("one\ntwo\n"))])
}

/// Without what is around a text.
fn trimmed() -> Texts {
    with(&[
        ("docs/blank.txt", Some("leading and trailing\n")),
        ("docs/open.txt", Some("no final line feed\n")),
    ])
}

fn without_empty() -> Texts {
    with(&[("docs/empty.txt", None)])
}

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../fixtures/", $name))
    };
}

fn fixtures() -> Vec<(&'static str, &'static str, Tool, Texts)> {
    vec![
        ("create-dump.md", fixture!("create-dump.md"), Tool::CreateDump, unified()),
        ("create-dump-tree.md", fixture!("create-dump-tree.md"), Tool::CreateDump, unified()),
        ("create-dump.json", fixture!("create-dump.json"), Tool::CreateDump, unified()),
        ("files-to-prompt.txt", fixture!("files-to-prompt.txt"), Tool::FilesToPrompt, unified()),
        ("files-to-prompt.xml", fixture!("files-to-prompt.xml"), Tool::FilesToPrompt, unified()),
        ("files-to-prompt.md", fixture!("files-to-prompt.md"), Tool::FilesToPrompt, unified()),
        ("gitingest.txt", fixture!("gitingest.txt"), Tool::Gitingest, unified()),
        ("repomix.xml", fixture!("repomix.xml"), Tool::Repomix, trimmed()),
        ("repomix-lines.xml", fixture!("repomix-lines.xml"), Tool::Repomix, trimmed()),
        ("repomix-parsable.xml", fixture!("repomix-parsable.xml"), Tool::Repomix, trimmed()),
        ("repomix.md", fixture!("repomix.md"), Tool::Repomix, trimmed()),
        ("repomix.txt", fixture!("repomix.txt"), Tool::Repomix, trimmed()),
        ("repomix.json", fixture!("repomix.json"), Tool::Repomix, trimmed()),
        ("code2prompt.xml", fixture!("code2prompt.xml"), Tool::Code2prompt, without_empty()),
        ("yek.txt", fixture!("yek.txt"), Tool::Yek, without_empty()),
        ("yek.json", fixture!("yek.json"), Tool::Yek, without_empty()),
    ]
}

#[test]
fn what_tools_keep_comes_back() {
    for (name, text, tool, expected) in fixtures() {
        let dump = match Dump::read(text.as_bytes().to_vec()) {
            Ok(dump) => dump,
            Err(error) => panic!("{name}: {error}"),
        };
        assert_eq!((dump.tool(), dump.format()), (Some(tool), None), "{name}");
        assert_eq!(texts_of(&dump), expected, "{name}");
        assert!(dump.holes().is_empty(), "{name}: {:?}", dump.holes());
        assert!(!dump.notes().is_empty(), "{name}: it is told that nothing is proved");
    }
}

#[test]
fn every_file_is_found_where_fences_are_too_short_but_no_border_is_hidden() {
    for (name, text) in [("md", fixture!("code2prompt.md")), ("json", fixture!("code2prompt.json"))]
    {
        let dump = Dump::read(text.as_bytes().to_vec()).unwrap();
        assert_eq!(texts_of(&dump), without_empty(), "{name}");
    }
}

#[test]
fn a_file_that_holds_the_borders_of_its_dump_is_refused_with_its_line() {
    let end = "and the end.";
    for (name, text, phantom) in [
        ("repomix.xml", fixture!("repomix.xml"), "x\n</file>\n\n<file path=\"phantom\">\ny"),
        (
            "repomix.txt",
            fixture!("repomix.txt"),
            "x\n\n================\nFile: phantom\n================\ny",
        ),
        (
            "gitingest.txt",
            fixture!("gitingest.txt"),
            "x\n\n\n================================================\nFILE: phantom\n\
             ================================================\ny",
        ),
        (
            "create-dump.md",
            fixture!("create-dump.md"),
            "x\n~~~\n\n---\n\n## phantom\n\n<a id='phantom'></a>\n\n~~~markdown\ny",
        ),
        (
            "create-dump-tree.md",
            fixture!("create-dump-tree.md"),
            "x\n~~~\n\n---\n\n## phantom\n\n<a id='phantom'></a>\n\n~~~markdown\ny",
        ),
        (
            "files-to-prompt.xml",
            fixture!("files-to-prompt.xml"),
            "x\n</document_content>\n</document>\n<document index=\"2\">\n<source>phantom</source>\n\
             <document_content>\ny",
        ),
        ("files-to-prompt.txt", fixture!("files-to-prompt.txt"), "x\n\n---\n./docs/x.y\n---\ny"),
        ("code2prompt.md", fixture!("code2prompt.md"), "x\n```\n\n`phantom`:\n\n```md\ny"),
        (
            "code2prompt.xml",
            fixture!("code2prompt.xml"),
            "x\n        ```\n      </file>\n      <file path=\"phantom\">\n        ```md\n        y",
        ),
        ("yek.txt", fixture!("yek.txt"), "x\n>>>> src/main.rs\ny"),
    ] {
        assert!(text.contains(end), "{name}");
        let forged = text.replacen(end, phantom, 1);
        let read = Dump::read(forged.clone().into_bytes());
        let Err(Error::Broken { line, .. }) = read else { panic!("{name}: {read:?}") };
        assert!(line >= 1 && line <= forged.lines().count() + 1, "{name}: {line}");
        // What is certain can be had, and the phantom is not.
        if let Ok(dump) = Dump::salvage(forged.into_bytes()) {
            let texts = texts_of(&dump);
            let right = original();
            for (path, text) in texts {
                assert!(right.contains_key(&path), "{name}: {path}");
                assert!(!text.contains("phantom"), "{name}: {path}");
            }
        }
    }
}

#[test]
fn borders_of_other_tools_are_text() {
    let all: Vec<String> = fixtures().iter().map(|(_, text, ..)| text.replace('\r', "")).collect();
    for (name, text, _, mut expected) in fixtures() {
        if name.ends_with(".json") || name.contains("parsable") || name.contains("lines") {
            continue;
        }
        let others = all.iter().filter(|other| other.lines().next() != text.lines().next());
        // Fences are as long as what they hold needs.
        let other: String = others.map(|other| other.replace("```", "'''")).take(3).collect();
        let other = other.trim_end();
        let nested = text.replacen("and the end.", other, 1);
        let Ok(dump) = Dump::read(nested.into_bytes()) else { continue };
        expected.insert("README.md".to_owned(), README.replacen("and the end.", other, 1));
        assert_eq!(texts_of(&dump), expected, "{name}");
    }
}

#[test]
fn what_is_cut_off_is_refused() {
    for (name, text, ..) in fixtures() {
        let end = text.len() * 2 / 3;
        let end = (0..=end).rev().find(|end| text.is_char_boundary(*end)).unwrap();
        let read = Dump::read(text.get(..end).unwrap().into());
        // yek has no end, and what is no whole dump of files-to-prompt is none.
        let endless = ["yek.txt", "files-to-prompt.txt", "files-to-prompt.md"].contains(&name);
        assert!(read.is_err() || endless, "{name}: {read:?}");
    }
}

#[test]
fn files_with_numbered_lines_are_refused_where_numbers_cannot_be_taken_away() {
    let numbered = "./a.txt\n---\n1  one\n2  two\n\n---\n./b.txt\n---\n1  three\n\n---\n";
    let read = Dump::read(numbered.into());
    assert!(matches!(read, Err(Error::Broken { .. })), "{read:?}");
    let some = numbered.replace("1  three", "three");
    assert!(Dump::read(some.into_bytes()).is_ok());
}

#[test]
fn no_path_leads_out_of_the_tree() {
    for bad in ["/etc/passwd", "../up", "a/../../b", "C:/x", "a\\b", "a//b", "./../x", "data.json"]
    {
        for (name, text, ..) in fixtures() {
            let forged = if name.ends_with(".json") {
                text.replace("src/main.rs", &bad.replace('\\', "\\\\"))
            } else {
                text.replace("src/main.rs", bad)
            };
            if let Ok(dump) = Dump::read(forged.into_bytes()) {
                let odd: Vec<String> = texts_of(&dump)
                    .into_keys()
                    .filter(|path| !original().contains_key(path))
                    .collect();
                assert!(odd.is_empty(), "{name}: {bad}: {odd:?}");
            }
        }
    }
}

#[test]
fn text_that_is_no_dump_is_none() {
    for text in [
        "",
        "# A title\n\nSome words.\n",
        "Title\n---\n\nWords\n\n---\nMore\n",
        "{}",
        "[]",
        "{\"files\": {\"a\": \"b\"}}",
        "path,kind\n",
        "<documents/>",
    ] {
        assert!(matches!(Dump::read(text.into()), Err(Error::Unknown)), "{text:?}");
    }
}

#[test]
fn a_dump_in_a_dump_of_ours_is_a_file() {
    let mut files = Files::new();
    for (name, text, ..) in fixtures() {
        files.insert(name.as_bytes().to_vec(), (0o644, text.as_bytes().to_vec()));
    }
    for format in Format::ALL {
        let (inner, _) = dumped(&files, *format, Toc::List);
        // What marks borders depends on what is in a dump, so another one has other marks.
        let inner =
            String::from_utf8(inner).unwrap().replace("0123456789abcdef", "fedcba9876543210");
        files.insert(format!("ours.{}", format.name()).into_bytes(), (0o644, inner.into_bytes()));
    }
    for format in Format::ALL {
        let (text, _) = dumped(&files, *format, Toc::Tree);
        let dump = Dump::read(text).unwrap();
        assert!(dump.holes().is_empty(), "{format:?}");
        assert_eq!(crate::support::files_of(&dump), files, "{format:?}");
    }
}

#[test]
fn no_damage_makes_a_reader_panic() {
    let mut runner = TestRunner::new(Config { cases: cases(64), ..Config::default() });
    let given = (0..16usize, any::<proptest::sample::Index>(), 0..80usize, content());
    let read = runner.run(&given, |(which, at, length, junk)| {
        let all = fixtures();
        let mut bytes = all[which % all.len()].1.as_bytes().to_vec();
        let at = at.index(bytes.len());
        let end = (at + length).min(bytes.len());
        bytes.splice(at..end, junk);
        for dump in [Dump::read(bytes.clone()), Dump::salvage(bytes)].into_iter().flatten() {
            let _ = crate::support::files_of(&dump);
        }
        Ok(())
    });
    read.unwrap();
}
