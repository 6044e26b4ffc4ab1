//! Roots made of a few files, and rows as text.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{Field, Int64Type, Schema};
use arrow::util::display::array_value_to_string;
use futures::TryStreamExt;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use vizsla_schema::{Catalog, KqlType};
use vizsla_store::{Contents, DataRoot, OnBroken, Result, Source, TableSnapshot, Warning, convert, ndjson, ticks};

/// Material that is not part of this repository; none where it is absent.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(path);
    let found = path.exists();
    if !found {
        eprint_skip(&path);
    }
    found.then_some(path)
}

#[expect(clippy::print_stderr, reason = "a skipped test should say so")]
fn eprint_skip(path: &Path) {
    eprintln!("skipped: there is no {}", path.display());
}

/// An empty root.
pub(crate) fn root() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// Writes a file below the root.
pub(crate) fn put(root: &Path, path: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = root.join(path);
    fs::create_dir_all(path.parent().expect("below the root")).expect("writable");
    fs::write(&path, bytes).expect("writable");
    path
}

/// Writes a Parquet file of those columns below the root.
pub(crate) fn put_parquet(root: &Path, path: &str, columns: Vec<(&str, ArrayRef)>) -> PathBuf {
    let path = put(root, path, "");
    let fields: Vec<_> =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).expect("equal lengths");
    let file = File::create(&path).expect("writable");
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("writable");
    writer.close().expect("writable");
    path
}

/// Runs a future to its end.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().build().expect("threads").block_on(future)
}

/// The table as it is now.
pub(crate) fn open(root: &Path, table: &str) -> Result<Option<TableSnapshot>> {
    open_with(root, table, OnBroken::Fail)
}

pub(crate) fn open_with(root: &Path, table: &str, on_broken: OnBroken) -> Result<Option<TableSnapshot>> {
    let root = DataRoot::open(&root.display().to_string())?;
    wait(root.table(table, &Catalog::defender(), on_broken))
}

/// A table's rows as text.
#[derive(Debug, Default)]
pub(crate) struct Read {
    /// Names and types.
    pub(crate) columns: Vec<String>,
    /// `name=value` of the cells that hold something, one text a row.
    pub(crate) rows: Vec<String>,
    pub(crate) warnings: Vec<Warning>,
}

/// Reads all rows of a table in the plan's types.
pub(crate) fn read(root: &Path, table: &str) -> Result<Read> {
    read_with(root, table, OnBroken::Fail)
}

pub(crate) fn read_with(root: &Path, name: &str, on_broken: OnBroken) -> Result<Read> {
    read_from(&DataRoot::open(&root.display().to_string())?, name, on_broken)
}

/// The same from an open root, which knows its files already.
pub(crate) fn read_from(root: &DataRoot, name: &str, on_broken: OnBroken) -> Result<Read> {
    let table = wait(root.table(name, &Catalog::defender(), on_broken))?.expect("a known table");
    let mut rows = Vec::new();
    let mut warnings = table.warnings.clone();
    for file in &table.files {
        let batches = match &file.contents {
            Contents::Parquet(_) => read_parquet(&table, file),
            Contents::Ndjson(_) => {
                let found = Arc::new(Mutex::new(Vec::new()));
                let on_warning: ndjson::OnWarning = {
                    let found = Arc::clone(&found);
                    Arc::new(move |warning| found.lock().expect("no panics").push(warning))
                };
                let all: Vec<_> = (0..table.columns.len()).collect();
                let batches = wait(async {
                    ndjson::read_ndjson(root, &table, file, &all, on_broken, on_warning).try_collect::<Vec<_>>().await
                })?;
                warnings.append(&mut found.lock().expect("no panics"));
                batches
            }
        };
        for batch in batches {
            assert_eq!(batch.schema(), table.schema());
            rows.extend((0..batch.num_rows()).map(|row| shown(&table, &batch, row)));
        }
    }
    let columns = table.columns.iter().map(|column| format!("{}:{}", column.name, column.ty)).collect();
    Ok(Read { columns, rows, warnings })
}

/// What the engine's scan does, without an engine.
fn read_parquet(table: &TableSnapshot, file: &vizsla_store::DataFile) -> Vec<RecordBatch> {
    let path = format!("/{}", file.object.location);
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(path).expect("there")).expect("Parquet");
    let convert = |batch: RecordBatch| {
        let rows = batch.num_rows();
        let columns = table.columns.iter().enumerate().map(|(index, column)| match file.source(index) {
            Source::Field(field) => convert::to_plan(batch.column(*field), column.ty),
            Source::Path(text) => convert::constant(text, column.ty, rows),
            Source::Missing => Ok(convert::missing(column.ty, rows)),
        });
        let columns = columns.collect::<Result<Vec<_>>>().expect("conversions");
        RecordBatch::try_new(table.schema(), columns).expect("the plan's types")
    };
    builder.build().expect("Parquet").map(|batch| convert(batch.expect("Parquet"))).collect()
}

fn shown(table: &TableSnapshot, batch: &RecordBatch, row: usize) -> String {
    let cells = table.columns.iter().zip(batch.columns()).filter(|(_, array)| !array.is_null(row));
    let cells = cells.map(|(column, array)| (column, cell(array, column.ty, row)));
    let held = cells.filter(|(_, text)| !text.is_empty());
    held.map(|(column, text)| format!("{}={text}", column.name)).collect::<Vec<_>>().join("|")
}

fn cell(array: &ArrayRef, ty: KqlType, row: usize) -> String {
    match ty {
        KqlType::DateTime => ticks::format_datetime(array.as_primitive::<Int64Type>().value(row)),
        _ => array_value_to_string(array, row).expect("printable"),
    }
}

/// The rows in an order that does not depend on files.
pub(crate) fn sorted(mut rows: Vec<String>) -> Vec<String> {
    rows.sort_unstable();
    rows
}
