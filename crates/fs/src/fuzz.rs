//! What a fuzzer calls.

use holdall_tree::ContentHash;

use crate::clone::Record;

/// Reads `data` as the record of a clone, with the right sum behind it; true if it is one. It must not panic, and what was
/// read is read again as it is written.
#[must_use]
pub fn record(data: &[u8]) -> bool {
    let whole = [data, format!("sum {}\n", ContentHash::of(data)).as_bytes()].concat();
    let Ok(record) = Record::decode(&whole) else { return false };
    assert_eq!(Record::decode(&record.encode()).as_ref(), Ok(&record));
    true
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_seeds_of_the_fuzzer_are_read_without_a_panic() {
        holdall_testkit::replay_seeds("clone_record", super::record);
    }
}
