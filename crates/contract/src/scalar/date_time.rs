//! `xs:dateTime` as the .NET serializer reads it: any of the date and time forms of XML Schema.

use super::{ScalarError, quoted, trim};
use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, date};
use std::fmt;

/// An instant in GMT, in microseconds since 1970-01-01T00:00:00.
///
/// Written without a zone, the fraction cut after its last digit that is not zero
/// (`2019-01-02T08:47:21.763`). Covers the years 1 to 9999.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Timestamp(pub i64);

const EPOCH: DateTime = date(1970, 1, 1).at(0, 0, 0, 0);
const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

impl Timestamp {
    /// 0001-01-01T00:00:00
    pub const MIN: Timestamp = Timestamp(-62_135_596_800 * SECOND);
    /// 9999-12-31T23:59:59.999999
    pub const MAX: Timestamp = Timestamp(253_402_300_800 * SECOND - 1);

    /// The instant of a date and time in GMT.
    pub fn from_civil(civil: DateTime) -> Timestamp {
        Timestamp(civil.duration_since(EPOCH).as_micros() as i64)
    }

    /// Midnight of the same day in GMT.
    pub fn day(self) -> Timestamp {
        Timestamp(self.0.div_euclid(DAY) * DAY)
    }

    /// The start of the same minute.
    pub fn minute(self) -> Timestamp {
        Timestamp(self.0.div_euclid(60 * SECOND) * 60 * SECOND)
    }

    /// Later by that many seconds, kept within the years 1 to 9999.
    pub fn plus_seconds(self, seconds: i64) -> Timestamp {
        self.plus_micros(seconds.saturating_mul(SECOND))
    }

    /// Later by that many microseconds, kept within the years 1 to 9999.
    pub fn plus_micros(self, micros: i64) -> Timestamp {
        Timestamp(self.0.saturating_add(micros)).clamped()
    }

    /// How many microseconds later than another; none where one of them is no instant that can be written.
    pub fn since(self, other: Timestamp) -> Option<i64> {
        (self.can_be_written() && other.can_be_written()).then(|| self.0 - other.0)
    }

    /// True within the years 1 to 9999.
    pub fn can_be_written(self) -> bool {
        (Timestamp::MIN..=Timestamp::MAX).contains(&self)
    }

    fn clamped(self) -> Timestamp {
        self.clamp(Timestamp::MIN, Timestamp::MAX)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let civil = EPOCH.checked_add(SignedDuration::from_micros(self.0)).map_err(|_| fmt::Error)?;
        let (day, time) = (civil.date(), civil.time());
        write!(f, "{:04}-{:02}-{:02}T", day.year(), day.month(), day.day())?;
        write!(f, "{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())?;
        let fraction = self.0.rem_euclid(SECOND);
        if fraction == 0 {
            return Ok(());
        }
        let digits = format!("{fraction:06}");
        write!(f, ".{}", digits.trim_end_matches('0'))
    }
}

/// Reads a date and time, a date, a time (on the day of `now`), a year, a year and month, or a
/// month or day (in 1904), each with or without a zone.
///
/// Without a zone it is taken as GMT; with an offset it is converted, and kept within the years 1
/// to 9999. Any number of fraction digits is allowed and rounded.
pub fn parse_date_time(text: &str, now: Timestamp) -> Result<Timestamp, ScalarError> {
    Parser { rest: trim(text).as_bytes() }.parse(now).ok_or_else(|| ScalarError::DateTime(quoted(text)))
}

struct Parser<'a> {
    rest: &'a [u8],
}

