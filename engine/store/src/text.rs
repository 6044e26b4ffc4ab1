//! Text as values: what a string in a file means where a column of another type is declared.
//!
//! One set of rules for NDJSON, CSV and Parquet. Text that is no value of the type is null; so is empty text. Instants and
//! durations are in [`crate::ticks`], JSON in `crate::json`.

use arrow::array::types::Decimal128Type;
use arrow::compute::kernels::cast_utils;

/// Precision of the plan's decimals.
pub(crate) const DECIMAL_PRECISION: u8 = 38;
/// Scale of the plan's decimals.
pub(crate) const DECIMAL_SCALE: i8 = 18;

/// `true`, `false` in any case, or a number, which is true unless it is zero.
pub(crate) fn parse_bool(text: &str) -> Option<bool> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        parse_long(text).map(|n| n != 0)
    }
}

/// A whole number: decimal, hexadecimal after `0x`, or a number with a fraction, which is cut off.
pub(crate) fn parse_long(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(n) = text.parse() {
        return Some(n);
    }
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return i64::from_str_radix(hex, 16).ok();
    }
    let real = text.parse::<f64>().ok()?.trunc();
    // 2^63 itself is a double, i64::MAX is not: the range is half open.
    let limit = 2_f64.powi(63);
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
    (-limit..limit).contains(&real).then_some(real as i64)
}

/// A whole number of 32 bits.
pub(crate) fn parse_int(text: &str) -> Option<i32> {
    parse_long(text).and_then(|n| i32::try_from(n).ok())
}

/// A floating-point number, also `NaN`, `inf`, `-inf`.
pub(crate) fn parse_real(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

/// A decimal number in units of 10^-18.
pub(crate) fn parse_decimal(text: &str) -> Option<i128> {
    let text = text.trim();
    let begins = text.bytes().any(|b| b.is_ascii_digit());
    begins.then_some(())?;
    cast_utils::parse_decimal::<Decimal128Type>(text, DECIMAL_PRECISION, DECIMAL_SCALE).ok()
}

/// A GUID in canonical form: 36 lower-case characters. Takes braces, and 32 digits without dashes.
pub(crate) fn parse_guid(text: &str) -> Option<String> {
    let text = text.trim();
    let bare = text.strip_prefix('{').and_then(|t| t.strip_suffix('}')).unwrap_or(text);
    let dashes_fit = match bare.len() {
        36 => [8, 13, 18, 23].iter().all(|at| bare.as_bytes()[*at] == b'-'),
        32 => true,
        _ => false,
    };
    let digits: String = bare.chars().filter(char::is_ascii_hexdigit).collect();
    if !dashes_fit || digits.len() != 32 {
        return None;
    }
    let digits = digits.to_ascii_lowercase();
    Some([&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-"))
}

/// Whether `text` is a GUID as [`parse_guid`] writes it.
pub(crate) fn is_canonical_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => matches!(b, b'0'..=b'9' | b'a'..=b'f'),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longs() {
        for (text, expected) in [
            ("5985", Some(5985)),
            (" -1 ", Some(-1)),
            ("0x1F", Some(31)),
            ("639199803770463703", Some(639_199_803_770_463_703)),
            ("12.9", Some(12)),
            ("1e3", Some(1000)),
            ("9223372036854775807", Some(i64::MAX)),
            ("9223372036854775808", None),
            ("NaN", None),
            ("", None),
            ("abc", None),
        ] {
            assert_eq!(parse_long(text), expected, "{text:?}");
        }
        assert_eq!(parse_int("2147483648"), None);
    }

    #[test]
    fn bools_and_decimals() {
        for (text, expected) in [("True", Some(true)), ("0", Some(false)), ("2", Some(true)), ("yes", None), ("", None)]
        {
            assert_eq!(parse_bool(text), expected, "{text:?}");
        }
        assert_eq!(parse_decimal("1.5"), Some(1_500_000_000_000_000_000));
        assert_eq!(parse_decimal("abc"), None);
        assert_eq!(parse_decimal(""), None);
    }

    #[test]
    fn guids() {
        let canonical = "74be27de-1e4e-49d9-b579-fe0b331d3642";
        for text in [canonical, "{74BE27DE-1E4E-49D9-B579-FE0B331D3642}", "74be27de1e4e49d9b579fe0b331d3642"] {
            assert_eq!(parse_guid(text).as_deref(), Some(canonical), "{text:?}");
        }
        assert_eq!(parse_guid("74be27de-1e4e-49d9-b579"), None);
        assert!(is_canonical_guid(canonical));
        assert!(!is_canonical_guid(&canonical.to_uppercase()));
    }
}
