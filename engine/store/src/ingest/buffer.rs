//! Rows of one table on their way from text to arrays.

use arrow::array::ArrayRef;
use vizsla_schema::{KqlType, TableDef};

use super::worker::at_memory;
use crate::error::Result;
use crate::json::cell::CellBuilder;
use crate::json::infer::Seen;
use crate::json::scan::Scanner;
use crate::ndjson::{MAX_EXTRAS, Names, Row, Unfit};

/// Gathers rows. Declared columns are typed at once; fields that are not declared are kept as JSON text, because their
/// type is known only when all values have been seen.
pub(super) struct TableBuffer {
    names: Names,
    declared: Vec<(String, KqlType)>,
    time: Time,
    cells: Vec<CellBuilder>,
    extras: Vec<(String, Seen)>,
    row: Row,
    rows: usize,
    weight: usize,
}

/// Where a table has its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Time {
    /// In the declared column of that position.
    Column(usize),
    /// In a field called `Timestamp` or `TimeGenerated`, if there is one: nothing declares the table.
    Guess,
    /// Nowhere: the catalog declares no time column.
    Never,
}

/// Rows of one table, by column.
pub(super) struct Gathered {
    pub(super) declared: Vec<(String, KqlType)>,
    pub(super) time: Time,
    /// Fields that are not declared, and what their values were.
    pub(super) extras: Vec<(String, Seen)>,
    /// The declared columns, then the extras as JSON text.
    pub(super) columns: Vec<ArrayRef>,
    pub(super) rows: usize,
    /// About how many bytes the rows take in memory.
    pub(super) weight: usize,
}

impl TableBuffer {
    /// An empty buffer with the columns that the catalog declares.
    pub(super) fn new(def: Option<&TableDef>) -> Self {
        let columns = def.map_or(&[][..], |def| &def.columns);
        let mut names = Names::default();
        for (index, column) in columns.iter().enumerate() {
            names.add(&column.name, index);
        }
        // Aliases last: they never take another column's own name.
        for (index, alias) in columns.iter().enumerate().flat_map(|(i, c)| c.aliases.iter().map(move |a| (i, a))) {
            names.add(alias, index);
        }
        let time = match def {
            Some(def) => def.time_index().map_or(Time::Never, Time::Column),
            None => Time::Guess,
        };
        Self {
            names,
            declared: columns.iter().map(|column| (column.name.clone(), column.ty)).collect(),
            time,
            cells: columns.iter().map(|column| CellBuilder::new(column.ty)).collect(),
            extras: Vec::new(),
            row: Row::default(),
            rows: 0,
            weight: 0,
        }
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    pub(super) fn read(&mut self, scanner: &mut Scanner<'_>) -> Result<(), Unfit> {
        self.row.read(&mut self.names, self.cells.len(), scanner)?;
        match self.row.unknown_len() + self.extras.len() > MAX_EXTRAS {
            true => Err(Unfit::TooManyFields),
            false => Ok(()),
        }
    }

    /// Adds the row read last; returns about how many bytes it takes.
    pub(super) fn keep(&mut self, line: &str) -> usize {
        for (column, cell) in self.cells.iter_mut().enumerate() {
            let raw = self.row.value(column, line);
            if let (Some(raw), Some(extra)) = (raw, column.checked_sub(self.declared.len())) {
                let seen = &mut self.extras[extra].1;
                *seen = seen.and(Seen::of(raw));
            }
            match raw {
                Some(raw) => cell.append(raw),
                None => cell.append_missing(),
            }
        }
        let mut weight = self.row.text_len() + 16 * (self.cells.len() + self.row.unknown_len());
        for (name, raw) in self.row.unknown(line) {
            // A record may repeat a name; the columns were made for the first of them.
            if self.extras.iter().any(|(known, _)| *known == name) {
                continue;
            }
            let mut cell = CellBuilder::untyped();
            for _ in 0..self.rows {
                cell.append_missing();
            }
            cell.append(raw);
            weight += 16 * self.rows;
            self.names.add(&name, self.cells.len());
            self.cells.push(cell);
            self.extras.push((name.into_owned(), Seen::of(raw)));
        }
        self.rows += 1;
        self.weight += weight;
        weight
    }

    /// The rows, leaving an empty buffer behind that knows the same fields.
    pub(super) fn take(&mut self) -> Result<Gathered> {
        let columns: Result<_, _> = self.cells.iter_mut().map(CellBuilder::finish).collect();
        let extras = self.extras.clone();
        self.extras.iter_mut().for_each(|(_, seen)| *seen = Seen::Nothing);
        Ok(Gathered {
            declared: self.declared.clone(),
            time: self.time,
            extras,
            columns: columns.map_err(at_memory)?,
            rows: std::mem::take(&mut self.rows),
            weight: std::mem::take(&mut self.weight),
        })
    }
}
