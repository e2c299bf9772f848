//! `holdall dump --watch`: what is changed is dumped again, once, and nothing else is.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use holdall_testkit::{Home, Started, http_get};
use serde_json::Value;

use crate::commands::fits;
use crate::dumps::leak;
use crate::home;

/// A directory `p` that is dumped to `p/d.md` again and again.
struct Watching {
    home: Home,
    program: Started,
    runs: u64,
}

impl Watching {
    fn new(more: &[&str]) -> Self {
        let home = home();
        home.write("p/a", "first");
        home.write("p/.git/HEAD", "ref: refs/heads/main\n");
        home.write("p/.holdallignore", "built/\n");
        let args = ["dump", "p", "-o", "p/d.md", "--watch", "--json"];
        let program = home.run([&args[..], more].concat()).start();
        let mut watching = Self { home, program, runs: 0 };
        let first = &watching.line();
        assert_eq!((&first["end"], &first["run"]), (&"written".into(), &1.into()), "{first}");
        watching
    }

    /// The line of the next run. No run is ever made for what the runs write.
    fn line(&mut self) -> Value {
        let line: Value = serde_json::from_str(&self.program.line()).unwrap();
        let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/schemas");
        let schema = fs::read(schemas.join("dump-watch.line.schema.json")).unwrap();
        fits(&serde_json::from_slice(&schema).unwrap(), &line, "dump-watch.line");
        self.runs += 1;
        assert_eq!(line.get("run"), Some(&self.runs.into()), "{line}");
        for path in line.get("changed").and_then(Value::as_array).unwrap() {
            let path = path.as_str().unwrap();
            assert!(!path.starts_with("d.md") && !path.starts_with(".git"), "{line}");
            assert!(!path.starts_with("built"), "{line}");
        }
        line
    }

    /// Changes a file in one step, as many editors save.
    fn edit(&self, name: &str, text: &str) -> PathBuf {
        let new = self.home.write("new", text);
        let path = self.home.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::rename(new, &path).unwrap();
        path
    }

    fn dump(&self) -> String {
        fs::read_to_string(self.home.path("p/d.md")).unwrap()
    }

    /// Interrupts it. It ends well, has nothing more to say, and leaves nothing half done.
    fn stop(self) {
        self.program.interrupt();
        let (code, lines, errors) = self.program.end();
        assert_eq!(code, 0, "{errors:?}");
        assert!(lines.is_empty(), "{lines:?}");
        let names = fs::read_dir(self.home.path("p")).unwrap();
        let mut names: Vec<String> =
            names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| name.contains("d.md"));
        names.sort();
        assert_eq!(names, ["d.md", "d.md.sha256"]);
    }
}

fn names(line: &Value, path: &str) -> bool {
    line["changed"].as_array().unwrap().iter().any(|found| found == path)
}

#[test]
fn each_change_is_dumped_once_and_the_dump_itself_is_none() {
    let mut watching = Watching::new(&[]);
    for text in ["second", "third"] {
        watching.edit("p/a", text);
        let line = watching.line();
        assert_eq!(line["end"], "written", "{line}");
        assert!(names(&line, "a"), "{line}");
        assert!(watching.dump().contains(text));
        assert_eq!(line["dump"]["files"], 3, "{line}");
    }
    // Neither what is left out nor what git keeps is worth a run; the change after it shows that.
    watching.edit("p/built/out", "x");
    watching.edit("p/.git/index", "x");
    watching.edit("p/n/e/w", "a new directory");
    let line = watching.line();
    assert!(names(&line, "n") && watching.dump().contains("a new directory"), "{line}");
    watching.edit("p/n/e/w", "changed");
    assert!(names(&watching.line(), "n/e/w"));
    watching.stop();
}

#[test]
fn what_is_only_touched_is_not_dumped_again() {
    let mut watching = Watching::new(&[]);
    let before = watching.dump();
    watching.edit("p/a", "first");
    let line = watching.line();
    assert_eq!((&line["end"], &line["dump"]), (&"unchanged".into(), &Value::Null), "{line}");
    assert_eq!(watching.dump(), before);
    // A dump that is gone is written again all the same.
    fs::remove_file(watching.home.path("p/d.md")).unwrap();
    watching.edit("p/a", "first");
    assert_eq!(watching.line()["end"], "written");
    watching.stop();
}

#[test]
fn a_hundred_changes_in_quick_succession_are_not_a_hundred_dumps() {
    let mut watching = Watching::new(&[]);
    (0..100).for_each(|nr| drop(watching.edit("p/a", &format!("nr {nr} of many"))));
    // One, but for a machine that stood still meanwhile.
    while !watching.dump().contains("nr 99 of many") {
        assert!(watching.runs < 20, "{} runs", watching.runs);
        watching.line();
    }
    watching.stop();
}

