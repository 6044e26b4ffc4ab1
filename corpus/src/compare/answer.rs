//! A whole answer against a documented one: columns, types, rows and their order.

use serde::Deserialize;
use serde_json::Value;

use super::cell::{Shown, cell_matches};
use super::json::Json;
use super::outcome::{Note, Notes, Outcome, Status};
use super::text::text_of;
use super::{Leniency, Options, canonical_type};
use crate::Table;

/// A documented answer, with the fields of `shared/conformance/*.jsonl` that the verdict depends on.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Expected {
    /// Column names; absent when the documentation shows no output.
    pub columns: Option<Vec<String>>,
    /// KQL type per column, from the official language service.
    pub types: Option<Vec<String>>,
    /// Cells as shown; absent when the documentation shows no output.
    pub rows: Option<Vec<Vec<String>>>,
    /// Cells before Markdown clean-up.
    pub raw_rows: Option<Vec<Vec<String>>>,
    /// Rows come in this order.
    pub ordered: bool,
    /// The keys that order them: name and direction.
    pub sort: Option<Vec<(String, String)>>,
    /// The documentation shows only some of the rows.
    pub partial: bool,
    /// The documentation shows only some of the columns.
    pub partial_columns: bool,
    /// The engine may choose the rows (`true`, or the reason).
    pub nondet: Value,
    /// Arrays are sets.
    pub unordered_arrays: bool,
    /// Why the documented output may be wrong.
    pub suspect: Vec<String>,
    /// The documentation's own spelling of the columns.
    pub doc_columns: Option<Vec<String>>,
    /// Result columns according to the language service.
    pub oracle_columns: Option<Vec<String>>,
    /// Some columns come from data (`pivot`, `bag_unpack`).
    pub result_open: bool,
}

/// Decides whether `answer` agrees with `expected`.
#[must_use]
pub fn compare(expected: &Expected, answer: &Table, options: Options) -> Outcome {
    let mut notes = Notes::new();
    let (Some(columns), Some(rows)) = (&expected.columns, &expected.rows) else {
        notes.insert(Note::NoExpectation);
        return Outcome::new(Status::Pass, "", notes);
    };
    let Some(places) = column_places(expected, columns, answer, &mut notes) else {
        let answered: Vec<&str> = answer.columns.iter().map(|(name, _)| name.as_str()).collect();
        return Outcome::new(Status::Fail, format!("columns: expected {columns:?}, got {answered:?}"), notes);
    };
    let kinds = Kinds::of(expected, columns.len(), answer, &places);
    if !kinds.differences.is_empty() {
        notes.insert(Note::Type);
        if options.strict_types {
            let differences: Vec<String> =
                kinds.differences.iter().map(|(at, text)| format!("{}: {text}", columns[*at])).collect();
            return Outcome::new(Status::Fail, format!("types: {}", differences.join("; ")), notes);
        }
    }
    if rows.iter().any(|row| row.len() != columns.len()) {
        return Outcome::new(Status::Fail, "documented rows do not have the header's width (suspect case)", notes);
    }
    let answered = answer.rows.iter().map(|row| row.iter().map(Json::from).collect()).collect();
    let mut comparison = Rows { expected, columns, rows, answered, places, kinds, leniency: options.leniency, notes };
    let (status, reason) = comparison.verdict();
    Outcome::new(status, reason, comparison.notes)
}

/// Where each documented column stands in the answer, or `None` when the columns differ.
fn column_places(expected: &Expected, columns: &[String], answer: &Table, notes: &mut Notes) -> Option<Vec<usize>> {
    let names: Vec<&str> = answer.columns.iter().map(|(name, _)| name.as_str()).collect();
    let in_place = || (0..columns.len()).collect::<Vec<_>>();
    let by_name = || columns.iter().map(|it| names.iter().position(|name| name == it)).collect::<Option<Vec<_>>>();
    if names == columns {
        return Some(in_place());
    }
    if expected.doc_columns.as_ref().is_some_and(|it| !it.is_empty() && names == *it) {
        notes.insert(Note::AltColumns);
        return Some(in_place());
    }
    if expected.partial_columns
        && let Some(places) = by_name()
    {
        notes.insert(Note::PartialColumns);
        return Some(places);
    }
    let disputed = expected.suspect.iter().any(|it| it.contains("columns differ") || it.contains("column order"));
    let alternative = expected.oracle_columns.as_ref().filter(|it| !it.is_empty() && names == **it);
    if let Some(alternative) = alternative.filter(|_| disputed) {
        let renamed = alternative.len() == columns.len() && !same_names(alternative, columns);
        let places = if renamed { Some(in_place()) } else { by_name() };
        if places.is_some() {
            notes.insert(Note::AltColumns);
        }
        return places;
    }
    if expected.result_open && same_names(&names, columns) {
        notes.insert(Note::ColumnOrder);
        return by_name();
    }
    None
}

fn same_names(left: &[impl AsRef<str>], right: &[String]) -> bool {
    let mut left: Vec<&str> = left.iter().map(AsRef::as_ref).collect();
    let mut right: Vec<&str> = right.iter().map(String::as_str).collect();
    left.sort_unstable();
    right.sort_unstable();
    left == right
}

/// The type each documented column is read as, and where the answer's types differ.
struct Kinds {
    effective: Vec<String>,
    differences: Vec<(usize, String)>,
}

