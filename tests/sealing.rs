//! Archives that are sealed and signed when they are written, and the programs that open and check them.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use holdall_testkit::{Home, Outcome, peer};
use tempfile::TempDir;

use crate::home;

/// A home with the project `p`, and its ID.
fn scene() -> (Home, String) {
    let home = home();
    home.write("p/a.txt", "first\n");
    home.write("p/d/b.txt", "second\n".repeat(20_000));
    home.write("p/large", "0123456789abcdef".repeat(100_000));
    std::os::unix::fs::symlink("a.txt", home.path("p/link")).unwrap();
    let id = home.run(["id", "p"]).output().success().text();
    (home, id)
}

fn run(program: &str, args: &[&str], dir: &Path) -> Output {
    let mut command = Command::new(program);
    command.args(args).current_dir(dir).stdin(Stdio::null());
    command.output().unwrap()
}

#[test]
fn an_archive_for_a_key_of_age_is_opened_by_age_and_here() {
    let (Some(_), Some(_)) = (peer("age"), peer("age-keygen")) else { return };
    let (home, id) = scene();
    let here = home.path(".");
    let made = run("age-keygen", &["-o", "key.txt"], &here);
    let said = String::from_utf8(made.stderr).unwrap();
    let recipient = said.split_whitespace().last().unwrap().to_owned();
    home.write("us.txt", format!("# us\n{recipient}\n"));
    let ours = recipient.as_str();
    for (file, to) in [("a.tar.zst.age", ours), ("b.zip.age", "us.txt"), ("c.7z.age", ours)] {
        let args = ["archive", "p", "-o", file, "--encrypt", "age", "--recipient", to];
        let proved = home.run(args).output().success().error_text();
        assert!(proved.contains(&format!("tree {}", id.trim())), "{file} says {proved}");
        let opened = run("age", &["-d", "-i", "key.txt", "-o", "plain", file], &here);
        assert!(opened.status.success(), "{}", String::from_utf8_lossy(&opened.stderr));
        for (args, what) in
            [(&["id", "plain"][..], "by age"), (&["-i", "key.txt", "id", file], "here")]
        {
            assert_eq!(home.run(args.to_vec()).output().success().text(), id, "{file} {what}");
        }
        let back = format!("{file}.back");
        let args = ["-i", "key.txt", "restore", file, "--to", &back, "--sandbox", "require"];
        home.run(args).output().success();
        assert_eq!(home.run(["id", &back]).output().success().text(), id, "{file}");
        std::fs::remove_file(home.path("plain")).unwrap();
    }
    let sealed = std::fs::read(home.path("a.tar.zst.age")).unwrap();
    let sums = std::fs::read_to_string(home.path("a.tar.zst.age.sha256")).unwrap();
    assert!(sums.ends_with("  a.tar.zst.age\n"), "{sums}");
    assert!(!sealed.windows(6).any(|window| window == b"a.txt\0"), "a name in the open");
}

#[test]
fn an_archive_with_a_passphrase_is_opened_with_it() {
    let (home, id) = scene();
    home.write("pass", "horse\n");
    let args =
        ["archive", "p", "-o", "p.tar.gz.age", "--encrypt", "age", "--passphrase-file", "pass"];
    let outcome = home.run(args).output().success();
    let tree = format!("tree {}", id.trim());
    assert!(outcome.error_text().contains(&tree), "{}", outcome.error_text());
    let opened = home.run(["id", "p.tar.gz.age", "--passphrase-file", "pass"]).output().success();
    assert_eq!(opened.text(), id);
    let none = home.run(["archive", "p", "-o", "q.tar.age", "--encrypt", "age"]).output().exits(2);
    assert!(none.error_text().contains("error[passphrase-needed]"), "{}", none.error_text());
    assert!(!home.path("q.tar.age").exists());
}

