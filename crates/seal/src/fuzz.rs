//! What a fuzzer calls.

use std::io::Read;

use crate::{AgeFile, Opener, Sealing, identities};

/// A key that is written in the documentation of the format.
const KEY: &[u8] = b"AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";

/// Reads `data` as a sealed file and as a key file; true if its header is one of age.
#[must_use]
pub fn open(data: &[u8]) -> bool {
    let _sealing = Sealing::detect(data);
    let _identities = identities(data);
    let Ok(file) = AgeFile::read(data) else { return false };
    if let Ok(keys) = identities(KEY)
        && let Ok(mut reader) = file.open(Opener::Identities(&keys))
    {
        let mut plain = Vec::new();
        let failed = reader.read_to_end(&mut plain).is_err();
        let again = reader.read(&mut [0]);
        assert_eq!(failed, again.is_err(), "what failed does not end well when it is asked again");
    }
    true
}
