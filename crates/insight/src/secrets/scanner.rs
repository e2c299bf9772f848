//! The scan: one pass over the bytes for all keywords, and patterns only around the keywords that it meets.
//!
//! Whether something is found depends on no more than [`MARGIN`] bytes on each side of a keyword or of the beginning of
//! a line. So a file that is read piece by piece gives what it gives as a whole.

use std::ops::Range;

use holdall_tree::RelPath;
use sha2::{Digest, Sha256};

use super::allow::{self, Sighting};
use super::custom::KEYWORD_BYTES_MAX;
use super::finding::{Finding, Fingerprint};
use super::pattern::{self, Hit, Place};
use super::rules::{Applied, RANKS, Rule, Rules, Set};
use super::value::entropy;

/// What is kept on each side of the bytes that are being scanned.
const MARGIN: usize = 64 << 10;
/// How much is scanned at once when a file is read piece by piece.
const STEP: usize = 512 << 10;
/// A line that is longer is cut into pieces of this many bytes, for rules that look at lines.
const PIECE: usize = 16 << 10;
/// From the beginning of one piece to that of the next.
const PIECE_STEP: usize = 12 << 10;
/// How much of a line on each side of a match decides about exceptions.
const LINE_CONTEXT: usize = 2 << 10;

// The longest match, what decides about it and the longest keyword lie within the margin.
const _: () =
    assert!(pattern::REACH_MAX + 2 * LINE_CONTEXT + KEYWORD_BYTES_MAX + PIECE <= MARGIN + 8 * 1024);
const _: () = assert!(pattern::REACH_MAX + 2 * LINE_CONTEXT + KEYWORD_BYTES_MAX <= MARGIN);
const _: () = assert!(PIECE + 2 * LINE_CONTEXT <= MARGIN);

/// A secret, before it is told from the others in its place.
#[derive(Debug, Clone)]
struct Seen {
    rule: usize,
    range: Range<usize>,
    digest: [u8; 32],
    line: u64,
    column: u64,
}

/// Where a part of a file lies in it.
#[derive(Debug, Clone, Copy, Default)]
struct Origin {
    /// The offset of its first byte.
    base: usize,
    /// How many lines end before it.
    lines: u64,
    /// The offset where the line begins that holds its first byte.
    line_start: usize,
}

/// Scans a file that is at hand.
pub(super) fn scan(set: &Set, path: &RelPath, content: &[u8]) -> Vec<Finding> {
    let applied = set.applied(path);
    let mut seen = Vec::new();
    let part = Part { set, path, applied: &applied, hay: content, origin: Origin::default() };
    part.scan(0..content.len(), &mut seen);
    let digest = || Sha256::digest(content).into();
    seen.extend(as_a_whole(set, &applied, content.len(), digest));
    finish(set, path, seen)
}

/// Scans a file that is read piece by piece, in bounded memory (beyond what is found).
///
/// It finds what [`Rules::scan`] finds in the whole.
pub struct Scanner {
    rules: Rules,
    path: RelPath,
    applied: Applied,
    buffer: Vec<u8>,
    origin: Origin,
    /// Keywords that begin before this offset have been looked at.
    scanned: usize,
    whole: Option<Sha256>,
    seen: Vec<Seen>,
}

