//! Instants and durations as text: ticks of 100 ns (see [`Ticks`]) from and to the forms that event data uses.
//!
//! Here live the calendar arithmetic and the readers and writers of text. The units of arrow and Parquet are in
//! [`crate::convert`]; the formats that KQL's own `todatetime` takes beyond these belong to the engine.
//!
//! ```
//! use vizsla_store::ticks;
//! let instant = ticks::parse_datetime("2019-03-19T17:04:44.2220001Z");
//! assert_eq!(instant.map(ticks::format_datetime).as_deref(), Some("2019-03-19T17:04:44.2220001Z"));
//! ```

use vizsla_schema::Ticks;

/// `ticks` if it is an instant of the years 1 to 9999.
#[must_use]
pub fn checked_datetime(ticks: i64) -> Option<i64> {
    (0..=Ticks::MAX.0).contains(&ticks).then_some(ticks)
}

/// Days from 0001-01-01 to a date of the Gregorian calendar, if there is such a date.
#[must_use]
pub fn days_from_date(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    if !(1..=9999).contains(&year) || !(1..=longest).contains(&day) {
        return None;
    }
    // Years begin in March here, so that the leap day is the last of its year.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    Some(365 * y + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) + (153 * m + 2) / 5 + day - 307)
}

/// The date (year, month, day) that lies `days` after 0001-01-01.
#[must_use]
pub fn date_from_days(days: i64) -> (i64, i64, i64) {
    let z = days + 306; // from 0000-03-01
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(month <= 2), month, doy - (153 * mp + 2) / 5 + 1)
}

/// `2019-03-19`, the date of an instant.
#[must_use]
pub fn format_date(ticks: i64) -> String {
    let (year, month, day) = date_from_days(ticks.div_euclid(Ticks::PER_DAY));
    format!("{year:04}-{month:02}-{day:02}")
}

/// `2019-03-19T17:04:44.2220000Z`, with all seven digits.
#[must_use]
pub fn format_datetime(ticks: i64) -> String {
    let (year, month, day) = date_from_days(ticks.div_euclid(Ticks::PER_DAY));
    let rest = ticks.rem_euclid(Ticks::PER_DAY);
    let (seconds, fraction) = (rest / Ticks::PER_SECOND, rest % Ticks::PER_SECOND);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:07}Z")
}

/// `1.02:03:04.0000005`: days and fraction only where they are not zero.
#[must_use]
pub fn format_timespan(ticks: i64) -> String {
    let sign = if ticks < 0 { "-" } else { "" };
    let all = ticks.unsigned_abs();
    let per_second = Ticks::PER_SECOND.unsigned_abs();
    let (seconds, fraction) = (all / per_second, all % per_second);
    let (days, hour, minute, second) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let days = if days > 0 { format!("{days}.") } else { String::new() };
    let fraction = if fraction > 0 { format!(".{fraction:07}") } else { String::new() };
    format!("{sign}{days}{hour:02}:{minute:02}:{second:02}{fraction}")
}

/// The instant that `text` names, or none.
///
/// Takes ISO 8601 (`2019-03-19`, `…T17:04`, `…:44.2220001`, `Z` or an offset; a blank may stand for the `T`), and the two
/// forms found in exports of the Defender portal and of spreadsheets: `Mar 19, 2019 5:04:44 PM` and `3/19/2019 5:04:44 PM`.
/// Without an offset it is UTC. Digits beyond the seventh are cut off.
#[must_use]
pub fn parse_datetime(text: &str) -> Option<i64> {
    let text = text.trim();
    let mut at = Cursor { rest: text.as_bytes() };
    let (year, month, day) = match text.as_bytes().get(4) {
        Some(b'-') => {
            let year = at.digits(4, 4)?;
            at.expect(b'-')?;
            let month = at.digits(1, 2)?;
            at.expect(b'-')?;
            (year, month, at.digits(1, 2)?)
        }
        _ => at.local_date()?,
    };
    let date = days_from_date(year, month, day)? * Ticks::PER_DAY;
    if at.rest.is_empty() {
        return Some(date);
    }
    if !at.accept(b'T') && !at.accept(b't') {
        at.accept(b',');
        at.blanks()?;
    }
    let time = at.time_of_day()?;
    let offset = at.offset()?;
    at.rest.is_empty().then_some(())?;
    checked_datetime(date + time - offset)
}

/// The duration that `text` names in the form `[-][d.]hh:mm[:ss[.fffffff]]`, or none. A bare number counts days.
#[must_use]
pub fn parse_timespan(text: &str) -> Option<i64> {
    let mut at = Cursor { rest: text.trim().as_bytes() };
    let negative = at.accept(b'-');
    let first = at.digits(1, 8)?;
    let ticks = if at.rest.is_empty() {
        first.checked_mul(Ticks::PER_DAY)?
    } else if at.accept(b'.') {
        first.checked_mul(Ticks::PER_DAY)?.checked_add(at.time_of_day()?)?
    } else {
        let mut whole = Cursor { rest: text.trim().trim_start_matches('-').as_bytes() };
        let time = whole.time_of_day()?;
        at = whole;
        time
    };
    at.rest.is_empty().then_some(if negative { -ticks } else { ticks })
}

/// What is left of a text that is being read from the left.
struct Cursor<'a> {
    rest: &'a [u8],
}

