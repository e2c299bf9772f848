//! The dump that a new one replaces: kept in an archive, as many as are wanted, and never lost.

use std::fs;

use holdall_testkit::Home;

use crate::home;

/// The names in a directory that begin like this.
fn listed(home: &Home, dir: &str, begin: &str) -> Vec<String> {
    let list = fs::read_dir(home.path(dir)).unwrap();
    let names = list.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name.starts_with(begin)).collect();
    names.sort();
    names
}

/// Sets when the dump was made, as if it were an old one.
fn age(home: &Home, dump: &str, secs: u64) {
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(secs);
    fs::File::options().write(true).open(home.path(dump)).unwrap().set_modified(time).unwrap();
}

#[test]
fn a_dump_that_is_replaced_is_in_an_archive_and_can_be_restored_from_there() {
    for format in ["zip", "tar.gz", "tar.bz2", "tar.xz", "tar.zst"] {
        let home = home();
        home.write("p/a", "first");
        let dump = |text: &str| {
            home.write("p/a", text);
            let args = ["dump", "p", "-o", "out/d.md", "--archive-old", format];
            home.run(args).output().success()
        };
        fs::create_dir(home.path("out")).unwrap();
        dump("first");
        assert_eq!(listed(&home, "out", ""), ["d.md", "d.md.sha256"], "there was none to keep");
        let first = fs::read(home.path("out/d.md")).unwrap();
        age(&home, "out/d.md", 1_795_699_800);
        dump("second");
        let archive = format!("out/d.md.2026-11-26T133000Z.{format}");
        assert_eq!(listed(&home, "out", "d.md.2026").len(), 1, "{format}");
        let kept = home.run(["cat", &archive, "d.md"]).output().success();
        assert_eq!(kept.stdout, first, "{format}");
        home.run(["restore", &archive, "--to", "back"]).output().success();
        home.run(["restore", "back/d.md", "--to", "again"]).output().success();
        assert_eq!(fs::read(home.path("again/a")).unwrap(), b"first");
        home.run(["restore", "out/d.md", "--to", "now"]).output().success();
        assert_eq!(fs::read(home.path("now/a")).unwrap(), b"second");
    }
}

#[test]
fn just_so_many_archives_stay_and_those_of_another_dump_all_do() {
    let home = home();
    home.write("p/a", "x");
    let others = [
        "d.md.bak.2020-01-01T000000Z.zip",
        "d.md2.2020-01-01T000000Z.zip",
        "d.md.2020-01-01T000000Z.zip.sha256",
        "my-d.md.2020-01-01T000000Z.zip",
        "d.md.notes.zip",
    ];
    for other in others {
        home.write(format!("out/{other}"), "not ours");
    }
    for round in 0..5_u64 {
        home.write("p/a", round.to_string());
        let args = ["dump", "p", "-o", "out/d.md", "--archive-old", "tar.gz", "--keep", "2"];
        home.run(args).output().success();
        age(&home, "out/d.md", 1_795_699_800 + round * 60);
    }
    let kept: Vec<_> = listed(&home, "out", "d.md.2026")
        .into_iter()
        .filter(|name| name.ends_with(".gz"))
        .collect();
    assert_eq!(kept, ["d.md.2026-11-26T133200Z.tar.gz", "d.md.2026-11-26T133300Z.tar.gz"]);
    for other in others {
        assert!(home.path(format!("out/{other}")).exists(), "{other}");
    }
}

#[test]
fn what_is_kept_is_in_no_later_dump_and_a_dry_run_keeps_nothing() {
    let home = home();
    home.write("p/a", "x");
    let p = home.path("p");
    let dump = |more: &[&str]| {
        let args = [&["dump", "-o", "d.md", "--archive-old", "zip"], more].concat();
        home.run(args).cwd(&p).output().success()
    };
    dump(&[]);
    dump(&[]);
    dump(&["--dry-run"]);
    assert_eq!(listed(&home, "p", "d.md.2").len(), 1);
    dump(&[]);
    let list = home.run(["ls", "d.md"]).cwd(&p).output().success().text();
    assert_eq!(list, "a\n", "nothing but what is dumped");
    for args in [
        &["dump", "p", "-o", "-", "--archive-old", "zip"][..],
        &["dump", "p", "-o", "x.md", "--keep", "2"],
        &["dump", "p", "-o", "x.md", "--archive-old", "zip", "--keep", "0"],
        &["dump", "p", "-o", "x.md", "--archive-old", "rar"],
        &["dump", "p", "-o", "x.md", "--archive-old", "zip", "--split", "1M"],
    ] {
        assert_eq!(home.run(args).output().code, 2, "{args:?}");
    }
}
