//! One table's rows on their way into a Parquet file, with columns addressed by name.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayBuilder, ArrayRef, BooleanBuilder, Float64Builder, Int32Builder, Int64Builder, RecordBatch, StringBuilder,
    TimestampMicrosecondBuilder,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use vizsla_schema::{KqlType, TableDef};

use super::GenerateError;

/// Small enough that wide tables stay within some megabytes; the writer keeps what it has encoded.
const BATCH: usize = 4_096;

/// What a cell can hold. Moments are microseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    Text(&'a str),
    Integer(i64),
    Bool(bool),
    Time(i64),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Value<'a> {
        Value::Text(text)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Value<'a> {
        Value::Text(text)
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Value::Integer(number)
    }
}

impl From<i32> for Value<'_> {
    fn from(number: i32) -> Self {
        Value::Integer(number.into())
    }
}

impl From<bool> for Value<'_> {
    fn from(truth: bool) -> Self {
        Value::Bool(truth)
    }
}

/// Rows of one file: cells are put by name, [`Rows::end`] ends a row, what was not put is empty or null.
pub(super) struct Rows {
    schema: SchemaRef,
    columns: Vec<Column>,
    by_name: HashMap<String, usize>,
    /// Where names written as literals were found last, by their address: hashing forty names a row
    /// would cost as much as encoding them.
    recent: Vec<(&'static str, Option<usize>)>,
    buffered: usize,
    written: u64,
    file: ArrowWriter<File>,
}

impl Rows {
    pub(super) fn create(table: &TableDef, path: &Path, row_group: usize) -> Result<Rows, GenerateError> {
        let schema = file_schema(table);
        let file = File::create(path).map_err(|source| GenerateError::File { path: path.to_owned(), source })?;
        Ok(Rows {
            columns: table.columns.iter().map(|column| Column::new(column.ty)).collect(),
            by_name: table.columns.iter().enumerate().map(|(at, column)| (column.name.clone(), at)).collect(),
            recent: vec![("", None); 512],
            buffered: 0,
            written: 0,
            file: ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties(row_group)?))?,
            schema,
        })
    }

    /// Put a cell of the current row.
    ///
    /// # Panics
    /// If the table has no such column: a mistake in the generator.
    pub(super) fn put<'a>(&mut self, name: &'static str, value: impl Into<Value<'a>>) {
        let at = self.position(name).unwrap_or_else(|| panic!("no column {name}"));
        self.columns[at].put(value.into());
    }

    /// Put a cell of the current row if the table has such a column.
    pub(super) fn offer<'a>(&mut self, name: &'static str, value: impl Into<Value<'a>>) {
        if let Some(at) = self.position(name) {
            self.columns[at].put(value.into());
        }
    }

    /// End the current row.
    pub(super) fn end(&mut self) -> Result<(), GenerateError> {
        self.buffered += 1;
        for column in &mut self.columns {
            column.pad(self.buffered);
        }
        if self.buffered == BATCH { self.flush() } else { Ok(()) }
    }

    /// Write what is left and tell how many rows the file has.
    pub(super) fn finish(mut self) -> Result<u64, GenerateError> {
        self.flush()?;
        self.file.close()?;
        Ok(self.written)
    }

    fn flush(&mut self) -> Result<(), GenerateError> {
        let arrays = self.columns.iter_mut().map(Column::finish).collect();
        self.file.write(&RecordBatch::try_new(Arc::clone(&self.schema), arrays)?)?;
        self.written += self.buffered as u64;
        self.buffered = 0;
        Ok(())
    }

    fn position(&mut self, name: &'static str) -> Option<usize> {
        let line = (name.as_ptr() as usize).wrapping_mul(31).wrapping_add(name.len()) % self.recent.len();
        let (known, at) = self.recent[line];
        if std::ptr::eq(known, name) {
            return at;
        }
        let at = self.by_name.get(name).copied();
        self.recent[line] = (name, at);
        at
    }
}

