//! Dates and spans of time, in ticks of 100 ns. Dates count from 0001-01-01 in the Gregorian calendar.
//!
//! The forms that `datetime(…)` takes are facts 106, 107 and 148 of the semantics notes: ISO, month first in ambiguous
//! digits, month names, commas.

/// Ticks in a second.
pub(crate) const SECOND: i64 = 10_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
/// Ticks in a day.
pub(crate) const DAY: i64 = 24 * HOUR;
/// The first tick after year 9999.
const END_OF_TIME: i64 = 3_652_059 * DAY;

/// Nanoseconds in the unit a timespan literal ends with.
pub(crate) fn unit_ticks(unit: &str) -> Option<i128> {
    let ticks = match unit {
        "d" | "day" | "days" => DAY,
        "h" | "hr" | "hrs" | "hour" | "hours" => HOUR,
        "m" | "min" | "minute" | "minutes" => MINUTE,
        "s" | "sec" | "second" | "seconds" => SECOND,
        "ms" | "milli" | "millis" | "millisec" | "millisecond" | "milliseconds" => SECOND / 1_000,
        "micro" | "micros" | "microsec" | "microsecond" | "microseconds" => 10,
        "tick" | "ticks" => 1,
        "nano" | "nanos" | "nanosec" | "nanosecond" | "nanoseconds" => return Some(1),
        _ => return None,
    };
    Some(i128::from(ticks) * 100)
}

/// `1.5h` in ticks; parts of a tick are dropped. `None` if out of range or no timespan.
pub(crate) fn timespan_number(text: &str) -> Option<i64> {
    let digits = text.find(|it: char| !it.is_ascii_digit() && it != '.')?;
    let nanoseconds = unit_ticks(text[digits..].trim())?;
    let (whole, fraction) = text[..digits].split_once('.').unwrap_or((&text[..digits], ""));
    let fraction = &fraction[..fraction.len().min(15)];
    let scale = 10_i128.pow(u32::try_from(fraction.len()).ok()?);
    let parts = whole.parse::<i64>().map(i128::from).ok()? * scale
        + if fraction.is_empty() { 0 } else { i128::from(fraction.parse::<i64>().ok()?) };
    i64::try_from(parts.checked_mul(nanoseconds)? / scale / 100).ok()
}

/// The body of `time(…)`: `2` (days), `1.5h`, `15 seconds`, `[-][d.]hh:mm[:ss[.f]]`.
pub(crate) fn timespan(text: &str) -> Option<i64> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text),
    };
    let ticks = if text.contains(':') { clock(text)? } else { bare_timespan(text)? };
    i64::try_from(if negative { -ticks } else { ticks }).ok()
}

fn bare_timespan(text: &str) -> Option<i128> {
    if text.parse::<u64>().is_ok() || text.parse::<f64>().is_ok() && !text.contains(['e', 'E']) {
        return timespan_number(&format!("{text}d")).map(i128::from);
    }
    timespan_number(text).map(i128::from)
}

/// `[d.]hh:mm[:ss[.f]]`
fn clock(text: &str) -> Option<i128> {
    let (head, rest) = text.split_once(':')?;
    let (days, hours) = head.split_once('.').unwrap_or(("0", head));
    let (minutes, seconds) = rest.split_once(':').unwrap_or((rest, "0"));
    let (hours, minutes) = (below(hours, 24)?, below(minutes, 60)?);
    let days: i128 = days.trim().parse().ok()?;
    Some(days * i128::from(DAY) + i128::from(hours * HOUR + minutes * MINUTE + second_ticks(seconds)?))
}

fn below(digits: &str, limit: i64) -> Option<i64> {
    let digits = digits.trim();
    let value = digits.bytes().all(|it| it.is_ascii_digit()).then(|| digits.parse::<i64>().ok())??;
    (value < limit).then_some(value)
}

/// `ss[.f]` in ticks.
fn second_ticks(text: &str) -> Option<i64> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    Some(below(whole, 60)? * SECOND + fraction_ticks(fraction)?)
}

fn fraction_ticks(digits: &str) -> Option<i64> {
    if !digits.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    let padded = format!("{digits:0<7}");
    padded[..7].parse().ok()
}

