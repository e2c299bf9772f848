//! What a server is told, by one that the test runs.

use std::cell::RefCell;
use std::net::TcpListener;
use std::time::Duration;

use holdall_testkit::HttpStub;

use super::*;
use crate::config::{Inputs, resolve};

/// A server that gives these answers, and the address of a topic there.
fn server(answers: &[(&str, &str)]) -> (String, HttpStub) {
    let stub = HttpStub::new(answers);
    (format!("{}/secret-topic", stub.url()), stub)
}

const OK: (&str, &str) = ("200 OK", "{}");
const BUSY: (&str, &str) = ("503 Busy", "");

fn settings(variables: &[(&str, &str)]) -> Resolved {
    let environment =
        variables.iter().map(|(name, value)| (format!("HOLDALL_NOTIFY_{name}"), value.to_string()));
    resolve(&Inputs { environment: environment.collect(), ..Inputs::default() }).unwrap()
}

fn notifier(variables: &[(&str, &str)]) -> Result<Option<Notifier>, Error> {
    Notifier::new(&settings(variables), Proxy::None)
}

fn message(outcome: Outcome) -> Message {
    Message { outcome, title: "Größe ✅".into(), body: "zwölf Dateien\nin p".into() }
}

/// Sends, and gives what came of it and the pauses that were made.
fn send(url: &str, more: &[(&str, &str)]) -> (Result<(), Error>, Vec<Duration>) {
    let notifier = notifier(&[&[("URL", url)], more].concat()).unwrap().unwrap();
    let pauses = RefCell::new(Vec::new());
    let pause = |pause| {
        pauses.borrow_mut().push(pause);
        true
    };
    let sent = notifier.send(&message(Outcome::Success), &pause);
    (sent, pauses.into_inner())
}

#[test]
fn a_message_has_title_priority_tags_and_text() {
    let (url, told) = server(&[OK, OK]);
    let more = [("URL", &*url), ("TAGS", "büro,x"), ("TITLE", "web1"), ("TOKEN", "tk_secret")];
    let notifier = notifier(&more).unwrap().unwrap();
    notifier.send(&message(Outcome::Success), &|_| false).unwrap();
    notifier.send(&message(Outcome::Failure), &|_| false).unwrap();
    let good = told.asked();
    assert_eq!(good.line, "POST /secret-topic HTTP/1.1");
    assert_eq!(good.field("Title"), Some("=?UTF-8?B?d2ViMTogR3LDtsOfZSDinIU=?="));
    assert_eq!(good.field("Priority"), None);
    assert_eq!(good.field("Tags"), Some("=?UTF-8?B?d2hpdGVfY2hlY2tfbWFyayxiw7xybyx4?="));
    assert_eq!(good.field("Authorization"), Some("Bearer tk_secret"));
    assert_eq!(good.body, "zwölf Dateien\nin p");
    assert_eq!(told.asked().field("Priority"), Some("high"));
}

#[test]
fn a_user_sends_with_a_password_from_a_file() {
    let temp = tempfile::tempdir().unwrap();
    let file = temp.path().join("password");
    std::fs::write(&file, "open sesame\n").unwrap();
    let (url, told) = server(&[OK]);
    let named = [("USER", "Aladdin"), ("PASSWORD_FILE", file.to_str().unwrap())];
    // A blank is in no password that a line of a head could be mistaken for.
    assert!(matches!(
        notifier(&[&[("URL", &*url)], &named[..]].concat()),
        Err(Error::Credential { .. })
    ));
    std::fs::write(&file, "open-sesame\r\nmore\n").unwrap();
    send(&url, &named).0.unwrap();
    let told = told.asked();
    assert_eq!(told.field("Authorization"), Some("Basic QWxhZGRpbjpvcGVuLXNlc2FtZQ=="));
}

#[test]
fn a_server_that_is_busy_is_tried_again_twice() {
    let (url, told) = server(&[BUSY, BUSY, OK]);
    let (sent, pauses) = send(&url, &[]);
    sent.unwrap();
    assert_eq!(pauses, [Duration::from_secs(1), Duration::from_secs(4)]);
    assert_eq!(told.all().len(), 3);
    let (url, _told) = server(&[BUSY, BUSY, BUSY]);
    let (sent, pauses) = send(&url, &[]);
    assert!(matches!(sent, Err(Error::Refused { status: 503, .. })), "{sent:?}");
    assert_eq!(pauses.len(), 2);
}

