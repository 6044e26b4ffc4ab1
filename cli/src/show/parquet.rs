//! Answers as Parquet, in the types that `vizsla ingest` writes, so that an answer can be a table of a data folder.
//!
//! | KQL type | Parquet |
//! |---|---|
//! | datetime | timestamp in nanoseconds, UTC; a moment outside of 1677–2262 is refused |
//! | timespan | 64-bit integer, ticks of 100 ns |
//! | guid | string |
//! | dynamic | string of the logical type JSON |
//! | decimal | decimal(38, 18) |
//!
//! No arrow schema is embedded, so every reader sees standard types. Compressed with zstd.

use std::io::Write;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, TimestampNanosecondArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef, TimeUnit};
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::arrow::{ArrowSchemaConverter, ArrowWriter};
use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::{SchemaDescriptor, Type};
use vizsla_engine::{KqlType, Render, ResultColumn};
use vizsla_schema::Ticks;

use super::{Show, ShowError};

/// One table as a Parquet file.
pub(super) struct Parquet<'w> {
    /// Until the table is known.
    out: Option<&'w mut (dyn Write + Send)>,
    columns: Vec<ResultColumn>,
    schema: SchemaRef,
    writer: Option<ArrowWriter<&'w mut (dyn Write + Send)>>,
}

impl<'w> Parquet<'w> {
    pub(super) fn new(out: &'w mut (dyn Write + Send)) -> Self {
        Self { out: Some(out), columns: Vec::new(), schema: Arc::new(Schema::empty()), writer: None }
    }
}

impl Show for Parquet<'_> {
    fn begin(&mut self, columns: &[ResultColumn], _: Option<&Render>) -> Result<(), ShowError> {
        let out = self.out.take().ok_or(ShowError::SeveralTables)?;
        let fields = columns.iter().map(|it| Field::new(it.name.as_ref(), stored_type(it.ty), it.ty.is_nullable()));
        self.schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        self.columns = columns.to_vec();
        let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
        let options = ArrowWriterOptions::new()
            .with_properties(properties)
            .with_skip_arrow_metadata(true)
            .with_parquet_schema(parquet_schema(columns, &self.schema)?);
        self.writer = Some(ArrowWriter::try_new_with_options(out, Arc::clone(&self.schema), options)?);
        Ok(())
    }

    fn batch(&mut self, batch: &RecordBatch) -> Result<(), ShowError> {
        let Some(writer) = &mut self.writer else { return Err(ShowError::NoTable) };
        let arrays = self.columns.iter().zip(batch.columns()).map(|(column, array)| stored(column, array));
        let arrays = arrays.collect::<Result<Vec<_>, _>>()?;
        Ok(writer.write(&RecordBatch::try_new(Arc::clone(&self.schema), arrays)?)?)
    }

    fn end(&mut self) -> Result<(), ShowError> {
        Ok(())
    }

    fn finish(&mut self) -> Result<(), ShowError> {
        let writer = self.writer.take().ok_or(ShowError::NoTable)?;
        writer.close()?;
        Ok(())
    }
}

/// The Parquet schema, with `dynamic` marked as JSON: arrow has no type that says so.
fn parquet_schema(columns: &[ResultColumn], schema: &Schema) -> Result<SchemaDescriptor, ParquetError> {
    let plain = ArrowSchemaConverter::new().convert(schema)?;
    let mut fields = plain.root_schema().get_fields().to_vec();
    for (column, field) in columns.iter().zip(&mut fields).filter(|it| it.0.ty == KqlType::Dynamic) {
        let json = Type::primitive_type_builder(&column.name, Physical::BYTE_ARRAY)
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(Some(LogicalType::Json));
        *field = Arc::new(json.build()?);
    }
    let root = Type::group_type_builder(plain.root_schema().name()).with_fields(fields).build()?;
    Ok(SchemaDescriptor::new(Arc::new(root)))
}

fn stored_type(ty: KqlType) -> DataType {
    match ty {
        KqlType::DateTime => DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into())),
        KqlType::String | KqlType::Guid | KqlType::Dynamic => DataType::Utf8,
        KqlType::Bool | KqlType::Int | KqlType::Long | KqlType::Real | KqlType::Decimal | KqlType::TimeSpan => {
            ty.plan_type()
        }
    }
}

fn stored(column: &ResultColumn, array: &ArrayRef) -> Result<ArrayRef, ShowError> {
    match column.ty {
        KqlType::DateTime => moments(array.as_primitive::<Int64Type>())
            .ok_or_else(|| ShowError::MomentOutOfRange(column.name.to_string())),
        KqlType::String if array.null_count() > 0 => {
            let text = array.as_string_view().iter().map(|it| Some(it.unwrap_or_default()));
            Ok(Arc::new(text.collect::<arrow::array::StringArray>()))
        }
        ty => Ok(cast(array, &stored_type(ty))?),
    }
}

fn moments(ticks: &Int64Array) -> Option<ArrayRef> {
    let mut nanos = Vec::with_capacity(ticks.len());
    for moment in ticks {
        nanos.push(match moment {
            Some(moment) => Some(Ticks(moment).unix_nanos()?),
            None => None,
        });
    }
    Some(Arc::new(TimestampNanosecondArray::from(nanos).with_timezone("UTC")))
}

#[cfg(test)]
mod tests {
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use vizsla_engine::Value;

    use super::super::testing::{every_type, shown, table};
    use super::super::{Format, Layout};
    use super::*;

    #[test]
    fn a_file_reads_back_with_standard_types() {
        let bytes = shown(Format::Parquet, Layout::default(), &[every_type()], None).expect("it can be written");
        let file = tempfile::tempfile().expect("a file");
        (&file).write_all(&bytes).expect("writable");
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("a Parquet file").build().expect("readable");
        let batches: Vec<RecordBatch> = reader.map(|it| it.expect("a batch")).collect();
        assert_eq!(batches[0].num_rows(), 2);
        for (name, expected) in [
            ("datetime", DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()))),
            ("timespan", DataType::Int64),
            ("dynamic", DataType::Utf8),
            ("decimal", DataType::Decimal128(38, 18)),
        ] {
            assert_eq!(batches[0].column_by_name(name).expect("a column").data_type(), &expected, "{name}");
        }
        assert_eq!(batches[0].column_by_name("string").expect("a column").null_count(), 0);
        assert_eq!(batches[0].column_by_name("long").expect("a column").null_count(), 1);
    }

    #[test]
    fn what_a_file_cannot_hold_is_refused() {
        let early = table(&[("t", KqlType::DateTime)], &[vec![Value::DateTime(0)]]);
        let refused = shown(Format::Parquet, Layout::default(), &[early], None);
        assert!(matches!(refused, Err(ShowError::MomentOutOfRange(column)) if column == "t"));
        let two = shown(Format::Parquet, Layout::default(), &[every_type(), every_type()], None);
        assert!(matches!(two, Err(ShowError::SeveralTables)));
        assert!(matches!(shown(Format::Parquet, Layout::default(), &[], None), Err(ShowError::NoTable)));
    }
}
