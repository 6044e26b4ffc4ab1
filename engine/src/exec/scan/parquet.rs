//! Parquet files as one plan of DataFusion's.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{FieldRef, Schema};
use datafusion::catalog::Session;
use datafusion::common::stats::Precision;
use datafusion::common::{ScalarValue, Statistics};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{
    FileGroup, FileScanConfigBuilder, FileSource, ParquetFileReaderFactory, ParquetSource,
};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use object_store::path::Path;
use parquet::arrow::async_reader::AsyncFileReader;
use vizsla_store::{Contents, DataFile, DataRoot, Footer, Source, convert};

use super::DataTable;
use super::adapter::{self, AdapterFactory};
use super::indexed::{IndexedSource, Indexes};
use crate::options::IndexUse;

/// Where DataFusion finds the root's store in the query's environment.
fn store_url() -> Result<ObjectStoreUrl> {
    ObjectStoreUrl::parse("vizsla://root")
}

pub(super) fn scan(
    table: &DataTable,
    files: &[&DataFile],
    projection: &[usize],
    state: &dyn Session,
    limit: Option<usize>,
) -> Result<Arc<dyn ExecutionPlan>> {
    let url = store_url()?;
    state.runtime_env().register_object_store(url.as_ref(), table.root.store().clone());
    let (schema, from_path, order) = table_schema(table, files);
    let place = |wanted: &usize| order.iter().position(|index| index == wanted).expect("the order holds every column");
    let counted = adapter::counted(table, projection);
    let projection = projection.iter().map(place).collect();
    let options = state.config_options();
    let source = ParquetSource::new(schema)
        .with_pushdown_filters(options.execution.parquet.pushdown_filters)
        .with_reorder_filters(options.execution.parquet.reorder_filters)
        .with_parquet_file_reader_factory(Arc::new(Readers::new(table.root.clone(), files)))
        .with_enable_page_index(true)
        .with_bloom_filter_on_read(true);
    let source: Arc<dyn FileSource> = match table.index {
        IndexUse::Auto => {
            let indexes = Indexes::new(table.root.clone(), table.snapshot.clone(), table.noticed.clone());
            Arc::new(IndexedSource::new(Arc::new(source), Arc::new(indexes)))
        }
        IndexUse::Off => Arc::new(source),
    };
    let groups = groups(table, files, (&order, &from_path), &counted, state.config().target_partitions())?;
    let config = FileScanConfigBuilder::new(url, source)
        .with_file_groups(groups)
        .with_limit(limit)
        .with_expr_adapter(Some(Arc::new(AdapterFactory::new(table.snapshot.clone()))))
        .with_projection_indices(Some(projection))?
        .build();
    Ok(DataSourceExec::from_data_source(config))
}

/// DataFusion wants columns that come from the path after all others, so columns are put in that order.
fn table_schema(table: &DataTable, files: &[&DataFile]) -> (TableSchema, Vec<usize>, Vec<usize>) {
    let fields = table.schema.fields();
    let in_path = |index: &usize| files.iter().any(|file| matches!(file.source(*index), Source::Path(_)));
    let (from_path, own): (Vec<usize>, Vec<usize>) = (0..fields.len()).partition(in_path);
    let of = |indices: &[usize]| indices.iter().map(|index| fields[*index].clone()).collect::<Vec<FieldRef>>();
    let schema = Schema::new(of(&own));
    let schema = TableSchema::builder(Arc::new(schema)).with_table_partition_cols(of(&from_path)).build();
    let order = own.into_iter().chain(from_path.iter().copied()).collect();
    (schema, from_path, order)
}

/// Files in about as many groups of about the same size as there are threads.
///
/// `order` is that of the columns as DataFusion sees them, the last of them `from_path`; of those `counted` files say what they hold.
fn groups(
    table: &DataTable,
    files: &[&DataFile],
    (order, from_path): (&[usize], &[usize]),
    counted: &[usize],
    partitions: usize,
) -> Result<Vec<FileGroup>> {
    let counted: Vec<(usize, usize)> =
        order.iter().copied().enumerate().filter(|(_, index)| counted.contains(index)).collect();
    let mut sized: Vec<&&DataFile> = files.iter().collect();
    sized.sort_by_key(|file| std::cmp::Reverse(file.object.size));
    let mut groups: Vec<(u64, Vec<PartitionedFile>)> = vec![(0, Vec::new()); partitions.clamp(1, files.len().max(1))];
    for file in sized {
        let (size, smallest) = groups.iter_mut().min_by_key(|(size, _)| *size).expect("there is at least one group");
        *size += file.object.size;
        let mut entry = PartitionedFile::from(file.object.clone());
        entry.partition_values =
            from_path.iter().map(|index| path_value(table, file, *index)).collect::<Result<_>>()?;
        if let Contents::Parquet(footer) = &file.contents {
            let rows = usize::try_from(footer.rows()).unwrap_or(usize::MAX);
            let mut statistics = Statistics::new_unknown(&table.schema).with_num_rows(Precision::Exact(rows));
            for (place, index) in &counted {
                if let Some((least, most)) = adapter::held(file, *index, table.snapshot.columns[*index].ty) {
                    let known = &mut statistics.column_statistics[*place];
                    known.min_value = Precision::Exact(ScalarValue::Int64(Some(least)));
                    known.max_value = Precision::Exact(ScalarValue::Int64(Some(most)));
                }
            }
            entry = entry.with_statistics(Arc::new(statistics));
        }
        smallest.push(entry);
    }
    Ok(groups.into_iter().map(|(_, files)| FileGroup::new(files)).collect())
}

/// Opens files whose footers the snapshot has.
#[derive(Debug)]
struct Readers {
    root: DataRoot,
    footers: HashMap<Path, Arc<Footer>>,
}

impl Readers {
    fn new(root: DataRoot, files: &[&DataFile]) -> Readers {
        let footer = |file: &&DataFile| match &file.contents {
            Contents::Parquet(footer) => Some((file.object.location.clone(), footer.clone())),
            Contents::Ndjson(_) => None,
        };
        Readers { root, footers: files.iter().filter_map(footer).collect() }
    }
}

impl ParquetFileReaderFactory for Readers {
    fn create_reader(
        &self,
        _: usize,
        file: PartitionedFile,
        _: Option<usize>,
        _: &ExecutionPlanMetricsSet,
    ) -> Result<Box<dyn AsyncFileReader + Send>> {
        let Some(footer) = self.footers.get(&file.object_meta.location) else {
            return Err(DataFusionError::Internal(format!("no footer of {}", file.object_meta.location)));
        };
        Ok(Box::new(self.root.parquet_reader(&file.object_meta, footer)))
    }
}

fn path_value(table: &DataTable, file: &DataFile, index: usize) -> Result<ScalarValue> {
    let ty = table.snapshot.columns[index].ty;
    let array = match file.source(index) {
        Source::Path(text) => {
            convert::constant(text, ty, 1).map_err(|error| DataFusionError::External(Box::new(error)))?
        }
        Source::Missing => convert::missing(ty, 1),
        Source::Field(_) => {
            let name = &table.snapshot.columns[index].name;
            let message = format!("unsupported: `{name}` is a column of some files and in the path of others");
            return Err(DataFusionError::Execution(message));
        }
    };
    ScalarValue::try_from_array(&array, 0)
}
