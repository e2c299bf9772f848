//! Commands that make something of an archive or a dump that others made: what they need is there, and nothing else.

use holdall_testkit::{Home, Run, peer};

use crate::confined::{FILES, archive, attempts, breached, canary, tar, untouched};
use crate::dumps::leak;
use crate::{home, init, with_repo};

/// The commands that make something of a source; the number of the run stands for `{}`.
const WRITERS: [&[&str]; 11] = [
    &["clone", "p.tar", "in/{}"],
    &["clone", "p.7z", "in/{}", "--incremental"],
    &["clone", "p.md", "in/{}"],
    &["archive", "p.tar", "-o", "in/{}.zip"],
    &["archive", "p.md", "-o", "in/{}.tar.gz"],
    &["convert", "p.7z", "in/{}.tar"],
    &["convert", "p.tar", "in/{}.md"],
    &["convert", "p.tar", "in/{}/"],
    &["dump", "p.tar", "-o", "in/{}.md", "--vault", "in/vault", "--secrets", "redact"],
    &["dump", "p.7z", "-o", "in/{}.md", "--split", "600", "--metrics", "in/metrics"],
    &["scan", "p.7z", "--write-baseline", "in/{}.baseline"],
];

#[test]
fn whoever_makes_something_of_an_archive_or_a_dump_writes_there_and_nowhere_else() {
    let home = home();
    archive(&home);
    home.run(["archive", "p", "-o", "p.7z"]).output().success();
    home.run(["dump", "p", "-o", "p.md"]).output().success();
    std::fs::create_dir(home.path("in")).unwrap();
    for (at, command) in WRITERS.iter().enumerate() {
        let run = |number: usize, without: &str, more: &[&str]| {
            canary(&home);
            let number = (at * 10 + number).to_string();
            let mut args: Vec<String> =
                command.iter().map(|word| word.replace("{}", &number)).collect();
            args.extend(more.iter().map(|word| (*word).to_owned()));
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            attempts(&breached(&home, &args, without).output().success())
        };
        let both = run(0, "", &["--sandbox", "require"]);
        assert!(both.len() >= 15 && both.values().all(|done| !*done), "{command:?}: {both:?}");
        assert!(untouched(&home), "{command:?}");
        let without = if at % 2 == 0 { "seccomp" } else { "landlock" };
        let one = run(1, without, &[]);
        for what in FILES.iter().filter(|what| without == "seccomp" || **what != "write by handle")
        {
            assert!(!one[*what], "{command:?}: {what} without {without}");
        }
        assert!(run(2, "", &["--sandbox", "off"]).is_empty(), "{command:?}");
    }
    // A dry run may not even write where it would.
    let dry = ["clone", "p.tar", "outside/c", "--dry-run"];
    canary(&home);
    let dry = attempts(&breached(&home, &dry, "seccomp").output().success());
    assert!(FILES.iter().all(|what| !dry[*what]), "{dry:?}");
    assert!(untouched(&home));
    let refused = ["clone", "p.tar", "in/refused", "--sandbox", "require"];
    let refused = breached(&home, &refused, "landlock").output().exits(4).error_text();
    assert!(refused.contains("error[no-sandbox]") && !home.path("in/refused").exists());
    let lacking = breached(&home, &["clone", "p.tar", "in/lacking"], "landlock");
    assert!(lacking.output().success().error_text().contains("the system has no Landlock"));
}

/// What is in `p`, and what it is as an archive and as a dump, some of them sealed.
const SOURCES: [&str; 9] =
    ["p.tar", "p.tar.gz", "p.tar.xz", "p.zip", "p.7z", "p.md", "parts.md", "e.zip", "p.7z.age"];
const KEYS: [&str; 4] = ["--passphrase-file", "pass", "--identity", "key.txt"];
/// Of the documentation of age.
const KEY: &[u8] = b"AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX\n";

/// Whom to seal for, so that it is opened with that key.
fn recipient() -> String {
    holdall::seal::identities(KEY).unwrap().remove(0).recipient().to_string()
}

