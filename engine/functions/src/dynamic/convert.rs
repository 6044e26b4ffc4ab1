//! Scalars out of dynamics, at two levels of good will.
//!
//! | JSON | `tolong(d)` … ([`Reading::Loose`]) | `to typeof(long)` … ([`Reading::Strict`]) |
//! |---|---|---|
//! | `5.7` | 5 | 5 |
//! | `"42"` | 42, read as text | null |
//! | `true` | 1 | null |
//!
//! The loose readings are facts 103, 105 and 110, the strict ones fact 254.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Decimal128Builder, Float64Array, Int32Array, Int64Array, StringViewArray,
    StringViewBuilder,
};
use vizsla_schema::KqlType;

use super::{Scalar, scalar, text_of};
use crate::convert::{
    parse_bool, parse_datetime, parse_decimal, parse_guid, parse_int, parse_long, parse_real, parse_timespan,
};
use crate::format;
use crate::value::{DECIMAL_PRECISION, DECIMAL_SCALE};

/// How much a conversion out of a dynamic is ready to see as a value of its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// As the conversion functions do: texts are read, bools are 0 and 1.
    Loose,
    /// As `mv-expand … to typeof(…)` does: by the type of the JSON value alone.
    Strict,
}

/// A `long`: reals lose their fraction and saturate.
pub fn as_long(json: &str, reading: Reading) -> Option<i64> {
    match (scalar(json), reading) {
        (Scalar::Long(value), _) => Some(value),
        (Scalar::Real(value), _) => (!value.is_nan()).then_some(value as i64),
        (Scalar::Bool(value), Reading::Loose) => Some(i64::from(value)),
        (Scalar::Text(text), Reading::Loose) => parse_long(&text),
        _ => None,
    }
}

/// An `int`: longs wrap to 32 bits, reals saturate, texts have to fit (fact 99).
pub fn as_int(json: &str, reading: Reading) -> Option<i32> {
    match (scalar(json), reading) {
        (Scalar::Long(value), _) => Some(value as i32),
        (Scalar::Real(value), _) => (!value.is_nan()).then_some(value as i32),
        (Scalar::Bool(value), Reading::Loose) => Some(i32::from(value)),
        (Scalar::Text(text), Reading::Loose) => parse_int(&text),
        _ => None,
    }
}

/// A `real`.
pub fn as_real(json: &str, reading: Reading) -> Option<f64> {
    match (scalar(json), reading) {
        (Scalar::Long(value), _) => Some(value as f64),
        (Scalar::Real(value), _) => Some(value),
        (Scalar::Bool(value), Reading::Loose) => Some(f64::from(u8::from(value))),
        (Scalar::Text(text), Reading::Loose) => parse_real(&text),
        _ => None,
    }
}

/// A `decimal`, in units of 10^-18. The strict reading knows none.
pub fn as_decimal(json: &str, reading: Reading) -> Option<i128> {
    match (scalar(json), reading) {
        (Scalar::Long(_) | Scalar::Real(_), Reading::Loose) => parse_decimal(json),
        (Scalar::Bool(value), Reading::Loose) => parse_decimal(if value { "1" } else { "0" }),
        (Scalar::Text(text), Reading::Loose) => parse_decimal(&text),
        _ => None,
    }
}

/// A `bool`: a number is true unless it is zero; the strict reading wants it whole.
pub fn as_bool(json: &str, reading: Reading) -> Option<bool> {
    match (scalar(json), reading) {
        (Scalar::Bool(value), _) => Some(value),
        (Scalar::Long(value), _) => Some(value != 0),
        (Scalar::Real(value), Reading::Loose) => Some(value != 0.0),
        (Scalar::Real(value), Reading::Strict) => (value.fract() == 0.0).then_some(value != 0.0),
        (Scalar::Text(text), Reading::Loose) => parse_bool(&text),
        _ => None,
    }
}

/// A `datetime` in ticks: from text, or loosely from a number of ticks.
pub fn as_datetime(json: &str, reading: Reading) -> Option<i64> {
    match (scalar(json), reading) {
        (Scalar::Text(text), _) => parse_datetime(&text),
        (Scalar::Long(value), Reading::Loose) => datetime_in_range(value),
        (Scalar::Real(value), Reading::Loose) => datetime_in_range(value as i64),
        _ => None,
    }
}

fn datetime_in_range(ticks: i64) -> Option<i64> {
    (vizsla_schema::Ticks::MIN.0..=vizsla_schema::Ticks::MAX.0).contains(&ticks).then_some(ticks)
}

/// A `timespan` in ticks: from text, a number of ticks or a bool. The strict reading knows none.
pub fn as_timespan(json: &str, reading: Reading) -> Option<i64> {
    match (scalar(json), reading) {
        (Scalar::Text(text), Reading::Loose) => parse_timespan(&text),
        (Scalar::Long(value), Reading::Loose) => Some(value),
        (Scalar::Real(value), Reading::Loose) => (!value.is_nan()).then_some(value as i64),
        (Scalar::Bool(value), Reading::Loose) => Some(i64::from(value)),
        _ => None,
    }
}

