//! What kind of value a dynamic is, and the scalar it holds.

use std::borrow::Cow;

use super::string::unescape;

/// The kinds of JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool,
    /// A number without point and exponent that fits 64 bits.
    Long,
    /// Any other number.
    Real,
    /// Text; also datetimes, timespans and guids, which JSON has no form for.
    String,
    /// A list.
    Array,
    /// A dictionary.
    Bag,
}

impl Kind {
    /// What `gettype` answers for it (fact 126).
    pub const fn gettype(self) -> &'static str {
        match self {
            Kind::Null => "null",
            Kind::Bool => "bool",
            Kind::Long => "long",
            Kind::Real => "double",
            Kind::String => "string",
            Kind::Array => "array",
            Kind::Bag => "dictionary",
        }
    }
}

/// The kind of a JSON text, by its first byte and, for a number, its shape.
#[inline]
pub fn kind(json: &str) -> Kind {
    match json.as_bytes().first() {
        Some(b'"') => Kind::String,
        Some(b'{') => Kind::Bag,
        Some(b'[') => Kind::Array,
        Some(b't' | b'f') => Kind::Bool,
        Some(b'-' | b'0'..=b'9') if is_long(json) => Kind::Long,
        Some(b'-' | b'0'..=b'9') => Kind::Real,
        _ => Kind::Null,
    }
}

fn is_long(number: &str) -> bool {
    let digits = number.strip_prefix('-').unwrap_or(number);
    digits.bytes().all(|byte| byte.is_ascii_digit()) && (digits.len() <= 18 || number.parse::<i64>().is_ok())
}

/// A dynamic taken apart as far as a conversion wants it.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar<'a> {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// See [`Kind::Long`].
    Long(i64),
    /// See [`Kind::Real`].
    Real(f64),
    /// A string without quotes and escapes.
    Text(Cow<'a, str>),
    /// An array or a bag: no scalar.
    Container,
}

/// The scalar that a JSON text holds.
#[inline]
pub fn scalar(json: &str) -> Scalar<'_> {
    match kind(json) {
        Kind::Null => Scalar::Null,
        Kind::Bool => Scalar::Bool(json == "true"),
        Kind::Long => json.parse().map_or(Scalar::Null, Scalar::Long),
        Kind::Real => json.parse().map_or(Scalar::Null, Scalar::Real),
        Kind::String => Scalar::Text(text_of(json)),
        Kind::Array | Kind::Bag => Scalar::Container,
    }
}

/// The number that a JSON text is, as a real; `None` for anything but a number.
#[inline]
pub fn number(json: &str) -> Option<f64> {
    match json.as_bytes().first()? {
        b'-' | b'0'..=b'9' => json.parse().ok(),
        _ => None,
    }
}

/// The text form (`tostring`): strings without quotes and escapes, null as `""`, anything else as it is (fact 117).
#[inline]
pub fn text_of(json: &str) -> Cow<'_, str> {
    match json.as_bytes().first() {
        Some(b'"') => unescape(json.get(1..json.len() - 1).unwrap_or("")),
        Some(b'n') => Cow::Borrowed(""),
        _ => Cow::Borrowed(json),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_scalars() {
        for (json, expected, holds) in [
            ("null", Kind::Null, Scalar::Null),
            ("true", Kind::Bool, Scalar::Bool(true)),
            ("-7", Kind::Long, Scalar::Long(-7)),
            ("9223372036854775807", Kind::Long, Scalar::Long(i64::MAX)),
            ("9223372036854775808", Kind::Real, Scalar::Real(9_223_372_036_854_775_808.0)),
            ("5.0", Kind::Real, Scalar::Real(5.0)),
            ("1e21", Kind::Real, Scalar::Real(1e21)),
            (r#""a\nb""#, Kind::String, Scalar::Text("a\nb".into())),
            ("[1]", Kind::Array, Scalar::Container),
            ("{}", Kind::Bag, Scalar::Container),
        ] {
            assert_eq!(kind(json), expected, "{json}");
            assert_eq!(scalar(json), holds, "{json}");
        }
    }

    #[test]
    fn text_loses_quotes_and_null() {
        for (json, expected) in
            [("null", ""), (r#""""#, ""), (r#""a\"b""#, "a\"b"), ("true", "true"), ("[\"a\"]", "[\"a\"]")]
        {
            assert_eq!(text_of(json), expected);
        }
    }
}
