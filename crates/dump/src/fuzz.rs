//! What a fuzzer calls.

use holdall_tree::{ContentHash, Kind};

use crate::{Dump, Error};

/// Reads `data` as a dump in every way; true if it is a whole one. It must not panic, and what comes back must be what
/// its record says.
pub fn dump(data: &[u8]) -> bool {
    if let Ok(dump) = Dump::salvage(data.to_vec()) {
        proved(&dump);
        proved(&dump.accept_edits());
    }
    let Ok(dump) = Dump::read(data.to_vec()) else { return false };
    proved(&dump);
    dump.holes().is_empty()
}

fn proved(dump: &Dump) {
    for (index, (record, _)) in dump.entries.iter().enumerate() {
        let Kind::File { size } = record.kind else { continue };
        if dump.index_of(&record.path) != Some(index) || record.link_to.is_some() {
            continue;
        }
        let bytes = dump.bytes(index);
        assert!(bytes.is_ok(), "{} was taken and cannot be read", record.path);
        let bytes = bytes.unwrap_or_default();
        assert_eq!(bytes.len() as u64, size, "{} is as large as it says", record.path);
        let hash = record.sha256.unwrap_or_else(|| ContentHash::of(&bytes));
        assert_eq!(ContentHash::of(&bytes), hash, "{} is what it says", record.path);
    }
    dump.holes().iter().map(Error::to_string).for_each(drop);
    dump.notes().iter().for_each(drop);
}