#[test]
fn an_encrypted_zip_is_read_back_and_opened_by_7zip() {
    let (home, id) = scene();
    home.write("pass", "horse\n");
    let args =
        ["archive", "p", "-o", "p.zip", "--encrypt", "zip-aes256", "--passphrase-file", "pass"];
    let outcome = home.run(args).output().success();
    let tree = format!("tree {}", id.trim());
    assert!(outcome.error_text().contains(&tree), "{}", outcome.error_text());
    let opened = home.run(["id", "p.zip", "--passphrase-file", "pass"]).output().success();
    assert_eq!(opened.text(), id);
    // Where the passphrase comes from cannot be reached any more when a restore has confined itself.
    for how in [["--passphrase-file", "pass"], ["--passphrase-command", "cat pass"]] {
        let args = [&["restore", "p.zip", "--to", "back", "--sandbox", "require"][..], &how];
        home.run(args.concat()).output().success();
        assert_eq!(home.run(["id", "back"]).output().success().text(), id);
        std::fs::remove_dir_all(home.path("back")).unwrap();
    }
    let args =
        ["archive", "p/d", "-o", "d.zip", "--encrypt", "zip-aes256", "--passphrase-file", "pass"];
    home.run(args).output().success();
    let listed = home.run(["ls", "d.zip"]).output().success().text();
    assert!(listed.contains("b.txt"), "names are in the open: {listed}");
    let refused = home.run(["restore", "p.zip", "--to", "back"]).output().exits(2);
    assert!(refused.error_text().contains("error[passphrase-needed]"), "{}", refused.error_text());
    let refused = home.run(["restore", "p.zip", "--to", "back"]).env("HOLDALL_PASSPHRASE", "house");
    let refused = refused.output().exits(1);
    assert!(refused.error_text().contains("error[wrong-passphrase]"), "{}", refused.error_text());
    assert!(!home.path("back").exists());
    if peer("7zz").is_some() {
        let here = home.path(".");
        let tested = run("7zz", &["t", "-phorse", "p.zip"], &here);
        assert!(tested.status.success(), "{}", String::from_utf8_lossy(&tested.stdout));
        assert!(!run("7zz", &["t", "-phouse", "p.zip"], &here).status.success());
        let args = ["x", "-phorse", "-oseven", "p.zip", "large", "d/b.txt"];
        assert!(run("7zz", &args, &here).status.success());
        for name in ["large", "d/b.txt"] {
            let (theirs, ours) = (format!("seven/{name}"), format!("p/{name}"));
            let read = |name: &str| std::fs::read(home.path(name)).unwrap();
            assert!(read(&theirs) == read(&ours), "{name}");
        }
    }
}

/// Keys of OpenPGP in a directory of their own, whose agent ends with it.
struct Ring(TempDir);

