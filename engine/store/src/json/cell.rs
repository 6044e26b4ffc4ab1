//! From JSON values to the plan's arrays, one cell at a time.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Decimal128Builder, Float64Builder, Int32Builder, Int64Builder, StringViewBuilder,
};
use arrow::error::ArrowError;
use vizsla_schema::KqlType;

use super::scan::{Kind, Raw};
use crate::{text, ticks};

/// A column of the plan that is being filled.
#[derive(Debug)]
pub(crate) enum CellBuilder {
    Bool(BooleanBuilder),
    Int(Int32Builder),
    Long(Int64Builder),
    Real(Float64Builder),
    Decimal(Decimal128Builder),
    String(StringViewBuilder),
    Guid(StringViewBuilder),
    Datetime(Int64Builder),
    Timespan(Int64Builder),
    Dynamic(StringViewBuilder),
    /// JSON text as it stands, strings quoted: a column whose type is not known yet.
    Untyped(StringViewBuilder),
}

impl CellBuilder {
    /// An empty column of `ty`.
    pub(crate) fn new(ty: KqlType) -> Self {
        match ty {
            KqlType::Bool => Self::Bool(BooleanBuilder::new()),
            KqlType::Int => Self::Int(Int32Builder::new()),
            KqlType::Long => Self::Long(Int64Builder::new()),
            KqlType::Real => Self::Real(Float64Builder::new()),
            KqlType::Decimal => Self::Decimal(Decimal128Builder::new()),
            KqlType::String => Self::String(StringViewBuilder::new()),
            KqlType::Guid => Self::Guid(StringViewBuilder::new()),
            KqlType::DateTime => Self::Datetime(Int64Builder::new()),
            KqlType::TimeSpan => Self::Timespan(Int64Builder::new()),
            KqlType::Dynamic => Self::Dynamic(StringViewBuilder::new()),
        }
    }

    /// An empty column whose type is not known yet.
    pub(crate) fn untyped() -> Self {
        Self::Untyped(StringViewBuilder::new())
    }

    /// Adds a cell that its record does not have.
    pub(crate) fn append_missing(&mut self) {
        match self {
            Self::Bool(b) => b.append_null(),
            Self::Int(b) => b.append_null(),
            Self::Long(b) | Self::Datetime(b) | Self::Timespan(b) => b.append_null(),
            Self::Real(b) => b.append_null(),
            Self::Decimal(b) => b.append_null(),
            Self::String(b) => b.append_value(""),
            Self::Guid(b) | Self::Dynamic(b) | Self::Untyped(b) => b.append_null(),
        }
    }

    /// Adds a cell. A value that is none of the column's type is null.
    pub(crate) fn append(&mut self, raw: Raw<'_>) {
        if raw.kind == Kind::Null {
            return self.append_missing();
        }
        match self {
            Self::Bool(b) => b.append_option(as_bool(raw)),
            Self::Int(b) => b.append_option(as_long(raw).and_then(|n| i32::try_from(n).ok())),
            Self::Long(b) => b.append_option(as_long(raw)),
            Self::Real(b) => b.append_option(scalar(raw, text::parse_real)),
            Self::Decimal(b) => b.append_option(scalar(raw, text::parse_decimal)),
            Self::String(b) => b.append_value(raw.characters()),
            Self::Guid(b) => b.append_option(string(raw, text::parse_guid)),
            Self::Datetime(b) => b.append_option(string(raw, ticks::parse_datetime)),
            Self::Timespan(b) => b.append_option(string(raw, ticks::parse_timespan)),
            Self::Dynamic(b) => append_dynamic(b, raw),
            Self::Untyped(b) => b.append_value(raw.text),
        }
    }

