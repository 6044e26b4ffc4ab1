//! The patterns of `format_datetime` and `format_timespan`.

use vizsla_schema::KqlType::{DateTime, String as Text, TimeSpan};

use super::calendar::{DAY, Date, HOUR, MINUTE, SECOND};
use super::def;
use crate::def::{BadArgument, Naming, Param, Returns, ScalarDef, ex, sig};
use crate::format::write_long;
use crate::value::Value;

pub(super) const FORMAT_DATETIME: ScalarDef = ScalarDef {
    naming: Naming::PassThrough,
    check: Some(check_datetime),
    ..def(
        "format_datetime",
        &[sig(&[Param::Exactly(DateTime), Param::Const(Text)], Returns::Is(Text))],
        |args| {
            let (moment, elements) = (args.long(0), args.constant_text(1).and_then(of_datetime));
            Ok(args.texts(|row, out| match (moment.get(row), &elements) {
                (Some(ticks), Some(elements)) => {
                    write_datetime(ticks, elements, out);
                    true
                }
                _ => false,
            }))
        },
        "The datetime as text in a pattern of `y M d h H m s f F tt` and delimiters.",
        "format-datetime-function",
        &[
            ex(r#"format_datetime(datetime(2017-01-29 09:00:05), "yyyy-M-dd [H:mm:ss]")"#, "2017-1-29 [9:00:05]"),
            ex(r#"format_datetime(datetime(2020-06-15 13:45:09), "h:mm:ss tt")"#, "1:45:09 PM"),
        ],
    )
};

pub(super) const FORMAT_TIMESPAN: ScalarDef = ScalarDef {
    check: Some(check_timespan),
    ..def(
        "format_timespan",
        &[sig(&[Param::Exactly(TimeSpan), Param::Const(Text)], Returns::Is(Text))],
        |args| {
            let (span, elements) = (args.long(0), args.constant_text(1).and_then(of_timespan));
            Ok(args.texts(|row, out| match (span.get(row), &elements) {
                (Some(ticks), Some(elements)) => {
                    write_timespan(ticks, elements, out);
                    true
                }
                _ => false,
            }))
        },
        "The timespan as text in a pattern of `d h H m s f F` and delimiters.",
        "format-timespan-function",
        &[ex(r#"format_timespan(time(29.09:00:05.12345), "dd.hh:mm:ss:FF")"#, "29.09:00:05:12")],
    )
};

/// A pattern taken apart: a letter and how often it stands, or a delimiter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Element {
    letter: char,
    count: usize,
}

const DELIMITERS: &str = " -/:,._[]";

/// Letters with the longest run that is one element. A longer run is several: `ddd` is `dd` and `d` (fact 163).
type Letters = &'static [(char, usize)];

const OF_DATETIME: Letters =
    &[('y', 4), ('M', 2), ('d', 2), ('h', 2), ('H', 2), ('m', 2), ('s', 2), ('f', 7), ('F', 7), ('t', 2)];
const OF_TIMESPAN: Letters = &[('d', 8), ('h', 2), ('H', 2), ('m', 2), ('s', 2), ('f', 7), ('F', 7)];

pub(super) fn of_datetime(pattern: &str) -> Option<Vec<Element>> {
    elements(pattern, OF_DATETIME)
}

pub(super) fn of_timespan(pattern: &str) -> Option<Vec<Element>> {
    elements(pattern, OF_TIMESPAN)
}

fn elements(pattern: &str, letters: Letters) -> Option<Vec<Element>> {
    let mut elements = Vec::new();
    let mut rest = pattern;
    while let Some(letter) = rest.chars().next() {
        let run = rest.len() - rest.trim_start_matches(letter).len();
        let count = match letters.iter().find(|(known, _)| *known == letter) {
            Some((_, 4)) if run == 3 => 2, // there is `yy` and `yyyy`, but no `yyy`
            Some((_, longest)) => run.min(*longest),
            None if DELIMITERS.contains(letter) => 1,
            None => return None,
        };
        if letter == 't' && count == 1 {
            return None;
        }
        elements.push(Element { letter, count });
        rest = &rest[count..];
    }
    Some(elements)
}

/// The check of a literal pattern, the second argument.
fn check_datetime(literals: &[Option<Value>]) -> Result<(), BadArgument> {
    check(literals, of_datetime)
}

/// The check of a literal pattern, the second argument.
fn check_timespan(literals: &[Option<Value>]) -> Result<(), BadArgument> {
    check(literals, of_timespan)
}

fn check(literals: &[Option<Value>], elements: fn(&str) -> Option<Vec<Element>>) -> Result<(), BadArgument> {
    let Some(Some(Value::String(pattern))) = literals.get(1) else { return Ok(()) };
    let bad = |service_code, message| Err(BadArgument { index: 1, service_code, message });
    if pattern.is_empty() {
        return bad("SEM0217", "a format cannot be empty".to_owned());
    }
    match elements(pattern) {
        Some(_) => Ok(()),
        None => bad("SEM0255", format!("`{pattern}` has letters or delimiters that are no format elements")),
    }
}

pub(super) fn write_datetime(ticks: i64, elements: &[Element], out: &mut String) {
    let date = Date::of(ticks);
    let hour = ticks % DAY / HOUR;
    for &Element { letter, count } in elements {
        match letter {
            'y' if count == 4 => padded(date.year, 4, out),
            'y' => padded(date.year % 100, count, out),
            'M' => padded(date.month, count, out),
            'd' => padded(date.day, count, out),
            'h' => padded((hour + 11) % 12 + 1, count, out),
            't' => out.push_str(if hour < 12 { "AM" } else { "PM" }),
            _ => write_time(ticks % DAY, letter, count, out),
        }
    }
}

/// A negative span is written with a minus sign before it, which is our choice.
pub(super) fn write_timespan(ticks: i64, elements: &[Element], out: &mut String) {
    if ticks < 0 {
        out.push('-');
    }
    let days = (ticks.unsigned_abs() / DAY as u64) as i64;
    let time = (ticks.unsigned_abs() % DAY as u64) as i64;
    for &Element { letter, count } in elements {
        match letter {
            'd' => padded(days, count, out),
            'h' => padded(time / HOUR, count, out),
            _ => write_time(time, letter, count, out),
        }
    }
}

/// Elements of a time of day, and delimiters.
fn write_time(time: i64, letter: char, count: usize, out: &mut String) {
    match letter {
        'H' => padded(time / HOUR, count, out),
        'm' => padded(time % HOUR / MINUTE, count, out),
        's' => padded(time % MINUTE / SECOND, count, out),
        'f' | 'F' => {
            let fraction = time % SECOND / 10i64.pow(7 - count as u32);
            if letter == 'f' || fraction != 0 {
                padded(fraction, count, out);
            }
        }
        delimiter => out.push(delimiter),
    }
}

fn padded(value: i64, width: usize, out: &mut String) {
    let digits = value.checked_ilog10().map_or(1, |it| it as usize + 1);
    out.extend(std::iter::repeat_n('0', width.saturating_sub(digits)));
    write_long(value, out);
}
