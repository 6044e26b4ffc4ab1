//! One documented cell against one answered value.

use super::Leniency;
use super::dynamic::{dynamic_matches, unordered_equal};
use super::json::Json;
use super::number::{Number, number_close, parse_number};
use super::outcome::{Note, Notes};
use super::text::{bare, elided, squeeze, strip, text_of, unquoted};
use super::time::{parse_datetime, parse_timespan};

/// How the documentation shows a value, and what is known about it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) text: &'a str,
    /// The text before Markdown clean-up; either reading may match.
    pub(super) raw: Option<&'a str>,
    /// KQL type, or `unknown`.
    pub(super) kind: &'a str,
    /// Arrays are sets here (`make_set` and the like).
    pub(super) unordered_arrays: bool,
}

/// Whether the answered value is the one shown.
pub(super) fn cell_matches(shown: Shown<'_>, answered: &Json, leniency: Leniency, notes: &mut Notes) -> bool {
    let text = strip(shown.text);
    if text.is_empty() {
        return matches!(answered, Json::Null) || matches!(answered, Json::Text(it) if strip(it).is_empty());
    }
    let null = is_null_word(text);
    match answered {
        Json::Null => return null,
        Json::Text(it) if null && (it.is_empty() || it == "null") => return true,
        _ => {}
    }
    match by_type(text, shown, answered, leniency, notes) {
        Some(verdict) => verdict,
        None => text_matches(text, shown, answered, leniency, notes),
    }
}

pub(super) fn is_null_word(text: &str) -> bool {
    matches!(text.to_lowercase().as_str(), "null" | "(null)" | "<null>" | "none")
}

/// The verdict where the cell reads as a value of its type; `None` leaves it to the comparison of texts.
fn by_type(text: &str, shown: Shown<'_>, answered: &Json, leniency: Leniency, notes: &mut Notes) -> Option<bool> {
    match shown.kind {
        "bool" => bool_of_text(text).map(|it| bool_of(answered) == Some(it)),
        "int" | "long" | "real" | "decimal" => number_matches(text, answered),
        "datetime" => parse_datetime(text)
            .map(|it| as_text(answered).and_then(parse_datetime).is_some_and(|answered| it.agrees_with(answered))),
        "timespan" => parse_timespan(text)
            .map(|it| as_text(answered).and_then(parse_timespan).is_some_and(|answered| it.agrees_with(answered))),
        "guid" => Some(guid_digits(text) == guid_digits(&text_of(answered))),
        "dynamic" => Some(dynamic_cell_matches(text, shown, answered, leniency, notes)),
        "unknown" => match answered {
            Json::Bool(it) => Some(bool_of_text(text) == Some(*it)),
            Json::Number(_) => Some(number_close(text, answered.as_number().as_ref())),
            Json::List(_) | Json::Bag(_) => {
                Some(cell_matches(Shown { kind: "dynamic", ..shown }, answered, leniency, notes))
            }
            Json::Null | Json::Text(_) => None,
        },
        _ => None,
    }
}

fn as_text(value: &Json) -> Option<&str> {
    if let Json::Text(it) = value { Some(it) } else { None }
}

fn number_matches(text: &str, answered: &Json) -> Option<bool> {
    let number = answered.as_number();
    if parse_number(text).0.is_some() {
        return Some(number_close(text, number.as_ref()));
    }
    let expected = if bool_of_text(text)? { 1.0 } else { 0.0 };
    Some(number.is_some_and(|it: Number| it.value() == expected))
}

pub(super) fn bool_of_text(text: &str) -> Option<bool> {
    match strip(text).to_lowercase().as_str() {
        "true" | "1" | "yes" => Some(true),
        "false" | "0" | "no" => Some(false),
        _ => None,
    }
}

fn bool_of(value: &Json) -> Option<bool> {
    match value {
        Json::Bool(it) => Some(*it),
        Json::Text(it) => bool_of_text(it),
        Json::Number(it) => match Number::from_json(it).value() {
            1.0 => Some(true),
            0.0 => Some(false),
            _ => None,
        },
        Json::Null | Json::List(_) | Json::Bag(_) => None,
    }
}

fn guid_digits(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '{' | '}' | '(' | ')' | '-')).collect::<String>().to_lowercase()
}

fn dynamic_cell_matches(text: &str, shown: Shown<'_>, answered: &Json, leniency: Leniency, notes: &mut Notes) -> bool {
    let items = if shown.unordered_arrays { unordered_equal } else { super::dynamic::ordered_equal };
    let unmarked = shown.raw.map(|raw| strip(raw).trim_matches('`'));
    if readings(text, shown.raw, unmarked).any(|it| dynamic_matches(it, answered, items, notes)) {
        return true;
    }
    if leniency == Leniency::Strict || matches!(answered, Json::Number(_) | Json::Bool(_)) {
        return false;
    }
    let answered = text_of(answered);
    let alike = bare(text) == bare(&answered) || unquoted(text) == unquoted(&answered);
    if alike {
        notes.insert(Note::Loose);
    }
    alike
}

/// The texts that a cell may stand for: cleaned up, raw, and raw without code marks.
fn readings<'a>(
    text: &'a str,
    raw: Option<&'a str>,
    unmarked: Option<&'a str>,
) -> impl Iterator<Item = &'a str> + use<'a> {
    let differs = raw.is_some_and(|it| it != text);
    let others = [unmarked, raw.map(strip)].into_iter().flatten().filter(move |_| differs);
    std::iter::once(text).chain(others)
}

fn text_matches(text: &str, shown: Shown<'_>, answered: &Json, leniency: Leniency, notes: &mut Notes) -> bool {
    let value = text_of(answered);
    let unmarked = shown.raw.map(|raw| strip(raw).trim_matches('`'));
    if readings(text, shown.raw, unmarked).any(|it| same_words(it, &value)) {
        return true;
    }
    let raw = shown.raw.filter(|it| !it.is_empty()).unwrap_or(text);
    if elided(text, &value) || elided(raw, &value) {
        notes.insert(Note::Elided);
        return true;
    }
    if shown.kind == "unknown" {
        for parse in [parse_datetime, parse_timespan] {
            if let (Some(expected), Some(answered)) = (parse(text), parse(&value)) {
                return expected.agrees_with(answered);
            }
        }
        if cell_matches(Shown { kind: "dynamic", ..shown }, answered, Leniency::Strict, notes) {
            return true;
        }
    }
    let expected = bare(text);
    let alike = leniency == Leniency::Lenient && !expected.is_empty() && expected == bare(&value);
    if alike {
        notes.insert(Note::Loose);
    }
    alike
}

fn same_words(shown: &str, value: &str) -> bool {
    let words = squeeze(value);
    let quoted = shown.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    shown == value || squeeze(shown) == words || quoted.is_some_and(|it| squeeze(it) == words)
}
