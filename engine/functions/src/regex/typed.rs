//! Captured text as values of a column's type, and the shape that each type has as text.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Float64Array, Int32Array, Int64Array, StringViewArray,
};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use vizsla_schema::KqlType;

use crate::value::{DECIMAL_PRECISION, DECIMAL_SCALE};
use crate::{convert, dynamic, format};

/// Texts converted as `tolong`, `todatetime` … would; what does not convert is null, a missing string `""`.
pub(super) fn column(ty: KqlType, texts: &StringViewArray) -> ArrayRef {
    let texts = texts.iter();
    match ty {
        KqlType::Bool => Arc::new(texts.map(|it| it.and_then(convert::parse_bool)).collect::<BooleanArray>()),
        KqlType::Int => Arc::new(texts.map(|it| it.and_then(convert::parse_int)).collect::<Int32Array>()),
        KqlType::Long => Arc::new(texts.map(|it| it.and_then(convert::parse_long)).collect::<Int64Array>()),
        KqlType::Real => Arc::new(texts.map(|it| it.and_then(convert::parse_real)).collect::<Float64Array>()),
        KqlType::DateTime => Arc::new(texts.map(|it| it.and_then(convert::parse_datetime)).collect::<Int64Array>()),
        KqlType::TimeSpan => Arc::new(texts.map(|it| it.and_then(convert::parse_timespan)).collect::<Int64Array>()),
        KqlType::Decimal => Arc::new(
            texts
                .map(|it| it.and_then(convert::parse_decimal))
                .collect::<Decimal128Array>()
                .with_precision_and_scale(DECIMAL_PRECISION, DECIMAL_SCALE)
                .expect("precision 38 and scale 18 are valid"),
        ),
        KqlType::Guid => Arc::new(texts.map(|it| it.and_then(guid)).collect::<StringViewArray>()),
        KqlType::Dynamic => Arc::new(texts.map(|it| it.and_then(json)).collect::<StringViewArray>()),
        KqlType::String => Arc::new(texts.map(|it| Some(it.unwrap_or(""))).collect::<StringViewArray>()),
    }
}

fn guid(text: &str) -> Option<String> {
    let mut out = String::new();
    format::write_guid(convert::parse_guid(text)?, &mut out);
    Some(out)
}

fn json(text: &str) -> Option<String> {
    let mut buffer = String::new();
    dynamic::parse_json(text, &mut buffer).map(str::to_owned)
}

/// The column with the rows that did not match blanked: `""` for strings, null for all others.
pub(super) fn blanked(ty: KqlType, column: &ArrayRef, matched: &BooleanBuffer) -> ArrayRef {
    if ty == KqlType::String {
        let texts = column.as_string_view().iter().enumerate();
        let kept = texts.map(|(row, text)| Some(text.filter(|_| matched.value(row)).unwrap_or("")));
        return Arc::new(kept.collect::<StringViewArray>());
    }
    let nulls = NullBuffer::union(column.nulls(), Some(&NullBuffer::new(matched.clone())));
    let data = column.to_data().into_builder().nulls(nulls).build();
    arrow::array::make_array(data.expect("the same values under fewer valid rows"))
}

/// What a column before `*` matches in a plain pattern.
pub(super) fn plain_shape(ty: KqlType) -> &'static str {
    match ty {
        KqlType::Bool => r"\s*(?i:true|false)|\s*[-+]?\d+",
        KqlType::Real | KqlType::Decimal => r"\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?",
        KqlType::String | KqlType::Dynamic => r".*",
        KqlType::Int | KqlType::Long | KqlType::Guid | KqlType::DateTime | KqlType::TimeSpan => shape(ty),
    }
}

/// What a column matches under `kind=regex`: a bool is never a number there, and a real starts with a digit (fact 265).
pub(super) fn regex_shape(ty: KqlType) -> &'static str {
    match ty {
        KqlType::Bool => r"\s*(?i:true|false)",
        KqlType::Real | KqlType::Decimal => r"\s*[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?",
        KqlType::String | KqlType::Dynamic => r".*",
        KqlType::Int | KqlType::Long | KqlType::Guid | KqlType::DateTime | KqlType::TimeSpan => shape(ty),
    }
}

fn shape(ty: KqlType) -> &'static str {
    match ty {
        KqlType::Int | KqlType::Long => r"\s*[-+]?\d+",
        KqlType::Guid => r"\s*[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}",
        // A date, then a time of day to any precision, then a zone.
        KqlType::DateTime => {
            r"\s*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ]\d{1,2}:\d{1,2}(?::\d{1,2}(?:\.\d+)?)?(?:Z|\s?[-+]\d{2}:?\d{2})?)?"
        }
        KqlType::TimeSpan => r"\s*[-+]?(?:\d+\.)?\d{1,2}:\d{1,2}(?::\d{1,2}(?:\.\d+)?)?",
        KqlType::Bool | KqlType::Real | KqlType::Decimal | KqlType::String | KqlType::Dynamic => ".*",
    }
}
