//! What a query answers: tables as streams of batches, with KQL names and types.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use futures::StreamExt;
use futures::stream::BoxStream;
use kql_parser::Diagnostic;
use vizsla_functions::Value;
use vizsla_schema::KqlType;

use crate::bound::Render;
use crate::error::EngineError;

/// A running query: its result tables, one after the other.
///
/// Nothing runs before it is asked for; dropping an answer stops it.
pub struct Answer {
    /// Warnings: what runs but may not mean what the writer expects.
    pub warnings: Vec<Diagnostic>,
    /// Files that were left out, and why.
    pub notes: Vec<String>,
    /// What is noticed while the tables are read.
    pub noticed: Noticed,
    /// One for each tabular statement.
    pub tables: Vec<TableStream>,
}

/// What is noticed while a query reads files. Clones tell the same; complete when all tables have ended.
#[derive(Debug, Clone, Default)]
pub struct Noticed {
    /// Files by the reason why their index was passed over.
    passed_over: Arc<Mutex<BTreeMap<String, BTreeSet<String>>>>,
}

impl Noticed {
    pub(crate) fn passed_over(&self, file: &str, why: &str) {
        let mut files = self.passed_over.lock().unwrap_or_else(PoisonError::into_inner);
        files.entry(why.to_owned()).or_default().insert(file.to_owned());
    }

    /// A sentence for each reason why indexes were passed over, with the number of files. No answer is other for it.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let files = self.passed_over.lock().unwrap_or_else(PoisonError::into_inner);
        let note = |(why, files): (&String, &BTreeSet<String>)| match files.len() {
            1 => format!("1 file was read without its index: {why}; `vizsla index` builds it again"),
            count => format!("{count} files were read without their indexes: {why}; `vizsla index` builds them again"),
        };
        files.iter().map(note).collect()
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("tables", &self.tables.len()).finish_non_exhaustive()
    }
}

/// A column of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultColumn {
    /// As the query calls it.
    pub name: Arc<str>,
    /// Its KQL type. Batches hold it as [`KqlType::plan_type`] says: datetimes and timespans are ticks, dynamics JSON text.
    pub ty: KqlType,
}

/// A result table whose rows are still to come.
pub struct TableStream {
    /// Columns, in order.
    pub columns: Vec<ResultColumn>,
    /// What to draw, if the query ends in `render`.
    pub render: Option<Arc<Render>>,
    /// Batches in plan types. An error ends the stream.
    pub batches: BoxStream<'static, Result<RecordBatch, EngineError>>,
}

/// A result table with all its rows.
#[derive(Debug, Clone)]
pub struct ResultTable {
    /// Columns, in order.
    pub columns: Vec<ResultColumn>,
    /// What to draw, if the query ends in `render`.
    pub render: Option<Arc<Render>>,
    /// Rows, in plan types.
    pub batches: Vec<RecordBatch>,
}

/// What a query cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Rows of the answer.
    pub rows: u64,
    /// Bytes of the answer, as arrow holds them.
    pub bytes: u64,
}

impl Answer {
    /// Runs everything to its end.
    ///
    /// # Errors
    /// The first failure of any table.
    pub async fn collect(self) -> Result<Vec<ResultTable>, EngineError> {
        let mut tables = Vec::with_capacity(self.tables.len());
        for table in self.tables {
            tables.push(table.collect().await?);
        }
        Ok(tables)
    }
}

impl TableStream {
    /// Runs the table to its end.
    ///
    /// # Errors
    /// What ended the stream.
    pub async fn collect(mut self) -> Result<ResultTable, EngineError> {
        let mut batches = Vec::new();
        while let Some(batch) = self.batches.next().await {
            batches.push(batch?);
        }
        Ok(ResultTable { columns: self.columns, render: self.render, batches })
    }
}

impl ResultTable {
    /// How many rows it has.
    pub fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// All cells, row by row.
    pub fn values(&self) -> impl Iterator<Item = Vec<Value>> + '_ {
        self.batches.iter().flat_map(|batch| (0..batch.num_rows()).map(|row| self.row(batch, row)))
    }

    fn row(&self, batch: &RecordBatch, row: usize) -> Vec<Value> {
        let cells = self.columns.iter().zip(batch.columns());
        cells.map(|(column, array)| Value::from_array(array.as_ref(), row, column.ty)).collect()
    }

    /// Size of all batches, as arrow holds them.
    pub fn statistics(&self) -> Statistics {
        let bytes = self.batches.iter().map(|batch| batch.get_array_memory_size() as u64).sum();
        Statistics { rows: self.rows() as u64, bytes }
    }
}
