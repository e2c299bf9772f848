//! What git makes of a tree that came back from a dump: the very tree that it had, from every format. And dumps whose
//! contents are dumps: no file of theirs becomes one of the tree.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use holdall_testkit::Home;

use crate::dumps::{FORMATS, git, project};
use crate::home;

/// The tree that git would write of a directory as it is: no attribute and no setting changes a byte.
fn write_tree(home: &Home, dir: &Path) -> String {
    let judge = home.path("judge.git");
    if judge.exists() {
        std::fs::remove_dir_all(&judge).unwrap();
    }
    let run = |args: &[&str]| {
        let mut command = Command::new("git");
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        command.arg("--git-dir").arg(&judge).arg("--work-tree").arg(dir).args(args);
        let output = command.current_dir(dir).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    run(&["init", "--quiet"]);
    std::fs::create_dir_all(judge.join("info")).unwrap();
    std::fs::write(judge.join("info/attributes"), "* -text -filter -ident\n").unwrap();
    run(&["-c", "core.autocrlf=false", "-c", "core.fileMode=true", "add", "--all", "--force"]);
    run(&["write-tree"])
}

/// Dumps a source and restores that, in each format; git must write the same tree of it.
fn comes_back(home: &Home, source: &str, cwd: &Path, formats: &[&str], expected: &str) {
    for format in formats {
        let (file, back) = (home.path(format!("d.{format}")), home.path(format!("back-{format}")));
        let dump = home.run(["dump", source, "--secrets", "off", "--tokens", "off", "-o"]);
        dump.arg(&file).cwd(cwd).output().success();
        home.run(["restore"]).arg(&file).arg("--to").arg(&back).output().success();
        assert_eq!(write_tree(home, &back), expected, "{format}");
    }
}

#[test]
fn git_writes_the_same_tree_of_this_project_from_every_format() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    if !root.join(".git").exists() {
        println!("skipped: the source was not taken from a repository");
        return;
    }
    let mut command = Command::new("git");
    let output = command.args(["rev-parse", "HEAD^{tree}"]).current_dir(&root).output().unwrap();
    let expected = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    assert_eq!(expected.len(), 40, "{}", String::from_utf8_lossy(&output.stderr));
    // All of it in every format takes a while.
    let quick = std::env::var_os("HOLDALL_TEST_QUICK").is_some();
    let formats = if quick { &FORMATS[..2] } else { &FORMATS[..] };
    comes_back(&home(), "git:HEAD", &root, formats, &expected);
}

