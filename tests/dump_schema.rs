//! The published schema of dumps as JSON: every dump fits it, what is wrong does not, and docs/dump.md tells of each
//! of its fields.

use std::collections::{BTreeMap, BTreeSet};

use holdall_testkit::{Home, arb_tree, cases, hostile_tree};
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::dumps::{git, leak, project, python};
use crate::home;

const SCHEMA: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/schemas/dump.json"));
const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/dump.md"));

/// What a validator that is not ours has against each document; the first thing of each, or nothing.
fn verdicts(home: &Home, documents: &[Value]) -> Vec<Option<String>> {
    home.write("schema.json", SCHEMA);
    let file = home.path("documents.json");
    std::fs::write(&file, serde_json::to_vec(documents).unwrap()).unwrap();
    let script = format!(
        "import json, sys, jsonschema\n\
         schema = json.load(open({:?}))\n\
         jsonschema.Draft202012Validator.check_schema(schema)\n\
         judge = jsonschema.Draft202012Validator(schema)\n\
         first = lambda d: next((f'{{list(e.path)}}: {{e.message[:500]}}' for e in judge.iter_errors(d)), None)\n\
         print(json.dumps([first(d) for d in json.load(open(sys.argv[1]))]))",
        home.path("schema.json")
    );
    let verdicts = python(&script, &file);
    let verdicts = verdicts.as_array().unwrap().iter();
    verdicts.map(|verdict| verdict.as_str().map(str::to_owned)).collect()
}

fn dump(home: &Home, args: &[&str], code: i32) -> Value {
    let mut all = vec!["dump", "--format", "json", "-o", "-"];
    all.extend_from_slice(args);
    let run = home.run(all).output();
    assert_eq!(run.code, code, "{args:?}: {}", run.error_text());
    serde_json::from_str(&run.text()).unwrap()
}

#[test]
fn dumps_of_every_kind_fit_the_schema() {
    let home = home();
    project(&home);
    home.write("p/config.ini", leak());
    home.write("p/src/todo.rs", format!("// TODO(me): {}\n", "more and more ".repeat(40)));
    let body = "    let value = compute(value, 17) + 4;\n".repeat(400);
    home.write(
        "p/src/long.rs",
        format!("pub fn long(value: u64) -> u64 {{\n{body}    value\n}}\n"),
    );
    std::fs::hard_link(home.path("p/README.md"), home.path("p/again.md")).unwrap();
    std::fs::create_dir(home.path("hostile")).unwrap();
    hostile_tree(&home.path("hostile")).unwrap();
    let tree = home.path("p");
    git(&tree, &["init", "-q", "-b", "main"]);
    git(&tree, &["add", "-A"]);
    git(&tree, &["commit", "-q", "-m", "first"]);
    std::fs::remove_file(home.path("p/src/no-end.rs")).unwrap();
    let mut documents = vec![
        dump(&home, &["p", "--git", "--secrets", "report", "--todos"], 0),
        dump(&home, &["p", "--git", "--secrets", "redact", "--tokens", "cl100k"], 0),
        dump(&home, &["p", "--secrets", "off", "--tokens", "off", "--toc", "none"], 0),
        dump(&home, &["p", "--git", "--secrets", "off", "--max-tokens", "5k"], 3),
        dump(&home, &["hostile", "--secrets", "off", "--tokens", "off"], 0),
    ];
    let since = ["dump", "--diff-since", "HEAD", "--git", "--format", "json", "-o", "-"];
    let since = home.run(since).cwd(&tree).output().success().text();
    documents.push(serde_json::from_str(&since).unwrap());
    let heads: Vec<_> = documents.iter().map(|document| &document["head"]).collect();
    assert!(heads.iter().any(|head| head["redacted"] == 1), "{heads:?}");
    assert!(heads.iter().any(|head| head["todos"][0]["author"] == "me"), "{heads:?}");
    assert!(heads.iter().any(|head| head["gone"][0]["file"] == "src/no-end.rs"), "{heads:?}");
    let shortened = |document: &Value| {
        let entries = document["entries"].as_array().unwrap();
        entries.iter().any(|entry| entry.get("level").is_some())
    };
    assert!(documents.iter().any(shortened));
    for verdict in verdicts(&home, &documents) {
        assert_eq!(verdict, None);
    }
}

#[test]
fn dumps_of_arbitrary_trees_fit_the_schema() {
    let home = home();
    let documents = std::cell::RefCell::new(Vec::new());
    let config = Config { cases: cases(8), max_shrink_iters: 0, ..Config::default() };
    TestRunner::new(config)
        .run(&arb_tree(), |spec| {
            let tree = format!("tree{}", documents.borrow().len());
            std::fs::create_dir(home.path(&tree)).unwrap();
            spec.write(&home.path(&tree)).unwrap();
            documents.borrow_mut().push(dump(&home, &[&tree, "--secrets", "off"], 0));
            Ok(())
        })
        .unwrap();
    for (number, verdict) in verdicts(&home, &documents.take()).into_iter().enumerate() {
        assert_eq!(verdict, None, "tree{number}");
    }
}

