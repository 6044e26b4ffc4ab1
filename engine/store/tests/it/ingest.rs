//! Ingest: whole or not at all, once, and nothing lost.

use std::fs;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};

use vizsla_schema::Catalog;
use vizsla_store::ingest::InputFormat;
use vizsla_store::{Ingest, IngestOptions, IngestReport, Result, StoreError};

use crate::support::{put, read, root, sorted};

fn ingest_with(root: &Path, options: IngestOptions, text: impl Read + Send, name: &str) -> Result<IngestReport> {
    Ingest::new(root, Catalog::defender(), options).table_hint("DeviceInfo").run(text, name, &mut |_| ())
}

fn ingest(root: &Path, text: &str) -> Result<IngestReport> {
    ingest_with(root, IngestOptions::default(), Cursor::new(text.to_owned()), "in.ndjson")
}

/// Every file below the root that readers can see.
fn files(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("readable") {
            let path = entry.expect("readable").path();
            match path.is_dir() {
                true if path.ends_with("_ingest") => {}
                true => folders.push(path),
                false => found.push(path.strip_prefix(root).expect("below").to_owned()),
            }
        }
    }
    found.sort_unstable();
    found
}

fn events(n: usize) -> String {
    let line = |i: usize| {
        let (day, second) = (1 + i * 7 % 5, i % 60);
        format!("{{\"Timestamp\":\"2024-01-0{day}T10:00:{second:02}.{i:07}Z\",\"DeviceName\":\"d{i}\",\"load\":{i}}}\n")
    };
    (0..n).map(line).collect()
}

#[test]
fn rows_are_sorted_into_days() {
    let root = root();
    let report = ingest(root.path(), &events(1000)).expect("an ingest");
    assert_eq!((report.tables["DeviceInfo"].rows, report.tables["DeviceInfo"].files), (1000, 5));
    let files = files(root.path());
    assert!(files[0].starts_with("DeviceInfo/2024-01-01"), "{files:?}");
    let read = read(root.path(), "DeviceInfo").expect("readable");
    assert_eq!(read.columns.last().map(String::as_str), Some("load:long"));
    let times: Vec<_> = read.rows.iter().map(|row| row.split('|').next()).collect();
    assert!(times.is_sorted());
    assert_eq!(read.rows.len(), 1000);
}

#[test]
fn little_memory_gives_the_same_rows() {
    let (small, large) = (root(), root());
    let text = events(6_000);
    let options = IngestOptions { memory: 1 << 18, ..IngestOptions::default() };
    let report = ingest_with(small.path(), options, Cursor::new(text.clone()), "in.ndjson").expect("an ingest");
    assert!(report.tables["DeviceInfo"].files > 5, "several files a day");
    ingest(large.path(), &text).expect("an ingest");
    let rows = |root: &Path| sorted(read(root, "DeviceInfo").expect("readable").rows);
    assert_eq!(rows(small.path()), rows(large.path()));
}

#[test]
fn an_input_is_taken_once() {
    let root = root();
    ingest(root.path(), &events(10)).expect("an ingest");
    let again = ingest(root.path(), &events(10)).expect("an ingest");
    assert!(again.already_there && again.tables.is_empty());
    let other = ingest(root.path(), &events(11)).expect("an ingest");
    assert!(!other.already_there);
    assert_eq!(read(root.path(), "DeviceInfo").expect("readable").rows.len(), 21);
    let path = put(root.path(), "_in.ndjson", events(10));
    let ingest = Ingest::new(root.path(), Catalog::defender(), IngestOptions::default()).table_hint("DeviceInfo");
    assert!(ingest.run_file(&path, &mut |_| ()).expect("an ingest").already_there);
}

/// Fails in the middle, as a network or a disk does.
struct Failing(Cursor<String>, usize);

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.1 == 0 {
            return Err(io::Error::from(io::ErrorKind::ConnectionReset));
        }
        let n = buffer.len().min(self.1);
        self.1 -= n;
        self.0.read(&mut buffer[..n])
    }
}

#[test]
fn a_failure_leaves_the_root_as_it_was() {
    let root = root();
    ingest(root.path(), &events(3)).expect("an ingest");
    let before = files(root.path());
    let options = IngestOptions { memory: 1 << 16, ..IngestOptions::default() };
    let text = events(6_000);
    let half = text.len() / 2;
    let failing = Failing(Cursor::new(text.clone()), half);
    let error = ingest_with(root.path(), options, failing, "in.ndjson").expect_err("half an input");
    assert!(matches!(error, StoreError::Io { .. }), "{error}");
    assert_eq!(files(root.path()), before);
    assert!(!root.path().join("_ingest/staging").exists());
    ingest(root.path(), &text).expect("an ingest");
    assert_eq!(read(root.path(), "DeviceInfo").expect("readable").rows.len(), 6_003);
}

#[test]
fn what_a_killed_ingest_left_is_removed() {
    let root = root();
    put(root.path(), "_ingest/staging/part-0.parquet", "half a file");
    ingest(root.path(), &events(10)).expect("an ingest");
    assert_eq!(read(root.path(), "DeviceInfo").expect("readable").rows.len(), 10);
    assert!(!root.path().join("_ingest/staging").exists());
}

