//! Sizes and times as people write them.
//!
//! Both are read exactly: no floating point, and what does not fit is refused.

use std::fmt;
use std::str::FromStr;

use holdall_tree::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A number of bytes. Written as `10 MiB`, `1G`, `500k`, `1.5 GB` or plainly; a single letter and `KiB` count by
/// 1024, `kB` by 1000.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(try_from = "super::values::Scalar", into = "super::values::Scalar")]
pub struct ByteSize(pub u64);

impl ByteSize {
    /// `n` mebibytes.
    #[must_use]
    pub const fn mib(n: u64) -> Self {
        Self(n << 20)
    }
}

impl FromStr for ByteSize {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let text = text.trim();
        let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at_checked(split).unwrap_or((text, ""));
        let factor: u128 = match unit.trim().to_ascii_lowercase().as_str() {
            "" | "b" => 1,
            "k" | "kib" => 1 << 10,
            "m" | "mib" => 1 << 20,
            "g" | "gib" => 1 << 30,
            "t" | "tib" => 1 << 40,
            "p" | "pib" => 1 << 50,
            "kb" => 1_000,
            "mb" => 1_000_000,
            "gb" => 1_000_000_000,
            "tb" => 1_000_000_000_000,
            "pb" => 1_000_000_000_000_000,
            _ => return Err(UnitError::Size),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let places = u32::try_from(fraction.len())
            .ok()
            .filter(|places| (1..=9).contains(places))
            .ok_or(UnitError::Size)?;
        let digits = |text: &str| if text.is_empty() { Err(UnitError::Size) } else { Ok(()) };
        digits(whole)?;
        let whole: u128 = whole.parse().map_err(|_| too_large_or(whole, UnitError::Size))?;
        let fraction: u128 = fraction.parse().map_err(|_| UnitError::Size)?;
        let bytes = whole
            .checked_mul(factor)
            .and_then(|bytes| bytes.checked_add(fraction * factor / 10_u128.pow(places)))
            .ok_or(UnitError::Large)?;
        u64::try_from(bytes).map(Self).map_err(|_| UnitError::Large)
    }
}

fn too_large_or(digits: &str, otherwise: UnitError) -> UnitError {
    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        UnitError::Large
    } else {
        otherwise
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(&str, u32); 5] =
            [("PiB", 50), ("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
        for (unit, shift) in UNITS {
            if self.0 != 0 && self.0.trailing_zeros() >= shift {
                return write!(f, "{} {unit}", self.0 >> shift);
            }
        }
        write!(f, "{}", self.0)
    }
}

/// A length of time by the calendar. Written as `1y5m7d2h`; the units are `y`, `m` (months), `w`, `d`, `h`, `min`, `s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Span {
    /// Years and months, in months.
    pub months: u32,
    /// Weeks and days, in days.
    pub days: u32,
    /// Hours, minutes and seconds, in seconds.
    pub seconds: u64,
}

impl Span {
    /// The time that lies this long before `now`, by the calendar of UTC. The 31st becomes the last day of a shorter
    /// month.
    #[must_use]
    pub fn before(&self, now: Timestamp) -> Timestamp {
        let (days, time) = (now.secs.div_euclid(DAY), now.secs.rem_euclid(DAY));
        let (year, month, day) = civil(days);
        let months = year * 12 + i64::from(month) - 1 - i64::from(self.months);
        let (year, month) =
            (months.div_euclid(12), u32::try_from(months.rem_euclid(12) + 1).unwrap_or(1));
        let days = days_of(year, month, day.min(month_length(year, month))) - i64::from(self.days);
        let seconds = i64::try_from(self.seconds).unwrap_or(i64::MAX);
        Timestamp { secs: (days * DAY + time).saturating_sub(seconds), nanos: now.nanos }
    }
}

impl FromStr for Span {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let mut span = Self::default();
        let mut rest = text.trim();
        let mut seen = Vec::new();
        if rest.is_empty() {
            return Err(UnitError::Span);
        }
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or(UnitError::Span)?;
            let (number, after) = rest.split_at_checked(digits).ok_or(UnitError::Span)?;
            let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
            let (unit, after) = after.split_at_checked(letters).ok_or(UnitError::Span)?;
            if number.is_empty() || seen.contains(&unit) {
                return Err(UnitError::Span);
            }
            seen.push(unit);
            rest = after.trim_start();
            let number: u32 = number.parse().map_err(|_| UnitError::Long)?;
            span.add(number, unit)?;
        }
        Ok(span)
    }
}