#[test]
fn a_run_that_fails_leaves_the_last_dump_and_watching_goes_on() {
    let mut watching = Watching::new(&[]);
    let before = watching.dump();
    watching.edit("p/key.ini", &leak());
    let line = watching.line();
    assert_eq!((&line["end"], &line["error"]["code"]), (&"failed".into(), &"secrets".into()));
    assert_eq!(watching.dump(), before);
    watching.edit("p/key.ini", "none");
    assert_eq!(watching.line()["end"], "written");
    watching.stop();
}

#[test]
fn a_directory_that_is_looked_at_is_dumped_as_well() {
    let mut watching = Watching::new(&["--watch-poll", "1s"]);
    watching.edit("p/a", "second");
    let line = watching.line();
    assert_eq!((&line["end"], &line["more_changed"]), (&"written".into(), &true.into()), "{line}");
    assert!(watching.dump().contains("second"));
    assert!(watching.program.error_line().contains("looked at again and again"));
    watching.stop();
}

#[test]
fn a_directory_that_is_gone_ends_it_with_an_error() {
    let watching = Watching::new(&[]);
    fs::rename(watching.home.path("p"), watching.home.path("q")).unwrap();
    let (code, _, errors) = watching.program.end();
    assert_eq!(code, 1, "{errors:?}");
    let error: Value = serde_json::from_str(errors.last().unwrap()).unwrap();
    assert_eq!(error["error"]["code"], "watch-gone", "{error}");
}

#[test]
fn people_read_a_line_for_each_run() {
    let home = home();
    home.write("p/a", "first");
    let program = home.run(["dump", "p", "-o", "d.md", "--watch"]).start();
    let first = program.error_line();
    assert!(first.starts_with("dump 1: 1 file, "), "{first}");
    let new = home.write("new", "second");
    fs::rename(new, home.path("p/a")).unwrap();
    let second = program.error_line();
    assert!(second.starts_with("dump 2 (a changed): 1 file, "), "{second}");
    program.interrupt();
    let (code, output, errors) = program.end();
    assert_eq!((code, output.len()), (0, 0), "{errors:?}");
}

#[test]
fn what_cannot_be_watched_is_refused() {
    let home = home();
    home.write("p/a", "first");
    home.run(["dump", "p", "-o", "d.md"]).output().ok();
    for (args, code) in [
        (&["p", "--watch"][..], 2),
        (&["p", "--watch", "-o", "-"], 2),
        (&["p", "--watch", "-o", "x.md", "--dry-run"], 2),
        (&["d.md", "--watch", "-o", "x.md"], 2),
        (&["git:HEAD", "--watch", "-o", "x.md"], 2),
        (&["p", "-o", "x.md", "--metrics-listen", "127.0.0.1:0"], 2),
        (&["nosuch", "--watch", "-o", "x.md"], 1),
    ] {
        let outcome = home.run([&["dump"], args].concat()).output().exits(code);
        assert!(!outcome.stderr.is_empty(), "{args:?}");
    }
    assert!(!home.path("x.md").exists());
}

/// The value of a sample whose line begins so.
fn sample(text: &str, begin: &str) -> Option<f64> {
    text.lines().find(|line| line.starts_with(begin))?.rsplit(' ').next()?.parse().ok()
}

#[test]
fn metrics_are_served_while_watching_and_all_of_them_move() {
    let mut watching = Watching::new(&["--metrics-listen", "127.0.0.1:0"]);
    let told = watching.program.error_line();
    let address =
        told.strip_prefix("metrics at http://").unwrap().strip_suffix("/metrics").unwrap();
    assert!(http_get(address, "/healthz").0.starts_with("HTTP/1.1 200 "));
    let (head, first) = http_get(address, "/metrics");
    assert!(head.contains("text/plain; version=0.0.4"), "{head}");
    assert_eq!(sample(&first, "holdall_dump_files{"), Some(3.0), "{first}");
    watching.edit("p/b", "one more");
    watching.line();
    let (_, second) = http_get(address, "/metrics");
    assert_eq!(sample(&second, "holdall_dump_files{"), Some(4.0), "{second}");
    let runs = |end: &str| {
        let of = |line: &&str| line.starts_with("holdall_dump_runs_total{") && line.contains(end);
        let line = second.lines().find(of).unwrap();
        line.rsplit(' ').next().unwrap().to_owned()
    };
    assert_eq!((runs("written"), runs("failed")), ("2".to_owned(), "0".to_owned()));
    watching.stop();
}

#[test]
fn a_port_that_is_taken_or_open_to_all_is_told_and_the_dump_goes_on() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().map(|address| (taken, address.to_string())).unwrap();
    for (address, why) in [(&*taken.1, "cannot listen on"), ("0.0.0.0:0", "other machines")] {
        let mut watching = Watching::new(&["--metrics-listen", address]);
        let told = watching.program.error_line();
        assert!(told.contains("no metrics are served") && told.contains(why), "{told}");
        watching.edit("p/a", "second");
        assert_eq!(watching.line()["end"], "written");
        watching.stop();
    }
    let all = ["--metrics-listen", "0.0.0.0:0", "--metrics-public"];
    let watching = Watching::new(&all);
    assert!(watching.program.error_line().starts_with("metrics at http://0.0.0.0:"));
    watching.stop();
}
