//! Numbers, bools and guids from text. `None` is the null that a failed conversion answers, never an error.

use crate::value::{DECIMAL_PRECISION, DECIMAL_SCALE};

/// `long` from text: decimal with an optional sign, or unsigned hexadecimal that wraps; spaces around are ignored.
pub fn parse_long(text: &str) -> Option<i64> {
    let text = text.trim();
    match hex_digits(text) {
        Some(digits) => u64::from_str_radix(digits, 16).ok().map(u64::cast_signed),
        None => text.parse().ok(),
    }
}

/// `int` from text, as [`parse_long`]; out of range is `None`.
pub fn parse_int(text: &str) -> Option<i32> {
    let text = text.trim();
    match hex_digits(text) {
        Some(digits) => u32::from_str_radix(digits, 16).ok().map(u32::cast_signed),
        None => text.parse().ok(),
    }
}

/// What follows `0x`. A sign there is no hexadecimal digit, though Rust would read one.
fn hex_digits(text: &str) -> Option<&str> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?;
    digits.starts_with(|c: char| c.is_ascii_hexdigit()).then_some(digits)
}

/// `real` from text: `1`, `.5`, `5.`, `-1e3`, `NaN`, `Infinity`, `-inf`; no hexadecimal, no digit grouping.
pub fn parse_real(text: &str) -> Option<f64> {
    let text = text.trim();
    let (sign, magnitude) = match text.as_bytes().first()? {
        b'-' => (-1.0, &text[1..]),
        b'+' => (1.0, &text[1..]),
        _ => (1.0, text),
    };
    match magnitude {
        "nan" | "NaN" => Some(f64::NAN),
        // `INF` was measured to be null.
        "inf" | "Inf" | "infinity" | "Infinity" => Some(sign * f64::INFINITY),
        _ if magnitude.starts_with(|c: char| c.is_ascii_digit() || c == '.') => {
            magnitude.parse::<f64>().ok().map(|it| sign * it)
        }
        _ => None,
    }
}

/// `bool` from text: `true` or `false` in any case, or an integer, which is true unless zero.
pub fn parse_bool(text: &str) -> Option<bool> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("true") {
        return Some(true);
    }
    if text.eq_ignore_ascii_case("false") {
        return Some(false);
    }
    parse_long(text).map(|it| it != 0)
}

/// `guid` from text, as its 128 bits in reading order (see [`crate::format::write_guid`]): the first 32 hexadecimal
/// digits, hyphens ignored wherever they are, and so is all that follows.
pub fn parse_guid(text: &str) -> Option<u128> {
    let mut digits = text.trim_start().bytes().filter(|byte| *byte != b'-');
    let mut value = 0;
    for _ in 0..32 {
        let digit = char::from(digits.next()?).to_digit(16)?;
        value = value << 4 | u128::from(digit);
    }
    Some(value)
}

