//! Whether a driver's answer is the one of the case. Unlike `crate::compare` this forgives nothing: the answers are
//! ours, so names, types, nulls and text are exact. Only doubles have a tolerance, one in a billion.

use std::ops::Range;

use serde_json::Value;

use super::{Expected, ExpectedError, ExpectedTable, Rows};
use crate::compare::time::{parse_datetime, parse_timespan};
use crate::{Cell, Failure, Table};

/// Whether the answer is as expected.
pub(super) fn agrees(query: &str, expected: &Expected, answer: &Result<Vec<Table>, Failure>) -> bool {
    match (expected, answer) {
        (Expected::Tables(expected), Ok(tables)) => {
            expected.len() == tables.len() && expected.iter().zip(tables).all(|(e, a)| table_agrees(e, a))
        }
        (Expected::Error(expected), Err(failure)) => failure_agrees(query, expected, failure),
        (Expected::Tables(_), Err(_)) | (Expected::Error(_), Ok(_)) => false,
    }
}

fn failure_agrees(query: &str, expected: &ExpectedError, failure: &Failure) -> bool {
    let codes = [Some(failure.code.as_str()), failure.service_code.as_deref()];
    expected.codes.iter().all(|code| codes.contains(&Some(code)))
        && expected.message.as_ref().is_none_or(|part| failure.message.contains(part.as_str()))
        && expected.at.as_deref().is_none_or(|text| spanned(query, failure.span.as_ref()) == Some(text))
}

/// The text of the query that a message is about.
pub(super) fn spanned<'a>(query: &'a str, span: Option<&Range<usize>>) -> Option<&'a str> {
    query.get(span?.clone())
}

fn table_agrees(expected: &ExpectedTable, answer: &Table) -> bool {
    let wanted = &expected.table;
    if wanted.columns != answer.columns || wanted.rows.len() != answer.rows.len() {
        return false;
    }
    let kinds: Vec<&str> = wanted.columns.iter().map(|(_, kind)| kind.as_str()).collect();
    match expected.rows {
        Rows::Any => true,
        Rows::Ordered => wanted.rows.iter().zip(&answer.rows).all(|(e, a)| same_row(&kinds, e, a)),
        Rows::Multiset => leftovers(&kinds, &wanted.rows, &answer.rows).iter().all(Option::is_some),
    }
}

/// For each expected row the answered row that it is matched with.
fn leftovers(kinds: &[&str], expected: &[Vec<Cell>], answered: &[Vec<Cell>]) -> Vec<Option<usize>> {
    let mut free: Vec<usize> = (0..answered.len()).collect();
    let mut matched = |row: &Vec<Cell>| {
        let at = free.iter().position(|it| same_row(kinds, row, &answered[*it]))?;
        Some(free.remove(at))
    };
    expected.iter().map(&mut matched).collect()
}

fn same_row(kinds: &[&str], expected: &[Cell], answered: &[Cell]) -> bool {
    expected.len() == answered.len()
        && kinds.iter().zip(expected.iter().zip(answered)).all(|(kind, (e, a))| same_cell(kind, e, a))
}

fn same_cell(kind: &str, expected: &Cell, answered: &Cell) -> bool {
    if expected.is_null() || answered.is_null() {
        return expected.is_null() && answered.is_null();
    }
    let both = expected.as_str().zip(answered.as_str());
    match kind {
        "datetime" => both.is_some_and(|(e, a)| same_count(parse_datetime(e), parse_datetime(a))),
        "timespan" => both.is_some_and(|(e, a)| same_count(parse_timespan(e), parse_timespan(a))),
        "real" | "decimal" => same_number(&number_text(expected), &number_text(answered)),
        _ => same_json(expected, answered),
    }
}

fn same_count(expected: Option<crate::compare::time::Ticks>, answered: Option<crate::compare::time::Ticks>) -> bool {
    expected.zip(answered).is_some_and(|(e, a)| e.count == a.count)
}

fn number_text(cell: &Cell) -> String {
    cell.as_str().map_or_else(|| cell.to_string(), str::to_owned)
}

fn same_json(expected: &Value, answered: &Value) -> bool {
    match (expected, answered) {
        (Value::Number(e), Value::Number(a)) => same_number(&e.to_string(), &a.to_string()),
        (Value::Array(e), Value::Array(a)) => e.len() == a.len() && e.iter().zip(a).all(|(e, a)| same_json(e, a)),
        (Value::Object(e), Value::Object(a)) => {
            e.len() == a.len() && e.iter().all(|(key, e)| a.get(key).is_some_and(|a| same_json(e, a)))
        }
        _ => expected == answered,
    }
}

/// Integers digit by digit, doubles to one in a billion.
fn same_number(expected: &str, answered: &str) -> bool {
    if expected == answered {
        return true;
    }
    let is_integer = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let (Ok(e), Ok(a)) = (expected.parse::<f64>(), answered.parse::<f64>()) else { return false };
    let both_integers = is_integer(expected) && is_integer(answered);
    !both_integers && (e == a || (e - a).abs() <= 1e-9 * e.abs().max(a.abs()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cells_are_compared_strictly() {
        for (kind, expected, answered, same) in [
            ("string", json!(""), json!(null), false),
            ("string", json!("a"), json!("A"), false),
            ("long", json!(3), json!(4), false),
            ("long", json!(3), json!(3), true),
            ("real", json!(0.1), json!(0.100_000_000_000_01), true),
            ("real", json!(5.0), json!(5), true),
            ("real", json!("NaN"), json!("NaN"), true),
            ("real", json!("NaN"), json!(1.0), false),
            ("datetime", json!("2024-01-01"), json!("2024-01-01T00:00:00.0000000Z"), true),
            ("datetime", json!("2024-01-01"), json!("2024-01-01T00:00:00.0000001Z"), false),
            ("timespan", json!("1.00:00:00"), json!("1d"), true),
            ("dynamic", json!({"a": 1, "b": [2]}), json!({"b": [2], "a": 1}), true),
            ("dynamic", json!([1, 2]), json!([2, 1]), false),
            ("dynamic", json!([1]), json!("[1]"), false), // text that holds JSON is not JSON
        ] {
            assert_eq!(same_cell(kind, &expected, &answered), same, "{kind}: {expected} and {answered}");
        }
    }

    #[test]
    fn an_error_is_compared_in_the_parts_that_are_given() {
        let failure = Failure {
            code: "KQL0210".to_owned(),
            service_code: Some("SEM0100".to_owned()),
            message: "no column named `x` here".to_owned(),
            span: Some(8..9),
        };
        let query = "T|where x";
        for (codes, at, message, agrees) in [
            (vec![], None, None, true),
            (vec!["SEM0100"], Some("x"), Some("no column"), true),
            (vec!["KQL0210", "SEM0100"], None, None, true),
            (vec!["SEM0260"], None, None, false),
            (vec![], Some("T"), None, false),
            (vec![], None, Some("no table"), false),
        ] {
            let expected = ExpectedError {
                codes: codes.into_iter().map(str::to_owned).collect(),
                at: at.map(str::to_owned),
                message: message.map(str::to_owned),
            };
            assert_eq!(failure_agrees(query, &expected, &failure), agrees, "{expected:?}");
        }
    }
}
