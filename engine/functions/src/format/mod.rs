//! The text form of every value: what `tostring` answers, results print and hashes digest.
//!
//! | Type | Text |
//! |---|---|
//! | bool | `True`, `False` |
//! | real | `1.0`, `0.25`, `1e21`, `NaN`, `inf` |
//! | decimal | `1.5`, no trailing zeros |
//! | datetime | `2020-01-02T03:04:05.6000000Z` |
//! | timespan | `[-][d.]hh:mm:ss[.fffffff]` |
//! | dynamic | a string without its quotes, anything else as compact JSON |
//!
//! A null has the text `""` (fact 112), so every function here appends and none fails.

mod real;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Decimal128Type, Float64Type, Int32Type, Int64Type};
use vizsla_schema::KqlType;

pub use self::real::write_real;
use crate::datetime::calendar::{DAY, Date, HOUR, MINUTE, SECOND};
use crate::dynamic;
use crate::value::DECIMAL_SCALE;

/// Appends row `row` of `array`, which holds values of `ty` in its plan type.
pub fn text(array: &dyn Array, row: usize, ty: KqlType, out: &mut String) {
    if array.is_null(row) {
        return;
    }
    match ty {
        KqlType::Bool => write_bool(array.as_boolean().value(row), out),
        KqlType::Int => write_long(i64::from(array.as_primitive::<Int32Type>().value(row)), out),
        KqlType::Long => write_long(array.as_primitive::<Int64Type>().value(row), out),
        KqlType::Real => write_real(array.as_primitive::<Float64Type>().value(row), out),
        KqlType::Decimal => write_decimal(array.as_primitive::<Decimal128Type>().value(row), out),
        KqlType::DateTime => write_datetime(array.as_primitive::<Int64Type>().value(row), out),
        KqlType::TimeSpan => write_timespan(array.as_primitive::<Int64Type>().value(row), out),
        KqlType::String | KqlType::Guid => out.push_str(array.as_string_view().value(row)),
        KqlType::Dynamic => write_dynamic(array.as_string_view().value(row), out),
    }
}

/// Appends `True` or `False`.
pub fn write_bool(value: bool, out: &mut String) {
    out.push_str(if value { "True" } else { "False" });
}