/// `decimal` from text such as `-12.5` or `1.2e3`, in units of 10^-18; digits below that are rounded off, a value too
/// large is `None`.
pub fn parse_decimal(text: &str) -> Option<i128> {
    let text = text.trim();
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (negative, magnitude) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = magnitude.split_once('.').unwrap_or((magnitude, ""));
    if whole.is_empty() && fraction.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|it| it.is_ascii_digit()) {
        return None;
    }
    // How many digits lie before the place of one unit; the digit after them decides the rounding.
    let kept = i32::try_from(whole.len()).ok()?.checked_add(exponent)?.checked_add(i32::from(DECIMAL_SCALE))?;
    let mut digits = whole.bytes().chain(fraction.bytes()).map(|digit| i128::from(digit - b'0'));
    let mut units = 0i128;
    for _ in 0..kept.max(0) {
        match digits.next() {
            Some(digit) => units = units.checked_mul(10)?.checked_add(digit)?,
            None if units == 0 => break,
            None => units = units.checked_mul(10)?,
        }
    }
    if kept >= 0 && digits.next().is_some_and(|next| next >= 5) {
        units += 1;
    }
    (units < 10i128.pow(u32::from(DECIMAL_PRECISION))).then_some(if negative { -units } else { units })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn integers() {
        for (text, long, int) in [
            ("42", Some(42), Some(42)),
            (" 7 ", Some(7), Some(7)),
            ("+4", Some(4), Some(4)),
            ("-3", Some(-3), Some(-3)),
            ("0x10", Some(16), Some(16)),
            ("0X1f", Some(31), Some(31)),
            ("0x7FFFFFFF", Some(2_147_483_647), Some(i32::MAX)),
            ("0xFFFFFFFFFFFFFFFF", Some(-1), None),
            ("2147483648", Some(2_147_483_648), None),
            ("9223372036854775808", None, None),
            ("-9223372036854775808", Some(i64::MIN), None),
            ("-0x10", None, None),
            ("0x", None, None),
            ("0x+1", None, None),
            ("5.7", None, None),
            ("1e3", None, None),
            ("1,000", None, None),
            ("5.", None, None),
            ("", None, None),
        ] {
            assert_eq!((parse_long(text), parse_int(text)), (long, int), "{text:?}");
        }
    }

    #[test]
    fn reals() {
        for (text, expected) in [
            ("1.5e10", Some(1.5e10)),
            ("  2.25  ", Some(2.25)),
            (".5", Some(0.5)),
            ("5.", Some(5.0)),
            ("-0", Some(-0.0)),
            ("Inf", Some(f64::INFINITY)),
            ("-inf", Some(f64::NEG_INFINITY)),
            ("+Infinity", Some(f64::INFINITY)),
            ("INF", None),
            ("0x10", None),
            ("1,000", None),
            ("1_000", None),
            ("--1", None),
            (".", None),
            ("", None),
        ] {
            assert_eq!(parse_real(text), expected, "{text:?}");
        }
        assert!(parse_real("  NaN  ").is_some_and(f64::is_nan));
    }

    #[test]
    fn bools() {
        for (text, expected) in [
            ("true", Some(true)),
            ("tRuE", Some(true)),
            ("FALSE", Some(false)),
            ("1", Some(true)),
            ("0", Some(false)),
            ("-1", Some(true)),
            ("1.0", None),
            ("0.0", None),
            ("yes", None),
            ("t", None),
            ("", None),
        ] {
            assert_eq!(parse_bool(text), expected, "{text:?}");
        }
    }

    #[test]
    fn guids() {
        let guid = Some(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
        for (text, expected) in [
            ("0123456789abcdef0123456789abcdef", guid),
            ("01234567-89AB-cdef-0123-456789abcdef", guid),
            ("0123456789ab-cdef-0123-456789abcdef and more", guid),
            ("0123456789abcdef0123456789abcde", None),
            ("a string that is not a guid", None),
        ] {
            assert_eq!(parse_guid(text), expected, "{text:?}");
        }
    }

    #[test]
    fn decimals() {
        const ONE: i128 = 1_000_000_000_000_000_000;
        for (text, expected) in [
            ("1", Some(ONE)),
            ("-0.5", Some(-ONE / 2)),
            ("+1.25e1", Some(ONE * 25 / 2)),
            ("125e-1", Some(ONE * 25 / 2)),
            ("0.0000000000000000014", Some(1)),
            ("0.0000000000000000015", Some(2)),
            ("1e-30", Some(0)),
            ("3.14159265358979323846", Some(3_141_592_653_589_793_238)),
            ("99999999999999999999", Some(99_999_999_999_999_999_999 * ONE)),
            ("100000000000000000000", None),
            ("1e400", None),
            ("0e400", Some(0)),
            ("abc", None),
            (".", None),
            ("1.2.3", None),
            ("", None),
        ] {
            assert_eq!(parse_decimal(text), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn decimals_read_back(units in -10i128.pow(38) + 1..10i128.pow(38)) {
            let mut text = String::new();
            crate::format::write_decimal(units, &mut text);
            prop_assert_eq!(parse_decimal(&text), Some(units));
        }

        #[test]
        fn no_text_is_too_odd(text in "[0-9eExX.+ -]{0,24}|\\PC{0,8}") {
            let _ = (parse_long(&text), parse_int(&text), parse_real(&text), parse_decimal(&text), parse_guid(&text));
        }
    }
}
