//! Zips that are encrypted, parsed inside WebAssembly: each ends as it does without, and its passphrase stays outside.

use std::process::{Command, Stdio};

use holdall_testkit::zip::{Item, zip};
use holdall_testkit::{Home, Outcome, Run, peer};

use crate::home;

const PASS: [&str; 2] = ["--passphrase-file", "pass"];
const WASM: [&str; 2] = ["--sandbox", "wasm"];

/// A home with the project `p`, a zip of it, one without its link, and the ID of it.
fn scene() -> (Home, String) {
    let home = home();
    home.write("pass", "horse\n");
    home.write("house", "house\n");
    home.write("p/a.txt", "first\n");
    home.write("p/d/b.txt", "second\n".repeat(20_000));
    home.write("p/empty", "");
    std::os::unix::fs::symlink("a.txt", home.path("p/link")).unwrap();
    let id = home.run(["id", "p"]).output().success().text();
    for (from, to) in [("p", "p.zip"), ("p/d", "d.zip")] {
        let archive = ["archive", from, "-o", to, "--encrypt", "zip-aes256", "--manifest"];
        home.run([&archive[..], &PASS].concat()).output().success();
    }
    (home, id)
}

/// What a command says without WebAssembly, and inside.
fn both(home: &Home, args: &[&str], run: impl Fn(Run) -> Run) -> [Outcome; 2] {
    let outcome = |more: &[&str]| {
        for made in ["back", ".back.holdall"] {
            let _ = std::fs::remove_dir_all(home.path(made));
        }
        run(home.run([args, more].concat())).output()
    };
    [outcome(&[]), outcome(&WASM)]
}

/// That it is the same, and with which code the program ends.
fn alike(home: &Home, args: &[&str], code: i32) -> String {
    let [here, inside] = both(home, args, |run| run);
    let (here, inside) = (here.exits(code), inside.exits(code));
    assert_eq!(inside.text(), here.text(), "{args:?}");
    assert_eq!(inside.error_text(), here.error_text(), "{args:?}");
    [inside.text(), inside.error_text()].concat()
}

#[test]
fn an_encrypted_zip_is_restored_with_its_parser_inside_webassembly() {
    let (home, id) = scene();
    for how in [PASS, ["--passphrase-command", "cat pass"]] {
        let restore = ["restore", "p.zip", "--to", "back", "--sandbox", "wasm"];
        home.run([&restore[..], &how].concat()).output().success();
        assert_eq!(home.run(["id", "back"]).output().success().text(), id);
        std::fs::remove_dir_all(home.path("back")).unwrap();
    }
    for args in [
        &["ls", "p.zip"][..],
        &["id", "p.zip"],
        &["cat", "p.zip", "d/b.txt"],
        &["verify", "p.zip"],
        &["find", "p.zip", "b.txt"],
        &["diff", "p.zip", "p"],
    ] {
        alike(&home, &[args, &PASS].concat(), 0);
    }
    let bytes = std::fs::read(home.path("p.zip")).unwrap();
    let piped = home.run([&["id", "-"][..], &PASS, &WASM].concat()).stdin(bytes);
    assert_eq!(piped.output().success().text(), id);
}

#[test]
fn names_are_listed_inside_without_a_passphrase_where_they_are_outside() {
    let (home, _) = scene();
    assert!(alike(&home, &["ls", "d.zip"], 0).contains("b.txt"));
    // Where a link leads is encrypted too.
    assert!(alike(&home, &["ls", "p.zip"], 2).contains("passphrase-needed"));
}

#[test]
fn a_passphrase_that_is_wrong_or_missing_ends_inside_as_outside() {
    let (home, _) = scene();
    for file in ["p.zip", "d.zip"] {
        let restore = ["restore", file, "--to", "back"];
        assert!(alike(&home, &restore, 2).contains("error[passphrase-needed]"), "{file}");
        let wrong = [&restore[..], &["--passphrase-file", "house"]].concat();
        assert!(alike(&home, &wrong, 1).contains("error[wrong-passphrase]"), "{file}");
        assert!(!home.path("back").exists());
    }
}