impl std::fmt::Debug for Scanner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scanner").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Scanner {
    pub(super) fn new(rules: Rules, path: RelPath) -> Self {
        let applied = rules.0.applied(&path);
        let whole = (!applied.whole.is_empty()).then(Sha256::new);
        Self {
            rules,
            path,
            applied,
            buffer: Vec::new(),
            origin: Origin::default(),
            scanned: 0,
            whole,
            seen: Vec::new(),
        }
    }

    /// Takes the next bytes of the file.
    pub fn update(&mut self, bytes: &[u8]) {
        if let Some(hash) = &mut self.whole {
            hash.update(bytes);
        }
        for bytes in bytes.chunks(STEP) {
            self.buffer.extend_from_slice(bytes);
            let ready = self.end().saturating_sub(MARGIN);
            if ready.saturating_sub(self.scanned) >= STEP {
                self.scan_to(ready);
                self.forget();
            }
        }
    }

    /// All that was found, in the order in which it begins.
    #[must_use]
    pub fn finish(mut self) -> Vec<Finding> {
        let end = self.end();
        self.scan_to(end);
        let hash = self.whole.take();
        let digest = || hash.unwrap_or_default().finalize().into();
        self.seen.extend(as_a_whole(&self.rules.0, &self.applied, end, digest));
        finish(&self.rules.0, &self.path, self.seen)
    }

    fn end(&self) -> usize {
        self.origin.base.saturating_add(self.buffer.len())
    }

    fn scan_to(&mut self, end: usize) {
        let base = self.origin.base;
        let zone = self.scanned.saturating_sub(base)..end.saturating_sub(base);
        let part = Part {
            set: &self.rules.0,
            path: &self.path,
            applied: &self.applied,
            hay: &self.buffer,
            origin: self.origin,
        };
        part.scan(zone, &mut self.seen);
        self.scanned = end;
    }

    /// Drops what no later scan looks at.
    fn forget(&mut self) {
        let keep = self.scanned.saturating_sub(MARGIN).saturating_sub(self.origin.base);
        let gone = self.buffer.get(..keep).unwrap_or_default();
        for newline in memchr::memchr_iter(b'\n', gone) {
            self.origin.lines = self.origin.lines.saturating_add(1);
            self.origin.line_start = self.origin.base.saturating_add(newline).saturating_add(1);
        }
        self.buffer.drain(..keep.min(self.buffer.len()));
        self.origin.base = self.origin.base.saturating_add(keep);
    }
}

/// A part of a file, and the rules for it.
struct Part<'a> {
    set: &'a Set,
    path: &'a RelPath,
    applied: &'a Applied,
    hay: &'a [u8],
    origin: Origin,
}

