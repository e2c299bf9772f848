//! Dumps: written, read by other programs, carried about, damaged, and brought back.

use std::path::Path;
use std::process::Command;

use holdall_testkit::{Home, arb_tree, cases, hostile_tree};
use proptest::test_runner::{Config, TestRunner};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag};

use crate::home;

const FORMATS: [&str; 8] = ["md", "xml", "json", "yaml", "toml", "csv", "txt", "html"];

fn id(home: &Home, source: &str) -> String {
    home.run(["id", source]).output().success().text()
}

/// Dumps `tree` and restores that to another place, in one format; the tree IDs must agree.
fn there_and_back(home: &Home, tree: &str, format: &str) {
    let file = format!("{tree}.{format}");
    let back = format!("{tree}-{format}");
    home.run(["dump", tree, "-o", &file]).output().success();
    assert_eq!(id(home, &file), id(home, tree), "{format}");
    home.run(["restore", &file, "--to", &back]).output().success();
    assert_eq!(id(home, &back), id(home, tree), "{format}");
}

#[test]
fn a_tree_with_everything_comes_back_from_every_format() {
    let home = home();
    std::fs::create_dir(home.path("tree")).unwrap();
    hostile_tree(&home.path("tree")).unwrap();
    for format in FORMATS {
        there_and_back(&home, "tree", format);
    }
}

#[test]
fn arbitrary_trees_come_back_from_every_format() {
    let home = home();
    let count = std::cell::Cell::new(0);
    let config = Config { cases: cases(8), max_shrink_iters: 40, ..Config::default() };
    TestRunner::new(config)
        .run(&arb_tree(), |spec| {
            count.set(count.get() + 1);
            let tree = format!("tree{}", count.get());
            std::fs::create_dir(home.path(&tree)).unwrap();
            spec.write(&home.path(&tree)).unwrap();
            there_and_back(&home, &tree, FORMATS[count.get() % FORMATS.len()]);
            Ok(())
        })
        .unwrap();
}

/// A small project with what is hard about dumps.
fn project(home: &Home) {
    home.write("p/README.md", "# p\n\n```rust\nfn main() {}\n```\n\n````\nnested\n````\n");
    home.write("p/src/main.rs", "fn main() {\n    println!(\"]]> ''' </pre>\");\n}\n");
    home.write("p/src/no-end.rs", "// no end");
    home.write("p/empty", "");
    home.write("p/windows.txt", "a\r\nb\r\n");
    home.write("p/mixed.txt", "a\r\nb\n");
    home.write("p/latin.txt", b"caf\xe9 cr\xe8me br\xfbl\xe9e, d\xe9j\xe0 vu\n");
    home.write("p/binary", b"\0\x01\x02\xff".repeat(100));
    home.write("p/f1", "its slug is that of an anchor\n");
    home.write("p/a|b `c` [d](e)", "x\n");
    std::fs::create_dir(home.path("p/empty-dir")).unwrap();
    std::os::unix::fs::symlink("README.md", home.path("p/link")).unwrap();
}

#[test]
fn the_same_bytes_come_from_every_run_and_any_number_of_threads() {
    let home = home();
    project(&home);
    for format in FORMATS {
        let write = |threads: &str| {
            let args = ["dump", "p", "--format", format, "-o", "-", "--threads", threads];
            home.run(args).env("SOURCE_DATE_EPOCH", "1700000000").output().success().stdout
        };
        let first = write("1");
        assert_eq!(first, write("8"), "{format}");
        let text = String::from_utf8(first).unwrap();
        assert!(text.contains("2023-11-14 22:13:20 UTC"), "{text}");
    }
}

#[test]
fn markdown_has_one_block_for_each_file_and_links_that_lead_to_it() {
    let home = home();
    project(&home);
    for toc in ["list", "tree"] {
        let text = home.run(["dump", "p", "--toc", toc, "-o", "-"]).output().success().text();
        let (mut blocks, mut links, mut anchors) = (Vec::new(), Vec::new(), Vec::new());
        for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(tag))) => {
                    blocks.push(tag.to_string());
                }
                Event::Start(Tag::CodeBlock(CodeBlockKind::Indented)) => panic!("{text}"),
                Event::Start(Tag::Link { dest_url, .. }) => links.push(dest_url.to_string()),
                Event::Html(html) | Event::InlineHtml(html) => {
                    let ids =
                        html.split("<a id=\"").skip(1).filter_map(|rest| rest.split('"').next());
                    anchors.extend(ids.map(|id| format!("#{id}")));
                }
                _ => {}
            }
        }
        assert_eq!(blocks.len(), 10, "{blocks:?}");
        assert!(blocks.contains(&"base64".to_owned()), "{blocks:?}");
        links.sort();
        anchors.sort();
        assert_eq!(links, anchors);
        anchors.dedup();
        assert_eq!(anchors.len(), 10);
    }
}

