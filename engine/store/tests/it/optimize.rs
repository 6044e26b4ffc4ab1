//! Rewriting files: the same rows, fewer and better files, and what happens when something comes between.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Decimal128Array, DictionaryArray, FixedSizeBinaryArray, Float64Array,
    Int64Array, ListArray, RecordBatch, StringArray, StructArray, TimestampMicrosecondArray, TimestampMillisecondArray,
};
use arrow::datatypes::{DataType, Field, Int32Type, Int64Type, Schema};
use arrow::util::display::array_value_to_string;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::{KeyValue, PageIndexPolicy, ParquetMetaDataReader};
use parquet::file::properties::WriterProperties;
use proptest::prelude::*;
use vizsla_schema::Catalog;
use vizsla_store::optimize::TableReport;
use vizsla_store::{Optimize, OptimizeOptions, Result};

use crate::support::{put, read, root, sorted};

const DAY: i64 = 86_400_000_000;
const MARCH: i64 = 20_513 * DAY;

fn optimize(root: &Path) -> Result<TableReport> {
    let optimize = Optimize::new(root, Catalog::defender(), OptimizeOptions::default());
    Ok(optimize.run(&|_| ())?.tables.remove("DeviceEvents").unwrap_or_default())
}

/// The Parquet files below a folder that readers see, by name.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("readable").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        match path.is_dir() {
            true if !name.starts_with('_') => found.extend(files(&path).iter().map(|it| format!("{name}/{it}"))),
            true => {}
            false => found.push(name),
        }
    }
    found.sort();
    found
}

fn write(root: &Path, path: &str, batch: &RecordBatch, properties: Option<WriterProperties>) {
    let path = put(root, path, "");
    let file = File::create(path).expect("writable");
    let mut writer = ArrowWriter::try_new(file, batch.schema(), properties).expect("a writer");
    writer.write(batch).expect("writable");
    writer.close().expect("writable");
}

/// Events that begin at a time, a second apart, of ten devices in turn; too many to be left alone for being few.
fn events(first: i64, rows: i64) -> RecordBatch {
    let times = TimestampMicrosecondArray::from_iter_values((0..rows).map(|row| first + row * 1_000_000));
    let devices = StringArray::from_iter_values((0..rows).map(|row| format!("device{}", row % 10)));
    let lines =
        StringArray::from_iter((0..rows).map(|row| (row % 7 != 0).then(|| format!("run {:x}", row * 7_919_317_331))));
    RecordBatch::try_from_iter_with_nullable([
        ("Timestamp", Arc::new(times.with_timezone("UTC")) as ArrayRef, true),
        ("DeviceId", Arc::new(devices), true),
        ("ProcessCommandLine", Arc::new(lines), true),
    ])
    .expect("equal lengths")
}

/// Rows as text, whatever the types, in any order.
fn rows(folder: &Path) -> Vec<String> {
    let mut all = Vec::new();
    for name in files(folder).iter().filter(|name| name.ends_with(".parquet")) {
        let file = File::open(folder.join(name)).expect("there");
        for batch in ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet").build().expect("Parquet") {
            let batch = batch.expect("Parquet");
            let cell = |column: &ArrayRef, row| match column.is_null(row) {
                true => "null".to_owned(),
                false => format!("{:?}", array_value_to_string(column, row).expect("printable")),
            };
            let text = |row| batch.columns().iter().map(|column| cell(column, row)).collect::<Vec<_>>().join("|");
            all.extend((0..batch.num_rows()).map(text));
        }
    }
    sorted(all)
}

#[test]
fn small_files_of_a_day_become_one() {
    let root = root();
    for (path, hour) in [("a", 1), ("b", 2), ("c", 3), ("next", 24)] {
        write(root.path(), &format!("DeviceEvents/{path}.parquet"), &events(MARCH + hour * DAY / 24, 3000), None);
    }
    put(root.path(), "DeviceEvents/a.parquet.vzx", "an index");
    put(root.path(), "DeviceEvents/more.ndjson", "{\"DeviceId\":\"x\"}\n");
    let before = read(root.path(), "DeviceEvents").unwrap();
    let report = optimize(root.path()).unwrap();
    assert_eq!((report.before.count, report.after.count, report.rows, report.ndjson), (4, 2, 12_000, 1), "{report:?}");
    assert!(report.after.bytes <= report.before.bytes && report.left.is_empty(), "{report:?}");
    let after = read(root.path(), "DeviceEvents").unwrap();
    assert_eq!(after.columns, before.columns);
    assert_eq!(sorted(after.rows), sorted(before.rows));
    let names = files(&root.path().join("DeviceEvents"));
    assert!(names.len() == 3 && names.iter().filter(|name| name.starts_with("opt-")).count() == 2, "{names:?}");
}

