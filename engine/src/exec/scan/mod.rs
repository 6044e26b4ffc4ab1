//! Tables of a data root as DataFusion sees them.
//!
//! A table is its files as they were when the query started. Parquet is read by DataFusion's own source; what files hold
//! becomes plan types while it is read ([`adapter`]). NDJSON is read by the store.

mod adapter;
mod compare;
mod constraint;
pub(crate) mod indexed;
mod ndjson;
mod parquet;
mod pattern;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::datasource::{MemTable, TableType};
use datafusion::error::Result;
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::union::UnionExec;
use vizsla_store::{Contents, DataFile, DataRoot, OnBroken, Source, TableSnapshot};

use crate::answer::Noticed;
use crate::catalog::TableShape;
use crate::lower::Source as Tables;
use crate::options::IndexUse;

/// The tables that one query reads.
#[derive(Debug)]
pub(crate) struct Snapshots {
    root: Option<DataRoot>,
    tables: HashMap<Arc<str>, Arc<TableSnapshot>>,
    on_broken: OnBroken,
    index: IndexUse,
    notes: Notes,
    noticed: Noticed,
}

/// What was left out, to be said beside the answer.
pub(crate) type Notes = Arc<Mutex<Vec<String>>>;

impl Snapshots {
    pub(crate) fn new(
        root: Option<DataRoot>,
        tables: HashMap<Arc<str>, TableSnapshot>,
        on_broken: OnBroken,
        index: IndexUse,
    ) -> Snapshots {
        let warnings = tables.values().flat_map(|table| table.warnings.iter().map(ToString::to_string));
        let notes = Arc::new(Mutex::new(warnings.collect()));
        let tables = tables.into_iter().map(|(name, table)| (name, Arc::new(table))).collect();
        Snapshots { root, tables, on_broken, index, notes, noticed: Noticed::default() }
    }

    /// Whether there is no file to read.
    pub(crate) fn is_empty(&self) -> bool {
        self.tables.values().all(|table| table.files.is_empty())
    }

    /// What was left out so far.
    pub(crate) fn notes(&self) -> Vec<String> {
        self.notes.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// What is noticed while files are read.
    pub(crate) fn noticed(&self) -> Noticed {
        self.noticed.clone()
    }
}

impl Tables for Snapshots {
    fn is_empty(&self, table: &TableShape) -> bool {
        self.tables.get(&table.name).is_none_or(|snapshot| snapshot.files.is_empty())
    }

    fn repeats(&self, table: &TableShape, column: &str) -> bool {
        self.tables.get(&table.name).is_some_and(|snapshot| repeats(snapshot, column))
    }

    fn provider(&self, table: &TableShape) -> Result<Arc<dyn TableProvider>> {
        match (&self.root, self.tables.get(&table.name)) {
            (Some(root), Some(snapshot)) => Ok(Arc::new(DataTable {
                root: root.clone(),
                schema: snapshot.schema(),
                snapshot: snapshot.clone(),
                on_broken: self.on_broken,
                index: self.index,
                notes: self.notes.clone(),
                noticed: self.noticed.clone(),
            })),
            _ => Ok(Arc::new(MemTable::try_new(table.schema(), vec![vec![]])?)),
        }
    }
}

/// A table's files.
#[derive(Debug)]
pub(super) struct DataTable {
    root: DataRoot,
    snapshot: Arc<TableSnapshot>,
    schema: SchemaRef,
    on_broken: OnBroken,
    index: IndexUse,
    notes: Notes,
    noticed: Noticed,
}

impl DataTable {
    /// Whether a column is known to have few values beside its rows.
    pub(super) fn repeats(&self, column: &str) -> bool {
        repeats(&self.snapshot, column)
    }
}

/// Whether all files have this column, and few values of it.
fn repeats(table: &TableSnapshot, column: &str) -> bool {
    let Some(index) = table.columns.iter().position(|it| it.name == column) else { return false };
    let repeats = |file: &DataFile| match (file.source(index), &file.contents) {
        (Source::Field(field), Contents::Parquet(footer)) => footer.repeats(*field),
        _ => false,
    };
    !table.files.is_empty() && table.files.iter().all(repeats)
}

#[async_trait::async_trait]
impl TableProvider for DataTable {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let all: Vec<usize> = (0..self.schema.fields().len()).collect();
        let projection = projection.unwrap_or(&all);
        let (parquet, ndjson): (Vec<&DataFile>, Vec<&DataFile>) =
            self.snapshot.files.iter().partition(|file| matches!(file.contents, Contents::Parquet(_)));
        let mut inputs: Vec<Arc<dyn ExecutionPlan>> = Vec::new();
        if !parquet.is_empty() || ndjson.is_empty() {
            inputs.push(parquet::scan(self, &parquet, projection, state, limit)?);
        }
        if !ndjson.is_empty() {
            inputs.push(ndjson::scan(self, &ndjson, projection, limit)?);
        }
        match inputs.len() {
            1 => Ok(inputs.remove(0)),
            _ => UnionExec::try_new(inputs),
        }
    }
}
