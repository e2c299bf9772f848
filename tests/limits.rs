//! Each limit of a restore: one less is refused and changes nothing, the limit itself is not, by flag and by setting.

use holdall_testkit::Home;
use holdall_testkit::tar::{archive, dir, file, symlink};
use holdall_testkit::zip::{Item, zip};

use crate::home;

/// The path of the longest name.
const LONG: &str = "d/e/a-file-with-a-name";

fn source(home: &Home) {
    let parts = [
        dir(b"d/"),
        dir(b"d/e/"),
        file(LONG.as_bytes(), b"0123456789"),
        file(b"g", b"1234567"),
        symlink(b"l", LONG.as_bytes()),
    ];
    home.write("x.tar", archive(&parts));
    home.write("p/g", "1234567");
    home.run(["dump", "p", "-o", "x.md"]).output().success();
}

fn restore(home: &Home, source: &str, more: &[&str]) -> i32 {
    let mut args = vec!["restore", source, "--to", "t"];
    args.extend(more);
    let code = home.run(args).output().code;
    assert_eq!(home.path("t").exists(), code == 0, "{more:?}");
    assert!(code == 0 || !home.path(".t.holdall").exists(), "{more:?} left something");
    for name in ["t", ".t.holdall"] {
        let _ = std::fs::remove_dir_all(home.path(name));
    }
    code
}

#[test]
fn one_less_than_there_is_is_refused_and_the_limit_itself_is_not() {
    let home = home();
    source(&home);
    let long = LONG.len() as u64;
    for (name, there_is) in [
        ("max-entries", 5),
        ("max-files", 2),
        ("max-bytes", 17),
        ("max-file-size", 10),
        ("max-depth", 3),
        ("max-path-length", long),
        ("max-link-length", long),
    ] {
        for (limit, code) in [(there_is - 1, 4), (there_is, 0), (there_is + 1, 0)] {
            let (flag, limit) = (format!("--{name}"), limit.to_string());
            assert_eq!(restore(&home, "x.tar", &[&flag, &limit]), code, "{name} {limit}");
            let set = format!("restore.{name}={limit}");
            assert_eq!(restore(&home, "x.tar", &["--set", &set]), code, "{set}");
            // What one has made oneself is limited by what one has set.
            let own = [&flag, &limit, "--trust", "own"];
            assert_eq!(restore(&home, "x.tar", &own), code, "{name} {limit} of one's own");
        }
    }
    for (flag, limit) in [("--max-entries", "0"), ("--max-bytes", "6"), ("--max-path-length", "0")]
    {
        assert_eq!(restore(&home, "x.md", &[flag, limit]), 4, "{flag} of a dump");
    }
    assert_eq!(restore(&home, "x.md", &["--max-entries", "1", "--max-bytes", "7"]), 0);
}

#[test]
fn the_time_and_the_room_on_the_disk_are_limits_too() {
    let home = home();
    source(&home);
    for source in ["x.tar", "x.md", "p"] {
        assert_eq!(restore(&home, source, &["--max-time", "0s"]), 4, "{source}");
        assert_eq!(restore(&home, source, &["--set", "restore.max-time=0s"]), 4, "{source}");
        assert_eq!(restore(&home, source, &["--max-time", "1h"]), 0, "{source}");
    }
    // Says that it has 4 GiB, a thousand times.
    let size = u32::MAX - 1;
    let name = |nr: u32| format!("{nr}").into_bytes();
    let huge = |nr| Item { size, size_local: size, ..Item::deflated(&name(nr), b"x") };
    let huge: Vec<Item> = (0..1000).map(huge).collect();
    home.write("huge.zip", zip(&huge));
    let raised = ["--max-bytes", "100T", "--max-file-size", "1T", "--max-ratio", "99999999999"];
    let mut args = vec!["restore", "huge.zip", "--to", "t"];
    args.extend(raised);
    for more in [None, Some("--dry-run")] {
        let said = home.run(args.iter().copied().chain(more)).output().exits(4).error_text();
        assert!(said.contains("no-space") && said.contains("there is room for"), "{said}");
    }
    assert!(!home.path("t").exists() && !home.path(".t.holdall").exists());
}

#[test]
fn what_comes_of_each_stored_byte_is_limited_from_16_mib_on() {
    let home = home();
    let size = 17_u64 << 20;
    let zeros = Item::deflated(b"zeros", &vec![0; size as usize]);
    let bytes = zip(std::slice::from_ref(&zeros));
    // Judged is the entry, and all of them together.
    let stored = (zeros.data.len() as u64).min(bytes.len() as u64);
    let least = (1..).find(|limit| size / limit <= stored).unwrap();
    home.write("zeros.zip", bytes);
    for (limit, code) in [(least - 1, 4), (least, 0), (least + 1, 0)] {
        let ratio = limit.to_string();
        assert_eq!(restore(&home, "zeros.zip", &["--max-ratio", &ratio]), code, "{limit}");
        let set = format!("restore.max-ratio={limit}");
        assert_eq!(restore(&home, "zeros.zip", &["--set", &set]), code, "{set}");
    }
    assert_eq!(restore(&home, "zeros.zip", &[]), 4);
    assert_eq!(restore(&home, "zeros.zip", &["--trust", "own"]), 0);
    home.write("less.zip", zip(&[Item::deflated(b"zeros", &vec![0; 16 << 20])]));
    assert_eq!(restore(&home, "less.zip", &[]), 0);
}

#[test]
fn an_archive_of_ones_own_may_lead_anywhere_and_that_of_others_may_not() {
    let home = home();
    home.write("x.tar", archive(&[symlink(b"l", b"/etc/passwd"), file(b".git/config", b"x")]));
    for command in ["ls", "verify", "id"] {
        let refused = home.run([command, "x.tar"]).output().exits(4).error_text();
        assert!(refused.contains("E_LINK_ESCAPE"), "{refused}");
        home.run([command, "x.tar", "--trust", "own"]).output().success();
    }
    assert_eq!(restore(&home, "x.tar", &["--trust", "nothing"]), 4);
    home.run(["restore", "x.tar", "--to", "t", "--trust", "own"]).output().success();
    assert_eq!(std::fs::read_link(home.path("t/l")).unwrap().to_str(), Some("/etc/passwd"));
    home.write("y.tar", archive(&[file(b".git/config", b"x")]));
    home.run(["ls", "y.tar"]).output().success();
    let refused = home.run(["ls", "y.tar", "--trust", "strict"]).output().exits(4).error_text();
    assert!(refused.contains("E_VCS"), "{refused}");
}
