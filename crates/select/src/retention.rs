//! Which captures of a line are kept, and why: restic's rules, decided without touching anything.
//!
//! Captures of one line (snapshots of a group, clones of a project) are given newest first. Each rule keeps one a period (hour, day,
//! ISO week, month, year), up to its count or, for `within`, back to a span before the newest. If a counting rule is
//! not used up at the end, the oldest one is kept by it too.

use std::fmt;
use std::str::FromStr;

use holdall_tree::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;

/// A text that is no span.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no duration such as 1y5m7d2h")]
pub struct NoSpan(String);

/// How many a rule keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Count {
    /// None: the rule is off.
    #[default]
    None,
    /// Up to this many.
    Of(u32),
    /// One for every period.
    All,
}

/// A stretch of time as people write it: `1y5m7d2h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// Years.
    pub years: u32,
    /// Months.
    pub months: u32,
    /// Days.
    pub days: u32,
    /// Hours.
    pub hours: u32,
}

impl FromStr for Span {
    type Err = NoSpan;

    fn from_str(text: &str) -> Result<Self, NoSpan> {
        let bad = || NoSpan(text.to_owned());
        let mut span = Self::default();
        let mut number = String::new();
        for c in text.chars() {
            if c.is_ascii_digit() {
                number.push(c);
                continue;
            }
            let slot = match c {
                'y' => &mut span.years,
                'm' => &mut span.months,
                'd' => &mut span.days,
                'h' => &mut span.hours,
                _ => return Err(bad()),
            };
            *slot = std::mem::take(&mut number).parse().map_err(|_| bad())?;
        }
        if !number.is_empty() || span == Self::default() {
            return Err(bad());
        }
        Ok(span)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, unit) in
            [(self.years, 'y'), (self.months, 'm'), (self.days, 'd'), (self.hours, 'h')]
        {
            if number != 0 {
                write!(f, "{number}{unit}")?;
            }
        }
        Ok(())
    }
}

/// What to keep.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    /// The newest ones.
    pub last: Count,
    /// The newest of each hour.
    pub hourly: Count,
    /// The newest of each day.
    pub daily: Count,
    /// The newest of each week.
    pub weekly: Count,
    /// The newest of each month.
    pub monthly: Count,
    /// The newest of each year.
    pub yearly: Count,
    /// All within this span before the newest.
    pub within: Option<Span>,
    /// The newest of each hour within this span.
    pub within_hourly: Option<Span>,
    /// The newest of each day within this span.
    pub within_daily: Option<Span>,
    /// The newest of each week within this span.
    pub within_weekly: Option<Span>,
    /// The newest of each month within this span.
    pub within_monthly: Option<Span>,
    /// The newest of each year within this span.
    pub within_yearly: Option<Span>,
    /// Those with all labels of one of these sets. An empty label stands for having none.
    pub tags: Vec<Vec<String>>,
    /// The present, if known: spans are not counted from a snapshot that claims to be of the future.
    pub now: Option<Timestamp>,
}

/// A capture, as far as rules look at it.
pub trait Captured {
    /// When it was made.
    fn time(&self) -> Timestamp;

    /// By how many seconds the clocks where it was made are ahead of UTC.
    fn offset(&self) -> i32;

    /// True if it has all of these labels. An empty label stands for having none.
    fn has_tags(&self, wanted: &[String]) -> bool;
}

/// True if `tags` has all that are wanted, or has none where an empty one is wanted.
#[must_use]
pub fn has_tags(tags: &[String], wanted: &[String]) -> bool {
    wanted.iter().all(|tag| if tag.is_empty() { tags.is_empty() } else { tags.contains(tag) })
}

impl Policy {
    /// True if no rule is set. Such a policy keeps everything; one whose rules count to zero keeps nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self { now: self.now, ..Self::default() }
    }
}

/// The decisions about one line, the newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Line<T> {
    /// What is kept, with the rules that keep it.
    pub keep: Vec<(T, Vec<String>)>,
    /// What no rule keeps.
    pub remove: Vec<T>,
}

/// A rule while it is applied: what it counts, how much is left, and the period it kept last.
struct Rule {
    word: &'static str,
    period: fn(DateTime) -> i64,
    left: Count,
    last: Option<i64>,
}

struct Within {
    word: &'static str,
    period: fn(DateTime) -> i64,
    span: Option<Span>,
    last: Option<i64>,
}

