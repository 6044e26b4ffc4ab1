//! Layouts, encodings and types that a table can come in.

use std::io::Write;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int32Array, StringArray, TimestampSecondArray};
use vizsla_schema::Catalog;
use vizsla_store::{DataRoot, StoreError};

use crate::support::{open, put, put_parquet, read, root, wait};

const LINES: &str = "{\"Timestamp\":\"2019-03-19T17:04:44.2220001Z\",\"DeviceName\":\"a\"}\n{\"DeviceName\":\"b\"}\n";
const ROWS: [&str; 2] = ["Timestamp=2019-03-19T17:04:44.2220001Z|DeviceName=a", "DeviceName=b"];

fn gzip(text: &str) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text.as_bytes()).expect("memory");
    packed.finish().expect("memory")
}

#[test]
fn ndjson_comes_packed_and_in_folders() {
    let two_members = [gzip(&LINES[..LINES.len() / 2]), gzip(&LINES[LINES.len() / 2..])].concat();
    for (path, bytes) in [
        ("DeviceInfo.ndjson", LINES.as_bytes().to_vec()),
        ("deviceinfo.jsonl", LINES.as_bytes().to_vec()),
        ("DeviceInfo/a/b.json", LINES.replace('\n', "\r\n").into_bytes()),
        ("DeviceInfo/a.ndjson.gz", two_members),
        ("DeviceInfo/a.ndjson.zst", zstd::encode_all(LINES.as_bytes(), 1).expect("memory")),
    ] {
        let root = root();
        put(root.path(), path, bytes);
        assert_eq!(read(root.path(), "DeviceInfo").expect("readable").rows, ROWS, "{path}");
    }
}

#[test]
fn the_layout_of_raw_data_streaming() {
    let root = root();
    let record = |table: &str, name: &str| {
        format!(
            "{{\"time\":\"x\",\"category\":\"AdvancedHunting-{table}\",\"properties\":{{\"DeviceName\":\"{name}\"}}}}"
        )
    };
    let hour = "tenantId=7/y=2026/m=01/d=02/h=03/m=00/PT1H.json";
    put(root.path(), &format!("insights-logs-advancedhunting-deviceinfo/{hour}"), record("DeviceInfo", "a"));
    put(
        root.path(),
        "hub/batch.json",
        format!("{{\"records\":[{},{}]}}", record("DeviceInfo", "b"), record("DeviceEvents", "c")),
    );
    let read = read(root.path(), "DeviceInfo").expect("readable");
    assert_eq!(read.rows, ["DeviceName=b", "DeviceName=a"]);
    assert!(!read.columns.iter().any(|column| column.starts_with("y:") || column.starts_with("tenantId:")));
    let data = DataRoot::open(&root.path().display().to_string()).expect("a folder");
    assert_eq!(wait(data.table_names(&Catalog::defender())).expect("listable"), ["DeviceEvents", "DeviceInfo"]);
}

#[test]
fn hive_partitions_are_columns() {
    let root = root();
    for (path, name) in [("day=2019-03-19/region=eu%20west/n=1", "a"), ("day=2019-03-20/region=us/n=2", "b")] {
        let names: ArrayRef = Arc::new(StringArray::from(vec![name]));
        put_parquet(root.path(), &format!("DeviceInfo/{path}/f.parquet"), vec![("DeviceName", names)]);
        put(root.path(), &format!("DeviceInfo/{path}/f.ndjson"), format!("{{\"DeviceName\":\"{name}{name}\"}}"));
    }
    let read = read(root.path(), "DeviceInfo").expect("readable");
    let added = &read.columns[read.columns.len() - 3..];
    assert_eq!(added, ["day:datetime", "region:string", "n:long"]);
    assert_eq!(
        read.rows,
        [
            "DeviceName=aa|day=2019-03-19T00:00:00.0000000Z|region=eu west|n=1",
            "DeviceName=a|day=2019-03-19T00:00:00.0000000Z|region=eu west|n=1",
            "DeviceName=bb|day=2019-03-20T00:00:00.0000000Z|region=us|n=2",
            "DeviceName=b|day=2019-03-20T00:00:00.0000000Z|region=us|n=2",
        ]
    );
}

#[test]
fn an_unknown_table_has_the_columns_of_its_files() {
    let root = root();
    put(root.path(), "Firewall/a.ndjson", r#"{"Timestamp":"2019-03-19T17:04:44Z","port":443,"rule":{"id":1}}"#);
    put(root.path(), "Firewall/b.ndjson", r#"{"port":"any","Zone":null}"#);
    let table = open(root.path(), "Firewall").expect("readable").expect("found");
    assert_eq!(table.time_column, Some(0));
    let read = read(root.path(), "Firewall").expect("readable");
    assert_eq!(read.columns, ["Timestamp:datetime", "port:string", "rule:dynamic", "Zone:string"]);
    assert_eq!(read.rows, ["Timestamp=2019-03-19T17:04:44.0000000Z|port=443|rule={\"id\":1}", "port=any"]);
    assert!(open(root.path(), "firewall").expect("readable").is_none());
    assert!(open(root.path(), "DeviceInfo").expect("readable").is_some_and(|table| table.files.is_empty()));
}

#[test]
fn files_may_disagree_about_types() {
    let root = root();
    let put = |path: &str, build, times: ArrayRef, extra: ArrayRef| {
        put_parquet(root.path(), path, vec![("Timestamp", times), ("OSBuild", build), ("load", extra)])
    };
    let narrow: ArrayRef = Arc::new(Int32Array::from(vec![Some(17763), None]));
    let seconds: ArrayRef = Arc::new(TimestampSecondArray::from(vec![0, 1]));
    put("DeviceInfo/1.parquet", narrow.clone(), seconds, narrow);
    let text: ArrayRef = Arc::new(StringArray::from(vec!["17764", "many"]));
    let iso: ArrayRef = Arc::new(StringArray::from(vec!["1970-01-01T00:00:02Z", "never"]));
    put("DeviceInfo/2.parquet", text, iso, Arc::new(Float64Array::from(vec![0.5, 1.5])));
    let read = read(root.path(), "DeviceInfo").expect("readable");
    assert_eq!(read.columns.last().map(String::as_str), Some("load:real"));
    assert_eq!(
        read.rows,
        [
            "Timestamp=1970-01-01T00:00:00.0000000Z|OSBuild=17763|load=17763.0",
            "Timestamp=1970-01-01T00:00:01.0000000Z",
            "Timestamp=1970-01-01T00:00:02.0000000Z|OSBuild=17764|load=0.5",
            "load=1.5",
        ]
    );
}

#[test]
fn roots_that_cannot_be_opened() {
    let root = root();
    let file = put(root.path(), "file", "");
    let open = |address: &str| DataRoot::open(address).expect_err("no root").to_string();
    assert_eq!(open("/no/such/folder"), "no such folder: /no/such/folder");
    assert!(open(&file.display().to_string()).contains("is not a folder"));
    assert!(matches!(DataRoot::open("s3://bucket/x"), Err(StoreError::UnsupportedAddress { .. })));
    assert!(DataRoot::open(&format!("file://{}", root.path().display())).is_ok());
}
