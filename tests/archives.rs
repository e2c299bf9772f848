//! Archives that are written, read by other programs, and taken back.

use std::process::Command;

use holdall_testkit::Home;
use serde_json::Value;

use crate::dumps::project;
use crate::{home, init, with_repo};

const FORMATS: [&str; 9] =
    ["7z", "zip", "tar", "tar.gz", "tar.bz2", "tar.xz", "tar.zst", "tar.lz4", "tar.br"];

fn id(home: &Home, source: &str) -> String {
    home.run(["id", source]).output().success().text()
}

/// The files that a directory holds, by name.
fn names(home: &Home, dir: &str) -> Vec<String> {
    let list = std::fs::read_dir(home.path(dir)).unwrap();
    let mut names: Vec<_> = list.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_ending_of_a_name_says_what_is_written_and_its_checksum_stands_beside_it() {
    let home = home();
    project(&home);
    home.write("out/keep", "");
    for format in FORMATS {
        let file = format!("out/p.{format}");
        let outcome = home.run(["archive", "p", "-o", &file]).output().success();
        assert!(outcome.text().ends_with(&format!("{file}\n")), "{}", outcome.text());
        assert!(outcome.error_text().contains("tree "), "{}", outcome.error_text());
        assert_eq!(id(&home, &file), id(&home, "p"), "{format}");
        let sums = format!("p.{format}.sha256");
        let dir = home.path("out");
        let checked =
            Command::new("sha256sum").args(["-c", &sums]).current_dir(dir).output().unwrap();
        assert!(checked.status.success(), "{format}");
        // Again, over the one that is there.
        home.run(["archive", "p", "-o", &file, "--level", "1"])
            .output()
            .exits(if format == "tar" { 2 } else { 0 });
    }
    assert_eq!(names(&home, "out").len(), 1 + 2 * FORMATS.len(), "{:?}", names(&home, "out"));
    home.run(["archive", "p", "-o", "plain.zip", "--no-checksum"]).output().success();
    assert!(!home.path("plain.zip.sha256").exists());
}

#[test]
fn what_is_written_to_standard_output_is_what_a_file_would_hold() {
    let home = home();
    project(&home);
    for format in FORMATS.into_iter().filter(|format| *format != "7z") {
        let args = ["archive", "p", "-o", "-", "--format", format];
        let piped = home.run(args).output().success().stdout;
        let file = format!("p.{format}");
        home.run(["archive", "p", "-o", &file]).output().success();
        assert!(piped == std::fs::read(home.path(&file)).unwrap(), "{format}");
    }
}

#[test]
fn an_archive_in_the_directory_that_it_is_of_does_not_hold_itself() {
    let home = home();
    project(&home);
    let before = id(&home, "p");
    for _ in 0..2 {
        home.run(["archive", "-C", "p", "-o", "sub.tar.zst"]).output().success();
        assert_eq!(id(&home, "p/sub.tar.zst"), before);
    }
}

#[test]
fn what_is_left_out_of_a_directory_is_not_in_its_archive() {
    let home = home();
    home.write("p/a.log", "");
    home.write("p/b", "b");
    home.write("q/b", "b");
    for flags in [["--exclude", "*.log"], ["--include", "b"], ["--regex", "b$"]] {
        let mut args = vec!["archive", "p", "-o", "p.zip"];
        args.extend(flags);
        home.run(args).output().success();
        assert_eq!(id(&home, "p.zip"), id(&home, "q"), "{flags:?}");
    }
}

#[test]
fn trees_of_one_id_are_the_same_bytes_on_request() {
    let home = home();
    for dir in ["p", "q"] {
        home.write(format!("{dir}/sub/a"), "a".repeat(5000));
        std::os::unix::fs::symlink("sub/a", home.path(dir).join("link")).unwrap();
    }
    // As different as trees of one ID can be.
    std::fs::hard_link(home.path("p/sub/a"), home.path("p/sub/b")).unwrap();
    std::fs::copy(home.path("q/sub/a"), home.path("q/sub/b")).unwrap();
    let old = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    std::fs::File::open(home.path("q/sub/a")).unwrap().set_modified(old).unwrap();
    std::fs::set_permissions(home.path("q"), std::os::unix::fs::PermissionsExt::from_mode(0o700))
        .unwrap();
    for format in FORMATS {
        let made = |dir: &str, threads: &str, epoch: &str| {
            let args = ["archive", dir, "-o", "made", "--format", format, "--reproducible"];
            let run = home.run(args).arg("--threads").arg(threads);
            run.env("SOURCE_DATE_EPOCH", epoch).output().success();
            std::fs::read(home.path("made")).unwrap()
        };
        let first = made("p", "1", "");
        assert!(first == made("q", "7", ""), "{format}");
        assert!(first != made("p", "1", "1700000000"), "{format}");
    }
    // So long that several threads pack it.
    let long: String = (0..400_000).map(|number| format!("{}\n", number * 7)).collect();
    home.write("r/long", long);
    let made = |threads: &str| {
        let args = ["archive", "r", "-o", "r.zip", "--reproducible", "--threads", threads];
        home.run(args).output().success();
        std::fs::read(home.path("r.zip")).unwrap()
    };
    assert!(made("1") == made("7"));
    let outcome = home
        .run(["archive", "p", "-o", "p.zip", "--reproducible"])
        .env("SOURCE_DATE_EPOCH", "soon")
        .output();
    assert!(outcome.exits(2).error_text().contains("SOURCE_DATE_EPOCH"));
}

#[test]
fn what_a_format_cannot_hold_is_named_and_the_rest_is_written() {
    let home = home();
    home.write("p/a", "a");
    home.write("q/a", "a");
    let socket = std::os::unix::net::UnixListener::bind(home.path("p/socket")).unwrap();
    for format in ["7z", "zip", "tar.gz"] {
        let file = format!("p.{format}");
        let outcome = home.run(["archive", "p", "-o", &file]).output().exits(3);
        let said = outcome.error_text();
        assert!(said.contains("socket is a socket, which the archive cannot hold"), "{said}");
        assert_eq!(id(&home, &file), id(&home, "q"));
    }
    drop(socket);
}

#[test]
fn an_archive_of_every_source_is_that_source() {
    let home = home();
    init(&home);
    project(&home);
    let git = |args: &[&str]| {
        let identity =
            ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"];
        let mut git = Command::new("git");
        git.args(identity).args(args).current_dir(home.path("p"));
        assert!(git.output().unwrap().status.success(), "{args:?}");
    };
    with_repo(&home, &["snapshot", "p"]).output().ok();
    home.run(["dump", "p", "-o", "p.json"]).output().success();
    home.run(["archive", "p", "-o", "p.tar.xz"]).output().success();
    let before = id(&home, "p");
    git(&["init", "-q"]);
    git(&["add", "-A", "-f"]);
    git(&["commit", "-q", "-m", "all"]);
    for source in ["p.json", "p.tar.xz", "@latest"] {
        with_repo(&home, &["archive", source, "-o", "again.zip"]).output().success();
        assert_eq!(id(&home, "again.zip"), before, "{source}");
    }
    home.run(["archive", "-C", "p", "git:HEAD", "-o", "../commit.tar"]).output().success();
    let commit = home.run(["id", "-C", "p", "git:HEAD"]).output().success().text();
    assert_eq!(id(&home, "commit.tar"), commit);
    let piped = std::fs::read(home.path("p.tar.xz")).unwrap();
    home.run(["archive", "-", "-o", "piped.tar.lz4"]).stdin(piped).output().success();
    assert_eq!(id(&home, "piped.tar.lz4"), before);
}

#[test]
fn a_command_that_makes_no_sense_writes_nothing() {
    let home = home();
    home.write("p/a", "a");
    for (args, said) in [
        (&["p", "-o", "p.arc"][..], "--format"),
        (&["p", "-o", "-"], "--format"),
        (&["p", "-o", "p.tar", "--level", "3"], "has no level"),
        (&["p", "-o", "p.zip", "--level", "10"], "has no level 10"),
        (&["p", "-o", "p.7z", "--level", "10"], "has no level 10"),
        (&["p", "-o", "-", "--format", "7z"], "-o FILE"),
        (&["p", "-o", "p.7z.age", "--encrypt", "age"], "--passphrase-file"),
        (&["p", "-o", "p.tar.zst", "--level", "23"], "has no level 23"),
        (&["p"], "--output"),
    ] {
        let outcome = home.run([&["archive"], args].concat()).output().exits(2);
        assert!(outcome.error_text().contains(said), "{args:?}: {}", outcome.error_text());
    }
    home.run(["archive", "none", "-o", "x.zip"]).output().exits(1);
    home.run(["archive", "p", "-o", "none/x.zip"]).output().exits(1);
    assert_eq!(names(&home, ""), ["p"]);
}

#[test]
fn the_report_says_what_was_written() {
    let home = home();
    home.write("p/d/a", "abc");
    let args = ["archive", "p", "-o", "p.tar.zst", "--json"];
    let document = home.run(args).output().success().text();
    let document: Value = serde_json::from_str(&document).unwrap();
    assert_eq!(document["tree"].as_str().unwrap(), id(&home, "p").trim());
    assert_eq!((&document["entries"], &document["bytes"]), (&2.into(), &3.into()));
    let line = std::fs::read_to_string(home.path("p.tar.zst.sha256")).unwrap();
    assert!(line.starts_with(document["sha256"].as_str().unwrap()));
    let args = ["archive", "p", "-o", "p.tar.zst", "--json", "--no-verify"];
    let document = home.run(args).output().success().text();
    assert!(serde_json::from_str::<Value>(&document).unwrap()["tree"].is_null());
}

#[test]
fn a_reader_that_has_seen_enough_ends_it_quietly() {
    let home = home();
    for number in 0..40 {
        home.write(format!("p/{number}"), vec![number; 1 << 16]);
    }
    for format in ["zip", "tar", "tar.gz"] {
        let holdall = format!("{} archive p -o - --format {format}", env!("CARGO_BIN_EXE_holdall"));
        let mut bash = Command::new("bash");
        bash.args(["-c", &format!("{holdall} | head -c 9 >/dev/null; exit ${{PIPESTATUS[0]}}")]);
        bash.current_dir(home.work()).env("HOME", home.home());
        let output = bash.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!said.contains("error"), "{format}: {said}");
        assert_eq!(output.status.code(), Some(0), "{format}: {said}");
    }
}

