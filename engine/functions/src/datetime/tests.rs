//! Functions of datetimes by tables: texts in, texts out.

use super::calendar::DAY;
use super::*;
use crate::convert::{parse_datetime, parse_timespan};
use crate::format::write_timespan;

fn moment(text: &str) -> i64 {
    parse_datetime(text).unwrap_or_else(|| panic!("{text} is a datetime"))
}

/// `null` is no datetime.
fn moment_or_null(text: &str) -> Option<i64> {
    (text != "null").then(|| moment(text))
}

#[test]
fn starts_and_ends_of_periods() {
    for (period, text, offset, start, end) in [
        (Period::Day, "2020-06-15 13:45", 0, "2020-06-15", "2020-06-15 23:59:59.9999999"),
        (Period::Week, "2020-06-15 13:45", 0, "2020-06-14", "2020-06-20 23:59:59.9999999"),
        (Period::Week, "2020-06-14", 0, "2020-06-14", "2020-06-20 23:59:59.9999999"),
        (Period::Week, "2020-06-15 13:45", 2, "2020-06-28", "2020-07-04 23:59:59.9999999"),
        (Period::Month, "2020-01-31", 1, "2020-02-01", "2020-02-29 23:59:59.9999999"),
        (Period::Month, "2020-01-31", 13, "2021-02-01", "2021-02-28 23:59:59.9999999"),
        (Period::Month, "2020-06-15", -1, "2020-05-01", "2020-05-31 23:59:59.9999999"),
        (Period::Year, "2020-06-15", -1, "2019-01-01", "2019-12-31 23:59:59.9999999"),
        (Period::Year, "9999-12-31 23:59:59.9999999", 0, "9999-01-01", "9999-12-31 23:59:59.9999999"),
        (Period::Week, "9999-12-31", 0, "9999-12-26", "null"),
        (Period::Week, "0001-01-01", 0, "null", "0001-01-06 23:59:59.9999999"),
        (Period::Year, "2020-06-15", 9000, "null", "null"),
    ] {
        let found = (period.start(moment(text), offset), period.end(moment(text), offset));
        assert_eq!(found, (moment_or_null(start), moment_or_null(end)), "{period:?} of {text}, {offset} later");
    }
}

#[test]
fn days_of_the_week() {
    for (text, days) in
        [("2020-06-15 13:45", Some(1)), ("2024-02-29", Some(4)), ("0001-01-01", Some(1)), ("9999-12-31", None)]
    {
        assert_eq!(period::day_of_week(moment(text)), days.map(|days| days * DAY), "{text}");
    }
}

#[test]
fn adding_periods() {
    for (part, amount, text, expected) in [
        ("year", 1, "2020-02-29", "2021-02-28"),
        ("month", -1, "2020-03-31", "2020-02-29"),
        ("Month", 13, "2019-01-31", "2020-02-29"),
        ("quarter", -5, "2020-05-31", "2019-02-28"),
        ("week", -53, "2021-03-15 12:00", "2020-03-09 12:00"),
        ("hour", 100_000, "2020-01-01", "2031-05-29 16:00"),
        ("second", -90_061, "2020-01-01", "2019-12-30 22:58:59"),
        ("nanosecond", 250, "2020-01-01", "2020-01-01 00:00:00.0000002"),
        ("day", -1, "0001-01-01 12:00", "null"),
        ("year", i64::MAX, "2020-01-01", "null"),
    ] {
        let part = Part::parse_period(part).expect("a period");
        assert_eq!(part.add(amount, moment(text)), moment_or_null(expected), "{text} and {amount} {part:?}");
    }
    assert_eq!(Part::parse_period("dayofyear"), None);
    assert_eq!(Part::parse_place("week"), None);
}

#[test]
fn counting_borders() {
    for (part, left, right, expected) in [
        ("year", "2017-01-01", "2000-12-31", 17),
        ("year", "2020-12-31", "2021-01-01", -1),
        ("quarter", "2017-07-01", "2017-03-30", 2),
        ("quarter", "2024-03-31", "2020-04-01", 15),
        ("month", "2017-01-01", "2015-12-30", 13),
        ("week", "2017-10-29 00:00", "2017-09-30 23:59", 5),
        ("week", "2020-12-31", "2020-01-01", 52),
        ("week", "2021-03-01", "2020-12-31", 9),
        ("day", "2017-10-29 00:00", "2017-09-30 23:59", 29),
        ("hour", "2017-10-31 01:00", "2017-10-30 23:59", 2),
        ("minute", "2017-10-30 23:05:01", "2017-10-30 23:00:59", 5),
        ("second", "2017-10-30 23:00:10.100", "2017-10-30 23:00:00.900", 10),
        ("millisecond", "2017-10-30 23:00:00.200100", "2017-10-30 23:00:00.100900", 100),
        ("microsecond", "2020-01-01 00:00:00.0000020", "2020-01-01 00:00:00.0000005", 2),
        ("nanosecond", "2017-10-30 23:00:00", "2017-10-30 23:00:00.0000007", -700),
    ] {
        let part = Part::parse_period(part).expect("a period");
        assert_eq!(part.between(moment(left), moment(right)), expected, "{part:?} from {right} to {left}");
    }
}