/// What a program of Python prints that is given a dump. The Debian package is meant, which has the parser of YAML.
fn python(script: &str, file: &Path) -> serde_json::Value {
    let output = Command::new("/usr/bin/python3").args(["-c", script]).arg(file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_parsers_of_each_language_read_the_very_text() {
    let home = home();
    project(&home);
    let of_entries = |parse: &str| {
        format!(
            "import sys, json\nraw = open(sys.argv[1], 'rb').read()\n{parse}\n\
             print(json.dumps({{e['path']: e['content'] for e in entries if e.get('as')}}))"
        )
    };
    let scripts = [
        ("json", of_entries("entries = json.loads(raw)['entries']")),
        ("yaml", of_entries("import yaml\nentries = yaml.safe_load(raw)['entries']")),
        ("toml", of_entries("import tomllib\nentries = tomllib.loads(raw.decode())['entries']")),
        (
            "csv",
            of_entries(
                "import csv, io\ncsv.field_size_limit(10**9)\n\
                 entries = list(csv.DictReader(io.StringIO(raw.decode(), newline='')))",
            ),
        ),
        (
            "xml",
            of_entries(
                "import xml.etree.ElementTree as t\n\
                 entries = [{'as': 1, 'path': f.get('path'), 'content': f.text or ''} \
                 for f in t.fromstring(raw).iter('file')]",
            ),
        ),
        (
            "html",
            of_entries(
                "from html.parser import HTMLParser\nentries = []\n\
                 class P(HTMLParser):\n tag = ''\n def handle_starttag(s, tag, attrs):\n  s.tag = tag\n\
                 \x20 if tag == 'summary': entries.append({'as': 1, 'path': '', 'content': ''})\n\
                 \x20def handle_endtag(s, tag): s.tag = ''\n\
                 \x20def handle_data(s, data):\n\
                 \x20 if s.tag == 'summary': entries[-1]['path'] += data\n\
                 \x20 if s.tag == 'pre': entries[-1]['content'] += data\n\
                 P().feed(raw.decode())\nfor e in entries: e['content'] = e['content'][1:]",
            ),
        ),
    ];
    for (format, script) in scripts {
        let file = home.path(format!("p.{format}"));
        home.run(["dump", "p", "-o"]).arg(&file).output().success();
        let read = python(&script, &file);
        let files = read.as_object().unwrap();
        assert_eq!(files.len(), 10, "{format}: {read}");
        for (path, expected) in [
            ("src/main.rs", "fn main() {\n    println!(\"]]> ''' </pre>\");\n}\n"),
            ("src/no-end.rs", "// no end"),
            ("empty", ""),
            ("windows.txt", "a\nb\n"),
            ("mixed.txt", "a␛{d}\nb\n"),
            ("latin.txt", "café crème brûlée, déjà vu\n"),
        ] {
            assert_eq!(files[path], expected, "{format}: {path}");
        }
    }
}

#[test]
fn sha256sum_accepts_the_checksum_and_the_dump_leaves_itself_out() {
    let home = home();
    project(&home);
    let write = || {
        let run = home.run(["dump", "p", "-o", "p/dump of it.md"]);
        run.env("SOURCE_DATE_EPOCH", "1").output().success();
        std::fs::read(home.path("p/dump of it.md")).unwrap()
    };
    let first = write();
    assert_eq!(first, write());
    let check = Command::new("sha256sum")
        .args(["-c", "dump of it.md.sha256"])
        .current_dir(home.path("p"))
        .output()
        .unwrap();
    assert!(check.status.success(), "{check:?}");
}

#[test]
fn a_dump_in_a_dump_is_one_file() {
    let home = home();
    project(&home);
    for format in FORMATS {
        let inner = format!("q/{format}");
        std::fs::create_dir_all(home.path("q")).unwrap();
        home.run(["dump", "p", "--format", format, "-o", &inner, "--no-checksum"])
            .output()
            .success();
    }
    for format in FORMATS {
        let outer = format!("q.{format}");
        home.run(["dump", "q", "-o", &outer]).output().success();
        assert_eq!(id(&home, &outer), id(&home, "q"), "{format}");
    }
}

#[test]
fn a_dump_is_read_from_a_pipe() {
    let home = home();
    project(&home);
    let text = home.run(["dump", "p"]).output().success().stdout;
    home.run(["restore", "-", "--to", "back"]).stdin(text).output().success();
    assert_eq!(id(&home, "back"), id(&home, "p"));
}

#[test]
fn what_is_cut_off_or_changed_is_refused_and_named() {
    let home = home();
    project(&home);
    for format in FORMATS {
        let text = home.run(["dump", "p", "--format", format, "-o", "-"]).output().success().stdout;
        let cut = text.get(..text.len() * 9 / 10).unwrap();
        let refused = home.run(["restore", "-", "--to", "back"]).stdin(cut).output();
        assert_eq!(refused.code, 4, "{format}: {}", refused.error_text());
        assert!(refused.error_text().contains("line "), "{format}: {}", refused.error_text());
        assert!(!home.path("back").exists());

        let changed = String::from_utf8(text).unwrap().replace("// no end", "// the end");
        let refused = home.run(["restore", "-", "--to", "back"]).stdin(changed.clone()).output();
        assert_eq!(refused.code, 4, "{format}");
        assert!(refused.error_text().contains("src/no-end.rs"), "{}", refused.error_text());
        assert!(!home.path("back").exists());
        let to = format!("back-{format}");
        let rest = home.run(["restore", "-", "--to", &to, "--partial"]).stdin(changed).output();
        assert_eq!(rest.code, 3, "{format}: {}", rest.error_text());
        assert!(home.path(&to).join("src/main.rs").exists());
        assert!(!home.path(&to).join("src/no-end.rs").exists());
        let to = format!("edited-{format}");
        let changed =
            home.run(["dump", "p", "--format", format, "-o", "-"]).output().success().text();
        let changed = changed.replace("// no end", "// the end");
        let args = ["restore", "-", "--to", &to, "--partial", "--edited"];
        let edited = home.run(args).stdin(changed).output();
        assert_eq!(edited.code, 3, "{format}: {}", edited.error_text());
        let shown = std::fs::read_to_string(home.path(&to).join("src/no-end.rs")).unwrap();
        assert!(shown.contains("// the end"), "{format}: {shown}");
    }
}

#[test]
fn a_dump_of_another_tool_is_restored_and_it_is_told_what_that_proves() {
    let home = home();
    let dump = ">>>> a/b.txt\none\n\n>>>> c.txt\ntwo\n\n";
    let run = home.run(["restore", "-", "--to", "back"]).stdin(dump).output();
    assert_eq!(run.code, 0, "{}", run.error_text());
    assert!(run.error_text().contains("yek"), "{}", run.error_text());
    assert_eq!(std::fs::read_to_string(home.path("back/a/b.txt")).unwrap(), "one\n");
    assert_eq!(std::fs::read_to_string(home.path("back/c.txt")).unwrap(), "two\n");
}

#[test]
fn a_killed_dump_leaves_the_old_file_or_the_new_one() {
    let home = home();
    for number in 0..300 {
        home.write(format!("p/{number}"), format!("{number}\n").repeat(2000));
    }
    home.run(["dump", "p", "-o", "d.md"]).output().success();
    let old = std::fs::read(home.path("d.md")).unwrap();
    home.write("p/new", "new\n");
    for round in 0..cases(40) {
        let mut child = home.run(["dump", "p", "-o", "d.md"]).into_command().spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(u64::from(round) * 3 % 120));
        child.kill().unwrap();
        child.wait().unwrap();
        let found = std::fs::read(home.path("d.md")).unwrap();
        if found != old {
            assert_eq!(id(&home, "d.md"), id(&home, "p"));
        }
    }
    home.run(["dump", "p", "-o", "d.md"]).output().success();
    let litter = std::fs::read_dir(home.work()).unwrap();
    let litter = litter
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains("-tmp-"));
    assert_eq!(litter.count(), 0);
}
