//! Choosing among the changes of a restore, on a terminal and by a file.

use std::os::unix::fs::PermissionsExt;

use holdall_testkit::{Home, Run};
use serde_json::{Value, json};

use crate::terminal::Terminal;
use crate::{home, init, with_repo};

const ENTER: &str = "\r";
const CTRL_C: &str = "\x03";

/// A text with two places that are not close, a file that is gone, one that is new, one whose mode is another.
fn scene() -> Home {
    let home = home();
    init(&home);
    home.write("p/text", "one\n2\n3\n4\n5\n6\n7\n8\n9\nten\n");
    home.write("p/mode", "m");
    home.write("p/gone/a", "a");
    home.write("p/gone/b", "b");
    home.write("p/data", b"\0one");
    with_repo(&home, &["snapshot", "p"]).output().ok();
    home.write("p/text", "ONE\n2\n3\n4\n5\n6\n7\n8\n9\nTEN\n");
    home.write("p/data", b"\0mine");
    std::fs::remove_dir_all(home.path("p/gone")).unwrap();
    home.write("p/extra", "e");
    let mode = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(home.path("p/mode"), mode).unwrap();
    home
}

fn preview(home: &Home) -> Run {
    with_repo(home, &["restore", "@latest", "--delete", "--preview"])
}

fn read(home: &Home, name: &str) -> String {
    std::fs::read_to_string(home.path(name)).unwrap()
}