fn sources(home: &Home) {
    home.write("p/a", "one\n");
    home.write("p/sub/b", "two\n");
    home.write("pass", "horse\n");
    home.write("key.txt", KEY);
    home.write("patterns", "nothing-like-it\n");
    let to = recipient();
    home.run(["dump", "p", "-o", "p.md"]).output().success();
    home.run(["dump", "p", "--split", "600", "-o", "parts.md"]).output().success();
    let plain = ["p.tar", "p.tar.gz", "p.tar.xz", "p.zip", "p.7z"].map(|file| (file, &[][..]));
    let sealed = [
        ("e.zip", &["--encrypt", "zip-aes256"][..]),
        ("p.7z.age", &["--encrypt", "age", "--recipient", &to]),
    ];
    for (file, how) in plain.into_iter().chain(sealed) {
        let args = [&["archive", "p", "-o", file], how, &KEYS].concat();
        home.run(args).output().success();
    }
}

/// A run that has to be confined.
fn required(home: &Home, args: &[&str]) -> Run {
    with_repo(home, &[args, &["--sandbox", "require"], &KEYS].concat())
}

#[test]
fn an_archive_or_a_dump_is_cloned_confined() {
    let home = home();
    sources(&home);
    for file in SOURCES {
        let clone = |args: &[&str]| {
            let both = [&["clone", file][..], args, &["--exclude-from", "patterns"]].concat();
            required(&home, &both).output().success()
        };
        let (alone, many) = (format!("deep/{file}/t"), format!("many/{file}"));
        clone(&[&alone]);
        assert_eq!(std::fs::read(home.path(format!("{alone}/sub/b"))).unwrap(), b"two\n");
        home.write(format!("{alone}/a"), "changed\n");
        clone(&[&alone, "--delete"]);
        assert_eq!(std::fs::read(home.path(format!("{alone}/a"))).unwrap(), b"one\n");
        home.run(["rollback", "--target", &alone, "--yes"]).output().success();
        assert_eq!(std::fs::read(home.path(format!("{alone}/a"))).unwrap(), b"changed\n");
        // The third shares with the second, and the first goes.
        for name in ["one", "two", "three"] {
            clone(&[&many, "--incremental", "--project", "p", "--tag", name, "--keep", "2"]);
        }
        let kept = std::fs::read_dir(home.path(&many)).unwrap();
        let kept: Vec<_> = kept.map(|entry| entry.unwrap().path()).collect();
        let kept = kept.iter().filter(|path| path.is_dir() && path.join("a").exists());
        assert_eq!(kept.count(), 2, "{file}");
    }
    let bytes = std::fs::read(home.path("p.tar.gz")).unwrap();
    required(&home, &["clone", "-", "piped"]).stdin(bytes).output().success();
    assert_eq!(std::fs::read(home.path("piped/a")).unwrap(), b"one\n");
    home.run(["clone", "p.tar.gz", "inside", "--sandbox", "wasm"]).output().success();
    assert_eq!(std::fs::read(home.path("inside/a")).unwrap(), b"one\n");
}

