//! Sealing and opening in one step.

use std::io::{self, Read, Write};

use holdall_seal::{AgeFile, AgeWriter, Armor, Error, Identity, Lock, Opener, Recipient};

/// Bytes that look like nothing.
pub(crate) fn sample(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n.wrapping_mul(2_654_435_761) >> 7) as u8).collect()
}

/// A key of its own and what is sealed for it.
pub(crate) fn seal(bytes: &[u8], armor: Armor) -> (Identity, Vec<u8>) {
    let identity = Identity::generate();
    let sealed = seal_for(bytes, &[identity.recipient()], armor);
    (identity, sealed)
}

pub(crate) fn seal_for(bytes: &[u8], recipients: &[Recipient], armor: Armor) -> Vec<u8> {
    let mut writer = AgeWriter::new(Vec::new(), Lock::Recipients(recipients), armor).unwrap();
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

/// What a sealed file holds; an error of reading is one of ours.
pub(crate) fn open(sealed: &[u8], opener: Opener<'_>) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    match AgeFile::read(sealed)?.open(opener)?.read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(ours(error)),
    }
}

/// The error of ours in what a reader said.
pub(crate) fn ours(error: io::Error) -> Error {
    assert!(Error::of(&error).is_some(), "{error}");
    *error.into_inner().unwrap().downcast().unwrap()
}
