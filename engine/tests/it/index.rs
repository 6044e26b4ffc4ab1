//! Indexes change how much is read, and never an answer.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::date;
use tempfile::TempDir;
use vizsla_corpus::generate::{Plan, generate};
use vizsla_engine::{DataRoot, Engine, IndexUse, QueryOptions, ResultTable, RowFilter, Stage, Value};
use vizsla_schema::Catalog;
use vizsla_store::index::{IndexOptions, IndexReport, Indexed, Skipped, build_all, drop_all, verify_all};

/// A month of the generated company, in files of a day.
fn company() -> TempDir {
    let folder = TempDir::new().unwrap();
    let tables = ["DeviceProcessEvents", "DeviceNetworkEvents", "DeviceInfo"].map(str::to_owned).to_vec();
    let plan = Plan { rows: 40_000, tables, ..Plan::demo(date(2026, 3, 2)) };
    generate(&plan, folder.path(), |_| {}).unwrap();
    folder
}

fn root(folder: &Path) -> DataRoot {
    DataRoot::open(folder.to_str().unwrap()).unwrap()
}

async fn build(folder: &Path) -> IndexReport {
    build_all(&root(folder), &Catalog::defender(), &IndexOptions::default(), |_, _, _| ()).await.unwrap()
}

fn engine(folder: &Path, index: IndexUse) -> Engine {
    Engine::builder().root(root(folder)).index(index).build()
}

/// The rows of all tables of a query, in an order of their own.
async fn answer(engine: &Engine, query: &str) -> Vec<String> {
    let options = QueryOptions { now: None, ..QueryOptions::default() };
    let tables: Vec<ResultTable> = engine.query(query, &options).await.unwrap().collect().await.unwrap();
    let mut rows: Vec<String> = tables.iter().flat_map(|it| it.values().map(|row| format!("{row:?}"))).collect();
    rows.sort();
    rows
}

async fn explain(engine: &Engine, query: &str) -> String {
    engine.explain(query, Stage::Index, &QueryOptions::default()).await.unwrap()
}

/// How many files a plan reads nothing of, and how many it reads whole.
fn pruned(explained: &str) -> (usize, usize) {
    let ending = |it: &str| explained.lines().filter(|line| line.contains(it)).count();
    (ending(": 0 of "), ending(": all "))
}

fn index_files(folder: &Path) -> Vec<PathBuf> {
    let inside = |folder: &Path| fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect::<Vec<_>>();
    let files = inside(folder).into_iter().flat_map(|table| inside(&table));
    let mut files: Vec<PathBuf> = files.filter(|it| it.extension().is_some_and(|it| it == "vzx")).collect();
    files.sort();
    files
}

