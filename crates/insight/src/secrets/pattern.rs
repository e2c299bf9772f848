//! Patterns: read, planned and built only when a keyword of theirs has been seen.
//!
//! They are over bytes: `\w`, `\d`, `\b` and case mean ASCII unless a pattern says `(?u)`.

use std::borrow::Cow;
use std::ops::Range;

use regex_automata::meta::{Builder, Config, Regex};
use regex_automata::{Anchored, Input};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::Hir;

use super::analyse::{self, Bytes};
use super::format::{Pattern, Spec};

/// No match of any rule is longer than this, in bytes, and no keyword further from it.
pub(super) const REACH_MAX: usize = 48 << 10;
/// How long a match can be of a pattern that sets no limit and begins with its keyword.
const REACH_FROM_KEY: usize = 16 << 10;
/// The same of one whose keyword stands elsewhere in it.
const REACH_AROUND: usize = 1 << 10;
/// How far from its keyword a match may be that does not hold it.
const REACH_NEAR: usize = 256;
/// A pattern that needs more memory than this is refused, in bytes.
const SIZE_MAX: usize = 4 << 20;
/// Parentheses in parentheses.
const NEST_MAX: u32 = 64;

/// What may stand before the name in an assignment, at most.
const BEFORE_NAME_MAX: usize = 50;
/// What is looked at behind a name for the sign of an assignment, at most.
const BEFORE_SIGN_MAX: usize = 96;

/// Why a pattern is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PatternError {
    /// The character it is about, from one; zero if it is about the whole.
    pub(super) column: usize,
    pub(super) reason: String,
}

/// Where matches of a pattern are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// From the keyword on.
    FromKey(usize),
    /// In so many bytes on both sides of the keyword.
    Around(usize),
    /// In each line.
    Lines,
}

/// A pattern, understood but not built.
#[derive(Debug)]
pub(super) struct Plan {
    hir: Hir,
    pub(super) place: Place,
    guard: Vec<Bytes>,
    assigned: bool,
    /// Each match holds a keyword, or needs none.
    #[cfg(test)]
    pub(super) holds_key: bool,
}

/// A match, and the secret in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) whole: Range<usize>,
    pub(super) secret: Range<usize>,
}

impl Plan {
    pub(super) fn new(spec: &Spec<'_>) -> Result<Option<Self>, PatternError> {
        let Some(text) = text_of(&spec.pattern) else { return Ok(None) };
        let in_lines = spec.keys.is_empty();
        let hir = read(&text, in_lines)?;
        let keys: Vec<&[u8]> = spec.keys.iter().map(|key| key.as_bytes()).collect();
        let longest = hir.properties().maximum_len();
        let place = if in_lines {
            Place::Lines
        } else if analyse::begins(&hir, &keys) {
            Place::FromKey(spec.reach.or(longest).unwrap_or(REACH_FROM_KEY).min(REACH_MAX))
        } else if analyse::contains(&hir, &keys) {
            Place::Around(spec.reach.or(longest).unwrap_or(REACH_AROUND).min(REACH_MAX))
        } else {
            Place::Around(spec.reach.unwrap_or(REACH_NEAR).min(REACH_MAX))
        };
        let guard = analyse::guard(&hir);
        let assigned = matches!(spec.pattern, Pattern::Assigned { .. });
        #[cfg(test)]
        let holds_key = in_lines || analyse::contains(&hir, &keys);
        Ok(Some(Self {
            hir,
            place,
            guard,
            assigned,
            #[cfg(test)]
            holds_key,
        }))
    }

    pub(super) fn build(&self) -> Result<Regex, PatternError> {
        build(&self.hir)
    }

    /// False if no match begins with the keyword at `key`, as far as can be told without the pattern.
    pub(super) fn may_begin(&self, hay: &[u8], key: &Range<usize>) -> bool {
        let text = hay.get(key.start..).unwrap_or_default();
        let fits = text.len() >= self.guard.len()
            && self.guard.iter().zip(text).all(|(set, byte)| set.holds(*byte));
        fits && (!self.assigned || is_assigned(hay.get(key.end..).unwrap_or_default()))
    }