impl Parser<'_> {
    fn parse(mut self, now: Timestamp) -> Option<Timestamp> {
        let start = if self.rest.get(2) == Some(&b':') {
            Timestamp(now.day().0 + self.time()?)
        } else if self.rest.starts_with(b"--") {
            self.partial_day()?
        } else {
            self.day_and_time()?
        };
        let offset = self.zone()?;
        self.rest.is_empty().then(|| Timestamp(start.0 - offset).clamped())
    }

    fn day_and_time(&mut self) -> Option<Timestamp> {
        let year = self.digits(4)? as i16;
        let mut month = 1;
        let mut day = 1;
        if self.dash_and_digits() {
            month = self.part(b'-')?;
            if self.dash_and_digits() {
                day = self.part(b'-')?;
            }
        }
        let midnight = Timestamp::from_civil(valid(year, month, day)?.at(0, 0, 0, 0));
        if !self.eat(b'T') {
            return Some(midnight);
        }
        Some(Timestamp(midnight.0 + self.time()?))
    }

    /// `--MM`, `--MM--`, `--MM-dd` or `---dd`.
    fn partial_day(&mut self) -> Option<Timestamp> {
        self.rest = &self.rest[2..];
        let (mut month, mut day) = (1, 1);
        if self.eat(b'-') {
            day = self.digits(2)? as i8;
        } else {
            month = self.digits(2)? as i8;
            if self.rest.starts_with(b"--") {
                self.rest = &self.rest[2..];
            } else if self.dash_and_digits() {
                day = self.part(b'-')?;
            }
        }
        Some(Timestamp::from_civil(valid(1904, month, day)?.at(0, 0, 0, 0)))
    }

    /// Microseconds since midnight. Seconds are needed; 24:00:00 and a leap second are not times.
    fn time(&mut self) -> Option<i64> {
        let hour = self.digits(2)?;
        let minute = i64::from(self.part(b':')?);
        let second = i64::from(self.part(b':')?);
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let fraction = if self.eat(b'.') { self.fraction()? } else { 0 };
        Some(((hour * 60 + minute) * 60 + second) * SECOND + fraction)
    }

    fn fraction(&mut self) -> Option<i64> {
        let digits = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 {
            return None;
        }
        let digit =
            |index: usize| i64::from(self.rest.get(index).filter(|_| index < digits).map_or(0, |b| b - b'0'));
        let micros = (0..6).fold(0, |sum, index| sum * 10 + digit(index));
        let rounded = micros + i64::from(digit(6) >= 5);
        self.rest = &self.rest[digits..];
        Some(rounded)
    }

    /// Microseconds east of GMT.
    fn zone(&mut self) -> Option<i64> {
        if self.rest.is_empty() || self.eat(b'Z') || self.eat(b'z') {
            return Some(0);
        }
        let sign = if self.eat(b'-') { -1 } else { i64::from(self.eat(b'+')) };
        let (hours, minutes) = (self.digits(2)?, i64::from(self.part(b':')?));
        (sign != 0).then_some(sign * (hours * 60 + minutes) * 60 * SECOND)
    }

    fn dash_and_digits(&self) -> bool {
        // `-05:00` after a year or a month is a zone, not the next part of a date.
        self.rest.first() == Some(&b'-')
            && self.rest.get(1).is_some_and(u8::is_ascii_digit)
            && self.rest.get(3) != Some(&b':')
    }

    fn part(&mut self, separator: u8) -> Option<i8> {
        if !self.eat(separator) {
            return None;
        }
        self.digits(2).map(|value| value as i8)
    }

    fn digits(&mut self, count: usize) -> Option<i64> {
        let (digits, rest) = self.rest.split_at_checked(count)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        self.rest = rest;
        Some(digits.iter().fold(0, |sum, byte| sum * 10 + i64::from(byte - b'0')))
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.rest.first() == Some(&byte);
        if found {
            self.rest = &self.rest[1..];
        }
        found
    }
}

fn valid(year: i16, month: i8, day: i8) -> Option<Date> {
    if year < 1 {
        return None;
    }
    Date::new(year, month, day).ok().filter(|found| *found >= date(1, 1, 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> String {
        let noon = Timestamp::from_civil(date(2026, 11, 24).at(12, 0, 0, 0));
        match parse_date_time(text, noon) {
            Ok(time) => time.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn reads_every_form() {
        for (text, value) in [
            ("2024-02-29T10:11:12", "2024-02-29T10:11:12"),
            (" 2024-02-29T10:11:12Z\n", "2024-02-29T10:11:12"),
            ("2024-02-29T10:11:12z", "2024-02-29T10:11:12"),
            ("2024-02-29T10:11:12.5-05:00", "2024-02-29T15:11:12.5"),
            ("2024-02-29T10:11:12.12345678901Z", "2024-02-29T10:11:12.123457"),
            ("2024-02-29T23:59:59.9999999", "2024-03-01T00:00:00"),
            ("2024-02-29", "2024-02-29T00:00:00"),
            ("2024-02-29-05:00", "2024-02-29T05:00:00"),
            ("10:11:12", "2026-11-24T10:11:12"),
            ("2024", "2024-01-01T00:00:00"),
            ("2024-02", "2024-02-01T00:00:00"),
            ("--02-29", "1904-02-29T00:00:00"),
            ("--02", "1904-02-01T00:00:00"),
            ("---05", "1904-01-05T00:00:00"),
            ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00"),
            ("9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59.999999"),
            ("1969-12-31T23:59:59.763", "1969-12-31T23:59:59.763"),
        ] {
            assert_eq!(parse(text), value, "{text}");
        }
    }

    #[test]
    fn refuses_what_the_framework_refuses() {
        for text in [
            "",
            "2024-02-30T00:00:00",
            "2024-02-29T10:11",
            "2024-02-29 10:11:12",
            "2024-02-29t10:11:12",
            "2024-02-29T10:11:12+0500",
            "2024-02-29T24:00:00",
            "2024-02-29T10:11:60",
            "-2024-02-29T10:11:12",
            "0000-01-01T00:00:00",
            "02/29/2024",
            "yesterday",
        ] {
            assert_eq!(parse(text), format!("The string '{text}' is not a valid AllXsd value."), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(micros in Timestamp::MIN.0..=Timestamp::MAX.0) {
            let time = Timestamp(micros);
            prop_assert_eq!(parse_date_time(&time.to_string(), Timestamp(0)), Ok(time));
        }

        #[test]
        fn never_panics(text in "[0-9TZz:.+ -]{0,40}") {
            let _ = parse_date_time(&text, Timestamp(0));
        }
    }
}
