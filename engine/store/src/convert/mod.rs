//! From the arrow types that files hold to the types of the plan.
//!
//! [`to_plan`] converts an array; [`fidelity`] says beforehand what the conversion does to order, so that a predicate on
//! the plan's value can become one on the file's value; [`kql_type`] picks the type of a column that nothing declares.
//! Values that the target type cannot hold become null, never an error: one odd cell must not hide a table.
//!
//! | file | plan |
//! |---|---|
//! | any unit of timestamp, dates | ticks since year 1; beyond the years 1–9999 null |
//! | durations, times of day | ticks |
//! | integers where an instant or a duration is declared | ticks already |
//! | text, also in dictionaries | the same text, null as `""` |
//! | text where another type is declared | parsed, see [`crate::ticks`]; what does not parse is null |
//! | numbers, booleans | widened or narrowed, null when out of range; as text where a string is declared |
//! | structs, lists, maps | JSON text |
//! | text where `dynamic` is declared | itself if it is JSON, otherwise a JSON string |

mod dynamic;
mod text;
mod time;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringViewArray, UInt32Array, new_null_array};
use arrow::compute::{cast, take};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use vizsla_schema::KqlType;

use crate::error::{Result, StoreError};

pub use time::FileTicks;

/// What a conversion does to the values of a column, for predicates that are to be pushed into a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fidelity {
    /// The same value, perhaps in a wider type: a literal can be compared after a cast to the file's type.
    Identity,
    /// The same text, but null becomes `""`. A predicate that is false for `""` can go down as it is.
    Text,
    /// Monotonic: the file counts time in other units.
    Ticks(FileTicks),
    /// Neither order nor equality can be relied upon.
    Opaque,
}

/// The coarse kinds of arrow type between which conversions are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Null,
    Bool,
    Number,
    Text,
    Bytes,
    Instant,
    Duration,
    Nested,
    Encoded,
}

fn family(ty: &DataType) -> Family {
    use DataType as D;
    match ty {
        D::Null => Family::Null,
        D::Boolean => Family::Bool,
        D::Int8 | D::Int16 | D::Int32 | D::Int64 | D::UInt8 | D::UInt16 | D::UInt32 | D::UInt64 => Family::Number,
        D::Float16 | D::Float32 | D::Float64 => Family::Number,
        D::Decimal32(..) | D::Decimal64(..) | D::Decimal128(..) | D::Decimal256(..) => Family::Number,
        D::Utf8 | D::LargeUtf8 | D::Utf8View => Family::Text,
        D::Binary | D::LargeBinary | D::BinaryView | D::FixedSizeBinary(_) => Family::Bytes,
        D::Timestamp(..) | D::Date32 | D::Date64 => Family::Instant,
        D::Duration(_) | D::Time32(_) | D::Time64(_) => Family::Duration,
        D::List(_) | D::LargeList(_) | D::ListView(_) | D::LargeListView(_) | D::FixedSizeList(..) => Family::Nested,
        D::Struct(_) | D::Map(..) | D::Union(..) | D::Interval(_) => Family::Nested,
        D::Dictionary(..) | D::RunEndEncoded(..) => Family::Encoded,
    }
}

/// The type of a column that no schema declares.
///
/// Narrow integers are `int`, unsigned 64-bit ones `decimal` (a `long` cannot hold them all), bytes `string`, 16 bytes
/// `guid`, anything nested `dynamic`, a column of nulls `string`.
#[must_use]
pub fn kql_type(ty: &DataType) -> KqlType {
    use DataType as D;
    match ty {
        D::Int8 | D::Int16 | D::Int32 | D::UInt8 | D::UInt16 => KqlType::Int,
        D::Int64 | D::UInt32 => KqlType::Long,
        D::Float16 | D::Float32 | D::Float64 => KqlType::Real,
        D::FixedSizeBinary(16) => KqlType::Guid,
        D::Dictionary(_, values) => kql_type(values),
        D::RunEndEncoded(_, values) => kql_type(values.data_type()),
        other => match family(other) {
            Family::Bool => KqlType::Bool,
            Family::Number => KqlType::Decimal,
            Family::Instant => KqlType::DateTime,
            Family::Duration => KqlType::TimeSpan,
            Family::Nested => KqlType::Dynamic,
            Family::Null | Family::Text | Family::Bytes | Family::Encoded => KqlType::String,
        },
    }
}

/// What [`to_plan`] does to the order of values of `file` type that become `plan` type.
#[must_use]
pub fn fidelity(file: &DataType, plan: KqlType) -> Fidelity {
    use DataType as D;
    let file = match file {
        D::Dictionary(_, values) => values,
        other => other,
    };
    match plan {
        KqlType::String if family(file) == Family::Text => Fidelity::Text,
        KqlType::DateTime | KqlType::TimeSpan => time::unit(file, plan).map_or(Fidelity::Opaque, Fidelity::Ticks),
        KqlType::Bool if *file == D::Boolean => Fidelity::Identity,
        KqlType::Int | KqlType::Long | KqlType::Real | KqlType::Decimal if widens(file, plan) => Fidelity::Identity,
        _ => Fidelity::Opaque,
    }
}