/// Decides about a line, which is given newest first. `noun` is what reasons call one of its captures.
#[must_use]
pub fn decide<T: Captured>(line: Vec<T>, policy: &Policy, noun: &str) -> Line<T> {
    if policy.is_empty() {
        let reasons = vec!["no rule is set".to_owned()];
        let keep = line.into_iter().map(|one| (one, reasons.clone())).collect();
        return Line { keep, remove: Vec::new() };
    }
    let mut rules = [
        Rule { word: "last", period: |_| 0, left: policy.last, last: None },
        Rule { word: "hourly", period: hour, left: policy.hourly, last: None },
        Rule { word: "daily", period: day, left: policy.daily, last: None },
        Rule { word: "weekly", period: week, left: policy.weekly, last: None },
        Rule { word: "monthly", period: month, left: policy.monthly, last: None },
        Rule { word: "yearly", period: year, left: policy.yearly, last: None },
    ];
    let mut withins = [
        Within { word: "hourly within", period: hour, span: policy.within_hourly, last: None },
        Within { word: "daily within", period: day, span: policy.within_daily, last: None },
        Within { word: "weekly within", period: week, span: policy.within_weekly, last: None },
        Within { word: "monthly within", period: month, span: policy.within_monthly, last: None },
        Within { word: "yearly within", period: year, span: policy.within_yearly, last: None },
    ];
    let past = |at: &(Timestamp, i32)| policy.now.is_none_or(|now| at.0 < now);
    let newest = line.iter().map(|one| (one.time(), one.offset())).find(past).unwrap_or_default();
    let count = line.len();
    let (mut keep, mut remove) = (Vec::new(), Vec::new());
    for (nr, one) in line.into_iter().enumerate() {
        let (time, oldest) = (one.time(), nr + 1 == count);
        let at = local(time, one.offset());
        let mut reasons = Vec::new();
        for wanted in &policy.tags {
            if one.has_tags(wanted) {
                reasons.push(format!("has tags {}", wanted.join(", ")));
            }
        }
        if let Some(span) = policy.within.filter(|span| is_within(time, newest, *span)) {
            reasons.push(format!("within {span}"));
        }
        for rule in &mut rules {
            // The newest ones differ by their place alone.
            let period = if rule.word == "last" { nr as i64 } else { (rule.period)(at) };
            apply(rule, period, oldest, noun, &mut reasons);
        }
        for within in &mut withins {
            let span = within.span.filter(|span| is_within(time, newest, *span));
            let Some(span) = span else { continue };
            let period = (within.period)(at);
            let new = within.last.replace(period) != Some(period);
            if new || oldest {
                let oldest = if new { "" } else { "oldest " };
                reasons.push(format!("{oldest}{} {span}", within.word));
            }
        }
        if reasons.is_empty() {
            remove.push(one);
        } else {
            keep.push((one, reasons));
        }
    }
    Line { keep, remove }
}

fn apply(rule: &mut Rule, period: i64, oldest: bool, noun: &str, reasons: &mut Vec<String>) {
    if matches!(rule.left, Count::None | Count::Of(0)) {
        return;
    }
    let new = rule.last != Some(period);
    if !new && !oldest {
        return;
    }
    rule.last = Some(period);
    if let Count::Of(left) = &mut rule.left {
        *left -= 1;
    }
    let oldest = if new { "" } else { "oldest " };
    reasons.push(format!("{oldest}{} {noun}", rule.word));
}

/// The wall-clock time where a capture was made.
fn local(time: Timestamp, offset: i32) -> DateTime {
    let offset = Offset::from_seconds(offset).unwrap_or(Offset::UTC);
    jiff::Timestamp::from_second(time.secs).map_or(DateTime::ZERO, |at| offset.to_datetime(at))
}

fn hour(at: DateTime) -> i64 {
    day(at) * 100 + i64::from(at.hour())
}

fn day(at: DateTime) -> i64 {
    month(at) * 100 + i64::from(at.day())
}

fn week(at: DateTime) -> i64 {
    let week = at.date().iso_week_date();
    i64::from(week.year()) * 100 + i64::from(week.week())
}

fn month(at: DateTime) -> i64 {
    year(at) * 100 + i64::from(at.month())
}

fn year(at: DateTime) -> i64 {
    i64::from(at.year())
}

/// True if the span is not zero and `at` lies after `span` before `newest`, counted on the calendar where the newest was made. Days beyond the
/// end of a month carry over into the next, as in Go.
fn is_within(at: Timestamp, (newest, offset): (Timestamp, i32), span: Span) -> bool {
    if span == Span::default() {
        return false;
    }
    let from = local(newest, offset);
    let months = i64::from(from.year()) * 12 + i64::from(from.month())
        - 1
        - i64::from(span.months)
        - i64::from(span.years) * 12;
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
    let first = i16::try_from(year)
        .ok()
        .zip(i8::try_from(month).ok())
        .and_then(|(y, m)| Date::new(y, m, 1).ok());
    let Some(first) = first else { return true };
    let epoch = Date::constant(1970, 1, 1);
    let days = first.since(epoch).map_or(0, |span| i64::from(span.get_days()));
    let days = days + i64::from(from.day()) - 1 - i64::from(span.days);
    let clock =
        i64::from(from.hour()) * 3600 + i64::from(from.minute()) * 60 + i64::from(from.second());
    let secs = days * 86_400 + clock - i64::from(span.hours) * 3600 - i64::from(offset);
    at > Timestamp { secs, nanos: newest.nanos }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_written_as_they_are_read() {
        for text in ["1y5m7d2h", "3d", "48h"] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
        }
        for bad in ["", "d", "3", "3w", "-1d", "99999999999d"] {
            assert!(bad.parse::<Span>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_empty_label_stands_for_having_none() {
        let tags = |list: &[&str]| list.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>();
        for (has, wanted, expected) in [
            (&["a", "b"][..], &["a"][..], true),
            (&["a"], &["a", "b"], false),
            (&["a"], &[""], false),
            (&[], &[""], true),
            (&[], &[], true),
        ] {
            assert_eq!(has_tags(&tags(has), &tags(wanted)), expected, "{has:?} {wanted:?}");
        }
    }
}
