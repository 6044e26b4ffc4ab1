//! Equality and order of dynamics by value, not by text: `1` equals `1.0` (fact 138).

use std::borrow::Cow;
use std::cmp::Ordering;

use super::path::get_key;
use super::scan::{elements, entries};
use super::{Kind, Scalar, kind, number, scalar, text_of, unescape};

/// Whether two canonical texts are the same value: numbers whatever their type, strings case-sensitively, bags whatever
/// the order of their keys.
pub fn same(left: &str, right: &str) -> bool {
    if left == right {
        return true;
    }
    match (kind(left), kind(right)) {
        (Kind::Long | Kind::Real, Kind::Long | Kind::Real) => order_numbers(left, right).is_eq(),
        (Kind::Array, Kind::Array) => same_elements(left, right),
        (Kind::Bag, Kind::Bag) => same_entries(left, right),
        _ => false, // the text of a string, a bool or null is unique
    }
}

fn same_elements(left: &str, right: &str) -> bool {
    let (mut left, mut right) = (elements(left).into_iter().flatten(), elements(right).into_iter().flatten());
    loop {
        match (left.next(), right.next()) {
            (None, None) => return true,
            (Some(left), Some(right)) if same(left, right) => {}
            _ => return false,
        }
    }
}

fn same_entries(left: &str, right: &str) -> bool {
    let count = |bag| entries(bag).map_or(0, Iterator::count);
    let found = |(key, value): (&str, &str)| same(value, get_key(right, &unescape(key)).unwrap_or("null"));
    count(left) == count(right) && entries(left).into_iter().flatten().all(found)
}

/// Order of two elements for `array_sort_asc`: numbers, then strings by code point, then the rest, which stays as it
/// stands but for `false` before `true` (fact 133). Where nulls go is the caller's choice.
pub fn order(left: &str, right: &str) -> Ordering {
    let rank = |json: &str| match kind(json) {
        Kind::Long | Kind::Real => 0,
        Kind::String => 1,
        Kind::Bool => 2,
        Kind::Array | Kind::Bag | Kind::Null => 3,
    };
    match (rank(left), rank(right)) {
        (0, 0) => order_numbers(left, right),
        (1, 1) => text_of(left).cmp(&text_of(right)),
        (2, 2) => left.cmp(right), // `false` comes before `true` in the alphabet, too
        (left, right) => left.cmp(&right),
    }
}

/// Exact for two longs; by the nearest real otherwise.
fn order_numbers(left: &str, right: &str) -> Ordering {
    match (scalar(left), scalar(right)) {
        (Scalar::Long(left), Scalar::Long(right)) => left.cmp(&right),
        _ => number(left).unwrap_or(f64::NAN).total_cmp(&number(right).unwrap_or(f64::NAN)),
    }
}

/// A text that is equal for equal scalars, to find an element in a hash set: whole reals as longs, the rest as it stands.
///
/// Arrays and bags inside sets are compared by their text, which is our choice.
pub fn set_key(json: &str) -> Cow<'_, str> {
    match json.strip_suffix(".0") {
        Some("-0") => Cow::Borrowed("0"),
        Some(whole) if kind(json) == Kind::Real && whole.len() <= 15 => Cow::Borrowed(whole),
        _ => Cow::Borrowed(json),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_values() {
        for (left, right, expected) in [
            ("1", "1.0", true),
            ("1", "1.5", false),
            ("1", r#""1""#, false),
            (r#""a""#, r#""A""#, false),
            ("[1,2.0]", "[1.0,2]", true),
            ("[1,2]", "[1]", false),
            (r#"{"a":1,"b":2}"#, r#"{"b":2.0,"a":1}"#, true),
            (r#"{"a":1,"b":2}"#, r#"{"a":1,"c":2}"#, false),
            ("9007199254740993", "9007199254740992", false),
            ("null", "false", false),
        ] {
            assert_eq!(same(left, right), expected, "{left} and {right}");
        }
    }

    #[test]
    fn order_of_kinds() {
        let sorted = ["-1.5", "0", "0.5", "10", r#""A""#, r#""Z""#, r#""a""#, "false", "true", "[1]"];
        for pair in sorted.windows(2) {
            assert_eq!(order(pair[0], pair[1]), Ordering::Less, "{pair:?}");
            assert_eq!(order(pair[1], pair[0]), Ordering::Greater, "{pair:?}");
        }
    }

    #[test]
    fn set_keys() {
        for (json, expected) in [("1.0", "1"), ("-0.0", "0"), ("1", "1"), (r#""1.0""#, r#""1.0""#), ("1.5", "1.5")] {
            assert_eq!(set_key(json), expected);
        }
    }
}
