//! What a fuzzer calls.

use holdall_tree::RelPath;

use super::{Baseline, CustomRule, Marker, Rules, Vault, format, redact, restore};

/// Reads `data` up to the first NUL as a rule file and as custom rules (one pattern on a line), up to the second as a
/// path, and the rest as a file. Nothing may make it panic or hang, a scan in pieces must find what a scan of the whole
/// finds, and what is taken out must come back. It is true if the rule file is well-formed.
pub fn secrets(data: &[u8]) -> bool {
    let mut parts = data.splitn(3, |b| *b == 0);
    let text = String::from_utf8_lossy(parts.next().unwrap_or_default());
    let path = RelPath::parse(parts.next().unwrap_or_default()).unwrap_or_default();
    let content = parts.next().unwrap_or_default();
    let well_formed = format::parse(&text).is_ok();
    let _read = Baseline::parse(&text);
    let _read = Vault::from_bytes(content);
    let lines = text.lines().take(4).enumerate();
    let custom = lines.map(|(at, line)| CustomRule {
        id: format!("fuzz-{at}"),
        regex: line.chars().take(200).collect(),
        keywords: line
            .split(' ')
            .skip(1)
            .take(2)
            .map(|word| word.chars().take(16).collect())
            .collect(),
        ..CustomRule::default()
    });
    if let Ok(rules) = Rules::only(&custom.collect::<Vec<_>>()) {
        check(&rules, &path, content);
    }
    check(&Rules::builtin(), &path, content);
    well_formed
}

fn check(rules: &Rules, path: &RelPath, content: &[u8]) {
    let found = rules.scan(path, content);
    let mut scanner = rules.scanner(path);
    content.chunks(7).for_each(|piece| scanner.update(piece));
    assert_eq!(scanner.finish(), found);
    let mut vault = Vault::new(Marker::new([0; 32]));
    let out = redact(content, &found, vault.marker());
    assert_eq!(vault.keep(content, &out.holes), Ok(()));
    let back = restore(&out.bytes, Some(&vault));
    assert!(back.bytes == content && back.open.is_empty());
}
