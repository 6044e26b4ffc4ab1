//! Columns of files, whole or a part of their rows.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, UInt32Array};
use arrow::compute::{concat, take};
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowSelection,
};
use parquet::arrow::{ProjectionMask, parquet_to_arrow_schema};
use parquet::errors::Result as ParquetResult;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};

use crate::error::{Result, StoreError};
use crate::journal::at;

/// Rows that are sorted together. Their keys are held in memory, 24 bytes each.
const SLAB: u64 = 16 << 20;
/// Rows decoded at a time.
const BATCH: usize = 32_768;

/// Row groups of one or several files with the same columns.
pub(super) struct Slab {
    inputs: Vec<Input>,
}

struct Input {
    name: String,
    file: File,
    metadata: ArrowReaderMetadata,
    groups: Vec<usize>,
    rows: u32,
}

/// Rows of a slab in some order.
pub(super) struct Selection {
    /// For each input what to read; all if none.
    parts: Option<Vec<RowSelection>>,
    /// Positions among the rows that are read.
    order: UInt32Array,
}

impl Slab {
    /// The slabs of files.
    pub(super) fn of<'a>(files: impl Iterator<Item = (&'a Path, &'a Arc<ParquetMetaData>)>) -> Result<Vec<Self>> {
        let mut slabs: Vec<Self> = Vec::new();
        let mut rows = SLAB;
        for (path, metadata) in files {
            let mut groups = Vec::new();
            let mut in_groups = 0;
            for (group, it) in metadata.row_groups().iter().enumerate() {
                let more = it.num_rows().unsigned_abs();
                if rows + in_groups + more > SLAB {
                    add(&mut slabs, path, metadata, std::mem::take(&mut groups), in_groups)?;
                    (rows, in_groups) = (0, 0);
                    slabs.push(Self { inputs: Vec::new() });
                }
                groups.push(group);
                in_groups += more;
            }
            add(&mut slabs, path, metadata, groups, in_groups)?;
            rows += in_groups;
        }
        slabs.retain(|slab| slab.rows() > 0);
        Ok(slabs)
    }

    /// The whole of one file, as it is on disk.
    pub(super) fn of_file(path: &Path) -> Result<(Arc<ParquetMetaData>, Vec<Self>)> {
        let file = at(path, File::open(path))?;
        let reader = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Required);
        let metadata =
            reader.parse_and_finish(&file).map_err(|e| StoreError::parquet(path.display().to_string(), e))?;
        let metadata = Arc::new(metadata);
        let slabs = Self::of(std::iter::once((path, &metadata)))?;
        Ok((metadata, slabs))
    }

    pub(super) fn rows(&self) -> u32 {
        self.inputs.iter().map(|input| input.rows).sum()
    }

    /// Hands over all cells of a column, in order.
    pub(super) fn each(&self, column: usize, mut visit: impl FnMut(&ArrayRef) -> Result<()>) -> Result<()> {
        for input in &self.inputs {
            for array in input.open(column, None)? {
                visit(&array?)?;
            }
        }
        Ok(())
    }

    /// The selected cells of a column.
    pub(super) fn read(&self, column: usize, selection: &Selection) -> Result<ArrayRef> {
        let mut arrays = Vec::new();
        for (index, input) in self.inputs.iter().enumerate() {
            let part = selection.parts.as_ref().map(|parts| parts[index].clone());
            let is_part = part.is_some();
            if part.as_ref().is_some_and(|part| !part.selects_any()) {
                continue;
            }
            for array in input.open(column, part)? {
                arrays.push(if is_part { compact(array?) } else { array? });
            }
        }
        let failed = |e| StoreError::arrow(format!("column {column}"), e);
        let all = concat(&arrays.iter().map(AsRef::as_ref).collect::<Vec<&dyn Array>>()).map_err(failed)?;
        drop(arrays);
        take(&all, &selection.order, None).map_err(failed)
    }

    /// The columns as they are read.
    pub(super) fn fields(&self) -> Vec<FieldRef> {
        self.inputs.first().map_or_else(Vec::new, |input| input.metadata.schema().fields().iter().cloned().collect())
    }
}