/// As Defender's exports are: moments in microseconds, strings never null, dynamic values as JSON text.
fn file_schema(table: &TableDef) -> SchemaRef {
    let fields =
        table.columns.iter().map(|column| Field::new(&column.name, file_type(column.ty), column.ty.is_nullable()));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn file_type(ty: KqlType) -> DataType {
    match ty {
        KqlType::Bool => DataType::Boolean,
        KqlType::Int => DataType::Int32,
        KqlType::Long | KqlType::TimeSpan => DataType::Int64,
        KqlType::Real | KqlType::Decimal => DataType::Float64,
        KqlType::String | KqlType::Guid | KqlType::Dynamic => DataType::Utf8,
        KqlType::DateTime => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
    }
}

fn properties(row_group: usize) -> Result<WriterProperties, GenerateError> {
    Ok(WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_max_row_group_row_count(Some(row_group))
        // The library's version would make files differ after an upgrade that changes nothing else.
        .set_created_by("vizsla".to_owned())
        .build())
}

enum Column {
    Text(StringBuilder),
    Json(StringBuilder),
    Int(Int32Builder),
    Long(Int64Builder),
    Real(Float64Builder),
    Bool(BooleanBuilder),
    Time(TimestampMicrosecondBuilder),
}

impl Column {
    fn new(ty: KqlType) -> Column {
        match ty {
            KqlType::Bool => Column::Bool(BooleanBuilder::new()),
            KqlType::Int => Column::Int(Int32Builder::new()),
            KqlType::Long | KqlType::TimeSpan => Column::Long(Int64Builder::new()),
            KqlType::Real | KqlType::Decimal => Column::Real(Float64Builder::new()),
            KqlType::String => Column::Text(StringBuilder::new()),
            KqlType::Guid | KqlType::Dynamic => Column::Json(StringBuilder::new()),
            KqlType::DateTime => Column::Time(TimestampMicrosecondBuilder::new().with_timezone("UTC")),
        }
    }

    fn put(&mut self, value: Value<'_>) {
        match (self, value) {
            (Column::Text(cells) | Column::Json(cells), Value::Text(text)) => cells.append_value(text),
            (Column::Text(cells), Value::Integer(number)) => cells.append_value(number.to_string()),
            (Column::Int(cells), Value::Integer(number)) => cells.append_value(number as i32),
            (Column::Long(cells), Value::Integer(number)) => cells.append_value(number),
            (Column::Bool(cells), Value::Bool(truth)) => cells.append_value(truth),
            (Column::Time(cells), Value::Time(micros)) => cells.append_value(micros),
            (_, value) => panic!("the column does not hold {value:?}"),
        }
    }

    /// End a row: fill in what a missing cell is.
    fn pad(&mut self, rows: usize) {
        if self.len() < rows {
            match self {
                Column::Text(cells) => cells.append_value(""),
                Column::Json(cells) => cells.append_null(),
                Column::Int(cells) => cells.append_null(),
                Column::Long(cells) => cells.append_null(),
                Column::Real(cells) => cells.append_null(),
                Column::Bool(cells) => cells.append_null(),
                Column::Time(cells) => cells.append_null(),
            }
        }
        debug_assert_eq!(self.len(), rows, "a cell was put twice");
    }

    fn len(&self) -> usize {
        match self {
            Column::Text(cells) | Column::Json(cells) => cells.len(),
            Column::Int(cells) => cells.len(),
            Column::Long(cells) => cells.len(),
            Column::Real(cells) => cells.len(),
            Column::Bool(cells) => cells.len(),
            Column::Time(cells) => cells.len(),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Column::Text(cells) | Column::Json(cells) => Arc::new(cells.finish()),
            Column::Int(cells) => Arc::new(cells.finish()),
            Column::Long(cells) => Arc::new(cells.finish()),
            Column::Real(cells) => Arc::new(cells.finish()),
            Column::Bool(cells) => Arc::new(cells.finish()),
            Column::Time(cells) => Arc::new(cells.finish()),
        }
    }
}
