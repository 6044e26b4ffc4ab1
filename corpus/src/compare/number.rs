//! Numbers as the documentation prints them against numbers as they are answered.

use std::sync::LazyLock;

use regex::Regex;

use super::text::{anchored, strip};

/// A number: integers of any length compare exactly, everything else as a double.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Number {
    /// Sign and digits in one canonical spelling (`-12`, `0`).
    Int(String),
    Real(f64),
}

impl Number {
    /// Reads an integer's digits (with an optional sign) or a double's text.
    pub(super) fn from_json(text: &str) -> Self {
        if INTEGER.is_match(text) { Self::Int(canonical_integer(text)) } else { Self::Real(real(text)) }
    }

    pub(super) fn value(&self) -> f64 {
        match self {
            Self::Int(digits) => real(digits),
            Self::Real(value) => *value,
        }
    }

    /// The text that Python's `json.dumps` gives: `5`, `5.0`, `1e+16`, `NaN`.
    pub(super) fn python_text(&self) -> String {
        match self {
            Self::Int(digits) => digits.clone(),
            Self::Real(value) => python_repr(*value),
        }
    }
}

static INTEGER: LazyLock<Regex> = LazyLock::new(|| anchored(r"[-+]?\d+"));
static REAL: LazyLock<Regex> = LazyLock::new(|| anchored(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?"));
static THOUSANDS: LazyLock<Regex> = LazyLock::new(|| anchored(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?"));
static DIGITS_SHOWN: LazyLock<Regex> = LazyLock::new(|| anchored(r"[-+]?\d*(?:\.(\d*))?(?:[eE]([-+]?\d+))?"));

/// The number that a cell shows, with the text that says how many digits it shows.
pub(super) fn parse_number(shown: &str) -> (Option<Number>, String) {
    let mut text = strip(shown).replace('\u{2212}', "-");
    match text.to_lowercase().trim_start_matches('+') {
        "nan" => return (Some(Number::Real(f64::NAN)), text),
        "inf" | "infinity" | "∞" => return (Some(Number::Real(f64::INFINITY)), text),
        "-inf" | "-infinity" | "-∞" => return (Some(Number::Real(f64::NEG_INFINITY)), text),
        _ => {}
    }
    if THOUSANDS.is_match(&text) {
        text = text.replace(',', "");
    }
    let shortened = text.strip_suffix("...").or(text.strip_suffix('…')).map(str::to_owned);
    let text = shortened.unwrap_or(text);
    let number = if INTEGER.is_match(&text) {
        Some(Number::Int(canonical_integer(&text)))
    } else if REAL.is_match(&text) {
        Some(Number::Real(real(&text)))
    } else {
        None
    };
    (number, text)
}

/// Whether an answered number agrees with the one shown: integers exactly, others to one in a million or to the
/// digits shown.
pub(super) fn number_close(shown: &str, answered: Option<&Number>) -> bool {
    let (Some(expected), text) = parse_number(shown) else { return false };
    let Some(answered) = answered else { return false };
    if let (Number::Int(expected), Number::Int(answered)) = (&expected, answered) {
        return expected == answered;
    }
    let (expected, answered) = (expected.value(), answered.value());
    if expected.is_nan() || answered.is_nan() {
        return expected.is_nan() && answered.is_nan();
    }
    if expected.is_infinite() || answered.is_infinite() {
        return expected == answered;
    }
    let distance = (expected - answered).abs();
    distance <= 1e-6 * expected.abs().max(answered.abs())
        || (expected.abs() < 1e-9 && answered.abs() < 1e-9)
        || within_digits_shown(&text, distance)
}

/// Half a unit of the last digit shown; a whole one from three decimals on, because the docs often truncate.
fn within_digits_shown(text: &str, distance: f64) -> bool {
    let Some(parts) = DIGITS_SHOWN.captures(text) else { return false };
    let decimals = parts.get(1).map_or(0, |it| it.as_str().chars().count());
    if decimals == 0 {
        return false;
    }
    let exponent = parts.get(2).map_or(0.0, |it| real(it.as_str()));
    let unit = 10f64.powf(exponent - decimals as f64);
    distance <= unit * if decimals >= 3 { 1.0 } else { 0.5 } * 1.0001
}

fn canonical_integer(text: &str) -> String {
    let digits = text.trim_start_matches(['-', '+']).trim_start_matches('0');
    match digits {
        "" => "0".to_owned(),
        _ if text.starts_with('-') => format!("-{digits}"),
        _ => digits.to_owned(),
    }
}

fn real(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

/// Python's `repr` of a double: shortest digits, an exponent below 1e-4 and from 1e16 on.
fn python_repr(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if value != 0.0 && !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    let plain = format!("{value}");
    if plain.contains('.') { plain } else { plain + ".0" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_digits_decide_how_close_is_close() {
        for (shown, answered, close) in [
            ("3", "3", true),
            ("3", "4", false),
            ("3", "3.0", true),
            ("9007199254740993", "9007199254740992", false), // integers never pass through a double
            ("0.33", "0.3333333", true),
            ("0.33", "0.336", false),
            ("0.666", "0.66699", true), // truncated, not rounded
            ("1,234", "1234", true),
            ("1.5e3", "1500", true),
            ("NaN", "NaN", true),
            ("∞", "Infinity", true),
        ] {
            let number = match answered {
                "NaN" => Number::Real(f64::NAN),
                "Infinity" => Number::Real(f64::INFINITY),
                _ => Number::from_json(answered),
            };
            assert_eq!(number_close(shown, Some(&number)), close, "{shown} against {answered}");
        }
    }

    #[test]
    fn doubles_print_as_python_prints_them() {
        for (value, text) in
            [(5.0, "5.0"), (1e16, "1e+16"), (1e15, "1000000000000000.0"), (1.5e-7, "1.5e-07"), (0.0001, "0.0001")]
        {
            assert_eq!(python_repr(value), text);
        }
    }
}
