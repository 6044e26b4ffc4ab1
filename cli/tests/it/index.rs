//! `index`, and queries with what it built.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{path, vizsla};

/// A folder with a file for each of a few days, and the files that `vizsla index` makes beside them.
fn exports(days: u32) -> (tempfile::TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut lines = String::new();
    for day in 1..=days {
        for row in 0..3000 {
            let word = if row == 77 { "needle" } else { "hay" };
            lines.push_str(&format!(
                "{{\"Timestamp\":\"2026-03-{day:02}T10:00:00Z\",\"DeviceName\":\"ws{row}\",\
                 \"ProcessCommandLine\":\"run {word}{day} /n {row}x{day}\"}}\n"
            ));
        }
    }
    let input = ["ingest", "--root", path(folder.path()), "--table", "DeviceProcessEvents", "-"];
    vizsla(&input, &lines).ok();
    let below = folder.path().join("DeviceProcessEvents");
    let inside = |folder: &Path| fs::read_dir(folder).expect("a folder").map(|it| it.expect("an entry").path());
    let files: Vec<PathBuf> = inside(&below).flat_map(|day| inside(&day).collect::<Vec<_>>()).collect();
    let index = |file: &PathBuf| PathBuf::from(format!("{}.vzx", file.display()));
    let indexes = files.iter().filter(|it| it.extension().is_some_and(|it| it == "parquet")).map(index).collect();
    (folder, indexes)
}

const NEEDLE: &str = "DeviceProcessEvents | where ProcessCommandLine has 'needle2' | project DeviceName";

#[test]
fn an_index_is_built_used_verified_and_dropped() {
    let (folder, indexes) = exports(3);
    let data = path(folder.path());
    let ask = |index: &str| {
        vizsla(&["query", "--data", data, "--index", index, "--format", "csv", NEEDLE], "").ok().to_owned()
    };
    let built = vizsla(&["index", "--data", data], "");
    assert!(built.ok().starts_with("3 indexes built, 0 there already"), "{built:?}");
    assert!(indexes.len() == 3 && indexes.iter().all(|it| it.is_file()), "{indexes:?}");
    assert_eq!((ask("auto"), ask("off")), ("DeviceName\nws77\n".to_owned(), "DeviceName\nws77\n".to_owned()));
    assert_eq!(vizsla(&["index", "--data", data, "--verify"], "").ok(), "3 of 3 indexes right\n");

    fs::write(&indexes[1], "no index").expect("writable");
    vizsla(&["index", "--data", data, "--verify"], "").fails(3, "do not fit");
    assert_eq!(ask("auto"), "DeviceName\nws77\n");
    assert!(vizsla(&["index", "--data", data], "").ok().starts_with("1 index built, 2 there already"));
    assert_eq!(vizsla(&["index", "--data", data, "--drop"], "").ok(), "3 indexes removed\n");
    assert!(!indexes.iter().any(|it| it.exists()));
    vizsla(&["index", "--data", "/no/such/folder"], "").fails(3, "no such folder");
    vizsla(&["index", "--data", data, "--table", "NoSuch"], "").fails(3, "no table named NoSuch");
    vizsla(&["index", "--data", data, "--columns", "ProcessId"], "")
        .fails(3, "no string or time column named ProcessId");
    vizsla(&["index", "--data", data, "--drop", "--table", "DeviceProcessEvents"], "").fails(2, "cannot be used with");
}

/// Once for each reason, and never for an index that nobody built.
#[test]
fn an_index_of_no_use_is_told_of() {
    let (folder, indexes) = exports(6);
    let ask = || vizsla(&["query", "--data", path(folder.path()), "--format", "csv", NEEDLE], "");
    assert_eq!(ask().err, "");
    vizsla(&["index", "--data", path(folder.path())], "").ok();
    assert_eq!(ask().err, "");
    let bytes: Vec<Vec<u8>> = indexes.iter().map(|it| fs::read(it).expect("an index")).collect();
    let mut newer = bytes[2].clone();
    let version = newer.len() - 12;
    newer[version] = 99;
    let damaged = [&bytes[0][..bytes[0].len() / 2], b"no index", &newer, &bytes[4]];
    for (index, damaged) in indexes.iter().zip(damaged) {
        fs::write(index, damaged).expect("writable");
    }
    fs::remove_file(&indexes[5]).expect("removable");
    let told = ask();
    assert_eq!(told.ok(), "DeviceName\nws77\n");
    for (count, why) in [
        ("2 files were read without their indexes", "the index is damaged"),
        ("1 file was read without its index", "the index has version 99"),
        ("1 file was read without its index", "the data file has changed"),
    ] {
        assert!(told.err.contains(&format!("note: {count}: {why}")), "{why}: {told:?}");
    }
    assert_eq!(told.err.lines().count(), 3, "{told:?}");
}

/// Else `--watch --columns` would build everything in each round, and `--columns` would last for ever.
#[test]
fn an_index_is_built_again_for_other_columns_only() {
    let (folder, _) = exports(2);
    let build = |more: &[&str]| {
        let all = [&["index", "--data", path(folder.path())], more].concat();
        vizsla(&all, "").ok().split(':').next().expect("a line").to_owned()
    };
    assert_eq!(build(&["--columns", "DeviceName"]), "2 indexes built, 0 there already");
    assert_eq!(build(&["--columns", "DeviceName"]), "0 indexes built, 2 there already");
    assert_eq!(build(&[]), "2 indexes built, 0 there already");
    assert_eq!(build(&[]), "0 indexes built, 2 there already");
}

/// What `kill -9` leaves is no index: answers stay right, a second run finishes, and `--drop` leaves nothing behind.
#[test]
fn a_killed_build_leaves_nothing_that_matters() {
    let (folder, indexes) = exports(6);
    let data = path(folder.path());
    for millis in [1, 5, 10, 20, 40] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_vizsla"))
            .args(["index", "--data", data, "--columns", "ProcessCommandLine,DeviceName"])
            .stdout(Stdio::null())
            .spawn()
            .expect("it starts");
        std::thread::sleep(Duration::from_millis(millis));
        child.kill().expect("it can be killed");
        child.wait().expect("it ends");
        let answer = vizsla(&["query", "--data", data, "--format", "csv", NEEDLE], "");
        assert_eq!(answer.ok(), "DeviceName\nws77\n");
    }
    vizsla(&["index", "--data", data], "").ok();
    assert!(indexes.iter().all(|it| it.is_file()));
    vizsla(&["index", "--data", data, "--drop"], "").ok();
    let left = fs::read_dir(indexes[0].parent().expect("a folder")).expect("a folder");
    assert_eq!(left.count(), 1, "only the data file is left");
}
