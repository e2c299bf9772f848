//! What others learn of a run: metrics in a file, and messages.

use std::io::{ErrorKind, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};

use holdall_testkit::{Home, HttpStub, Run, peer};

use crate::dumps::leak;
use crate::home;

const OK: (&str, &str) = ("200 OK", "{}");

/// A home with a directory `p` in it.
fn project() -> Home {
    let home = home();
    home.write("p/a", "first\n");
    home
}

/// Puts a secret into `p`, so that it is not dumped.
fn spoil(home: &Home) {
    home.write("p/key.ini", leak());
}

fn told(home: &Home, stub: &HttpStub, more: &[&str]) -> Run {
    let url = format!("{}/secret-topic", stub.url());
    home.run([&["dump", "p", "-o", "d.md"], more].concat()).env("HOLDALL_NOTIFY_URL", url)
}

/// What a program says of a text that it reads: whether it is content, and both streams.
fn judged(mut program: Command, text: &str) -> (bool, String) {
    program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = program.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

fn sample(text: &str, name: &str) -> f64 {
    let line = text.lines().find(|line| line.starts_with(&format!("{name}{{"))).unwrap();
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

/// Reads metrics as a strict reader of the text format does, and fails for what Prometheus would take twice.
const STRICT: &str = r"
import sys
from prometheus_client.parser import text_string_to_metric_families
seen = set()
for family in text_string_to_metric_families(sys.stdin.read()):
    assert family.documentation and family.type in ('gauge', 'counter'), family
    for sample in family.samples:
        key = (sample.name, tuple(sorted(sample.labels.items())))
        assert key not in seen, key
        seen.add(key)
assert len(seen) > 10, seen
";

#[test]
fn metrics_are_what_prometheus_reads_and_outlive_a_failed_run() {
    let home = project();
    let dump = ["dump", "p", "-o", "d.md", "--metrics", "p/m\"1.prom"];
    home.run(dump).output().ok();
    let read = || std::fs::read_to_string(home.path("p/m\"1.prom")).unwrap();
    let first = read();
    for name in ["last_run_timestamp_seconds", "last_success_timestamp_seconds", "tokens", "lines"]
    {
        assert!(sample(&first, &format!("holdall_dump_{name}")) > 0.0, "{name}: {first}");
    }
    assert_eq!(sample(&first, "holdall_dump_exit_code"), 0.0);
    if let Some(promtool) = peer("promtool") {
        let mut command = promtool.command(&home.home());
        command.args(["check", "metrics"]);
        assert_eq!(judged(command, &first), (true, String::new()));
        // Debian's, which has the library; one of the user's own need not.
        let mut python = Command::new("/usr/bin/python3");
        python.args(["-c", STRICT]);
        let (good, said) = judged(python, &first);
        assert!(good, "{said}");
    }
    // The file of metrics is in no dump.
    home.run(dump).output().ok();
    assert_eq!(sample(&read(), "holdall_dump_files"), 1.0);
    let good = sample(&read(), "holdall_dump_last_success_timestamp_seconds");
    spoil(&home);
    drop(home.run(dump).output().exits(4));
    let failed = read();
    assert_eq!(sample(&failed, "holdall_dump_exit_code"), 4.0);
    assert_eq!(sample(&failed, "holdall_dump_success"), 0.0);
    assert_eq!(sample(&failed, "holdall_dump_last_success_timestamp_seconds"), good);
    assert_eq!(sample(&failed, "holdall_dump_files"), 1.0);
    drop(home.run([&dump[..], &["--dry-run"]].concat()).output().exits(4));
    assert_eq!(read(), failed);
}

#[test]
fn metrics_that_cannot_be_written_are_told_and_nothing_else_changes() {
    let home = project();
    let outcome =
        home.run(["dump", "p", "-o", "d.md", "--metrics", "no/such/m"]).output().success();
    assert!(
        outcome.error_text().contains("the metrics were not written"),
        "{}",
        outcome.error_text()
    );
    assert!(home.path("d.md").exists());
}

#[test]
fn a_dump_of_an_archive_that_has_to_be_told_of_keeps_its_rights_and_says_so() {
    let home = project();
    home.run(["archive", "p", "-o", "p.tar"]).output().success();
    let stub = HttpStub::new(&[OK, OK]);
    let url = format!("{}/secret-topic", stub.url());
    let run = |more: &[&str]| {
        let args = [&["dump", "p.tar", "-o", "d.md"], more].concat();
        home.run(args).env("HOLDALL_NOTIFY_URL", &url).output()
    };
    let told = run(&["-v"]).success().error_text();
    assert!(told.contains("not confined: a message is sent"), "{told}");
    assert_eq!(stub.asked().field("Title"), Some("dump of d.md"));
    let refused = run(&["--sandbox", "require"]).exits(4).error_text();
    assert!(refused.contains("error[no-sandbox]"), "{refused}");
    assert_eq!(stub.asked().field("Title"), Some("dump of d.md failed"));
    assert!(
        run(&["--sandbox", "require", "--no-notify", "-v"])
            .success()
            .error_text()
            .contains("confined by Landlock")
    );
}

#[test]
fn success_and_failure_are_told_with_title_and_text() {
    let home = project();
    let stub = HttpStub::new(&[OK, OK]);
    told(&home, &stub, &[]).env("HOLDALL_NOTIFY_TITLE", "Büro").output().ok();
    let good = stub.asked();
    assert_eq!(good.line, "POST /secret-topic HTTP/1.1");
    assert!(good.field("Title").unwrap().starts_with("=?UTF-8?B?"), "{good:?}");
    assert!(good.body.starts_with("1 file, 1 line, "), "{good:?}");
    spoil(&home);
    drop(told(&home, &stub, &[]).env("HOLDALL_NOTIFY_TOKEN", "tk_1").output().exits(4));
    let bad = stub.asked();
    assert_eq!(bad.field("Title"), Some("dump of d.md failed"));
    assert_eq!(bad.field("Priority"), Some("high"));
    assert_eq!(bad.field("Authorization"), Some("Bearer tk_1"));
    assert_eq!(bad.body, "1 secrets were found, and nothing was written");
}

#[test]
fn a_server_that_refuses_changes_no_exit_code_and_nothing_secret_is_said() {
    let home = project();
    let stub = HttpStub::new(&[("403 Forbidden", "tk_hush may not write to secret-topic")]);
    let run = told(&home, &stub, &["-vv"]).env("HOLDALL_NOTIFY_TOKEN", "tk_hush");
    let outcome = run.output().success();
    let said = outcome.error_text();
    assert!(said.contains("nobody was told") && said.contains("status 403"), "{said}");
    assert!(!said.contains("hush") && !said.contains("secret-topic"), "{said}");
    let token = home.write("token", "tk_hush\n");
    let both = told(&home, &stub, &[]).env("HOLDALL_NOTIFY_TOKEN_FILE", token);
    let outcome = both.env("HOLDALL_NOTIFY_USER", "u").output().success();
    assert!(outcome.error_text().contains("nobody will be told"), "{}", outcome.error_text());
}

#[test]
fn who_is_told_is_a_matter_of_settings_and_flags() {
    let home = project();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}/t", listener.local_addr().unwrap());
    let run = |more: &[&str]| {
        home.run([&["dump", "p", "-o", "d.md"], more].concat()).env("HOLDALL_NOTIFY_URL", &url)
    };
    run(&["--no-notify"]).output().ok();
    run(&["--dry-run"]).output().ok();
    run(&[]).env("HOLDALL_NOTIFY_ON", "failure").output().ok();
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    let stub = HttpStub::new(&[OK]);
    told(&home, &stub, &["--notify"]).env("HOLDALL_NOTIFY_ON", "failure").output().ok();
    assert_eq!(stub.all().len(), 1);
    let outcome = home.run(["dump", "p", "-o", "d.md", "--notify"]).output().exits(2);
    assert!(outcome.error_text().contains("notify.url"), "{}", outcome.error_text());
}

#[test]
fn a_project_cannot_have_tokens_sent_anywhere() {
    let home = project();
    let stub = HttpStub::new(&[OK]);
    home.write("holdall.toml", format!("[notify]\nurl = \"{}/evil\"\n", stub.url()));
    let run = home.run(["dump", "p", "-o", "d.md"]).env("HOLDALL_NOTIFY_TOKEN", "tk_1");
    let outcome = run.output().exits(4);
    assert!(outcome.error_text().contains("config-untrusted"), "{}", outcome.error_text());
    assert!(stub.all().is_empty());
    // What is harmless it may set.
    home.write("holdall.toml", "[notify]\ntags = [\"shop\"]\non = \"both\"\n");
    told(&home, &stub, &[]).output().ok();
    assert_eq!(stub.asked().field("Tags"), Some("white_check_mark,shop"));
}

#[test]
fn of_a_dump_that_is_watched_only_failure_and_recovery_are_told() {
    let home = project();
    let stub = HttpStub::new(&[OK, OK]);
    let program = told(&home, &stub, &["--watch", "--json"]).start();
    let edit = |name: &str, text: &str| {
        let new = home.write("new", text);
        std::fs::rename(new, home.path(name)).unwrap();
    };
    assert!(program.line().contains("\"written\""));
    edit("p/a", "second\n");
    assert!(program.line().contains("\"written\""));
    spoil(&home);
    let failed = stub.asked();
    assert!(failed.field("Title").unwrap().ends_with("failed"), "{failed:?}");
    std::fs::remove_file(home.path("p/key.ini")).unwrap();
    let recovered = stub.asked();
    assert!(recovered.field("Title").unwrap().ends_with("d.md"), "{recovered:?}");
    program.interrupt();
    assert_eq!(program.end().0, 0);
    assert!(stub.all().is_empty());
}
