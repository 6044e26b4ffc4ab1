//! Promises about whole runs: the same bytes, the right number, in order, and ids that agree.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use tempfile::TempDir;

use super::*;

fn plan(rows: u64) -> Plan {
    Plan { rows, days: 4, ..Plan::demo(jiff::civil::date(2026, 3, 2)) }
}

fn generated(plan: &Plan) -> (TempDir, Summary) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let summary = generate(plan, dir.path(), |_| {}).expect("generated");
    (dir, summary)
}

fn day_files(dir: &Path, table: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir.join(table)).expect("the table's folder");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files
}

fn batches(dir: &Path, table: &str) -> Vec<RecordBatch> {
    let read = |path| {
        let file = File::open(path).expect("opens");
        ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet").build().expect("a reader")
    };
    day_files(dir, table).iter().flat_map(read).map(|batch| batch.expect("rows")).collect()
}

/// Cells of some columns as text, row by row.
fn cells(dir: &Path, table: &str, columns: &[&str]) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for batch in batches(dir, table) {
        for row in 0..batch.num_rows() {
            rows.push(columns.iter().map(|name| cell(&batch, name, row)).collect());
        }
    }
    rows
}

fn cell(batch: &RecordBatch, column: &str, row: usize) -> String {
    let array = batch.column_by_name(column).unwrap_or_else(|| panic!("no column {column}"));
    if let Some(texts) = array.as_string_opt::<i32>() {
        texts.value(row).to_owned()
    } else if let Some(numbers) = array.as_primitive_opt::<Int64Type>() {
        numbers.value(row).to_string()
    } else {
        array.as_primitive::<TimestampMicrosecondType>().value(row).to_string()
    }
}

#[test]
fn the_same_plan_makes_the_same_bytes() {
    let ((first, summary), (second, again)) = (generated(&plan(3_000)), generated(&plan(3_000)));
    assert_eq!(summary, again);
    for source in SOURCES {
        let files = day_files(first.path(), source.table);
        assert_eq!(files.len(), 4, "{}", source.table);
        for file in files {
            let twin = second.path().join(file.strip_prefix(first.path()).expect("below the folder"));
            assert!(fs::read(&file).expect("readable") == fs::read(twin).expect("readable"), "{}", file.display());
        }
    }
}

#[test]
fn another_seed_makes_another_company() {
    assert_ne!(Company::new(1, 30).devices[0].id, Company::new(2, 30).devices[0].id);
}

#[test]
fn there_are_about_as_many_rows_as_asked_for() {
    for rows in [500, 8_000] {
        let (_dir, summary) = generated(&plan(rows));
        assert!((rows - rows / 20..rows + 400).contains(&summary.rows()), "{rows}: {}", summary.rows());
    }
}

#[test]
fn only_chosen_tables_are_written() {
    let tables = vec!["UrlClickEvents".to_owned(), "DeviceInfo".to_owned()];
    let (dir, summary) = generated(&Plan { tables, ..plan(1_000) });
    assert_eq!(summary.tables.len(), 2);
    assert!(summary.rows() >= 990);
    assert_eq!(fs::read_dir(dir.path()).expect("the folder").count(), 2);
    let error = generate(&Plan { tables: vec!["Syslog".to_owned()], ..plan(1) }, dir.path(), |_| {});
    assert_eq!(error.expect_err("no such table").to_string(), "no events are generated for table `Syslog`");
}

#[test]
fn rows_are_in_order_and_on_their_day() {
    let (dir, _) = generated(&plan(8_000));
    for source in SOURCES {
        for path in day_files(dir.path(), source.table) {
            let day: Date = path.file_stem().and_then(|name| name.to_str()).expect("a name").parse().expect("a day");
            let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(&path).expect("opens")).expect("Parquet");
            let mut last = calendar::Calendar::new(day, 1).midnight(0);
            let end = last + 86_400_000_000;
            for batch in reader.build().expect("a reader") {
                let batch = batch.expect("rows");
                let times = batch.column_by_name("Timestamp").expect("every table has it");
                for at in times.as_primitive::<TimestampMicrosecondType>().values() {
                    assert!(last <= *at && *at < end, "{}: {at} after {last}", path.display());
                    last = *at;
                }
            }
        }
    }
}

#[test]
fn strings_are_never_null() {
    let (dir, _) = generated(&plan(2_000));
    let catalog = vizsla_schema::Catalog::defender();
    for source in SOURCES {
        let table = catalog.table(source.table).expect("a table of the catalog");
        for batch in batches(dir.path(), source.table) {
            for (column, array) in table.columns.iter().zip(batch.columns()) {
                let string = column.ty == vizsla_schema::KqlType::String;
                assert!(!string || array.null_count() == 0, "{}.{}", table.name, column.name);
            }
        }
    }
}

