//! Which snapshots are kept, and why: restic's rules, decided without touching anything.
//!
//! Snapshots are grouped; within a group the newest comes first. Each rule keeps one snapshot a period (hour, day,
//! ISO week, month, year), up to its count or, for `within`, back to a span before the newest. If a counting rule is
//! not used up at the end, the oldest snapshot is kept by it too.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use holdall_tree::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;

use crate::format::FormatError;
use crate::wire::snapshot::SnapshotFile;
use crate::wire::time::WireTime;

/// How many snapshots a rule keeps.
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
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Self, FormatError> {
        let bad = || FormatError::malformed(format!("{text:?} is no duration such as 1y5m7d2h"));
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

/// What snapshots of one group have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupBy {
    /// The machine.
    pub host: bool,
    /// The paths.
    pub paths: bool,
    /// The labels.
    pub tags: bool,
}

impl Default for GroupBy {
    fn default() -> Self {
        Self { host: true, paths: true, tags: false }
    }
}

/// What happens to one snapshot, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The snapshot.
    pub file: SnapshotFile,
    /// The rules that keep it; empty if none does.
    pub reasons: Vec<String>,
}

/// The decisions about one group.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// What its snapshots have in common, in words.
    pub name: String,
    /// The newest first.
    pub keep: Vec<Decision>,
    /// The newest first.
    pub remove: Vec<Decision>,
}

/// The decisions about all snapshots.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RetentionPlan {
    /// By group.
    pub groups: Vec<Group>,
}

impl RetentionPlan {
    /// The snapshots that go.
    pub fn removed(&self) -> impl Iterator<Item = &SnapshotFile> {
        self.groups.iter().flat_map(|group| &group.remove).map(|decision| &decision.file)
    }

    /// The groups of which nothing would be left.
    pub fn emptied(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter().filter(|group| group.keep.is_empty() && !group.remove.is_empty())
    }
}

impl Policy {
    /// True if no rule is set. Such a policy keeps everything; one whose rules count to zero keeps nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self { now: self.now, ..Self::default() }
    }
}

