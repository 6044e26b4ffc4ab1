//! The Parquet files that ingest leaves behind.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, PrimitiveArray, RecordBatch};
use arrow::compute::{filter_record_batch, not};
use arrow::datatypes::{
    ArrowTimestampType, Field, Int64Type, Schema, TimestampMicrosecondType, TimestampNanosecondType,
};
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::arrow_writer::{ArrowWriter, ArrowWriterOptions};
use parquet::basic::{Compression, LogicalType, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::SortingColumn;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::{SchemaDescriptor, Type};
use vizsla_schema::{KqlType, Ticks};

use super::buffer::Time;
use super::run::{Table, batch};
use super::worker::at_memory;
use crate::error::{Result, StoreError};
use crate::journal::at;
use crate::json::cell::CellBuilder;
use crate::json::scan::Raw;

/// Rows in a row group.
const ROW_GROUP: usize = 131_072;
/// Rows in a page. A row found by an index costs the pages it lies in, so they are small.
const PAGE: usize = 4096;
/// A dictionary page is decoded whole for one row: beyond this size the values themselves are written.
const DICTIONARY: usize = 256 << 10;

/// The key of a field's metadata that says which KQL type it has.
const TYPE: &str = "kql";

/// The rows with extras in the types that their values have.
pub(super) fn typed(table: &Table, rows: &RecordBatch) -> Result<RecordBatch> {
    let extras = table.extras.iter().map(|(name, seen)| (name, seen.ty()));
    let all: Vec<(&String, KqlType)> = table.declared.iter().map(|(name, ty)| (name, *ty)).chain(extras).collect();
    let mut columns = Vec::with_capacity(all.len());
    for (index, (_, ty)) in all.iter().enumerate() {
        let column = rows.column(index);
        columns.push(if index < table.declared.len() { Arc::clone(column) } else { from_json(column, *ty)? });
    }
    let field = |(name, ty): (&String, KqlType)| {
        let metadata = [(TYPE.to_owned(), ty.name().to_owned())];
        Field::new(name, ty.plan_type(), ty.is_nullable()).with_metadata(metadata.into())
    };
    batch(Schema::new(all.into_iter().map(field).collect::<Vec<_>>()), columns, rows.num_rows())
}

fn from_json(column: &ArrayRef, ty: KqlType) -> Result<ArrayRef> {
    let mut cells = CellBuilder::new(ty);
    for json in column.as_string_view() {
        match json.and_then(Raw::parse) {
            Some(raw) => cells.append(raw),
            None => cells.append_missing(),
        }
    }
    cells.finish().map_err(at_memory)
}

fn kql_type(field: &Field) -> Option<KqlType> {
    field.metadata().get(TYPE).and_then(|name| KqlType::parse(name))
}

/// The rows whose instants nanoseconds since 1970 can count, and the others.
pub(super) fn within_nanoseconds(rows: &RecordBatch) -> Result<[RecordBatch; 2]> {
    let fits = |ticks: i64| Ticks(ticks).unix_nanos().is_some();
    let mut fine = vec![true; rows.num_rows()];
    for (field, column) in rows.schema_ref().fields().iter().zip(rows.columns()) {
        if kql_type(field) == Some(KqlType::DateTime) {
            for (fine, cell) in fine.iter_mut().zip(column.as_primitive::<Int64Type>()) {
                *fine &= cell.is_none_or(fits);
            }
        }
    }
    if fine.iter().all(|fine| *fine) {
        return Ok([rows.clone(), rows.slice(0, 0)]);
    }
    let fine = BooleanArray::from(fine);
    let kept = filter_record_batch(rows, &fine).map_err(at_memory)?;
    let wide = not(&fine).and_then(|wide| filter_record_batch(rows, &wide)).map_err(at_memory)?;
    Ok([kept, wide])
}

/// Writes a file and returns its size.
pub(super) fn write_part(path: &Path, rows: &RecordBatch, table: &Table) -> Result<u64> {
    let failed = |e| StoreError::parquet(path.display().to_string(), e);
    let rows = with_timestamps(rows)?;
    let sorted_by = match table.time {
        Time::Column(index) => Some(index),
        Time::Guess | Time::Never => None,
    };
    let properties = properties(sorted_by);
    let schema = parquet_schema(rows.schema_ref()).map_err(failed)?;
    let options = ArrowWriterOptions::new()
        .with_properties(properties)
        .with_skip_arrow_metadata(true)
        .with_parquet_schema(schema);
    let file = at(path, File::create(path))?;
    let mut writer = ArrowWriter::try_new_with_options(file, rows.schema(), options).map_err(failed)?;
    writer.write(&rows).map_err(failed)?;
    let file = writer.into_inner().map_err(failed)?;
    Ok(at(path, file.metadata())?.len())
}

fn properties(sorted_by: Option<usize>) -> WriterProperties {
    let sorting = |index| {
        let column_idx = i32::try_from(index).expect("tables have fewer columns");
        vec![SortingColumn { column_idx, descending: false, nulls_first: false }]
    };
    WriterProperties::builder()
        .set_created_by(format!("vizsla {}", env!("CARGO_PKG_VERSION")))
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3).expect("3 is a level of zstd")))
        .set_max_row_group_row_count(Some(ROW_GROUP))
        .set_data_page_row_count_limit(PAGE)
        .set_write_batch_size(PAGE / 4)
        .set_dictionary_page_size_limit(DICTIONARY)
        .set_sorting_columns(sorted_by.map(sorting))
        .build()
}

