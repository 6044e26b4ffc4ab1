//! One value on its way from a type to another, and the JSON form of values inside a dynamic.

use std::borrow::Cow;
use std::cmp::Ordering;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Decimal128Type, Float64Type, Int32Type, Int64Type};
use vizsla_schema::KqlType;

use super::{parse_bool, parse_datetime, parse_decimal, parse_guid, parse_int, parse_long, parse_real, parse_timespan};
use crate::datetime::calendar::in_range;
use crate::format;
use crate::value::DECIMAL_SCALE;

/// One `1` in units of a decimal.
const ONE: i128 = 10i128.pow(DECIMAL_SCALE as u32);

/// A value that is not null; types that convert alike share a variant.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell<'a> {
    Bool(bool),
    /// `int`, `long`, and the ticks of `datetime` and `timespan`.
    Long(i64),
    Real(f64),
    Decimal(i128),
    /// `string`, `guid`, and strings inside dynamics.
    Text(Cow<'a, str>),
    /// An array or bag, which only has a text.
    Container(&'a str),
}

impl<'a> Cell<'a> {
    /// Row `row` of an array in the plan type of `ty`; a dynamic is what it holds.
    #[inline]
    pub(super) fn read(array: &'a dyn Array, row: usize, ty: KqlType) -> Option<Cell<'a>> {
        if array.is_null(row) {
            return None;
        }
        Some(match ty {
            KqlType::Bool => Cell::Bool(array.as_boolean().value(row)),
            KqlType::Int => Cell::Long(i64::from(array.as_primitive::<Int32Type>().value(row))),
            KqlType::Long | KqlType::DateTime | KqlType::TimeSpan => {
                Cell::Long(array.as_primitive::<Int64Type>().value(row))
            }
            KqlType::Real => Cell::Real(array.as_primitive::<Float64Type>().value(row)),
            KqlType::Decimal => Cell::Decimal(array.as_primitive::<Decimal128Type>().value(row)),
            KqlType::String | KqlType::Guid => Cell::Text(Cow::Borrowed(array.as_string_view().value(row))),
            KqlType::Dynamic => return Cell::from_json(array.as_string_view().value(row)),
        })
    }

    /// What a dynamic holds; `None` for a JSON null.
    pub(super) fn from_json(json: &'a str) -> Option<Cell<'a>> {
        Some(match json.as_bytes().first()? {
            b'"' if !json.contains('\\') => Cell::Text(Cow::Borrowed(&json[1..json.len() - 1])),
            b'"' => Cell::Text(Cow::Owned(serde_json::from_str(json).ok()?)),
            b'[' | b'{' => Cell::Container(json),
            b't' => Cell::Bool(true),
            b'f' => Cell::Bool(false),
            b'n' => return None,
            _ => match json.parse() {
                Ok(long) => Cell::Long(long),
                Err(_) => Cell::Real(json.parse().ok()?), // a fraction, an exponent, or beyond 64 bits
            },
        })
    }

    pub(super) fn into_bool(self) -> Option<bool> {
        match self {
            Cell::Bool(value) => Some(value),
            Cell::Long(value) => Some(value != 0),
            Cell::Real(value) => Some(value != 0.0),
            Cell::Decimal(units) => Some(units != 0),
            Cell::Text(text) => parse_bool(&text),
            Cell::Container(_) => None,
        }
    }

    /// Integers wrap, reals saturate, text out of range is null (fact 99).
    pub(super) fn into_int(self) -> Option<i32> {
        match self {
            Cell::Real(value) => (!value.is_nan()).then_some(value as i32),
            Cell::Text(text) => parse_int(&text),
            other => other.into_long().map(|value| value as i32),
        }
    }

    /// Reals are cut toward zero and saturate; NaN is null.
    pub(super) fn into_long(self) -> Option<i64> {
        match self {
            Cell::Bool(value) => Some(i64::from(value)),
            Cell::Long(value) => Some(value),
            Cell::Real(value) => (!value.is_nan()).then_some(value as i64),
            Cell::Decimal(units) => i64::try_from(units / ONE).ok(),
            Cell::Text(text) => parse_long(&text),
            Cell::Container(_) => None,
        }
    }

    pub(super) fn into_real(self) -> Option<f64> {
        match self {
            Cell::Bool(value) => Some(f64::from(u8::from(value))),
            Cell::Long(value) => Some(value as f64),
            Cell::Real(value) => Some(value),
            Cell::Decimal(units) => decimal_to_real(units),
            Cell::Text(text) => parse_real(&text),
            Cell::Container(_) => None,
        }
    }

    pub(super) fn into_decimal(self) -> Option<i128> {
        match self {
            Cell::Bool(value) => Some(i128::from(value) * ONE),
            Cell::Long(value) => Some(i128::from(value) * ONE),
            // By way of the shortest text, so that `todecimal(0.1)` is a tenth and not the float nearest to one.
            Cell::Real(value) => parse_decimal(&value.to_string()),
            Cell::Decimal(units) => Some(units),
            Cell::Text(text) => parse_decimal(&text),
            Cell::Container(_) => None,
        }
    }

    pub(super) fn into_datetime(self) -> Option<i64> {
        match self {
            Cell::Text(text) => parse_datetime(&text),
            other => other.into_long().and_then(in_range),
        }
    }

    /// A number is ticks (fact 105).
    pub(super) fn into_timespan(self) -> Option<i64> {
        match self {
            Cell::Text(text) => parse_timespan(&text),
            other => other.into_long(),
        }
    }

    pub(super) fn into_guid(self) -> Option<u128> {
        match self {
            Cell::Text(text) => parse_guid(&text),
            _ => None,
        }
    }
}

/// How what a dynamic holds (row `row` of `json`) compares with row `row` of `other`, by value: numbers as numbers whatever
/// their type, text read as a datetime, timespan or guid where `ty` is one. `None` if the two have no order, or one is null.
pub(crate) fn compare_dynamic(json: &dyn Array, other: &dyn Array, row: usize, ty: KqlType) -> Option<Ordering> {
    let left = Cell::read(json, row, KqlType::Dynamic)?;
    let right = Cell::read(other, row, ty)?;
    match (left, right) {
        (Cell::Text(text), Cell::Long(ticks)) if ty == KqlType::DateTime => Some(parse_datetime(&text)?.cmp(&ticks)),
        (Cell::Text(text), Cell::Long(ticks)) if ty == KqlType::TimeSpan => Some(parse_timespan(&text)?.cmp(&ticks)),
        (Cell::Text(text), Cell::Text(guid)) if ty == KqlType::Guid => {
            Some(parse_guid(&text)?.cmp(&parse_guid(&guid)?))
        }
        (Cell::Text(left), Cell::Text(right)) => Some(left.cmp(&right)),
        (Cell::Bool(left), Cell::Bool(right)) => Some(left.cmp(&right)),
        (Cell::Long(left), Cell::Long(right)) => Some(left.cmp(&right)),
        (left @ (Cell::Long(_) | Cell::Real(_)), right @ (Cell::Long(_) | Cell::Real(_) | Cell::Decimal(_))) => {
            left.into_real()?.partial_cmp(&right.into_real()?)
        }
        (Cell::Container(left), Cell::Container(right)) => (left == right).then_some(Ordering::Equal),
        _ => None,
    }
}

fn decimal_to_real(units: i128) -> Option<f64> {
    let exact = units as f64;
    if exact as i128 == units {
        return Some(exact / ONE as f64); // both exact, so the quotient is rounded once
    }
    let mut text = String::new();
    format::write_decimal(units, &mut text);
    text.parse().ok()
}

/// Appends row `row` of `array` as it is written inside a dynamic: `true`, `5`, `5.0`, `"text"`, `"1.00:00:00"`, `null`.
///
/// Types that JSON has no word for are strings: datetime, timespan, guid, and the reals that are no numbers. So are
/// decimals, which a JSON number would turn into reals (our choice).
pub fn write_json(array: &dyn Array, row: usize, ty: KqlType, out: &mut String) {
    if array.is_null(row) {
        return out.push_str("null");
    }
    match ty {
        KqlType::Bool => out.push_str(if array.as_boolean().value(row) { "true" } else { "false" }),
        KqlType::Real => write_json_real(array.as_primitive::<Float64Type>().value(row), out),
        KqlType::String => write_json_string(array.as_string_view().value(row), out),
        KqlType::Int | KqlType::Long => format::text(array, row, ty, out),
        KqlType::Dynamic => out.push_str(array.as_string_view().value(row)),
        KqlType::Decimal | KqlType::Guid | KqlType::DateTime | KqlType::TimeSpan => {
            out.push('"');
            format::text(array, row, ty, out);
            out.push('"');
        }
    }
}

/// Appends a real as JSON: whole ones keep their `.0` (fact 118), and what is no number becomes a string.
pub fn write_json_real(value: f64, out: &mut String) {
    if value.is_finite() {
        return format::write_real(value, out);
    }
    out.push_str(if value.is_nan() {
        "\"NaN\""
    } else if value > 0.0 {
        "\"Infinity\""
    } else {
        "\"-Infinity\""
    });
}

/// Appends text as a JSON string.
pub fn write_json_string(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        out.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            0x08 => out.push_str("\\b"),
            0x0c => out.push_str("\\f"),
            byte @ (b'"' | b'\\') => out.extend(['\\', char::from(byte)]),
            byte => out.push_str(&format!("\\u{byte:04x}")),
        }
        rest = &rest[at + 1..];
    }
    out.extend([rest, "\""]);
}
