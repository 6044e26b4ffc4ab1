//! Rows sorted by time: in memory, or set aside on disk.

use std::collections::BTreeMap;
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, UInt32Array, new_null_array};
use arrow::compute::{concat, take_record_batch};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use arrow::error::ArrowError;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use vizsla_schema::{KqlType, Ticks};

use super::buffer::{Gathered, Time};
use super::worker::at_memory;
use crate::error::{Result, StoreError};
use crate::journal::{Staging, at};
use crate::json::infer::Seen;
use crate::json::scan::Raw;
use crate::ticks;

/// The day of a row, as days since year 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Day {
    /// That day.
    At(i64),
    /// The table has a time column, and the row has nothing in it.
    Undated,
    /// The table has no time column.
    Timeless,
}

/// Days in their order, and the rows of each.
pub(super) type Days = Vec<(Day, Range<usize>)>;

/// All rows of an ingest, as runs by table.
pub(super) struct Sorter {
    pub(super) tables: BTreeMap<String, Table>,
    pub(super) memory: usize,
    staging: Staging,
    rows: u64,
    runs: usize,
}

/// The rows of one table.
pub(super) struct Table {
    pub(super) declared: Vec<(String, KqlType)>,
    /// Fields that are not declared, and what all their values were.
    pub(super) extras: Vec<(String, Seen)>,
    pub(super) time: Time,
    pub(super) runs: Vec<Run>,
}

/// Rows sorted by time, and where each day begins and ends.
pub(super) struct Run {
    rows: Rows,
    pub(super) days: Days,
    /// About how many bytes of memory a row takes.
    pub(super) row_weight: usize,
}

enum Rows {
    Memory(RecordBatch),
    /// A Parquet file with row groups of [`RUN_GROUP`] rows.
    Disk(PathBuf, ArrowReaderMetadata),
}

impl Sorter {
    pub(super) fn new(staging: &Staging, memory: usize) -> Self {
        Self { tables: BTreeMap::new(), memory, staging: staging.clone(), rows: 0, runs: 0 }
    }

    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// Adds what the workers gathered as one run a table.
    pub(super) fn add(&mut self, gathered: Vec<(String, Gathered)>) -> Result<()> {
        let mut parts: BTreeMap<String, Vec<Gathered>> = BTreeMap::new();
        for (name, part) in gathered {
            self.rows += part.rows as u64;
            parts.entry(name).or_default().push(part);
        }
        for (name, parts) in parts {
            let table = self.tables.entry(name).or_insert_with(|| Table {
                declared: parts[0].declared.clone(),
                extras: Vec::new(),
                time: parts[0].time,
                runs: Vec::new(),
            });
            table.add(parts)?;
        }
        Ok(())
    }

    /// Moves all runs to disk.
    pub(super) fn set_aside(&mut self) -> Result<()> {
        for run in self.tables.values_mut().flat_map(|table| &mut table.runs) {
            if let Rows::Memory(batch) = &run.rows {
                let path = self.staging.path(&format!("run-{}.parquet", self.runs));
                self.runs += 1;
                let metadata = write_run(&path, batch)?;
                run.rows = Rows::Disk(path, metadata);
            }
        }
        Ok(())
    }
}

impl Table {
    fn add(&mut self, parts: Vec<Gathered>) -> Result<()> {
        for (name, seen) in parts.iter().flat_map(|part| &part.extras) {
            match self.extras.iter_mut().find(|(known, _)| known == name) {
                Some((_, all)) => *all = all.and(*seen),
                None => self.extras.push((name.clone(), *seen)),
            }
        }
        let rows: usize = parts.iter().map(|part| part.rows).sum();
        let weight: usize = parts.iter().map(|part| part.weight).sum();
        let batches = parts.into_iter().map(into_batch).collect::<Result<Vec<_>>>()?;
        let (batch, days) = self.sort(&self.together(&batches)?)?;
        self.runs.push(Run { rows: Rows::Memory(batch), days, row_weight: weight / rows.max(1) });
        Ok(())
    }

    /// The columns of all rows so far, extras still as JSON text.
    fn schema(&self) -> Schema {
        let declared = self.declared.iter().map(|(name, ty)| Field::new(name, ty.plan_type(), ty.is_nullable()));
        let extras = self.extras.iter().map(|(name, _)| Field::new(name, DataType::Utf8View, true));
        Schema::new(declared.chain(extras).collect::<Vec<_>>())
    }

    /// One batch of all rows, null where a batch lacks an extra.
    pub(super) fn together(&self, batches: &[RecordBatch]) -> Result<RecordBatch> {
        let schema = self.schema();
        let column = |field: &Arc<Field>| {
            let null = |batch: &RecordBatch| new_null_array(field.data_type(), batch.num_rows());
            let of = |batch: &RecordBatch| batch.column_by_name(field.name()).cloned().unwrap_or_else(|| null(batch));
            let arrays: Vec<ArrayRef> = batches.iter().map(of).collect();
            concat(&arrays.iter().map(AsRef::as_ref).collect::<Vec<_>>())
        };
        let columns: Result<Vec<_>, _> = schema.fields().iter().map(column).collect();
        let rows = batches.iter().map(RecordBatch::num_rows).sum();
        batch(schema, columns.map_err(at_memory)?, rows)
    }

