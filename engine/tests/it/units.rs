//! Comparisons of times and texts say the same whatever a file counts in, and where statistics prune.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use vizsla_engine::{Engine, QueryOptions, Value};

/// Rows at whole seconds, a null time and null texts among them, in row groups of ten.
fn write(file: &Path, unit: TimeUnit, far: Option<i64>) {
    let per_second = match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    };
    let start = 1_600_000_000;
    let mut times: Vec<Option<i64>> = (0..100).map(|second| Some((start + second) * per_second)).collect();
    times[3] = None;
    times[50] = far.or(times[50]);
    let times: ArrayRef = Arc::new(Int64Array::from(times));
    let times = cast(&times, &DataType::Timestamp(unit, Some("UTC".into()))).unwrap();
    let names = (0..100).map(|row| (row % 7 != 0).then_some(if row < 20 { "early.exe" } else { "late.exe" }));
    let names: ArrayRef = Arc::new(StringArray::from_iter(names));
    let batch =
        RecordBatch::try_from_iter_with_nullable([("Timestamp", times, true), ("FileName", names, true)]).unwrap();
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(10)).build();
    let mut writer =
        ArrowWriter::try_new(std::fs::File::create(file).unwrap(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

async fn count(engine: &Engine, condition: &str) -> Vec<Vec<Value>> {
    // In the second half the condition is a value, so nothing is pushed into the file but a column.
    let query = format!(
        "print asked = toscalar(DeviceProcessEvents | where {condition} | count), \
         known = toscalar(DeviceProcessEvents | extend yes = {condition} | summarize countif(yes)), \
         no = toscalar(DeviceProcessEvents | where not({condition}) | count), \
         null = toscalar(DeviceProcessEvents | extend yes = {condition} | summarize countif(isnull(yes)))"
    );
    let tables = engine.query(&query, &QueryOptions::default()).await.unwrap().collect().await.unwrap();
    tables[0].values().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_unit_of_time_answers_alike() {
    let at = |second: i64| format!("(datetime(2020-09-13T12:26:40Z) + {second}s)");
    let between = format!("Timestamp between ({} .. {})", at(5), at(14));
    // (condition, rows for which it is true, for which false, for which null)
    let expected = [
        (format!("Timestamp >= {}", at(90)), 10, 89, 1),
        (format!("Timestamp > {}", at(90)), 9, 90, 1),
        (format!("Timestamp < {}", at(10)), 9, 90, 1),
        (format!("Timestamp <= {}", at(10)), 10, 89, 1),
        (format!("{} == Timestamp", at(42)), 1, 99, 0),
        (format!("Timestamp == {} + 1tick", at(42)), 0, 100, 0),
        (between, 10, 89, 1),
        ("FileName == 'early.exe'".to_owned(), 17, 83, 0),
        ("FileName in ('late.exe', 'none.exe')".to_owned(), 68, 32, 0),
        ("FileName == ''".to_owned(), 15, 85, 0),
        ("FileName in ('', 'early.exe')".to_owned(), 32, 68, 0),
    ];
    for unit in [TimeUnit::Millisecond, TimeUnit::Microsecond, TimeUnit::Nanosecond] {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("DeviceProcessEvents.parquet"), unit, None);
        let engine = Engine::open(folder.path().to_str().unwrap()).unwrap();
        for (condition, yes, no, null) in &expected {
            let answer = count(&engine, condition).await;
            assert_eq!(answer, [[*yes, *yes, *no, *null].map(Value::Long)], "{condition} over {unit:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_that_the_language_does_not_have_is_null_in_a_comparison() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("DeviceProcessEvents.parquet"), TimeUnit::Microsecond, Some(i64::MAX / 2));
    let engine = Engine::open(folder.path().to_str().unwrap()).unwrap();
    let answer = count(&engine, "Timestamp >= datetime(2000-01-01)").await;
    assert_eq!(answer, [[98, 98, 0, 2].map(Value::Long)]);
}