#[test]
fn lines_that_are_not_taken_are_kept_aside() {
    let root = root();
    let text = "{\"DeviceName\":\"a\"}\nnot json\n{\"category\":\"AdvancedHunting-../../etc\",\"properties\":{}}\n";
    let report = ingest(root.path(), text).expect("an ingest");
    assert_eq!((report.rejected, report.tables["DeviceInfo"].rows), (2, 1));
    let rejected = fs::read_to_string(report.rejected_file.expect("two lines")).expect("readable");
    let lines: Vec<serde_json::Value> =
        rejected.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((lines[0]["line"].as_u64(), lines[0]["text"].as_str()), (Some(2), Some("not json")));
    assert_eq!(lines[1]["reason"], "`../../etc` cannot be the name of a table");
    let no_hint = Ingest::new(root.path(), Catalog::defender(), IngestOptions::default());
    let report = no_hint.run(&b"{\"a\":1}"[..], "x", &mut |_| ()).expect("an ingest");
    assert_eq!((report.rejected, report.tables.len()), (1, 0));
}

#[test]
fn data_in_the_place_of_names_is_refused() {
    let root = root();
    let keys: Vec<_> = (0..1500).map(|i| format!("\"key{i}\":1")).collect();
    let lines = format!("{{{}}}\n{{\"DeviceName\":\"a\",\"note\":1}}\n", keys.join(","));
    let report = ingest(root.path(), &lines).expect("an ingest");
    assert_eq!((report.rejected, report.tables["DeviceInfo"].rows), (1, 1));
}

#[test]
fn all_instants_survive_exactly() {
    let root = root();
    let times = [
        "0001-01-01T00:00:00.0000000Z",
        "9999-12-31T23:59:59.0000000Z",
        "2024-01-01T00:00:00.1234567Z",
        "1969-12-31T23:59:59.9999999Z",
    ];
    let line = |time: &&str| {
        format!(
            "{{\"Timestamp\":\"2024-05-05T05:05:05.7654321Z\",\"OsBuildRevision\":\"{time}\",\"first\":\"{time}\"}}\n"
        )
    };
    ingest(root.path(), &times.iter().map(line).collect::<String>()).expect("an ingest");
    let read = read(root.path(), "DeviceInfo").expect("readable");
    assert_eq!(read.columns.last().map(String::as_str), Some("first:datetime"));
    assert_eq!(read.rows.len(), 4);
    for time in times {
        let row = read.rows.iter().find(|row| row.ends_with(&format!("first={time}"))).expect(time);
        assert!(row.starts_with("Timestamp=2024-05-05T05:05:05.7654321Z|"), "{row}");
    }
}

#[test]
fn fields_that_nothing_declares_keep_their_types() {
    let root = root();
    let text = r#"{"Timestamp":"2024-01-01T00:00:00Z","Tags":{"a":[1,{"b":9007199254740993}]},"big":18446744073709551615}
        {"Timestamp":"2024-01-01T00:00:01Z","Tags":"plain","big":1,"flag":true}"#;
    ingest(root.path(), text).expect("an ingest");
    let table = read(root.path(), "DeviceInfo").expect("readable");
    assert_eq!(table.columns[table.columns.len() - 3..], ["Tags:dynamic", "big:decimal", "flag:bool"]);
    assert!(
        table.rows[0].contains(r#"Tags={"a":[1,{"b":9007199254740993}]}|big=18446744073709551615."#),
        "{:?}",
        table.rows
    );
    assert!(table.rows[1].contains(r#"Tags="plain"|big=1."#), "{:?}", table.rows);

    let text = r#"{"category":"AdvancedHunting-Firewall","properties":{"TimeGenerated":"2024-01-01T00:00:00Z","port":1}}
        {"category":"AdvancedHunting-Firewall","properties":{"port":2}}"#;
    ingest(root.path(), text).expect("an ingest");
    let seen: Vec<_> = files(root.path()).into_iter().filter(|path| path.starts_with("Firewall")).collect();
    assert!(seen[0].starts_with("Firewall/2024-01-01") && seen[1].starts_with("Firewall/undated"), "{seen:?}");
    let firewall = read(root.path(), "Firewall").expect("readable");
    assert_eq!(firewall.columns, ["TimeGenerated:datetime", "port:long"]);
}

#[test]
fn csv_is_ingested() {
    let root = root();
    let text = "Timestamp,DeviceName,OSBuild,note\n\"Jan 5, 2024 10:11:12 AM\",\"a,b\",17763,x\n2024-01-05,c\n";
    let options = IngestOptions { format: InputFormat::Csv, ..IngestOptions::default() };
    let report = ingest_with(root.path(), options, text.as_bytes(), "in.csv").expect("an ingest");
    assert_eq!(report.rejected, 1);
    let rows = read(root.path(), "DeviceInfo").expect("readable").rows;
    assert_eq!(rows, ["Timestamp=2024-01-05T10:11:12.0000000Z|DeviceName=a,b|OSBuild=17763|note=x"]);
}
