//! Parquet files as one plan of DataFusion's.

use std::sync::Arc;

use arrow::datatypes::{FieldRef, Schema};
use datafusion::catalog::Session;
use datafusion::common::ScalarValue;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::physical_plan::ExecutionPlan;
use vizsla_store::{DataFile, Source, convert};

use super::DataTable;
use super::adapter::AdapterFactory;

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
    let (schema, from_path) = table_schema(table, files);
    let options = state.config_options();
    let source = ParquetSource::new(schema)
        .with_pushdown_filters(options.execution.parquet.pushdown_filters)
        .with_reorder_filters(options.execution.parquet.reorder_filters)
        .with_enable_page_index(true)
        .with_bloom_filter_on_read(true);
    let groups = groups(table, files, &from_path, state.config().target_partitions())?;
    let config = FileScanConfigBuilder::new(url, Arc::new(source))
        .with_file_groups(groups)
        .with_limit(limit)
        .with_expr_adapter(Some(Arc::new(AdapterFactory { snapshot: table.snapshot.clone() })))
        .with_projection_indices(Some(projection.to_vec()))?
        .build();
    Ok(DataSourceExec::from_data_source(config))
}

/// Columns that come from the path are the table's last ones, and DataFusion wants them apart.
fn table_schema(table: &DataTable, files: &[&DataFile]) -> (TableSchema, Vec<usize>) {
    let fields = table.schema.fields();
    let from_path: Vec<usize> = (0..fields.len())
        .filter(|index| files.iter().any(|file| matches!(file.source(*index), Source::Path(_))))
        .collect();
    let last = fields.len() - from_path.len();
    // A path that names a declared column leaves that column in its place: the adapter fills it in.
    let trailing = from_path.first() == Some(&last);
    let split = if trailing { last } else { fields.len() };
    let own: Vec<FieldRef> = fields[..split].to_vec();
    let partitions: Vec<FieldRef> = fields[split..].to_vec();
    let schema = TableSchema::builder(Arc::new(Schema::new(own))).with_table_partition_cols(partitions).build();
    (schema, if trailing { from_path } else { Vec::new() })
}

/// Files in about as many groups of about the same size as there are threads.
fn groups(table: &DataTable, files: &[&DataFile], from_path: &[usize], partitions: usize) -> Result<Vec<FileGroup>> {
    let mut sized: Vec<&&DataFile> = files.iter().collect();
    sized.sort_by_key(|file| std::cmp::Reverse(file.object.size));
    let mut groups: Vec<(u64, Vec<PartitionedFile>)> = vec![(0, Vec::new()); partitions.clamp(1, files.len().max(1))];
    for file in sized {
        let (size, smallest) = groups.iter_mut().min_by_key(|(size, _)| *size).expect("there is at least one group");
        *size += file.object.size;
        let mut entry = PartitionedFile::from(file.object.clone());
        entry.partition_values =
            from_path.iter().map(|index| path_value(table, file, *index)).collect::<Result<_>>()?;
        smallest.push(entry);
    }
    Ok(groups.into_iter().map(|(_, files)| FileGroup::new(files)).collect())
}

fn path_value(table: &DataTable, file: &DataFile, index: usize) -> Result<ScalarValue> {
    let ty = table.snapshot.columns[index].ty;
    let array = match file.source(index) {
        Source::Path(text) => {
            convert::constant(text, ty, 1).map_err(|error| DataFusionError::External(Box::new(error)))?
        }
        Source::Field(_) | Source::Missing => convert::missing(ty, 1),
    };
    ScalarValue::try_from_array(&array, 0)
}