/// The body of `datetime(…)` in ticks. The outer `None` is text that is no date; the inner one is a date that is null,
/// such as `datetime(2025)`.
#[expect(clippy::option_option, reason = "no date and a null date are different answers")]
pub(crate) fn datetime(text: &str) -> Option<Option<i64>> {
    let text = text.trim();
    if text.len() <= 4 && text.bytes().all(|it| it.is_ascii_digit()) {
        return Some(None);
    }
    let pieces = pieces(text)?;
    let (days, used) = date(&pieces)?;
    let ticks = i128::from(days) * i128::from(DAY) + i128::from(time_of_day(&pieces[used..])?);
    let ticks = i64::try_from(ticks).ok()?;
    Some((0..END_OF_TIME).contains(&ticks).then_some(ticks))
}

/// A run of digits, a word, or a separator of a date.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Piece<'a> {
    Digits(&'a str),
    Word(&'a str),
    Mark(char),
}

/// Cuts date text; blanks only separate, so `2017 - 08 - 01` is as good as `2017-08-01`.
fn pieces(text: &str) -> Option<Vec<Piece<'_>>> {
    let mut pieces = Vec::new();
    let mut rest = text.trim();
    while let Some(first) = rest.chars().next() {
        let run = |keep: fn(char) -> bool| rest.find(|it| !keep(it)).unwrap_or(rest.len());
        let used = match first {
            '0'..='9' => run(|it| it.is_ascii_digit()),
            'a'..='z' | 'A'..='Z' => run(|it| it.is_ascii_alphabetic()),
            '-' | '/' | '.' | ':' | ',' | '+' => 1,
            _ if first.is_whitespace() => {
                rest = rest.trim_start();
                continue;
            }
            _ => return None,
        };
        pieces.push(match first {
            '0'..='9' => Piece::Digits(&rest[..used]),
            'a'..='z' | 'A'..='Z' => Piece::Word(&rest[..used]),
            _ => Piece::Mark(first),
        });
        rest = &rest[used..];
    }
    Some(pieces)
}

