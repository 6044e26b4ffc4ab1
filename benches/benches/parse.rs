//! Parsing: the whole hunting corpus, and how long single queries take.

#![allow(
    missing_docs,
    clippy::print_stderr,
    reason = "criterion's macros write undocumented functions; figures go to stderr"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use vizsla_benches::{hunting_queries, percentile};

fn corpus(criterion: &mut Criterion) {
    let queries = hunting_queries();
    let bytes: usize = queries.iter().map(String::len).sum();
    let mut group = criterion.benchmark_group("parse");
    group.throughput(Throughput::Bytes(bytes as u64));
    group.bench_function("hunting corpus", |it| {
        it.iter(|| queries.iter().for_each(|query| drop(black_box(kql_parser::parse(query)))));
    });
    group.finish();
    report(&queries);
}

fn report(queries: &[String]) {
    let mut times: Vec<Duration> = queries.iter().map(|query| best_of(20, query)).collect();
    let [p50, p99, worst] = [0.5, 0.99, 1.0].map(|share| percentile(&mut times, share));
    eprintln!("{} queries: p50 {p50:?}, p99 {p99:?}, slowest {worst:?}", queries.len());
}

/// The fastest of several runs: what a query costs when nothing else runs.
fn best_of(runs: usize, query: &str) -> Duration {
    let time = |_| {
        let start = Instant::now();
        drop(black_box(kql_parser::parse(query)));
        start.elapsed()
    };
    (0..runs).map(time).min().unwrap_or_default()
}

criterion_group!(benches, corpus);
criterion_main!(benches);
