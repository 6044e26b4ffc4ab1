//! Any value as JSON text.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, StringViewBuilder};
use arrow::datatypes::{DataType, Field};
use arrow::error::ArrowError;
use arrow::json::writer::{EncoderOptions, make_encoder};

/// Each cell as JSON text; a null cell stays null, nulls inside a cell are written as `null`.
pub(super) fn encode(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    // The encoder has no words for intervals; their text is what it is.
    if let DataType::Interval(_) = array.data_type() {
        return super::text::from_text(
            &arrow::compute::cast(&arrow::compute::cast(array, &DataType::Utf8)?, &DataType::Utf8View)?,
            vizsla_schema::KqlType::Dynamic,
        );
    }
    let field = Arc::new(Field::new("", array.data_type().clone(), true));
    let options = EncoderOptions::default().with_explicit_nulls(true);
    let mut encoder = make_encoder(&field, array, &options)?;
    let mut shown = StringViewBuilder::with_capacity(array.len());
    let mut json = Vec::new();
    for row in 0..array.len() {
        if encoder.is_null(row) {
            shown.append_null();
            continue;
        }
        json.clear();
        encoder.encode(row, &mut json);
        let text = std::str::from_utf8(&json).map_err(|e| ArrowError::JsonError(e.to_string()))?;
        shown.append_value(text);
    }
    Ok(Arc::new(shown.finish()))
}
