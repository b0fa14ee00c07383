//! Points in time, as TUF writes expiry dates.

use core::fmt;

use crate::digits::show_decimal;
use crate::show::{Show, display};

/// A point in time, in whole seconds since 1970-01-01T00:00:00Z without leap seconds.
///
/// The verifier reads no clock: the caller gives the present time, and everything that expires is
/// compared with it.
///
/// ```
/// # use picotuf::Time;
/// let expires = Time::parse("2030-01-31T00:00:00Z").unwrap();
/// assert!(Time::from_unix(1_700_000_000) < expires);
/// assert_eq!(expires.unix(), 1_896_048_000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

impl Time {
    /// Returns the time `seconds` after (or, when negative, before) the Unix epoch.
    #[must_use]
    pub const fn from_unix(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since the Unix epoch; negative before it.
    #[must_use]
    pub const fn unix(self) -> i64 {
        self.0
    }

    /// Reads `YYYY-MM-DDTHH:MM:SSZ`, the form that the TUF specification (section 4.2.1) asks for,
    /// and the rest of RFC 3339 that is found in production: a fraction of a second, which is cut
    /// off, and an offset `+HH:MM` or `-HH:MM` in place of `Z`.
    ///
    /// `None` for anything else: a day that the calendar does not have, a leap second (it has no
    /// Unix time), a lowercase `t` or `z`, a blank for the `T`, or a time outside the years 0001 to
    /// 9999 of UTC.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::of(text.as_bytes())
    }

    pub(crate) fn of(text: &[u8]) -> Option<Self> {
        let (front, rest) = text.split_at_checked(FORM.len())?;
        let value = |place| number(front, place);
        let (year, month, day) =
            (value(0).wrapping_mul(100).wrapping_add(value(2)), value(5), value(8));
        let (hour, minute, second) = (value(11), value(14), value(17));
        if !has_form(front, FORM) || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let offset = offset(behind_fraction(rest)?)?;
        let unix = days_from_epoch(year, month, day)?
            .wrapping_mul(SECONDS_PER_DAY)
            .wrapping_add(seconds(hour, minute))
            .wrapping_add(second)
            .wrapping_sub(offset);
        (FIRST..=LAST).contains(&unix).then_some(Self(unix))
    }
}

/// `YYYY-MM-DDTHH:MM:SSZ`, or `@` and the Unix seconds for a time outside the years 0001 to 9999.
impl Show for Time {
    fn show(&self, out: &mut dyn FnMut(&str)) {
        let days = self.0.div_euclid(SECONDS_PER_DAY);
        let Some((year, month, day)) = date(days) else {
            out(if self.0 < 0 { "@-" } else { "@" });
            return show_decimal(self.0.unsigned_abs(), 1, out);
        };
        let second = self.0.rem_euclid(SECONDS_PER_DAY);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let mut part = |number: i64, width, behind: &str| {
            show_decimal(number.unsigned_abs(), width, out);
            out(behind);
        };
        part(year, 4, "-");
        part(month, 2, "-");
        part(day, 2, "T");
        part(hour, 2, ":");
        part(minute, 2, ":");
        part(second, 2, "Z");
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        display(self, f)
    }
}

/// A date and a time of day, with `0` for any digit.
const FORM: &[u8] = b"0000-00-00T00:00:00";

/// Returns whether a text of that length has digits and other characters where the form has them.
fn has_form(text: &[u8], form: &[u8]) -> bool {
    text.iter()
        .zip(form)
        .all(|(byte, wanted)| if *wanted == b'0' { byte.is_ascii_digit() } else { byte == wanted })
}

/// Returns what two digits at that place stand for; of other characters, and where there are none,
/// something.
fn number(text: &[u8], place: usize) -> i64 {
    let digits = text.iter().skip(place).take(2);
    digits
        .fold(0, |number: i64, digit| number.wrapping_mul(10).wrapping_add(i64::from(digit & 0x0f)))
}

/// Returns what comes behind an optional `.` with at least one digit behind it.
fn behind_fraction(text: &[u8]) -> Option<&[u8]> {
    let Some(digits) = text.strip_prefix(b".") else {
        return Some(text);
    };
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits.get(count..).filter(|_| count > 0)
}

