//! The programs of the formats read what we write, and we read what they write.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use holdall_codec::Compression;
use holdall_testkit::{Peer, peer};

use crate::support::{ONE, compress_with, expand, sample};

/// Feeds a program from its standard input.
fn filter(peer: &Peer, args: &[&str], home: &Path, input: &[u8]) -> Output {
    let mut command: Command = peer.command(home);
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        // It may refuse before it has read all.
        scope.spawn(move || drop(stdin.write_all(input)));
        child.wait_with_output().unwrap()
    });
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

fn check(format: Compression, levels_theirs: &[&str]) {
    let Some(peer) = peer(format.name()) else { return };
    let home = tempfile::tempdir().unwrap();
    for bytes in [Vec::new(), b"short\n".to_vec(), sample(400_000)] {
        for level in [None, Some(*format.levels().start())] {
            let compressed = compress_with(format, &bytes, level, ONE);
            let theirs = filter(&peer, &["-d", "-c"], home.path(), &compressed).stdout;
            assert!(theirs == bytes, "{format} {level:?}, {} bytes", bytes.len());
        }
        for level in levels_theirs {
            let compressed = filter(&peer, &["-c", level], home.path(), &bytes).stdout;
            let ours = expand(format, &compressed).unwrap();
            assert!(ours == bytes, "{format} {level}, {} bytes", bytes.len());
            let twice = [&compressed[..], &compressed].concat();
            if format != Compression::Brotli {
                assert_eq!(expand(format, &twice).unwrap().len(), bytes.len() * 2, "{format}");
            }
        }
    }
}

#[test]
fn gzip_agrees() {
    check(Compression::Gzip, &["-1", "-9"]);
}

#[test]
fn bzip2_agrees() {
    check(Compression::Bzip2, &["-1", "-9"]);
}

#[test]
fn xz_agrees() {
    check(Compression::Xz, &["-0", "-6", "-T2", "--check=none", "--check=sha256"]);
}

#[test]
fn zstd_agrees() {
    check(Compression::Zstd, &["-1", "-19", "-T2", "--no-check", "--long=27"]);
}

#[test]
fn lz4_agrees() {
    check(Compression::Lz4, &["-1", "-9", "-B4", "-BD", "-BX", "--no-frame-crc"]);
}

#[test]
fn brotli_agrees() {
    check(Compression::Brotli, &["-0", "-9"]);
}

#[test]
fn a_name_and_a_time_in_the_head_of_gzip_are_no_part_of_what_it_holds() {
    let Some(gzip) = peer("gzip") else { return };
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("named");
    fs::write(&file, b"content").unwrap();
    let output = gzip.command(home.path()).arg("-cN").arg(&file).output().unwrap();
    assert!(output.status.success());
    assert_eq!(expand(Compression::Gzip, &output.stdout).unwrap(), b"content");
}