    /// The rows in the order of time, and their days.
    pub(super) fn sort(&self, batch: &RecordBatch) -> Result<(RecordBatch, Days)> {
        let Some(times) = self.times(batch) else {
            return Ok((batch.clone(), vec![(Day::Timeless, 0..batch.num_rows())]));
        };
        let mut order: Vec<u32> = (0..u32::try_from(times.len()).expect("far fewer rows fit into memory")).collect();
        let key = |row: &u32| times[*row as usize].unwrap_or(i64::MAX);
        if !order.is_sorted_by_key(key) {
            order.sort_by_key(key);
        }
        let day = |row: &u32| times[*row as usize].map_or(Day::Undated, |t| Day::At(t.div_euclid(Ticks::PER_DAY)));
        let mut days = Vec::new();
        let mut start = 0;
        for same in order.chunk_by(|a, b| day(a) == day(b)) {
            days.push((day(&same[0]), start..start + same.len()));
            start += same.len();
        }
        Ok((take_record_batch(batch, &UInt32Array::from(order)).map_err(at_memory)?, days))
    }

    /// The time of each row in ticks; none if the table has no time column.
    fn times(&self, batch: &RecordBatch) -> Option<Vec<Option<i64>>> {
        match self.time {
            Time::Never => None,
            Time::Column(index) => Some(batch.column(index).as_primitive::<Int64Type>().iter().collect()),
            Time::Guess => {
                let guess = ["Timestamp", "TimeGenerated"].into_iter().find_map(|name| batch.column_by_name(name));
                let instant = |json: &str| ticks::parse_datetime(&Raw::parse(json)?.characters());
                Some(match guess {
                    Some(column) => column.as_string_view().iter().map(|json| json.and_then(instant)).collect(),
                    None => vec![None; batch.num_rows()],
                })
            }
        }
    }
}

impl Run {
    /// The rows of the day of that position in [`Run::days`].
    pub(super) fn day(&self, position: usize) -> Result<Vec<RecordBatch>> {
        let range = self.days[position].1.clone();
        match &self.rows {
            Rows::Memory(batch) => Ok(vec![batch.slice(range.start, range.len())]),
            Rows::Disk(path, metadata) => {
                let name = || path.display().to_string();
                // A run may have hundreds of days: its footer is not read again for each.
                let file = at(path, File::open(path))?;
                let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata.clone())
                    .with_row_groups((range.start / RUN_GROUP..range.end.div_ceil(RUN_GROUP)).collect())
                    .with_offset(range.start % RUN_GROUP)
                    .with_limit(range.len())
                    .with_batch_size(range.len())
                    .build()
                    .map_err(|e| StoreError::parquet(name(), e))?;
                reader.map(|rows| compact(&rows?)).collect::<Result<_, _>>().map_err(|e| StoreError::arrow(name(), e))
            }
        }
    }
}

/// The rows with text of their own. What is read from Parquet points into whole pages, of which a day may have little.
fn compact(rows: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let own = |column: &ArrayRef| match column.as_string_view_opt() {
        Some(text) => Arc::new(text.gc()) as ArrayRef,
        None => Arc::clone(column),
    };
    let columns = rows.columns().iter().map(own).collect();
    RecordBatch::try_new(rows.schema(), columns)
}

fn into_batch(part: Gathered) -> Result<RecordBatch> {
    let declared = part.declared.iter().map(|(name, ty)| Field::new(name, ty.plan_type(), ty.is_nullable()));
    let extras = part.extras.iter().map(|(name, _)| Field::new(name, DataType::Utf8View, true));
    batch(Schema::new(declared.chain(extras).collect::<Vec<_>>()), part.columns, part.rows)
}

/// A batch that may have no columns at all.
pub(super) fn batch(schema: Schema, columns: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch> {
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(Arc::new(schema), columns, &options).map_err(at_memory)
}

/// Rows in a row group of a run. What is known of row groups stays in memory, so they follow rows, not days.
const RUN_GROUP: usize = 16_384;

/// Writes rows to be read again soon, quickly.
fn write_run(path: &Path, batch: &RecordBatch) -> Result<ArrowReaderMetadata> {
    let failed = |e| StoreError::parquet(path.display().to_string(), e);
    let properties = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_max_row_group_row_count(Some(RUN_GROUP))
        .build();
    let file = at(path, File::create(path))?;
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).map_err(failed)?;
    writer.write(batch).map_err(failed)?;
    let metadata = writer.close().map_err(failed)?;
    ArrowReaderMetadata::try_new(Arc::new(metadata), ArrowReaderOptions::new()).map_err(failed)
}
