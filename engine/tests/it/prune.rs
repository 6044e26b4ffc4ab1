//! No row that a condition keeps is lost to an index, whatever the texts and the condition.

use proptest::prelude::*;
use tempfile::TempDir;
use vizsla_engine::{DataRoot, Engine, IndexUse, QueryOptions};
use vizsla_schema::Catalog;
use vizsla_store::index::{IndexOptions, build_all};
use vizsla_store::{Ingest, IngestOptions};

/// A row for each text, an hour apart, and their index. The few rows are one block, which is read or not.
async fn indexed(texts: &[String]) -> (TempDir, DataRoot) {
    let folder = TempDir::new().unwrap();
    let row = |(hour, text): (usize, &String)| {
        let (day, hour) = (1 + hour / 24, hour % 24);
        let time = format!("2026-03-{day:02}T{hour:02}:30:00Z");
        serde_json::json!({"Timestamp": time, "FileName": text, "ProcessCommandLine": text}).to_string() + "\n"
    };
    let lines: String = texts.iter().enumerate().map(row).collect();
    let ingest = Ingest::new(folder.path(), Catalog::defender(), IngestOptions::default());
    ingest.table_hint("DeviceProcessEvents").run(lines.as_bytes(), "rows", &mut |_| ()).unwrap();
    let root = DataRoot::open(folder.path().to_str().unwrap()).unwrap();
    build_all(&root, &Catalog::defender(), &IndexOptions::default(), |_, _, _| ()).await.unwrap();
    (folder, root)
}

async fn count(root: &DataRoot, index: IndexUse, condition: &str) -> String {
    let engine = Engine::builder().root(root.clone()).index(index).build();
    let query = format!("DeviceProcessEvents | where {condition} | count");
    let tables = engine.query(&query, &QueryOptions::default()).await.unwrap().collect().await.unwrap();
    format!("{:?}", tables[0].values().next())
}

/// The same answers with and without index to each condition.
fn agree(texts: &[String], conditions: &[String]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (_folder, root) = indexed(texts).await;
        for condition in conditions {
            let (with, without) = (count(&root, IndexUse::Auto, condition), count(&root, IndexUse::Off, condition));
            assert_eq!(with.await, without.await, "{condition} over {texts:?}");
        }
    });
}

/// Words of few letters, so that patterns match now and then; `İ`, `ß`, the Kelvin sign and the long s change their
/// length or leave ASCII when their case changes.
fn texts() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec("([abkKsİſßé\u{212a}]{1,3}[ _./-]?){0,4}", 1..4)
}

fn patterns() -> impl Strategy<Value = String> {
    let letter = prop_oneof!["[abksé]", Just("[ab]".to_owned()), Just(r"\w".to_owned()), Just(r"\b".to_owned())];
    let gap = prop_oneof![Just(r"\s+"), Just(r"\s*"), Just("[ _.-]"), Just("."), Just("")].prop_map(str::to_owned);
    let group = prop_oneof![
        "[(][abks]{1,2}[)]",
        Just("(a|b s)".to_owned()),
        Just("(ab)?".to_owned()),
        Just("(k ){2}".to_owned())
    ];
    let part = prop_oneof![4 => letter, 2 => gap, 1 => group];
    (any::<bool>(), proptest::collection::vec(part, 1..6))
        .prop_map(|(fold, parts)| format!("{}{}", if fold { "(?i)" } else { "" }, parts.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn patterns_lose_no_row(texts in texts(), patterns in proptest::collection::vec(patterns(), 4)) {
        let condition = |pattern: String| format!("ProcessCommandLine matches regex @'{pattern}'");
        agree(&texts, &patterns.into_iter().map(condition).collect::<Vec<_>>());
    }

    #[test]
    fn other_cases_lose_no_row(texts in texts(), needle in "[abkKsSißSS\u{307}é]{1,3}", picked in any::<prop::sample::Index>()) {
        let value = &texts[picked.index(texts.len())];
        let mut conditions = Vec::new();
        for needle in [needle.clone(), value.to_lowercase(), value.to_uppercase()] {
            for operator in ["==", "has", "contains", "startswith", "endswith", "=~"] {
                for column in ["tolower(FileName)", "toupper(ProcessCommandLine)", "tolower(tostring(FileName))"] {
                    conditions.push(format!("{column} {operator} '{needle}'"));
                }
            }
        }
        agree(&texts, &conditions);
    }

    #[test]
    fn rounded_times_lose_no_row(rows in 1_usize..60, day in 1..4, hour in 0..24) {
        let at = format!("datetime(2026-03-{day:02}T{hour:02}:00:00Z)");
        let midnight = format!("datetime(2026-03-{day:02})");
        let sides = ["startofday(Timestamp)", "bin(Timestamp, 1h)", "bin(Timestamp, 7d)", "startofweek(Timestamp)",
            "startofmonth(Timestamp)", "startofyear(Timestamp)", "startofday(Timestamp, 1)"];
        let mut conditions = Vec::new();
        for side in sides {
            for operator in ["==", "<", "<=", ">", ">=", "!="] {
                conditions.extend([&at, &midnight].map(|at| format!("{side} {operator} {at}")));
            }
        }
        agree(&vec!["a".to_owned(); rows], &conditions);
    }
}
