//! `in` and `!in`: an `or` of `==`, an `and` of `!=`.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::datatypes::{Decimal128Type, Float64Type, Int32Type, Int64Type};
use vizsla_schema::KqlType;

use crate::args::{Arg, Args};
use crate::convert;
use crate::def::KernelResult;
use crate::dynamic;
use crate::format;
use crate::value::Value;

/// The right side of `in`, made ready for needles of one type: build it once per query, ask it once per batch.
///
/// Elements compare by value: `2 in (2.0)` is true, and text stands for the datetime, timespan or guid it names.
#[derive(Debug, Clone)]
pub struct InList {
    members: Members,
    holds_null: bool,
}

/// The elements that a needle of the type could equal.
#[derive(Debug, Clone)]
enum Members {
    /// `bool`, `int`, `long`, `datetime`, `timespan`.
    Longs(HashSet<i64>),
    /// Bits, `-0.0` stored as `0.0`; NaN equals nothing and is left out.
    Reals(HashSet<u64>),
    Decimals(HashSet<i128>),
    /// `string` and `guid`.
    Texts(HashSet<Arc<str>>),
    /// JSON of dynamics, numbers in one spelling.
    Json(HashSet<String>),
}

impl InList {
    /// A list for needles of type `needle`. A dynamic array among `elements` counts as its elements.
    pub fn new(needle: KqlType, elements: &[Value]) -> InList {
        let elements: Vec<Value> = elements.iter().flat_map(flattened).collect();
        let holds_null = elements.iter().any(Value::is_null);
        let longs = || elements.iter().filter_map(|it| as_long(it, needle)).collect();
        let members = match needle {
            KqlType::Bool | KqlType::Int | KqlType::Long | KqlType::DateTime | KqlType::TimeSpan => {
                Members::Longs(longs())
            }
            KqlType::Real => Members::Reals(elements.iter().filter_map(as_real).filter_map(real_bits).collect()),
            KqlType::Decimal => Members::Decimals(elements.iter().filter_map(as_decimal).collect()),
            KqlType::String => Members::Texts(elements.iter().filter_map(as_text).collect()),
            KqlType::Guid => Members::Texts(elements.iter().filter_map(as_guid).collect()),
            KqlType::Dynamic => Members::Json(elements.iter().filter(|it| !it.is_null()).map(as_json).collect()),
        };
        InList { members, holds_null }
    }

    /// Whether each row of `needles`, an array of the type that the list was made for, is in the list. A null needle is
    /// not, unless the list holds a null: then the answer is null.
    pub fn contains(&self, needles: &ArrayRef) -> BooleanArray {
        let absent = if self.holds_null { None } else { Some(false) };
        let each = |found: &dyn Fn(usize) -> bool| {
            (0..needles.len()).map(|row| if needles.is_null(row) { absent } else { Some(found(row)) }).collect()
        };
        match &self.members {
            Members::Longs(set) => match needles.as_primitive_opt::<Int64Type>() {
                Some(longs) => each(&|row| set.contains(&longs.value(row))),
                None => match needles.as_boolean_opt() {
                    Some(bools) => each(&|row| set.contains(&i64::from(bools.value(row)))),
                    None => {
                        let ints = needles.as_primitive::<Int32Type>();
                        each(&|row| set.contains(&i64::from(ints.value(row))))
                    }
                },
            },
            Members::Reals(set) => {
                let reals = needles.as_primitive::<Float64Type>();
                each(&|row| real_bits(reals.value(row)).is_some_and(|bits| set.contains(&bits)))
            }
            Members::Decimals(set) => {
                let decimals = needles.as_primitive::<Decimal128Type>();
                each(&|row| set.contains(&decimals.value(row)))
            }
            Members::Texts(set) => {
                let texts = needles.as_string_view();
                each(&|row| set.contains(texts.value(row)))
            }
            Members::Json(set) => {
                let texts = needles.as_string_view();
                each(&|row| set.contains(dynamic::set_key(texts.value(row)).as_ref()))
            }
        }
    }
}