fn mode(home: &Home, name: &str) -> u32 {
    home.path(name).metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn changes_are_chosen_one_by_one_and_line_by_line_on_a_terminal() {
    let home = scene();
    let mut terminal = Terminal::run(preview(&home), 100, 60);
    let enter = |key: &str| format!("{key}{ENTER}");
    terminal.shows("", "replace data? [y,n,v,a,d,q,?]");
    terminal.shows(&enter("v"), "a file of 5 B becomes a file of 4 B");
    terminal.shows(&enter("n"), "remove extra?");
    terminal.shows(&enter("y"), "add gone?");
    terminal.shows(&enter("e"), "add gone/a?");
    terminal.shows(&enter("y"), "add gone/b?");
    terminal.shows(&enter("n"), "change the metadata of mode?");
    terminal.shows(&enter("?"), "this help");
    terminal.shows(&enter("y"), "replace text? [y,n,l,v,a,d,q,?]");
    terminal.shows(&enter("l"), "-ONE");
    terminal.shows("", "take these lines? [y,n,a,d,q,?]");
    terminal.shows(&enter("y"), "-TEN");
    terminal.shows(&enter("n"), "of 1 some lines");
    terminal.shows("", "make 5 changes to");
    terminal.shows(&enter("y"), "restored snapshot");
    assert_eq!(terminal.ends(), 0);
    assert_eq!(read(&home, "p/text"), "one\n2\n3\n4\n5\n6\n7\n8\n9\nTEN\n");
    assert_eq!(read(&home, "p/data"), "\0mine");
    assert_eq!(read(&home, "p/gone/a"), "a");
    assert!(!home.path("p/gone/b").exists() && !home.path("p/extra").exists());
    assert_eq!(mode(&home, "p/mode"), 0o644);

    let listed = home.run(["rollback", "--target", "p", "--list"]).output().success().text();
    assert!(listed.contains("of 1 some lines"), "{listed}");
    home.run(["rollback", "--target", "p", "--yes"]).output().ok();
    assert_eq!(read(&home, "p/text"), "ONE\n2\n3\n4\n5\n6\n7\n8\n9\nTEN\n");
    assert!(!home.path("p/gone").exists());
    assert_eq!(mode(&home, "p/mode"), 0o600);
}

#[test]
fn whoever_leaves_or_interrupts_or_chooses_nothing_changes_nothing() {
    let home = scene();
    let begin = || {
        let mut terminal = Terminal::run(preview(&home), 100, 60);
        terminal.shows("", "replace data?");
        terminal
    };
    let mut terminal = begin();
    terminal.keys(CTRL_C);
    assert_eq!(terminal.ends(), 130);

    let mut terminal = begin();
    terminal.shows(&format!("q{ENTER}"), "nothing was changed");
    assert_eq!(terminal.ends(), 0);

    let mut terminal = begin();
    terminal.shows(&format!("d{ENTER}"), "nothing was changed");
    assert_eq!(terminal.ends(), 0);

    let mut terminal = begin();
    terminal.shows(&format!("a{ENTER}"), "? (what is replaced is kept)");
    terminal.shows(&format!("n{ENTER}"), "nothing was changed");
    assert_eq!(terminal.ends(), 4);

    let shown = preview(&home).arg("--yes").output().success().text();
    assert!(shown.contains("+one") && shown.contains("- extra"), "{shown}");
    assert_eq!(read(&home, "p/text"), "ONE\n2\n3\n4\n5\n6\n7\n8\n9\nTEN\n");
    assert!(home.path("p/extra").exists() && !home.path("p/gone").exists());
    assert!(!home.path(".p.holdall").exists());
}

fn plan(home: &Home) -> Value {
    serde_json::from_str(&preview(home).arg("--json").output().success().text()).unwrap()
}

fn choose(home: &Home, choices: &Value) -> Run {
    home.write("choices.json", choices.to_string());
    with_repo(home, &["restore", "@latest", "--delete", "--choose", "choices.json"])
}

#[test]
fn a_program_chooses_by_a_file() {
    let home = scene();
    let plan = plan(&home);
    let text = plan["steps"].as_array().unwrap().iter().find(|step| step["path"] == "text");
    let hunks = text.unwrap()["hunks"].as_array().unwrap().clone();
    assert_eq!(hunks.len(), 2);
    assert!(hunks[1].as_str().unwrap().contains("-TEN\n+ten\n"), "{hunks:?}");
    let choices = json!({"plan": plan["plan"], "rest": "keep", "choices": [
        {"path": "text", "choice": "lines", "hunks": [false, true]},
        {"path": "gone", "choice": "take"},
        {"path": "gone/b", "choice": "take"},
    ]});
    // A dry run shows what was chosen.
    let dry = choose(&home, &choices).arg("--dry-run").output().success().text();
    assert!(dry.contains("M text") && dry.contains("+ gone/b"), "{dry}");
    assert!(!dry.contains("data") && !dry.contains("gone/a") && !dry.contains("extra"), "{dry}");
    choose(&home, &choices).output().exits(4);
    choose(&home, &choices).arg("--yes").output().success();
    assert_eq!(read(&home, "p/text"), "ONE\n2\n3\n4\n5\n6\n7\n8\n9\nten\n");
    assert!(home.path("p/gone/b").exists() && !home.path("p/gone/a").exists());
    assert!(home.path("p/extra").exists());
    assert_eq!(mode(&home, "p/mode"), 0o600);
    // What was done is not what was chosen from any more.
    let outcome = choose(&home, &choices).arg("--yes").output().exits(4);
    assert!(outcome.error_text().contains("look at it again"), "{}", outcome.error_text());
}

#[test]
fn a_file_of_choices_that_makes_no_sense_changes_nothing() {
    let home = scene();
    let id = plan(&home)["plan"].clone();
    let of = |choices: Value| json!({"plan": id, "rest": "take", "choices": choices});
    for (choices, code) in [
        (json!({"plan": "0", "rest": "take", "choices": []}), 4),
        (json!({"plan": id, "choices": []}), 2),
        (json!({"plan": id, "rest": "take", "choices": [], "more": 1}), 2),
        (of(json!([{"path": "nosuch", "choice": "take"}])), 2),
        (of(json!([{"path": "data", "choice": "lines", "hunks": [true]}])), 2),
        (of(json!([{"path": "text", "choice": "lines", "hunks": [true]}])), 2),
        (of(json!([{"path": "data", "choice": "take"}, {"path": "data", "choice": "keep"}])), 2),
        (of(json!([{"path": "gone", "choice": "keep"}, {"path": "gone/a", "choice": "take"}])), 2),
    ] {
        choose(&home, &choices).arg("--yes").output().exits(code);
    }
    with_repo(&home, &["restore", "@latest", "--choose", "nosuch", "--yes"]).output().exits(1);
    assert_eq!(read(&home, "p/data"), "\0mine");
    assert!(!home.path(".p.holdall").exists());
}
