//! What can be known of a pattern before it is run: where its keyword stands, how long a match can be, and which bytes
//! it can begin with. All answers are on the safe side: what is not understood is not claimed.

use regex_syntax::hir::{Class, Hir, HirKind};

/// How many bytes of the beginning of a match are looked at before the pattern is run.
const GUARD_MAX: usize = 24;
/// Patterns that begin in more ways than this count as not understood.
const WAYS_MAX: usize = 64;
/// Classes of more letters than this are not taken apart.
const LETTERS_MAX: usize = 8;

/// A set of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bytes([u64; 4]);

impl Bytes {
    const NONE: Self = Self([0; 4]);

    fn add(&mut self, first: u8, last: u8) {
        for byte in first..=last {
            if let Some(word) = self.0.get_mut(usize::from(byte >> 6)) {
                *word |= 1 << (byte & 63);
            }
        }
    }

    pub(super) fn holds(&self, byte: u8) -> bool {
        self.0.get(usize::from(byte >> 6)).is_some_and(|word| word >> (byte & 63) & 1 == 1)
    }

    fn union(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine |= theirs;
        }
    }
}

/// The first bytes that a match has, one set for each: shorter than any match.
pub(super) fn guard(hir: &Hir) -> Vec<Bytes> {
    let mut sets = Vec::new();
    begin_sets(hir, &mut sets);
    sets.truncate(GUARD_MAX);
    sets
}

/// Adds the sets of `hir`; true if all its matches are as long as what was added, so that the next part follows.
fn begin_sets(hir: &Hir, sets: &mut Vec<Bytes>) -> bool {
    if sets.len() >= GUARD_MAX {
        return false;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(literal) => {
            sets.extend(literal.0.iter().map(|byte| {
                let mut set = Bytes::NONE;
                set.add(*byte, *byte);
                set
            }));
            true
        }
        HirKind::Class(class) => match bytes_of(class) {
            Some(set) => {
                sets.push(set);
                true
            }
            None => false,
        },
        HirKind::Capture(capture) => begin_sets(&capture.sub, sets),
        HirKind::Concat(parts) => parts.iter().all(|part| begin_sets(part, sets)),
        HirKind::Repetition(repetition) => {
            let goes_on = (0..repetition.min).all(|_| begin_sets(&repetition.sub, sets));
            goes_on && repetition.max == Some(repetition.min)
        }
        HirKind::Alternation(ways) => {
            let mut common: Option<Vec<Bytes>> = None;
            let mut goes_on = true;
            for way in ways {
                let mut these = Vec::new();
                goes_on &= begin_sets(way, &mut these);
                common = Some(match common {
                    None => these,
                    Some(known) => {
                        goes_on &= known.len() == these.len();
                        known
                            .into_iter()
                            .zip(these)
                            .map(|(mut a, b)| {
                                a.union(&b);
                                a
                            })
                            .collect()
                    }
                });
            }
            sets.extend(common.unwrap_or_default());
            goes_on
        }
    }
}

/// The bytes of a class whose characters are one byte each.
fn bytes_of(class: &Class) -> Option<Bytes> {
    let mut set = Bytes::NONE;
    match class {
        Class::Bytes(class) => class.iter().for_each(|range| set.add(range.start(), range.end())),
        Class::Unicode(class) => {
            for range in class.iter() {
                let (first, last) =
                    (u8::try_from(range.start()).ok()?, u8::try_from(range.end()).ok()?);
                if !last.is_ascii() {
                    return None;
                }
                set.add(first, last);
            }
        }
    }
    Some(set)
}

/// True if each match begins with one of the keywords, in any case.
pub(super) fn begins(hir: &Hir, keys: &[&[u8]]) -> bool {
    begins_all(&[hir], keys)
}

/// True if each match holds one of the keywords, in any case.
pub(super) fn contains(hir: &Hir, keys: &[&[u8]]) -> bool {
    if begins(hir, keys) {
        return true;
    }
    match hir.kind() {
        HirKind::Literal(_) => contains_from(hir, &[], keys),
        HirKind::Concat(parts) => (0..parts.len()).any(|at| {
            let rest: Vec<&Hir> = parts.iter().skip(at.saturating_add(1)).collect();
            parts
                .get(at)
                .is_some_and(|part| contains_from(part, &rest, keys) || contains(part, keys))
        }),
        HirKind::Alternation(ways) => ways.iter().all(|way| contains(way, keys)),
        HirKind::Capture(capture) => contains(&capture.sub, keys),
        HirKind::Repetition(repetition) => repetition.min > 0 && contains(&repetition.sub, keys),
        _ => false,
    }
}

/// True if each match of `part` and what follows begins with a keyword in `part`, or, of a literal, within it.
fn contains_from(part: &Hir, rest: &[&Hir], keys: &[&[u8]]) -> bool {
    let all = |first: &Hir| {
        let parts: Vec<&Hir> = std::iter::once(first).chain(rest.iter().copied()).collect();
        begins_all(&parts, keys)
    };
    let HirKind::Literal(literal) = part.kind() else { return all(part) };
    let text = &literal.0;
    (0..text.len()).any(|at| {
        let end = text.get(at..).unwrap_or_default();
        let may = keys.iter().any(|key| {
            key.first().zip(end.first()).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b))
        });
        may && all(&Hir::literal(end))
    })
}