#[test]
fn a_second_run_does_nothing_and_a_new_file_joins() {
    let root = root();
    write(root.path(), "DeviceEvents/a.parquet", &events(MARCH, 5000), None);
    optimize(root.path()).unwrap();
    let names = files(root.path());
    let report = optimize(root.path()).unwrap();
    assert_eq!((report.before.count, report.fine), (0, 1));
    assert_eq!(files(root.path()), names);
    write(root.path(), "DeviceEvents/b.parquet", &events(MARCH + DAY / 2, 5000), None);
    let report = optimize(root.path()).unwrap();
    assert_eq!((report.before.count, report.after.count, report.rows), (2, 1, 10_000));
}

#[test]
fn a_dry_run_touches_nothing() {
    let root = root();
    write(root.path(), "DeviceEvents/a.parquet", &events(MARCH, 5000), None);
    let options = OptimizeOptions { dry_run: true, ..OptimizeOptions::default() };
    let report = Optimize::new(root.path(), Catalog::defender(), options).run(&|_| ()).unwrap();
    assert_eq!(report.tables["DeviceEvents"].before.count, 1);
    assert_eq!(files(root.path()), ["DeviceEvents/a.parquet"]);
    assert!(!root.path().join("_optimize").exists());
}

#[test]
fn rows_of_a_device_lie_together_in_small_pages() {
    let root = root();
    write(root.path(), "DeviceEvents.parquet", &events(MARCH, 60_000), None);
    optimize(root.path()).unwrap();
    let path = root.path().join("DeviceEvents.parquet");
    let file = File::open(&path).expect("a table in one file stays one");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let devices: Vec<String> = reader
        .flat_map(|batch| {
            let column = batch.unwrap().column_by_name("DeviceId").expect("a column").clone();
            (0..column.len()).map(|row| array_value_to_string(&column, row).unwrap()).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(devices.chunk_by(|a, b| a == b).count(), 10);
    let reader = ParquetMetaDataReader::new().with_page_index_policy(PageIndexPolicy::Required);
    let metadata = reader.parse_and_finish(&File::open(&path).unwrap()).unwrap();
    let pages = &metadata.offset_index().expect("page indexes")[0];
    assert!(pages[2].page_locations().len() > 40, "{}", pages[2].page_locations().len());
}

#[test]
fn only_what_fits_is_put_together_and_notes_are_kept() {
    let root = root();
    let noted = |own: &str| {
        let pairs =
            vec![KeyValue::new("made by".into(), "us".to_owned()), KeyValue::new("part".into(), own.to_owned())];
        Some(WriterProperties::builder().set_key_value_metadata(Some(pairs)).build())
    };
    write(root.path(), "DeviceEvents/a.parquet", &events(MARCH, 3000), noted("a"));
    write(root.path(), "DeviceEvents/b.parquet", &events(MARCH, 3000), noted("b"));
    let wider = events(MARCH, 3000);
    let named = |(name, column): (&str, ArrayRef)| (name.to_owned(), column, true);
    let columns: Vec<_> = ["Timestamp", "DeviceId", "ProcessCommandLine"]
        .into_iter()
        .zip(wider.columns().iter().cloned())
        .map(named)
        .collect();
    let more = ("Mine".to_owned(), Arc::new(Int64Array::from_iter_values(0..3000)) as ArrayRef, true);
    let wider = RecordBatch::try_from_iter_with_nullable(columns.into_iter().chain([more])).unwrap();
    write(root.path(), "DeviceEvents/c.parquet", &wider, None);
    let before = read(root.path(), "DeviceEvents").unwrap();
    let report = optimize(root.path()).unwrap();
    assert_eq!((report.before.count, report.after.count), (3, 2), "{report:?}");
    assert_eq!(sorted(read(root.path(), "DeviceEvents").unwrap().rows), sorted(before.rows));
    let notes = |name: &String| {
        let file = File::open(root.path().join(name)).unwrap();
        let metadata = ParquetMetaDataReader::new().parse_and_finish(&file).unwrap();
        let pairs = metadata.file_metadata().key_value_metadata().cloned().unwrap_or_default();
        let mut keys: Vec<String> =
            pairs.into_iter().map(|pair| pair.key).filter(|key| key != "ARROW:schema").collect();
        keys.sort();
        keys
    };
    let mut all: Vec<_> = files(root.path()).iter().map(notes).collect();
    all.sort();
    assert_eq!(all, [vec!["made by", "vizsla.optimized"], vec!["vizsla.optimized"]]);
}

#[test]
fn a_broken_file_stays_and_the_others_are_rewritten() {
    let root = root();
    write(root.path(), "DeviceEvents/a.parquet", &events(MARCH, 5000), None);
    put(root.path(), "DeviceEvents/b.parquet", "PAR1 and then nothing");
    let report = optimize(root.path()).unwrap();
    assert_eq!(report.after.count, 1);
    assert!(matches!(&report.left[..], [left] if left.failed && left.place.ends_with("b.parquet")), "{report:?}");
    assert!(root.path().join("DeviceEvents/b.parquet").exists());
}

#[test]
fn a_file_that_changes_meanwhile_stays() {
    let root = root();
    write(root.path(), "DeviceEvents/a.parquet", &events(MARCH, 5000), None);
    write(root.path(), "DeviceEvents/b.parquet", &events(MARCH + 2 * DAY, 5000), None);
    let change = || write(root.path(), "DeviceEvents/a.parquet", &events(MARCH, 4000), None);
    let once = std::sync::Once::new();
    let optimize = Optimize::new(root.path(), Catalog::defender(), OptimizeOptions::default());
    let report = optimize.run(&|_| once.call_once(change)).unwrap().tables.remove("DeviceEvents").unwrap();
    assert_eq!(report.after.count, 1);
    assert!(matches!(&report.left[..], [left] if left.failed && left.reason.contains("changed")), "{report:?}");
    assert_eq!(read(root.path(), "DeviceEvents").unwrap().rows.len(), 9000);
    assert!(!root.path().join("_optimize/staging").exists());
}

#[test]
fn unknown_tables_are_named() {
    let root = root();
    let options = OptimizeOptions { tables: vec!["NoSuchTable".to_owned()], ..OptimizeOptions::default() };
    let error = Optimize::new(root.path(), Catalog::defender(), options).run(&|_| ()).unwrap_err();
    assert!(error.to_string().starts_with("no table named NoSuchTable in "), "{error}");
}

/// A commit that stands is what readers see, however much of it has been done; then it is finished.
#[test]
fn readers_see_a_commit_as_done() {
    for only in [false, true] {
        let made = root();
        let old = if only { "DeviceEvents.parquet" } else { "DeviceEvents/a.parquet" };
        write(made.path(), old, &events(MARCH, 5000), None);
        let expected = sorted(read(made.path(), "DeviceEvents").unwrap().rows);
        let new_root = root();
        fs::create_dir_all(new_root.path().join("DeviceEvents")).unwrap();
        fs::copy(made.path().join(old), new_root.path().join(old)).unwrap();
        optimize(new_root.path()).unwrap();
        let new = files(new_root.path()).remove(0);
        let metadata = fs::metadata(made.path().join(old)).unwrap();
        let modified = metadata.modified().unwrap().duration_since(std::time::UNIX_EPOCH).unwrap();
        let staged = "_optimize/staging/x/0.parquet";
        put(made.path(), staged, fs::read(new_root.path().join(&new)).unwrap());
        let check = |step: &str| {
            let seen = sorted(read(made.path(), "DeviceEvents").unwrap().rows);
            assert!(seen == expected, "{step}: {} rows", seen.len());
        };
        check("before the commit");
        let commit = format!(
            r#"{{"input":"x","name":"DeviceEvents","moves":[{{"from":"{staged}","to":"{new}"}}],
                "removals":[{{"path":"{old}","was":{{"size":{},"seconds":{},"nanos":{}}}}}]}}"#,
            metadata.len(),
            modified.as_secs(),
            modified.subsec_nanos()
        );
        put(made.path(), "_optimize/commit.json", commit);
        check("committed");
        fs::rename(made.path().join(staged), made.path().join(&new)).unwrap();
        check("moved");
        if !only {
            fs::remove_file(made.path().join(old)).unwrap();
            check("removed");
        }
        let report = optimize(made.path()).unwrap();
        check("finished");
        assert_eq!((report.before.count, report.fine), (0, 1));
        assert!(!made.path().join("_optimize/commit.json").exists());
        assert_eq!(files(made.path()), [new]);
    }
}

