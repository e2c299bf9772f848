//! Commands that need another program after they read what others made: that was started before, and is all they reach.

use std::path::Path;
use std::process::{Command, Stdio};

use holdall_testkit::Home;

use crate::confined::{FILES, archive, attempts, breached, canary, tried, untouched};
use crate::home;
use crate::hooks::user_file;
use crate::mounting::{can_mount, is_mounted};

/// What a breached command may not have done, whichever layer is missing.
pub(crate) fn nothing_else(done: &std::collections::BTreeMap<String, bool>, without: &str) {
    assert!(done.len() >= 15, "{done:?}");
    assert!(!without.is_empty() || done.values().all(|done| !*done), "{done:?}");
    // A filter of calls does not see paths.
    for what in FILES.iter().filter(|what| without != "landlock" || **what != "write by handle") {
        assert!(!done[*what], "{what} without {without}");
    }
    assert!(!done["signal"] && !done["execute"], "without {without}: {done:?}");
}

#[test]
fn whoever_sends_a_directory_reaches_nothing_but_that_and_the_other_side() {
    let home = home();
    home.write("new/a", "one and two");
    home.write("new/b", vec![7; 100_000]);
    let program = home.run([] as [&str; 0]).into_command();
    let program = program.get_program().to_string_lossy().into_owned();
    for without in ["", "seccomp", "landlock"] {
        let _ = std::fs::remove_dir_all(home.path("old"));
        home.write("old/a", "one");
        canary(&home);
        // The other side is free of the breach, and says nothing of it.
        let other = ["env", "-u", "FAULTS_BREACH", &program, "delta", "receive", "old"];
        let send = [&["delta", "send", "new", "--"][..], &other].concat();
        nothing_else(&attempts(&breached(&home, &send, without).output().success()), without);
        assert!(without == "landlock" || untouched(&home), "{without}");
        assert_eq!(std::fs::read(home.path("old/b")).unwrap(), vec![7; 100_000]);
    }
    // What cannot be confined and has to be sends nothing, and the other side ends.
    let silent = ["delta", "send", "new", "--sandbox", "require", "--", "sleep", "600"];
    let refused = breached(&home, &silent, "landlock").output().exits(4).error_text();
    assert!(refused.contains("error[no-sandbox]"), "{refused}");
}

/// A database whose client keeps what it is fed in `fed`, and a source that holds it.
fn database(home: &Home, more: &str) {
    home.write("p/.holdall/databases/shop.sql", "\\restrict a\nSELECT 1;\n\\unrestrict a\n");
    archive(home);
    let (client, project) = (home.path("client"), home.path("p"));
    let (fed, started) = (home.path("fed"), home.path("started"));
    let script = format!(
        "#!/bin/bash\ncase \" $* \" in *' --tuples-only '*) echo 0; exit;; esac\n\
         cat > {fed}; echo $$ > {started}; {more}\n",
        fed = fed.display(),
        started = started.display()
    );
    home.write("client", script);
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&client, mode).unwrap();
    let text = format!(
        "[[database]]\nname = \"shop\"\nkind = \"postgresql\"\nproject = {project:?}\n\
         client-program = {client:?}\n"
    );
    user_file(home, &text);
}

#[test]
fn whoever_brings_back_a_database_reaches_its_client_alone_and_says_only_what_is_fed() {
    let home = home();
    database(&home, "");
    let fed = home.path("fed");
    for without in ["", "seccomp", "landlock"] {
        canary(&home);
        let _ = std::fs::remove_file(&fed);
        let restore = ["restore", "p.tar", "--database", "shop"];
        nothing_else(&attempts(&breached(&home, &restore, without).output().success()), without);
        assert!(without == "landlock" || untouched(&home), "{without}");
        let text = std::fs::read_to_string(&fed).unwrap();
        let (first, rest) = text.split_once('\n').unwrap();
        let key = first.strip_prefix("\\restrict ").unwrap();
        assert!(key.len() >= 32, "a key of our own: {text}");
        assert_eq!(rest, format!("SELECT 1;\n\n\\unrestrict {key}\n"));
    }
    std::fs::remove_file(&fed).unwrap();
    let required = ["restore", "p.tar", "--database", "shop", "--sandbox", "require"];
    let refused = breached(&home, &required, "landlock").output().exits(4).error_text();
    assert!(refused.contains("error[no-sandbox]") && !fed.exists(), "{refused}");
    home.run(required).output().success();
    let inside = ["restore", "p.tar", "--database", "shop", "--sandbox", "wasm"];
    home.run(inside).output().success();
    // What cannot be read to its end is not fed.
    std::fs::remove_file(&fed).unwrap();
    let whole = std::fs::read(home.path("p.tar")).unwrap();
    home.write("p.tar", &whole[..1000]);
    assert!(home.run(required).output().code != 0);
    assert!(!fed.exists());
}