impl Part<'_> {
    /// Looks at the keywords and the lines that begin in `zone`.
    fn scan(&self, zone: Range<usize>, seen: &mut Vec<Seen>) {
        let first_new = seen.len();
        self.keywords(&zone, seen);
        if !self.applied.lines.is_empty() {
            self.lines(&zone, seen);
        }
        self.place(seen.get_mut(first_new..).unwrap_or_default());
    }

    fn keywords(&self, zone: &Range<usize>, seen: &mut Vec<Seen>) {
        let Some(finder) = &self.set.finder else { return };
        let end = zone.end.saturating_add(KEYWORD_BYTES_MAX).min(self.hay.len());
        if zone.start > end {
            return;
        }
        let input = aho_corasick::Input::new(self.hay).range(zone.start..end);
        for hit in finder.find_overlapping_iter(input) {
            if hit.start() >= zone.end {
                continue;
            }
            for at in self.set.by_key.get(hit.pattern().as_usize()).into_iter().flatten() {
                let Some(rule) = self.set.rules.get(*at) else { continue };
                if !rule.placed || self.applied.keyed.binary_search(at).is_ok() {
                    self.at_key(*at, rule, hit.range(), seen);
                }
            }
        }
    }

    fn at_key(&self, at: usize, rule: &Rule, key: Range<usize>, seen: &mut Vec<Seen>) {
        let Some(plan) = rule.plan() else { return };
        let mut found = |hit: Hit| {
            let whole = plan.widen(self.hay, hit.whole);
            self.judge(at, rule, Hit { whole, secret: hit.secret }, seen);
        };
        match plan.place {
            Place::FromKey(reach) => {
                if !plan.may_begin(self.hay, &key) {
                    return;
                }
                let Some(regex) = rule.regex() else { return };
                let end = key.start.saturating_add(reach).min(self.hay.len());
                let hit = pattern::match_at(regex, self.hay, key.start..end, rule.spec.group);
                hit.into_iter().for_each(&mut found);
            }
            Place::Around(reach) => {
                let Some(regex) = rule.regex() else { return };
                let start = key.start.saturating_sub(reach);
                let end = key.end.saturating_add(reach).min(self.hay.len());
                pattern::matches_in(regex, self.hay, start..end, rule.spec.group, &mut found);
            }
            Place::Lines => {}
        }
    }

    /// Tries the rules for lines on each line, or piece of a long line, that begins in `zone`.
    fn lines(&self, zone: &Range<usize>, seen: &mut Vec<Seen>) {
        let mut at = self.first_piece(zone.start);
        while at < zone.end {
            let limit = at.saturating_add(PIECE).min(self.hay.len());
            let text = self.hay.get(at..limit).unwrap_or_default();
            let newline = memchr::memchr(b'\n', text);
            let end = newline.map_or(limit, |newline| at.saturating_add(newline));
            for index in &self.applied.lines {
                let Some(rule) = self.set.rules.get(*index) else { continue };
                let Some(regex) = rule.regex() else { continue };
                pattern::matches_in(regex, self.hay, at..end, rule.spec.group, &mut |hit| {
                    self.judge(*index, rule, hit, seen);
                });
            }
            at = match newline {
                Some(_) => end.saturating_add(1),
                None if limit == self.hay.len() => return,
                None => at.saturating_add(PIECE_STEP),
            };
        }
    }

    /// Where the first line, or piece of a line, begins that does not begin before `start`.
    fn first_piece(&self, start: usize) -> usize {
        let before = self.hay.get(..start).unwrap_or_default();
        let in_line = match memchr::memrchr(b'\n', before) {
            Some(newline) => start.saturating_sub(newline).saturating_sub(1),
            None => self.origin.base.saturating_add(start).saturating_sub(self.origin.line_start),
        };
        let next =
            start.saturating_add(in_line.next_multiple_of(PIECE_STEP).saturating_sub(in_line));
        let between = self.hay.get(start..next.min(self.hay.len())).unwrap_or_default();
        match memchr::memchr(b'\n', between) {
            Some(newline) => start.saturating_add(newline).saturating_add(1),
            None => next,
        }
    }

    /// Keeps a hit that is a secret.
    fn judge(&self, at: usize, rule: &Rule, hit: Hit, seen: &mut Vec<Seen>) {
        let range = whole_characters(self.hay, hit.secret);
        let secret = self.hay.get(range.clone()).unwrap_or_default();
        let matched = self.hay.get(hit.whole.clone()).unwrap_or_default();
        let base = self.origin.base;
        let place = base.saturating_add(range.start)..base.saturating_add(range.end);
        // Two keywords in one name find the same.
        let again = seen.iter().rev().take(4).any(|other| other.rule == at && other.range == place);
        if secret.is_empty() || again || !rule.spec.check.passes(secret, matched) {
            return;
        }
        if rule.spec.entropy > 0.0 && entropy(secret) <= rule.spec.entropy {
            return;
        }
        let line = self.line_of(&hit.whole);
        let sighting = Sighting { path: self.path.as_bytes(), secret, matched, line };
        let excused = allow::is_excused(line)
            || self.set.exceptions.excuse(secret)
            || rule.allows.iter().any(|list| list.excuses(&sighting))
            || rule.shared.iter().any(|list| list.excuses(&sighting));
        if !excused {
            let digest = Sha256::digest(secret).into();
            seen.push(Seen { rule: at, range: place, digest, line: 0, column: 0 });
        }
    }

    /// The lines that a match touches, as far as they count.
    fn line_of(&self, whole: &Range<usize>) -> &[u8] {
        let from = whole.start.saturating_sub(LINE_CONTEXT);
        let before = self.hay.get(from..whole.start).unwrap_or_default();
        let start = memchr::memrchr(b'\n', before)
            .map_or(from, |newline| from.saturating_add(newline).saturating_add(1));
        // A match may end with the end of its line.
        let last = whole.end.saturating_sub(1).max(whole.start);
        let limit = last.saturating_add(LINE_CONTEXT).min(self.hay.len());
        let behind = self.hay.get(last..limit).unwrap_or_default();
        let end =
            memchr::memchr(b'\n', behind).map_or(limit, |newline| last.saturating_add(newline));
        self.hay.get(start..end).unwrap_or_default()
    }

    /// Counts lines and columns.
    fn place(&self, seen: &mut [Seen]) {
        seen.sort_by_key(|seen| seen.range.start);
        let Origin { base, mut lines, mut line_start } = self.origin;
        let mut counted = 0;
        for seen in seen {
            let start = seen.range.start.saturating_sub(base);
            let between = self.hay.get(counted..start).unwrap_or_default();
            for newline in memchr::memchr_iter(b'\n', between) {
                lines = lines.saturating_add(1);
                line_start = base.saturating_add(counted).saturating_add(newline).saturating_add(1);
            }
            counted = start.max(counted);
            seen.line = lines.saturating_add(1);
            seen.column = as_u64(seen.range.start.saturating_sub(line_start)).saturating_add(1);
        }
    }
}