impl Cursor<'_> {
    fn accept(&mut self, byte: u8) -> bool {
        let hit = self.rest.first() == Some(&byte);
        if hit {
            self.rest = &self.rest[1..];
        }
        hit
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.accept(byte).then_some(())
    }

    fn blanks(&mut self) -> Option<()> {
        let some = self.accept(b' ');
        while self.accept(b' ') {}
        some.then_some(())
    }

    /// A number of `least` to `most` digits.
    fn digits(&mut self, least: usize, most: usize) -> Option<i64> {
        let n = self.rest.iter().take(most).take_while(|b| b.is_ascii_digit()).count();
        if n < least {
            return None;
        }
        let value = self.rest[..n].iter().fold(0, |sum, b| sum * 10 + i64::from(b - b'0'));
        self.rest = &self.rest[n..];
        Some(value)
    }

    /// `3/19/2019` or `Mar 19, 2019` as (year, month, day).
    fn local_date(&mut self) -> Option<(i64, i64, i64)> {
        if let Some(month) = self.month_name() {
            self.blanks()?;
            let day = self.digits(1, 2)?;
            self.accept(b',');
            self.blanks()?;
            return Some((self.digits(4, 4)?, month, day));
        }
        let month = self.digits(1, 2)?;
        self.expect(b'/')?;
        let day = self.digits(1, 2)?;
        self.expect(b'/')?;
        Some((self.digits(4, 4)?, month, day))
    }

    fn month_name(&mut self) -> Option<i64> {
        const NAMES: &[u8] = b"janfebmaraprmayjunjulaugsepoctnovdec";
        let word = self.rest.get(..3)?.to_ascii_lowercase();
        let index = NAMES.chunks(3).position(|name| name == word)?;
        self.rest = &self.rest[3..];
        i64::try_from(index + 1).ok()
    }

    /// `17:04`, `17:04:44`, `17:04:44.222`, `5:04 PM` in ticks.
    fn time_of_day(&mut self) -> Option<i64> {
        let mut hour = self.digits(1, 2)?;
        self.expect(b':')?;
        let minute = self.digits(2, 2)?;
        let second = if self.accept(b':') { self.digits(2, 2)? } else { 0 };
        let fraction = if self.accept(b'.') { self.fraction()? } else { 0 };
        if let [b' ', half @ (b'A' | b'a' | b'P' | b'p'), b'M' | b'm', ..] = *self.rest {
            self.rest = &self.rest[3..];
            (1..=12).contains(&hour).then_some(())?;
            hour = hour % 12 + if half.eq_ignore_ascii_case(&b'p') { 12 } else { 0 };
        }
        let valid = hour < 24 && minute < 60 && second < 60;
        valid.then_some(((hour * 60 + minute) * 60 + second) * Ticks::PER_SECOND + fraction)
    }

    /// Up to seven digits count, the others are skipped.
    fn fraction(&mut self) -> Option<i64> {
        let n = self.rest.iter().take_while(|b| b.is_ascii_digit()).count();
        let digit = |i: usize| if i < n { i64::from(self.rest[i] - b'0') } else { 0 };
        let value = (0..7).fold(0, |sum, i| sum * 10 + digit(i));
        self.rest = &self.rest[n..];
        (n > 0).then_some(value)
    }

    /// `Z`, `+01:00`, `-0530` or nothing, in ticks east of UTC.
    fn offset(&mut self) -> Option<i64> {
        let blank = self.blanks().is_some();
        if self.accept(b'Z') || self.accept(b'z') {
            return Some(0);
        }
        let sign = match self.rest.first() {
            Some(b'+') => 1,
            Some(b'-') => -1,
            _ => return (!blank).then_some(0),
        };
        self.rest = &self.rest[1..];
        let hours = self.digits(2, 2)?;
        self.accept(b':');
        let minutes = if self.rest.is_empty() { 0 } else { self.digits(2, 2)? };
        Some(sign * (hours * 60 + minutes) * 60 * Ticks::PER_SECOND)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn datetimes_of_event_data() {
        for (text, expected) in [
            ("0001-01-01", Some("0001-01-01T00:00:00.0000000Z")),
            ("9999-12-31T23:59:59.9999999Z", Some("9999-12-31T23:59:59.9999999Z")),
            ("9999-12-31T23:59:59.9999999-01:00", None),
            ("2019-03-19T17:04:44.2220001Z", Some("2019-03-19T17:04:44.2220001Z")),
            ("2019-03-19 17:04:44.22", Some("2019-03-19T17:04:44.2200000Z")),
            ("2019-03-19T17:04:44.123456789Z", Some("2019-03-19T17:04:44.1234567Z")),
            ("2019-03-19T17:04+01:30", Some("2019-03-19T15:34:00.0000000Z")),
            ("2019-3-9", Some("2019-03-09T00:00:00.0000000Z")),
            ("Mar 19, 2019 5:04:44 PM", Some("2019-03-19T17:04:44.0000000Z")),
            ("3/19/2019 12:04:44 AM", Some("2019-03-19T00:04:44.0000000Z")),
            ("2000-02-29", Some("2000-02-29T00:00:00.0000000Z")),
            ("1900-02-29", None),
            ("2019-13-01", None),
            ("2019-03-19T25:00", None),
            ("2019-03-19T17:04:44Zulu", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(parse_datetime(text).map(format_datetime).as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn timespans_of_event_data() {
        for (text, expected) in [
            ("00:00:01", Some("00:00:01")),
            ("1.02:03:04.0000005", Some("1.02:03:04.0000005")),
            ("-00:30", Some("-00:30:00")),
            ("3", Some("3.00:00:00")),
            ("3 days", None),
            ("", None),
        ] {
            assert_eq!(parse_timespan(text).map(format_timespan).as_deref(), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn datetimes_round_trip(ticks in 0..=Ticks::MAX.0) {
            prop_assert_eq!(parse_datetime(&format_datetime(ticks)), Some(ticks));
        }

        #[test]
        fn timespans_round_trip(ticks in -1_000_000_000_000_000_i64..1_000_000_000_000_000) {
            prop_assert_eq!(parse_timespan(&format_timespan(ticks)), Some(ticks));
        }
    }
}
