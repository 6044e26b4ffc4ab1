//! One value on its way from a type to another.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Decimal128Type, Float64Type, Int32Type, Int64Type};
use vizsla_schema::KqlType;

use super::{parse_bool, parse_datetime, parse_decimal, parse_guid, parse_int, parse_long, parse_real, parse_timespan};
use crate::datetime::calendar::in_range;
use crate::format;
use crate::value::DECIMAL_SCALE;

/// One `1` in units of a decimal.
const ONE: i128 = 10i128.pow(DECIMAL_SCALE as u32);

/// A value that is not null; types that convert alike share a variant. Dynamics have a matrix of their own, in
/// [`crate::dynamic`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cell<'a> {
    Bool(bool),
    /// `int`, `long`, and the ticks of `datetime` and `timespan`.
    Long(i64),
    Real(f64),
    Decimal(i128),
    /// `string`, `guid`, and the JSON of a dynamic, which none of the conversions here reads.
    Text(&'a str),
}

impl<'a> Cell<'a> {
    /// Row `row` of an array in the plan type of `ty`.
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
            KqlType::String | KqlType::Guid | KqlType::Dynamic => Cell::Text(array.as_string_view().value(row)),
        })
    }

    pub(super) fn to_bool(self) -> Option<bool> {
        match self {
            Cell::Bool(value) => Some(value),
            Cell::Long(value) => Some(value != 0),
            Cell::Real(value) => Some(value != 0.0),
            Cell::Decimal(units) => Some(units != 0),
            Cell::Text(text) => parse_bool(text),
        }
    }

    /// Integers wrap, reals saturate, text out of range is null (fact 99).
    pub(super) fn to_int(self) -> Option<i32> {
        match self {
            Cell::Real(value) => (!value.is_nan()).then_some(value as i32),
            Cell::Text(text) => parse_int(text),
            other => other.to_long().map(|value| value as i32),
        }
    }

    /// Reals are cut toward zero and saturate (fact 99); NaN and infinite ones are null.
    pub(super) fn to_long(self) -> Option<i64> {
        match self {
            Cell::Bool(value) => Some(i64::from(value)),
            Cell::Long(value) => Some(value),
            Cell::Real(value) => value.is_finite().then_some(value as i64),
            Cell::Decimal(units) => i64::try_from(units / ONE).ok(),
            Cell::Text(text) => parse_long(text),
        }
    }

    pub(super) fn to_real(self) -> Option<f64> {
        match self {
            Cell::Bool(value) => Some(f64::from(u8::from(value))),
            Cell::Long(value) => Some(value as f64),
            Cell::Real(value) => Some(value),
            Cell::Decimal(units) => decimal_to_real(units),
            Cell::Text(text) => parse_real(text),
        }
    }

    pub(super) fn to_decimal(self) -> Option<i128> {
        match self {
            Cell::Bool(value) => Some(i128::from(value) * ONE),
            Cell::Long(value) => Some(i128::from(value) * ONE),
            // By way of the shortest text, so that `todecimal(0.1)` is a tenth and not the float nearest to one.
            Cell::Real(value) => parse_decimal(&value.to_string()),
            Cell::Decimal(units) => Some(units),
            Cell::Text(text) => parse_decimal(text),
        }
    }

    pub(super) fn to_datetime(self) -> Option<i64> {
        match self {
            Cell::Text(text) => parse_datetime(text),
            other => other.to_long().and_then(in_range),
        }
    }

    /// A number is ticks (fact 105).
    pub(super) fn to_timespan(self) -> Option<i64> {
        match self {
            Cell::Text(text) => parse_timespan(text),
            other => other.to_long(),
        }
    }

    pub(super) fn to_guid(self) -> Option<u128> {
        match self {
            Cell::Text(text) => parse_guid(text),
            _ => None,
        }
    }
}

/// A decimal as the nearest real.
pub(crate) fn decimal_to_real(units: i128) -> Option<f64> {
    let exact = units as f64;
    if exact as i128 == units {
        return Some(exact / ONE as f64); // both exact, so the quotient is rounded once
    }
    let mut text = String::new();
    format::write_decimal(units, &mut text);
    text.parse().ok()
}