/// Instants as timestamps: nanoseconds where they fit, else microseconds.
fn with_timestamps(rows: &RecordBatch) -> Result<RecordBatch> {
    let mut fields = Vec::new();
    let mut columns = Vec::new();
    for (field, column) in rows.schema_ref().fields().iter().zip(rows.columns()) {
        let column = match kql_type(field) {
            Some(KqlType::DateTime) => timestamps(column),
            _ => Arc::clone(column),
        };
        fields.push(field.as_ref().clone().with_data_type(column.data_type().clone()));
        columns.push(column);
    }
    batch(Schema::new(fields), columns, rows.num_rows())
}

fn timestamps(column: &ArrayRef) -> ArrayRef {
    let ticks = column.as_primitive::<Int64Type>();
    match ticks.iter().flatten().all(|t| Ticks(t).unix_nanos().is_some()) {
        true => counted::<TimestampNanosecondType>(column, |t| t.unix_nanos().unwrap_or_default()),
        false => counted::<TimestampMicrosecondType>(column, Ticks::unix_micros),
    }
}

fn counted<T: ArrowTimestampType>(column: &ArrayRef, count: impl Fn(Ticks) -> i64) -> ArrayRef {
    let ticks = column.as_primitive::<Int64Type>();
    let counted: PrimitiveArray<T> = ticks.unary(|t| count(Ticks(t)));
    Arc::new(counted.with_timezone("UTC"))
}

/// The Parquet schema of the rows, with `dynamic` marked as JSON.
fn parquet_schema(schema: &Schema) -> Result<SchemaDescriptor, ParquetError> {
    let plain = ArrowSchemaConverter::new().convert(schema)?;
    let mut fields = plain.root_schema().get_fields().to_vec();
    for (field, ty) in schema.fields().iter().zip(&mut fields) {
        if kql_type(field) == Some(KqlType::Dynamic) {
            let json = Type::primitive_type_builder(field.name(), parquet::basic::Type::BYTE_ARRAY)
                .with_repetition(parquet::basic::Repetition::OPTIONAL)
                .with_logical_type(Some(LogicalType::Json));
            *ty = Arc::new(json.build()?);
        }
    }
    let root = Type::group_type_builder(plain.root_schema().name()).with_fields(fields).build()?;
    Ok(SchemaDescriptor::new(Arc::new(root)))
}
