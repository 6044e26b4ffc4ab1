//! NDJSON files as a plan of DataFusion's: one partition for each file.

use std::sync::{Arc, PoisonError};

use arrow::datatypes::{Schema, SchemaRef};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use datafusion::physical_plan::{ExecutionPlan, SendableRecordBatchStream};
use futures::TryStreamExt;
use vizsla_store::ndjson::read_ndjson;
use vizsla_store::{DataFile, DataRoot, OnBroken, TableSnapshot};

use super::{DataTable, Notes};

pub(super) fn scan(
    table: &DataTable,
    files: &[&DataFile],
    projection: &[usize],
    limit: Option<usize>,
) -> Result<Arc<dyn ExecutionPlan>> {
    let fields: Vec<_> = projection.iter().map(|index| table.schema.fields()[*index].clone()).collect();
    let schema: SchemaRef = Arc::new(Schema::new(fields));
    let partition = |file: &&DataFile| {
        Arc::new(File {
            root: table.root.clone(),
            snapshot: table.snapshot.clone(),
            file: (*file).clone(),
            projection: projection.to_vec(),
            schema: schema.clone(),
            on_broken: table.on_broken,
            notes: table.notes.clone(),
        }) as Arc<dyn PartitionStream>
    };
    let partitions = files.iter().map(partition).collect();
    Ok(Arc::new(StreamingTableExec::try_new(schema.clone(), partitions, None, [], false, limit)?))
}

#[derive(Debug)]
struct File {
    root: DataRoot,
    snapshot: Arc<TableSnapshot>,
    file: DataFile,
    projection: Vec<usize>,
    schema: SchemaRef,
    on_broken: OnBroken,
    notes: Notes,
}

impl PartitionStream for File {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let notes = self.notes.clone();
        let on_warning = Arc::new(move |warning: vizsla_store::Warning| {
            notes.lock().unwrap_or_else(PoisonError::into_inner).push(warning.to_string());
        });
        let batches = read_ndjson(&self.root, &self.snapshot, &self.file, &self.projection, self.on_broken, on_warning);
        let batches = batches.map_err(|error| DataFusionError::External(Box::new(error)));
        Box::pin(RecordBatchStreamAdapter::new(self.schema.clone(), batches))
    }
}
