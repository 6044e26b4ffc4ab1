//! Parquet files of which only the rows are read that an index says can matter.
//!
//! [`IndexedSource`] is DataFusion's Parquet source but for one thing: before a file is opened, the filter that arrived at
//! the scan is looked up in the file's index, and the rows that cannot meet it are left out. The filter still runs over
//! the rest. It is looked up that late because a join's keys and the bound of a `top` are known only then, and because a
//! thousand indexes must not be read before the first row.

use std::collections::HashMap;
use std::fmt::{self, Debug, Formatter};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::ParquetRowSelection;
use datafusion::datasource::physical_plan::{FileOpener, FileScanConfig, FileSource};
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::Result;
use datafusion::physical_expr::projection::ProjectionExprs;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_expr_common::physical_expr::snapshot_generation;
use datafusion::physical_plan::filter_pushdown::FilterPushdownPropagation;
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use datafusion::physical_plan::{DisplayFormatType, SortOrderPushdownResult};
use datafusion_datasource::morsel::{MorselPlan, MorselPlanner, Morselizer};
use object_store::ObjectStore;
use object_store::path::Path;
use parquet::arrow::arrow_reader::{RowSelection, RowSelector};
use vizsla_store::index::{Constraint, Index, Kept, Skipped};
use vizsla_store::{Contents, DataFile, DataRoot, Footer, Source, TableSnapshot};

use super::constraint::constraint;
use crate::answer::Noticed;

/// A selection of more than one of so many rows costs more than it saves.
const SELECTIVE: u64 = 2;

/// A Parquet source that looks files up in their indexes first.
#[derive(Clone)]
pub(crate) struct IndexedSource {
    inner: Arc<dyn FileSource>,
    indexes: Arc<Indexes>,
}

/// The indexes of a table's files.
#[derive(Debug)]
pub(super) struct Indexes {
    root: DataRoot,
    table: Arc<TableSnapshot>,
    positions: HashMap<Path, usize>,
    known: Mutex<Option<Known>>,
    noticed: Noticed,
}

/// What was made of a filter.
#[derive(Debug)]
struct Known {
    filter: Arc<dyn PhysicalExpr>,
    /// Changes when the filter does.
    generation: u64,
    constraint: Arc<Constraint>,
}

/// What an index says of a file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Told {
    /// Nothing that would help, and why.
    Nothing(String),
    /// These rows are enough.
    Rows(Kept),
}

impl Indexes {
    pub(super) fn new(root: DataRoot, table: Arc<TableSnapshot>, noticed: Noticed) -> Indexes {
        let positions = (0..).zip(&table.files).map(|(at, file)| (file.object.location.clone(), at)).collect();
        Indexes { root, table, positions, known: Mutex::new(None), noticed }
    }

    fn file(&self, place: &Path) -> Option<&DataFile> {
        self.positions.get(place).and_then(|at| self.table.files.get(*at))
    }

    fn rows(&self, place: &Path) -> u64 {
        match self.file(place).map(|file| &file.contents) {
            Some(Contents::Parquet(footer)) => footer.rows(),
            _ => 0,
        }
    }

    fn told(&self, place: &Path, filter: Option<&Arc<dyn PhysicalExpr>>) -> Told {
        let nothing = |why: &str| Told::Nothing(why.to_owned());
        let Some(file) = self.file(place) else { return nothing("the file is not known") };
        let Contents::Parquet(footer) = &file.contents else { return nothing("it is not Parquet") };
        let Some(filter) = filter else { return nothing("there is no filter") };
        // Before anything is made of the filter: most folders have no indexes.
        let index = match self.root.index(&file.object, footer) {
            Ok(index) => index,
            Err(skipped) => return self.skipped(place, &skipped),
        };
        match &*index {
            Err(skipped) => self.skipped(place, skipped),
            Ok(index) => self.look_up(index, file, footer, filter),
        }
    }

