//! Looking around in sources on a terminal.

use rustix::process::Signal;

use crate::confined::{breached, canary, tar, tried, untouched};
use crate::confined_aside::nothing_else;
use crate::terminal::Terminal;
use crate::{home, init, with_repo};

const ENTER: &str = "\r";
const DOWN: &str = "\x1b[B";
const RIGHT: &str = "\x1b[C";
const CTRL_C: &str = "\x03";
const CTRL_U: &str = "\x15";

/// Bytes that no text format has an easy time with.
const ODD: &[u8] = b"first\r\nthe needle is here\t\x1b[31m\n\xff\xfe no end";

fn project(home: &holdall_testkit::Home) {
    home.write("p/README.md", "# Title\n");
    home.write("p/src/odd.txt", ODD);
    home.write("p/src/main.rs", "fn main() {}\n");
    home.write("p/data.bin", [0u8, 1, 2, 3, 255]);
}

#[test]
fn a_dump_is_searched_read_and_a_part_of_it_written_byte_for_byte() {
    let home = home();
    project(&home);
    home.run(["dump", "p", "-o", "p.md"]).output().success();
    let mut terminal = Terminal::run(home.run(["explore", "p.md"]), 110, 30);
    terminal.until("the tree", |screen| screen.contents().contains("4 entries"));
    terminal.shows("f", "text:");
    terminal.shows("needle", "1 line");
    terminal.shows(ENTER, "src/odd.txt");
    terminal.shows("", "2 the needle is here  \\x1b[31m");
    terminal.shows(" ", "1 entry, 41 B");
    terminal.shows("e", "dump 1 entry picked");
    terminal.shows(&format!("{CTRL_U}part.json{ENTER}"), "1 file, 41 B");
    terminal.keys("q");
    assert_eq!(terminal.ends(), 0);
    terminal
        .until("the name of what was written", |screen| screen.contents().contains("part.json"));

    home.run(["restore", "part.json", "--to", "back"]).output().success();
    assert_eq!(std::fs::read(home.path("back/src/odd.txt")).unwrap(), ODD);
    assert!(!home.path("back/README.md").exists() && home.path("part.json.sha256").exists());
}

#[test]
fn a_snapshot_is_restored_in_part_and_what_is_there_is_asked_about() {
    let home = home();
    init(&home);
    project(&home);
    with_repo(&home, &["snapshot", "p"]).output().success();
    home.write("back/src/main.rs", "mine\n");
    home.write("back/other", "other\n");
    let mut terminal = Terminal::run(with_repo(&home, &["explore", "@latest"]), 110, 30);
    terminal.until("the tree", |screen| screen.contents().contains("4 entries"));
    terminal.shows("/", "name:");
    terminal.shows("main", "1 name");
    terminal.shows(ENTER, "src/main.rs");
    terminal.shows("r", "restore main.rs to directory:");
    terminal.shows(&format!("{CTRL_U}back{ENTER}"), "is there already");
    terminal.shows("n", "nothing was written");
    assert_eq!(std::fs::read(home.path("back/src/main.rs")).unwrap(), b"mine\n");
    terminal.shows("r", "restore main.rs to directory:");
    terminal.shows(&format!("{CTRL_U}back{ENTER}"), "is there already");
    terminal.shows("y", "restored 1 file");
    terminal.keys("q");
    assert_eq!(terminal.ends(), 0);
    assert_eq!(std::fs::read(home.path("back/src/main.rs")).unwrap(), b"fn main() {}\n");
    assert_eq!(std::fs::read(home.path("back/other")).unwrap(), b"other\n");
    assert!(!home.path("back/README.md").exists());
    home.run(["rollback", "--target", "back", "--yes"]).output().success();
    assert_eq!(std::fs::read(home.path("back/src/main.rs")).unwrap(), b"mine\n");
}

#[test]
fn a_dump_is_not_replaced_and_secrets_are_not_written_unasked() {
    let home = home();
    project(&home);
    let key = ["AKIA", "Z7Q3LMN5RTVWX2YB"].concat();
    home.write("p/src/config.py", format!("aws_access_key_id = {key}\n"));
    home.write("out.md", "precious\n");
    let mut terminal = Terminal::run(home.run(["explore", "p"]), 110, 30);
    terminal.until("the tree", |screen| screen.contents().contains("5 entries"));
    // As fast as it can be typed.
    terminal.shows(&format!("/config{ENTER}{ENTER}"), "▾ src/");
    terminal.shows(" ", "[x]     config.py");
    terminal.shows("e", "secrets stop it");
    terminal.shows(&format!("{CTRL_U}out.md{ENTER}"), "replace it?");
    terminal.shows("y", "secrets were found");
    assert_eq!(std::fs::read(home.path("out.md")).unwrap(), b"precious\n");
    terminal.shows("e", "secrets stop it");
    terminal.shows("\t", "secrets taken out");
    terminal.shows(&format!("{CTRL_U}out.md{ENTER}"), "replace it?");
    terminal.shows("y", "wrote");
    terminal.keys("q");
    assert_eq!(terminal.ends(), 0);
    let text = std::fs::read_to_string(home.path("out.md")).unwrap();
    assert!(text.contains("config.py") && !text.contains(&key));
}

