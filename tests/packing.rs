//! Dumps that are compressed, and dumps in several parts.

use std::process::Command;

use holdall_testkit::Home;

use crate::dumps::project;
use crate::home;

fn id(home: &Home, source: &str) -> String {
    home.run(["id", source]).output().success().text()
}

#[test]
fn the_ending_of_a_dump_says_how_it_is_compressed() {
    let home = home();
    project(&home);
    let dump = |file: &str| {
        let args = ["dump", "p", "--no-cache", "-o", file];
        home.run(args).env("SOURCE_DATE_EPOCH", "1700000000").output().success();
    };
    dump("p.json");
    let plain = std::fs::read(home.path("p.json")).unwrap();
    for (ending, program) in [
        ("gz", "gzip"),
        ("bz2", "bzip2"),
        ("xz", "xz"),
        ("zst", "zstd"),
        ("lz4", "lz4"),
        ("br", "brotli"),
    ] {
        let file = format!("p.json.{ending}");
        dump(&file);
        let unpacked = Command::new(program).args(["-dc"]).arg(home.path(&file)).output().unwrap();
        assert!(unpacked.stdout == plain, "{program} reads what we wrote");
        assert_eq!(id(&home, &file), id(&home, "p"), "{ending}");
        // What the program itself makes, from a pipe; nothing in the bytes of brotli says that they are.
        if ending != "br" {
            let packed = Command::new(program).arg("-c").arg(home.path("p.json")).output().unwrap();
            let back = format!("back-{ending}");
            let run = home.run(["restore", "-", "--to", &back]).stdin(packed.stdout);
            run.output().success();
            assert_eq!(id(&home, &back), id(&home, "p"), "{program}");
        }
    }
}

#[test]
fn a_compressed_dump_that_is_cut_off_is_refused() {
    let home = home();
    project(&home);
    for ending in ["gz", "zst", "xz"] {
        let file = format!("p.md.{ending}");
        home.run(["dump", "p", "-o", &file]).output().success();
        let whole = std::fs::read(home.path(&file)).unwrap();
        home.write(&file, &whole[..whole.len() - 9]);
        let refused = home.run(["restore", &file, "--to", "back"]).output();
        assert_ne!(refused.code, 0, "{ending}");
        assert!(!home.path("back").exists());
    }
}

#[test]
fn what_unpacks_to_far_too_much_is_refused() {
    let home = home();
    let bomb = "head -c 600M /dev/zero | zstd -19 -c > bomb.md.zst";
    let made = Command::new("sh").args(["-c", bomb]).current_dir(home.path(".")).status().unwrap();
    assert!(made.success());
    refused(&home, &["restore", "bomb.md.zst", "--to", "back"], "1000");
}

/// Runs what must fail, and say this.
fn refused(home: &Home, args: &[&str], why: &str) {
    let outcome = home.run(args.to_vec()).output();
    assert_ne!(outcome.code, 0, "{args:?}");
    let said = outcome.error_text();
    assert!(said.contains(why), "{args:?} says:\n{said}");
}

/// The parts of a dump that was split, in their order.
fn parts(home: &Home, ending: &str) -> Vec<String> {
    (1..)
        .map(|number| format!("p.{number:03}.{ending}"))
        .take_while(|file| home.path(file).exists())
        .collect()
}

#[test]
fn a_dump_in_parts_comes_back_as_one() {
    let home = home();
    project(&home);
    for number in 0..40 {
        home.write(
            format!("p/many/{}/odd \n name {number}", number % 3),
            "words\n".repeat(number * 9),
        );
    }
    std::fs::hard_link(home.path("p/README.md"), home.path("p/src/zz-other-name")).unwrap();
    for ending in ["md", "xml", "json", "yaml", "toml", "csv", "txt", "html", "md.zst"] {
        let file = format!("p.{ending}");
        home.run(["dump", "p", "-o", &file, "--split", "16K"]).output().success();
        let parts = parts(&home, ending);
        assert!(parts.len() > 2, "{parts:?}");
        assert!(!home.path(&file).exists());
        // Each part alone, any of them, or the name that it would have as one.
        for source in [&parts[0], parts.last().unwrap(), &file] {
            assert_eq!(id(&home, source), id(&home, "p"), "{source}");
        }
        let back = format!("back-{ending}");
        home.run(["restore", &file, "--to", &back]).output().success();
        assert_eq!(id(&home, &back), id(&home, "p"), "{ending}");
    }
}

