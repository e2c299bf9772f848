//! Text in which each secret is replaced by a hole: `[holdall:redacted:RULE:ID]`.
//!
//! The ID is a keyed hash of rule and secret. Without the key it tells nothing of the secret, and nobody can make up a
//! hole that a vault fills. The same secret has the same hole everywhere, in every run with the same key. Text that
//! looks like the beginning of a hole is written as `[holdall:redacted:quoted]`, so each hole in the result is one.
//! Nothing in a hole needs to be escaped in JSON, YAML, TOML, XML, HTML, CSV or Markdown.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use memchr::memmem;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::finding::Finding;
use super::format::is_id;

/// How each hole begins.
pub(super) const PREFIX: &[u8] = b"[holdall:redacted:";
/// What stands for a prefix that was in the text.
pub(super) const QUOTED: &[u8] = b"[holdall:redacted:quoted]";

/// The name of a hole: a keyed hash of its rule and its secret.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HoleId(pub(super) [u8; 8]);

impl fmt::Display for HoleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for HoleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The key that names holes. It is wiped when it is dropped and cannot be printed.
#[derive(Clone)]
pub struct Marker(Zeroizing<[u8; 32]>);

impl fmt::Debug for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Marker")
    }
}

impl Marker {
    /// A marker with this key, which should be random; keep it with the vault to get the same holes again.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self(Zeroizing::new(key))
    }

    pub(super) fn key(&self) -> &[u8; 32] {
        &self.0
    }

    /// The name of the hole for a secret. Only a part of the hash is used, so more cannot be appended to what was
    /// hashed.
    pub(super) fn id(&self, rule: &str, secret: &[u8]) -> HoleId {
        let mut hash = Sha256::new();
        hash.update(b"holdall hole 1\0");
        hash.update(self.key());
        hash.update(rule.as_bytes());
        hash.update([0]);
        hash.update(secret);
        let digest: [u8; 32] = hash.finalize().into();
        let mut id = [0; 8];
        id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        HoleId(id)
    }
}

/// A secret that was taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hole {
    /// Its name.
    pub id: HoleId,
    /// The rule that found it.
    pub rule: Arc<str>,
    /// The line of the hole in the redacted text, from one.
    pub line: u64,
    /// The bytes of the hole in the redacted text.
    pub range: Range<usize>,
    /// The bytes of the secret in the text as it was.
    pub source: Range<usize>,
}

/// A text without its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Redacted {
    /// The text.
    pub bytes: Vec<u8>,
    /// Its holes in their order.
    pub holes: Vec<Hole>,
}

/// Replaces what was found by holes; findings that overlap become one. Findings beyond the content are ignored.
#[must_use]
pub fn redact(content: &[u8], findings: &[Finding], marker: &Marker) -> Redacted {
    let mut out = Redacted::default();
    let mut line = 1;
    let mut at = 0;
    for (source, rule) in merged(content, findings) {
        quote(content.get(at..source.start).unwrap_or_default(), &mut line, &mut out.bytes);
        let secret = content.get(source.clone()).unwrap_or_default();
        let id = marker.id(&rule, secret);
        let start = out.bytes.len();
        out.bytes.extend_from_slice(PREFIX);
        out.bytes.extend_from_slice(format!("{rule}:{id}]").as_bytes());
        at = source.end;
        out.holes.push(Hole { id, rule, line, range: start..out.bytes.len(), source });
    }
    quote(content.get(at..).unwrap_or_default(), &mut line, &mut out.bytes);
    out
}

/// The parts of the content that findings cover, apart from each other and in order, each with a rule.
fn merged(content: &[u8], findings: &[Finding]) -> Vec<(Range<usize>, Arc<str>)> {
    let fits = |finding: &&Finding| {
        finding.range.start < finding.range.end && finding.range.end <= content.len()
    };
    let mut found: Vec<&Finding> = findings.iter().filter(fits).collect();
    found.sort_by_key(|finding| (finding.range.start, std::cmp::Reverse(finding.range.end)));
    let mut parts: Vec<(Range<usize>, Arc<str>)> = Vec::new();
    for finding in found {
        match parts.last_mut() {
            Some((range, _)) if finding.range.start < range.end => {
                range.end = range.end.max(finding.range.end);
            }
            _ => {
                let rule =
                    if is_id(&finding.rule) { finding.rule.clone() } else { "secret".into() };
                parts.push((finding.range.clone(), rule));
            }
        }
    }
    parts
}

/// Appends text that is kept, with each prefix of a hole in it quoted, and counts its lines.
fn quote(text: &[u8], line: &mut u64, out: &mut Vec<u8>) {
    *line = line.saturating_add(newlines(text));
    let mut rest = text;
    while let Some(at) = memmem::find(rest, PREFIX) {
        let (before, found) = rest.split_at_checked(at).unwrap_or((rest, &[]));
        out.extend_from_slice(before);
        out.extend_from_slice(QUOTED);
        rest = found.get(PREFIX.len()..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
}

pub(super) fn newlines(text: &[u8]) -> u64 {
    u64::try_from(memchr::memchr_iter(b'\n', text).count()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use holdall_tree::RelPath;

    use super::*;
    use crate::secrets::{Fingerprint, Severity};

    fn finding(rule: &str, range: Range<usize>) -> Finding {
        Finding {
            rule: rule.into(),
            description: "".into(),
            severity: Severity::High,
            line: 1,
            column: 1,
            range,
            fingerprint: Fingerprint::new(rule, &RelPath::root(), &[0; 32]),
        }
    }

    #[test]
    fn a_secret_becomes_a_hole_with_its_line() {
        let marker = Marker::new([1; 32]);
        let out = redact(b"a\nb=SECRET;\n", &[finding("r-1", 4..10)], &marker);
        let text = String::from_utf8(out.bytes.clone()).unwrap();
        let id = out.holes[0].id;
        assert_eq!(text, format!("a\nb=[holdall:redacted:r-1:{id}];\n"));
        assert_eq!((out.holes[0].line, out.holes[0].source.clone()), (2, 4..10));
        assert_eq!(
            &out.bytes[out.holes[0].range.clone()],
            format!("[holdall:redacted:r-1:{id}]").as_bytes()
        );
    }

    #[test]
    fn the_name_of_a_hole_depends_on_key_rule_and_secret() {
        let id = Marker::new([1; 32]).id("a", b"x");
        assert_eq!(id, Marker::new([1; 32]).id("a", b"x"));
        for other in [
            Marker::new([2; 32]).id("a", b"x"),
            Marker::new([1; 32]).id("b", b"x"),
            Marker::new([1; 32]).id("a", b"y"),
        ] {
            assert_ne!(id, other);
        }
    }

    #[test]
    fn findings_that_overlap_become_one_hole_and_those_that_touch_two() {
        let marker = Marker::new([1; 32]);
        let out = redact(
            b"0123456789",
            &[finding("b", 4..8), finding("a", 1..5), finding("c", 8..9)],
            &marker,
        );
        let sources: Vec<_> =
            out.holes.iter().map(|hole| (&*hole.rule, hole.source.clone())).collect();
        assert_eq!(sources, [("a", 1..8), ("c", 8..9)]);
    }

    #[test]
    fn nothing_tells_the_key() {
        assert_eq!(format!("{:?}", Marker::new([65; 32])), "Marker");
    }
}