#[test]
fn a_server_says_when_to_come_again_within_bounds() {
    let wait = |seconds: &str| format!("429 Too Many\r\nRetry-After: {seconds}");
    let (url, _told) = server(&[(&wait("7"), ""), (&wait("86400"), ""), OK]);
    let (sent, pauses) = send(&url, &[]);
    sent.unwrap();
    assert_eq!(pauses, [Duration::from_secs(7), Duration::from_secs(15)]);
}

#[test]
fn what_is_refused_is_sent_once_and_nothing_secret_is_repeated() {
    let echo = "tk_secret may not write to secret-topic";
    for status in ["403 Forbidden", "302 Found\r\nLocation: http://127.0.0.1:1/evil"] {
        let (url, told) = server(&[(status, echo)]);
        let (sent, pauses) = send(&url, &[("TOKEN", "tk_secret")]);
        let said = sent.unwrap_err().to_string();
        assert!(said.contains("(hidden) may not write to (hidden)"), "{said}");
        assert!(!said.contains("secret"), "{said}");
        assert!(pauses.is_empty());
        assert_eq!(told.all().len(), 1);
    }
}

#[test]
fn a_server_that_is_not_there_is_tried_again_and_then_told() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (sent, pauses) = send(&format!("http://{free}/secret-topic"), &[]);
    let said = sent.unwrap_err().to_string();
    assert!(said.starts_with(&format!("cannot send to http://{free}: ")), "{said}");
    assert!(!said.contains("secret"), "{said}");
    assert_eq!(pauses.len(), 2);
}

#[test]
fn whoever_wants_to_stop_does_not_wait() {
    let (url, _told) = server(&[BUSY]);
    let notifier = notifier(&[("URL", &url)]).unwrap().unwrap();
    let cancel = holdall_tree::CancelToken::default();
    cancel.cancel();
    let sent = notifier.send(&message(Outcome::Failure), &patiently(&cancel));
    assert!(matches!(sent, Err(Error::Refused { status: 503, .. })));
    assert!(patiently(&holdall_tree::CancelToken::default())(Duration::ZERO));
}

#[test]
fn a_text_is_cut_so_that_it_stays_a_text() {
    let (url, told) = server(&[OK]);
    let notifier = notifier(&[("URL", &url)]).unwrap().unwrap();
    let body = "日".repeat(3000);
    let message = Message { body, ..message(Outcome::Success) };
    notifier.send(&message, &|_| false).unwrap();
    assert_eq!(told.asked().body, "日".repeat(BODY_BYTES_MAX / 3));
}

#[test]
fn nothing_goes_to_another_machine_for_all_to_read_unless_it_is_said() {
    let plain = [("URL", "http://ntfy.example/t")];
    assert!(matches!(notifier(&plain), Err(Error::Plain { .. })));
    let allowed = [plain[0], ("ALLOW_PLAIN_HTTP", "true")];
    assert!(notifier(&allowed).unwrap().is_some());
    assert!(notifier(&[("URL", "https://ntfy.example/t")]).unwrap().is_some());
    assert!(notifier(&[]).unwrap().is_none());
}

#[test]
fn who_sends_is_said_in_one_way() {
    let url = ("URL", "https://ntfy.example/t");
    for more in [
        &[("TOKEN", "t"), ("USER", "u")][..],
        &[("TOKEN", "t"), ("PASSWORD", "p")],
        &[("USER", "u")],
        &[("PASSWORD", "p")],
    ] {
        let made = notifier(&[&[url], more].concat());
        assert!(matches!(made, Err(Error::Incomplete { .. })), "{more:?}");
    }
    let made = notifier(&[url, ("USER", "u"), ("PASSWORD", "hush")]).unwrap().unwrap();
    let shown = format!("{made:?}");
    assert!(!shown.contains("hush") && !shown.contains("/t\""), "{shown}");
    assert!(matches!(
        notifier(&[url, ("TOKEN_FILE", "/nonexistent")]),
        Err(Error::Credential { .. })
    ));
}

#[test]
fn who_is_told_of_what_is_a_setting() {
    let url = ("URL", "https://ntfy.example/t");
    for (on, success, failure) in
        [("success", true, false), ("failure", false, true), ("both", true, true)]
    {
        let notifier = notifier(&[url, ("ON", on)]).unwrap().unwrap();
        assert_eq!(notifier.tells(Outcome::Success), success, "{on}");
        assert_eq!(notifier.tells(Outcome::Failure), failure, "{on}");
    }
}
