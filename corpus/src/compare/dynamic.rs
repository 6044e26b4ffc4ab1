//! Dynamic values: documented JSON text against an answered JSON value, or against text that holds one.

use super::cell::{bool_of_text, is_null_word};
use super::json::{self, Json};
use super::number::number_close;
use super::outcome::{Note, Notes};
use super::text::{elided, squeeze, text_of, without_space};
use super::time::{parse_datetime, parse_timespan};

/// How two arrays are equal: [`ordered_equal`] or [`unordered_equal`].
pub(super) type Items = fn(&[Json], &[Json]) -> bool;

/// Item by item.
pub(super) fn ordered_equal(expected: &[Json], answered: &[Json]) -> bool {
    all_equal(expected, answered, ordered_equal)
}

/// As multisets, at every depth.
pub(super) fn unordered_equal(expected: &[Json], answered: &[Json]) -> bool {
    if all_equal(expected, answered, unordered_equal) {
        return true;
    }
    let mut rest: Vec<&Json> = answered.iter().collect();
    expected.len() == answered.len()
        && expected.iter().all(|wanted| {
            let found = rest.iter().position(|it| json_equal(wanted, it, unordered_equal));
            found.map(|at| rest.remove(at)).is_some()
        })
}

fn all_equal(expected: &[Json], answered: &[Json], items: Items) -> bool {
    expected.len() == answered.len() && expected.iter().zip(answered).all(|(e, a)| json_equal(e, a, items))
}

fn json_equal(expected: &Json, answered: &Json, items: Items) -> bool {
    match (expected, answered) {
        (Json::Bag(expected), Json::Bag(answered)) => bags_equal(expected, answered, items),
        (Json::List(expected), Json::List(answered)) => items(expected, answered),
        (Json::Null, Json::Null) => true,
        (Json::Bool(expected), Json::Bool(answered)) => expected == answered,
        (Json::Number(expected), Json::Text(special)) => {
            matches!(special.as_str(), "NaN" | "Infinity" | "-Infinity")
                && number_close(expected, answered.as_number().as_ref())
        }
        (Json::Number(expected), Json::Number(_)) => number_close(expected, answered.as_number().as_ref()),
        (Json::Text(expected), Json::Text(answered)) => texts_equal(expected, answered),
        (Json::Text(expected), Json::Number(_)) => {
            const SPECIAL: [&str; 7] = ["nan", "infinity", "-infinity", "inf", "-inf", "∞", "-∞"];
            SPECIAL.contains(&expected.to_lowercase().as_str()) && number_close(expected, answered.as_number().as_ref())
        }
        _ => false,
    }
}

fn bags_equal(expected: &[(String, Json)], answered: &[(String, Json)], items: Items) -> bool {
    expected.len() == answered.len()
        && expected.iter().all(|(key, value)| {
            answered.iter().any(|(other, answered)| key == other && json_equal(value, answered, items))
        })
}

fn texts_equal(expected: &str, answered: &str) -> bool {
    expected == answered || squeeze(expected) == squeeze(answered) || same_time(expected, answered).unwrap_or(false)
}

/// Whether both are the same datetime, or else the same timespan; `None` when they are neither.
fn same_time(expected: &str, answered: &str) -> Option<bool> {
    [parse_datetime, parse_timespan].iter().find_map(|parse| Some(parse(expected)?.agrees_with(parse(answered)?)))
}

/// Whether an answered value, or the JSON that it holds as text, is the one shown.
pub(super) fn dynamic_matches(shown: &str, answered: &Json, items: Items, notes: &mut Notes) -> bool {
    let held = if let Json::Text(text) = answered { json::parse(text) } else { None };
    let candidates = || std::iter::once(answered).chain(&held);
    if let Some(expected) = json::parse_loose(shown)
        && candidates().any(|it| json_equal(&expected, it, items))
    {
        return true;
    }
    if candidates().any(|it| looks_like(shown, it)) {
        return true;
    }
    let cut = candidates().any(|it| elided(shown, &text_of(it)));
    if cut {
        notes.insert(Note::Elided);
    }
    cut
}

/// Equality for what the docs show without reading as JSON: bare words, lists cut short, times.
fn looks_like(shown: &str, answered: &Json) -> bool {
    match answered {
        Json::List(_) | Json::Bag(_) => without_space(shown) == without_space(&text_of(answered)),
        Json::Bool(it) => bool_of_text(shown) == Some(*it),
        Json::Number(_) => number_close(shown, answered.as_number().as_ref()),
        Json::Text(it) => {
            let words = squeeze(it);
            words == squeeze(shown)
                || words == squeeze(shown.trim_matches('"'))
                || [parse_datetime, parse_timespan]
                    .iter()
                    .any(|parse| parse(shown).zip(parse(it)).is_some_and(|(e, a)| e.agrees_with(a)))
        }
        Json::Null => is_null_word(shown),
    }
}
