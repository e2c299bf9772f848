//! What a fuzzer calls.

use crate::rules::Rules;

/// Reads `data` up to the first NUL as an ignore file and matches the rest, split at NULs, as paths. Nothing in `data`
/// may make it panic or hang. It is true if no line of the file is at fault.
pub fn patterns(data: &[u8]) -> bool {
    let mut parts = data.split(|b| *b == 0);
    let file = parts.next().unwrap_or_default();
    let mut rules = Rules::default();
    let faults = rules.add_file("fuzz", file);
    if let Ok(text) = std::str::from_utf8(file) {
        for line in text.lines() {
            let _refused = rules.add_flag("--exclude", line);
        }
    }
    for path in parts.take(64) {
        for is_dir in [false, true] {
            if let Some((index, effect)) = rules.last_match(path, is_dir) {
                let _shown = rules.show(index, effect);
            }
        }
    }
    faults.is_empty()
}
