//! Groups over files whose texts repeat: other plans, the same answers.

use std::path::Path;

use jiff::civil::date;
use tempfile::TempDir;
use vizsla_corpus::generate::{Plan, generate};
use vizsla_engine::{Engine, Limits, QueryOptions, ResultTable, Stage};

fn company() -> TempDir {
    let folder = TempDir::new().unwrap();
    let tables = ["DeviceProcessEvents", "DeviceNetworkEvents"].map(str::to_owned).to_vec();
    let plan = Plan { rows: 30_000, tables, ..Plan::demo(date(2026, 3, 2)) };
    generate(&plan, folder.path(), |_| {}).unwrap();
    folder
}

fn engine(folder: &Path) -> Engine {
    Engine::open(folder.to_str().unwrap()).unwrap()
}

async fn rows(engine: &Engine, query: &str) -> Vec<String> {
    let tables: Vec<ResultTable> =
        engine.query(query, &QueryOptions::default()).await.unwrap().collect().await.unwrap();
    let mut rows: Vec<String> = tables.iter().flat_map(|it| it.values().map(|row| format!("{row:?}"))).collect();
    rows.sort();
    rows
}

/// A key that is computed is never numbered, and what is ordered by a computed value is read in one go.
#[tokio::test(flavor = "multi_thread")]
async fn numbers_for_texts_and_winners_first_change_no_answer() {
    let folder = company();
    let engine = engine(folder.path());
    let pairs = [
        (
            "DeviceProcessEvents | summarize count(), dcount(DeviceId), make_set(AccountName) by FileName
             | extend Accounts = tostring(array_sort_asc(set_AccountName)) | project-away set_AccountName",
            "DeviceProcessEvents | summarize count(), dcount(strcat(DeviceId, '')), make_set(strcat(AccountName, ''))
             by FileName = strcat(FileName, '')
             | extend Accounts = tostring(array_sort_asc(set_)) | project-away set_",
        ),
        (
            "union DeviceProcessEvents, DeviceNetworkEvents | summarize count_distinct(DeviceId) by ActionType, bin(Timestamp, 1d)",
            "union DeviceProcessEvents, DeviceNetworkEvents
             | summarize count_distinct(strcat(DeviceId, '')) by ActionType = strcat(ActionType, ''), bin(Timestamp, 1d)",
        ),
        (
            "DeviceNetworkEvents | where RemotePort > 100 | distinct DeviceName, RemoteIP",
            "DeviceNetworkEvents | where RemotePort > 100 | distinct DeviceName = strcat(DeviceName, ''), RemoteIP = strcat(RemoteIP, '')",
        ),
        (
            "DeviceProcessEvents | where FileName != 'cmd.exe' | summarize arg_max(Timestamp, *) by DeviceId",
            "DeviceProcessEvents | where FileName != 'cmd.exe' | extend T = Timestamp + 0s
             | summarize arg_max(T, *) by DeviceId | project-away T
             | project-reorder DeviceId, Timestamp",
        ),
        (
            "DeviceNetworkEvents | summarize arg_min(Timestamp, *) by DeviceId, ActionType",
            "DeviceNetworkEvents | extend T = Timestamp + 0s | summarize arg_min(T, *) by DeviceId, ActionType
             | project-away T | project-reorder DeviceId, ActionType, Timestamp",
        ),
    ];
    for (plain, computed) in pairs {
        let answer = rows(&engine, plain).await;
        assert!(!answer.is_empty(), "{plain}");
        assert_eq!(answer, rows(&engine, computed).await, "{plain}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn plans_say_what_is_numbered() {
    let folder = company();
    let engine = engine(folder.path());
    let plan = async |query: &str| engine.explain(query, Stage::Optimized, &QueryOptions::default()).await.unwrap();
    assert!(plan("DeviceProcessEvents | summarize count() by FileName").await.contains("number_of"));
    assert!(!plan("DeviceProcessEvents | summarize count() by tolower(FileName)").await.contains("number_of"));
    // The keys of the few processes are a filter of the other table's files, through its groups.
    let joined = plan(
        "DeviceProcessEvents | where FileName == 'nltest.exe'
         | join kind=inner (DeviceNetworkEvents | summarize count() by DeviceId) on DeviceId",
    );
    assert!(!joined.await.contains("number_of"));
    assert!(plan("DeviceProcessEvents | summarize arg_max(Timestamp, *) by DeviceId").await.contains("Inner Join"));
    assert!(!plan("DeviceProcessEvents | summarize arg_max(Timestamp, *) by bin(ReportId, 10)").await.contains("Join"));
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_of_groups_count_against_the_memory_limit() {
    let folder = company();
    let limits = Limits { memory: Some(4_000), ..Limits::default() };
    let options = QueryOptions { limits, ..QueryOptions::default() };
    let query = "DeviceProcessEvents | distinct FileName";
    let error = match engine(folder.path()).query(query, &options).await {
        Ok(answer) => answer.collect().await.unwrap_err(),
        Err(error) => error,
    };
    assert!(error.to_string().contains("memory"), "{error}");
}
