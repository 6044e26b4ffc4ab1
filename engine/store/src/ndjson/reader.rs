//! Lines to record batches.

use std::collections::VecDeque;
use std::io::Read;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Schema, SchemaRef};
use vizsla_schema::KqlType;

use super::lines::{Blocks, lines};
use super::records::{Sink, Unfit, each_record};
use super::row::{Names, Row};
use crate::error::{OnBroken, Result, StoreError, Warning};
use crate::json::cell::CellBuilder;
use crate::json::scan::Scanner;

/// Which records of a file are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowsOf {
    /// Those without an envelope, and those whose envelope names this table: the file lies in the table's place.
    Own(String),
    /// Only those whose envelope names this table: the file is shared by several.
    Shared(String),
}

/// How to read an NDJSON file.
#[derive(Debug, Clone)]
pub struct NdjsonOptions {
    /// Which records.
    pub rows: RowsOf,
    /// What to do with a line that is not JSON.
    pub on_broken: OnBroken,
    /// Rows in a full batch.
    pub batch_rows: usize,
}

impl NdjsonOptions {
    /// All rows of `rows`, in batches of 8,192, failing on the first broken line.
    #[must_use]
    pub fn new(rows: RowsOf) -> Self {
        Self { rows, on_broken: OnBroken::Fail, batch_rows: 8192 }
    }
}

/// A column that a reader knows of.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) names: Vec<String>,
    pub(crate) ty: KqlType,
}

/// An iterator over the rows of an NDJSON text, in batches.
pub struct NdjsonReader<R> {
    blocks: Blocks<R>,
    file: String,
    on_broken: OnBroken,
    sink: BatchSink,
    skipped: u64,
    first_skipped: Option<(u64, String)>,
    ended: bool,
}

impl<R: Read> NdjsonReader<R> {
    /// Reads all `columns` of the text; `file` is its name in errors.
    #[must_use]
    pub fn new(reader: R, file: impl Into<String>, columns: &[(String, KqlType)], options: NdjsonOptions) -> Self {
        let targets: Vec<_> = columns.iter().map(|(name, ty)| Target { names: vec![name.clone()], ty: *ty }).collect();
        let all: Vec<_> = (0..targets.len()).collect();
        Self::projected(reader, file, &targets, &all, options)
    }

    /// Reads the columns `projection` of `columns`; the others take part in the matching of names.
    pub(crate) fn projected(
        reader: R,
        file: impl Into<String>,
        columns: &[Target],
        projection: &[usize],
        options: NdjsonOptions,
    ) -> Self {
        let file = file.into();
        Self {
            blocks: Blocks::new(reader, file.clone()),
            file,
            on_broken: options.on_broken,
            sink: BatchSink::new(columns, projection, options),
            skipped: 0,
            first_skipped: None,
            ended: false,
        }
    }

    /// The schema of the batches.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.sink.schema)
    }

    /// What was left out so far under [`OnBroken::Skip`].
    #[must_use]
    pub fn warning(&self) -> Option<Warning> {
        let (line, reason) = self.first_skipped.as_ref()?;
        let message = match self.skipped {
            _ if *line == 0 => reason.clone(),
            1 => format!("skipped line {line} of {}: {reason}", self.file),
            n => format!("skipped {n} lines of {}, the first is line {line}: {reason}", self.file),
        };
        Some(Warning { file: self.file.clone(), message })
    }

    /// Reads lines until a batch is full or the text ends.
    fn advance(&mut self) -> Result<Option<RecordBatch>> {
        while self.sink.full.is_empty() && !self.ended {
            match self.blocks.next() {
                Ok(Some(block)) => {
                    for (number, line) in lines(&block.bytes, block.first_line) {
                        self.line(number, line)?;
                    }
                }
                Ok(None) => {
                    self.ended = true;
                    self.sink.flush();
                }
                Err(error) if self.on_broken == OnBroken::Skip && error.is_broken_data() => {
                    self.ended = true;
                    self.skip(0, error.to_string());
                    self.sink.flush();
                }
                Err(error) => return Err(error),
            }
        }
        self.sink.full.pop_front().transpose().map_err(|e| StoreError::arrow(&self.file, e))
    }

    fn line(&mut self, number: u64, line: &[u8]) -> Result<()> {
        let outcome = match std::str::from_utf8(line) {
            Ok(line) => each_record(line, &mut self.sink).map_err(|e| e.to_string()),
            Err(_) => Err("not UTF-8".to_owned()),
        };
        match (outcome, self.on_broken) {
            (Ok(()), _) => Ok(()),
            (Err(reason), OnBroken::Fail) => {
                Err(StoreError::BrokenLine { file: self.file.clone(), line: number, reason })
            }
            (Err(reason), OnBroken::Skip) => {
                self.skip(number, reason);
                Ok(())
            }
        }
    }

    fn skip(&mut self, number: u64, reason: String) {
        self.skipped += 1;
        self.first_skipped.get_or_insert((number, reason));
    }
}

impl<R: Read> Iterator for NdjsonReader<R> {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.advance().transpose();
        if matches!(next, Some(Err(_))) {
            self.ended = true; // nothing that follows an error can be trusted
            self.sink.full.clear();
        }
        next
    }
}