impl Kinds {
    fn of(expected: &Expected, width: usize, answer: &Table, places: &[usize]) -> Self {
        let known = expected.types.as_ref().filter(|it| it.len() == width);
        let mut kinds = Self { effective: Vec::new(), differences: Vec::new() };
        for (at, place) in places.iter().enumerate() {
            let wanted = known.map_or_else(|| "unknown".to_owned(), |it| canonical_type(&it[at]));
            let answered = answer.columns.get(*place).map_or("unknown".to_owned(), |(_, kind)| canonical_type(kind));
            if wanted != "unknown" && answered != "unknown" && wanted != answered {
                kinds.differences.push((at, format!("expected {wanted}, got {answered}")));
            }
            kinds.effective.push(if wanted == "unknown" { answered } else { wanted });
        }
        kinds
    }
}

struct Rows<'a> {
    expected: &'a Expected,
    columns: &'a [String],
    rows: &'a [Vec<String>],
    answered: Vec<Vec<Json>>,
    places: Vec<usize>,
    kinds: Kinds,
    leniency: Leniency,
    notes: Notes,
}

impl Rows<'_> {
    fn verdict(&mut self) -> (Status, String) {
        let pass = (Status::Pass, String::new());
        let (wanted, got, partial) = (self.rows.len(), self.answered.len(), self.expected.partial);
        if (!partial && wanted != got) || (partial && got < wanted) {
            let least = if partial { "at least " } else { "" };
            return (Status::Fail, format!("row count: expected {least}{wanted}, got {got}"));
        }
        let ordered = self.expected.ordered && !partial;
        if ordered && (0..wanted).all(|row| self.row_matches(row, row)) {
            return pass;
        }
        let mut used = vec![false; got];
        let unmatched = (0..wanted).find(|row| !self.take_match(*row, &mut used));
        let Some(unmatched) = unmatched else {
            if !ordered || self.same_keys() {
                return pass;
            }
            let first = (0..wanted).find(|row| !self.row_matches(*row, *row));
            let why = first.map(|row| self.explain(row, row)).unwrap_or_default();
            return (Status::Fail, format!("row order: same rows, different order; {why}"));
        };
        if is_true(&self.expected.nondet) {
            self.notes.insert(Note::Nondet);
            return pass;
        }
        (Status::Fail, self.explain_unmatched(unmatched, &used, ordered))
    }

    fn cell_matches(&mut self, row: usize, column: usize, answered_row: usize) -> bool {
        let raw = self.expected.raw_rows.as_deref().unwrap_or(self.rows);
        let shown = Shown {
            text: &self.rows[row][column],
            raw: raw.get(row).and_then(|it| it.get(column)).map(String::as_str),
            kind: &self.kinds.effective[column],
            unordered_arrays: self.expected.unordered_arrays,
        };
        let answered = self.answered[answered_row].get(self.places[column]).unwrap_or(&Json::Null);
        cell_matches(shown, answered, self.leniency, &mut self.notes)
    }

    fn row_matches(&mut self, row: usize, answered_row: usize) -> bool {
        (0..self.columns.len()).all(|column| self.cell_matches(row, column, answered_row))
    }

    /// Uses up the answered row that matches, the one in the same place first.
    fn take_match(&mut self, row: usize, used: &mut [bool]) -> bool {
        let mut places = std::iter::once(row).filter(|it| *it < used.len()).chain(0..used.len());
        let found = places.find(|at| !used[*at] && self.row_matches(row, *at));
        if let Some(at) = found {
            used[at] = true;
        }
        found.is_some()
    }

    /// Whether rows differ in order only among equal sort keys.
    fn same_keys(&mut self) -> bool {
        let sort = self.expected.sort.as_deref().unwrap_or_default();
        let keys: Option<Vec<usize>> =
            sort.iter().map(|(key, _)| self.columns.iter().position(|it| it == key)).collect();
        let Some(keys) = keys.filter(|it| !it.is_empty()) else { return false };
        let same = (0..self.rows.len()).all(|row| keys.iter().all(|key| self.cell_matches(row, *key, row)));
        if same {
            self.notes.insert(Note::Ties);
        }
        same
    }

    fn explain_unmatched(&mut self, row: usize, used: &[bool], ordered: bool) -> String {
        if self.answered.is_empty() {
            return "no rows".to_owned();
        }
        let same_place = ordered && row < self.answered.len();
        let closest = if same_place { Some(row) } else { self.closest(row, used) };
        closest.map_or_else(String::new, |at| self.explain(row, at))
    }

    /// The unused answered row that shares most cells.
    fn closest(&mut self, row: usize, used: &[bool]) -> Option<usize> {
        let free: Vec<usize> = (0..used.len()).filter(|at| !used[*at]).collect();
        let width = self.columns.len();
        let mut score = |at: usize| (0..width).filter(|column| self.cell_matches(row, *column, at)).count();
        free.into_iter().map(|at| (score(at), at == row, at)).max_by_key(|it| (it.0, it.1)).map(|it| it.2)
    }

    fn explain(&mut self, row: usize, answered_row: usize) -> String {
        let Some(column) = (0..self.columns.len()).find(|it| !self.cell_matches(row, *it, answered_row)) else {
            return "equal".to_owned();
        };
        let got = match self.answered[answered_row].get(self.places[column]) {
            None | Some(Json::Null) => "null".to_owned(),
            Some(value) => short(&text_of(value)),
        };
        let (name, kind, wanted) = (&self.columns[column], &self.kinds.effective[column], &self.rows[row][column]);
        format!("row {} column `{name}` ({kind}): expected {}, got {got}", row + 1, short(wanted))
    }
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(it) => *it,
        Value::String(it) => !it.is_empty(),
        Value::Number(_) | Value::Array(_) | Value::Object(_) => true,
    }
}

/// A text cut to what fits a line of a report.
fn short(text: &str) -> String {
    let text = text.replace('\n', "\\n");
    if text.chars().count() <= 90 { text } else { text.chars().take(90).chain(['…']).collect() }
}
