//! Signatures, made here and by the programs of the formats, and everything that must not pass for one.

use std::path::Path;
use std::process::Stdio;

use holdall_seal::{Error, Scheme, SignKey, Signature, Verdict, VerifyKey};
use holdall_testkit::{Peer, peer};

use crate::support::sample;

/// A key pair of a program, and what it is called there.
struct Pair {
    program: Peer,
    secret: std::path::PathBuf,
    public: String,
}

fn run(program: &Peer, dir: &Path, args: &[&str]) -> bool {
    let mut command = program.command(dir);
    command.args(args).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
}

fn minisign(dir: &Path) -> Option<Pair> {
    let program = peer("minisign")?;
    assert!(run(&program, dir, &["-G", "-W", "-p", "mini.pub", "-s", "mini.key"]));
    let public = std::fs::read_to_string(dir.join("mini.pub")).unwrap();
    Some(Pair { program, secret: dir.join("mini.key"), public })
}

fn ssh(dir: &Path, passphrase: &str) -> Option<Pair> {
    let program = peer("ssh-keygen")?;
    let _ = std::fs::remove_file(dir.join("ssh.key"));
    let args = ["-q", "-t", "ed25519", "-N", passphrase, "-C", "somebody", "-f", "ssh.key"];
    assert!(run(&program, dir, &args));
    let public = std::fs::read_to_string(dir.join("ssh.key.pub")).unwrap();
    Some(Pair { program, secret: dir.join("ssh.key"), public })
}

fn secret(pair: &Pair, passphrase: &str) -> Result<SignKey, Error> {
    let bytes = std::fs::read(&pair.secret).unwrap();
    SignKey::parse(&bytes, || Ok::<_, Error>(passphrase.as_bytes().to_vec()))
}

fn verify(signature: &str, data: &[u8], keys: &[VerifyKey]) -> Result<Verdict, Error> {
    Signature::parse(signature.as_bytes())?.verify(&mut &data[..], keys, None)
}

/// The verdict on a signature that must be right.
fn by(signature: &str, data: &[u8], keys: &[VerifyKey]) -> Option<usize> {
    match verify(signature, data, keys).unwrap() {
        Verdict::Signed(signed) => signed.by,
        Verdict::Unknown { .. } => None,
    }
}

#[test]
fn what_is_signed_here_the_programs_believe() {
    let dir = tempfile::tempdir().unwrap();
    let data = sample(200_000);
    std::fs::write(dir.path().join("data"), &data).unwrap();
    if let Some(pair) = minisign(dir.path()) {
        let key = secret(&pair, "").unwrap();
        assert_eq!(key.scheme(), Scheme::Minisign);
        let signature = key.sign(&mut &data[..], "file:data").unwrap();
        std::fs::write(dir.path().join("data.minisig"), &signature).unwrap();
        assert!(run(&pair.program, dir.path(), &["-V", "-p", "mini.pub", "-m", "data"]));
        let keys = [VerifyKey::parse(&pair.public).unwrap()];
        assert_eq!(by(&signature, &data, &keys), Some(0));
    }
    if let Some(pair) = ssh(dir.path(), "") {
        let signature = secret(&pair, "").unwrap().sign(&mut &data[..], "").unwrap();
        std::fs::write(dir.path().join("data.sig"), &signature).unwrap();
        std::fs::write(dir.path().join("allowed"), format!("me {}", pair.public)).unwrap();
        let mut check = pair.program.command(dir.path());
        check.args(["-Y", "verify", "-f", "allowed", "-I", "me", "-n", "file", "-s", "data.sig"]);
        check.stdin(std::fs::File::open(dir.path().join("data")).unwrap()).stdout(Stdio::null());
        assert!(check.status().unwrap().success());
        let keys = [VerifyKey::parse(&pair.public).unwrap()];
        assert_eq!(by(&signature, &data, &keys), Some(0));
    }
}