    /// What comes before the name belongs to the match of an assignment, though no pattern needs to run over it.
    pub(super) fn widen(&self, hay: &[u8], whole: Range<usize>) -> Range<usize> {
        if !self.assigned {
            return whole;
        }
        let before = hay.get(..whole.start).unwrap_or_default();
        let name = before.iter().rev().take(BEFORE_NAME_MAX);
        let more = name.take_while(|b| is_word(**b) || matches!(b, b'.' | b'-')).count();
        whole.start.saturating_sub(more)..whole.end
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// False if what follows a name is no assignment, whatever the rest of the pattern says.
fn is_assigned(rest: &[u8]) -> bool {
    let sign = rest.iter().take(BEFORE_SIGN_MAX).find(|byte| {
        !(is_word(**byte)
            || byte.is_ascii_whitespace()
            || matches!(byte, b'.' | b'-' | b'\'' | b'"' | 0x0b))
    });
    matches!(sign, Some(b'=' | b'>' | b':' | b'|' | b'?' | b','))
}

fn text_of<'a>(pattern: &'a Pattern<'_>) -> Option<Cow<'a, str>> {
    match pattern {
        Pattern::Path => None,
        Pattern::Regex(text) => Some(Cow::Borrowed(text.as_ref())),
        Pattern::Assigned { names, value, any_case } => {
            let (open, close) = if *any_case { ("(?i)", "") } else { ("(?i:", ")") };
            Some(Cow::Owned(format!(
                r#"{open}(?:{names})(?:[ \t\w.-]{{0,20}})[\s'"]{{0,3}}{close}(?:=|>|:{{1,3}}=|\|\||:|=>|\?=|,)[\x60'"\s=]{{0,5}}({value})(?:[\x60'"\s;]|\\[nr]|$)"#
            )))
        }
    }
}

/// Reads a pattern. In one for lines, `^` and `$` are those of a line.
pub(super) fn read(text: &str, in_lines: bool) -> Result<Hir, PatternError> {
    let mut parser = ParserBuilder::new();
    parser.unicode(false).utf8(false).nest_limit(NEST_MAX).multi_line(in_lines).crlf(in_lines);
    parser.build().parse(text).map_err(|error| {
        let (column, reason) = match &error {
            regex_syntax::Error::Parse(error) => {
                (error.span().start.offset, error.kind().to_string())
            }
            regex_syntax::Error::Translate(error) => {
                (error.span().start.offset, error.kind().to_string())
            }
            other => (0, other.to_string()),
        };
        let before = text.get(..column).unwrap_or_default();
        PatternError { column: before.chars().count().saturating_add(1), reason }
    })
}

/// Builds what runs.
pub(super) fn build(hir: &Hir) -> Result<Regex, PatternError> {
    let config = Config::new()
        .utf8_empty(false)
        .nfa_size_limit(Some(SIZE_MAX))
        .onepass_size_limit(Some(SIZE_MAX));
    Builder::new().configure(config).build_from_hir(hir).map_err(|error| {
        let reason = match error.size_limit() {
            Some(limit) => format!("it needs more memory than {limit} bytes"),
            None => error.to_string(),
        };
        PatternError { column: 0, reason }
    })
}

/// One pattern that matches where one of many does.
pub(super) fn any_of(patterns: &[Cow<'_, str>]) -> Option<Regex> {
    let each: Option<Vec<Hir>> = patterns.iter().map(|text| read(text, false).ok()).collect();
    build(&Hir::alternation(each?)).ok()
}

/// Finds the match that begins where `range` does and lies within it.
pub(super) fn match_at(
    regex: &Regex,
    hay: &[u8],
    range: Range<usize>,
    group: Option<usize>,
) -> Option<Hit> {
    let input = Input::new(hay).range(range).anchored(Anchored::Yes);
    hit(regex, &input, group)
}

/// Finds the matches that lie within `range`, one after the other.
pub(super) fn matches_in(
    regex: &Regex,
    hay: &[u8],
    range: Range<usize>,
    group: Option<usize>,
    found: &mut dyn FnMut(Hit),
) {
    let mut start = range.start;
    while start < range.end {
        let Some(hit) = hit(regex, &Input::new(hay).range(start..range.end), group) else { return };
        start = hit.whole.end.max(start.saturating_add(1));
        found(hit);
    }
}

fn hit(regex: &Regex, input: &Input<'_>, group: Option<usize>) -> Option<Hit> {
    let whole = regex.search(input)?.range();
    let mut groups = regex.create_captures();
    regex.search_captures(&input.clone().range(whole.clone()).anchored(Anchored::Yes), &mut groups);
    let secret = match group {
        Some(group) => groups.get_group(group)?.range(),
        None => {
            let mut named = (1..groups.group_len()).filter_map(|at| groups.get_group(at));
            match named.find(|span| !span.is_empty()) {
                Some(span) => span.range(),
                None => without_line_ends(input.haystack(), whole.clone()),
            }
        }
    };
    Some(Hit { whole, secret })
}

fn without_line_ends(hay: &[u8], range: Range<usize>) -> Range<usize> {
    let text = hay.get(range.clone()).unwrap_or_default();
    let is_end = |byte: &&u8| matches!(byte, b'\n' | b'\r');
    let before = text.iter().take_while(is_end).count();
    let behind = text.iter().rev().take_while(is_end).count();
    let start = range.start.saturating_add(before).min(range.end);
    start..range.end.saturating_sub(behind).max(start)
}
