//! Dumps: written, read by other programs, carried about, damaged, and brought back.

use std::path::Path;
use std::process::Command;

use holdall_testkit::{Home, arb_tree, cases, hostile_tree};
use proptest::test_runner::{Config, TestRunner};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag};

use crate::home;

pub(crate) const FORMATS: [&str; 8] = ["md", "xml", "json", "yaml", "toml", "csv", "txt", "html"];

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
pub(crate) fn project(home: &Home) {
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

/// What a program of Python prints that is given a dump. The Debian package is meant, which has the
/// parser of YAML and the judge of JSON Schema.
pub(crate) fn python(script: &str, file: &Path) -> serde_json::Value {
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
fn a_budget_is_never_exceeded_and_less_is_shown_of_what_matters_less() {
    let home = home();
    home.write("p/README.md", "# p\n\nWhat it is.\n");
    for number in 0..40 {
        let body = "    let value = compute(value, 17) + 4;\n".repeat(40);
        let text = format!(
            "/// Does {number}.\npub fn f{number}(value: u64) -> u64 {{\n{body}    value\n}}\n"
        );
        home.write(format!("p/src/m{number}.rs"), text);
    }
    let all = home.run(["dump", "p", "-o", "-"]).output().success().text();
    let all = holdall::insight::tokens::Encoding::O200k.count(&all);
    let mut before = 0;
    for max in [6_000, 12_000, 20_000] {
        assert!(max < all, "{all}");
        let limit = max.to_string();
        let run = home.run(["dump", "p", "-o", "-", "--max-tokens", &limit]).output();
        assert_eq!(run.code, 3, "{}", run.error_text());
        let text = run.text();
        let tokens = holdall::insight::tokens::Encoding::O200k.count(&text);
        assert!(tokens <= max && tokens > before, "{tokens} of {max}");
        before = tokens;
        assert!(text.contains("What it is."));
        assert!(text.contains("pub fn f17"), "{text}");
    }
    let none = home.run(["dump", "p", "-o", "-", "--max-tokens", "100"]).output();
    assert_eq!(none.code, 4, "{}", none.error_text());
    let whole = home.run(["dump", "p", "-o", "-", "--max-tokens", "10m"]).output();
    assert_eq!(whole.code, 0, "{}", whole.error_text());
}

/// A line with something that looks like the key of a service, put together here so that it is none.
pub(crate) fn leak() -> String {
    format!("aws_access_key_id = {}{}\n", "AKIA", "Z7Q3LMN5RTVWX2YB")
}

#[test]
fn secrets_are_named_by_place_and_refused_taken_out_and_put_back() {
    let home = home();
    let secret = leak().split(' ').next_back().unwrap().trim().to_owned();
    home.write("p/config.ini", format!("[x]\n{}", leak()));
    home.write("p/clean.txt", "nothing\n");
    let refused = home.run(["dump", "p", "-o", "d.md"]).output();
    assert_eq!(refused.code, 4);
    assert!(refused.error_text().contains("config.ini:2"), "{}", refused.error_text());
    assert!(!refused.error_text().contains(&secret), "{}", refused.error_text());
    assert!(!home.path("d.md").exists());

    let scan = home.run(["scan", "p", "--format", "sarif"]).output();
    assert_eq!(scan.code, 4);
    let log: serde_json::Value = serde_json::from_str(&scan.text()).unwrap();
    assert_eq!(
        log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"],
        2
    );
    assert!(!scan.text().contains(&secret));

    for format in FORMATS {
        let file = format!("r.{format}");
        let args = ["dump", "p", "--secrets", "redact", "--vault", "vault", "-o", &file];
        home.run(args).output().success();
        assert!(!std::fs::read_to_string(home.path(&file)).unwrap().contains(&secret), "{format}");
        let without = format!("without-{format}");
        let rest = home.run(["restore", &file, "--to", &without]).output();
        assert_eq!(rest.code, 3, "{}", rest.error_text());
        assert!(!home.path(&without).join("config.ini").exists());
        let with = format!("with-{format}");
        home.run(["restore", &file, "--vault", "vault", "--to", &with]).output().success();
        assert_eq!(id(&home, &with), id(&home, "p"), "{format}");
    }
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(home.path("vault")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let found = home.run(["scan", "p", "--secrets", "--write-baseline", "accepted"]).output();
    assert_eq!(found.code, 4);
    home.run(["scan", "p", "--secrets", "--baseline", "accepted"]).output().success();
    home.run(["dump", "p", "--baseline", "accepted", "-o", "d.md"]).output().success();
}

/// Runs git in a directory.
pub(crate) fn git(dir: &Path, args: &[&str]) {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=x", "-c", "user.email=x@example.com"]).args(args);
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").current_dir(dir);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_commit_is_dumped_without_a_checkout_and_changes_become_a_patch_that_git_applies() {
    let home = home();
    project(&home);
    let tree = home.path("p");
    git(&tree, &["init", "-q", "-b", "main"]);
    git(&tree, &["add", "-A"]);
    git(&tree, &["commit", "-q", "-m", "first"]);
    git(&tree, &["clone", "-q", ".", "../clone"]);
    let text = home.run(["dump", "git:HEAD", "-o", "-"]).cwd(&tree).output().success().text();
    home.write("head.md", text);
    home.run(["restore", "head.md", "--to", "back"]).output().success();
    std::fs::rename(home.path("clone/.git"), home.path("git-of-clone")).unwrap();
    assert_eq!(id(&home, "back"), id(&home, "clone"));
    std::fs::rename(home.path("git-of-clone"), home.path("clone/.git")).unwrap();

    home.write("p/new.txt", "new\n");
    home.write("p/binary", b"\0\x05\x06".repeat(50));
    home.write("p/src/main.rs", "fn main() {}\n");
    std::fs::remove_file(home.path("p/empty")).unwrap();
    std::fs::rename(home.path("p/windows.txt"), home.path("p/moved.txt")).unwrap();
    let changed = home.run(["dump", "--git", "--diff-since", "HEAD", "-o", "-"]).cwd(&tree);
    let changed = changed.output().success().text();
    assert!(changed.contains("## `new.txt`") && !changed.contains("## `README.md`"), "{changed}");
    assert!(changed.contains("| empty |"), "{changed}");
    let patch = home.run(["dump", "--diff-since", "HEAD", "--format", "patch", "-o", "-"]);
    home.write("changes.patch", patch.cwd(&tree).output().success().stdout);
    git(&home.path("clone"), &["apply", "--check", "../changes.patch"]);
    git(&home.path("clone"), &["apply", "../changes.patch"]);
    for side in ["p", "clone"] {
        std::fs::rename(home.path(side).join(".git"), home.path(format!("git-of-{side}"))).unwrap();
    }
    std::fs::remove_dir(home.path("p/empty-dir")).unwrap();
    assert_eq!(id(&home, "p"), id(&home, "clone"));
}

#[test]
fn statistics_agree_with_wc() {
    let home = home();
    project(&home);
    let stats =
        home.run(["stats", "p", "--by-file", "--by-dir", "--json"]).output().success().text();
    let stats: serde_json::Value = serde_json::from_str(&stats).unwrap();
    assert_eq!(stats["total"]["files"], 10);
    let of = |name: &str| {
        let files = stats["files"].as_array().unwrap();
        files.iter().find(|file| file["name"] == name).unwrap().clone()
    };
    assert_eq!(of("src/main.rs")["lines"], 3);
    assert_eq!(of("src/no-end.rs")["lines"], 1);
    assert_eq!(of("empty")["lines"], 0);
    assert_eq!(of("binary")["bytes"], 400);
    let src = stats["directories"].as_array().unwrap().iter().find(|dir| dir["name"] == "src");
    assert_eq!(src.unwrap()["files"], 2);
}
