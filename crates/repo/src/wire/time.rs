//! Times as Go writes them: RFC 3339 with up to nine digits, trailing zeros cut, and the local offset.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use holdall_tree::Timestamp;
use jiff::tz::TimeZone;

use crate::format::FormatError;

/// A time with the offset of the place where it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct WireTime {
    /// The time.
    pub at: Timestamp,
    /// Seconds east of UTC.
    pub offset: i32,
}

/// The first and last second that RFC 3339 can write: years 0 to 9999.
const SECS_MIN: i64 = -62_167_219_200;
const SECS_MAX: i64 = 253_402_300_799;

/// Appends a time. What lies beyond the years 0 to 9999 is written as their border, as restic does.
pub fn format(at: Timestamp, offset: i32, out: &mut String) {
    push(at, offset, &mut |byte| out.push(byte as char));
}

/// Appends a time to bytes.
pub(crate) fn format_bytes(time: WireTime, out: &mut Vec<u8>) {
    push(time.at, time.offset, &mut |byte| out.push(byte));
}

fn push(at: Timestamp, offset: i32, out: &mut dyn FnMut(u8)) {
    let secs = (at.secs.clamp(SECS_MIN, SECS_MAX) + i64::from(offset)).clamp(SECS_MIN, SECS_MAX);
    let (day, second) = (secs.div_euclid(86_400), secs.rem_euclid(86_400));
    let (year, month, day) = civil(day);
    digits(out, year as u64, 4);
    out(b'-');
    digits(out, month, 2);
    out(b'-');
    digits(out, day, 2);
    out(b'T');
    for (i, part) in [second / 3600, second / 60 % 60, second % 60].into_iter().enumerate() {
        if i > 0 {
            out(b':');
        }
        digits(out, part as u64, 2);
    }
    if at.nanos != 0 {
        out(b'.');
        let (mut rest, mut unit) = (at.nanos, 100_000_000);
        while rest > 0 {
            out(b'0' + (rest / unit) as u8);
            rest %= unit;
            unit /= 10;
        }
    }
    if offset == 0 {
        return out(b'Z');
    }
    out(if offset < 0 { b'-' } else { b'+' });
    let minutes = u64::from(offset.unsigned_abs()) / 60;
    digits(out, minutes / 60, 2);
    out(b':');
    digits(out, minutes % 60, 2);
}

fn digits(out: &mut dyn FnMut(u8), number: u64, count: u32) {
    for place in (0..count).rev() {
        out(b'0' + (number / 10u64.pow(place) % 10) as u8);
    }
}

/// Year, month and day of a day counted from 1970-01-01. Source: Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms", `civil_from_days`.
fn civil(day: i64) -> (i64, u64, u64) {
    let z = day + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(month <= 2), month as u64, (doy - (153 * mp + 2) / 5 + 1) as u64)
}

/// The day, counted from 1970-01-01, of a date. Source: as above, `days_from_civil`.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let yoe = year.rem_euclid(400);
    let doy = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
}

impl FromStr for WireTime {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Self, FormatError> {
        parse(text.as_bytes()).ok_or_else(|| FormatError::malformed(format!("{text:?} is no time")))
    }
}

fn parse(text: &[u8]) -> Option<WireTime> {
    let number = |from: usize, to: usize| -> Option<i64> {
        text.get(from..to)?
            .iter()
            .try_fold(0i64, |n, b| b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0')))
    };
    let is = |at: usize, byte: u8| text.get(at).copied() == Some(byte);
    if !(is(4, b'-')
        && is(7, b'-')
        && matches!(text.get(10), Some(b'T' | b't'))
        && is(13, b':')
        && is(16, b':'))
    {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if !(1..=12).contains(&month)
        || !(1..=31).contains(&day)
        || hour > 24
        || minute > 59
        || second > 60
    {
        return None;
    }
    let mut at = 19;
    let mut nanos = 0u32;
    if is(at, b'.') {
        at += 1;
        let mut unit = 100_000_000;
        while let Some(byte) = text.get(at).filter(|b| b.is_ascii_digit()) {
            nanos += u32::from(byte - b'0') * unit;
            unit /= 10;
            at += 1;
        }
    }
    let offset = match text.get(at)? {
        b'Z' | b'z' if text.len() == at + 1 => 0,
        sign @ (b'+' | b'-') if text.len() == at + 6 && is(at + 3, b':') => {
            let seconds = number(at + 1, at + 3)? * 3600 + number(at + 4, at + 6)? * 60;
            i32::try_from(if *sign == b'-' { -seconds } else { seconds }).ok()?
        }
        _ => return None,
    };
    let secs =
        days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - i64::from(offset);
    Some(WireTime { at: Timestamp::new(secs, nanos), offset })
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

/// The local offset at any time, from a time zone. Remembers the stretch that was asked for last: the times of a
/// directory mostly lie within one.
#[derive(Debug, Clone)]
pub struct LocalOffset {
    zone: Option<TimeZone>,
    last: Arc<Mutex<(i64, i64, i32)>>,
}

impl LocalOffset {
    /// The offsets of a time zone.
    #[must_use]
    pub fn new(zone: TimeZone) -> Self {
        let utc = zone == TimeZone::UTC;
        Self { zone: (!utc).then_some(zone), last: Arc::new(Mutex::new((0, 0, 0))) }
    }

    /// Always UTC.
    #[must_use]
    pub fn utc() -> Self {
        Self { zone: None, last: Arc::default() }
    }

    /// Seconds east of UTC at a time.
    #[must_use]
    pub fn at(&self, at: Timestamp) -> i32 {
        let Some(zone) = &self.zone else { return 0 };
        // A zone changes at most a few times a year and always on a full quarter of an hour.
        let start = at.secs.div_euclid(900) * 900;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if (last.0..last.1).contains(&at.secs) {
            return last.2;
        }
        let offset =
            jiff::Timestamp::from_second(start).map_or(0, |time| zone.to_offset(time).seconds());
        *last = (start, start + 900, offset);
        offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_are_written_as_go_writes_them() {
        let check = |secs, nanos, offset, expected: &str| {
            let time = WireTime { at: Timestamp::new(secs, nanos), offset };
            assert_eq!(time.to_string(), expected);
        };
        check(0, 0, 0, "1970-01-01T00:00:00Z");
        check(1_700_000_000, 120_000_000, 3600, "2023-11-14T23:13:20.12+01:00");
        check(-1, 999_999_999, 0, "1969-12-31T23:59:59.999999999Z");
        check(951_782_400, 0, -16_200, "2000-02-28T19:30:00-04:30");
        check(i64::MAX, 0, 0, "9999-12-31T23:59:59Z");
        check(i64::MIN, 0, 0, "0000-01-01T00:00:00Z");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for bad in [
            "",
            "2023-11-14",
            "2023-11-14T23:13:20",
            "2023-13-14T23:13:20Z",
            "2023-11-14T23:13:20.1+0100",
            "2023-11-14T23:13:20Zx",
        ] {
            assert!(bad.parse::<WireTime>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn times_come_back(secs in SECS_MIN + 100_000..SECS_MAX - 100_000, nanos in 0..1_000_000_000u32, minutes in -720..840i32) {
            let time = WireTime { at: Timestamp::new(secs, nanos), offset: minutes * 60 };
            prop_assert_eq!(time.to_string().parse::<WireTime>().unwrap(), time);
        }
    }
}