impl Span {
    fn add(&mut self, number: u32, unit: &str) -> Result<(), UnitError> {
        let (field, factor) = match unit {
            "y" => (&mut self.months, 12),
            "m" => (&mut self.months, 1),
            "w" => (&mut self.days, 7),
            "d" => (&mut self.days, 1),
            "h" | "min" | "s" => {
                let factor = if unit == "h" { 3600 } else { u64::from(unit == "min") * 59 + 1 };
                self.seconds += u64::from(number) * factor;
                return Ok(());
            }
            _ => return Err(UnitError::Span),
        };
        // Ten thousand years are enough, and the calendar stays far from overflow.
        let sum = number.checked_mul(factor).and_then(|more| field.checked_add(more));
        *field = sum.filter(|sum| *sum <= 3_660_000).ok_or(UnitError::Long)?;
        Ok(())
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (u64::from(self.months / 12), "y"),
            (u64::from(self.months % 12), "m"),
            (u64::from(self.days), "d"),
            (self.seconds / 3600, "h"),
            (self.seconds / 60 % 60, "min"),
            (self.seconds % 60, "s"),
        ];
        if parts.iter().all(|(number, _)| *number == 0) {
            return f.write_str("0d");
        }
        parts
            .iter()
            .filter(|(number, _)| *number > 0)
            .try_for_each(|(number, unit)| write!(f, "{number}{unit}"))
    }
}

/// A moment: some time ago (`3d`), or a date (`2026-05-01`, `2026-05-01T12:00:00+02:00`; UTC if nothing is said).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub enum Moment {
    /// So long before now.
    Ago(Span),
    /// Then.
    At(
        /// Seconds since 1970.
        i64,
    ),
}

impl Moment {
    /// The moment as a time, with the clock at `now`.
    #[must_use]
    pub fn resolve(&self, now: Timestamp) -> Timestamp {
        match self {
            Self::Ago(span) => span.before(now),
            Self::At(secs) => Timestamp::new(*secs, 0),
        }
    }
}

impl FromStr for Moment {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let text = text.trim();
        if text.as_bytes().get(4) == Some(&b'-') {
            return date(text).map(Self::At).ok_or(UnitError::Moment);
        }
        match text.parse() {
            Ok(span) => Ok(Self::Ago(span)),
            Err(UnitError::Span) => Err(UnitError::Moment),
            Err(other) => Err(other),
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secs = match self {
            Self::Ago(span) => return span.fmt(f),
            Self::At(secs) => *secs,
        };
        let (year, month, day) = civil(secs.div_euclid(DAY));
        let time = secs.rem_euclid(DAY);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
            time / 3600,
            time / 60 % 60,
            time % 60
        )
    }
}

/// Why a text is no size or time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// Not a size.
    #[error("not a size such as 500k, 10 MiB or 1.5 GB")]
    Size,
    /// More than 64 bits of bytes.
    #[error("larger than the largest size, 16 EiB")]
    Large,
    /// Not a length of time.
    #[error(
        "not a length of time such as 2h, 3d or 1y5m7d2h (units: y, m for months, w, d, h, min, s)"
    )]
    Span,
    /// Too long a time.
    #[error("longer than 10000 years")]
    Long,
    /// Neither a length of time nor a date.
    #[error("neither a length of time such as 3d nor a date such as 2026-05-01")]
    Moment,
}

const DAY: i64 = 86_400;

/// Reads `YYYY-MM-DD`, optionally with `THH:MM[:SS]` and `Z` or an offset, as seconds since 1970.
fn date(text: &str) -> Option<i64> {
    let (day, time) = text.split_once(['T', ' ']).unwrap_or((text, "00:00"));
    let [year, month, day] = numbers(day, '-')?;
    if !(1..=12).contains(&month) || day == 0 || day > month_length(i64::from(year), month) {
        return None;
    }
    let (time, offset) = match time.find(['Z', '+', '-']) {
        Some(at) => time.split_at_checked(at)?,
        None => (time, "Z"),
    };
    let [hour, minute, second] =
        if time.len() == 5 { numbers(&format!("{time}:00"), ':')? } else { numbers(time, ':')? };
    let offset = match offset.split_at_checked(1)? {
        ("Z", "") => 0,
        (sign, offset) => {
            let [hours, minutes] = numbers(offset, ':')?;
            let seconds = i64::from(hours * 3600 + minutes * 60);
            if hours > 23 || minutes > 59 {
                return None;
            }
            if sign == "-" { -seconds } else { seconds }
        }
    };
    let valid = hour < 24 && minute < 60 && second < 60;
    valid.then(|| {
        days_of(i64::from(year), month, day) * DAY + i64::from(hour * 3600 + minute * 60 + second)
            - offset
    })
}