/// Rows on their way into batches.
struct BatchSink {
    schema: SchemaRef,
    names: Names,
    columns: usize,
    row: Row,
    wanted: bool,
    rows_of: RowsOf,
    cells: Vec<(usize, CellBuilder)>,
    rows: usize,
    text: usize,
    batch_rows: usize,
    full: VecDeque<Result<RecordBatch, arrow::error::ArrowError>>,
}

/// A batch is also full when its rows came from that much text, so that wide rows cannot fill the memory.
const BATCH_TEXT: usize = 32 << 20;

impl BatchSink {
    fn new(columns: &[Target], projection: &[usize], options: NdjsonOptions) -> Self {
        let mut names = Names::default();
        // Own names first: an alias of one column never takes the name of another.
        for nth in 0..columns.iter().map(|it| it.names.len()).max().unwrap_or(0) {
            for (index, column) in columns.iter().enumerate() {
                if let Some(name) = column.names.get(nth) {
                    names.add(name, index);
                }
            }
        }
        let field = |index: &usize| {
            let Target { names, ty } = &columns[*index];
            Field::new(&names[0], ty.plan_type(), ty.is_nullable())
        };
        Self {
            schema: Arc::new(Schema::new(projection.iter().map(field).collect::<Vec<_>>())),
            names,
            columns: columns.len(),
            row: Row::default(),
            wanted: false,
            rows_of: options.rows,
            cells: projection.iter().map(|index| (*index, CellBuilder::new(columns[*index].ty))).collect(),
            rows: 0,
            text: 0,
            batch_rows: options.batch_rows.max(1),
            full: VecDeque::new(),
        }
    }

    fn wants(&self, table: Option<&str>) -> bool {
        match (&self.rows_of, table) {
            (RowsOf::Own(own) | RowsOf::Shared(own), Some(table)) => own.eq_ignore_ascii_case(table),
            (RowsOf::Own(_), None) => true,
            (RowsOf::Shared(_), None) => false,
        }
    }

    fn flush(&mut self) {
        if self.rows == 0 {
            return;
        }
        let columns: Result<Vec<ArrayRef>, _> = self.cells.iter_mut().map(|(_, cell)| cell.finish()).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        let schema = Arc::clone(&self.schema);
        self.full.push_back(columns.and_then(|columns| RecordBatch::try_new_with_options(schema, columns, &options)));
        self.rows = 0;
        self.text = 0;
    }
}

impl Sink for BatchSink {
    fn read(&mut self, table: Option<&str>, scanner: &mut Scanner<'_>) -> Result<(), Unfit> {
        self.wanted = self.wants(table);
        match self.wanted {
            true => self.row.read(&mut self.names, self.columns, scanner)?,
            false => scanner.skip()?,
        }
        Ok(())
    }

    fn keep(&mut self, line: &str) {
        if !self.wanted {
            return;
        }
        for (column, cell) in &mut self.cells {
            match self.row.value(*column, line) {
                Some(raw) => cell.append(raw),
                None => cell.append_missing(),
            }
        }
        self.rows += 1;
        self.text += self.row.text_len();
        if self.rows >= self.batch_rows || self.text >= BATCH_TEXT {
            self.flush();
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow::util::display::array_value_to_string;

    use super::*;

    fn read(text: &str, rows: RowsOf, on_broken: OnBroken) -> Result<(String, Option<Warning>)> {
        let columns = [("Name".to_owned(), KqlType::String), ("Count".to_owned(), KqlType::Long)];
        let options = NdjsonOptions { on_broken, batch_rows: 2, ..NdjsonOptions::new(rows) };
        let mut reader = NdjsonReader::new(text.as_bytes(), "x.ndjson", &columns, options);
        let batches = reader.by_ref().collect::<Result<Vec<_>>>()?;
        let mut shown = String::new();
        for (batch, row) in batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |row| (batch, row))) {
            let cell = |column: usize| array_value_to_string(batch.column(column), row).expect("printable");
            shown += &format!("|{}|{}|", cell(0), cell(1));
        }
        Ok((shown, reader.warning()))
    }

    #[test]
    fn rows_of_one_table_are_read() {
        let text = r#"{"name":"a","Count":1,"Other":{}}
            {"category":"AdvancedHunting-T","properties":{"Name":"b"}}
            {"category":"AdvancedHunting-U","properties":{"Name":"c"}}
            {"Count":9007199254740993,"NAME":null}"#;
        let own = read(text, RowsOf::Own("T".into()), OnBroken::Fail).expect("readable");
        assert_eq!(own, ("|a|1||b||||9007199254740993|".into(), None));
        let shared = read(text, RowsOf::Shared("u".into()), OnBroken::Fail).expect("readable");
        assert_eq!(shared.0, "|c||");
    }

    #[test]
    fn a_broken_line_is_named_or_counted() {
        let text = "{\"Name\":\"a\"}\n\n{\"Name\":\n{\"Name\":\"b\"} x\n{\"Name\":\"c\"}";
        let error = read(text, RowsOf::Own("T".into()), OnBroken::Fail).expect_err("line 3");
        assert_eq!(error.to_string(), "x.ndjson, line 3: not JSON at column 9: the text ends too early");
        let (rows, warning) = read(text, RowsOf::Own("T".into()), OnBroken::Skip).expect("readable");
        assert_eq!(rows, "|a|||c||");
        let message = warning.expect("two lines are missing").message;
        assert_eq!(
            message,
            "skipped 2 lines of x.ndjson, the first is line 3: not JSON at column 9: the text ends too early"
        );
    }
}