    fn look_up(&self, index: &Index, file: &DataFile, footer: &Footer, filter: &Arc<dyn PhysicalExpr>) -> Told {
        let constraint = self.constraint(filter);
        if *constraint == Constraint::Any {
            return Told::Nothing("the filter says nothing that an index knows".to_owned());
        }
        let field = |column: &str| {
            let at = self.table.columns.iter().position(|it| it.name == column)?;
            match file.source(at) {
                Source::Field(field) => Some(footer.schema.field(*field).name().as_str()),
                Source::Path(_) | Source::Missing => None,
            }
        };
        match index.find(&constraint, field) {
            Some(kept) if kept.count() * SELECTIVE <= footer.rows() => Told::Rows(kept),
            _ => Told::Nothing("most rows can meet the filter".to_owned()),
        }
    }

    /// Whoever built an index is told that it is of no use; whoever did not need not hear of it.
    fn skipped(&self, place: &Path, skipped: &Skipped) -> Told {
        let why = skipped.to_string();
        match skipped {
            Skipped::Missing | Skipped::Remote => {}
            Skipped::Stale | Skipped::Version(_) | Skipped::Damaged | Skipped::Unreadable(_) => {
                self.noticed.passed_over(place.as_ref(), &why);
            }
        }
        Told::Nothing(why)
    }

    /// What the filter says, made once for as long as it stays the same: it may hold a list of a million values.
    fn constraint(&self, filter: &Arc<dyn PhysicalExpr>) -> Arc<Constraint> {
        let generation = snapshot_generation(filter);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match &*known {
            Some(it) if Arc::ptr_eq(&it.filter, filter) && it.generation == generation => it.constraint.clone(),
            _ => {
                let constraint = Arc::new(constraint(&self.table, filter));
                *known = Some(Known { filter: filter.clone(), generation, constraint: constraint.clone() });
                constraint
            }
        }
    }
}

impl IndexedSource {
    pub(super) fn new(inner: Arc<dyn FileSource>, indexes: Arc<Indexes>) -> IndexedSource {
        IndexedSource { inner, indexes }
    }

    fn around(&self, inner: Arc<dyn FileSource>) -> Arc<dyn FileSource> {
        Arc::new(IndexedSource { inner, indexes: self.indexes.clone() })
    }

    /// What the index of each of these files says, as a line for each.
    pub(crate) fn explain<'f>(&self, files: impl Iterator<Item = &'f PartitionedFile>) -> Vec<String> {
        let filter = self.inner.filter();
        let line = |file: &PartitionedFile| {
            let place = &file.object_meta.location;
            let rows = self.indexes.rows(place);
            match self.indexes.told(place, filter.as_ref()) {
                Told::Rows(kept) => format!("/{place}: {} of {rows} rows", kept.count()),
                Told::Nothing(why) => format!("/{place}: all {rows} rows, {why}"),
            }
        };
        let mut lines: Vec<String> = files.map(line).collect();
        lines.sort();
        lines
    }
}

impl Debug for IndexedSource {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("IndexedSource").field("table", &self.indexes.table.name).finish_non_exhaustive()
    }
}

impl FileSource for IndexedSource {
    fn create_file_opener(
        &self,
        store: Arc<dyn ObjectStore>,
        config: &FileScanConfig,
        partition: usize,
    ) -> Result<Arc<dyn FileOpener>> {
        self.inner.create_file_opener(store, config, partition)
    }

    fn create_morselizer(
        &self,
        store: Arc<dyn ObjectStore>,
        config: &FileScanConfig,
        partition: usize,
    ) -> Result<Box<dyn Morselizer>> {
        let inner = self.inner.create_morselizer(store, config, partition)?;
        Ok(Box::new(IndexedMorselizer { inner, indexes: self.indexes.clone(), filter: self.inner.filter() }))
    }

    fn table_schema(&self) -> &TableSchema {
        self.inner.table_schema()
    }

    fn with_batch_size(&self, batch_size: usize) -> Arc<dyn FileSource> {
        self.around(self.inner.with_batch_size(batch_size))
    }