#[test]
fn a_zip_of_7zip_is_restored_inside_as_outside() {
    let Some(_) = peer("7zz") else { return };
    let (home, id) = scene();
    for (how, code) in [("AES256", 0), ("AES128", 4), ("ZipCrypto", 4)] {
        let mut seven = Command::new("7zz");
        seven.args(["a", "-tzip", "-snl", "-phorse", &format!("-mem={how}"), "../seven.zip", "."]);
        assert!(
            seven.current_dir(home.path("p")).stdout(Stdio::null()).status().unwrap().success()
        );
        let restore = ["restore", "seven.zip", "--to", "back"];
        let said = alike(&home, &[&restore[..], &PASS].concat(), code);
        assert!(code == 0 || said.contains("E_ZIP_ENC"), "{how}: {said}");
        if code == 0 {
            let read = |name: &str| std::fs::read(home.path(name)).unwrap();
            assert!(read("back/d/b.txt") == read("p/d/b.txt"));
            let [here, inside] =
                both(&home, &[&["id", "seven.zip"][..], &PASS].concat(), |run| run);
            assert_eq!(here.success().text(), inside.success().text());
            assert_ne!(id, "");
        }
        std::fs::remove_file(home.path("seven.zip")).unwrap();
    }
}

/// The zip with these bytes in the place of those, everywhere.
fn changed(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    let mut found = 0;
    for at in 0..bytes.len().saturating_sub(from.len()) {
        if bytes.get(at..at + from.len()) == Some(from) {
            changed.splice(at..at + to.len(), to.iter().copied());
            found += 1;
        }
    }
    assert!(found > 0);
    changed
}

#[test]
fn an_encrypted_zip_that_lies_or_is_damaged_ends_inside_as_outside() {
    let (home, _) = scene();
    let whole = std::fs::read(home.path("d.zip")).unwrap();
    let content = whole.windows(5).position(|window| window == b"b.txt").unwrap() + 80;
    let flipped = |at: usize| {
        let mut bytes = whole.clone();
        bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1);
        bytes
    };
    let aes = |tail: [u8; 3]| [&[1, 0x99, 7, 0, 2, 0, b'A', b'E'][..], &tail].concat();
    let (size, extra) = (5, aes([3, 0, 0]));
    let short = |data: usize| {
        let item = Item::new(b"b.txt", b"first");
        let (data, extra) = (vec![7; data], extra.clone());
        zip(&[Item { flags: 1, method: 99, crc: 0, data, extra, size, ..item }])
    };
    // Of what is damaged in one file nothing is restored.
    home.write("x.zip", flipped(content));
    let outcome = alike(&home, &[&["restore", "x.zip", "--to", "back"][..], &PASS].concat(), 4);
    assert!(outcome.contains("E_ZIP_CODE") && !home.path("back").exists(), "{outcome}");
    for (what, bytes, code, said) in [
        ("its strength", changed(&whole, &aes([3, 8, 0]), &aes([1, 8, 0])), 4, "E_ZIP_ENC"),
        ("no strength", changed(&whole, &aes([3, 8, 0]), &aes([7, 8, 0])), 4, "E_ZIP_EXTRA"),
        ("its method", changed(&whole, &aes([3, 8, 0]), &aes([3, 99, 0])), 4, "E_ZIP_METHOD"),
        ("stored", changed(&whole, &aes([3, 8, 0]), &aes([3, 0, 0])), 4, "E_SIZE"),
        ("less than its encryption", short(27), 4, "E_SIZE"),
        ("no more than its encryption", short(28), 4, "E_SIZE"),
        ("another salt", short(33), 1, "wrong-passphrase"),
        ("cut off", whole.iter().copied().take(whole.len() - 9).collect(), 4, "E_"),
    ] {
        home.write("x.zip", bytes);
        let restore = ["restore", "x.zip", "--to", "back"];
        let outcome = alike(&home, &[&restore[..], &PASS].concat(), code);
        assert!(outcome.contains(said), "{what}: {outcome}");
        assert!(!home.path("back").exists(), "{what}");
    }
}