fn add(slabs: &mut [Slab], path: &Path, metadata: &Arc<ParquetMetaData>, groups: Vec<usize>, rows: u64) -> Result<()> {
    let (Some(slab), false) = (slabs.last_mut(), groups.is_empty()) else { return Ok(()) };
    let failed = |e| StoreError::parquet(path.display().to_string(), e);
    let options = ArrowReaderOptions::new().with_schema(as_views(metadata).map_err(failed)?);
    let metadata = ArrowReaderMetadata::try_new(Arc::clone(metadata), options).map_err(failed)?;
    let file = at(path, File::open(path))?;
    let rows =
        u32::try_from(rows).map_err(|_| StoreError::broken(path.display().to_string(), "a row group is too large"))?;
    slab.inputs.push(Input { name: path.display().to_string(), file, metadata, groups, rows });
    Ok(())
}

impl Input {
    fn open(&self, column: usize, part: Option<RowSelection>) -> Result<impl Iterator<Item = Result<ArrayRef>> + '_> {
        let open = || -> ParquetResult<ParquetRecordBatchReader> {
            let columns = ProjectionMask::roots(self.metadata.parquet_schema(), [column]);
            let reader =
                ParquetRecordBatchReaderBuilder::new_with_metadata(self.file.try_clone()?, self.metadata.clone())
                    .with_row_groups(self.groups.clone())
                    .with_projection(columns)
                    .with_batch_size(BATCH);
            match part {
                Some(part) => reader.with_row_selection(part).build(),
                None => reader.build(),
            }
        };
        let reader = open().map_err(|e| StoreError::parquet(&self.name, e))?;
        let failed = |e: arrow::error::ArrowError| match e {
            arrow::error::ArrowError::ParquetError(reason) => StoreError::broken(&self.name, reason),
            other => StoreError::arrow(&self.name, other),
        };
        Ok(reader.map(move |batch| batch.map(|batch| Arc::clone(batch.column(0))).map_err(failed)))
    }
}

impl Selection {
    /// Those rows of the slab, in that order.
    pub(super) fn new(slab: &Slab, rows: &[u32]) -> Self {
        if rows.len() == slab.rows() as usize {
            return Self { parts: None, order: UInt32Array::from(rows.to_vec()) };
        }
        let mut by_row: Vec<u32> = (0u32..).take(rows.len()).collect();
        by_row.sort_unstable_by_key(|at| rows[*at as usize]);
        let mut order = vec![0; rows.len()];
        for (rank, at) in (0u32..).zip(&by_row) {
            order[*at as usize] = rank;
        }
        let sorted: Vec<u32> = by_row.into_iter().map(|at| rows[at as usize]).collect();
        let (mut parts, mut rest, mut first) = (Vec::new(), &sorted[..], 0);
        for input in &slab.inputs {
            let (own, others) = rest.split_at(rest.partition_point(|row| *row < first + input.rows));
            let ranges = own.chunk_by(|a, b| a + 1 == *b).map(|run| {
                let start = (run[0] - first) as usize;
                start..start + run.len()
            });
            parts.push(RowSelection::from_consecutive_ranges(ranges, input.rows as usize));
            (rest, first) = (others, first + input.rows);
        }
        Self { parts: Some(parts), order: UInt32Array::from(order) }
    }
}

/// The columns with text as views, which take no copy to decode and may exceed two gigabytes together.
fn as_views(metadata: &ParquetMetaData) -> ParquetResult<SchemaRef> {
    // Without what arrow noted for itself: files are to be written as Parquet describes them.
    let plain = parquet_to_arrow_schema(metadata.file_metadata().schema_descr(), None)?;
    let view = |field: &FieldRef| -> FieldRef {
        let ty = match field.data_type() {
            DataType::Utf8 | DataType::LargeUtf8 => DataType::Utf8View,
            DataType::Binary | DataType::LargeBinary => DataType::BinaryView,
            _ => return Arc::clone(field),
        };
        Arc::new(Field::clone(field).with_data_type(ty))
    };
    let fields: Vec<FieldRef> = plain.fields().iter().map(view).collect();
    Ok(Arc::new(Schema::new_with_metadata(fields, plain.metadata().clone())))
}

/// The same without the pages that few of the selected rows point into.
fn compact(array: ArrayRef) -> ArrayRef {
    match array.data_type() {
        DataType::Utf8View => {
            let text = array.as_string_view();
            let held: usize = text.data_buffers().iter().map(arrow::buffer::Buffer::len).sum();
            if held > 2 * text.total_buffer_bytes_used() { Arc::new(text.gc()) } else { array }
        }
        DataType::BinaryView => {
            let bytes = array.as_binary_view();
            let held: usize = bytes.data_buffers().iter().map(arrow::buffer::Buffer::len).sum();
            if held > 2 * bytes.total_buffer_bytes_used() { Arc::new(bytes.gc()) } else { array }
        }
        _ => array,
    }
}
