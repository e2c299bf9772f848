//! Times as DOS has them: local ones of two seconds each, which are written as those of UTC.

use holdall_tree::Timestamp;

/// A time as DOS has it, taken for UTC since it does not say where it was; `None` if it is none.
pub(super) fn of_dos(time: u16, date: u16) -> Option<Timestamp> {
    let (year, month, day) = (1980 + i64::from(date >> 9), i64::from(date >> 5 & 15), date & 31);
    if !(1..=12).contains(&month) || day == 0 {
        return None;
    }
    // Days since 1970 of a date of the Gregorian calendar, years beginning in March.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + i64::from(day) - 719_469;
    let seconds =
        i64::from(time >> 11) * 3600 + i64::from(time >> 5 & 63) * 60 + i64::from(time & 31) * 2;
    Some(Timestamp { secs: days * 86_400 + seconds, nanos: 0 })
}

/// Date and time as DOS has them, in UTC; the nearest one that there is.
pub(super) fn to_dos(time: Timestamp) -> u32 {
    const FIRST: i64 = 315_532_800;
    const LAST: i64 = 4_354_819_198;
    let secs = time.secs.clamp(FIRST, LAST);
    let (days, second) = (secs / 86_400, secs % 86_400);
    // Years begin in March here; day 0 is 1 March of the year 0.
    let day = days + 719_468;
    let century = (day * 4 + 3) / 146_097;
    let in_century = day - century * 146_097 / 4;
    let year = (in_century * 4 + 3) / 1461;
    let in_year = in_century - year * 1461 / 4;
    let month = (in_year * 5 + 2) / 153;
    let day = in_year - (month * 153 + 2) / 5 + 1;
    let (year, month) = if month < 10 { (year, month + 3) } else { (year + 1, month - 9) };
    let date = (year + century * 100 - 1980) << 9 | month << 5 | day;
    let clock = (second / 3600) << 11 | (second / 60 % 60) << 5 | (second % 60 / 2);
    u32::try_from(date << 16 | clock).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_dos_is_one_of_the_calendar_or_none() {
        let secs = |time, date| of_dos(time, date).map(|time| time.secs);
        assert_eq!(secs(0, 0x0021), Some(315_532_800), "1980-01-01");
        assert_eq!(secs(0xbf7d, 0xff9f), Some(4_354_819_198), "2107-12-31T23:59:58");
        assert_eq!(secs(0, 0x585d), Some(1_709_164_800), "2024-02-29");
        assert_eq!(secs(0, 0), None);
        for told in [315_532_800, 1_709_164_800, 4_354_819_198] {
            let dos = to_dos(Timestamp { secs: told, nanos: 0 });
            assert_eq!(secs(dos as u16, (dos >> 16) as u16), Some(told));
        }
        assert_eq!(to_dos(Timestamp { secs: i64::MIN, nanos: 0 }), 0x0021_0000, "the first one");
    }
}