/// A `guid` as its 128 bits: from text only.
pub fn as_guid(json: &str) -> Option<u128> {
    match scalar(json) {
        Scalar::Text(text) => parse_guid(&text),
        _ => None,
    }
}

/// A whole column of dynamics as another type, in that type's plan form.
pub fn to_column(column: &StringViewArray, ty: KqlType, reading: Reading) -> ArrayRef {
    let cells = || (0..column.len()).map(|row| column.is_valid(row).then(|| column.value(row)));
    match ty {
        KqlType::Bool => Arc::new(cells().map(|cell| as_bool(cell?, reading)).collect::<BooleanArray>()),
        KqlType::Int => Arc::new(cells().map(|cell| as_int(cell?, reading)).collect::<Int32Array>()),
        KqlType::Long => Arc::new(cells().map(|cell| as_long(cell?, reading)).collect::<Int64Array>()),
        KqlType::DateTime => Arc::new(cells().map(|cell| as_datetime(cell?, reading)).collect::<Int64Array>()),
        KqlType::TimeSpan => Arc::new(cells().map(|cell| as_timespan(cell?, reading)).collect::<Int64Array>()),
        KqlType::Real => Arc::new(cells().map(|cell| as_real(cell?, reading)).collect::<Float64Array>()),
        KqlType::Dynamic => Arc::new(column.clone()),
        KqlType::Decimal => {
            let mut out = Decimal128Builder::with_capacity(column.len())
                .with_precision_and_scale(DECIMAL_PRECISION, DECIMAL_SCALE)
                .expect("precision 38 and scale 18 are valid");
            cells().for_each(|cell| out.append_option(cell.and_then(|json| as_decimal(json, reading))));
            Arc::new(out.finish())
        }
        KqlType::String => {
            let mut out = StringViewBuilder::with_capacity(column.len());
            cells().for_each(|cell| out.append_value(text_of(cell.unwrap_or("null"))));
            Arc::new(out.finish())
        }
        KqlType::Guid => {
            let mut out = StringViewBuilder::with_capacity(column.len());
            let mut text = String::new();
            for cell in cells() {
                text.clear();
                match cell.and_then(as_guid) {
                    Some(value) => {
                        format::write_guid(value, &mut text);
                        out.append_value(&text);
                    }
                    None => out.append_null(),
                }
            }
            Arc::new(out.finish())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longs() {
        for (json, loose, strict) in [
            ("5", Some(5), Some(5)),
            ("-5.7", Some(-5), Some(-5)),
            (r#""42""#, Some(42), None),
            (r#""5.7""#, None, None),
            (r#""0x10""#, Some(16), None),
            ("true", Some(1), None),
            ("null", None, None),
            ("[1]", None, None),
            ("1e30", Some(i64::MAX), Some(i64::MAX)),
        ] {
            assert_eq!(as_long(json, Reading::Loose), loose, "{json}");
            assert_eq!(as_long(json, Reading::Strict), strict, "{json}");
        }
        assert_eq!(as_int("2147483648", Reading::Loose), Some(i32::MIN));
    }

    #[test]
    fn bools_and_reals() {
        for (json, loose, strict) in [
            ("true", Some(true), Some(true)),
            ("1.5", Some(true), None),
            ("2", Some(true), Some(true)),
            (r#""42""#, Some(true), None),
            (r#""2.5""#, None, None),
        ] {
            assert_eq!(as_bool(json, Reading::Loose), loose, "{json}");
            assert_eq!(as_bool(json, Reading::Strict), strict, "{json}");
        }
        assert_eq!(as_real(r#""2.5""#, Reading::Loose), Some(2.5));
        assert_eq!(as_real(r#""2.5""#, Reading::Strict), None);
    }

    #[test]
    fn times() {
        assert_eq!(as_datetime(r#""0001-01-01T00:00:01Z""#, Reading::Strict), Some(10_000_000));
        assert_eq!(as_datetime("10000000", Reading::Strict), None);
        assert_eq!(as_datetime("-1", Reading::Loose), None);
        assert_eq!(as_timespan(r#""00:00:01""#, Reading::Loose), Some(10_000_000));
        assert_eq!(as_timespan(r#""00:00:01""#, Reading::Strict), None);
    }

    #[test]
    fn columns() {
        let column = StringViewArray::from(vec![Some("1"), Some(r#""2""#), None, Some("{}")]);
        let longs = to_column(&column, KqlType::Long, Reading::Strict);
        assert_eq!(longs.as_ref(), &Int64Array::from(vec![Some(1), None, None, None]) as &dyn Array);
        let strings = to_column(&column, KqlType::String, Reading::Strict);
        assert_eq!(strings.as_ref(), &StringViewArray::from(vec!["1", "2", "", "{}"]) as &dyn Array);
    }
}
