//! What literals mean: token text to [`Value`].
//!
//! Strings are in [`string`], dates and spans of time in [`time`]. Text that its type cannot hold is `None` here and a
//! diagnostic in the grammar.

pub(crate) mod string;
pub(crate) mod time;

use std::sync::Arc;

use crate::ast::{ScalarType, Value};

pub(crate) use time::unit_ticks;

/// The value of a [`crate::token::TokenKind::Long`] token; the unsigned form, so that `-9223372036854775808` can be
/// put together by the grammar.
pub(crate) fn long(text: &str) -> Option<u64> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

/// The value of a [`crate::token::TokenKind::Typed`] token, such as `datetime(2024-01-01)`.
pub(crate) fn typed(text: &str) -> Option<Value> {
    let (name, body) = text.split_once('(')?;
    let ty = ScalarType::from_name(name.trim_end())?;
    let body = unquote(body.strip_suffix(')')?.trim());
    if body.is_empty() || body == "null" {
        return Some(Value::Null(ty));
    }
    match ty {
        ScalarType::Bool => bool(body).map(Value::Bool),
        ScalarType::Int => int(body).map(Value::Int),
        ScalarType::Long => integer(body).map(Value::Long),
        ScalarType::Real => real(body).map(Value::Real),
        ScalarType::Decimal => decimal(body).map(Value::Decimal),
        ScalarType::Datetime => time::datetime(body).map(|it| it.map_or(Value::Null(ty), Value::Datetime)),
        ScalarType::Timespan => time::timespan(body).map(Value::Timespan),
        ScalarType::Guid => guid(body).map(Value::Guid),
        ScalarType::String | ScalarType::Dynamic => None,
    }
}

fn unquote(body: &str) -> &str {
    ['"', '\''].iter().find_map(|it| body.strip_prefix(*it)?.strip_suffix(*it)).unwrap_or(body)
}

fn bool(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => text.parse::<i64>().ok().map(|it| it != 0),
    }
}

/// Hexadecimal text of up to eight digits spells the bits: `int(0xFFFFFFFF)` is -1.
fn int(text: &str) -> Option<i32> {
    let bits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    match bits.and_then(|bits| u32::from_str_radix(bits, 16).ok()) {
        Some(bits) => Some(bits.cast_signed()),
        None => i32::try_from(integer(text)?).ok(),
    }
}

fn integer(text: &str) -> Option<i64> {
    let (negative, digits) = sign(text);
    let magnitude = i128::from(long(digits)?);
    // Hexadecimal text spells the bits, so 0xFFFFFFFFFFFFFFFF is -1.
    if digits.starts_with("0x") || digits.starts_with("0X") {
        let bits = i64::from_ne_bytes(long(digits)?.to_ne_bytes());
        return Some(if negative { bits.wrapping_neg() } else { bits });
    }
    i64::try_from(if negative { -magnitude } else { magnitude }).ok()
}

fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text.strip_prefix('+').unwrap_or(text).trim_start()),
    }
}

/// The value of real text, `nan` and `inf` included.
pub(crate) fn real(text: &str) -> Option<f64> {
    match text.to_ascii_lowercase().as_str() {
        "nan" => Some(f64::NAN),
        "inf" | "+inf" => Some(f64::INFINITY),
        "-inf" => Some(f64::NEG_INFINITY),
        it if it.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) => it.parse().ok(),
        _ => None,
    }
}

fn decimal(text: &str) -> Option<Arc<str>> {
    let (_, digits) = sign(text);
    let well_formed = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') && digits.parse::<f64>().is_ok();
    well_formed.then(|| Arc::from(text))
}

fn guid(text: &str) -> Option<Arc<str>> {
    let digits: String = text.chars().filter(|it| !"-{}".contains(*it)).collect::<String>().to_ascii_lowercase();
    if digits.len() != 32 || !digits.bytes().all(|it| it.is_ascii_hexdigit()) {
        return None;
    }
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    Some(Arc::from(parts.join("-")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_literals_have_values() {
        for (text, expected) in [
            ("int(5)", Some(Value::Int(5))),
            ("int(-5)", Some(Value::Int(-5))),
            ("int(99999999999)", None),
            ("long(null)", Some(Value::Null(ScalarType::Long))),
            ("long(-9223372036854775808)", Some(Value::Long(i64::MIN))),
            ("long(0xff)", Some(Value::Long(255))),
            ("real(1e3)", Some(Value::Real(1000.0))),
            ("double(nan)", Some(Value::Real(f64::NAN))),
            ("real(infinity)", None),
            ("bool(1)", Some(Value::Bool(true))),
            ("decimal(1.50)", Some(Value::Decimal("1.50".into()))),
            ("decimal(x)", None),
            (
                "guid(74BE27DE1E4E49D9B579FE0B331D3642)",
                Some(Value::Guid("74be27de-1e4e-49d9-b579-fe0b331d3642".into())),
            ),
            ("guid(74be)", None),
            ("time(null)", Some(Value::Null(ScalarType::Timespan))),
            ("datetime(2025)", Some(Value::Null(ScalarType::Datetime))),
        ] {
            assert_eq!(typed(text), expected, "{text}");
        }
    }
}
