//! Times as Go writes them in JSON: RFC 3339 to the nanosecond, with the offset of the writer's zone.

use std::fmt;
use std::str::FromStr;

use holdall_tree::Timestamp;
use jiff::tz::TimeZone;

use crate::format::FormatError;

const SECONDS_A_DAY: i64 = 86_400;

/// A time and where it was read from a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WireTime {
    /// The moment.
    pub at: Timestamp,
    /// Seconds east of UTC of the zone in which it is written, which keeps whole minutes.
    pub offset: i32,
}

impl WireTime {
    /// Go's zero time, 0001-01-01T00:00:00Z, which stands for "not known".
    pub const UNKNOWN: Self = Self { at: Timestamp { secs: -62_135_596_800, nanos: 0 }, offset: 0 };

    /// The moment, or `None` if it stands for "not known".
    #[must_use]
    pub fn known(self) -> Option<Timestamp> {
        (self.at != Self::UNKNOWN.at).then_some(self.at)
    }
}

/// A date of the Gregorian calendar, extended to all years, and a time of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Civil {
    /// Astronomical: the year before 1 is 0.
    year: i64,
    /// `1..=12`.
    month: i64,
    /// `1..=31`.
    day: i64,
    /// Seconds since midnight.
    second: i64,
}

impl Civil {
    /// The fields of a local time in seconds since the local 1970-01-01T00:00:00.
    ///
    /// Dates are counted from 1 March of year 0, so that the leap day is the last of its year; see
    /// <https://howardhinnant.github.io/date_algorithms.html>.
    fn of(local: i64) -> Self {
        let days = local.div_euclid(SECONDS_A_DAY);
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * day_of_year + 2) / 153;
        Self {
            year: year_of_era + era * 400 + i64::from(month >= 10),
            month: if month < 10 { month + 3 } else { month - 9 },
            day: day_of_year - (153 * month + 2) / 5 + 1,
            second: local.rem_euclid(SECONDS_A_DAY),
        }
    }
}

/// Days from 1970-01-01 to a date; `day` may lie outside of the month.
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Appends a time as Go writes it: the fraction without trailing zeros, `Z` for an offset of 0.
///
/// A year before 0 or after 9999, which the format cannot hold, becomes 0 or 9999.
pub fn format(at: Timestamp, offset_seconds: i32, out: &mut String) {
    let mut bytes = Vec::with_capacity(35);
    format_bytes(WireTime { at, offset: offset_seconds }, &mut bytes);
    // Only ASCII was pushed.
    out.push_str(&String::from_utf8_lossy(&bytes));
}

/// As [`format()`], for bytes.
pub(crate) fn format_bytes(time: WireTime, out: &mut Vec<u8>) {
    // Go counts the seconds of an offset but does not write them, so what it writes is another moment. The moment
    // matters more than the same bytes.
    let minutes = time.offset / 60;
    let local = time.at.secs.saturating_add(i64::from(minutes) * 60);
    let civil = clamped(Civil::of(local));
    let mut text = *b"0000-00-00T00:00:00";
    put(&mut text, 0, civil.year / 100);
    put(&mut text, 2, civil.year % 100);
    put(&mut text, 5, civil.month);
    put(&mut text, 8, civil.day);
    put(&mut text, 11, civil.second / 3600);
    put(&mut text, 14, civil.second / 60 % 60);
    put(&mut text, 17, civil.second % 60);
    out.extend_from_slice(&text);
    push_fraction(out, time.at.nanos);
    if minutes == 0 {
        out.push(b'Z');
    } else {
        let mut text = if minutes < 0 { *b"-00:00" } else { *b"+00:00" };
        put(&mut text, 1, i64::from(minutes.abs() / 60));
        put(&mut text, 4, i64::from(minutes.abs() % 60));
        out.extend_from_slice(&text);
    }
}

/// The same day and time in a year that has four digits, as restic puts it.
fn clamped(civil: Civil) -> Civil {
    let year = civil.year.clamp(0, 9999);
    if year == civil.year {
        return civil;
    }
    // 29 February becomes 1 March where the year has none.
    Civil::of(days_of(year, civil.month, civil.day) * SECONDS_A_DAY + civil.second)
}

/// Writes two digits of `value` at `at`.
fn put(text: &mut [u8], at: usize, value: i64) {
    if let Some([tens, ones]) = text.get_mut(at..at + 2) {
        // Both are below 10.
        *tens = b'0' + (value / 10 % 10) as u8;
        *ones = b'0' + (value % 10) as u8;
    }
}

fn push_fraction(out: &mut Vec<u8>, nanos: u32) {
    if nanos == 0 {
        return;
    }
    let mut text = *b".000000000";
    let mut rest = nanos;
    for digit in text.iter_mut().skip(1).rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let end = text.iter().rposition(|b| *b != b'0').unwrap_or(0);
    out.extend_from_slice(text.get(..=end).unwrap_or_default());
}

