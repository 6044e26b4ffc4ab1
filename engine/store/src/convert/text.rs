//! Text and bytes to the plan's types.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Float64Array, Int32Array, Int64Array, StringViewArray,
    StringViewBuilder,
};
use arrow::buffer::ScalarBuffer;
use arrow::compute::cast;
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use vizsla_schema::KqlType;

use super::map_text;
use crate::json::scan::{Raw, quote};
use crate::{text, ticks};

/// A column of `Utf8View` as `ty`.
pub(super) fn from_text(array: &ArrayRef, ty: KqlType) -> Result<ArrayRef, ArrowError> {
    Ok(match ty {
        KqlType::String => null_to_empty(array),
        KqlType::Bool => map_text::<_, BooleanArray>(array, text::parse_bool),
        KqlType::Int => map_text::<_, Int32Array>(array, text::parse_int),
        KqlType::Long => map_text::<_, Int64Array>(array, text::parse_long),
        KqlType::Real => map_text::<_, Float64Array>(array, text::parse_real),
        KqlType::Decimal => {
            let units: Decimal128Array =
                array.as_string_view().iter().map(|c| c.and_then(text::parse_decimal)).collect();
            Arc::new(units.with_precision_and_scale(text::DECIMAL_PRECISION, text::DECIMAL_SCALE)?)
        }
        KqlType::DateTime => map_text::<_, Int64Array>(array, ticks::parse_datetime),
        KqlType::TimeSpan => map_text::<_, Int64Array>(array, ticks::parse_timespan),
        KqlType::Guid => unless_all(array, text::is_canonical_guid, text::parse_guid),
        KqlType::Dynamic => unless_all(array, |t| Raw::parse(t).is_some(), as_json),
    })
}

/// JSON text of a cell that does not hold JSON: empty text is nothing, other text is a string.
fn as_json(text: &str) -> Option<String> {
    match Raw::parse(text) {
        Some(raw) => Some(raw.text.to_owned()),
        None if text.trim().is_empty() => None,
        None => Some(quote(text)),
    }
}

/// The array itself if all cells are `fine`, otherwise each cell through `mend`.
fn unless_all(array: &ArrayRef, fine: impl Fn(&str) -> bool, mend: impl Fn(&str) -> Option<String>) -> ArrayRef {
    let cells = array.as_string_view();
    if cells.iter().flatten().all(fine) {
        return Arc::clone(array);
    }
    let mut mended = StringViewBuilder::with_capacity(cells.len());
    for cell in cells {
        mended.append_option(cell.and_then(&mend));
    }
    Arc::new(mended.finish())
}

/// The same text with `""` for null.
pub(super) fn null_to_empty(array: &ArrayRef) -> ArrayRef {
    let cells = array.as_string_view();
    let Some(nulls) = cells.nulls().filter(|nulls| nulls.null_count() > 0) else {
        let (views, buffers, nulls) = cells.clone().into_parts();
        return if nulls.is_none() { Arc::clone(array) } else { Arc::new(trusted(views, &buffers)) };
    };
    let views = cells.views().iter().zip(nulls.iter()).map(|(view, valid)| if valid { *view } else { 0 });
    Arc::new(trusted(views.collect(), cells.data_buffers()))
}

/// Builds an array without looking at its text again, which would cost more than reading it did.
#[expect(unsafe_code, reason = "checking the UTF-8 of every string column again would dominate scans")]
fn trusted(views: ScalarBuffer<u128>, buffers: &[arrow::buffer::Buffer]) -> StringViewArray {
    // SAFETY: every view is either one of the valid array that `buffers` belongs to, or 0, which is the empty string.
    unsafe { StringViewArray::new_unchecked(views, buffers.to_vec(), None) }
}

/// Bytes that are UTF-8 are that text, 16 fixed bytes are a GUID, other fixed bytes hexadecimal digits.
pub(super) fn bytes_to_text(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    if let Some(fixed) = array.as_fixed_size_binary_opt() {
        let mut shown = StringViewBuilder::with_capacity(fixed.len());
        for cell in fixed {
            shown.append_option(cell.map(hex));
        }
        return Ok(Arc::new(shown.finish()));
    }
    let bytes = cast(array, &DataType::BinaryView)?;
    let strict = cast(&bytes, &DataType::Utf8View)?;
    if strict.null_count() == bytes.null_count() {
        return Ok(strict);
    }
    let mut shown = StringViewBuilder::with_capacity(bytes.len());
    for cell in bytes.as_binary_view() {
        shown.append_option(cell.map(String::from_utf8_lossy));
    }
    Ok(Arc::new(shown.finish()))
}

fn hex(bytes: &[u8]) -> String {
    let digits: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    match bytes.len() {
        16 => text::parse_guid(&digits).unwrap_or(digits),
        _ => digits,
    }
}
