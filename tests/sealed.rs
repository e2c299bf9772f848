//! Archives and dumps that are sealed with age, wherever a source is named.

use std::io::Write;

use holdall::seal::{AgeWriter, Armor, Identity, Lock};
use holdall_testkit::{Home, peer};

use crate::home;

/// A dump and its identity, in a home that has a project `p`.
fn scene() -> (Home, String) {
    let home = home();
    home.write("p/a.txt", "first\n");
    home.write("p/d/b.txt", "second\n".repeat(20_000));
    home.run(["dump", "p", "-o", "p.md.zst"]).output().success();
    let id = home.run(["id", "p"]).output().success().text();
    (home, id)
}

/// Seals the file `from` as `to`.
fn seal(home: &Home, from: &str, to: &str, lock: Lock<'_>, armor: Armor) {
    let bytes = std::fs::read(home.path(from)).unwrap();
    let mut writer = AgeWriter::new(Vec::new(), lock, armor).unwrap();
    writer.write_all(&bytes).unwrap();
    home.write(to, writer.finish().unwrap());
}

/// A key of its own in the file `name`; what is sealed for it.
fn key(home: &Home, name: &str) -> Identity {
    let keygen =
        peer("age-keygen").map(|keygen| keygen.command(&home.path(".")).output().unwrap().stdout);
    // Without the program a key from the documentation of the format does.
    let text = keygen.unwrap_or_else(|| {
        b"AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX\n".to_vec()
    });
    home.write(name, &text);
    holdall::seal::identities(&text).unwrap().remove(0)
}

#[test]
fn what_is_sealed_for_a_key_is_read_like_any_other_source() {
    let (home, id) = scene();
    let recipient = key(&home, "key.txt").recipient();
    let lock = Lock::Recipients(std::slice::from_ref(&recipient));
    // The name says nothing; the content does.
    seal(&home, "p.md.zst", "sealed", lock, Armor::Binary);
    seal(&home, "p.md.zst", "sealed.txt", lock, Armor::Text);
    for file in ["sealed", "sealed.txt"] {
        let run = |args: &[&str]| home.run([&["-i", "key.txt"], args].concat()).output().success();
        assert_eq!(run(&["id", file]).text(), id, "{file}");
        assert_eq!(run(&["ls", file]).text(), "a.txt\nd/\n", "{file}");
        assert_eq!(run(&["cat", file, "a.txt"]).text(), "first\n", "{file}");
        run(&["verify", file]);
        run(&["diff", file, "p"]);
        let to = format!("{file}.back");
        run(&["restore", file, "--to", &to]);
        assert_eq!(home.run(["id", &to]).output().success().text(), id, "{file}");
    }
    let sealed = std::fs::read(home.path("sealed")).unwrap();
    let piped = home.run(["-i", "key.txt", "restore", "-", "--to", "piped"]).stdin(sealed);
    piped.output().success();
    assert_eq!(home.run(["id", "piped"]).output().success().text(), id);
    home.write("user.toml", "[sealed]\nidentities = [\"key.txt\"]\n");
    home.run(["--config", "user.toml", "verify", "sealed"]).output().success();
}

#[test]
fn archives_are_opened_too_whether_they_are_compressed_or_not() {
    let (home, id) = scene();
    let recipient = key(&home, "key.txt").recipient();
    let lock = Lock::Recipients(std::slice::from_ref(&recipient));
    for (program, args) in [
        ("tar", &["-cf", "p.tar", "-C", "p", "."][..]),
        ("tar", &["-czf", "p.tar.gz", "-C", "p", "."]),
    ] {
        let Some(tar) = peer(program) else { return };
        assert!(tar.command(&home.path(".")).args(args).status().unwrap().success());
        seal(&home, args[1], "sealed", lock, Armor::Binary);
        let run = home.run(["-i", "key.txt", "id", "sealed"]).output().success();
        assert_eq!(run.text(), id, "{}", args[1]);
    }
}

#[test]
fn without_the_right_key_nothing_is_opened() {
    let (home, _) = scene();
    let recipient = key(&home, "key.txt").recipient();
    let other = Identity::generate().recipient();
    seal(&home, "p.md.zst", "mine", Lock::Recipients(&[recipient]), Armor::Binary);
    seal(&home, "p.md.zst", "other", Lock::Recipients(&[other]), Armor::Binary);
    home.write("no-key", "this is no key\n");
    for args in [
        &["restore", "mine", "--to", "back"][..],
        &["-i", "key.txt", "restore", "other", "--to", "back"],
        &["-i", "no-key", "restore", "mine", "--to", "back"],
    ] {
        let refused = home.run(args.to_vec()).output().exits(1);
        assert!(refused.error_text().contains("error[no-key]"), "{}", refused.error_text());
        assert!(!refused.error_text().contains("this is"), "a line of a key file is shown");
        assert!(!home.path("back").exists());
    }
}

#[test]
fn what_was_damaged_or_cut_off_is_refused_before_anything_is_written() {
    let (home, _) = scene();
    let recipient = key(&home, "key.txt").recipient();
    seal(&home, "p.md.zst", "whole", Lock::Recipients(&[recipient]), Armor::Binary);
    let whole = std::fs::read(home.path("whole")).unwrap();
    let mut changed = whole.clone();
    let last = changed.len() - 1;
    changed[last] ^= 1;
    home.write("changed", &changed);
    home.write("cut", &whole[..last]);
    home.write("longer", [&whole[..], b"x"].concat());
    for file in ["changed", "cut", "longer"] {
        let refused =
            home.run(["-i", "key.txt", "restore", file, "--to", "back"]).output().exits(4);
        assert!(refused.error_text().contains("error[seal-broken]"), "{}", refused.error_text());
        assert!(!home.path("back").exists(), "{file}");
    }
}

#[test]
fn a_passphrase_comes_from_where_the_user_says() {
    let (home, id) = scene();
    seal(&home, "p.md.zst", "sealed", Lock::Passphrase(b"horse"), Armor::Binary);
    home.write("pass", "horse\nbattery\n");
    let with = |args: &[&str]| home.run([args, &["id", "sealed"]].concat());
    assert_eq!(with(&["--passphrase-file", "pass"]).output().success().text(), id);
    assert_eq!(with(&["--passphrase-command", "echo horse"]).output().success().text(), id);
    assert_eq!(with(&[]).env("HOLDALL_PASSPHRASE", "horse").output().success().text(), id);
    let wrong = with(&[]).env("HOLDALL_PASSPHRASE", "house").output().exits(1);
    assert!(wrong.error_text().contains("error[wrong-passphrase]"), "{}", wrong.error_text());
    let none = with(&[]).output().exits(2);
    assert!(none.error_text().contains("error[passphrase-needed]"), "{}", none.error_text());
    // The password of a repository is another thing.
    with(&[]).env("HOLDALL_PASSWORD", "horse").output().exits(2);
}

#[test]
fn a_project_cannot_have_a_command_run_for_a_passphrase() {
    let (home, _) = scene();
    home.write("holdall.toml", "[sealed]\npassphrase-command = \"touch ran\"\n");
    let refused = home.run(["ls", "p.md.zst"]).output().exits(4);
    assert!(refused.error_text().contains("error[config-untrusted]"), "{}", refused.error_text());
    assert!(!home.path("ran").exists());
    home.write("holdall.toml", "[sealed]\npassphrase = \"horse\"\n");
    let refused = home.run(["ls", "p.md.zst"]).output().exits(2);
    assert!(refused.error_text().contains("error[config-password]"), "{}", refused.error_text());
}