fn parse(text: &[u8]) -> Option<(Timestamp, i32)> {
    let (&[a, b, c, d, b'-', e, f, b'-', g, h, b'T', i, j, b':', k, l, b':', m, n], rest) =
        text.split_first_chunk::<19>()?
    else {
        return None;
    };
    let year = two(a, b, 99)? * 100 + two(c, d, 99)?;
    let (month, day) = (two(e, f, 12)?, two(g, h, 31)?);
    let second = two(i, j, 23)? * 3600 + two(k, l, 59)? * 60 + two(m, n, 59)?;
    let days = days_of(year, month, day);
    // A day beyond the end of its month comes back as one of the next.
    if month == 0 || day == 0 || Civil::of(days * SECONDS_A_DAY).day != day {
        return None;
    }
    let (nanos, rest) = parse_fraction(rest)?;
    let offset = match rest {
        b"Z" => 0,
        &[sign @ (b'+' | b'-'), a, b, b':', c, d] => {
            let seconds = two(a, b, 23)? * 3600 + two(c, d, 59)? * 60;
            if sign == b'-' { -seconds } else { seconds }
        }
        _ => return None,
    };
    let secs = days * SECONDS_A_DAY + second - offset;
    Some((Timestamp { secs, nanos }, i32::try_from(offset).ok()?))
}

/// The number of two digits, if it is at most `max`.
fn two(tens: u8, ones: u8, max: i64) -> Option<i64> {
    if !tens.is_ascii_digit() || !ones.is_ascii_digit() {
        return None;
    }
    let value = i64::from(tens - b'0') * 10 + i64::from(ones - b'0');
    (value <= max).then_some(value)
}

/// Nanoseconds of a fraction, cut after nine digits, and what follows it.
fn parse_fraction(text: &[u8]) -> Option<(u32, &[u8])> {
    let Some(digits) = text.strip_prefix(b".") else {
        return Some((0, text));
    };
    let end = digits.iter().position(|b| !b.is_ascii_digit())?;
    let (digits, rest) = digits.split_at_checked(end)?;
    if digits.is_empty() {
        return None;
    }
    let mut nanos = 0;
    let mut place = 100_000_000;
    for digit in digits {
        nanos += u32::from(digit - b'0') * place;
        place /= 10;
    }
    Some((nanos, rest))
}

impl FromStr for WireTime {
    type Err = FormatError;

    /// Reads what [`format()`] writes, and all other times of RFC 3339 that Go reads.
    fn from_str(text: &str) -> Result<Self, FormatError> {
        let (at, offset) = parse(text.as_bytes())
            .ok_or_else(|| FormatError::malformed(format!("{text:?} is no time")))?;
        Ok(Self { at, offset })
    }
}

impl Default for WireTime {
    fn default() -> Self {
        Self::UNKNOWN
    }
}

impl fmt::Display for WireTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(35);
        format(self.at, self.offset, &mut text);
        f.write_str(&text)
    }
}

impl serde::Serialize for WireTime {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for WireTime {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The offset of a time zone at any time, found fast because every node asks three times.
///
/// ```
/// use holdall_repo::wire::time::LocalOffset;
/// use holdall_tree::Timestamp;
/// let zone = LocalOffset::new(jiff::tz::TimeZone::fixed(jiff::tz::offset(2)));
/// assert_eq!(zone.at(Timestamp::new(0, 0)), 7200);
/// ```
#[derive(Debug, Clone)]
pub struct LocalOffset {
    zone: TimeZone,
    /// The only offset, if the zone never changes it.
    fixed: Option<i32>,
    /// When each offset begins, in order; the last holds until [`Self::UNTIL`].
    spans: Vec<(i64, i32)>,
}

impl LocalOffset {
    /// 2100-01-01. Later times, and those before 1970, are looked up in the zone itself.
    const UNTIL: i64 = 4_102_444_800;

    /// The offsets of `zone`.
    #[must_use]
    pub fn new(zone: TimeZone) -> Self {
        let epoch = jiff::Timestamp::UNIX_EPOCH;
        let mut spans = vec![(0, zone.to_offset(epoch).seconds())];
        for transition in zone.following(epoch) {
            let second = transition.timestamp().as_second();
            if second >= Self::UNTIL {
                break;
            }
            spans.push((second, transition.offset().seconds()));
        }
        let fixed = zone.to_fixed_offset().ok().map(|offset| offset.seconds());
        Self { zone, fixed, spans }
    }

    /// Coordinated universal time: 0 always.
    #[must_use]
    pub fn utc() -> Self {
        Self::new(TimeZone::UTC)
    }