/// A process as other tables know it: device, number, start, image.
type Key = Vec<String>;

fn processes(dir: &Path) -> BTreeMap<Key, Vec<String>> {
    let key = ["DeviceId", "ProcessId", "ProcessCreationTime"];
    let rest = ["FileName", "SHA1", "ProcessCommandLine", "AccountName"];
    let rows = cells(dir, "DeviceProcessEvents", &[&key[..], &rest[..]].concat());
    rows.into_iter().map(|mut row| (row.drain(..3).collect(), row)).collect()
}

#[test]
fn most_events_join_with_the_process_that_caused_them() {
    let (dir, _) = generated(&plan(8_000));
    let processes = processes(dir.path());
    let initiator = [
        "DeviceId",
        "InitiatingProcessId",
        "InitiatingProcessCreationTime",
        "InitiatingProcessFileName",
        "InitiatingProcessSHA1",
        "InitiatingProcessCommandLine",
        "InitiatingProcessAccountName",
    ];
    for table in
        ["DeviceFileEvents", "DeviceRegistryEvents", "DeviceImageLoadEvents", "DeviceProcessEvents", "DeviceEvents"]
    {
        let events = cells(dir.path(), table, &initiator);
        let mut known = 0;
        for event in &events {
            if let Some(process) = processes.get(&event[..3]) {
                assert_eq!(&event[3..], &process[..], "{table}");
                known += 1;
            }
        }
        // The others are residents, started before the window.
        assert!(known * 5 > events.len(), "{table}: {known} of {}", events.len());
    }
}

#[test]
fn urls_and_attachments_belong_to_messages() {
    let (dir, _) = generated(&plan(8_000));
    let messages: BTreeMap<String, i64> = cells(dir.path(), "EmailEvents", &["NetworkMessageId", "Timestamp"])
        .into_iter()
        .map(|row| (row[0].clone(), row[1].parse().expect("a moment")))
        .collect();
    for table in ["EmailUrlInfo", "EmailAttachmentInfo"] {
        for row in cells(dir.path(), table, &["NetworkMessageId", "Timestamp"]) {
            assert_eq!(messages.get(&row[0]), Some(&row[1].parse().expect("a moment")), "{table}");
        }
    }
    let urls: BTreeSet<_> = cells(dir.path(), "EmailUrlInfo", &["NetworkMessageId", "Url"]).into_iter().collect();
    for click in cells(dir.path(), "UrlClickEvents", &["NetworkMessageId", "Url"]) {
        assert!(click[0].is_empty() || urls.contains(&click), "{click:?}");
    }
}

#[test]
fn the_intrusion_can_be_followed_from_table_to_table() {
    let (dir, _) = generated(&plan(2_000));
    let dir = dir.path();
    let key = ["DeviceId", "InitiatingProcessId", "InitiatingProcessCreationTime"];

    let clicks = cells(dir, "UrlClickEvents", &["Url", "NetworkMessageId"]);
    let click = clicks.iter().find(|row| row[0] == story::LURE).expect("the click");
    let mail = cells(dir, "EmailEvents", &["NetworkMessageId", "RecipientEmailAddress"]);
    assert!(mail.iter().any(|row| row[0] == click[1]), "the clicked mail was delivered");

    let files = cells(dir, "DeviceFileEvents", &["FileName", "SHA1", key[0], key[1], key[2]]);
    let dropped = files.iter().find(|row| row[0] == story::PAYLOAD).expect("the payload is written");
    let processes = processes(dir);
    assert_eq!(processes[&dropped[2..]][0], "powershell.exe");

    let started: Vec<_> = processes.iter().filter(|(_, process)| process[0] == story::PAYLOAD).collect();
    assert_eq!(started.len(), 1);
    let (implant, process) = started[0];
    assert_eq!(process[1], dropped[1], "the file that was written is the one that runs");

    let beacons = cells(dir, "DeviceNetworkEvents", &["RemoteUrl", "RemoteIP", key[0], key[1], key[2]]);
    let beacons: Vec<_> = beacons.iter().filter(|row| row[0] == story::CONTROL_HOST).collect();
    assert!(beacons.len() > 50, "{}", beacons.len());
    assert!(beacons.iter().all(|row| row[1] == story::CONTROL_IP && row[2] == implant[0]));
    assert!(beacons.iter().filter(|row| row[2..] == **implant).count() >= beacons.len() - 1);

    let alerts: BTreeSet<_> = cells(dir, "AlertInfo", &["AlertId"]).into_iter().collect();
    let evidence = cells(dir, "AlertEvidence", &["AlertId", "SHA1"]);
    assert!(evidence.iter().all(|row| alerts.contains(&row[..1])));
    assert!(evidence.iter().any(|row| row[1] == process[1]), "an alert names the payload");
}