/// One way in which a match can begin: the bytes so far, in lower case.
#[derive(Debug, Clone, Default)]
struct Way {
    text: Vec<u8>,
    done: bool,
}

fn begins_all(parts: &[&Hir], keys: &[&[u8]]) -> bool {
    let mut ways = vec![Way::default()];
    for part in parts {
        match grow(part, ways, keys) {
            Some(grown) => ways = grown,
            None => return false,
        }
        if ways.iter().all(|way| way.done) {
            return !keys.is_empty();
        }
    }
    false
}

/// Each way, followed by each way of `hir`. Nothing if one of them leads to no keyword, or there are too many.
fn grow(hir: &Hir, ways: Vec<Way>, keys: &[&[u8]]) -> Option<Vec<Way>> {
    if ways.len() > WAYS_MAX {
        return None;
    }
    if ways.iter().all(|way| way.done) {
        return Some(ways);
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(ways),
        HirKind::Literal(literal) => literal.0.iter().try_fold(ways, |ways, byte| {
            ways.into_iter().map(|way| step(way, *byte, keys)).collect()
        }),
        HirKind::Class(class) => {
            let set = bytes_of(class)?;
            let mut letters: Vec<u8> = (0..=255)
                .filter(|byte| set.holds(*byte))
                .map(|byte| byte.to_ascii_lowercase())
                .collect();
            letters.sort_unstable();
            letters.dedup();
            let mut grown = Vec::new();
            for way in ways {
                if way.done {
                    grown.push(way);
                    continue;
                }
                if letters.len() > LETTERS_MAX {
                    return None;
                }
                for letter in &letters {
                    grown.push(step(way.clone(), *letter, keys)?);
                }
            }
            Some(grown)
        }
        HirKind::Capture(capture) => grow(&capture.sub, ways, keys),
        HirKind::Concat(parts) => parts.iter().try_fold(ways, |ways, part| grow(part, ways, keys)),
        HirKind::Alternation(branches) => {
            let mut grown = Vec::new();
            for branch in branches {
                grown.extend(grow(branch, ways.clone(), keys)?);
            }
            Some(grown)
        }
        HirKind::Repetition(repetition) => {
            let limit = u32::try_from(WAYS_MAX).unwrap_or(u32::MAX);
            let mut least = ways;
            for _ in 0..repetition.min.min(limit) {
                least = grow(&repetition.sub, least, keys)?;
            }
            if repetition.max == Some(repetition.min) || least.iter().all(|way| way.done) {
                return Some(least);
            }
            if repetition.max != Some(repetition.min.saturating_add(1)) {
                return None;
            }
            let more = grow(&repetition.sub, least.clone(), keys)?;
            least.extend(more);
            Some(least)
        }
    }
}

/// One more byte; nothing if no keyword begins like this.
fn step(mut way: Way, byte: u8, keys: &[&[u8]]) -> Option<Way> {
    if way.done {
        return Some(way);
    }
    way.text.push(byte.to_ascii_lowercase());
    way.done = keys.iter().any(|key| way.text == *key);
    (way.done || keys.iter().any(|key| key.starts_with(&way.text))).then_some(way)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hir(pattern: &str) -> Hir {
        regex_syntax::ParserBuilder::new()
            .unicode(false)
            .utf8(false)
            .build()
            .parse(pattern)
            .unwrap()
    }

    #[test]
    fn a_keyword_at_the_beginning_is_known_in_any_case() {
        for pattern in
            [r"\bkey-[a-z]+", "(?i)(KEY|kEx)-x", "(?:ke)(?:y|x)-", "ke(?:y-|x-)x?", "(?:k)?key-"]
        {
            let known = begins(&hir(pattern), &[b"key-", b"kex-"]);
            assert_eq!(known, pattern != "(?:k)?key-", "{pattern}");
        }
        assert!(!begins(&hir("ke"), &[b"key"]));
        assert!(!begins(&hir("key|other"), &[b"key"]));
        assert!(!begins(&hir("[a-z]*key"), &[b"key"]));
    }

    #[test]
    fn a_keyword_further_on_is_known() {
        assert!(contains(&hir("[a-z]{3}(?i:key)x"), &[b"key"]));
        assert!(contains(&hir("a(?:xkey|y[0-9]key)"), &[b"key"]));
        assert!(!contains(&hir("a(?:xkey|y)"), &[b"key"]));
        assert!(!contains(&hir("(?:key)*x"), &[b"key"]));
    }

    #[test]
    fn the_first_bytes_are_those_that_each_way_has() {
        let fits = |pattern: &str, text: &[u8]| {
            let sets = guard(&hir(pattern));
            (sets.len(), sets.iter().zip(text).all(|(set, byte)| set.holds(*byte)))
        };
        assert_eq!(fits("ab[0-9]{3}x?y", b"ab123"), (5, true));
        assert_eq!(fits("ab[0-9]{3}x?y", b"abx23"), (5, false));
        assert_eq!(fits("(?:ab|c)d", b"ad"), (1, true));
        assert_eq!(fits("(?:ab|cd)e", b"cbe"), (3, true));
        assert_eq!(fits("a{30}", b"a").0, GUARD_MAX);
    }
}
