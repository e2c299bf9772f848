//! Dumps that are sealed and signed when they are written, as archives are.

use holdall::seal::Identity;
use holdall_testkit::{Home, peer};

use crate::home;

/// A home with the project `p`, a key of age in `key.txt`, whom to seal for, and the ID of the project.
fn scene() -> (Home, String, String) {
    let home = home();
    home.write("p/a.txt", "first\n");
    home.write("p/d/b.txt", "second\n".repeat(2000));
    home.write("p/d/c.bin", b"\0\x01\xff".repeat(500));
    let text = b"AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX\n";
    home.write("key.txt", text);
    let key: Identity = holdall::seal::identities(text).unwrap().remove(0);
    let id = home.run(["id", "p"]).output().success().text();
    (home, key.recipient().to_string(), id)
}

#[test]
fn a_dump_that_is_sealed_for_a_key_is_read_like_any_other() {
    let (home, to, id) = scene();
    let seal = ["--encrypt", "age", "--recipient", &to];
    for (file, plain) in [("p.md.age", "p.md"), ("p.json.zst.age", "p.json.zst")] {
        home.run([&["dump", "p", "-o", file][..], &seal].concat()).output().success();
        let sealed = std::fs::read(home.path(file)).unwrap();
        assert!(sealed.starts_with(b"age-encryption.org/v1\n"), "{file}");
        let sums = std::fs::read_to_string(home.path(format!("{file}.sha256"))).unwrap();
        assert!(sums.ends_with(&format!("  {file}\n")), "{sums}");
        let run = |args: &[&str]| home.run([&["-i", "key.txt"], args].concat()).output().success();
        assert_eq!(run(&["id", file]).text(), id, "{file}");
        assert_eq!(run(&["ls", file]).text(), "a.txt\nd/\n", "{file}");
        assert_eq!(run(&["cat", file, "a.txt"]).text(), "first\n", "{file}");
        run(&["verify", file]);
        assert_eq!(run(&["diff", file, "p", "--content"]).text(), "");
        let back = format!("{file}.back");
        run(&["restore", file, "--to", &back, "--sandbox", "require"]);
        assert_eq!(home.run(["id", &back]).output().success().text(), id, "{file}");
        // What is sealed is what would have been written.
        home.run(["dump", "p", "-o", plain]).env("SOURCE_DATE_EPOCH", "1").output().success();
        let args = [&["dump", "p", "-o", file][..], &seal].concat();
        home.run(args).env("SOURCE_DATE_EPOCH", "1").output().success();
        if let (Some(age), true) = (peer("age"), plain == "p.md") {
            let mut age = age.command(&home.work());
            let opened = age.args(["-d", "-i", "key.txt", file]).output().unwrap().stdout;
            assert!(opened == std::fs::read(home.path(plain)).unwrap());
        }
        home.run(["id", file]).output().exits(1);
    }
    let piped = home.run([&["dump", "p", "-o", "-"][..], &seal].concat()).output().success();
    let read = home.run(["-i", "key.txt", "id", "-"]).stdin(piped.stdout).output().success();
    assert_eq!(read.text(), id);
}

#[test]
fn the_parts_of_a_dump_and_the_dumps_of_a_batch_are_sealed_too() {
    let (home, to, id) = scene();
    let seal = ["--encrypt", "age", "--recipient", &to];
    let split = ["dump", "p", "-o", "p.md.age", "--split", "2k"];
    home.run([&split[..], &seal].concat()).output().success();
    assert!(home.path("p.002.md.age").exists() && !home.path("p.md.age").exists());
    for (number, source) in ["p.md.age", "p.001.md.age"].into_iter().enumerate() {
        let run = |args: &[&str]| home.run([&["-i", "key.txt"], args].concat()).output().success();
        assert_eq!(run(&["id", source, "--sandbox", "require"]).text(), id, "{source}");
        let back = format!("back{number}");
        run(&["restore", source, "--to", &back, "--sandbox", "require"]);
        assert_eq!(home.run(["id", &back]).output().success().text(), id, "{source}");
    }
    home.write("many/one/Cargo.toml", "[package]\nname = \"one\"\n");
    home.write("many/two/Cargo.toml", "[package]\nname = \"two\"\n");
    home.write("pass", "horse\n");
    let batch =
        ["dump", "many", "--batch", "-o", "{path}.md.age", "--encrypt", "age", "--passphrase-file"];
    home.run([&batch[..], &["pass"]].concat()).output().success();
    for name in ["one", "two"] {
        let args = ["cat", &format!("{name}.md.age"), "Cargo.toml", "--passphrase-file", "pass"];
        assert!(home.run(args).output().success().text().contains(name));
    }
}

