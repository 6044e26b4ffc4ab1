//! The fields of one record, found by name and kept as places until the record is known to be whole.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use crate::json::scan::{Kind, Malformed, Raw, Scanner};

/// Finds columns by the names that records use: exactly, else but for case.
///
/// Records of a table nearly always have their fields in the same order, so what the last record had at a position is
/// tried first; a name is then compared, not hashed.
#[derive(Debug, Default)]
pub(crate) struct Names {
    exact: HashMap<Box<str>, usize>,
    folded: HashMap<Box<str>, Fold>,
    memo: Vec<(Box<str>, Option<Match>)>,
}

/// Positions that are remembered.
const MEMO: usize = 4096;

/// The column of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Match {
    pub(crate) column: usize,
    pub(crate) exact: bool,
}

#[derive(Debug, Clone, Copy)]
enum Fold {
    One(usize),
    Several,
}

impl Names {
    /// Adds the name of column `column`.
    pub(crate) fn add(&mut self, name: &str, column: usize) {
        self.exact.entry(name.into()).or_insert(column);
        let folded = name.to_ascii_lowercase().into_boxed_str();
        let fold = self.folded.entry(folded).or_insert(Fold::One(column));
        if matches!(fold, Fold::One(other) if *other != column) {
            *fold = Fold::Several;
        }
        self.memo.clear();
    }

    /// The column called `name`.
    pub(crate) fn find(&self, name: &str) -> Option<Match> {
        if let Some(column) = self.exact.get(name) {
            return Some(Match { column: *column, exact: true });
        }
        match self.folded.get(name.to_ascii_lowercase().as_str()) {
            Some(Fold::One(column)) => Some(Match { column: *column, exact: false }),
            Some(Fold::Several) | None => None,
        }
    }

    /// [`Self::find`] for the field at `position` of a record.
    fn find_at(&mut self, position: usize, name: &str) -> Option<Match> {
        if let Some((known, found)) = self.memo.get(position)
            && **known == *name
        {
            return *found;
        }
        let found = self.find(name);
        if position == self.memo.len() && position < MEMO {
            self.memo.push((name.into(), found));
        } else if let Some(memo) = self.memo.get_mut(position) {
            *memo = (name.into(), found);
        }
        found
    }
}

/// The places of a field's name and value in the line.
#[derive(Debug, Clone)]
struct Slot {
    exact: bool,
    name: (Kind, Range<usize>),
    value: (Kind, Range<usize>),
}

fn raw<'a>((kind, place): &(Kind, Range<usize>), line: &'a str) -> Raw<'a> {
    Raw { kind: *kind, text: &line[place.clone()] }
}

/// The values of the record that was read last, by column.
#[derive(Debug, Default)]
pub(crate) struct Row {
    slots: Vec<Option<Slot>>,
    unknown: Vec<Slot>,
    text_len: usize,
}

impl Row {
    /// Reads the object before the scanner. Where a record repeats a name the last value counts.
    pub(crate) fn read(
        &mut self,
        names: &mut Names,
        columns: usize,
        scanner: &mut Scanner<'_>,
    ) -> Result<(), Malformed> {
        self.slots.clear();
        self.slots.resize(columns, None);
        self.unknown.clear();
        scanner.begin_object()?;
        let start = scanner.position();
        let mut position = 0;
        while let Some((name, place)) = scanner.key_and_place()? {
            let found = names.find_at(position, &name.characters());
            let exact = found.is_none_or(|found| found.exact);
            let slot = Slot { exact, name: (name.kind, place), value: scanner.value()? };
            self.put(found, slot);
            position += 1;
        }
        self.text_len = scanner.position() - start;
        Ok(())
    }

    /// A name that only resembles the column's gives way to the column's own, and is a field of its own then.
    fn put(&mut self, found: Option<Match>, slot: Slot) {
        let Some(found) = found else { return self.unknown.push(slot) };
        match &mut self.slots[found.column] {
            Some(taken) if taken.exact && !slot.exact => self.unknown.push(slot),
            Some(taken) if slot.exact && !taken.exact => self.unknown.push(std::mem::replace(taken, slot)),
            place => *place = Some(slot),
        }
    }

    /// How long the record's text is, in bytes.
    pub(crate) fn text_len(&self) -> usize {
        self.text_len
    }

    /// The value of a column, if the record has one. `line` is the text that was read.
    pub(crate) fn value<'a>(&self, column: usize, line: &'a str) -> Option<Raw<'a>> {
        self.slots.get(column)?.as_ref().map(|slot| raw(&slot.value, line))
    }

    /// How many fields are no column.
    pub(crate) fn unknown_len(&self) -> usize {
        self.unknown.len()
    }

    /// Fields that are no column.
    pub(crate) fn unknown<'a>(&'a self, line: &'a str) -> impl Iterator<Item = (Cow<'a, str>, Raw<'a>)> {
        self.unknown.iter().map(move |slot| (raw(&slot.name, line).characters(), raw(&slot.value, line)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_exactly_else_but_for_case() {
        let mut names = Names::default();
        for (column, name) in ["Isp", "LogonId", "LogonID"].into_iter().enumerate() {
            names.add(name, column);
        }
        let hit = |column, exact| Some(Match { column, exact });
        for (name, expected) in
            [("Isp", hit(0, true)), ("ISP", hit(0, false)), ("LogonID", hit(2, true)), ("logonid", None), ("x", None)]
        {
            assert_eq!(names.find(name), expected, "{name}");
        }
    }

    #[test]
    fn the_columns_own_name_wins() {
        let mut names = Names::default();
        names.add("Isp", 0);
        for line in [r#"{"Isp":1,"ISP":2}"#, r#"{"ISP":2,"Isp":1}"#, r#"{"Isp":3,"Isp":1}"#] {
            let mut row = Row::default();
            row.read(&mut names, 1, &mut Scanner::new(line)).expect("JSON");
            assert_eq!(row.value(0, line).map(|raw| raw.text), Some("1"), "{line}");
            let lost = row.unknown(line).map(|(name, raw)| format!("{name}={}", raw.text)).collect::<Vec<_>>();
            assert_eq!(lost.is_empty(), !line.contains("ISP"), "{line}: {lost:?}");
        }
    }
}