/// Columns of many types, with nulls, and one that no schema knows.
fn batches() -> impl Strategy<Value = Vec<RecordBatch>> {
    let row = (any::<Option<u32>>(), 0..5u8, any::<Option<i64>>(), ".{0,12}", any::<Option<bool>>());
    let batch = prop::collection::vec(row, 1..400).prop_map(|rows| {
        let times = |ms: &Option<u32>| ms.map(|ms| i64::from(ms) * 100);
        let words: Vec<Option<&str>> = rows.iter().map(|row| (row.1 > 0).then_some(row.3.as_str())).collect();
        let kinds: DictionaryArray<Int32Type> =
            rows.iter().map(|row| ["a", "b", "", "d", "e"].get(row.1 as usize).copied()).collect();
        let numbers = Int64Array::from_iter(rows.iter().map(|row| row.2));
        let guids = rows.iter().map(|row| row.2.map(|n| [n.to_le_bytes(), n.to_be_bytes()].concat()));
        let lists = rows.iter().map(|row| {
            row.2.map(|n| (0..row.1).map(move |i| (i != 2).then_some(n ^ i64::from(i))).collect::<Vec<_>>())
        });
        let flags = Arc::new(BooleanArray::from_iter(rows.iter().map(|row| row.4)));
        let inner = Field::new("Flag", DataType::Boolean, true);
        let decimals = Decimal128Array::from_iter(rows.iter().map(|row| row.2.map(i128::from)));
        let columns: Vec<(&str, ArrayRef)> = vec![
            (
                "Timestamp",
                Arc::new(
                    TimestampMillisecondArray::from_iter(rows.iter().map(|row| times(&row.0))).with_timezone("UTC"),
                ),
            ),
            ("DeviceId", Arc::new(kinds)),
            ("ProcessCommandLine", Arc::new(StringArray::from(words.clone()))),
            ("Bytes", Arc::new(BinaryArray::from_iter(words.iter().map(|word| word.map(str::as_bytes))))),
            ("ReportId", Arc::new(numbers)),
            ("Real", Arc::new(Float64Array::from_iter(rows.iter().map(|row| row.2.map(|n| f64::from_bits(n as u64)))))),
            ("Guid", Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(guids, 16).expect("16 bytes"))),
            ("List", Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(lists))),
            ("Struct", Arc::new(StructArray::from(vec![(Arc::new(inner), Arc::clone(&flags) as ArrayRef)]))),
            ("Decimal", Arc::new(decimals.with_precision_and_scale(30, 4).expect("a decimal"))),
            ("Flag", flags),
        ];
        let fields: Vec<_> = columns.iter().map(|(name, it)| Field::new(*name, it.data_type().clone(), true)).collect();
        let arrays = columns.into_iter().map(|(_, array)| array).collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).expect("equal lengths")
    });
    prop::collection::vec(batch, 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn rows_stay_what_they_are(batches in batches()) {
        let root = root();
        // Plain and uncompressed, so that what is made of them is smaller and takes their place.
        let plain = || WriterProperties::builder().set_dictionary_enabled(false).build();
        for (number, batch) in batches.iter().enumerate() {
            let times = 2_000usize.div_ceil(batch.num_rows());
            let more = arrow::compute::concat_batches(&batch.schema(), std::iter::repeat_n(batch, times)).unwrap();
            write(root.path(), &format!("DeviceEvents/{number}.parquet"), &more, Some(plain()));
        }
        let before = rows(root.path());
        let seen = read(root.path(), "DeviceEvents").unwrap();
        let report = optimize(root.path()).unwrap();
        prop_assert!(report.left.is_empty(), "{:?}", report.left);
        // What is no smaller afterwards stays as it was, such as flags and nulls.
        let has_numbers = |it: &RecordBatch| it.column_by_name("ReportId").is_some_and(|it| it.null_count() < it.len());
        prop_assert!(report.after.count > 0 || !batches.iter().any(has_numbers));
        prop_assert_eq!(report.rows as usize, before.len());
        prop_assert!(rows(root.path()) == before);
        let then = read(root.path(), "DeviceEvents").unwrap();
        prop_assert_eq!(then.columns, seen.columns);
        prop_assert!(sorted(then.rows) == sorted(seen.rows));
    }
}
