//! Every command: its help, what it refuses, and that its JSON is what its schema says.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::{home, init, with_repo};

/// Each command as it is typed.
const COMMANDS: [&[&str]; 45] = [
    &[],
    &["snapshot"],
    &["dump"],
    &["archive"],
    &["clone"],
    &["convert"],
    &["delta"],
    &["delta", "signature"],
    &["delta", "make"],
    &["delta", "apply"],
    &["delta", "send"],
    &["delta", "receive"],
    &["restore"],
    &["rollback"],
    &["ls"],
    &["cat"],
    &["find"],
    &["diff"],
    &["verify"],
    &["id"],
    &["stats"],
    &["scan"],
    &["explore"],
    &["mount"],
    &["explain"],
    &["snapshots"],
    &["repo"],
    &["repo", "init"],
    &["repo", "snapshots"],
    &["repo", "forget"],
    &["repo", "prune"],
    &["repo", "check"],
    &["repo", "key"],
    &["repo", "key", "list"],
    &["repo", "key", "add"],
    &["repo", "key", "remove"],
    &["repo", "key", "passwd"],
    &["repo", "unlock"],
    &["repo", "stats"],
    &["config"],
    &["config", "show"],
    &["config", "check"],
    &["config", "schema"],
    &["completions"],
    &["man"],
];

#[test]
fn every_command_has_help_on_standard_output_and_nothing_else_happens() {
    let home = home();
    for command in COMMANDS {
        for flag in ["-h", "--help"] {
            let outcome = home.run(command).arg(flag).output().success();
            assert!(outcome.text().contains("Usage: holdall"), "{command:?}: {}", outcome.text());
            assert!(outcome.stderr.is_empty(), "{command:?}: {}", outcome.error_text());
            assert!(!outcome.text().contains('\x1b'), "{command:?} colours what is no terminal");
        }
    }
    assert_eq!(std::fs::read_dir(home.work()).unwrap().count(), 0);
}

#[test]
fn every_command_refuses_a_flag_that_is_none_with_a_word_of_help() {
    let home = home();
    for command in COMMANDS {
        let outcome = home.run(command).arg("--frobnicate").output().exits(2);
        assert!(outcome.error_text().contains("--frobnicate"), "{}", outcome.error_text());
        assert!(outcome.stdout.is_empty(), "{command:?}: {}", outcome.text());
        let outcome = home.run(command).arg("--frobnicate").arg("--json").output().exits(2);
        let error: Value = serde_json::from_str(&outcome.error_text()).unwrap();
        assert_eq!(error["error"]["kind"], "usage", "{command:?}");
    }
}

#[test]
fn every_command_is_in_the_manual() {
    let home = home();
    home.run(["man", "man"]).output().ok();
    let pages: BTreeSet<String> = std::fs::read_dir(home.path("man"))
        .unwrap()
        .map(|page| page.unwrap().file_name().into_string().unwrap())
        .collect();
    let expected: BTreeSet<String> = COMMANDS
        .iter()
        .map(|command| {
            let name: Vec<&str> = ["holdall"].iter().chain(*command).copied().collect();
            format!("{}.1", name.join("-"))
        })
        .collect();
    assert_eq!(pages, expected, "COMMANDS must list all commands");
}

/// Asserts that a document has what its schema requires, and nothing that it does not know.
pub(crate) fn fits(schema: &Value, document: &Value, what: &str) {
    let properties = schema["properties"].as_object().unwrap();
    for name in schema["required"].as_array().unwrap() {
        let name = name.as_str().unwrap();
        assert!(document.get(name).is_some(), "{what}: {name} is missing in {document}");
    }
    for (name, value) in document.as_object().unwrap() {
        assert!(properties.contains_key(name), "{what}: no schema knows {name} of {document}");
        let property = &properties[name];
        let mut types: Vec<&str> = match &property["type"] {
            Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
            Value::String(one) => vec![one.as_str()],
            _ => continue,
        };
        if types.contains(&"number") {
            types.push("integer");
        }
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_f64() => "number",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        assert!(types.contains(&kind), "{what}: {name} is {value}, not {types:?}");
    }
}

