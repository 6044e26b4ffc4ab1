//! `check`

use serde_json::Value as Json;

use super::{path, vizsla};

#[test]
fn mistakes_have_their_place_in_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in [
        ("a.kql", "DeviceEvents\n| where FileNme == 'x'\n"),
        ("b.yaml", "name: b\nquery: |\n  DeviceEvents\n  | where FileNme == 'x'\n"),
        ("c.md", "# C\n```kql\nDeviceEvents | where FileNme == 'x'\n```\n"),
        ("fine.kql", "DeviceEvents | take 1"),
        ("notes.txt", "no | query"),
    ] {
        std::fs::write(folder.path().join(name), text).expect("writable");
    }
    let ran = vizsla(&["check", path(folder.path())], "");
    assert_eq!(ran.code, 1, "{ran:?}");
    for place in ["a.kql:2:9", "b.yaml:4:11", "c.md:3:22", "4 queries in 4 files: 3 errors, 0 warnings", "`FileName`"] {
        assert!(ran.out.contains(place), "{place} is missing: {}", ran.out);
    }
    let json = vizsla(&["check", "--format", "json", path(folder.path())], "");
    let document: Json = serde_json::from_str(&json.out).expect("it is JSON");
    let lines: Vec<_> = document["diagnostics"].as_array().expect("a list").iter().map(|it| &it["line"]).collect();
    assert_eq!((json.code, lines), (1, vec![&Json::from(2), &Json::from(4), &Json::from(3)]));
    let sarif = vizsla(&["check", "--format", "sarif", path(folder.path())], "");
    let document: Json = serde_json::from_str(&sarif.out).expect("it is JSON");
    assert_eq!(document["runs"][0]["results"].as_array().map(Vec::len), Some(3));
}

#[test]
fn sound_files_pass_and_missing_ones_do_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("query without an ending");
    std::fs::write(&file, "DeviceEvents | count").expect("writable");
    assert!(vizsla(&["check", path(&file)], "").ok().contains("1 query in 1 file: 0 errors"));
    vizsla(&["check", "/no/such/file.kql"], "").fails(3, "/no/such/file.kql");
    vizsla(&["check"], "").fails(2, "FILE");
}