/// Reads `Z`, `+HH:MM` or `-HH:MM`: the seconds by which local time is ahead of UTC.
fn offset(text: &[u8]) -> Option<i64> {
    let (sign, time) = text.split_first()?;
    if *sign == b'Z' && time.is_empty() {
        return Some(0);
    }
    let (hour, minute) = (number(time, 0), number(time, 3));
    if time.len() != 5 || !has_form(time, b"00:00") || hour > 23 || minute > 59 {
        return None;
    }
    match sign {
        b'+' => Some(seconds(hour, minute)),
        b'-' => Some(seconds(hour, minute).wrapping_neg()),
        _ => None,
    }
}

fn seconds(hour: i64, minute: i64) -> i64 {
    hour.wrapping_mul(60).wrapping_add(minute).wrapping_mul(60)
}

/// Days from 1970-01-01 to a date; `None` when the calendar does not have it.
fn days_from_epoch(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 => 28_i64.wrapping_add(i64::from(leap)),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if year < 1 || !(1..=last).contains(&day) {
        return None;
    }
    // The year begins in March, so that a leap day is its last.
    let (year, month) = if month > 2 {
        (year, month.wrapping_sub(3))
    } else {
        (year.wrapping_sub(1), month.wrapping_add(9))
    };
    let leap_days = (year / 4).wrapping_sub(year / 100).wrapping_add(year / 400);
    Some(
        year.wrapping_mul(365)
            .wrapping_add(leap_days)
            .wrapping_add(days_before(month))
            .wrapping_add(day)
            .wrapping_sub(EPOCH_DAY),
    )
}

/// Returns the inverse of [`days_from_epoch`]; `None` outside the years 0001 to 9999.
fn date(days: i64) -> Option<(i64, i64, i64)> {
    if !(FIRST / SECONDS_PER_DAY..=LAST / SECONDS_PER_DAY).contains(&days) {
        return None;
    }
    let day = days.wrapping_add(EPOCH_DAY).wrapping_sub(1);
    let (cycles, day) = (day / DAYS_PER_400_YEARS, day % DAYS_PER_400_YEARS);
    // Without the leap days before it, every year has 365 days.
    let leap_days = (day / DAYS_OF_4_YEARS)
        .wrapping_sub(day / DAYS_PER_100_YEARS)
        .wrapping_add(day / LAST_DAY_OF_400_YEARS);
    let years = day.wrapping_sub(leap_days) / 365;
    let leap_days = (years / 4).wrapping_sub(years / 100);
    let day = day.wrapping_sub(years.wrapping_mul(365).wrapping_add(leap_days));
    let year = cycles.wrapping_mul(400).wrapping_add(years);

    let month = day.wrapping_mul(5).wrapping_add(2) / 153;
    let day = day.wrapping_sub(days_before(month)).wrapping_add(1);
    Some(if month < 10 {
        (year, month.wrapping_add(3), day)
    } else {
        (year.wrapping_add(1), month.wrapping_sub(9), day)
    })
}

/// Returns the days from March to a month, which March is 0 of: five months in a row have 153 days.
const fn days_before(month: i64) -> i64 {
    month.wrapping_mul(153).wrapping_add(2) / 5
}