#[test]
fn no_part_is_larger_than_asked_for_unless_one_file_is() {
    let home = home();
    for number in 0..300 {
        home.write(format!("p/dir{}/file{number}", number % 7), "some words\n".repeat(number));
    }
    home.write("p/huge", "much too long for one part\n".repeat(10_000));
    let output = home.run(["dump", "p", "-o", "p.md", "--split", "64K"]).output().success();
    let parts = parts(&home, "md");
    let listed = output.text();
    let names = listed.lines().filter_map(|line| line.rsplit('/').next());
    assert_eq!(names.collect::<Vec<_>>(), parts);
    let mut large = 0;
    for file in &parts {
        let text = std::fs::read_to_string(home.path(file)).unwrap();
        if text.len() > 64 << 10 {
            large += 1;
            assert!(text.contains("much too long for one part"));
        }
    }
    assert_eq!(large, 1);
    // Nearly full: as many parts as there must be, and few more.
    let needed = (0..300).map(|number| 11 * number).sum::<usize>() / (64 << 10);
    assert!(parts.len() < 2 * needed + 4, "{} parts, {needed} needed", parts.len());
    assert_eq!(id(&home, "p.md"), id(&home, "p"));
}

#[test]
fn parts_are_counted_in_tokens_too() {
    let home = home();
    for number in 0..40 {
        home.write(format!("p/file{number}"), "some words for the model to read\n".repeat(50));
    }
    home.run(["dump", "p", "-o", "p.md", "--split-tokens", "4k"]).output().success();
    for file in parts(&home, "md") {
        let text = std::fs::read_to_string(home.path(&file)).unwrap();
        let tokens = holdall::insight::tokens::Encoding::O200k.count(&text);
        assert!(tokens <= 4000, "{file}: {tokens}");
    }
    assert_eq!(id(&home, "p.md"), id(&home, "p"));
}

#[test]
fn parts_that_do_not_belong_together_are_refused() {
    let home = home();
    project(&home);
    let dump = || home.run(["dump", "p", "-o", "p.md", "--split", "2K"]).output().success();
    dump();
    let before: Vec<Vec<u8>> =
        parts(&home, "md").iter().map(|file| std::fs::read(home.path(file)).unwrap()).collect();
    assert!(before.len() > 2);
    std::fs::rename(home.path("p.002.md"), home.path("kept")).unwrap();
    refused(&home, &["id", "p.001.md"], "p.002.md");
    home.write("p/src/main.rs", "fn main() { other() }\n");
    dump();
    assert_eq!(id(&home, "p.md"), id(&home, "p"));
    std::fs::rename(home.path("kept"), home.path("p.002.md")).unwrap();
    refused(&home, &["restore", "p.md", "--to", "back"], "another dump");
    assert!(!home.path("back").exists());
    // A part alone is what it shows.
    home.run(["restore", "p.002.md", "--partial", "--to", "part"]).output().success();
    assert!(home.path("part").is_dir());
}

#[test]
fn a_dump_that_is_split_into_the_tree_leaves_itself_out() {
    let home = home();
    project(&home);
    let dump =
        || home.run(["dump", "p", "-o", "p/p.md", "--split", "6K"]).output().success().text();
    let (first, second) = (dump(), dump());
    assert_eq!(first, second);
}

#[test]
fn an_archive_that_a_restore_would_refuse_says_so_when_it_is_made() {
    let home = home();
    home.write("p/d/a", "one\n");
    std::os::unix::fs::symlink("../d/a", home.path("p/d/inside")).unwrap();
    home.run(["archive", "p", "-o", "p.tar"]).output().success();
    home.run(["restore", "p.tar", "--to", "plain"]).output().success();
    std::os::unix::fs::symlink("../../elsewhere", home.path("p/d/out")).unwrap();
    for file in ["q.tar.zst", "q.zip", "q.7z"] {
        let said = home.run(["archive", "p", "-o", file]).output().success().error_text();
        assert!(said.contains("note: d/out: ") && said.contains("--trust own"), "{said}");
        let made = home.run(["archive", "p", "-o", file, "--json"]).output().success();
        let made: serde_json::Value = serde_json::from_str(&made.text()).unwrap();
        assert_eq!(made["needs_trust_own"]["path"], "d/out", "{made}");
        assert_eq!(made["needs_trust_own"]["code"], "E_LINK_ESCAPE", "{made}");
        let refused = home.run(["restore", file, "--to", "back"]).output().exits(4).error_text();
        assert!(refused.contains("E_LINK_ESCAPE"), "{refused}");
        let own = ["restore", file, "--to", &format!("{file}.back"), "--trust", "own"];
        home.run(own).output().success();
    }
    let said = home.run(["archive", "plain", "-o", "p.zip", "--json"]).output().success().text();
    let made: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert!(made["needs_trust_own"].is_null(), "{made}");
}
