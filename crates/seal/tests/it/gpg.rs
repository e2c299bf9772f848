//! OpenPGP by the program `gpg`, with keys that are made for a test.

use std::path::Path;
use std::process::{Command, Stdio};

use holdall_seal::{Error, Gpg, Sealing};
use holdall_testkit::peer;

use crate::support::sample;

const LIMIT: u64 = 1 << 30;

/// A home of `gpg` with one key, whose agent ends with it.
struct Home {
    dir: tempfile::TempDir,
    gpg: Gpg,
    fingerprint: String,
}

impl Home {
    fn new() -> Option<Self> {
        peer("gpg")?;
        let dir = tempfile::tempdir().unwrap();
        let gpg = Gpg::find(&std::env::var_os("PATH").unwrap()).unwrap();
        let gpg = gpg.at_home(dir.path().to_owned());
        let args = [
            "--quick-gen-key",
            "--passphrase",
            "",
            "Ada <ada@example.org>",
            "default",
            "default",
            "never",
        ];
        assert!(run(dir.path(), &args).status().unwrap().success());
        let listed = run(dir.path(), &["--with-colons", "--list-keys"]).output().unwrap().stdout;
        let listed = String::from_utf8(listed).unwrap();
        let line = listed.lines().find(|line| line.starts_with("fpr:")).unwrap();
        let fingerprint = line.split(':').nth(9).unwrap().to_owned();
        Some(Self { dir, gpg, fingerprint })
    }

    fn seal(&self, bytes: &[u8]) -> Vec<u8> {
        let mut sealed = Vec::new();
        let recipients = [self.fingerprint.clone()];
        let written = self.gpg.encrypt(&recipients, &mut sealed, |out| out.write_all(bytes));
        written.unwrap().unwrap();
        sealed
    }

    fn open(&self, sealed: &[u8], passphrase: Option<&[u8]>) -> Result<Vec<u8>, Error> {
        let mut plain = Vec::new();
        self.gpg.decrypt(&mut &*sealed, passphrase, &mut plain, LIMIT)?;
        Ok(plain)
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let mut kill = Command::new("gpgconf");
        let _ = kill.arg("--homedir").arg(self.dir.path()).args(["--kill", "all"]).status();
    }
}

fn run(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("gpg");
    command.arg("--homedir").arg(home).args(["--batch", "--quiet", "--pinentry-mode", "loopback"]);
    command.args(args).stdin(Stdio::null()).stderr(Stdio::null());
    command
}

#[test]
fn what_is_sealed_for_a_key_is_opened_with_it_and_by_nobody_else() {
    let (Some(ada), Some(eve)) = (Home::new(), Home::new()) else { return };
    for size in [0, 1, 8191, 8192, 300_000] {
        let bytes = sample(size);
        let sealed = ada.seal(&bytes);
        assert_eq!(Sealing::detect(&sealed), Some(Sealing::OpenPgp));
        assert!(ada.open(&sealed, None).unwrap() == bytes, "{size} bytes");
        std::fs::write(ada.dir.path().join("x"), &sealed).unwrap();
        let path = ada.dir.path().join("x");
        let opened = run(ada.dir.path(), &["-d"]).arg(path).output().unwrap().stdout;
        assert!(opened == bytes, "{size} bytes by gpg itself");
        let other = eve.open(&sealed, None);
        assert!(matches!(other, Err(Error::NoKey)), "{other:?}");
    }
}

#[test]
fn a_passphrase_opens_what_gpg_sealed_with_it_armored_or_not() {
    let Some(home) = Home::new() else { return };
    let path = home.dir.path().join("x");
    std::fs::write(&path, b"said").unwrap();
    for armor in [&[][..], &["--armor"]] {
        let args = [armor, &["--passphrase", "horse", "-o", "-", "-c"]].concat();
        let sealed = run(home.dir.path(), &args).arg(&path).output().unwrap().stdout;
        assert_eq!(Sealing::detect(&sealed), Some(Sealing::OpenPgp));
        assert_eq!(home.open(&sealed, Some(b"horse")).unwrap(), b"said");
        let wrong = home.open(&sealed, Some(b"house"));
        assert!(matches!(wrong, Err(Error::WrongPassphrase)), "{wrong:?}");
    }
}

#[test]
fn what_was_changed_or_cut_off_is_never_taken_for_whole() {
    let Some(home) = Home::new() else { return };
    let sealed = home.seal(&sample(300));
    for at in (0..sealed.len()).step_by(11) {
        let mut changed = sealed.clone();
        changed[at] ^= 1 << (at % 8);
        assert!(home.open(&changed, None).is_err(), "byte {at}");
    }
    for end in (0..sealed.len()).step_by(23).chain([sealed.len() - 1]) {
        assert!(home.open(&sealed[..end], None).is_err(), "cut off at {end}");
    }
}

#[test]
fn more_than_the_limit_is_not_taken() {
    let Some(home) = Home::new() else { return };
    let sealed = home.seal(&sample(100_000));
    let mut plain = Vec::new();
    let opened = home.gpg.decrypt(&mut &sealed[..], None, &mut plain, 99_999);
    assert!(matches!(opened, Err(Error::TooMuch { limit: 99_999 })), "{opened:?}");
    assert!(plain.len() <= 99_999);
    home.gpg.decrypt(&mut &sealed[..], None, &mut Vec::new(), 100_000).unwrap();
}

#[test]
fn a_recipient_without_a_key_is_named() {
    let Some(home) = Home::new() else { return };
    for (recipient, why) in
        [("0123456789ABCDEF0123", "no usable key"), ("ada@example.org", "fingerprint")]
    {
        let mut sealed = Vec::new();
        let written = home.gpg.encrypt(&[recipient.to_owned()], &mut sealed, |_| ());
        let said = written.unwrap_err().to_string();
        assert!(said.contains(recipient) && said.contains(why), "{said}");
    }
}