/// Whether every value of `file` is the same number in `plan`.
fn widens(file: &DataType, plan: KqlType) -> bool {
    use DataType as D;
    let narrow = matches!(file, D::Int8 | D::Int16 | D::Int32 | D::UInt8 | D::UInt16);
    match plan {
        KqlType::Int => narrow,
        KqlType::Long => narrow || matches!(file, D::UInt32 | D::Int64),
        KqlType::Real => narrow || matches!(file, D::UInt32 | D::Float16 | D::Float32 | D::Float64),
        KqlType::Decimal => *file == KqlType::Decimal.plan_type(),
        _ => false,
    }
}

/// `array` in the plan's representation of `ty`; see the table at the top of this module.
///
/// # Errors
/// [`StoreError::Arrow`] if arrow has no way to show a nested value as JSON (a map whose keys are not text, a union).
pub fn to_plan(array: &ArrayRef, ty: KqlType) -> Result<ArrayRef> {
    convert(array, ty).map_err(|e| StoreError::arrow(format!("{} as {ty}", array.data_type()), e))
}

/// A column of `rows` cells that a file does not have: null, or `""` for a string.
#[must_use]
pub fn missing(ty: KqlType, rows: usize) -> ArrayRef {
    let nulls = new_null_array(&ty.plan_type(), rows);
    match ty {
        KqlType::String => text::null_to_empty(&nulls),
        _ => nulls,
    }
}

/// A column of `rows` cells that all hold what `text` means as `ty`: the value of a hive partition.
///
/// # Errors
/// None that a text can cause; arrow's type says otherwise.
pub fn constant(text: &str, ty: KqlType, rows: usize) -> Result<ArrayRef> {
    let one = to_plan(&(Arc::new(StringViewArray::from(vec![text])) as ArrayRef), ty)?;
    take(&one, &UInt32Array::from(vec![0; rows]), None).map_err(|e| StoreError::arrow(text, e))
}

fn convert(array: &ArrayRef, ty: KqlType) -> Result<ArrayRef, ArrowError> {
    match family(array.data_type()) {
        Family::Null => Ok(missing(ty, array.len())),
        Family::Encoded => decode(array, ty),
        Family::Bool | Family::Number => from_number(array, ty),
        Family::Text => text::from_text(&cast(array, &DataType::Utf8View)?, ty),
        Family::Bytes => text::from_text(&text::bytes_to_text(array)?, ty),
        Family::Instant => from_time(array, ty, KqlType::DateTime),
        Family::Duration => from_time(array, ty, KqlType::TimeSpan),
        Family::Nested => from_nested(array, ty),
    }
}

/// Converts each distinct value of a dictionary once.
fn decode(array: &ArrayRef, ty: KqlType) -> Result<ArrayRef, ArrowError> {
    let Some(dictionary) = array.as_any_dictionary_opt() else {
        let DataType::RunEndEncoded(_, values) = array.data_type() else {
            return Ok(missing(ty, array.len()));
        };
        return convert(&cast(array, values.data_type())?, ty);
    };
    let rows = take(&convert(dictionary.values(), ty)?, dictionary.keys(), None)?;
    Ok(match ty {
        KqlType::String => text::null_to_empty(&rows),
        _ => rows,
    })
}

fn from_number(array: &ArrayRef, ty: KqlType) -> Result<ArrayRef, ArrowError> {
    match ty {
        KqlType::Bool if array.data_type().is_decimal() => cast(&cast(array, &DataType::Float64)?, &DataType::Boolean),
        KqlType::Decimal if *array.data_type() == DataType::Boolean => {
            cast(&cast(array, &DataType::Int64)?, &ty.plan_type())
        }
        KqlType::Bool | KqlType::Int | KqlType::Long | KqlType::Real | KqlType::Decimal => cast(array, &ty.plan_type()),
        KqlType::String => Ok(text::null_to_empty(&cast(&cast(array, &DataType::Utf8)?, &DataType::Utf8View)?)),
        KqlType::DateTime | KqlType::TimeSpan if array.data_type().is_integer() => time::to_ticks(array, ty),
        KqlType::Dynamic => dynamic::encode(array),
        KqlType::Guid | KqlType::DateTime | KqlType::TimeSpan => Ok(missing(ty, array.len())),
    }
}

/// `own` is the type that the array has by itself: an instant or a duration.
fn from_time(array: &ArrayRef, ty: KqlType, own: KqlType) -> Result<ArrayRef, ArrowError> {
    match ty {
        KqlType::String | KqlType::Dynamic => time::to_text(&time::to_ticks(array, own)?, own, ty == KqlType::Dynamic),
        KqlType::Long => time::to_ticks(array, own),
        ty if ty == own => time::to_ticks(array, own),
        _ => Ok(missing(ty, array.len())),
    }
}

fn from_nested(array: &ArrayRef, ty: KqlType) -> Result<ArrayRef, ArrowError> {
    match ty {
        KqlType::Dynamic => dynamic::encode(array),
        KqlType::String => Ok(text::null_to_empty(&dynamic::encode(array)?)),
        _ => Ok(missing(ty, array.len())),
    }
}

/// Runs `parse` over the text of each cell and collects what it gives.
fn map_text<T, A>(array: &ArrayRef, parse: impl Fn(&str) -> Option<T>) -> ArrayRef
where
    A: Array + FromIterator<Option<T>> + 'static,
{
    Arc::new(array.as_string_view().iter().map(|cell| cell.and_then(&parse)).collect::<A>())
}

#[cfg(test)]
mod tests;