/// An element of the list, or the elements of a dynamic array in it.
fn flattened(element: &Value) -> Vec<Value> {
    let Value::Dynamic(json) = element else { return vec![element.clone()] };
    let value = |json: &str| match dynamic::non_null(json) {
        Some(json) => Value::Dynamic(json.into()),
        None => Value::Null(KqlType::Dynamic),
    };
    match dynamic::elements(json) {
        Some(elements) => elements.map(value).collect(),
        None => vec![value(json)],
    }
}

/// The integer or ticks that `element` is, if it is exactly one.
fn as_long(element: &Value, needle: KqlType) -> Option<i64> {
    match (needle, element) {
        (KqlType::Bool, Value::Bool(value)) => Some(i64::from(*value)),
        (KqlType::Bool, Value::Dynamic(json)) => json.parse::<bool>().ok().map(i64::from),
        (KqlType::DateTime, Value::DateTime(ticks)) | (KqlType::TimeSpan, Value::TimeSpan(ticks)) => Some(*ticks),
        (KqlType::DateTime, _) => convert::parse_datetime(&as_text(element)?),
        (KqlType::TimeSpan, _) => convert::parse_timespan(&as_text(element)?),
        (_, Value::Int(value)) => Some(i64::from(*value)),
        (_, Value::Long(value)) => Some(*value),
        (_, Value::Dynamic(json)) if json.parse::<i64>().is_ok() => json.parse().ok(),
        _ => as_real(element).filter(|value| value.fract() == 0.0 && value.abs() < 9e18).map(|value| value as i64),
    }
}

fn as_real(element: &Value) -> Option<f64> {
    match element {
        Value::Int(value) => Some(f64::from(*value)),
        Value::Long(value) => Some(*value as f64),
        Value::Real(value) => Some(*value),
        Value::Decimal(units) => convert::decimal_to_real(*units),
        Value::Dynamic(json) => dynamic::number(json),
        _ => None,
    }
}

fn real_bits(value: f64) -> Option<u64> {
    (!value.is_nan()).then(|| (value + 0.0).to_bits())
}

fn as_decimal(element: &Value) -> Option<i128> {
    match element {
        Value::Decimal(units) => Some(*units),
        Value::Int(_) | Value::Long(_) => convert::parse_decimal(&element.as_long()?.to_string()),
        Value::Real(value) => convert::parse_decimal(&value.to_string()),
        Value::Dynamic(json) => convert::parse_decimal(json),
        _ => None,
    }
}

/// The text of a string, guid or JSON string.
fn as_text(element: &Value) -> Option<Arc<str>> {
    match element {
        Value::String(text) | Value::Guid(text) => Some(text.clone()),
        Value::Dynamic(json) if json.starts_with('"') => Some(dynamic::text_of(json).into()),
        _ => None,
    }
}

fn as_guid(element: &Value) -> Option<Arc<str>> {
    let mut text = String::new();
    format::write_guid(convert::parse_guid(&as_text(element)?)?, &mut text);
    Some(text.into())
}

fn as_json(element: &Value) -> String {
    let mut json = String::new();
    dynamic::encode(&element.to_array(), 0, element.ty(), &mut json);
    dynamic::set_key(&json).into_owned()
}

pub(super) fn is_in(args: &Args<'_>) -> KernelResult {
    Ok(Arc::new(membership(args)?))
}

pub(super) fn is_not_in(args: &Args<'_>) -> KernelResult {
    Ok(Arc::new(arrow::compute::not(&membership(args)?)?))
}

fn membership(args: &Args<'_>) -> Result<BooleanArray, arrow::error::ArrowError> {
    let needles = args.array(0)?;
    let elements = |row| -> Vec<Value> {
        let element = |index| match args.value(index) {
            Arg::Constant(one) => Value::from_array(one, 0, args.ty(index)),
            Arg::Column(array) => Value::from_array(array, row, args.ty(index)),
        };
        (1..args.len()).map(element).collect()
    };
    if (1..args.len()).all(|index| args.is_constant(index)) {
        return Ok(InList::new(args.ty(0), &elements(0)).contains(&needles));
    }
    // A list that differs from row to row: rare, and small where it happens.
    let one = |row| InList::new(args.ty(0), &elements(row)).contains(&needles.slice(row, 1));
    Ok((0..args.rows()).map(|row| one(row).iter().next().flatten()).collect())
}