#[test]
fn datetimes_in_patterns() {
    for (text, pattern, expected) in [
        ("2017-01-29 09:00:05", "yyyy-M-dd [H:mm:ss]", "2017-1-29 [9:00:05]"),
        ("2020-06-15 13:45:09", "M/d/yyyy h:mm:ss tt", "6/15/2020 1:45:09 PM"),
        ("2020-06-15 13:45:09.1234567", "FFFFFFF", "1234567"),
        ("2020-06-15 13:45:09.0000007", "FFFFFFF", "0000007"),
        ("2020-06-15 13:45:09", "ss.FFFFFFF", "09."),
        ("2020-06-15 13:45:09.05", "ss.ff", "09.05"),
        ("2007-03-09 05:04:03", "ddd MM", "099 03"),
        ("2020-01-05", "dddd MMM", "0505 011"),
        ("2020-06-15 13:45:09", "y yy yyyy", "20 20 2020"),
        ("2007-03-09 00:30", "hh:mm tt", "12:30 AM"),
        ("2007-03-09 00:30", "tttt", "AMAM"),
    ] {
        let mut out = String::new();
        pattern::write_datetime(moment(text), &pattern::of_datetime(pattern).expect("a pattern"), &mut out);
        assert_eq!(out, expected, "{text} as {pattern}");
    }
    for wrong in ["yyyy-MM-ddTHH", "t", "z", "d'x'", "é"] {
        assert_eq!(pattern::of_datetime(wrong), None, "{wrong}");
    }
}

#[test]
fn timespans_in_patterns() {
    for (text, pattern, expected) in [
        ("29.09:00:05.12345", "dd.hh:mm:ss:FF", "29.09:00:05:12"),
        ("29.09:00:05.12345", "ddd.h:mm:ss [fffffff]", "029.9:00:05 [1234500]"),
        ("1.02:01:00", "h:m", "2:1"),
        ("1.01:01:01.123", "d:h:m:s.fff", "1:1:1:1.123"),
        ("10675199.02:48:05.4775807", "d.hh:mm:ss", "10675199.02:48:05"),
        ("-01:30:00", "hh:mm", "-01:30"),
    ] {
        let ticks = parse_timespan(text).expect("a timespan");
        let mut out = String::new();
        pattern::write_timespan(ticks, &pattern::of_timespan(pattern).expect("a pattern"), &mut out);
        assert_eq!(out, expected, "{text} as {pattern}");
    }
}

#[test]
fn zones() {
    let brussels = zone::zone("Europe/Brussels").expect("a zone");
    for (local, utc, back) in [
        ("2022-03-27 01:00", "2022-03-27", "2022-03-27 01:00"),
        ("2022-03-27 02:00", "2022-03-27", "2022-03-27 01:00"), // in the gap
        ("2022-03-27 03:00", "2022-03-27 01:00", "2022-03-27 03:00"),
        ("2022-03-27 04:00:00.0000001", "2022-03-27 02:00:00.0000001", "2022-03-27 04:00:00.0000001"),
    ] {
        assert_eq!(zone::to_utc(moment(local), &brussels), moment_or_null(utc), "{local}");
        assert_eq!(zone::to_local(moment(utc), &brussels), moment_or_null(back), "{utc}");
    }
    assert!(zone::zone("US/Pacific").is_some());
    assert!(zone::zone("Europe/Atlantis").is_none());
}

#[test]
fn times_of_day() {
    for (numbers, expected) in [
        ((12, 30, 55.123), "12:30:55.1230000"),
        ((0, 0, 0.000_000_1), "00:00:00.0000001"),
        ((23, 59, 59.999_999_9), "23:59:59.9999999"),
        ((25, 61, 61.5), ""),
        ((-1, -2, 0.0), ""),
    ] {
        let mut out = String::new();
        let (hour, minute, second) = numbers;
        make::time_of_day(hour, minute, second).into_iter().for_each(|ticks| write_timespan(ticks, &mut out));
        assert_eq!(out, expected, "{numbers:?}");
    }
}