/// Days since 0001-01-01 and how many pieces the date took.
fn date(pieces: &[Piece<'_>]) -> Option<(i64, usize)> {
    use Piece::{Digits, Mark, Word};
    let (year, month, day, used) = match *pieces {
        // Mon, 02 Dec 2022: the weekday says nothing new.
        [Word(weekday), Mark(','), ..] if is_weekday(weekday) => {
            return date(&pieces[2..]).map(|(days, used)| (days, used + 2));
        }
        [Word(month), Digits(day), Mark(','), Digits(year), ..] => {
            (number(year)?, month_named(month)?, number(day)?, 4)
        }
        [Word(month), Digits(day), Digits(year), ..] => (number(year)?, month_named(month)?, number(day)?, 3),
        [Digits(day), Word(month), Digits(year), ..] => (number(year)?, month_named(month)?, number(day)?, 3),
        [Digits(day), Mark('-'), Word(month), Mark('-'), Digits(year), ..] => {
            (number(year)?, month_named(month)?, number(day)?, 5)
        }
        [Digits(year), Mark('-' | '/' | ',' | '.'), Digits(month), Mark('-' | '/' | ',' | '.'), Digits(day), ..]
            if year.len() == 4 =>
        {
            (number(year)?, number(month)?, number(day)?, 5)
        }
        [Digits(month), Mark('-' | '/' | '.'), Digits(day), Mark('-' | '/' | '.'), Digits(year), ..] => {
            (number(year)?, number(month)?, number(day)?, 5)
        }
        [Digits(year), Mark('-' | '/' | ','), Digits(month)] if year.len() == 4 => {
            (number(year)?, number(month)?, 1, 3)
        }
        [Digits(all), ..] if all.len() == 8 => (number(&all[..4])?, number(&all[4..6])?, number(&all[6..])?, 1),
        [Digits(all), ..] if all.len() == 6 => (number(&all[..4])?, number(&all[4..])?, 1, 1),
        _ => return None,
    };
    Some((days_from_civil(year, month, day)?, used))
}

/// The time after a date, as ticks to add; a zone's distance from UTC is taken off.
fn time_of_day(pieces: &[Piece<'_>]) -> Option<i64> {
    use Piece::{Digits, Mark, Word};
    let (mut ticks, mut rest) = match pieces {
        [] => return Some(0),
        [Word("T" | "t") | Mark(','), rest @ ..] | rest => match *rest {
            [Digits(hour), Mark(':'), Digits(minute), ..] => {
                (below(hour, 25)? * HOUR + below(minute, 60)? * MINUTE, &rest[3..])
            }
            [Digits(hour), ..] if pieces.len() != rest.len() => (below(hour, 24)? * HOUR, &rest[1..]),
            _ => (0, rest),
        },
    };
    if let [Mark(':'), Digits(second), tail @ ..] = rest {
        ticks += below(second, 61)? * SECOND;
        rest = tail;
        if let [Mark('.' | ','), Digits(fraction), tail @ ..] = rest {
            ticks += fraction_ticks(fraction)?;
            rest = tail;
        }
    }
    if let [Word(half), tail @ ..] = rest {
        ticks += half_day(half, ticks)?;
        rest = if half_day(half, ticks).is_some() && !is_zone(half) { tail } else { rest };
    }
    Some(ticks - zone(rest)?)
}

/// What `AM` or `PM` adds to a time; nothing for a zone.
fn half_day(word: &str, ticks: i64) -> Option<i64> {
    match word.to_ascii_uppercase().as_str() {
        "AM" => Some(if ticks >= 12 * HOUR { -12 * HOUR } else { 0 }),
        "PM" => Some(if ticks < 12 * HOUR { 12 * HOUR } else { 0 }),
        _ if is_zone(word) => Some(0),
        _ => None,
    }
}

fn is_zone(word: &str) -> bool {
    ["Z", "UTC", "GMT"].iter().any(|it| it.eq_ignore_ascii_case(word))
}

/// Distance from UTC in ticks.
fn zone(pieces: &[Piece<'_>]) -> Option<i64> {
    use Piece::{Digits, Mark, Word};
    let (mark, hours, minutes) = match *pieces {
        [] => return Some(0),
        [Word(name)] if is_zone(name) => return Some(0),
        [Mark(mark), Digits(hours), Mark(':'), Digits(minutes)] => (mark, hours, minutes),
        [Mark(mark), Digits(both)] if both.len() == 4 => (mark, &both[..2], &both[2..]),
        [Mark(mark), Digits(hours)] => (mark, hours, "0"),
        _ => return None,
    };
    let distance = below(hours, 15)? * HOUR + below(minutes, 60)? * MINUTE;
    match mark {
        '+' => Some(distance),
        '-' => Some(-distance),
        _ => None,
    }
}

fn number(digits: &str) -> Option<i64> {
    digits.parse().ok()
}

fn month_named(word: &str) -> Option<i64> {
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
    let word = word.to_ascii_lowercase();
    let at = MONTHS.iter().position(|it| word.len() >= 3 && it.starts_with(&word))?;
    i64::try_from(at).ok().map(|it| it + 1)
}

fn is_weekday(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    word.len() >= 3
        && ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
            .iter()
            .any(|it| it.starts_with(&word))
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_before_year(year: i64) -> i64 {
    let past = year - 1;
    past * 365 + past / 4 - past / 100 + past / 400
}

const DAYS_BEFORE_MONTH: [i64; 13] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];

/// Days before the first of `month` (1..=13) in `year`.
fn days_before_month(year: i64, month: usize) -> i64 {
    DAYS_BEFORE_MONTH[month - 1] + i64::from(month > 2 && is_leap(year))
}

fn days_from_civil(year: i64, month: i64, day: i64) -> Option<i64> {
    let month = usize::try_from(month).ok().filter(|it| (1..=12).contains(it))?;
    let length = days_before_month(year, month + 1) - days_before_month(year, month);
    let in_range = (1..=9999).contains(&year) && (1..=length).contains(&day);
    in_range.then(|| days_before_year(year) + days_before_month(year, month) + day - 1)
}

/// `2024-01-02T03:04:05.0000006Z`
pub(crate) fn format_datetime(ticks: i64) -> String {
    let (days, time) = (ticks.div_euclid(DAY), ticks.rem_euclid(DAY));
    let mut year = days / 366 + 1;
    while days_before_year(year + 1) <= days {
        year += 1;
    }
    let day_of_year = days - days_before_year(year);
    let month = (1..=12).rev().find(|it| days_before_month(year, *it) <= day_of_year).unwrap_or(1);
    let day = day_of_year - days_before_month(year, month) + 1;
    format!("{year:04}-{month:02}-{day:02}T{}Z", format_clock(time))
}

/// `hh:mm:ss.fffffff` of a time within a day.
fn format_clock(time: i64) -> String {
    let (hours, minutes, seconds) = (time / HOUR, time / MINUTE % 60, time / SECOND % 60);
    format!("{hours:02}:{minutes:02}:{seconds:02}.{:07}", time % SECOND)
}

/// `-1.02:03:04.0000005`
pub(crate) fn format_timespan(ticks: i64) -> String {
    let sign = if ticks < 0 { "-" } else { "" };
    let day = DAY.unsigned_abs();
    let (days, time) = (ticks.unsigned_abs() / day, ticks.unsigned_abs() % day);
    format!("{sign}{days}.{}", format_clock(i64::try_from(time).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datetimes_in_every_form() {
        for (text, expected) in [
            ("2024-01-01", Some("2024-01-01T00:00:00.0000000Z")),
            ("2017 - 08 - 01", Some("2017-08-01T00:00:00.0000000Z")),
            ("2024-02-29T12:34:56.1234567Z", Some("2024-02-29T12:34:56.1234567Z")),
            ("2024-02-29 12:34", Some("2024-02-29T12:34:00.0000000Z")),
            ("2024-02-29 12:34:56.5+02:00", Some("2024-02-29T10:34:56.5000000Z")),
            ("12/31/2025", Some("2025-12-31T00:00:00.0000000Z")),
            ("12-02-2022", Some("2022-12-02T00:00:00.0000000Z")),
            ("12.02.2022", Some("2022-12-02T00:00:00.0000000Z")),
            ("2022/12/02", Some("2022-12-02T00:00:00.0000000Z")),
            ("2025, 6, 14", Some("2025-06-14T00:00:00.0000000Z")),
            ("2025, 6", Some("2025-06-01T00:00:00.0000000Z")),
            ("2 Dec 2022", Some("2022-12-02T00:00:00.0000000Z")),
            ("Dec 2, 2022", Some("2022-12-02T00:00:00.0000000Z")),
            ("Fri, 02 Dec 2022 10:00:01 GMT", Some("2022-12-02T10:00:01.0000000Z")),
            ("12/31/2025 1:30 PM", Some("2025-12-31T13:30:00.0000000Z")),
            ("12/31/2025 12:30:00 AM", Some("2025-12-31T00:30:00.0000000Z")),
            ("20221202", Some("2022-12-02T00:00:00.0000000Z")),
            ("9999-12-31T23:59:59.9999999", Some("9999-12-31T23:59:59.9999999Z")),
            ("0001-01-01", Some("0001-01-01T00:00:00.0000000Z")),
            ("13-01-2022", None),
            ("2023-02-29", None),
            ("yesterday", None),
        ] {
            assert_eq!(datetime(text).map(|it| format_datetime(it.unwrap())).as_deref(), expected, "{text}");
        }
        assert_eq!(datetime("2025"), Some(None));
    }

    #[test]
    fn timespans_in_every_form() {
        for (text, expected) in [
            ("2", Some("2.00:00:00.0000000")),
            ("1.02:03:04.5", Some("1.02:03:04.5000000")),
            ("10:00", Some("0.10:00:00.0000000")),
            ("-0.00:00:01", Some("-0.00:00:01.0000000")),
            ("15 seconds", Some("0.00:00:15.0000000")),
            ("1.5h", Some("0.01:30:00.0000000")),
            ("25:00", None),
            ("soon", None),
        ] {
            assert_eq!(timespan(text).map(format_timespan).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn timespan_numbers_truncate_to_ticks() {
        for (text, expected) in [
            ("1d", Some(DAY)),
            ("1.5h", Some(90 * MINUTE)),
            ("7min", Some(7 * MINUTE)),
            ("10milli", Some(SECOND / 100)),
            ("150nanoseconds", Some(1)),
            ("199nanoseconds", Some(1)),
            ("3ticks", Some(3)),
            ("99999999999d", None),
        ] {
            assert_eq!(timespan_number(text), expected, "{text}");
        }
    }
}