/// Changes that make a dump wrong: which object, which field of it, and what that becomes; nothing takes it away.
fn faults() -> Vec<(&'static str, &'static str, Option<Value>)> {
    let is = Some::<Value>;
    vec![
        ("", "holdall_dump", is(json!(2))),
        ("", "tree", None),
        ("", "tree", is(json!("A".repeat(64)))),
        ("", "count", is(json!("12"))),
        ("", "more", is(json!(1))),
        ("/head", "files", None),
        ("/head", "weather", is(json!("fine"))),
        ("/head/languages/0", "language", None),
        ("README.md", "path", None),
        ("README.md", "path", is(json!("/README.md"))),
        ("README.md", "path", is(json!("src/../README.md"))),
        ("README.md", "path", is(json!("src//README.md"))),
        ("README.md", "path", is(json!("src/"))),
        ("README.md", "path", is(json!(""))),
        ("README.md", "path", is(json!("READ\u{1b}ME.md"))),
        ("README.md", "path", is(json!("READ␛ME.md"))),
        ("README.md", "kind", is(json!("door"))),
        ("README.md", "kind", is(json!("dir"))),
        ("README.md", "mode", is(json!("644"))),
        ("README.md", "bytes", None),
        ("README.md", "bytes", is(json!(-1))),
        ("README.md", "sha256", is(json!("12"))),
        ("README.md", "content", None),
        ("README.md", "as", None),
        ("README.md", "part", is(json!(0))),
        ("README.md", "content", is(json!("a\r\n"))),
        ("README.md", "content", is(json!("a␛{d}\n"))),
        ("README.md", "ends", is(json!("lf"))),
        ("README.md", "charset", is(json!("utf-8"))),
        ("README.md", "open_end", is(json!(false))),
        ("README.md", "blanks", is(json!("3"))),
        ("README.md", "level", is(json!("full"))),
        ("README.md", "level", is(json!("outline"))),
        ("README.md", "redacted", is(json!(1))),
        ("README.md", "omitted", is(json!("it is too large"))),
        ("README.md", "target", is(json!("src"))),
        ("README.md", "device", is(json!(7))),
        ("README.md", "colour", is(json!("red"))),
        ("mixed.txt", "ends", is(json!("crlf"))),
        ("binary", "content", is(json!("####\n"))),
        ("link", "target", None),
        ("link", "bytes", is(json!(9))),
        ("src", "content", is(json!("text"))),
    ]
}

#[test]
fn what_is_wrong_does_not_fit_the_schema() {
    let home = home();
    project(&home);
    let right = dump(&home, &["p"], 0);
    let mut documents = vec![right.clone()];
    for (place, field, value) in faults() {
        let mut wrong = right.clone();
        let object = if place.is_empty() || place.starts_with('/') {
            wrong.pointer_mut(place)
        } else {
            let entries = wrong["entries"].as_array_mut().unwrap();
            entries.iter_mut().find(|entry| entry["path"] == place)
        };
        let object = object.unwrap().as_object_mut().unwrap();
        match value {
            Some(value) => object.insert(field.to_owned(), value),
            None => object.remove(field),
        };
        assert_ne!(wrong, right, "{place} {field}");
        documents.push(wrong);
    }
    let verdicts = verdicts(&home, &documents);
    let (of_right, of_wrong) = verdicts.split_first().unwrap();
    assert_eq!(*of_right, None);
    for (verdict, fault) in of_wrong.iter().zip(faults()) {
        assert!(verdict.is_some(), "{fault:?} is not seen");
    }
}

/// The words in code in a cell of a table.
fn words(cell: &str) -> BTreeSet<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The rows of the table of docs/dump.md whose first column has this title.
fn rows(title: &str) -> Vec<Vec<&'static str>> {
    let mut lines = PAGE.lines().skip_while(|line| !line.starts_with(&format!("| {title} |")));
    let rows = lines.by_ref().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|line| line.trim_matches('|').split('|').collect()).collect()
}

fn first_words(title: &str) -> BTreeSet<String> {
    rows(title).iter().filter_map(|row| row.first()).flat_map(|first| words(first)).collect()
}

fn properties(schema: &Value) -> BTreeMap<String, Value> {
    schema["properties"].as_object().unwrap().clone().into_iter().collect()
}

#[test]
fn the_page_tells_of_each_field_of_the_schema_and_of_no_other() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let mut fields: BTreeSet<String> = properties(&schema["$defs"]["entry"]).into_keys().collect();
    // The text stands outside the record in most formats, so the table has no row for it.
    assert!(fields.remove("content") && PAGE.contains("the text as `content`"));
    assert_eq!(first_words("field"), fields);

    let (tables, facts): (BTreeMap<_, _>, BTreeMap<_, _>) = properties(&schema["$defs"]["head"])
        .into_iter()
        .partition(|(_, value)| value["type"] == "array");
    assert_eq!(first_words("fact"), facts.into_keys().collect());
    assert_eq!(first_words("table"), tables.keys().cloned().collect());
    for row in rows("table") {
        let name = words(row[0]).pop_first().unwrap();
        let columns: BTreeSet<String> = properties(&tables[&name]["items"]).into_keys().collect();
        assert_eq!(words(row[1]), columns, "{name}");
    }
    for name in properties(&schema).into_keys() {
        assert!(PAGE.contains(&format!("`{name}`")), "{name}");
    }
}