#[test]
fn a_client_is_ended_with_the_run_and_starts_only_when_all_was_read() {
    let home = home();
    database(&home, "exec sleep 600");
    let (fed, started) = (home.path("fed"), home.path("started"));
    let run = home.run(["restore", "p.tar", "--database", "shop"]).start();
    until(|| std::fs::read(&started).is_ok_and(|text| text.ends_with(b"\n")));
    let client = std::fs::read_to_string(&started).unwrap();
    run.interrupt();
    let (code, _, said) = run.end();
    assert_eq!(code, 130, "{said:?}");
    assert!(!Path::new("/proc").join(client.trim()).exists(), "the client is gone");
    std::fs::remove_file(&fed).unwrap();
    std::fs::remove_file(&started).unwrap();

    // A run that is killed while it reads has fed nothing, and nothing waits for it.
    let args = ["restore", "-", "--database", "shop", "-v"];
    let mut command = home.run(args).into_command();
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut told = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    home.write("p/large", vec![7; 4 << 20]);
    crate::confined::tar(&home);
    let bytes = std::fs::read(home.path("p.tar")).unwrap();
    let mut input = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut input, &bytes[..2 << 20]).unwrap();
    while !line.contains("confined by") {
        assert!(std::io::BufRead::read_line(&mut told, &mut line).unwrap() > 0, "{line}");
    }
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-KILL", &id]).status().unwrap().success());
    child.wait().unwrap();
    // It comes to its end when nobody is left who could write.
    std::io::Read::read_to_end(&mut told, &mut Vec::new()).unwrap();
    assert!(!fed.exists());
}

#[test]
fn whoever_mounts_an_archive_reaches_nothing_but_that() {
    if !can_mount() {
        return;
    }
    let home = home();
    // Larger than what is kept in memory of a stream.
    let large = vec![7; 6 << 20];
    home.write("p/large", &large);
    archive(&home);
    home.run(["archive", "p", "-o", "p.7z"]).output().success();
    home.run(["dump", "p", "-o", "p.md"]).output().success();
    let dir = home.path("mnt");
    std::fs::create_dir(&dir).unwrap();
    for without in ["", "seccomp", "landlock"] {
        for (source, more) in [("p.tar", "auto"), ("p.7z", "wasm"), ("p.md", "auto")] {
            // A dump is no archive, and all that is left of a process without a layer is tried once.
            if !without.is_empty() && source != "p.tar" {
                continue;
            }
            canary(&home);
            let run = breached(&home, &["mount", source, "mnt", "--sandbox", more], without);
            let run = run.start();
            assert!(run.line().starts_with("mounted "));
            assert_eq!(std::fs::read(dir.join("a")).unwrap(), b"one");
            assert_eq!(std::fs::read(dir.join("large")).unwrap(), large, "{source}");
            run.interrupt();
            let (code, _, said) = run.end();
            assert_eq!((code, is_mounted(&dir)), (0, false), "{said:?}");
            nothing_else(&tried(&said.join("\n")), without);
            assert!(without == "landlock" || untouched(&home), "{without}");
        }
    }
    let required = ["mount", "p.tar", "mnt", "--sandbox", "require"];
    let refused = breached(&home, &required, "landlock").output().exits(4).error_text();
    assert!(refused.contains("error[no-sandbox]") && !is_mounted(&dir), "{refused}");
    // What cannot be read is not shown, and what was mounted for it goes.
    home.write("p.zip", b"PK\x03\x04 and no archive");
    assert!(home.run(["mount", "p.zip", "mnt"]).output().code != 0);
    assert!(!is_mounted(&dir));
    assert_eq!(std::fs::read_dir(home.work().parent().unwrap().join("tmp")).unwrap().count(), 0);
}

#[test]
fn what_is_mounted_looks_empty_until_all_was_read_and_goes_with_a_run_that_is_killed() {
    if !can_mount() {
        return;
    }
    let home = home();
    home.write("p/large", vec![7; 4 << 20]);
    archive(&home);
    let dir = home.path("mnt");
    std::fs::create_dir(&dir).unwrap();
    let mut command = home.run(["mount", "-", "mnt"]).into_command();
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    let bytes = std::fs::read(home.path("p.tar")).unwrap();
    let mut input = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut input, &bytes[..2 << 20]).unwrap();
    until(|| is_mounted(&dir));
    assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 0);
    assert_eq!(std::fs::read(dir.join("a")).unwrap_err().kind(), std::io::ErrorKind::NotFound);
    std::io::Write::write_all(&mut input, &bytes[2 << 20..]).unwrap();
    drop(input);
    until(|| std::fs::read(dir.join("a")).is_ok_and(|text| text == b"one"));
    let held = std::fs::File::open(dir.join("large")).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    until(|| !is_mounted(&dir));
    drop(held);
    assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 0);
    // From within, where the way to the source leads through what is mounted.
    let run = home.run(["-C", "mnt", "mount", "../p.tar", "."]).start();
    assert!(run.line().starts_with("mounted "));
    assert_eq!(std::fs::read(dir.join("a")).unwrap(), b"one");
    run.interrupt();
    assert_eq!((run.end().0, is_mounted(&dir)), (0, false));
}

/// Waits until that is so.
fn until(so: impl Fn() -> bool) {
    let limit = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !so() {
        assert!(std::time::Instant::now() < limit, "it does not come to that");
        std::thread::yield_now();
    }
}
