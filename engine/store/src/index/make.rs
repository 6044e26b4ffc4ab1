//! From a local Parquet file to the bytes of its index, in one pass over the columns that are indexed.

use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, FieldRef, Schema, SchemaRef};
use object_store::ObjectMeta;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::arrow::{ProjectionMask, parquet_column};
use parquet::basic::{ConvertedType, Encoding};
use parquet::errors::ParquetError;
use vizsla_schema::KqlType;

use super::collect::{self, Collector};
use super::file::{Column, Identity, Segment, directory};
use super::{BLOCK, SEGMENT};
use crate::convert;
use crate::error::{Result, StoreError};
use crate::footer::Footer;

/// Rows that are decoded at a time. What they take in memory stays in the processor's caches.
const BATCH: usize = 16 * BLOCK as usize;

/// A column to index.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    /// Its position in the file.
    pub(super) field: usize,
    pub(super) ty: KqlType,
    /// Whether whole values are looked for.
    pub(super) whole: bool,
}

/// An index in the making.
struct Making<'a> {
    names: Vec<String>,
    columns: &'a [Wanted],
    out: &'a mut dyn Write,
    /// Bytes of postings so far.
    written: u64,
    segments: Vec<Segment>,
    /// Of the segment that is not finished, for each column.
    collectors: Vec<Collector>,
    /// Rows of that segment so far.
    rows: u64,
}

/// Writes the index of a local Parquet file to `out`; answers its bytes. The same file makes the same bytes.
///
/// # Errors
/// [`StoreError`] naming the file if it cannot be read, or the index cannot be written.
pub(super) fn make(object: &ObjectMeta, footer: &Footer, columns: &[Wanted], out: &mut dyn Write) -> Result<u64> {
    let path = format!("/{}", object.location);
    let failed = |e: io::Error| StoreError::io(path.clone(), e);
    let names = columns.iter().map(|it| footer.schema.field(it.field).name().clone()).collect();
    let collectors = fresh(columns);
    let mut making = Making { names, columns, out, written: 0, segments: Vec::new(), collectors, rows: 0 };
    if columns.is_empty() {
        making.skip(footer.rows()).map_err(failed)?;
    } else {
        let file = File::open(&path).map_err(failed)?;
        let reader = reader(file, footer, columns).map_err(|e| StoreError::parquet(path.clone(), e))?;
        for batch in reader {
            making.add(&batch.map_err(|e| StoreError::arrow(path.clone(), e))?, &path)?;
        }
        making.flush().map_err(failed)?;
    }
    making.finish(&Identity::of(object, footer)).map_err(failed)
}

impl Making<'_> {
    /// There is nothing to read, and the segments still say how many rows there are.
    fn skip(&mut self, mut rows: u64) -> io::Result<()> {
        while rows > 0 {
            self.rows = rows.min(SEGMENT);
            rows -= self.rows;
            self.flush()?;
        }
        Ok(())
    }

    fn add(&mut self, batch: &RecordBatch, path: &str) -> Result<()> {
        let mut done = 0;
        while done < batch.num_rows() {
            let take = (batch.num_rows() - done).min((SEGMENT - self.rows) as usize);
            for ((collector, wanted), array) in self.collectors.iter_mut().zip(self.columns).zip(batch.columns()) {
                collector.add(&cells(&array.slice(done, take), wanted.ty)?, self.rows);
            }
            self.rows += take as u64;
            done += take;
            if self.rows == SEGMENT {
                self.flush().map_err(|e| StoreError::io(path, e))?;
            }
        }
        Ok(())
    }

    /// Ends a segment, if it has rows.
    fn flush(&mut self) -> io::Result<()> {
        let rows = std::mem::take(&mut self.rows);
        if rows == 0 {
            return Ok(());
        }
        let mut columns = Vec::with_capacity(self.names.len());
        for (collector, name) in
            std::mem::replace(&mut self.collectors, fresh(self.columns)).into_iter().zip(&self.names)
        {
            let (kept, bytes) = collector.finish(rows, self.written);
            self.out.write_all(&bytes)?;
            self.written += bytes.len() as u64;
            columns.push(Column { field: name.clone(), kept });
        }
        self.segments.push(Segment { rows, columns });
        Ok(())
    }

    fn finish(self, identity: &Identity) -> io::Result<u64> {
        let directory = directory(self.written, identity, &self.segments);
        self.out.write_all(&directory)?;
        self.out.flush()?;
        Ok(self.written + directory.len() as u64)
    }
}

fn fresh(columns: &[Wanted]) -> Vec<Collector> {
    columns.iter().map(|it| Collector::new(it.ty, it.whole)).collect()
}

/// Cells as a collector takes them.
fn cells(array: &ArrayRef, ty: KqlType) -> Result<ArrayRef> {
    match ty {
        KqlType::String if *array.data_type() == collect::dictionary() => Ok(Arc::clone(array)),
        _ => convert::to_plan(array, ty),
    }
}

fn reader(file: File, footer: &Footer, columns: &[Wanted]) -> Result<ParquetRecordBatchReader, ParquetError> {
    let options = ArrowReaderOptions::new().with_schema(read_as(footer));
    let metadata = ArrowReaderMetadata::try_new(Arc::clone(&footer.metadata), options)?;
    let descriptor = footer.metadata.file_metadata().schema_descr();
    let mask = ProjectionMask::roots(descriptor, columns.iter().map(|it| it.field));
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata);
    builder.with_projection(mask).with_batch_size(BATCH).build()
}

/// The file's schema with texts as a collector likes them best.
fn read_as(footer: &Footer) -> SchemaRef {
    let read = |field: &FieldRef| match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 if is_dictionary(footer, field.name()) => {
            with_type(field, collect::dictionary())
        }
        DataType::Utf8 | DataType::LargeUtf8 => with_type(field, DataType::Utf8View),
        _ => Arc::clone(field),
    };
    let fields: Vec<FieldRef> = footer.schema.fields().iter().map(read).collect();
    Arc::new(Schema::new_with_metadata(fields, footer.schema.metadata().clone()))
}

fn with_type(field: &FieldRef, ty: DataType) -> FieldRef {
    Arc::new(field.as_ref().clone().with_data_type(ty))
}

/// Whether all data pages of a column are known to point into dictionaries. If one does not, arrow would make
/// dictionaries itself, which costs more than they save.
fn is_dictionary(footer: &Footer, name: &str) -> bool {
    let descriptor = footer.metadata.file_metadata().schema_descr();
    let Some((leaf, _)) = parquet_column(descriptor, &footer.schema, name) else { return false };
    let coded = |encoding| matches!(encoding, Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY);
    descriptor.column(leaf).converted_type() == ConvertedType::UTF8
        && footer
            .metadata
            .row_groups()
            .iter()
            .all(|group| group.column(leaf).page_encoding_stats_mask().is_some_and(|mask| mask.encodings().all(coded)))
}