const QUERIES: [&str; 22] = [
    "DeviceProcessEvents | where ProcessCommandLine has 'nltest' | project Timestamp, DeviceName",
    "DeviceProcessEvents | where ProcessCommandLine has_cs 'NLTEST' | count",
    "DeviceProcessEvents | where ProcessCommandLine has 'no-such-word-anywhere' | count",
    "DeviceProcessEvents | where ProcessCommandLine contains ' /domain_trusts' | count",
    "DeviceProcessEvents | where ProcessCommandLine has_any ('nltest', 'domain_trusts', 'whoami') | count",
    "DeviceProcessEvents | where ProcessCommandLine has_all ('net', 'group', 'admins') | count",
    "DeviceProcessEvents | where FileName =~ 'NLTEST.exe' or FileName == 'whoami.exe' | project FileName",
    "DeviceProcessEvents | where FileName in~ ('nltest.exe', 'PSEXEC64.EXE') | project FileName",
    "DeviceProcessEvents | where FileName startswith 'nlte' | count",
    "DeviceProcessEvents | where FolderPath endswith '\\\\nltest.exe' | count",
    "DeviceProcessEvents | where not(ProcessCommandLine has 'nltest') | count",
    "DeviceProcessEvents | where ProcessCommandLine !has 'nltest' and FileName == 'whoami.exe' | count",
    "DeviceProcessEvents | where DeviceName == 'ws-fin-014.kestrel.example' | summarize count() by bin(Timestamp, 1d)",
    "DeviceProcessEvents | where Timestamp between (datetime(2026-03-05T13:00:00Z) .. 5m) | count",
    "let files = DeviceProcessEvents | where FileName == 'nltest.exe' | distinct SHA1; \
     DeviceProcessEvents | where SHA1 in (files) | project FileName, DeviceName",
    "DeviceProcessEvents | where FileName == 'nltest.exe' | join kind=inner DeviceNetworkEvents on DeviceId | count",
    "DeviceNetworkEvents | join kind=inner (DeviceProcessEvents | where FileName == 'nltest.exe') on DeviceId | count",
    "union DeviceProcessEvents, DeviceNetworkEvents | where InitiatingProcessFileName has 'nltest' | count",
    "search 'nltest' | summarize count() by $table",
    "find where FileName == 'nltest.exe' project DeviceName",
    "DeviceProcessEvents | where isempty(AccountUpn) | count",
    "DeviceProcessEvents | top 5 by Timestamp | project Timestamp",
];

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_the_same_with_and_without() {
    let folder = company();
    build(folder.path()).await;
    let (with, without) = (engine(folder.path(), IndexUse::Auto), engine(folder.path(), IndexUse::Off));
    for query in QUERIES {
        assert_eq!(answer(&with, query).await, answer(&without, query).await, "{query}");
    }
    for query in [QUERIES[0], QUERIES[2], QUERIES[6], QUERIES[7], QUERIES[9], QUERIES[14]] {
        let explained = explain(&with, query).await;
        let (nothing, whole) = pruned(&explained);
        assert!(nothing > whole, "{query}\n{explained}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_does_not_fit_is_passed_over() {
    let folder = company();
    let built = build(folder.path()).await;
    let (data, indexes) = built.bytes();
    assert!(built.files.iter().all(|(_, _, it)| matches!(it, Indexed::Built(_))), "{built:?}");
    assert!(indexes * 4 < data, "{indexes} bytes for {data}");
    let again = build(folder.path()).await;
    assert!(again.files.iter().all(|(_, _, it)| matches!(it, Indexed::Fresh(_))), "{again:?}");

    let without = engine(folder.path(), IndexUse::Off);
    let right = answer(&without, QUERIES[0]).await;
    // Each of these in another file, and the cache must not hide it.
    let with = engine(folder.path(), IndexUse::Auto);
    assert_eq!(answer(&with, QUERIES[0]).await, right);
    let files = index_files(folder.path());
    for (at, file) in files.iter().enumerate() {
        let bytes = fs::read(file).unwrap();
        match at % 4 {
            0 => fs::write(file, &bytes[..bytes.len() / 2]).unwrap(),
            1 => fs::write(file, bytes.iter().map(|it| !it).collect::<Vec<u8>>()).unwrap(),
            2 => fs::remove_file(file).unwrap(),
            _ => drop(fs::copy(&files[(at + 1) % files.len()], file)),
        }
    }
    assert_eq!(answer(&with, QUERIES[0]).await, right);
    assert_eq!(answer(&engine(folder.path(), IndexUse::Auto), QUERIES[0]).await, right);
    let verified = verify_all(&root(folder.path()), &Catalog::defender(), &IndexOptions::default(), |_, _, _| ()).await;
    let unusable = |it: &Indexed| matches!(it, Indexed::Unusable(Skipped::Damaged | Skipped::Missing | Skipped::Stale));
    let verified = verified.unwrap();
    assert!(verified.files.iter().all(|(_, _, it)| unusable(it)), "{verified:?}");
    // Building again mends it.
    build(folder.path()).await;
    let verified = verify_all(&root(folder.path()), &Catalog::defender(), &IndexOptions::default(), |_, _, _| ()).await;
    assert!(verified.unwrap().files.iter().all(|(_, _, it)| matches!(it, Indexed::Fresh(_))));
    assert_eq!(drop_all(&root(folder.path())).unwrap(), files.len());
    assert!(index_files(folder.path()).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_file_is_not_answered_by_its_old_index() {
    let folder = company();
    build(folder.path()).await;
    let with = engine(folder.path(), IndexUse::Auto);
    let count = "DeviceProcessEvents | where FileName == 'nltest.exe' | count";
    assert_eq!(answer(&with, count).await, ["[Long(1)]"]);
    let days = fs::read_dir(folder.path().join("DeviceProcessEvents")).unwrap();
    let mut days: Vec<PathBuf> = days.map(|it| it.unwrap().path()).collect();
    days.sort();
    let days: Vec<&PathBuf> = days.iter().filter(|it| it.extension().is_some_and(|it| it == "parquet")).collect();
    // The day of the intrusion in place of every day: the indexes beside them are about other files.
    let mut busy = None;
    for day in &days {
        let name = day.file_name().unwrap().to_str().unwrap();
        if explain(&with, count).await.lines().any(|line| line.contains(name) && !line.contains(": 0 of ")) {
            busy = Some(fs::read(day).unwrap());
        }
    }
    let busy = busy.unwrap();
    days.iter().for_each(|day| fs::write(day, &busy).unwrap());
    assert_eq!(answer(&with, count).await, [format!("[Long({})]", days.len())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn indexes_may_lie_elsewhere() {
    let (folder, elsewhere) = (company(), TempDir::new().unwrap());
    let root = root(folder.path()).with_index_folder(elsewhere.path());
    build_all(&root, &Catalog::defender(), &IndexOptions::default(), |_, _, _| ()).await.unwrap();
    assert!(index_files(folder.path()).is_empty());
    let with = Engine::builder().root(root).build();
    let (nothing, whole) = pruned(&explain(&with, QUERIES[0]).await);
    assert!(nothing > whole);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_filter_prunes_by_the_index_and_holds() {
    let folder = company();
    build(folder.path()).await;
    let filter = RowFilter { tables: Default::default(), otherwise: "DeviceName == 'no.such.device'".to_owned() };
    let engine = Engine::builder().root(root(folder.path())).row_filter(&filter).unwrap().build();
    let count = "DeviceProcessEvents | count";
    let options = QueryOptions::default();
    let tables = engine.query(count, &options).await.unwrap().collect().await.unwrap();
    assert_eq!(tables[0].values().next().unwrap(), [Value::Long(0)]);
    let (nothing, whole) = pruned(&explain(&engine, "DeviceProcessEvents | where FileName != 'x'").await);
    assert!(nothing > whole);
}
