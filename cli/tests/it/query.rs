//! `query`, `ingest` and `demo`.

use super::{names, path, vizsla};

#[test]
fn a_query_comes_from_an_argument_a_file_or_standard_input() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("q.kql");
    std::fs::write(&file, "print n = 1").expect("writable");
    for (args, input) in [
        (&["query", "--format", "csv", "print n = 1"][..], ""),
        (&["query", "--format", "csv", "-f", path(&file)], ""),
        (&["query", "--format", "csv"], "print n = 1"),
        (&["query", "--format", "csv", "-f", "-"], "print n = 1"),
    ] {
        assert_eq!(vizsla(args, input).ok(), "n\n1\n", "{args:?}");
    }
}

#[test]
fn exit_codes_tell_what_went_wrong() {
    for (args, code, why) in [
        (&["query", "print m"][..], 1, "error[KQL0"),
        (&["query", "print assert(1 == 2, 'no')"], 1, "no"),
        (&["query", "--no-such-option"], 2, "--no-such-option"),
        (&["query", "--now", "soon", "print 1"], 2, "2026-03-09"),
        (&["query", "-o", "/no/such/folder/x.csv", "print 1"], 3, "/no/such/folder"),
        (&["query", "--data", "/no/such/folder", "print 1"], 3, "no such folder"),
        (&["query", "-f", "/no/such/file.kql"], 3, "/no/such/file.kql"),
        (&["query", "--max-rows", "3", "range x from 1 to 10 step 1"], 3, "more than 3 rows"),
        (&[], 2, "terminal"),
    ] {
        vizsla(args, "").fails(code, why);
    }
}

#[test]
fn mistakes_are_shown_under_the_text() {
    let ran = vizsla(&["query", "print x = 1\n| where y == 1"], "");
    ran.fails(1, "2 | | where y == 1");
    assert!(ran.err.contains("^") && ran.out.is_empty(), "{ran:?}");
}

#[test]
fn the_clock_and_parameters_are_set_by_the_caller() {
    let query = "declare query_parameters(name:string); print t = now(), name = name";
    let args = ["query", "--now", "2026-03-09T12:00Z", "--param", "name=a=b", "--format", "csv", query];
    assert_eq!(vizsla(&args, "").ok(), "t,name\n2026-03-09T12:00:00.0000000Z,a=b\n");
}

#[test]
fn every_format_prints_every_table() {
    let query = "print a = 1; print b = 'x'";
    for (format, expected) in [
        ("csv", "a\n1\n\nb\nx\n"),
        ("ndjson", "{\"a\":1}\n{\"b\":\"x\"}\n"),
        ("vertical", "── 1 ──\na   1\n── 1 ──\nb   x\n"),
        ("table", "┌───┐\n│ a │\n╞═══╡\n│ 1 │\n└───┘\n\n┌───┐\n│ b │\n╞═══╡\n│ x │\n└───┘\n"),
    ] {
        assert_eq!(vizsla(&["query", "--format", format, query], "").ok(), expected, "{format}");
    }
    vizsla(&["query", "--format", "parquet", query], "").fails(2, "one table");
}

#[test]
fn a_file_appears_whole_or_not_at_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("answer.ndjson");
    let args = |query| ["query", "--max-rows", "3", "-o", path(&file), query];
    vizsla(&args("range x from 1 to 2 step 1"), "").ok();
    let before = std::fs::read_to_string(&file).expect("readable");
    assert_eq!(before, "{\"x\":1}\n{\"x\":2}\n");
    vizsla(&args("range x from 1 to 9 step 1"), "").fails(3, "more than 3 rows");
    assert_eq!(std::fs::read_to_string(&file).expect("readable"), before);
    assert_eq!(names(folder.path()), ["answer.ndjson"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let ran = vizsla(&["query", "-o", "/dev/full", "--format", "csv", "range x from 1 to 100000 step 1"], "");
    ran.fails(3, "No space left");
}

#[test]
fn what_was_ingested_can_be_queried_and_an_answer_can_be_a_table() {
    let folder = tempfile::tempdir().expect("a folder");
    let events = folder.path().join("events.ndjson");
    let rows = "{\"Timestamp\":\"2026-03-02T10:00:00Z\",\"DeviceName\":\"a\",\"ActionType\":\"X\"}\nnot json\n";
    std::fs::write(&events, rows).expect("writable");
    let root = folder.path().join("data");
    let args = ["ingest", "--root", path(&root), "--table", "DeviceEvents", path(&events)];
    let told = vizsla(&args, "");
    assert!(told.ok().contains("1 row into DeviceEvents") && told.out.contains("1 line not taken"), "{told:?}");
    assert!(vizsla(&args, "").ok().contains("ingested before"));
    let again = root.join("Copied.parquet");
    vizsla(
        &[
            "query",
            "--data",
            path(&root),
            "-o",
            path(&again),
            "DeviceEvents | project Timestamp, DeviceName, d = dynamic([1])",
        ],
        "",
    )
    .ok();
    let copied = vizsla(&["query", "--data", path(&root), "--format", "csv", "Copied | extend t = gettype(d)"], "");
    assert_eq!(copied.ok(), "Timestamp,DeviceName,d,t\n2026-03-02T10:00:00.0000000Z,a,[1],array\n");
}

#[test]
fn a_broken_file_is_named_or_skipped() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("DeviceEvents.parquet"), "PAR1 no").expect("writable");
    let data = path(folder.path());
    let query = "DeviceEvents | count";
    vizsla(&["query", "--data", data, query], "").fails(3, "DeviceEvents.parquet");
    let skipped = vizsla(&["query", "--data", data, "--on-broken-file", "skip", "--format", "csv", query], "");
    assert_eq!(skipped.ok(), "Count\n0\n");
    assert!(skipped.err.contains("note: ") && skipped.err.contains("DeviceEvents.parquet"), "{skipped:?}");
}