fn as_u64(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// The smallest range around `range` that splits no character of UTF-8.
fn whole_characters(hay: &[u8], range: Range<usize>) -> Range<usize> {
    let goes_on = |at: usize| hay.get(at).is_some_and(|byte| byte & 0xC0 == 0x80);
    let (mut start, mut end) = (range.start, range.end);
    for _ in 0..3 {
        if start > 0 && goes_on(start) {
            start = start.saturating_sub(1);
        }
        if goes_on(end) {
            end = end.saturating_add(1);
        }
    }
    start..end
}

/// What rules say that take the file as a whole for a secret.
fn as_a_whole(
    set: &Set,
    applied: &Applied,
    len: usize,
    digest: impl FnOnce() -> [u8; 32],
) -> Vec<Seen> {
    if applied.whole.is_empty() || len == 0 {
        return Vec::new();
    }
    let digest = digest();
    let known = applied.whole.iter().filter(|at| set.rules.get(**at).is_some());
    known.map(|at| Seen { rule: *at, range: 0..len, digest, line: 1, column: 1 }).collect()
}

/// Leaves one finding of those that lie in one another, the one that is known best, and names them.
fn finish(set: &Set, path: &RelPath, mut seen: Vec<Seen>) -> Vec<Finding> {
    if set.exceptions.excuse_path(path) {
        return Vec::new();
    }
    let rank = |seen: &Seen| set.rules.get(seen.rule).map(|rule| rule.rank);
    seen.sort_by(|a, b| {
        let place = a.range.start.cmp(&b.range.start).then(b.range.end.cmp(&a.range.end));
        place.then(rank(b).cmp(&rank(a))).then(a.rule.cmp(&b.rule))
    });
    // For each rank how far the findings reach that began before.
    let mut reached = [0; RANKS];
    let mut findings = Vec::new();
    for seen in seen {
        let Some(rule) = set.rules.get(seen.rule) else { continue };
        let better = reached.get(rule.rank as usize..).unwrap_or_default();
        if better.iter().any(|end| *end >= seen.range.end) {
            continue;
        }
        if let Some(end) = reached.get_mut(rule.rank as usize) {
            *end = seen.range.end.max(*end);
        }
        findings.push(Finding {
            rule: rule.id.clone(),
            description: rule.about.clone(),
            severity: rule.spec.severity,
            line: seen.line,
            column: seen.column,
            range: seen.range,
            fingerprint: Fingerprint::new(&rule.id, path, &seen.digest),
        });
    }
    findings
}
