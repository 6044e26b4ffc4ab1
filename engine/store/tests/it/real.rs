//! Telemetry of real machines: every table opens, every row arrives.

use std::collections::BTreeMap;

use vizsla_schema::Catalog;
use vizsla_store::{DataRoot, Ingest, IngestOptions, OnBroken};

use crate::support::{open, put, read, read_from, root, shared, sorted, wait};

#[test]
fn every_exported_table_opens() {
    let Some(folder) = shared("data/otrf") else { return };
    let catalog = Catalog::defender();
    let data = DataRoot::open(&folder.display().to_string()).expect("a folder");
    let names = wait(data.table_names(&catalog)).expect("listable");
    assert_eq!(names.len(), 13);
    let mut all = 0;
    for name in names {
        let table = open(&folder, &name).expect("readable").expect("a known table");
        let declared = &catalog.table(&name).expect("declared").columns;
        let found: Vec<_> = table.columns.iter().map(|c| (c.name.as_str(), c.ty)).collect();
        assert_eq!(found, declared.iter().map(|c| (c.name.as_str(), c.ty)).collect::<Vec<_>>(), "{name}");
        all += table.rows().expect("Parquet says it");
    }
    assert!((860_000..880_000).contains(&all), "{all} rows");
}

#[test]
fn exported_rows_have_the_plans_types() {
    let Some(folder) = shared("data/otrf") else { return };
    for name in ["CloudAppEvents", "DeviceInfo", "DeviceNetworkInfo", "IdentityLogonEvents"] {
        let rows = open(&folder, name).expect("readable").and_then(|table| table.rows()).expect("Parquet says it");
        let read = read(&folder, name).expect("readable");
        assert_eq!(read.rows.len() as u64, rows, "{name}");
        assert!(read.rows.iter().all(|row| row.contains("Timestamp=20")), "{name}");
    }
}

/// The rows that the sample's lines hold, by a parser that has nothing to do with ours.
fn sample(text: &str) -> BTreeMap<String, Vec<serde_json::Map<String, serde_json::Value>>> {
    let mut tables: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for line in text.lines() {
        let mut record: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let category = record["category"].as_str().expect("an envelope").replace("AdvancedHunting-", "");
        let serde_json::Value::Object(row) = record["properties"].take() else { panic!("an envelope") };
        tables.entry(category).or_default().push(row);
    }
    tables
}

/// A row as [`crate::support::read`] shows it, from its JSON.
fn expected(columns: &[String], row: &serde_json::Map<String, serde_json::Value>) -> String {
    let cell = |column: &String| {
        let (name, ty) = column.split_once(':').expect("a name and a type");
        let text = match (row.get(name)?, ty) {
            (serde_json::Value::Null, _) => return None,
            (serde_json::Value::String(text), "dynamic") => serde_json::to_string(text).expect("JSON"),
            (serde_json::Value::String(text), _) => text.clone(),
            (other, _) => other.to_string(),
        };
        (!text.is_empty()).then(|| format!("{name}={text}"))
    };
    columns.iter().filter_map(cell).collect::<Vec<_>>().join("|")
}

#[test]
fn a_stream_is_read_and_ingested_without_loss() {
    let Some(path) = shared("data/stream_sample.ndjson") else { return };
    let text = std::fs::read_to_string(&path).expect("readable");
    let (streamed, ingested) = (root(), root());
    put(streamed.path(), "stream.ndjson", &text);
    let report = Ingest::new(ingested.path(), Catalog::defender(), IngestOptions::default())
        .run_file(&path, &mut |_| ())
        .expect("an ingest");
    assert_eq!((report.rejected, report.tables.values().map(|table| table.rows).sum::<u64>()), (0, 1965));
    let tables = sample(&text);
    assert_eq!(report.tables.keys().collect::<Vec<_>>(), tables.keys().collect::<Vec<_>>());
    let data = DataRoot::open(&streamed.path().display().to_string()).expect("a folder");
    for (name, rows) in tables {
        let parquet = read(ingested.path(), &name).expect("readable");
        let rows = sorted(rows.iter().map(|row| expected(&parquet.columns, row)).collect());
        assert_eq!(sorted(parquet.rows.iter().map(|row| compact(row)).collect()), rows, "{name}");
        // Each of these reads the whole stream, so a few tables have to do.
        if ["DeviceEvents", "DeviceInfo", "IdentityLogonEvents"].contains(&name.as_str()) {
            let stream = read_from(&data, &name, OnBroken::Fail).expect("readable");
            assert_eq!((&stream.columns, sorted(stream.rows)), (&parquet.columns, sorted(parquet.rows)), "{name}");
        }
    }
}

/// Without the blanks that the sample has between the parts of nested values, as its other parser writes them.
fn compact(row: &str) -> String {
    row.split('|')
        .map(|cell| match cell.split_once('=') {
            Some((name, value)) => match serde_json::from_str::<serde_json::Value>(value) {
                Ok(json) if json.is_object() || json.is_array() => format!("{name}={json}"),
                _ => cell.to_owned(),
            },
            None => cell.to_owned(),
        })
        .collect::<Vec<_>>()
        .join("|")
}
