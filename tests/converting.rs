//! Any form in, any form out: each source through each sink is the same tree.

use std::process::Command;

use holdall_testkit::Home;

use crate::{home, init, with_repo};

fn id(home: &Home, source: &str) -> String {
    with_repo(home, &["id", source]).output().success().text()
}

/// Makes a tree that every form can hold, as each form.
pub(crate) fn sources(home: &Home) -> Vec<String> {
    init(home);
    home.write("origin/README.md", "# read\n\n```\nfence\n```\n");
    home.write("origin/src/main.rs", "fn main() {}\n");
    home.write("origin/src/no end", "no end");
    home.write("origin/binary", b"\0\x01\xff\xfe".repeat(99));
    home.write("origin/empty", "");
    std::os::unix::fs::symlink("src/main.rs", home.path("origin/link")).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(home.path("origin/src/no end"), mode).unwrap();
    let git = "git init -q . && git add -A && git -c user.name=a -c user.email=a@b commit -qm all";
    let mut made = Command::new("sh");
    made.args(["-c", &format!("cp -a origin repo-dir && cd repo-dir && {git}")]);
    assert!(made.current_dir(home.work()).output().unwrap().status.success());
    let mut sources = vec!["origin".to_owned()];
    let forms = ["md", "xml", "json", "yaml", "toml", "csv", "txt", "html", "md.zst", "zip", "7z"];
    let packed = ["tar", "tar.gz", "tar.bz2", "tar.xz", "tar.zst", "tar.lz4", "tar.br"];
    for form in forms.iter().chain(&packed) {
        let file = format!("from.{form}");
        with_repo(home, &["convert", "origin", &file]).output().success();
        sources.push(file);
    }
    with_repo(home, &["convert", "origin", "@"]).output().success();
    sources.push("@latest".to_owned());
    sources
}

#[test]
fn every_source_through_every_sink_is_the_same_tree() {
    let home = home();
    let mut sources = sources(&home);
    let origin = id(&home, "origin");
    // The commit is read where its repository is.
    let mut commit = vec!["-C", "repo-dir", "convert", "git:HEAD", "../from-commit.tar"];
    home.run(commit.clone()).output().success();
    commit[4] = "../from-commit.json";
    home.run(commit).output().success();
    sources.extend(["from-commit.tar".to_owned(), "from-commit.json".to_owned()]);
    let sinks = ["to", "to.json.zst", "to.zip", "to.7z", "to.tar.zst", "@"];
    for (number, source) in sources.iter().enumerate() {
        assert_eq!(id(&home, source), origin, "{source}");
        for sink in sinks {
            let dest = if sink == "@" { sink.to_owned() } else { format!("{number}-{sink}") };
            with_repo(&home, &["convert", source, &dest]).output().success();
            let made = if sink == "@" { "@latest" } else { &dest };
            assert_eq!(id(&home, made), origin, "{source} to {dest}");
        }
    }
}

#[test]
fn every_form_is_listed_read_searched_compared_and_verified() {
    let home = home();
    for source in sources(&home) {
        let said = |args: &[&str]| with_repo(&home, args).output().success().text();
        assert_eq!(said(&["ls", &source, "src"]), "src/main.rs\nsrc/no end\n", "{source}");
        assert_eq!(said(&["cat", &source, "src/main.rs"]), "fn main() {}\n", "{source}");
        assert_eq!(said(&["find", &source, "*.rs"]), "src/main.rs\n", "{source}");
        // Owners and times are what not every form holds.
        let changes = said(&["diff", "origin", &source, "--content"]);
        assert!(changes.lines().all(|line| line.starts_with("U ")), "{source}: {changes}");
        said(&["verify", &source]);
    }
}

#[test]
fn standard_output_gets_what_a_file_would_and_what_cannot_be_told_is_asked_for() {
    let home = home();
    home.write("p/a", "a");
    for format in ["tar.zst", "zip", "json"] {
        let piped = home.run(["convert", "p", "-", "--format", format]).output().success().stdout;
        let back = home.run(["convert", "-", &format!("to-{format}")]).stdin(piped);
        back.output().success();
        assert_eq!(id(&home, &format!("to-{format}")), id(&home, "p"), "{format}");
    }
    home.run(["convert", "p", "-", "--format", "7z"]).output().exits(2);
    for args in [["p", "-"], ["p", "@latest"]] {
        home.run([&["convert"], &args[..]].concat()).output().exits(2);
    }
    home.run(["convert", "p", "x.zip", "--format", "nonsense"]).output().exits(2);
    // A directory that is not empty is not merged into by the way.
    home.write("q/b", "b");
    home.run(["convert", "p", "q"]).output().exits(4);
}

#[test]
fn flags_choose_what_is_converted_to_every_form() {
    let home = home();
    init(&home);
    home.write("p/keep.txt", "keep\n");
    home.write("p/leave.log", "leave\n");
    home.write("p/d/leave.log", "leave\n");
    home.write("only/keep.txt", "keep\n");
    home.write("only/d/x", "");
    std::fs::remove_file(home.path("only/d/x")).unwrap();
    for path in ["p", "p/d", "only", "only/d"] {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(home.path(path), mode).unwrap();
    }
    let only = id(&home, "only");
    with_repo(&home, &["convert", "p", "all.tar"]).output().success();
    for source in ["p", "all.tar"] {
        for dest in ["to.zip", "to.md", "to-dir", "@"] {
            let args = ["convert", source, dest, "--exclude", "*.log"];
            with_repo(&home, &args).output().success();
            let made = if dest == "@" { "@latest" } else { dest };
            assert_eq!(id(&home, made), only, "{source} to {dest}");
        }
        std::fs::remove_dir_all(home.path("to-dir")).unwrap();
    }
    home.write("names", "keep.txt\n");
    for dest in ["listed.tar", "listed"] {
        let args = ["convert", "p", dest, "--files-from", "names"];
        with_repo(&home, &args).output().success();
        let made = with_repo(&home, &["ls", dest]).output().success().text();
        assert_eq!(made, "keep.txt\n");
    }
}
