//! Datetimes and timespans from text.

use crate::datetime::calendar::{DAY, Date, HOUR, LAST, MICROSECOND, MILLISECOND, MINUTE, SECOND, in_range};

/// `timespan` from text, in ticks: `[-][d.]hh:mm[:ss[.fffffff]]`, a number with a unit (`1.5h`, `90s`, `2days`), or whole
/// days. Nothing may follow.
pub fn parse_timespan(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let ticks = if text.contains(':') { clock(text)? } else { quantity(text)? };
    Some(if negative { -ticks } else { ticks })
}

/// `d.hh:mm:ss.fffffff`, days, seconds and fraction optional.
fn clock(text: &str) -> Option<i64> {
    let mut scan = Scan(text);
    let mut days = 0;
    let mut hours = scan.number()?;
    if scan.skip(".") {
        days = hours;
        hours = scan.number()?;
    }
    let time = scan.skip(":").then(|| scan.clock_after(hours))??;
    (scan.0.is_empty()).then_some(())?;
    days.checked_mul(DAY)?.checked_add(time)
}

/// `1.5h`, `3 days`, `2`.
fn quantity(text: &str) -> Option<i64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.trim_start();
    if unit.is_empty() {
        return number.parse::<i64>().ok()?.checked_mul(DAY);
    }
    let nanoseconds = i128::from(unit_in_nanoseconds(unit)?);
    // In units of 10^-18, so that no digit of `0.1d` is lost in a float; the rest below a tick is cut off.
    let ticks = super::parse_decimal(number)?.checked_mul(nanoseconds)? / 10i128.pow(20);
    i64::try_from(ticks).ok()
}

/// The length of a unit as timespan literals spell it.
fn unit_in_nanoseconds(unit: &str) -> Option<i64> {
    let ticks = match unit {
        "d" | "day" | "days" => DAY,
        "h" | "hr" | "hrs" | "hour" | "hours" => HOUR,
        "m" | "min" | "minute" | "minutes" => MINUTE,
        "s" | "sec" | "second" | "seconds" => SECOND,
        "ms" | "milli" | "millis" | "millisec" | "millisecond" | "milliseconds" => MILLISECOND,
        "micro" | "micros" | "microsec" | "microsecond" | "microseconds" => MICROSECOND,
        "tick" | "ticks" => 1,
        "nano" | "nanos" | "nanosec" | "nanosecond" | "nanoseconds" => return Some(1),
        _ => return None,
    };
    Some(ticks * 100)
}

/// `datetime` from text, in ticks. Reads ISO 8601, RFC 822 and 850, `yyyyMMdd`, and dates with `-`, `.` or `/` between the
/// numbers, month first unless the year is; a zone shifts the answer to UTC.
pub fn parse_datetime(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Some(ticks) = iso(text.as_bytes()) {
        return in_range(ticks);
    }
    let mut scan = Scan(text);
    scan.weekday();
    let date = scan.date()?;
    let mut ticks = date.ticks();
    scan.spaces();
    if !scan.0.is_empty() {
        let _ = scan.skip("T") || scan.skip("t");
        ticks += scan.time_of_day()?;
        ticks -= scan.zone()?;
    }
    scan.0.is_empty().then_some(ticks).and_then(in_range)
}

/// The usual form, `2020-01-02[T03:04:05[.6…][Z]]`, without the general scanner.
fn iso(text: &[u8]) -> Option<i64> {
    let pair = |at: usize| {
        let (tens, ones) = (text.get(at)?.wrapping_sub(b'0'), text.get(at + 1)?.wrapping_sub(b'0'));
        (tens <= 9 && ones <= 9).then_some(i64::from(tens) * 10 + i64::from(ones))
    };
    let is = |at: usize, expected: u8| text.get(at) == Some(&expected);
    if !(is(4, b'-') && is(7, b'-')) {
        return None;
    }
    let midnight = Date::checked(pair(0)? * 100 + pair(2)?, pair(5)?, pair(8)?)?.ticks();
    if text.len() == 10 {
        return Some(midnight);
    }
    if !((is(10, b'T') || is(10, b' ')) && is(13, b':') && is(16, b':')) {
        return None;
    }
    let (hour, minute, second) = (pair(11)?, pair(14)?, pair(17)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let rest = text[19..].strip_suffix(b"Z").unwrap_or(&text[19..]);
    let fraction = match rest {
        [] => 0,
        [b'.', digits @ ..] if (1..=7).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit) => {
            digits.iter().chain(b"0000000").take(7).fold(0, |ticks, digit| ticks * 10 + i64::from(digit - b'0'))
        }
        _ => return None,
    };
    Some(midnight + hour * HOUR + minute * MINUTE + second * SECOND + fraction)
}

/// The text that is still to be read.
struct Scan<'a>(&'a str);

impl<'a> Scan<'a> {
    fn skip(&mut self, prefix: &str) -> bool {
        match self.0.strip_prefix(prefix) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn spaces(&mut self) {
        self.0 = self.0.trim_start();
    }

    /// The longest prefix of such characters, which may be empty.
    fn run(&mut self, belongs: fn(&char) -> bool) -> &'a str {
        let end = self.0.find(|c: char| !belongs(&c)).unwrap_or(self.0.len());
        let (run, rest) = self.0.split_at(end);
        self.0 = rest;
        run
    }

