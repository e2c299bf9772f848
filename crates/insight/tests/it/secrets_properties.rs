//! What must hold for any content.

use std::ops::Range;

use holdall_insight::secrets::{
    Finding, Fingerprint, Marker, Rules, Severity, Vault, redact, restore,
};
use holdall_tree::RelPath;
use proptest::prelude::*;

use crate::support::{Dice, made_up};

fn finding(rule: &str, range: Range<usize>) -> Finding {
    Finding {
        rule: rule.into(),
        description: "".into(),
        severity: Severity::High,
        line: 1,
        column: 1,
        range,
        fingerprint: "0".repeat(64).parse::<Fingerprint>().unwrap(),
    }
}

/// Content in which holes, their parts and line ends are frequent.
fn content() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        Just(b"[holdall:redacted:".to_vec()),
        Just(b"[holdall:redacted:quoted]".to_vec()),
        Just(b"[holdall:redacted:a:0123456789abcdef]".to_vec()),
        Just(b"[holdall:".to_vec()),
        Just(b"\n".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..20),
    ];
    proptest::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn what_is_taken_out_comes_back(
        content in content(),
        places in proptest::collection::vec((0_usize..150, 0_usize..40, "[a-z]{1,5}|A b"), 0..6),
        key in any::<[u8; 32]>(),
    ) {
        let findings: Vec<Finding> =
            places.iter().map(|(start, len, rule)| finding(rule, *start..start + len)).collect();
        let mut vault = Vault::new(Marker::new(key));
        let out = redact(&content, &findings, vault.marker());
        vault.keep(&content, &out.holes).unwrap();
        for hole in &out.holes {
            let text = String::from_utf8(out.bytes[hole.range.clone()].to_vec()).unwrap();
            prop_assert_eq!(text, format!("[holdall:redacted:{}:{}]", hole.rule, hole.id));
        }
        let vault = Vault::from_bytes(&vault.to_bytes()).unwrap();
        let back = restore(&out.bytes, Some(&vault));
        prop_assert!(back.open.is_empty());
        prop_assert_eq!(back.bytes, content);
        let open: Vec<u64> = restore(&out.bytes, None).open.iter().map(|hole| hole.line).collect();
        prop_assert_eq!(open, out.holes.iter().map(|hole| hole.line).collect::<Vec<_>>());
    }

    #[test]
    fn a_vault_of_any_bytes_is_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut tagged = b"holdall vault 1\n".to_vec();
        tagged.extend(&bytes);
        prop_assert!(Vault::from_bytes(&bytes).is_err());
        prop_assert!(Vault::from_bytes(&tagged).is_err());
    }
}

/// A file of some megabytes in which secrets of all sorts lie everywhere, at the borders of pieces too.
fn large(seed: u64) -> String {
    let mut dice = Dice(seed);
    let mut text = String::new();
    let lines = [
        "let {lower:8} = {digit:3}; // nothing {lower:60}",
        "export GITHUB=ghp_{alnum:36}",
        "DB_PASSWORD={alnum:9}",
        "token = \"{alnum:6}{digit:3}{alnum:24}\"",
        "-----BEGIN PRIVATE KEY-----\n{base:64}\n{base:64}\n{base:64}\n-----END PRIVATE KEY-----",
        "kind: Secret\ndata:\n  key: {base:32}",
        "xoxa-{alnum:40}xoxr-{alnum:10} {base:3000}",
        "password={base:20000} {alnum:11}",
    ];
    for at in 0_usize.. {
        if text.len() > 1_300_000 {
            return text;
        }
        let line = lines[if at.is_multiple_of(9) { at / 9 % lines.len() } else { 0 }];
        text.push_str(&made_up(line, &mut dice));
        text.push('\n');
    }
    text
}

#[test]
fn a_file_in_pieces_gives_what_it_gives_as_a_whole() {
    let rules = Rules::builtin();
    for (path, seed) in [("app/.env", 1), ("a.yaml", 2), ("a.txt", 3), ("b.p12", 4)] {
        let path = RelPath::parse(path).unwrap();
        let text = large(seed);
        let whole = rules.scan(&path, text.as_bytes());
        // A key store is one secret, in which all others lie.
        let least = if seed == 4 { 1 } else { 100 };
        assert!(whole.len() >= least, "{path} has few secrets: {}", whole.len());
        for piece in [4096, 100_003, text.len()] {
            let mut scanner = rules.scanner(&path);
            text.as_bytes().chunks(piece).for_each(|piece| scanner.update(piece));
            assert_eq!(scanner.finish(), whole, "{path} in pieces of {piece}");
        }
    }
}

#[test]
fn many_threads_find_the_same() {
    let rules = Rules::builtin();
    let path = RelPath::parse(".env").unwrap();
    let text = large(5);
    let text = &text[..100_000];
    let alone = rules.scan(&path, text.as_bytes());
    std::thread::scope(|scope| {
        let workers: Vec<_> =
            (0..4).map(|_| scope.spawn(|| rules.scan(&path, text.as_bytes()))).collect();
        for worker in workers {
            assert_eq!(worker.join().unwrap(), alone);
        }
    });
}