#[test]
fn the_json_of_every_command_fits_its_published_schema() {
    let home = home();
    init(&home);
    home.write("p/a", "one\n");
    home.write("p/b", "b");
    home.write("password", "test\n");
    with_repo(&home, &["snapshot", "p"]).output().ok();
    home.write("p/a", "two\n");
    let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/schemas");
    let check = |schema: &str, code: i32, args: &[&str]| {
        let mut all = args.to_vec();
        all.push("--json");
        let outcome = with_repo(&home, &all).output().exits(code);
        let file = reference.join(format!("{schema}.schema.json"));
        let read = std::fs::read(&file).unwrap_or_else(|_| panic!("{} is missing", file.display()));
        let known: Value = serde_json::from_slice(&read).unwrap();
        let text = if schema == "error" { outcome.error_text() } else { outcome.text() };
        assert!(!text.is_empty(), "{args:?} printed nothing");
        for line in text.lines() {
            fits(&known, &serde_json::from_str(line).unwrap(), schema);
        }
        assert!(schema.ends_with(".line") || text.lines().count() == 1, "{args:?}: {text}");
    };
    check("snapshot", 0, &["snapshot", "p", "--tag", "x"]);
    check("snapshot-dry-run", 0, &["snapshot", "p", "--dry-run", "-v"]);
    check("snapshots", 0, &["snapshots", "--tag", "x", "--path", "p"]);
    check("snapshots", 0, &["repo", "snapshots", "--latest", "1"]);
    check("ls.line", 0, &["ls", "@latest", "-R"]);
    check("find.line", 0, &["find", "@all", "a"]);
    home.write("p/c", "c");
    check("diff.line", 0, &["diff", "@latest", "p", "--patch"]);
    check("explain.line", 0, &["explain", "--root", "p", "a", "b"]);
    check("verify", 0, &["verify", "@latest"]);
    check("id", 0, &["id", "@latest"]);
    check("restore-preview", 0, &["restore", "@latest", "--preview", "--delete"]);
    check("restore", 0, &["restore", "@latest", "--delete", "--yes"]);
    check("rollback-list", 0, &["rollback", "--list", "--target", "p"]);
    check("restore-preview", 0, &["rollback", "--dry-run", "--target", "p"]);
    check("rollback", 0, &["rollback", "--target", "p", "--yes"]);
    check("repo-init-dry-run", 0, &["repo", "init", "--dry-run", "-r", "other"]);
    check("repo-init", 0, &["repo", "init", "-r", "other"]);
    check("repo-key-dry-run", 0, &["repo", "key", "add", "--dry-run"]);
    check("repo-key", 0, &["repo", "key", "add", "--new-password-file", "password"]);
    check("repo-key-list", 0, &["repo", "key", "list"]);
    check("repo-key", 0, &["repo", "key", "passwd", "--new-password-file", "password"]);
    check("repo-forget", 0, &["repo", "forget", "--keep-last", "1", "--prune"]);
    check("repo-prune", 0, &["repo", "prune"]);
    check("repo-check", 0, &["repo", "check", "--read-data"]);
    check("repo-unlock", 0, &["repo", "unlock"]);
    check("repo-stats", 0, &["repo", "stats"]);
    check("config-show", 0, &["config", "show"]);
    check("archive", 0, &["archive", "p", "-o", "p.zip"]);
    check("archive-dry-run", 0, &["archive", "p", "-o", "p.zip", "--dry-run", "-v"]);
    check("config-check", 0, &["config", "check"]);
    check("error", 1, &["ls", "@nosuch"]);
    check("error", 2, &["snapshot", "p", "--regex", "("]);
    check("error", 2, &[]);
    check("error", 4, &["restore", "@latest", "--to", "p"]);
}

#[test]
fn documents_are_documents_however_much_is_said_beside_them() {
    let home = home();
    init(&home);
    home.write("p/a", "a");
    for says in ["-q", "-v", "-vv", "-vvv"] {
        for form in ["text", "json"] {
            let args =
                ["snapshot", "p", "--json", says, "--log-format", form, "--progress", "json"];
            let outcome = with_repo(&home, &args).output().success();
            let document: Value = serde_json::from_str(&outcome.text()).unwrap();
            assert!(document["snapshot_id"].is_string(), "{says} {form}");
        }
    }
}