#[test]
fn what_the_programs_sign_is_believed_here() {
    let dir = tempfile::tempdir().unwrap();
    let data = sample(200_000);
    std::fs::write(dir.path().join("data"), &data).unwrap();
    let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
    if let Some(pair) = minisign(dir.path()) {
        let keys = [VerifyKey::parse(&pair.public).unwrap()];
        for (kind, name) in [("-H", "prehashed"), ("-l", "legacy")] {
            let args = ["-S", kind, "-s", "mini.key", "-m", "data", "-x", name, "-t", "a comment"];
            assert!(run(&pair.program, dir.path(), &args), "{kind}");
            let Verdict::Signed(signed) = verify(&read(name), &data, &keys).unwrap() else {
                panic!("{name} is not known")
            };
            assert_eq!(signed.by, Some(0));
            assert_eq!(signed.comment.as_deref(), Some("a comment"));
        }
    }
    for passphrase in ["", "horse"] {
        let Some(pair) = ssh(dir.path(), passphrase) else { return };
        let keys = [VerifyKey::parse(&pair.public).unwrap()];
        if passphrase.is_empty() {
            assert!(run(
                &pair.program,
                dir.path(),
                &["-Y", "sign", "-f", "ssh.key", "-n", "file", "data"]
            ));
            assert_eq!(by(&read("data.sig"), &data, &keys), Some(0));
            assert_eq!(by(&read("data.sig"), &data, &[]), None, "right, and nobody knows whose");
            std::fs::remove_file(dir.path().join("data.sig")).unwrap();
            assert!(run(
                &pair.program,
                dir.path(),
                &["-Y", "sign", "-f", "ssh.key", "-n", "git", "data"]
            ));
            let other = Signature::parse(read("data.sig").as_bytes());
            assert!(matches!(other, Err(Error::Signature { .. })), "made for something else");
        } else {
            assert!(matches!(secret(&pair, "house"), Err(Error::WrongPassphrase)));
            let signature = secret(&pair, "horse").unwrap().sign(&mut &data[..], "").unwrap();
            assert_eq!(by(&signature, &data, &keys), Some(0));
        }
    }
}

#[test]
fn no_changed_bit_of_a_file_a_signature_or_a_comment_passes() {
    let dir = tempfile::tempdir().unwrap();
    let data = sample(400);
    let pairs = [minisign(dir.path()), ssh(dir.path(), "")];
    for pair in pairs.into_iter().flatten() {
        let keys = [VerifyKey::parse(&pair.public).unwrap()];
        let signature = secret(&pair, "").unwrap().sign(&mut &data[..], "said").unwrap();
        let passes = |signature: &[u8], data: &[u8]| {
            let parsed = Signature::parse(signature).ok()?;
            match parsed.verify(&mut &data[..], &keys, None) {
                Ok(Verdict::Signed(signed)) => signed.by.map(|_| signed.comment),
                _ => None,
            }
        };
        let whole = passes(signature.as_bytes(), &data).expect("it is right");
        for at in 0..data.len() {
            let mut changed = data.clone();
            changed[at] ^= 1 << (at % 8);
            assert_eq!(passes(signature.as_bytes(), &changed), None, "byte {at} of the file");
        }
        assert_eq!(passes(signature.as_bytes(), &data[..399]), None);
        for at in 0..signature.len() {
            let mut changed = signature.clone().into_bytes();
            changed[at] ^= 1 << (at % 7);
            // What is not signed may change: the untrusted comment and white space. What it says may not.
            if let Some(comment) = passes(&changed, &data) {
                assert_eq!(comment, whole, "byte {at} of the signature");
            }
        }
        for end in 0..signature.len() {
            if let Some(comment) = passes(&signature.as_bytes()[..end], &data) {
                assert_eq!(comment, whole);
                assert!(signature.len() - end < 4, "cut off at {end}");
            }
        }
    }
}

#[test]
fn the_key_of_somebody_else_does_not_pass_for_ones_own() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    if let (Some(mine), Some(theirs)) = (minisign(one.path()), minisign(other.path())) {
        let signature = secret(&theirs, "").unwrap().sign(&mut &b"data"[..], "x").unwrap();
        let keys = [VerifyKey::parse(&mine.public).unwrap()];
        let verdict = verify(&signature, b"data", &keys).unwrap();
        assert!(matches!(verdict, Verdict::Unknown { .. }), "{verdict:?}");
    }
    if let (Some(mine), Some(theirs)) = (ssh(one.path(), ""), ssh(other.path(), "")) {
        let signature = secret(&theirs, "").unwrap().sign(&mut &b"data"[..], "").unwrap();
        let keys = [VerifyKey::parse(&mine.public).unwrap()];
        assert_eq!(by(&signature, b"data", &keys), None);
    }
}

#[test]
fn what_is_no_key_and_no_signature_is_refused() {
    for bad in ["", "RWQ", "ssh-ed25519", "ssh-ed25519 AAAA", "age1zvk", "-----BEGIN"] {
        assert!(matches!(VerifyKey::parse(bad), Err(Error::VerifyKey { .. })), "{bad}");
    }
    for bad in [
        &b""[..],
        b"\xff",
        b"untrusted comment: x\nx\n",
        b"-----BEGIN SSH SIGNATURE-----\nx",
        &[b'a'; 70_000],
    ] {
        assert!(matches!(Signature::parse(bad), Err(Error::Signature { .. })));
    }
    let none = SignKey::parse(b"untrusted comment: x\nAAAA\n", || Ok::<_, Error>(b"x".to_vec()));
    assert!(none.is_err());
}
