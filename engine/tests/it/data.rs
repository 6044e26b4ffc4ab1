//! Queries over real telemetry, and what a data root, a limit or a row filter does to them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use vizsla_engine::{Engine, EngineError, LimitError, Limits, QueryOptions, RowFilter, Value};

/// The shared telemetry, if it is on this machine.
fn telemetry() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/otrf");
    if !folder.is_dir() {
        println!("skipped: there is no {}", folder.display());
        return None;
    }
    Some(folder)
}

fn open(folder: &std::path::Path) -> Engine {
    Engine::open(folder.to_str().unwrap()).unwrap()
}

/// The first row of a query's last table.
async fn first_row(engine: &Engine, query: &str) -> Result<Vec<Value>, EngineError> {
    let tables = engine.query(query, &QueryOptions::default()).await?.collect().await?;
    Ok(tables.last().unwrap().values().next().unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_of_counting_agrees() {
    let Some(folder) = telemetry() else { return };
    let engine = open(&folder);
    let Value::Long(all) = first_row(&engine, "DeviceProcessEvents | count").await.unwrap()[0] else { panic!() };
    for query in [
        "DeviceProcessEvents | summarize count()",
        "DeviceProcessEvents | summarize n = count() by DeviceId | summarize sum(n)",
        "DeviceProcessEvents | where FileName == 'x' or FileName != 'x' | count",
        "union (DeviceProcessEvents | where ProcessId > 1000), (DeviceProcessEvents | where not(ProcessId > 1000)), \
         (DeviceProcessEvents | where isnull(ProcessId)) | count",
        "DeviceProcessEvents | where Timestamp between (datetime(2000-01-01) .. datetime(2100-01-01)) | count",
    ] {
        assert_eq!(first_row(&engine, query).await.unwrap()[0], Value::Long(all), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declared_table_without_files_is_empty() {
    let Some(folder) = telemetry() else { return };
    let engine = open(&folder);
    assert_eq!(first_row(&engine, "EmailEvents | count").await.unwrap()[0], Value::Long(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_filter_holds_in_every_operator() {
    let Some(folder) = telemetry() else { return };
    let only = "DeviceName == 'mkt01.pandalab.com'";
    let filter = RowFilter { tables: BTreeMap::new(), otherwise: "false".to_owned() };
    let filter = RowFilter { tables: [("DeviceProcessEvents".to_owned(), only.to_owned())].into(), ..filter };
    let root = vizsla_store::DataRoot::open(folder.to_str().unwrap()).unwrap();
    let engine = Engine::builder().root(root).row_filter(&filter).unwrap().build();
    for query in [
        "DeviceProcessEvents | distinct DeviceName",
        "let DeviceName = 'x'; DeviceProcessEvents | distinct DeviceName",
        "union * | where isnotempty(DeviceName) | distinct DeviceName",
        "search in (DeviceProcessEvents) '*' | distinct DeviceName",
        "find in (DeviceProcessEvents) where ProcessId > 0 | distinct DeviceName",
        "table('DeviceProcessEvents') | distinct DeviceName",
        "print x = 1 | extend DeviceName = toscalar(DeviceProcessEvents | summarize make_set(DeviceName)) \
         | mv-expand DeviceName to typeof(string) | distinct DeviceName",
    ] {
        let options = QueryOptions::default();
        let tables = engine.query(query, &options).await.unwrap().collect().await.unwrap();
        let names: Vec<Vec<Value>> = tables[0].values().collect();
        assert_eq!(names, [[Value::String("mkt01.pandalab.com".into())]], "{query}");
    }
    assert_eq!(first_row(&engine, "DeviceNetworkEvents | count").await.unwrap()[0], Value::Long(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_stop_a_query_and_say_which() {
    let engine = Engine::without_data();
    let ask = async |query: &str, limits: Limits| {
        let options = QueryOptions { limits, ..QueryOptions::default() };
        engine.query(query, &options).await?.collect().await
    };
    let rows = ask("range x from 1 to 100 step 1", Limits { rows: Some(10), ..Limits::default() }).await;
    assert!(matches!(rows, Err(EngineError::Limit(LimitError::Rows(10)))), "{rows:?}");
    let slow = "range x from 1 to 3000 step 1 | extend k = 1 | join kind=inner (range y from 1 to 3000 step 1 | extend k = 1) on k \
                | join kind=inner (range z from 1 to 3000 step 1 | extend k = 1) on k | summarize sum(x * y * z)";
    let time = Limits { time: Some(Duration::from_millis(300)), ..Limits::default() };
    let time = ask(slow, time).await;
    assert!(matches!(time, Err(EngineError::Limit(LimitError::Time(_)))), "{time:?}");
    let memory = Limits { memory: Some(1 << 20), ..Limits::default() };
    let memory =
        ask("range x from 1 to 1000000 step 1 | summarize count() by tostring(x) | summarize count()", memory).await;
    assert!(matches!(memory, Err(EngineError::Limit(LimitError::Memory(_)))), "{memory:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_can_be_cancelled() {
    let engine = Engine::without_data();
    let (stop, cancel) = tokio::sync::watch::channel(false);
    let options = QueryOptions { cancel: Some(cancel), ..QueryOptions::default() };
    let query = "range x from 1 to 5000000 step 1 | extend k = x % 3 | join kind=inner (range y from 1 to 5000000 step 1 \
                 | extend k = y % 3) on k | summarize sum(x + y)";
    let running = async { engine.query(query, &options).await?.collect().await };
    let stopping = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        stop.send(true).unwrap();
    };
    let (answer, ()) = tokio::join!(running, stopping);
    assert!(matches!(answer, Err(EngineError::Cancelled)), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_file_is_named_and_can_be_skipped() {
    let Some(folder) = telemetry() else { return };
    let copy = tempfile::tempdir().unwrap();
    let table = copy.path().join("DeviceInfo");
    std::fs::create_dir(&table).unwrap();
    let whole = std::fs::read(folder.join("DeviceInfo/part-000.parquet")).unwrap();
    std::fs::write(table.join("whole.parquet"), &whole).unwrap();
    std::fs::write(table.join("broken.parquet"), &whole[..whole.len() / 2]).unwrap();
    let failed = first_row(&open(copy.path()), "DeviceInfo | count").await.unwrap_err();
    assert!(failed.to_string().contains("broken.parquet"), "{failed}");
    let root = vizsla_store::DataRoot::open(copy.path().to_str().unwrap()).unwrap();
    let engine = Engine::builder().root(root).on_broken(vizsla_engine::OnBroken::Skip).build();
    let answer = engine.query("DeviceInfo | count", &QueryOptions::default()).await.unwrap();
    assert!(answer.notes.iter().any(|note| note.contains("broken.parquet")), "{:?}", answer.notes);
    let whole = first_row(&open(&folder), "DeviceInfo | count").await.unwrap();
    assert_eq!(answer.collect().await.unwrap()[0].values().next().unwrap(), whole);
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_come_from_paths_and_under_older_names() {
    use arrow::array::{ArrayRef, RecordBatch, StringArray};
    let root = tempfile::tempdir().unwrap();
    // `SenderFromAddress` is declared in the middle of the table; `FinalEmailAction` is what `EmailAction` was called.
    let folder = root.path().join("EmailEvents/SenderFromAddress=a@b.example");
    std::fs::create_dir_all(&folder).unwrap();
    let actions: ArrayRef = std::sync::Arc::new(StringArray::from(vec!["Quarantine"]));
    let batch = RecordBatch::try_from_iter([("FinalEmailAction", actions)]).unwrap();
    let file = std::fs::File::create(folder.join("part.parquet")).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let row = first_row(&open(root.path()), "EmailEvents | project EmailAction, SenderFromAddress").await.unwrap();
    assert_eq!(row, [Value::String("Quarantine".into()), Value::String("a@b.example".into())]);
}