#[test]
fn an_archive_or_a_dump_becomes_an_archive_or_a_dump_confined() {
    let home = home();
    sources(&home);
    let id = |file: &str| {
        home.run([&["id", file][..], &KEYS].concat()).output().success().text().trim().to_owned()
    };
    let whole = id("p");
    let make = |args: &[&str]| {
        required(&home, &[args, &["--exclude-from", "patterns"]].concat()).output().success();
    };
    std::fs::create_dir(home.path("out")).unwrap();
    let formats = ["zip", "7z", "tar", "tar.xz", "tar.zst", "md", "json", "md.gz", "txt"];
    for (file, format) in SOURCES.iter().zip(formats) {
        let made = format!("out/{file}.{format}");
        make(&["convert", file, &made]);
        assert_eq!(id(&made), whole, "{made}");
    }
    for command in ["archive", "dump"] {
        let made = ["out/again.7z", "out/again.md.zst"][usize::from(command == "dump")];
        for more in [&["--dry-run"][..], &[], &[]] {
            make(&[&[command, "p.tar.xz", "-o", made], more].concat());
        }
        assert_eq!(id(made), whole, "{made}");
    }
    for packed in ["zip", "tar.gz"] {
        let old = ["--archive-old", packed, "--keep", "1"];
        make(&[&["dump", "p.7z", "-o", "out/p.md", "--metrics", "out/m"][..], &old].concat());
    }
    make(&["dump", "p.7z", "-o", "out/parts.md", "--split", "600"]);
    assert_eq!((id("out/p.md"), id("out/parts.md")), (whole.clone(), whole.clone()));
    let bytes = std::fs::read(home.path("p.tar.gz")).unwrap();
    let piped = required(&home, &["archive", "-", "-o", "-", "--format", "tar"]).stdin(bytes);
    home.write("out/piped.tar", piped.output().success().stdout);
    assert_eq!(id("out/piped.tar"), whole);
    home.run(["archive", "p.tar", "-o", "out/w.zip", "--sandbox", "wasm"]).output().success();
    assert_eq!(id("out/w.zip"), whole);
}

#[test]
fn what_is_made_of_an_archive_is_sealed_confined() {
    let home = home();
    sources(&home);
    let id = |file: &str| home.run([&["id", file][..], &KEYS].concat()).output().success().text();
    let (whole, to) = (id("p"), recipient());
    for format in ["zip", "7z", "tar.gz"] {
        let made = format!("out/{format}.age");
        std::fs::create_dir_all(home.path("out")).unwrap();
        let args = ["archive", "p.tar", "-o", &made, "--format", format];
        let seal = ["--encrypt", "age", "--recipient", &to];
        required(&home, &[&args[..], &seal].concat()).output().success();
        assert_eq!(id(&made), whole, "{made}");
    }
    let zip = ["archive", "p.tar", "-o", "out/e.zip", "--encrypt", "zip-aes256"];
    required(&home, &zip).output().success();
    let dump = ["dump", "p.7z", "-o", "out/p.md.age", "--encrypt", "age", "--recipient", &to];
    required(&home, &dump).output().success();
    assert_eq!((id("out/e.zip"), id("out/p.md.age")), (whole.clone(), whole));
}

#[test]
fn what_is_counted_and_found_of_an_archive_or_a_dump_is_read_confined() {
    let home = home();
    sources(&home);
    for command in ["stats", "scan"] {
        let of = home.run([command, "p"]).output().success().text();
        for file in SOURCES {
            assert_eq!(required(&home, &[command, file]).output().success().text(), of, "{file}");
        }
    }
}

#[test]
fn a_snapshot_of_an_archive_or_a_dump_is_taken_confined() {
    let home = home();
    init(&home);
    sources(&home);
    let whole = home.run(["id", "p"]).output().success().text();
    for file in ["p.tar.gz", "p.7z", "e.zip", "parts.md"] {
        required(&home, &["convert", file, "@"]).output().success();
        assert_eq!(with_repo(&home, &["id", "@latest"]).output().success().text(), whole, "{file}");
    }
    with_repo(&home, &["repo", "check", "--read-data"]).output().success();
    assert!(std::fs::read_dir(home.path("repo/locks")).unwrap().next().is_none());
    for without in ["", "seccomp", "landlock"] {
        canary(&home);
        let breached = with_repo(&home, &["convert", "p.zip", "@"]);
        let breached = breached.env("FAULTS_BREACH", home.path("outside"));
        let done = attempts(&breached.env("FAULTS_WITHOUT", without).output().success());
        assert!(done.len() >= 15, "{done:?}");
        for what in FILES.iter().filter(|what| without != "landlock" || **what != "write by handle")
        {
            assert!(!done[*what], "{what} without {without}");
        }
    }
}