#[test]
fn a_reader_that_has_seen_enough_ends_the_run_quietly() {
    let home = home();
    init(&home);
    for nr in 0..3000 {
        home.write(format!("p/a_file_with_a_name_that_fills_pipes_{nr}"), "x");
    }
    with_repo(&home, &["snapshot", "p"]).output().ok();
    for line in ["ls @latest", "ls @latest -l", "find @all a_file*", "ls p --json", "diff p repo"] {
        let holdall = format!("{} -r repo {line}", env!("CARGO_BIN_EXE_holdall"));
        let mut bash = std::process::Command::new("bash");
        bash.args(["-c", &format!("{holdall} | head -n 1; exit ${{PIPESTATUS[0]}}")]);
        bash.env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        bash.current_dir(home.work()).env("HOME", home.home()).env("HOLDALL_PASSWORD", "test");
        let output = bash.output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), error.as_ref()), (Some(0), ""), "{line}");
    }
}

#[test]
fn any_key_is_set_by_a_flag_and_a_mistake_is_answered_with_the_key_that_is_meant() {
    let home = home();
    let set = ["config", "show", "--json", "--set", "limits.max-depth=7"];
    let document: Value = serde_json::from_str(&home.run(set).output().success().text()).unwrap();
    let all = document["values"].as_array().unwrap();
    let depth = all.iter().find(|value| value["key"] == "limits.max-depth").unwrap();
    assert_eq!((&depth["value"], &depth["origin"]), (&"7".into(), &"flag".into()));
    for (wrong, said) in [
        ("limits.threds=2", "did you mean \"limits.threads\""),
        ("limits.threads=many", "found \"many\""),
        ("limits.threads", "write KEY=VALUE"),
    ] {
        let outcome = home.run(["config", "show", "--set", wrong]).output().exits(2);
        assert!(outcome.error_text().contains(said), "{}", outcome.error_text());
    }
}

#[test]
fn settings_do_what_the_flags_of_their_names_do() {
    let home = home();
    init(&home);
    home.write("p/a", "a");
    home.write("q/a", "a");
    with_repo(&home, &["snapshot", "p", "--tag", "x"]).output().ok();
    with_repo(&home, &["snapshot", "q", "--tag", "x"]).output().ok();
    let groups = |args: &[&str]| {
        let mut all = vec!["repo", "forget", "--keep-last", "1", "--dry-run", "--json"];
        all.extend_from_slice(args);
        let document = with_repo(&home, &all).output().success().text();
        let document: Value = serde_json::from_str(&document).unwrap();
        document["groups"].as_array().unwrap().len()
    };
    assert_eq!(groups(&[]), 2);
    assert_eq!(groups(&["--group-by", "tags"]), 1);
    assert_eq!(groups(&["--set", "forget.group-by=tags"]), 1);
    assert_eq!(groups(&["--set", "forget.group-by=tags", "--group-by", "paths"]), 2);
}

#[test]
fn a_trace_shows_the_phases_of_the_run_without_a_gap() {
    let home = home();
    init(&home);
    home.write("p/a", vec![7; 3 << 20]);
    with_repo(&home, &["snapshot", "p", "--trace", "trace.json"]).output().ok();
    let trace: Value =
        serde_json::from_slice(&std::fs::read(home.path("trace.json")).unwrap()).unwrap();
    let events = trace["traceEvents"].as_array().unwrap();
    assert_eq!(events[0]["name"], "holdall snapshot");
    let names: Vec<&str> = events.iter().map(|event| event["name"].as_str().unwrap()).collect();
    for phase in ["opening the repository", "capturing", "making it durable"] {
        assert!(names.contains(&phase), "{names:?}");
    }
    let length = |event: &Value| event["dur"].as_f64().unwrap();
    let phases: f64 = events.iter().skip(1).map(length).sum();
    assert!(phases >= 0.95 * length(&events[0]), "{trace}");
    let read: u64 =
        events.iter().skip(1).map(|event| event["args"]["bytes"].as_u64().unwrap()).sum();
    assert!(read >= 3 << 20, "{trace}");
}

#[test]
fn the_peak_of_memory_is_in_the_report() {
    let home = home();
    init(&home);
    home.write("p/a", "a");
    let document = with_repo(&home, &["snapshot", "p", "--json"]).output().success().text();
    let document: Value = serde_json::from_str(&document).unwrap();
    let peak = document["peak_memory_bytes"].as_u64().unwrap();
    assert!((1 << 20..4 << 30).contains(&peak), "{peak}");
}