/// Decides about all snapshots.
#[must_use]
pub fn plan(snapshots: &[SnapshotFile], policy: &Policy, by: GroupBy) -> RetentionPlan {
    let mut groups: BTreeMap<(String, Vec<String>, Vec<String>), Vec<SnapshotFile>> =
        BTreeMap::new();
    for file in snapshots {
        let sorted = |list: &[String], wanted: bool| {
            let mut list = if wanted { list.to_vec() } else { Vec::new() };
            list.sort();
            list
        };
        let host = if by.host { file.snapshot.hostname.clone() } else { String::new() };
        let key =
            (host, sorted(&file.snapshot.paths, by.paths), sorted(&file.snapshot.tags, by.tags));
        groups.entry(key).or_default().push(file.clone());
    }
    let groups = groups.into_iter().map(|((host, paths, tags), mut files)| {
        files.sort_by(|a, b| b.snapshot.time.at.cmp(&a.snapshot.time.at).then(a.id.cmp(&b.id)));
        let mut parts = Vec::new();
        for (word, text) in [("host", host), ("paths", paths.join(", ")), ("tags", tags.join(", "))]
        {
            if !text.is_empty() {
                parts.push(format!("{word} {text}"));
            }
        }
        group(parts.join(", "), files, policy)
    });
    RetentionPlan { groups: groups.collect() }
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

fn group(name: String, files: Vec<SnapshotFile>, policy: &Policy) -> Group {
    if policy.is_empty() {
        let reasons = vec!["no rule is set".to_owned()];
        let keep = files.into_iter().map(|file| Decision { file, reasons: reasons.clone() });
        return Group { name, keep: keep.collect(), remove: Vec::new() };
    }
    let mut rules = [
        Rule { word: "last snapshot", period: |_| 0, left: policy.last, last: None },
        Rule { word: "hourly snapshot", period: hour, left: policy.hourly, last: None },
        Rule { word: "daily snapshot", period: day, left: policy.daily, last: None },
        Rule { word: "weekly snapshot", period: week, left: policy.weekly, last: None },
        Rule { word: "monthly snapshot", period: month, left: policy.monthly, last: None },
        Rule { word: "yearly snapshot", period: year, left: policy.yearly, last: None },
    ];
    let mut withins = [
        Within { word: "hourly within", period: hour, span: policy.within_hourly, last: None },
        Within { word: "daily within", period: day, span: policy.within_daily, last: None },
        Within { word: "weekly within", period: week, span: policy.within_weekly, last: None },
        Within { word: "monthly within", period: month, span: policy.within_monthly, last: None },
        Within { word: "yearly within", period: year, span: policy.within_yearly, last: None },
    ];
    let past = |time: &WireTime| policy.now.is_none_or(|now| time.at < now);
    let newest = files.iter().map(|file| file.snapshot.time).find(past).unwrap_or_default();
    let count = files.len();
    let (mut keep, mut remove) = (Vec::new(), Vec::new());
    for (nr, file) in files.into_iter().enumerate() {
        let at = local(file.snapshot.time);
        let mut reasons = Vec::new();
        for wanted in &policy.tags {
            if file.snapshot.has_tags(wanted) {
                reasons.push(format!("has tags {}", wanted.join(", ")));
            }
        }
        if let Some(span) =
            policy.within.filter(|span| is_within(file.snapshot.time.at, newest, *span))
        {
            reasons.push(format!("within {span}"));
        }
        for rule in &mut rules {
            // The newest snapshots differ by their place alone.
            let period = if rule.word == "last snapshot" { nr as i64 } else { (rule.period)(at) };
            apply(rule, period, nr + 1 == count, &mut reasons);
        }
        for within in &mut withins {
            let Some(span) =
                within.span.filter(|span| is_within(file.snapshot.time.at, newest, *span))
            else {
                continue;
            };
            let period = (within.period)(at);
            let new = within.last.replace(period) != Some(period);
            if new || nr + 1 == count {
                let oldest = if new { "" } else { "oldest " };
                reasons.push(format!("{oldest}{} {span}", within.word));
            }
        }
        let list = if reasons.is_empty() { &mut remove } else { &mut keep };
        list.push(Decision { file, reasons });
    }
    Group { name, keep, remove }
}

fn apply(rule: &mut Rule, period: i64, oldest: bool, reasons: &mut Vec<String>) {
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
    reasons.push(if new { rule.word.to_owned() } else { format!("oldest {}", rule.word) });
}

/// The wall-clock time where the snapshot was made.
fn local(time: WireTime) -> DateTime {
    let offset = Offset::from_seconds(time.offset).unwrap_or(Offset::UTC);
    jiff::Timestamp::from_second(time.at.secs).map_or(DateTime::ZERO, |at| offset.to_datetime(at))
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
fn is_within(at: Timestamp, newest: WireTime, span: Span) -> bool {
    if span == Span::default() {
        return false;
    }
    let from = local(newest);
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
    let secs = days * 86_400 + clock - i64::from(span.hours) * 3600 - i64::from(newest.offset);
    at > Timestamp { secs, nanos: newest.at.nanos }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;
    use crate::wire::snapshot::Snapshot;

    fn at(time: &str) -> SnapshotFile {
        SnapshotFile {
            id: Id::of(time.as_bytes()),
            snapshot: Snapshot::new(time.parse().unwrap(), Id([0; 32])),
        }
    }

    fn kept(times: &[&str], policy: &Policy) -> Vec<String> {
        let files: Vec<_> = times.iter().map(|time| at(time)).collect();
        let plan = plan(&files, policy, GroupBy::default());
        let mut kept: Vec<String> = plan
            .groups
            .iter()
            .flat_map(|g| &g.keep)
            .map(|d| d.file.snapshot.time.to_string())
            .collect();
        kept.sort();
        kept
    }

    const TIMES: [&str; 6] = [
        "2026-01-01T10:00:00Z",
        "2026-01-01T20:00:00Z",
        "2026-01-02T10:00:00Z",
        "2026-02-10T10:00:00Z",
        "2026-02-10T10:30:00Z",
        "2026-03-01T00:00:00Z",
    ];

    #[test]
    fn each_rule_keeps_the_newest_of_its_periods() {
        let check = |policy: Policy, expected: &[usize]| {
            let expected: Vec<&str> = expected.iter().map(|i| TIMES[*i]).collect();
            assert_eq!(kept(&TIMES, &policy), expected, "{policy:?}");
        };
        check(Policy { last: Count::Of(2), ..Policy::default() }, &[4, 5]);
        check(Policy { daily: Count::Of(2), ..Policy::default() }, &[4, 5]);
        check(Policy { daily: Count::All, ..Policy::default() }, &[0, 1, 2, 4, 5]);
        check(Policy { monthly: Count::Of(3), ..Policy::default() }, &[2, 4, 5]);
        check(Policy { monthly: Count::Of(9), ..Policy::default() }, &[0, 2, 4, 5]);
        check(Policy { yearly: Count::Of(1), ..Policy::default() }, &[5]);
        check(Policy { within: Some("30d".parse().unwrap()), ..Policy::default() }, &[3, 4, 5]);
        check(
            Policy { within_daily: Some("1m30d".parse().unwrap()), ..Policy::default() },
            &[2, 4, 5],
        );
        // The oldest stays too, here as the second of its day.
        check(
            Policy { within_daily: Some("2m".parse().unwrap()), ..Policy::default() },
            &[0, 1, 2, 4, 5],
        );
        check(Policy::default(), &[0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn a_snapshot_of_the_future_does_not_shorten_the_span_of_the_others() {
        let times = [TIMES[4], TIMES[5], "2099-01-01T00:00:00Z"];
        let mut policy = Policy { within: Some("30d".parse().unwrap()), ..Policy::default() };
        assert_eq!(kept(&times, &policy), times[2..]);
        policy.now = Some(at("2026-03-02T00:00:00Z").snapshot.time.at);
        assert_eq!(kept(&times, &policy), times);
    }

    #[test]
    fn days_begin_where_the_snapshot_was_made() {
        let policy = Policy { daily: Count::Of(9), ..Policy::default() };
        let check = |times: [&str; 3], expected| assert_eq!(kept(&times, &policy).len(), expected);
        let oldest = "2023-01-01T00:00:00Z";
        check([oldest, "2024-03-01T23:30:00-02:00", "2024-03-02T01:00:00-02:00"], 3);
        check([oldest, "2024-03-02T01:30:00Z", "2024-03-02T03:00:00Z"], 2);
    }

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
    fn tags_keep_and_a_plan_that_leaves_nothing_says_so() {
        let mut file = at(TIMES[0]);
        file.snapshot.tags = vec!["keep".into(), "x".into()];
        let policy = Policy { tags: vec![vec!["keep".into()]], ..Policy::default() };
        let decided = plan(
            &[file.clone(), at(TIMES[1])],
            &policy,
            GroupBy { tags: true, ..GroupBy::default() },
        );
        assert_eq!(decided.removed().count(), 1);
        assert_eq!(decided.emptied().count(), 1);
    }
}
