//! Many queries at once.

use std::collections::HashMap;

use jiff::civil::date;
use tempfile::TempDir;
use vizsla_corpus::generate::{Plan, generate};
use vizsla_engine::{Engine, EngineError, Limits, QueryOptions, ResultTable};

const QUERIES: [&str; 6] = [
    "DeviceProcessEvents | where ProcessCommandLine has 'nltest' | project Timestamp, DeviceName",
    "DeviceProcessEvents | summarize count() by ProcessCommandLine | summarize count()",
    "DeviceProcessEvents | summarize dcount(ProcessCommandLine), make_set(FileName, 3) by DeviceName | summarize count()",
    "DeviceProcessEvents | summarize arg_max(Timestamp, *) by DeviceId | project DeviceId, Timestamp",
    "DeviceProcessEvents | join kind=inner (DeviceNetworkEvents | project DeviceId, RemoteIP) on DeviceId | count",
    "DeviceNetworkEvents | sort by Timestamp asc, RemoteUrl asc | project Timestamp, RemoteUrl",
];

async fn answer(engine: &Engine, query: &str, memory: Option<usize>) -> Result<Vec<String>, EngineError> {
    let limits = Limits { memory, ..Limits::default() };
    let options = QueryOptions { limits, ..QueryOptions::default() };
    let tables: Vec<ResultTable> = engine.query(query, &options).await?.collect().await?;
    let mut rows: Vec<String> = tables.iter().flat_map(|it| it.values().map(|row| format!("{row:?}"))).collect();
    rows.sort();
    Ok(rows)
}

/// Each answers rightly or says that its memory is at an end, and none takes another's.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_queries_under_a_memory_limit() {
    let folder = TempDir::new().unwrap();
    let tables = ["DeviceProcessEvents", "DeviceNetworkEvents"].map(str::to_owned).to_vec();
    let plan = Plan { rows: 20_000, tables, ..Plan::demo(date(2026, 3, 2)) };
    generate(&plan, folder.path(), |_| {}).unwrap();
    let engine = Engine::open(folder.path().to_str().unwrap()).unwrap();
    let mut right = HashMap::new();
    for query in QUERIES {
        right.insert(query, answer(&engine, query, None).await.unwrap());
    }
    let memory = [30_000, 300_000, 3_000_000, 300_000_000];
    let running = (0..100).map(|at| {
        let (engine, query, memory) = (engine.clone(), QUERIES[at % QUERIES.len()], memory[at / 6 % memory.len()]);
        tokio::spawn(async move { (query, memory, answer(&engine, query, Some(memory)).await) })
    });
    let (mut answered, mut refused) = (0, 0);
    for task in running.collect::<Vec<_>>() {
        let (query, memory, answer) = task.await.unwrap();
        match answer {
            Ok(rows) => {
                assert!(rows == right[query], "{query} under {memory}");
                answered += 1;
            }
            Err(EngineError::Limit(limit)) => {
                assert!(memory < 300_000_000 && limit.to_string().contains("memory"), "{query}: {limit}");
                refused += 1;
            }
            Err(error) => panic!("{query} under {memory}: {error}"),
        }
    }
    assert!(answered > 20 && refused > 10, "{answered} answered, {refused} refused");
}
