//! The program `age` judges us: it opens what we seal, and we open what it seals.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use holdall_seal::{Armor, Opener, Recipient, identities};
use holdall_testkit::peer;

use crate::support::{open, sample, seal_for};

fn output(command: &mut Command, input: &[u8]) -> Vec<u8> {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let bytes = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&bytes));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn key(dir: &Path) -> Option<(std::path::PathBuf, Recipient)> {
    let file = dir.join("key.txt");
    let keygen = peer("age-keygen")?;
    let status = keygen.command(dir).arg("-o").arg(&file).stderr(Stdio::null()).status().unwrap();
    assert!(status.success());
    let text = std::fs::read(&file).unwrap();
    let recipient = identities(&text).unwrap().first().unwrap().recipient();
    Some((file, recipient))
}

#[test]
fn age_opens_what_is_sealed_here() {
    let Some(age) = peer("age") else { return };
    let dir = tempfile::tempdir().unwrap();
    let Some((file, recipient)) = key(dir.path()) else { return };
    for size in [0, 1, 65_535, 65_536, 65_537, 300_000] {
        for armor in [Armor::Binary, Armor::Text] {
            let bytes = sample(size);
            let sealed = seal_for(&bytes, std::slice::from_ref(&recipient), armor);
            let opened = output(age.command(dir.path()).arg("-d").arg("-i").arg(&file), &sealed);
            assert!(opened == bytes, "{size} bytes, {armor:?}");
        }
    }
}

#[test]
fn what_age_seals_is_opened_here() {
    let Some(age) = peer("age") else { return };
    let dir = tempfile::tempdir().unwrap();
    let Some((file, recipient)) = key(dir.path()) else { return };
    let keys = identities(&std::fs::read(file).unwrap()).unwrap();
    for size in [0, 1, 65_535, 65_536, 65_537, 300_000] {
        for armor in [&[][..], &["-a"]] {
            let bytes = sample(size);
            let mut command = age.command(dir.path());
            let sealed = output(command.args(armor).arg("-r").arg(recipient.to_string()), &bytes);
            let opened = open(&sealed, Opener::Identities(&keys)).unwrap();
            assert!(opened == bytes, "{size} bytes, {armor:?}");
        }
    }
}
