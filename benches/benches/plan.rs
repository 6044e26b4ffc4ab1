//! Planning: from the text of a query to operators that are ready to run, over the hunting corpus and a small data root
//! with all tables that the generator knows.
//!
//! Queries that do not bind are left out. What a query has to know before it can be planned (`toscalar`, `materialize`,
//! `pivot`) runs too: it is part of the wait.

#![allow(
    missing_docs,
    clippy::print_stderr,
    reason = "criterion's macros write undocumented functions; figures go to stderr"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use vizsla_benches::{hunting_queries, percentile};
use vizsla_corpus::generate::{Plan, generate};
use vizsla_engine::{DataRoot, Engine, QueryOptions};

/// As in the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

struct Planner {
    engine: Engine,
    options: QueryOptions,
    runtime: Runtime,
    _data: Option<TempDir>,
}

impl Planner {
    /// Over tables without files: nothing is listed, opened or read.
    fn without_data() -> Planner {
        Planner::over(Engine::builder().threads(1).build(), None)
    }

    fn with_data() -> Planner {
        let data = TempDir::new().expect("a folder for events");
        let plan = Plan { rows: 2_000, ..Plan::demo(jiff::civil::date(2022, 9, 24)) };
        generate(&plan, data.path(), |_| {}).expect("events are written");
        let root = DataRoot::open(&data.path().to_string_lossy()).expect("the events are found");
        Planner::over(Engine::builder().threads(1).root(root).build(), Some(data))
    }

    fn over(engine: Engine, data: Option<TempDir>) -> Planner {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
        let options = QueryOptions { now: Some(638_000_000_000_000_000), ..QueryOptions::default() };
        Planner { engine, options, runtime, _data: data }
    }

    fn bind(&self, query: &str) -> bool {
        !self.engine.check(query, &self.options).has_errors()
    }

    /// Whether the query could be planned. No row of the results is asked for.
    fn plan(&self, query: &str) -> bool {
        self.runtime.block_on(self.engine.query(query, &self.options)).is_ok()
    }
}

fn corpus(criterion: &mut Criterion) {
    let planner = Planner::with_data();
    let mut queries = hunting_queries();
    queries.retain(|query| planner.bind(query) && planner.plan(query));
    let mut group = criterion.benchmark_group("hunting corpus");
    group.sample_size(10);
    group.bench_function("parse and bind", |it| it.iter(|| queries.iter().filter(|query| planner.bind(query)).count()));
    group.bench_function("parse, bind and plan", |it| {
        it.iter(|| queries.iter().filter(|query| planner.plan(query)).count());
    });
    group.finish();
    report("parse and bind", &queries, |query| planner.bind(query));
    report("parse, bind and plan", &queries, |query| planner.plan(query));
    let planner = Planner::without_data();
    report("parse, bind and plan over tables without files", &queries, |query| planner.plan(query));
}

fn report(what: &str, queries: &[String], run: impl Fn(&str) -> bool) {
    let mut times: Vec<(Duration, &str)> = queries.iter().map(|query| (best_of(5, || run(query)), &**query)).collect();
    times.sort_unstable();
    if std::env::var_os("SLOWEST").is_some() {
        for (time, query) in times.iter().rev().take(10) {
            eprintln!("{time:?}\n{query}\n");
        }
    }
    let mut times: Vec<Duration> = times.into_iter().map(|(time, _)| time).collect();
    let [p50, p99, worst] = [0.5, 0.99, 1.0].map(|share| percentile(&mut times, share));
    eprintln!("{what}: {} queries, p50 {p50:?}, p99 {p99:?}, slowest {worst:?}", times.len());
}

/// The fastest of several runs: what a query costs when nothing else runs.
fn best_of(runs: usize, run: impl Fn() -> bool) -> Duration {
    let time = |_| {
        let start = Instant::now();
        black_box(run());
        start.elapsed()
    };
    (0..runs).map(time).min().unwrap_or_default()
}

criterion_group!(benches, corpus);
criterion_main!(benches);
