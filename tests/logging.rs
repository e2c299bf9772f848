//! Lines of the log: each is one object of a published schema, and all of a run have its ID.

use std::collections::BTreeSet;
use std::path::Path;

use holdall_testkit::Outcome;
use serde_json::Value;

use crate::commands::fits;
use crate::{home, init, with_repo};

/// The lines of a run, each checked against the schema.
fn lines(outcome: &Outcome) -> Vec<Value> {
    let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/schemas");
    let schema = std::fs::read(reference.join("log.line.schema.json")).unwrap();
    let schema: Value = serde_json::from_slice(&schema).unwrap();
    let lines: Vec<Value> =
        outcome.error_text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for line in &lines {
        fits(&schema, line, "log.line");
        for name in ["level", "event"] {
            let known = schema.pointer(&format!("/properties/{name}/enum")).unwrap();
            let value = line.get(name).unwrap();
            assert!(known.as_array().unwrap().contains(value), "{name} of {line}");
        }
    }
    let runs: BTreeSet<&str> =
        lines.iter().map(|line| line["operation"].as_str().unwrap()).collect();
    assert!(runs.len() <= 1, "{runs:?}");
    assert!(runs.iter().all(|id| id.len() == 12 && id.bytes().all(|b| b.is_ascii_hexdigit())));
    lines
}

fn events(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["event"].as_str().unwrap()).collect()
}

#[test]
fn a_run_is_told_from_its_start_to_its_end() {
    let home = home();
    init(&home);
    home.write("p/a", "a");
    let args = ["snapshot", "p", "-vv", "--log-format", "json"];
    let first = lines(&with_repo(&home, &args).output().success());
    let second = lines(&with_repo(&home, &args).output().success());
    for lines in [&first, &second] {
        let events = events(lines);
        assert_eq!((events.first(), events.last()), (Some(&"started"), Some(&"ended")));
        assert!(events.contains(&"phase"), "{events:?}");
        assert_eq!(lines.last().unwrap()["fields"]["exit_code"], 0);
    }
    assert_ne!(first[0]["operation"], second[0]["operation"]);
}

#[test]
fn what_goes_wrong_is_a_line_with_its_code() {
    let home = home();
    init(&home);
    for json in [&["--json"][..], &[]] {
        let args = [&["ls", "@nosuch", "--log-format", "json"], json].concat();
        let outcome = with_repo(&home, &args).env("HOLDALL_FROBNICATE", "1").output().exits(1);
        let lines = lines(&outcome);
        assert_eq!(events(&lines), ["warning", "error"]);
        assert_eq!(lines[1]["fields"]["code"], "no-snapshot");
        assert_eq!(lines[1]["level"], "error");
        assert!(outcome.stdout.is_empty());
    }
}

#[test]
fn an_entry_that_cannot_be_read_is_a_line_with_its_path() {
    let home = home();
    init(&home);
    home.write("p/a", "a");
    with_repo(&home, &["snapshot", "p"]).output().ok();
    with_repo(&home, &["restore", "@latest", "--to", "t"]).output().ok();
    home.write("new/b", "b");
    with_repo(&home, &["snapshot", "new"]).output().ok();
    // A file that a restore left alone and that is gone cannot be brought back.
    let merge = ["restore", "@latest", "--to", "t", "--overwrite", "changed", "--yes"];
    with_repo(&home, &merge).output().ok();
    std::fs::remove_file(home.path("t/a")).unwrap();
    let args = ["rollback", "--target", "t", "--yes", "--log-format", "json"];
    let outcome = with_repo(&home, &args).output().exits(3);
    let lines = lines(&outcome);
    let problem = lines.iter().find(|line| line["event"] == "problem").unwrap();
    assert_eq!(problem["fields"]["path"], "a", "{problem}");
    assert!(problem["fields"]["code"].is_string(), "{problem}");
}