/// What git keeps and text formats lose: modes, links, names and bytes.
fn awkward(home: &Home, tree: &str) {
    home.write(format!("{tree}/run.sh"), "#!/bin/sh\nexit 0\n");
    home.write(format!("{tree}/deep/er/still/run"), "no end");
    for script in ["run.sh", "deep/er/still/run"] {
        let path = home.path(tree).join(script);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let names: [&[u8]; 14] = [
        b"-rf",
        b"a b",
        b" a",
        b"a ",
        b"a\nb",
        b"a\tb",
        b"quo\"te'",
        b"back\\slash",
        b"<&>",
        b"`|`",
        b"\xff\xfe",
        "é".as_bytes(),
        "␛{a}".as_bytes(),
        b"__proto__",
    ];
    for (number, name) in names.iter().enumerate() {
        let path = home.path(tree).join("names").join(OsStr::from_bytes(name));
        home.write(&path, format!("{number}\n"));
    }
    for (name, content) in [
        ("crlf", &b"a\r\nb\r\n"[..]),
        ("cr", b"a\rb\r"),
        ("mixed", b"a\r\nb\nc\r"),
        ("bom", b"\xef\xbb\xbfa\n"),
        ("utf-16", b"\xff\xfea\0\n\0"),
        ("latin", b"caf\xe9 cr\xe8me br\xfbl\xe9e, d\xe9j\xe0 vu\n"),
        ("binary", b"\0\x01\xff\xfe\0"),
        ("blanks", b"a  \n\t\n\n\n"),
        ("feeds", b"\n\n\n"),
        ("one", b"\n"),
        ("empty", b""),
        ("controls", b"\x1b[31mred\x0c\x7f\n"),
        ("fences", b"```\n````\n`````\n"),
        (".gitattributes", b"* text=auto eol=crlf\n*.md filter=x ident\n"),
        ("ident.md", b"$Id$\n"),
        (".gitignore", b"ignored\n"),
        ("ignored", b"it is tracked all the same\n"),
    ] {
        home.write(format!("{tree}/bytes/{name}"), content);
    }
    for (target, link) in [
        ("run.sh", "link"),
        ("nowhere", "broken"),
        ("deep", "to-dir"),
        ("../..", "up"),
        ("a\nb", "odd"),
    ] {
        symlink(target, home.path(tree).join(link)).unwrap();
    }
}

#[test]
fn git_writes_the_same_tree_of_modes_links_and_odd_names_from_every_format() {
    let home = home();
    awkward(&home, "p");
    let expected = write_tree(&home, &home.path("p"));
    comes_back(&home, "p", &home.work(), &FORMATS, &expected);
    // The same from a commit that was never checked out.
    let tree = home.path("p");
    git(&tree, &["init", "-q", "-b", "main"]);
    std::fs::write(tree.join(".git/info/attributes"), "* -text -filter -ident\n").unwrap();
    git(&tree, &["add", "-A", "-f"]);
    git(&tree, &["commit", "-q", "-m", "first"]);
    git(&tree, &["clone", "-q", "--bare", ".", "../bare.git"]);
    for format in FORMATS {
        std::fs::remove_dir_all(home.path(format!("back-{format}"))).unwrap();
    }
    comes_back(&home, "git:HEAD", &home.path("bare.git"), &FORMATS, &expected);
}

/// A tree whose files are dumps: ours in every format, and what other tools wrote.
fn of_dumps(home: &Home) {
    project(home);
    std::fs::create_dir(home.path("q")).unwrap();
    for format in FORMATS {
        let inner = format!("q/{format}");
        let args = ["dump", "p", "--format", format, "-o", &inner, "--no-checksum"];
        home.run(args).output().success();
        // One that begins in the middle, and one without an end.
        let text = std::fs::read(home.path(&inner)).unwrap();
        home.write(format!("q/{format}-begun"), text.get(text.len() / 3..).unwrap());
        home.write(format!("q/{format}-cut"), text.get(..text.len() / 2).unwrap());
    }
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dump/tests/fixtures");
    for fixture in std::fs::read_dir(fixtures).unwrap() {
        let fixture = fixture.unwrap();
        let text = std::fs::read(fixture.path()).unwrap();
        home.write(Path::new("q/others").join(fixture.file_name()), text);
    }
    assert!(std::fs::read_dir(home.path("q/others")).unwrap().count() > 10);
}

/// Paths of all that is beneath a directory.
fn paths(top: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut dirs = vec![top.to_path_buf()];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            found.insert(path.strip_prefix(top).unwrap().to_path_buf());
            if path.is_dir() && !path.is_symlink() {
                dirs.push(path);
            }
        }
    }
    found
}

#[test]
fn a_dump_of_dumps_holds_no_file_of_theirs() {
    let home = home();
    of_dumps(&home);
    let expected = paths(&home.path("q"));
    let id = |source: &str| home.run(["id", source]).output().success().text();
    for format in FORMATS {
        let (outer, back) = (format!("q.{format}"), format!("back-{format}"));
        home.run(["dump", "q", "-o", &outer]).output().success();
        assert_eq!(id(&outer), id("q"), "{format}");
        home.run(["restore", &outer, "--to", &back]).output().success();
        assert_eq!(paths(&home.path(&back)), expected, "{format}");
        assert_eq!(id(&back), id("q"), "{format}");
    }
}

#[test]
fn what_is_left_of_a_dump_of_dumps_holds_no_file_of_theirs_either() {
    let home = home();
    of_dumps(&home);
    let expected = paths(&home.path("q"));
    for format in FORMATS {
        let text = home.run(["dump", "q", "--format", format, "-o", "-"]).output().success().stdout;
        for tenths in 1..10 {
            let left = text.get(..text.len() * tenths / 10).unwrap();
            let to = format!("left-{format}-{tenths}");
            let run = home.run(["restore", "-", "--partial", "--to", &to]).stdin(left).output();
            if run.code == 3 {
                let extra: Vec<_> = paths(&home.path(&to)).difference(&expected).cloned().collect();
                assert!(extra.is_empty(), "{format}, {tenths} tenths: {extra:?}");
            } else {
                // Nothing could be saved, and nothing was made.
                assert_eq!(run.code, 4, "{format}, {tenths} tenths: {}", run.error_text());
                assert!(!home.path(&to).exists());
            }
        }
    }
}
