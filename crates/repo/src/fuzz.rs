//! The parsers of what comes from a repository, each as a function that takes any bytes and must not panic.
//!
//! The fuzzer calls them, and an ordinary test replays damaged samples through them.

use crate::format::FormatError;
use crate::keyfile::KeyFile;
use crate::wire::config::RepoConfig;
use crate::wire::index::IndexFile;
use crate::wire::lock::LockFile;
use crate::wire::{pack, unpacked};

/// A key file: what is read is written again and read as the same.
pub fn key_file(data: &[u8]) {
    if let Ok(file) = KeyFile::parse(data) {
        again(KeyFile::parse(&file.to_json()));
        let _ = file.params().check();
    }
}

/// The configuration.
pub fn repo_config(data: &[u8]) {
    if let Ok(config) = RepoConfig::parse(data) {
        again(RepoConfig::parse(&config.to_json()));
    }
}

/// A pack header.
pub fn pack_header(data: &[u8]) {
    if let Ok(entries) = pack::decode_header(data) {
        again(pack::decode_header(&pack::encode_header(&entries)));
    }
}

/// An index file.
pub fn index(data: &[u8]) {
    if let Ok(file) = IndexFile::parse(data) {
        again(IndexFile::parse(&file.to_json()));
    }
}

/// A lock.
pub fn lock(data: &[u8]) {
    if let Ok(file) = LockFile::parse(data) {
        again(LockFile::parse(&file.to_json()));
    }
}

/// The encoding around JSON.
pub fn unpacked(data: &[u8]) {
    let _ = unpacked::decode(data);
}

/// What a parser accepts it must accept again after it was written.
pub(crate) fn again<T>(read: Result<T, FormatError>) {
    assert!(read.is_ok(), "what was read does not read again after it was written");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SAMPLES: [&str; 4] = [
        r#"{"created":"2026-01-02T03:04:05Z","username":"u","hostname":"h","kdf":"scrypt","N":16,"r":8,"p":1,"salt":"AA==","data":"AA=="}"#,
        r#"{"version":2,"id":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","chunker_polynomial":"3da3358b4dc173"}"#,
        r#"{"packs":[{"id":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","blobs":[{"id":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","type":"data","offset":0,"length":56}]}]}"#,
        r#"{"time":"2026-01-02T03:04:05.5+01:00","exclusive":true,"hostname":"h","username":"u","pid":7}"#,
    ];

    fn all(data: &[u8]) {
        for target in [key_file, repo_config, pack_header, index, lock, unpacked] {
            target(data);
        }
        crate::wire::fuzz::tree(data);
        crate::wire::fuzz::snapshot(data);
    }

    proptest! {
        #[test]
        fn damaged_samples_and_noise_are_read_or_refused(
            which in 0..4usize, at: usize, byte: u8, cut: usize, noise in proptest::collection::vec(any::<u8>(), 0..80),
        ) {
            let mut sample = SAMPLES[which].as_bytes().to_vec();
            let at = at % sample.len();
            sample[at] = byte;
            all(&sample);
            sample.truncate(cut % (sample.len() + 1));
            all(&sample);
            all(&noise);
        }
    }
}