    /// Seconds east of UTC at a time.
    #[must_use]
    pub fn at(&self, time: Timestamp) -> i32 {
        if let Some(offset) = self.fixed {
            return offset;
        }
        if (0..Self::UNTIL).contains(&time.secs) {
            let after = self.spans.partition_point(|(from, _)| *from <= time.secs);
            if let Some((_, offset)) = self.spans.get(after.wrapping_sub(1)) {
                return *offset;
            }
        }
        let (min, max) = (jiff::Timestamp::MIN.as_second(), jiff::Timestamp::MAX.as_second());
        let moment = jiff::Timestamp::from_second(time.secs.clamp(min, max)).unwrap_or_default();
        self.zone.to_offset(moment).seconds()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(secs: i64, nanos: u32, offset: i32) -> String {
        let mut out = String::new();
        format(Timestamp { secs, nanos }, offset, &mut out);
        out
    }

    #[test]
    fn times_are_written_as_go_writes_them() {
        for (secs, nanos, offset, expected) in [
            (0, 0, 0, "1970-01-01T00:00:00Z"),
            (0, 120_000_000, 3600, "1970-01-01T01:00:00.12+01:00"),
            (-1, 999_999_999, -12_600, "1969-12-31T20:29:59.999999999-03:30"),
            (951_826_154, 1, 20_700, "2000-02-29T17:54:14.000000001+05:45"),
            (0, 0, 3208, "1970-01-01T00:53:00+00:53"),
            (0, 0, -30, "1970-01-01T00:00:00Z"),
            (-62_135_596_800, 0, 0, "0001-01-01T00:00:00Z"),
            (-99_999_999_999, 0, 0, "0000-02-15T14:13:21Z"),
            (1 << 40, 0, 0, "9999-02-20T00:36:16Z"),
        ] {
            assert_eq!(text(secs, nanos, offset), expected);
        }
        for secs in [i64::MIN, i64::MAX] {
            let year = if secs < 0 { "0000" } else { "9999" };
            assert!(text(secs, 0, 50_000).starts_with(year));
            assert!(text(secs, 0, -50_000).parse::<WireTime>().is_ok());
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for bad in [
            "",
            "2020-01-01",
            "2020-01-01T00:00:00",
            "2020-01-01T00:00:00z",
            "2020-01-01 00:00:00Z",
            "2020-02-30T00:00:00Z",
            "2021-02-29T00:00:00Z",
            "2020-13-01T00:00:00Z",
            "2020-00-01T00:00:00Z",
            "2020-01-00T00:00:00Z",
            "2020-01-01T24:00:00Z",
            "2020-01-01T00:00:60Z",
            "2020-01-01T00:00:00.Z",
            "2020-01-01T00:00:00.5",
            "2020-01-01T00:00:00+24:00",
            "2020-01-01T00:00:00+0100",
            "+020-01-01T00:00:00Z",
            "2020-01-01T00:00:00Z ",
        ] {
            assert!(bad.parse::<WireTime>().is_err(), "{bad:?}");
        }
        assert_eq!(parse(b"2020-01-01T00:00:00.1234567899Z").unwrap().0.nanos, 123_456_789);
    }

    #[test]
    fn offsets_are_those_of_the_zone() {
        let rules =
            ["CET-1CEST,M3.5.0,M10.5.0/3", "EST5EDT,M3.2.0,M11.1.0", "<+0545>-5:45", "UTC0"];
        let rules = rules.map(|rule| (rule, TimeZone::posix(rule).unwrap()));
        // Only where the machine has a database of time zones.
        let names = ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"];
        let names = names.into_iter().filter_map(|name| Some((name, TimeZone::get(name).ok()?)));
        for (name, zone) in rules.into_iter().chain(names) {
            let fast = LocalOffset::new(zone.clone());
            for secs in (-5_000_000_000..10_000_000_000).step_by(9_999_991) {
                let slow = zone.to_offset(jiff::Timestamp::from_second(secs).unwrap()).seconds();
                assert_eq!(fast.at(Timestamp::new(secs, 0)), slow, "{name} {secs}");
            }
            assert_eq!(
                fast.at(Timestamp::new(i64::MIN, 0)),
                fast.at(Timestamp::new(-377_705_023_201, 0))
            );
        }
        assert_eq!(LocalOffset::utc().at(Timestamp::new(i64::MAX, 0)), 0);
    }

    proptest! {
        #[test]
        fn a_time_comes_back(secs in -62_000_000_000i64..253_000_000_000, nanos in 0u32..1_000_000_000,
                minutes in -1439i32..=1439) {
            let offset = minutes * 60;
            let (at, back) = parse(text(secs, nanos, offset).as_bytes()).unwrap();
            prop_assert_eq!((at.secs, at.nanos, back), (secs, nanos, offset));
        }

        #[test]
        fn dates_agree_with_another_library(secs in -62_000_000_000i64..253_000_000_000) {
            let other = jiff::Timestamp::from_second(secs).unwrap();
            prop_assert_eq!(text(secs, 0, 0), other.to_string());
        }

        #[test]
        fn parsing_never_panics(text in "[0-9TZ:.+-]{0,36}") {
            let _ = parse(text.as_bytes());
        }
    }
}