const SECONDS_PER_DAY: i64 = 86_400;
/// But for their leap day.
const DAYS_OF_4_YEARS: i64 = 1_460;
const DAYS_PER_100_YEARS: i64 = 36_524;
const DAYS_PER_400_YEARS: i64 = 146_097;
const LAST_DAY_OF_400_YEARS: i64 = 146_096;
/// 1970-01-01, counted from 0000-03-01 as day 1.
const EPOCH_DAY: i64 = 719_469;
/// 0001-01-01T00:00:00Z.
const FIRST: i64 = -62_135_596_800;
/// 9999-12-31T23:59:59Z.
const LAST: i64 = 253_402_300_799;

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::format;
    use std::string::ToString;

    /// Returns the length of a month, by the rule as it is taught.
    fn days_in(year: i64, month: i64) -> i64 {
        match month {
            2 if year % 400 == 0 => 29,
            2 if year % 100 == 0 => 28,
            2 if year % 4 == 0 => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }

    fn unix(text: &str) -> Option<i64> {
        Time::parse(text).map(Time::unix)
    }

    #[test]
    fn every_day_of_the_calendar_there_and_back() {
        let mut expected = FIRST;
        for year in 1..=9999 {
            for month in 1..=12 {
                // Near the present each day, elsewhere the edges of each month.
                for day in 1..=days_in(year, month) {
                    if (1970..=2400).contains(&year) || day == 1 || day >= 28 {
                        let text = format!("{year:04}-{month:02}-{day:02}T00:00:00Z");
                        assert_eq!(unix(&text), Some(expected), "{text}");
                        assert_eq!(Time::from_unix(expected).to_string(), text);
                        let last = Time::from_unix(expected + 86_399).to_string();
                        assert_eq!(last, text.replace("00:00:00", "23:59:59"));
                    }
                    expected += 86_400;
                }
                for day in [0, days_in(year, month) + 1, 32, 99] {
                    assert_eq!(unix(&format!("{year:04}-{month:02}-{day:02}T00:00:00Z")), None);
                }
            }
        }
        assert_eq!(expected, LAST + 1);
    }

    #[test]
    fn every_second_of_a_day() {
        for second in 0..86_400 {
            let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
            let text = format!("1970-01-01T{h:02}:{m:02}:{s:02}Z");
            assert_eq!(unix(&text), Some(second));
            assert_eq!(Time::from_unix(second).to_string(), text);
        }
    }

    #[test]
    fn known_times() {
        // Values of `datetime.timestamp` in Python.
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1969-12-31T23:59:59Z", -1),
            ("2000-02-29T12:00:00Z", 951_825_600),
            ("2024-02-29T23:59:59Z", 1_709_251_199),
            ("2038-01-19T03:14:08Z", 2_147_483_648),
            ("2022-05-11T19:09:02.663975009Z", 1_652_296_142),
            ("2021-12-18T13:28:12.99008-06:00", 1_639_855_692),
            ("2021-12-19T00:58:12+05:30", 1_639_855_692),
            ("2030-01-01T00:00:00-00:00", 1_893_456_000),
            ("2030-01-01T00:00:00+23:59", 1_893_369_660),
            ("2030-01-01T00:00:00.1234567890123456789Z", 1_893_456_000),
            ("0001-01-01T00:00:00Z", FIRST),
            ("9999-12-31T23:59:59Z", LAST),
        ] {
            assert_eq!(unix(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn refused() {
        for text in [
            "",
            "2030",
            "2030-01-01",
            "2030-01-01T00:00:00",
            "2030-01-01T00:00Z",
            "2030-01-01 00:00:00Z",
            "2030-01-01t00:00:00Z",
            "2030-01-01T00:00:00z",
            "2030-01-01T00:00:00Z ",
            " 2030-01-01T00:00:00Z",
            "2030-01-01T00:00:00ZZ",
            "2030-01-01T24:00:00Z",
            "2030-01-01T00:60:00Z",
            "2030-06-30T23:59:60Z",
            "2030-01-01T00:00:00.Z",
            "2030-01-01T00:00:00,5Z",
            "2030-01-01T00:00:00.5",
            "2030-01-01T00:00:00+24:00",
            "2030-01-01T00:00:00+00:60",
            "2030-01-01T00:00:00+0000",
            "2030-01-01T00:00:00+00",
            "2030-01-01T00:00:00+00:00Z",
            "2030-00-01T00:00:00Z",
            "2030-13-01T00:00:00Z",
            "2030-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "2030-1-01T00:00:00Z",
            "+2030-01-01T00:00:00Z",
            "-030-01-01T00:00:00Z",
            "12030-01-01T00:00:00Z",
            "0000-12-31T23:59:59Z",
            "0001-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
            "٢٠٣٠-01-01T00:00:00Z",
            "never",
        ] {
            assert_eq!(unix(text), None, "{text}");
        }
    }

    #[test]
    fn a_changed_character_is_never_the_same_time() {
        let text = "2031-07-28T14:35:56Z";
        let expected = unix(text).unwrap();
        for at in 0..text.len() {
            for byte in 0..=0x7f {
                let mut changed = text.as_bytes().to_vec();
                if core::mem::replace(&mut changed[at], byte) != byte {
                    assert_ne!(unix(core::str::from_utf8(&changed).unwrap()), Some(expected));
                }
            }
        }
    }

    #[test]
    fn times_out_of_range_are_shown_in_seconds() {
        for unix in [i64::MIN, FIRST - 1, LAST + 1, i64::MAX] {
            assert_eq!(Time::from_unix(unix).to_string(), format!("@{unix}"));
        }
    }
}
