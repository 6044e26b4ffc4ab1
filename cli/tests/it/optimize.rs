//! `optimize`, also when it is killed.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{names, path, vizsla};

/// A table of several files a day, made by `ingest`.
fn exports(root: &Path, rows: u64) {
    for part in 0..3 {
        let lines: String = (part * rows..(part + 1) * rows)
            .map(|row| {
                let (day, hour, minute) = (1 + row % 4, row / 4 % 24, row / 96 % 60);
                let (device, hash) = (row % 50, row.wrapping_mul(0x9e37_79b9_7f4a_7c15));
                format!(
                    r#"{{"Timestamp":"2026-03-0{day}T{hour:02}:{minute:02}:00Z","DeviceId":"d{device}","FileName":"f{}.exe","ReportId":{row},"ProcessCommandLine":"run {hash:x} {:x}"}}"#,
                    row % 9,
                    hash.rotate_left(17)
                ) + "\n"
            })
            .collect();
        vizsla(&["ingest", "--root", path(root), "--table", "DeviceEvents", "-"], &lines).ok();
    }
}

fn answer(root: &Path) -> String {
    let query = "DeviceEvents | summarize n = count(), ids = dcount(ReportId, 4), sum(ReportId), lines = sum(strlen(ProcessCommandLine))";
    vizsla(&["query", "--data", path(root), "--format", "csv", query], "").ok().to_owned()
}

#[test]
fn files_are_rewritten_once() {
    let root = tempfile::tempdir().expect("a folder");
    exports(root.path(), 8000);
    let before = answer(root.path());
    let dry = vizsla(&["optimize", "--data", path(root.path()), "--dry-run"], "");
    assert!(dry.ok().starts_with("DeviceEvents: would rewrite 24,000 rows in 12 files"), "{dry:?}");
    let ran = vizsla(&["optimize", "--data", path(root.path()), "--table", "DeviceEvents"], "");
    assert!(ran.ok().starts_with("DeviceEvents: rewrote 24,000 rows in 12 files"), "{ran:?}");
    assert!(ran.ok().contains("as 4 files"), "{ran:?}");
    assert_eq!(answer(root.path()), before);
    assert_eq!(vizsla(&["optimize", "--data", path(root.path())], "").ok(), "nothing to do: 4 files\n");
    assert_eq!(names(&root.path().join("_optimize")), ["lock"]);
    vizsla(&["optimize", "--data", path(root.path()), "--table", "Nothing"], "").fails(3, "no table named Nothing");
}

#[test]
fn a_broken_file_is_told_and_left() {
    let root = tempfile::tempdir().expect("a folder");
    exports(root.path(), 4000);
    std::fs::write(root.path().join("DeviceEvents/broken.parquet"), "PAR1").expect("writable");
    let ran = vizsla(&["optimize", "--data", path(root.path())], "");
    ran.fails(3, "could not be rewritten");
    assert!(ran.out.contains("broken.parquet") && ran.out.contains("as 4 files"), "{ran:?}");
}

/// Whenever it dies, each row is there exactly once; the next run finishes, and leaves nothing behind.
#[cfg(unix)]
#[test]
fn killed_at_any_moment_it_leaves_each_row_once() {
    let root = tempfile::tempdir().expect("a folder");
    exports(root.path(), 12_000);
    let before = answer(root.path());
    let args = ["optimize", "--data", path(root.path())];
    // Killed once it has come a little further each time, until it comes to its end.
    for wait in (0..).map(|step| Duration::from_millis(5 + 9 * step)) {
        let mut child =
            Command::new(env!("CARGO_BIN_EXE_vizsla")).args(args).stdout(Stdio::null()).spawn().expect("starts");
        std::thread::sleep(wait);
        let ended = child.try_wait().expect("a child");
        child.kill().expect("a child");
        child.wait().expect("a child");
        assert_eq!(answer(root.path()), before, "killed after {wait:?}");
        if ended.is_some_and(|status| status.success()) {
            break;
        }
    }
    assert!(vizsla(&args, "").ok().starts_with("nothing to do"), "an earlier run came to its end");
    assert_eq!(names(&root.path().join("_optimize")), ["lock"]);
    assert_eq!(answer(root.path()), before);
}