    /// The column, leaving an empty one behind.
    pub(crate) fn finish(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(match self {
            Self::Bool(b) => Arc::new(b.finish()),
            Self::Int(b) => Arc::new(b.finish()),
            Self::Long(b) | Self::Datetime(b) | Self::Timespan(b) => Arc::new(b.finish()),
            Self::Real(b) => Arc::new(b.finish()),
            Self::Decimal(b) => {
                Arc::new(b.finish().with_precision_and_scale(text::DECIMAL_PRECISION, text::DECIMAL_SCALE)?)
            }
            Self::String(b) | Self::Guid(b) | Self::Dynamic(b) | Self::Untyped(b) => Arc::new(b.finish()),
        })
    }
}

/// Numbers and strings have a meaning as numbers, and booleans as 0 and 1; objects and arrays have none.
fn scalar<T>(raw: Raw<'_>, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
    match raw.kind {
        Kind::Number => parse(raw.text),
        Kind::Text { .. } => parse(&raw.characters()),
        Kind::True => parse("1"),
        Kind::False => parse("0"),
        Kind::Null | Kind::Object | Kind::Array => None,
    }
}

fn string<T>(raw: Raw<'_>, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
    matches!(raw.kind, Kind::Text { .. }).then(|| parse(&raw.characters())).flatten()
}

fn as_bool(raw: Raw<'_>) -> Option<bool> {
    match raw.kind {
        Kind::True => Some(true),
        Kind::False => Some(false),
        _ => scalar(raw, text::parse_bool),
    }
}

fn as_long(raw: Raw<'_>) -> Option<i64> {
    scalar(raw, text::parse_long)
}

/// JSON text of a value. Our choice: a string that itself holds an object or array *is* that object or array, because
/// exporters write dynamic columns both ways; every other string stays a JSON string.
fn append_dynamic(builder: &mut StringViewBuilder, raw: Raw<'_>) {
    if let Kind::Text { .. } = raw.kind {
        let inner = raw.characters();
        if let Some(nested) = nested_json(&inner) {
            return builder.append_value(nested);
        }
    }
    builder.append_value(raw.text);
}

/// The object or array that a string holds, if it holds one.
pub(crate) fn nested_json(text: &str) -> Option<&str> {
    let begins = text.trim_start().starts_with(['{', '[']);
    begins.then(|| Raw::parse(text)).flatten().map(|raw| raw.text)
}

#[cfg(test)]
mod tests {
    use arrow::util::display::array_value_to_string;

    use super::*;

    #[test]
    fn any_json_value_fits_any_column() {
        use KqlType as T;
        for (json, ty, expected) in [
            ("5985", T::Long, "5985"),
            ("\"5985\"", T::Long, "5985"),
            ("5985.0", T::Int, "5985"),
            ("true", T::Long, "1"),
            ("{}", T::Long, "null"),
            ("99999999999", T::Int, "null"),
            ("1", T::Bool, "true"),
            ("\"False\"", T::Bool, "false"),
            ("2.5", T::Real, "2.5"),
            ("18446744073709551615", T::Decimal, "18446744073709551615.000000000000000000"),
            ("null", T::String, ""),
            ("12345678901234567890", T::String, "12345678901234567890"),
            ("{\"a\": 1}", T::String, "{\"a\": 1}"),
            ("\"a\\\"b\"", T::String, "a\"b"),
            ("\"0001-01-02\"", T::DateTime, "864000000000"),
            ("20200101", T::DateTime, "null"),
            ("\"00:00:01\"", T::TimeSpan, "10000000"),
            ("9007199254740993", T::Dynamic, "9007199254740993"),
            ("\"{\\\"a\\\":1}\"", T::Dynamic, "{\"a\":1}"),
            ("\"text\"", T::Dynamic, "\"text\""),
            ("\"{broken\"", T::Dynamic, "\"{broken\""),
            ("null", T::Dynamic, "null"),
        ] {
            let mut builder = CellBuilder::new(ty);
            builder.append(Raw::parse(json).expect("JSON"));
            let array = builder.finish().expect("an array");
            let shown = if array.is_null(0) { "null".into() } else { array_value_to_string(&array, 0).expect("text") };
            assert_eq!(shown, expected, "{json} as {ty:?}");
        }
    }
}