    fn digits(&mut self) -> &'a str {
        self.run(char::is_ascii_digit)
    }

    fn number(&mut self) -> Option<i64> {
        self.digits().parse().ok()
    }

    /// `mm[:ss[.fffffff]]`, after `hh:`.
    fn clock_after(&mut self, hours: i64) -> Option<i64> {
        let minutes = self.number()?;
        let mut ticks = 0;
        if self.skip(":") {
            let seconds = self.number().filter(|it| *it <= 59)?;
            ticks = seconds * SECOND;
            if self.skip(".") {
                let digits = self.digits();
                let padded = digits.bytes().chain(std::iter::repeat(b'0')).take(7);
                ticks += padded.fold(0, |ticks, digit| ticks * 10 + i64::from(digit - b'0'));
            }
        }
        (hours <= 23 && minutes <= 59).then_some(hours * HOUR + minutes * MINUTE + ticks)
    }

    /// `Mon, ` or `Monday, `, if it is there.
    fn weekday(&mut self) {
        const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        let mut ahead = Scan(self.0);
        let word = ahead.run(char::is_ascii_alphabetic).to_ascii_lowercase();
        if word.len() >= 3 && DAYS.iter().any(|day| day.starts_with(&word)) {
            let _ = ahead.skip(",");
            ahead.spaces();
            *self = ahead;
        }
    }

    /// A month's name, whole or its first three letters.
    fn month(&mut self) -> Option<i64> {
        const MONTHS: [&str; 12] = [
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
        ];
        let word = self.run(char::is_ascii_alphabetic).to_ascii_lowercase();
        let index = MONTHS
            .iter()
            .position(|month| word == *month || word == month[..3] || word == "sept" && month[..3] == *"sep")?;
        Some(index as i64 + 1)
    }

    fn date(&mut self) -> Option<Date> {
        if self.0.starts_with(|c: char| c.is_ascii_alphabetic()) {
            // Dec 2, 2022
            let month = self.month()?;
            self.spaces();
            let day = self.number()?;
            let _ = self.skip(",");
            self.spaces();
            return Date::checked(self.year()?, month, day);
        }
        let first = self.digits();
        if first.len() == 8 {
            let number: i64 = first.parse().ok()?;
            return Date::checked(number / 10_000, number / 100 % 100, number % 100);
        }
        let number: i64 = first.parse().ok()?;
        let separator = self.separator()?;
        if self.0.starts_with(|c: char| c.is_ascii_alphabetic()) {
            // 2 Dec 2022, 02-Dec-22
            let month = self.month()?;
            (self.separator()? == separator).then_some(())?;
            return Date::checked(self.year()?, month, number);
        }
        (separator != ' ').then_some(())?;
        let second = self.number()?;
        if first.len() == 4 {
            let day = if self.separator() == Some(separator) { self.number()? } else { 1 };
            return Date::checked(number, second, day);
        }
        (self.separator()? == separator).then_some(())?;
        Date::checked(self.year()?, number, second)
    }

    /// `-`, `.` or `/` with spaces around, or only spaces.
    fn separator(&mut self) -> Option<char> {
        let before = self.0.len();
        self.spaces();
        for separator in ["-", ".", "/"] {
            if self.skip(separator) {
                self.spaces();
                return separator.chars().next();
            }
        }
        (self.0.len() < before).then_some(' ')
    }

    /// A year; two digits mean 1950 to 2049.
    fn year(&mut self) -> Option<i64> {
        let digits = self.digits();
        let number: i64 = digits.parse().ok()?;
        match digits.len() {
            4 => Some(number),
            2 if number < 50 => Some(2000 + number),
            2 => Some(1900 + number),
            _ => None,
        }
    }

    /// `hh:mm[:ss[.fffffff]] [AM|PM]`.
    fn time_of_day(&mut self) -> Option<i64> {
        let hours = self.number()?;
        let time = self.skip(":").then(|| self.clock_after(hours))??;
        self.spaces();
        let mut ahead = Scan(self.0);
        let noon = match ahead.run(char::is_ascii_alphabetic) {
            "AM" | "am" => false,
            "PM" | "pm" => true,
            _ => return Some(time),
        };
        *self = ahead;
        self.spaces();
        (1..=12).contains(&hours).then_some(time % (12 * HOUR) + if noon { 12 * HOUR } else { 0 })
    }

    /// `Z`, `GMT`, `UTC`, `±hh`, `±hh:mm`, `±hhmm` or nothing; the answer is how far the zone's clock is ahead of UTC.
    fn zone(&mut self) -> Option<i64> {
        if self.0.is_empty() || ["Z", "z", "GMT", "UTC", "UT"].contains(&self.0) {
            self.0 = "";
            return Some(0);
        }
        let sign = if self.skip("+") { 1 } else { self.skip("-").then_some(-1)? };
        let digits = self.digits();
        let number: i64 = digits.parse().ok()?;
        let (hours, minutes) = match digits.len() {
            4 => (number / 100, number % 100),
            1 | 2 if self.skip(":") => (number, self.number()?),
            1 | 2 => (number, 0),
            _ => return None,
        };
        let offset = hours * HOUR + minutes * MINUTE;
        (minutes <= 59 && offset <= LAST.min(14 * HOUR)).then_some(sign * offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{write_datetime, write_timespan};
    use proptest::prelude::*;

    fn written(value: Option<i64>, write: fn(i64, &mut String)) -> String {
        let mut out = String::new();
        value.into_iter().for_each(|value| write(value, &mut out));
        out
    }

    #[test]
    fn datetimes() {
        for (text, expected) in [
            ("2020-01-01", "2020-01-01T00:00:00.0000000Z"),
            ("2020-06-15 13:45:09", "2020-06-15T13:45:09.0000000Z"),
            ("2020-06-15T13:45:09.1234567Z", "2020-06-15T13:45:09.1234567Z"),
            ("2020-06-15T13:45:09.12345678Z", "2020-06-15T13:45:09.1234567Z"),
            ("2020-06-15T13:45:09.5+02:00", "2020-06-15T11:45:09.5000000Z"),
            ("2020-06-15 13:45-0130", "2020-06-15T15:15:00.0000000Z"),
            ("2020-06-15T13:45Z", "2020-06-15T13:45:00.0000000Z"),
            ("12-02-2022", "2022-12-02T00:00:00.0000000Z"),
            ("12.02.2022", "2022-12-02T00:00:00.0000000Z"),
            ("12/2/2022 1:05:09 PM", "2022-12-02T13:05:09.0000000Z"),
            ("12/2/2022 12:00 AM", "2022-12-02T00:00:00.0000000Z"),
            ("2022/12/02", "2022-12-02T00:00:00.0000000Z"),
            ("2017 - 08 - 01", "2017-08-01T00:00:00.0000000Z"),
            ("2022-12", "2022-12-01T00:00:00.0000000Z"),
            ("2 Dec 2022", "2022-12-02T00:00:00.0000000Z"),
            ("Dec 2, 2022", "2022-12-02T00:00:00.0000000Z"),
            ("December 2, 2022 10:00", "2022-12-02T10:00:00.0000000Z"),
            ("Fri, 02 Dec 2022 10:11:12 GMT", "2022-12-02T10:11:12.0000000Z"),
            ("Friday, 02-Dec-22 10:11:12 GMT", "2022-12-02T10:11:12.0000000Z"),
            ("20221202", "2022-12-02T00:00:00.0000000Z"),
            ("  1969-07-20 ", "1969-07-20T00:00:00.0000000Z"),
            ("0001-01-01T00:00:00+01:00", ""), // before the first tick
            ("13-01-2022", ""),
            ("2020-13-01", ""),
            ("2020-02-30", ""),
            ("2020-01-01T24:00:00", ""),
            ("2020-01-01 x", ""),
            ("2020-01-01T10:00:00 and more", ""),
            ("not-a-date", ""),
            ("2020", ""),
            ("", ""),
        ] {
            assert_eq!(written(parse_datetime(text), write_datetime), expected, "{text:?}");
        }
    }

    #[test]
    fn timespans() {
        for (text, expected) in [
            ("1d", "1.00:00:00"),
            ("2h", "02:00:00"),
            ("90s", "00:01:30"),
            ("-1d", "-1.00:00:00"),
            ("1.5h", "01:30:00"),
            ("0.1d", "02:24:00"),
            ("15 seconds", "00:00:15"),
            ("150nanoseconds", "00:00:00.0000001"),
            ("10milli", "00:00:00.0100000"),
            ("2", "2.00:00:00"),
            ("01:00:00", "01:00:00"),
            ("10:00", "10:00:00"),
            ("00:00:00.001", "00:00:00.0010000"),
            ("0.00:03:00", "00:03:00"),
            ("4.00:00:00", "4.00:00:00"),
            ("1.02:03:04.5", "1.02:03:04.5000000"),
            ("-1.02:03:04", "-1.02:03:04"),
            ("1.5", ""),
            ("25:00:00", ""),
            ("00:60", ""),
            ("01:00:00x", ""),
            ("1w", ""),
            ("99999999d", ""),
            ("abc", ""),
            ("", ""),
        ] {
            assert_eq!(written(parse_timespan(text), write_timespan), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn texts_of_times_read_back(datetime in 0..=LAST, timespan in any::<i64>().prop_filter("its size fits", |it| *it != i64::MIN)) {
            prop_assert_eq!(parse_datetime(&written(Some(datetime), write_datetime)), Some(datetime));
            prop_assert_eq!(parse_timespan(&written(Some(timespan), write_timespan)), Some(timespan));
        }

        #[test]
        fn no_text_is_too_odd(text in "[0-9TZ:./ +a-m-]{0,24}") {
            let _ = (parse_datetime(&text), parse_timespan(&text));
        }
    }
}