#[test]
fn a_signed_dump_counts_and_its_signature_is_no_part_of_the_next_one() {
    let Some(keygen) = peer("ssh-keygen") else { return };
    let (home, to, id) = scene();
    let mut command = keygen.command(&home.work());
    command.args(["-q", "-t", "ed25519", "-N", "", "-f", "ada"]);
    assert!(command.status().unwrap().success());
    let public = std::fs::read_to_string(home.path("ada.pub")).unwrap();
    home.write("t.toml", format!("[[signer]]\nname = \"Ada\"\nkey = \"{}\"\n", public.trim()));
    let policy = ["--require-signature", "--trust-file", "t.toml", "-i", "key.txt"];
    let signed = |args: &[&str]| {
        home.run([&["dump"], args, &["--sign", "ada"]].concat()).output().success();
    };
    signed(&["p", "-o", "p.md"]);
    signed(&["p", "-o", "s.md.age", "--encrypt", "age", "--recipient", &to]);
    signed(&["p", "-o", "parts.md", "--split", "2k"]);
    for source in ["p.md", "s.md.age", "parts.md"] {
        let run = |args: &[&str]| home.run([args, &policy].concat()).output().success();
        let said = run(&["verify", source]).text();
        assert!(said.contains("signed by Ada, "), "{source} says: {said}");
        assert_eq!(run(&["id", source]).text(), id);
        run(&["restore", source, "--to", &format!("{source}.back")]);
    }
    assert!(home.path("p.md.sig").exists() && home.path("parts.002.md.sig").exists());
    // A part without its signature is refused with all others.
    std::fs::remove_file(home.path("parts.002.md.sig")).unwrap();
    let args = [&["restore", "parts.md", "--to", "no"][..], &policy].concat();
    let refused = home.run(args).output().exits(4).error_text();
    assert!(refused.contains("error[unsigned]") && !home.path("no").exists(), "{refused}");

    home.write("q/a", "a\n");
    for _ in 0..2 {
        signed(&["q", "-o", "q/q.md", "--archive-old", "zip"]);
    }
    assert_eq!(home.run(["ls", "q/q.md"]).output().success().text(), "a\n");
    // The old one is kept with the signature that belongs to it.
    let mut kept = std::fs::read_dir(home.path("q")).unwrap();
    let kept = kept.find_map(|entry| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        name.ends_with(".zip").then_some(format!("q/{name}"))
    });
    let kept = kept.unwrap();
    assert_eq!(home.run(["ls", &kept]).output().success().text(), "q.md\nq.md.sha256\nq.md.sig\n");
    let unsigned = home.run(["dump", "q", "-o", "q/q.md"]).output().success().error_text();
    assert!(unsigned.contains("q.md.sig is no signature of"), "{unsigned}");
}

#[test]
fn what_makes_no_sense_for_a_dump_is_refused_before_anything_is_written() {
    let (home, ..) = scene();
    for (args, why) in [
        (&["--encrypt", "zip-aes256", "-o", "x.md"][..], "only a zip"),
        (&["--encrypt", "gpg", "-o", "x.md"], "--recipient"),
        (&["--sign", "key.txt", "-o", "x.md"], "cannot sign"),
        (&["--sign", "key.txt", "-o", "-"], "a file beside"),
        (&["--encrypt", "age", "-o", "x.md"], "error[passphrase-needed]"),
    ] {
        let outcome = home.run([&["dump", "p"], args].concat()).output().exits(2);
        let said = outcome.error_text();
        assert!(said.contains(why), "{args:?} says:\n{said}");
        assert!(!home.path("x.md").exists(), "{args:?}");
    }
}