#[test]
fn what_is_signed_or_has_its_secrets_taken_out_is_written_confined() {
    let home = home();
    home.write("p/a", leak());
    tar(&home);
    let found = required_scan(&home, &["--write-baseline", "out/accepted"]);
    assert_eq!(found, 4);
    assert_eq!(required_scan(&home, &["--baseline", "out/accepted"]), 0);
    let dump = |more: &[&str]| {
        let args = [&["dump", "p.tar", "-o", "out/p.md", "--sandbox", "require"], more].concat();
        home.run(args).output()
    };
    dump(&["--baseline", "out/accepted"]).success();
    dump(&["--secrets", "redact", "--vault", "kept/vault"]).success();
    dump(&["--secrets", "redact", "--vault", "kept/vault"]).success();
    dump(&[]).exits(4);
    let restore = ["restore", "out/p.md", "--to", "back", "--vault", "kept/vault"];
    home.run(restore).output().success();
    assert_eq!(std::fs::read_to_string(home.path("back/a")).unwrap(), leak());
    let Some(keygen) = peer("ssh-keygen") else { return };
    let mut command = keygen.command(&home.path("."));
    command.args(["-q", "-t", "ed25519", "-N", "", "-f", "ada"]);
    assert!(command.status().unwrap().success());
    dump(&["--secrets", "report", "--sign", "ada"]).success();
    let archive = ["archive", "p.tar", "-o", "out/p.zip", "--sign", "ada", "--sandbox", "require"];
    home.run(archive).output().success();
    for file in ["out/p.md", "out/p.zip"] {
        home.run(["verify", file, "--require-signature=any"]).output().success();
    }
    // A program is run for what was read, so nothing can be given up before that.
    if peer("gpg").is_none() {
        return;
    }
    let gpg = ["archive", "p.tar", "-o", "out/p.tar.gpg", "--encrypt", "gpg"];
    let gpg = [&gpg[..], &["--recipient", "0123456789ABCDEF"]].concat();
    let refused = home.run([&gpg[..], &["--sandbox", "require"]].concat()).output().exits(4);
    assert!(refused.error_text().contains("error[no-sandbox]"), "{}", refused.error_text());
    let free = home.run([&gpg[..], &["-v"]].concat()).output();
    assert!(free.error_text().contains("not confined: gpg is run"), "{}", free.error_text());
}

/// The exit code of a confined look for secrets.
fn required_scan(home: &Home, more: &[&str]) -> i32 {
    std::fs::create_dir_all(home.path("out")).unwrap();
    std::fs::create_dir_all(home.path("kept")).unwrap();
    home.run([&["scan", "p.tar", "--sandbox", "require"], more].concat()).output().code
}

#[test]
fn whoever_applies_a_delta_reaches_nothing_but_what_lies_beside_the_directory() {
    let home = home();
    home.write("in/old/a", "one");
    home.write("new/a", "one and two");
    home.write("new/b", vec![7; 100_000]);
    let signature = home.run(["delta", "signature", "in/old"]).output().success().stdout;
    home.write("signature", signature);
    let made = home.run(["delta", "make", "new", "signature", "--sandbox", "require"]);
    let made = made.output().success().stdout;
    home.write("delta", &made);
    let apply = ["delta", "apply", "in/old", "delta"];
    for without in ["", "seccomp", "landlock"] {
        canary(&home);
        let outcome = breached(&home, &apply, without).output().success();
        let done = attempts(&outcome);
        assert!(done.len() >= 15, "{done:?}");
        for what in FILES.iter().filter(|what| without != "landlock" || **what != "write by handle")
        {
            assert!(!done[*what], "{what} without {without}");
        }
        assert!(without == "landlock" || untouched(&home), "{without}");
        assert_eq!(std::fs::read(home.path("in/old/b")).unwrap(), vec![7; 100_000]);
        home.run(["rollback", "--target", "in/old", "--yes"]).output().success();
        assert_eq!(std::fs::read(home.path("in/old/a")).unwrap(), b"one");
    }
    let applied = home.run([&apply[..], &["--json", "--sandbox", "require"]].concat());
    let applied: serde_json::Value =
        serde_json::from_str(&applied.output().success().text()).unwrap();
    assert!(applied["sandbox"]["landlock"].as_u64().unwrap() >= 2, "{applied}");
    assert_eq!(applied["sandbox"]["seccomp"], true);
}