/// `N` numbers of two digits (the first one may have four) with `separator` between them.
fn numbers<const N: usize>(text: &str, separator: char) -> Option<[u32; N]> {
    let mut numbers = [0; N];
    let mut parts = text.split(separator);
    for number in &mut numbers {
        let part = parts.next()?;
        if !matches!(part.len(), 2 | 4) || !part.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

fn month_length(year: i64, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar. Years begin in March, so that a leap day comes last.
fn days_of(year: i64, month: u32, day: u32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let shifted = i64::from((month + 9) % 12);
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * shifted + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The inverse of [`days_of`].
fn civil(days: i64) -> (i64, u32, u32) {
    let days = days.saturating_add(719_468);
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = u32::try_from(of_year - (153 * shifted + 2) / 5 + 1).unwrap_or(1);
    let month = u32::try_from((shifted + 2) % 12 + 1).unwrap_or(1);
    (year + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes_are_read_exactly() {
        for (text, bytes) in [
            ("0", 0),
            ("17", 17),
            ("500k", 512_000),
            ("1G", 1 << 30),
            ("10 MiB", 10 << 20),
            ("10MB", 10_000_000),
            (" 1.5 KiB ", 1536),
            ("0.1 gb", 100_000_000),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(text.parse(), Ok(ByteSize(bytes)), "{text}");
        }
        for bad in [
            "", "-1", "x", "1 XB", "10GiBx", "1.", ".5", "1..2", "1e9", "NaN", "+1", "1.2.3", "1 0",
        ] {
            assert_eq!(bad.parse::<ByteSize>(), Err(UnitError::Size), "{bad}");
        }
        for large in ["18446744073709551616", "16384P", &"9".repeat(60)] {
            assert_eq!(large.parse::<ByteSize>(), Err(UnitError::Large), "{large}");
        }
    }

    #[test]
    fn lengths_of_time_are_read_and_shown() {
        for (text, shown) in [
            ("1y5m7d2h", "1y5m7d2h"),
            ("2w", "14d"),
            ("90min", "1h30min"),
            ("0d", "0d"),
            ("1d 2h", "1d2h"),
        ] {
            assert_eq!(
                text.parse::<Span>().map(|span| span.to_string()),
                Ok(shown.to_owned()),
                "{text}"
            );
        }
        for bad in ["", "1", "d", "-1d", "1d1d", "1x", "1.5d", "1dd"] {
            assert_eq!(bad.parse::<Span>(), Err(UnitError::Span), "{bad}");
        }
        assert_eq!("99999999999d".parse::<Span>(), Err(UnitError::Long));
        assert_eq!("999999999y".parse::<Span>(), Err(UnitError::Long));
    }

    #[test]
    fn moments_are_dates_or_lengths() {
        let now: Timestamp = Timestamp::new(date("2024-03-31T12:00:00Z").unwrap(), 7);
        for (text, then) in [
            ("1m", "2024-02-29T12:00:00Z"),
            ("1y", "2023-03-31T12:00:00Z"),
            ("1d2h", "2024-03-30T10:00:00Z"),
            ("2024-01-02", "2024-01-02T00:00:00Z"),
            ("2024-01-02T01:30+02:00", "2024-01-01T23:30:00Z"),
            ("1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z"),
        ] {
            let moment: Moment = text.parse().unwrap();
            assert_eq!(Moment::At(moment.resolve(now).secs).to_string(), then, "{text}");
        }
        for bad in [
            "2024-02-30",
            "2024-13-01",
            "2024-1-1",
            "2024-01-01T25:00",
            "yesterday",
            "",
            "2024-01-01T00:00:00+99:00",
        ] {
            assert_eq!(bad.parse::<Moment>(), Err(UnitError::Moment), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(bytes in any::<u64>(), months in 0_u32..9999, days in 0_u32..9999, seconds in 0_u64..9999, secs in -60_000_000_000_i64..250_000_000_000) {
            prop_assert_eq!(ByteSize(bytes).to_string().parse(), Ok(ByteSize(bytes)));
            let span = Span { months, days, seconds };
            prop_assert_eq!(span.to_string().parse(), Ok(span));
            prop_assert_eq!(Moment::At(secs).to_string().parse(), Ok(Moment::At(secs)));
        }

        #[test]
        fn no_text_makes_a_reader_fail(text in "[0-9ymdhwTZ:.+ \\-]{0,24}|.{0,12}") {
            let _size = text.parse::<ByteSize>();
            if let Ok(moment) = text.parse::<Moment>() {
                let _time = moment.resolve(Timestamp::new(1_700_000_000, 0));
            }
        }
    }
}