#[test]
fn a_manifest_proves_each_file_to_other_programs_and_to_us() {
    let home = home();
    project(&home);
    let before = id(&home, "p");
    let unpack = |format: &str, file: &str, to: &str| {
        std::fs::create_dir(home.path(to)).unwrap();
        let command = match format {
            "zip" => format!("unzip -q {file} -d {to}"),
            "7z" => format!("7zz x -y -o{to} {file}"),
            "tar.br" => format!("brotli -dc {file} | tar -x -C {to}"),
            "tar.lz4" => format!("lz4 -dc {file} | tar -x -C {to}"),
            _ => format!("tar -xf {file} -C {to}"),
        };
        let done = Command::new("sh").args(["-c", &command]).current_dir(home.work()).output();
        let done = done.unwrap();
        assert!(done.status.success(), "{command}: {}", String::from_utf8_lossy(&done.stderr));
    };
    for format in FORMATS {
        let (file, to) = (format!("p.{format}"), format!("to-{format}"));
        home.run(["archive", "p", "-o", &file, "--manifest"]).output().success();
        assert_eq!(id(&home, &file), before, "{format}: it is no part of the tree");
        home.run(["verify", &file]).output().success();
        home.run(["restore", &file, "--to", &format!("back-{format}")]).output().success();
        assert_eq!(id(&home, &format!("back-{format}")), before, "{format}");
        unpack(format, &file, &to);
        let mut check = Command::new("sha256sum");
        check.args(["--quiet", "--strict", "-c", ".holdall-manifest"]).current_dir(home.path(&to));
        let checked = check.output().unwrap();
        assert!(checked.status.success(), "{format}: {}", String::from_utf8_lossy(&checked.stderr));
    }
    // A byte of a file is changed where only the manifest can tell.
    let mut bytes = std::fs::read(home.path("p.tar")).unwrap();
    let at = bytes.windows(9).position(|window| window == b"its slug ").unwrap();
    bytes[at] = b'I';
    home.write("p.tar", &bytes);
    let verified = home.run(["verify", "p.tar"]).output().exits(1);
    assert!(verified.error_text().contains("f1"), "{}", verified.error_text());
    let restored = home.run(["restore", "p.tar", "--to", "never"]).output();
    assert_ne!(restored.code, 0);
    // What was unpacked by others holds the manifest, which another archive cannot hold as a file.
    let refused = home.run(["archive", "to-tar", "-o", "x.zip"]).output().exits(4);
    assert!(refused.error_text().contains("--exclude /.holdall-manifest"));
    let args = ["archive", "to-tar", "-o", "x.zip", "--exclude", "/.holdall-manifest"];
    home.run(args).output().success();
    assert_eq!(id(&home, "x.zip"), before);
}