#[test]
fn the_terminal_is_put_back_however_it_ends_and_follows_its_size() {
    let home = home();
    project(&home);
    let start = || {
        let mut terminal = Terminal::run(home.run(["explore", "p"]).env("NO_COLOR", "1"), 100, 24);
        terminal.shows("", "README.md");
        terminal
    };
    let mut terminal = start();
    terminal.shows(&format!("{DOWN}{DOWN}{RIGHT}"), "main.rs");
    terminal.resize(40, 10);
    terminal.until("one pane", |screen| {
        let rows: Vec<String> = screen.rows(0, 40).collect();
        rows[9].contains("move") && !screen.contents().contains('│')
    });
    terminal.resize(100, 24);
    terminal.until("two panes", |screen| screen.contents().contains('│'));
    terminal.shows("?", "leave at once");
    terminal.keys(CTRL_C);
    assert_eq!(terminal.ends(), 130);

    let mut terminal = start();
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.ends(), 130);

    let mut terminal = start();
    terminal.keys("\x1b");
    assert_eq!(terminal.ends(), 0);
}

#[test]
fn whoever_explores_an_archive_reaches_nothing_but_that_and_what_lies_beneath() {
    let home = home();
    project(&home);
    tar(&home);
    home.write("in/there", "there");
    for without in ["", "seccomp", "landlock"] {
        canary(&home);
        let explore = ["-C", "in", "explore", "../p.tar"];
        let mut terminal = Terminal::run(breached(&home, &explore, without), 160, 40);
        terminal.until("the tree", |screen| screen.contents().contains("4 entries"));
        terminal.shows("e", "dump README.md");
        terminal.shows(&format!("{CTRL_U}../part.md{ENTER}"), "is not beneath");
        terminal.shows("r", "directory:");
        terminal.shows(&format!("{CTRL_U}../back{ENTER}"), "is not beneath");
        terminal.shows("r", "directory:");
        terminal.shows(&format!("{CTRL_U}new/{without}back{ENTER}"), "restored 1 file");
        terminal.shows("e", "dump README.md");
        terminal.shows(&format!("{CTRL_U}{without}part.md{ENTER}"), "wrote");
        terminal.resize(160, 50);
        terminal.shows("?", "leave at once");
        terminal.keys("qq");
        assert_eq!(terminal.ends(), 0);
        let said = std::cell::RefCell::new(String::new());
        terminal.until("what was tried", |screen| {
            *said.borrow_mut() = screen.contents();
            said.borrow().contains("breach execute")
        });
        nothing_else(&tried(&said.borrow()), without);
        assert!(without == "landlock" || untouched(&home), "{without}");
        assert!(!home.path("part.md").exists() && !home.path("back").exists());
        assert!(home.path(format!("in/{without}part.md")).exists());
    }
    // Whoever trusts it writes everywhere.
    let free = home.run(["-C", "in", "explore", "../p.tar", "--sandbox", "off"]);
    let mut terminal = Terminal::run(free, 110, 30);
    terminal.until("the tree", |screen| screen.contents().contains("4 entries"));
    terminal.shows("e", "dump README.md");
    terminal.shows(&format!("{CTRL_U}../part.md{ENTER}"), "wrote");
    terminal.keys("q");
    assert_eq!(terminal.ends(), 0);
}

#[test]
fn what_comes_from_standard_input_is_explored_with_the_keys_of_the_terminal() {
    let home = home();
    project(&home);
    tar(&home);
    let run = home.run(["explore", "-", "--sandbox", "require"]);
    let mut terminal = Terminal::run_from(run, Some("p.tar"), 110, 30);
    terminal.until("the tree", |screen| screen.contents().contains("4 entries"));
    terminal.shows("f", "text:");
    terminal.shows("needle", "1 line");
    terminal.shows(ENTER, "src/odd.txt");
    terminal.keys("q");
    assert_eq!(terminal.ends(), 0);
}

#[test]
fn without_a_terminal_it_says_what_else_does_the_same() {
    let home = home();
    project(&home);
    for args in [&["explore", "p"][..], &["explore", "p", "--json"]] {
        let outcome = home.run(args).output().exits(2);
        let text = outcome.error_text();
        assert!(text.contains("no-terminal") && text.contains("holdall ls"), "{text}");
        assert!(outcome.stdout.is_empty());
    }
}
