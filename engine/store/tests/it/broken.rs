//! Files that are not what they seem: named, or left out with a warning.

use std::fs;
use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use vizsla_store::{OnBroken, StoreError};

use crate::support::{open, open_with, put, put_parquet, read, read_with, root};

fn names(values: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

#[test]
fn a_truncated_parquet_file_is_named() {
    let root = root();
    let whole = put_parquet(root.path(), "DeviceInfo/a.parquet", vec![("DeviceName", names(&["a"]))]);
    let bytes = fs::read(&whole).expect("readable");
    for length in [0, 4, bytes.len() / 2, bytes.len() - 1] {
        let cut = put(root.path(), "DeviceInfo/cut.parquet", &bytes[..length]);
        let error = open(root.path(), "DeviceInfo").expect_err("a broken file");
        assert!(matches!(error, StoreError::BrokenFile { .. }), "{length} bytes: {error}");
        let text = error.to_string();
        assert!(text.contains("cut.parquet") && text.contains("copy or export it again"), "{text}");
        let read = read_with(root.path(), "DeviceInfo", OnBroken::Skip).expect("without it");
        assert_eq!((read.rows.len(), read.warnings.len()), (1, 1));
        assert!(read.warnings[0].message.contains("cut.parquet"));
        fs::remove_file(cut).expect("there");
    }
}

#[test]
fn a_file_of_another_table_is_recognised() {
    let root = root();
    let columns = ["RegistryKey", "RegistryValueName", "RegistryValueData", "PreviousRegistryValueData"];
    let columns = columns.map(|name| (name, names(&["x"]))).to_vec();
    put_parquet(root.path(), "DeviceLogonEvents/a.parquet", columns);
    let error = open(root.path(), "DeviceLogonEvents").expect_err("another table's file").to_string();
    assert!(error.contains("its columns are those of DeviceRegistryEvents"), "{error}");
    let table = open_with(root.path(), "DeviceLogonEvents", OnBroken::Skip).expect("without it").expect("declared");
    assert_eq!((table.files.len(), table.warnings.len()), (0, 1));

    put_parquet(root.path(), "DeviceInfo/a.parquet", vec![("foo", names(&["x"]))]);
    let error = open(root.path(), "DeviceInfo").expect_err("nobody's file").to_string();
    assert!(error.contains("it has none of the table's columns"), "{error}");
}

#[test]
fn an_empty_ndjson_file_has_no_rows() {
    let root = root();
    for (name, bytes) in [("a.ndjson", Vec::new()), ("b.ndjson.zst", zstd::encode_all(&b""[..], 1).expect("memory"))] {
        put(root.path(), &format!("DeviceInfo/{name}"), bytes);
    }
    assert!(read(root.path(), "DeviceInfo").expect("readable").rows.is_empty());
}

#[test]
fn a_broken_line_is_named() {
    let root = root();
    put(root.path(), "DeviceInfo/a.ndjson", "{\"DeviceName\":\"a\"}\n{\"DeviceName\":\n{\"DeviceName\":\"b\"}\n");
    let error = read(root.path(), "DeviceInfo").expect_err("a broken line").to_string();
    assert!(error.contains("DeviceInfo/a.ndjson, line 2: not JSON at column 15"), "{error}");
    let read = read_with(root.path(), "DeviceInfo", OnBroken::Skip).expect("without it");
    assert_eq!(read.rows, ["DeviceName=a", "DeviceName=b"]);
    assert!(read.warnings[0].message.starts_with("skipped line 2 of "), "{:?}", read.warnings);
}

#[test]
fn damaged_and_foreign_compression_is_named() {
    let root = root();
    let packed = zstd::encode_all("{\"DeviceName\":\"a\"}\n".repeat(1000).as_bytes(), 1).expect("memory");
    let file = put(root.path(), "DeviceInfo/a.ndjson.zst", &packed[..packed.len() - 3]);
    let error = read(root.path(), "DeviceInfo").expect_err("cut off").to_string();
    assert!(error.contains("a.ndjson.zst is broken: cannot be decompressed"), "{error}");
    fs::remove_file(file).expect("there");
    put(root.path(), "DeviceInfo/a.ndjson.bz2", "BZh");
    let error = open(root.path(), "DeviceInfo").expect_err("bzip2").to_string();
    assert!(error.contains("is compressed with bz2"), "{error}");
}
