//! The parsers of what comes from a repository, each as a function that takes any bytes and must not panic. It says
//! whether they were accepted.
//!
//! The fuzzer calls them, and an ordinary test replays the fuzzer's seeds and damaged ones through them.

use crate::format::FormatError;
use crate::keyfile::KeyFile;
use crate::wire::config::RepoConfig;
use crate::wire::index::IndexFile;
use crate::wire::lock::LockFile;
use crate::wire::{pack, unpacked};

/// A key file: what is read is written again and read as the same.
pub fn key_file(data: &[u8]) -> bool {
    again(data, KeyFile::parse, |file| {
        let _ = file.params().check();
        file.to_json()
    })
}

/// The configuration.
pub fn repo_config(data: &[u8]) -> bool {
    again(data, RepoConfig::parse, RepoConfig::to_json)
}

/// A pack header.
pub fn pack_header(data: &[u8]) -> bool {
    again(data, pack::decode_header, |entries| pack::encode_header(entries))
}

/// An index file.
pub fn index(data: &[u8]) -> bool {
    again(data, IndexFile::parse, IndexFile::to_json)
}

/// A lock.
pub fn lock(data: &[u8]) -> bool {
    again(data, LockFile::parse, LockFile::to_json)
}

/// The encoding around JSON.
pub fn unpacked(data: &[u8]) -> bool {
    unpacked::decode(data).is_ok()
}

/// Whether `data` is accepted. What a parser accepts it must accept again, and as the same, after it was written.
pub(crate) fn again<T: PartialEq>(
    data: &[u8],
    read: impl Fn(&[u8]) -> Result<T, FormatError>,
    write: impl Fn(&T) -> Vec<u8>,
) -> bool {
    let Ok(first) = read(data) else { return false };
    let second = read(&write(&first));
    assert!(second.is_ok_and(|second| second == first), "it reads otherwise after it was written");
    true
}