impl Ring {
    fn gpg(&self, home: &Home, args: &[&str]) -> String {
        let mut command = Command::new("gpg");
        command.arg("--homedir").arg(self.0.path()).args(["--batch", "--quiet", "--yes"]);
        command.args(["--pinentry-mode", "loopback", "--passphrase", ""]).args(args);
        command.current_dir(home.path(".")).stdin(Stdio::null()).stderr(Stdio::null());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{args:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Makes a key, and gives its fingerprint.
    fn key(&self, home: &Home, name: &str) -> String {
        self.gpg(home, &["--quick-gen-key", name, "default", "default", "never"]);
        let listed = self.gpg(home, &["--with-colons", "--list-keys", name]);
        let line = listed.lines().find(|line| line.starts_with("fpr:")).unwrap();
        line.split(':').nth(9).unwrap().to_owned()
    }

    fn holdall(&self, home: &Home, args: &[&str]) -> Outcome {
        home.run(args.to_vec()).env("GNUPGHOME", self.0.path()).output()
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        let mut command = Command::new("gpgconf");
        let _ = command.arg("--homedir").arg(self.0.path()).args(["--kill", "all"]).status();
    }
}

#[test]
fn an_archive_for_a_key_of_openpgp_is_opened_by_gpg_and_here() {
    if peer("gpg").is_none() {
        return;
    }
    let (home, id) = scene();
    let ring = Ring(tempfile::tempdir().unwrap());
    let fingerprint = ring.key(&home, "ada@example.org");
    let with = |args: &[&str]| ring.holdall(&home, args);
    let args =
        ["archive", "p", "-o", "p.tar.zst.gpg", "--encrypt", "gpg", "--recipient", &fingerprint];
    with(&args).success();
    assert_eq!(with(&["id", "p.tar.zst.gpg"]).success().text(), id);
    with(&["restore", "p.tar.zst.gpg", "--to", "back"]).success();
    let args = ["archive", "p", "-o", "p.7z.gpg", "--encrypt", "gpg", "--recipient", &fingerprint];
    with(&args).success();
    assert_eq!(with(&["id", "p.7z.gpg"]).success().text(), id);
    assert_eq!(with(&["cat", "p.7z.gpg", "a.txt"]).success().text(), "first\n");
    ring.gpg(&home, &["-o", "plain", "-d", "p.tar.zst.gpg"]);
    assert_eq!(home.run(["id", "plain"]).output().success().text(), id);
    let mut changed = std::fs::read(home.path("p.tar.zst.gpg")).unwrap();
    let at = changed.len() - 30;
    changed[at] ^= 1;
    home.write("changed", &changed);
    let refused = with(&["restore", "changed", "--to", "other"]).exits(4);
    assert!(refused.error_text().contains("error[seal-broken]"), "{}", refused.error_text());
    assert!(!home.path("other").exists());
    let unknown =
        ["archive", "p", "-o", "q.tar", "--encrypt", "gpg", "--recipient", "0123456789ABCDEF"];
    let unknown = with(&unknown).exits(2);
    assert!(unknown.error_text().contains("error[recipient]"), "{}", unknown.error_text());
    assert!(!home.path("q.tar").exists());
}

#[test]
fn a_signature_of_openpgp_is_made_and_checked_as_gpg_does() {
    if peer("gpg").is_none() {
        return;
    }
    let (home, _) = scene();
    let ring = Ring(tempfile::tempdir().unwrap());
    let (ada, eve) = (ring.key(&home, "ada@example.org"), ring.key(&home, "eve@example.org"));
    let trust = |key: &str| {
        let text = format!("[[signer]]\nname = \"Ada\"\nkey = \"openpgp:{key}\"\n");
        home.write("trust.toml", text);
    };
    trust(&ada);
    let with = |args: &[&str]| ring.holdall(&home, args);
    let policy = ["--require-signature", "--trust-file", "trust.toml"];
    let restore = |to: &str| with(&[&["restore", "p.tar", "--to", to][..], &policy].concat());
    with(&["archive", "p", "-o", "p.tar", "--sign", &format!("openpgp:{ada}")]).success();
    ring.gpg(&home, &["--verify", "p.tar.asc", "p.tar"]);
    restore("back").success();
    let said = with(&[&["verify", "p.tar"][..], &policy].concat()).success().text();
    assert!(said.contains(&format!("signed by Ada, OpenPGP key {ada}")), "{said}");

    // Made by gpg itself, not armored, by somebody whom the trust file does not name.
    std::fs::remove_file(home.path("p.tar.asc")).unwrap();
    ring.gpg(&home, &["-u", &eve, "-o", "p.tar.sig", "--detach-sign", "p.tar"]);
    assert!(restore("other").exits(4).error_text().contains("error[unsigned]"));
    with(&["restore", "p.tar", "--to", "any", "--require-signature=any"]).success();
    trust(&eve);
    restore("other").success();

    let mut changed = std::fs::read(home.path("p.tar")).unwrap();
    changed[0] ^= 1;
    home.write("p.tar", &changed);
    for args in [&["ls", "p.tar"][..], &["restore", "p.tar", "--to", "wrong"]] {
        assert!(with(args).exits(4).error_text().contains("error[signature]"));
    }
    assert!(!home.path("wrong").exists());
}

#[test]
fn a_signed_archive_has_its_signature_beside_it_and_counts() {
    let (Some(_), Some(_)) = (peer("ssh-keygen"), peer("minisign")) else { return };
    let (home, id) = scene();
    let here = home.path(".");
    run("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", "ssh.key"], &here);
    run("minisign", &["-G", "-W", "-p", "mini.pub", "-s", "mini.key"], &here);
    let public = |file: &str| std::fs::read_to_string(home.path(file)).unwrap();
    let (ssh, mini) = (public("ssh.key.pub"), public("mini.pub"));
    let mini = mini.lines().nth(1).unwrap();
    let trust = format!(
        "[[signer]]\nname = \"Ada\"\nkey = \"{}\"\n[[signer]]\nname = \"Grace\"\nkey = \"{mini}\"\n",
        ssh.trim()
    );
    home.write("trust.toml", trust);
    for (key, signer, beside) in
        [("ssh.key", "Ada", "a.tar.zst.sig"), ("mini.key", "Grace", "b.tar.zst.minisig")]
    {
        let file = beside.rsplit_once('.').unwrap().0;
        home.run(["archive", "p", "-o", file, "--sign", key]).output().success();
        assert!(home.path(beside).exists());
        let verify = ["verify", file, "--trust-file", "trust.toml", "--require-signature"];
        let said = home.run(verify).output().success().text();
        assert!(said.contains(&format!("signed by {signer}, ")), "{said}");
        assert_eq!(home.run(["id", file]).output().success().text(), id);
    }
    assert!(run("minisign", &["-V", "-p", "mini.pub", "-m", "b.tar.zst"], &here).status.success());
    // The archive does not hold itself, its checksum or its signature.
    home.run(["archive", ".", "-o", "c.zip", "--sign", "ssh.key"]).output().success();
    home.run(["archive", ".", "-o", "c.zip", "--sign", "ssh.key"]).output().success();
    let listed = home.run(["ls", "c.zip"]).output().success().text();
    assert!(!listed.contains("c.zip"), "{listed}");
    let unsigned = home.run(["archive", "p", "-o", "c.zip"]).output().success();
    assert!(
        unsigned.error_text().contains("c.zip.sig is no signature of"),
        "{}",
        unsigned.error_text()
    );
    home.run(["ls", "c.zip"]).output().exits(4);
}

#[test]
fn what_makes_no_sense_is_refused_before_anything_is_written() {
    let (home, _) = scene();
    home.write("no-key", "nothing");
    for (args, code, why) in [
        (&["--encrypt", "zip-aes256", "-o", "x.tar"][..], 2, "only a zip"),
        (&["--encrypt", "gpg", "-o", "x.tar"], 2, "--recipient"),
        (&["--encrypt", "age", "--recipient", "age1x", "-o", "x.tar"], 2, "no recipient"),
        (&["--recipient", "age1x", "-o", "x.tar"], 2, "--encrypt"),
        (&["--encrypt", "age", "--reproducible", "-o", "x.tar"], 2, "never the same bytes"),
        (&["--sign", "no-key", "-o", "x.tar"], 2, "cannot sign"),
        (&["--sign", "no-key", "-o", "-", "--format", "tar"], 2, "a file beside"),
        (&["-o", "x.tar.age"], 2, "which format"),
    ] {
        let outcome = home.run([&["archive", "p"], args].concat()).output();
        let said = outcome.error_text();
        assert_eq!(outcome.code, code, "{args:?} says:\n{said}");
        assert!(said.contains(why), "{args:?} says:\n{said}");
        assert!(!home.path("x.tar").exists() && !home.path("x.tar.age").exists(), "{args:?}");
    }
    let args =
        ["archive", "p", "-o", "x.tar.age", "--encrypt", "age", "--sign", "none", "--dry-run"];
    home.run(args).output().success();
    assert!(!home.path("x.tar.age").exists());
}