    fn filter(&self) -> Option<Arc<dyn PhysicalExpr>> {
        self.inner.filter()
    }

    fn projection(&self) -> Option<&ProjectionExprs> {
        self.inner.projection()
    }

    fn metrics(&self) -> &ExecutionPlanMetricsSet {
        self.inner.metrics()
    }

    fn file_type(&self) -> &str {
        self.inner.file_type()
    }

    fn fmt_extra(&self, t: DisplayFormatType, f: &mut Formatter<'_>) -> fmt::Result {
        self.inner.fmt_extra(t, f)
    }

    fn supports_repartitioning(&self) -> bool {
        self.inner.supports_repartitioning()
    }

    fn try_pushdown_filters(
        &self,
        filters: Vec<Arc<dyn PhysicalExpr>>,
        config: &ConfigOptions,
    ) -> Result<FilterPushdownPropagation<Arc<dyn FileSource>>> {
        let mut pushed = self.inner.try_pushdown_filters(filters, config)?;
        pushed.updated_node = pushed.updated_node.map(|inner| self.around(inner));
        Ok(pushed)
    }

    fn try_pushdown_sort(
        &self,
        order: &[PhysicalSortExpr],
        properties: &EquivalenceProperties,
    ) -> Result<SortOrderPushdownResult<Arc<dyn FileSource>>> {
        Ok(match self.inner.try_pushdown_sort(order, properties)? {
            SortOrderPushdownResult::Exact { inner } => SortOrderPushdownResult::Exact { inner: self.around(inner) },
            SortOrderPushdownResult::Inexact { inner } => {
                SortOrderPushdownResult::Inexact { inner: self.around(inner) }
            }
            SortOrderPushdownResult::Unsupported => SortOrderPushdownResult::Unsupported,
        })
    }

    fn reorder_files(&self, files: Vec<PartitionedFile>) -> Vec<PartitionedFile> {
        self.inner.reorder_files(files)
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        self.inner.apply_expressions(f)
    }

    fn try_pushdown_projection(&self, projection: &ProjectionExprs) -> Result<Option<Arc<dyn FileSource>>> {
        Ok(self.inner.try_pushdown_projection(projection)?.map(|inner| self.around(inner)))
    }
}

#[derive(Debug)]
struct IndexedMorselizer {
    inner: Box<dyn Morselizer>,
    indexes: Arc<Indexes>,
    filter: Option<Arc<dyn PhysicalExpr>>,
}

impl Morselizer for IndexedMorselizer {
    // Indexes are local files: what is read of them is a few hundred bytes, in the system's cache or soon there.
    fn plan_file(&self, file: PartitionedFile) -> Result<Box<dyn MorselPlanner>> {
        match self.indexes.told(&file.object_meta.location, self.filter.as_ref()) {
            Told::Nothing(_) => self.inner.plan_file(file),
            Told::Rows(kept) if kept.count() == 0 => Ok(Box::new(NoRows)),
            Told::Rows(kept) => {
                let rows = self.indexes.rows(&file.object_meta.location);
                self.inner.plan_file(file.with_extension(ParquetRowSelection::new(selection(kept.ranges(), rows))))
            }
        }
    }
}

/// Of a file none of whose rows can meet the filter nothing is read.
#[derive(Debug)]
struct NoRows;

impl MorselPlanner for NoRows {
    fn plan(self: Box<Self>) -> Result<Option<MorselPlan>> {
        Ok(None)
    }
}

/// Ranges of rows in order, as the reader wants them.
fn selection(ranges: impl Iterator<Item = Range<u64>>, rows: u64) -> RowSelection {
    let mut selectors = Vec::new();
    let mut at = 0;
    for range in ranges {
        if at < range.start {
            selectors.push(RowSelector::skip((range.start - at) as usize));
        }
        selectors.push(RowSelector::select((range.end - range.start) as usize));
        at = range.end;
    }
    if at < rows {
        selectors.push(RowSelector::skip((rows - at) as usize));
    }
    selectors.into()
}