/// Appends an integer.
pub fn write_long(value: i64, out: &mut String) {
    let mut buffer = [0; 20];
    let mut start = buffer.len();
    let mut rest = value.unsigned_abs();
    loop {
        start -= 1;
        buffer[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        start -= 1;
        buffer[start] = b'-';
    }
    push_ascii(&buffer[start..], out);
}

/// Appends a decimal, given in units of 10^-18, without trailing zeros.
pub fn write_decimal(units: i128, out: &mut String) {
    const ONE: u128 = 10u128.pow(DECIMAL_SCALE as u32);
    if units < 0 {
        out.push('-');
    }
    let magnitude = units.unsigned_abs();
    out.push_str(&(magnitude / ONE).to_string());
    let fraction = magnitude % ONE;
    if fraction != 0 {
        let digits = format!("{fraction:018}");
        out.extend([".", digits.trim_end_matches('0')]);
    }
}

/// Appends a datetime, given in ticks since 0001-01-01: always seven digits of fraction and `Z`.
pub fn write_datetime(ticks: i64, out: &mut String) {
    let Date { year, month, day } = Date::of(ticks);
    let mut buffer = *b"0000-00-00T00:00:00.0000000Z";
    put_digits(&mut buffer[0..4], year);
    put_digits(&mut buffer[5..7], month);
    put_digits(&mut buffer[8..10], day);
    put_time(&mut buffer[11..], ticks.rem_euclid(DAY));
    push_ascii(&buffer, out);
}

/// Appends a timespan, given in ticks: days and fraction only where there are any.
pub fn write_timespan(ticks: i64, out: &mut String) {
    if ticks < 0 {
        out.push('-');
    }
    let ticks = ticks.unsigned_abs();
    let days = ticks / DAY as u64;
    if days != 0 {
        write_long(days as i64, out);
        out.push('.');
    }
    let mut buffer = *b"00:00:00.0000000";
    let time = (ticks % DAY as u64) as i64;
    put_time(&mut buffer, time);
    let len = if time % SECOND == 0 { "00:00:00".len() } else { buffer.len() };
    push_ascii(&buffer[..len], out);
}

/// Appends a guid, given as its 128 bits in reading order: lower case with hyphens.
pub fn write_guid(value: u128, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut buffer = *b"00000000-0000-0000-0000-000000000000";
    let mut shift = 128;
    for place in buffer.iter_mut().filter(|it| **it == b'0') {
        shift -= 4;
        *place = HEX[(value >> shift) as usize & 0xf];
    }
    push_ascii(&buffer, out);
}

/// Appends the text of a dynamic, given as JSON: a string without quotes and escapes, null as nothing, others as they are.
pub fn write_dynamic(json: &str, out: &mut String) {
    out.push_str(&dynamic::text_of(json));
}

/// Fills `place` with the decimal digits of `value`, which fits.
fn put_digits(place: &mut [u8], mut value: i64) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

/// Fills `00:00:00.0000000` with a time of day.
fn put_time(place: &mut [u8], ticks: i64) {
    put_digits(&mut place[0..2], ticks / HOUR);
    put_digits(&mut place[3..5], ticks / MINUTE % 60);
    put_digits(&mut place[6..8], ticks / SECOND % 60);
    put_digits(&mut place[9..16], ticks % SECOND);
}

fn push_ascii(bytes: &[u8], out: &mut String) {
    out.push_str(std::str::from_utf8(bytes).expect("digits and punctuation are ASCII"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datetime::calendar::LAST;

    fn written<T>(write: fn(T, &mut String), value: T) -> String {
        let mut out = String::new();
        write(value, &mut out);
        out
    }

    #[test]
    fn longs() {
        for value in [0, 7, -1, 1234567890, i64::MAX, i64::MIN] {
            assert_eq!(written(write_long, value), value.to_string());
        }
    }

    #[test]
    fn datetimes() {
        for (ticks, expected) in [
            (0, "0001-01-01T00:00:00.0000000Z"),
            (637_134_336_000_000_000, "2020-01-01T00:00:00.0000000Z"),
            (637_278_255_091_234_567, "2020-06-15T13:45:09.1234567Z"),
            (LAST, "9999-12-31T23:59:59.9999999Z"),
        ] {
            assert_eq!(written(write_datetime, ticks), expected);
        }
    }

    #[test]
    fn timespans() {
        for (ticks, expected) in [
            (0, "00:00:00"),
            (DAY, "1.00:00:00"),
            (-2 * HOUR, "-02:00:00"),
            (SECOND * 3 / 2, "00:00:01.5000000"),
            (-DAY * 3 / 2, "-1.12:00:00"),
            (1230, "00:00:00.0001230"),
            (i64::MIN, "-10675199.02:48:05.4775808"),
        ] {
            assert_eq!(written(write_timespan, ticks), expected);
        }
    }

    #[test]
    fn decimals() {
        for (units, expected) in [
            (0, "0"),
            (1_500_000_000_000_000_000, "1.5"),
            (-20_000_000_000_000_000_000, "-20"),
            (1, "0.000000000000000001"),
            (-500_000_000_000_000_000, "-0.5"),
        ] {
            assert_eq!(written(write_decimal, units), expected);
        }
    }

    #[test]
    fn dynamics_lose_their_quotes() {
        for (json, expected) in [
            (r#""a b""#, "a b"),
            (r#""a\"bA""#, "a\"bA"),
            ("null", ""),
            ("true", "true"),
            (r#"{"a":[1,2.0]}"#, r#"{"a":[1,2.0]}"#),
        ] {
            assert_eq!(written(write_dynamic, json), expected);
        }
    }

    #[test]
    fn guids() {
        let value = 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef;
        assert_eq!(written(write_guid, value), "01234567-89ab-cdef-0123-456789abcdef");
    }
}
