//! `vizsla index`: builds, verifies or removes the indexes beside Parquet files.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
use tokio::runtime::Runtime;
use vizsla_schema::Catalog;
use vizsla_store::index::{self, IndexOptions, IndexReport, Indexed};
use vizsla_store::{DataRoot, StoreError};

use crate::args::IndexArgs;
use crate::failure::Failure;

/// Runs `vizsla index`.
pub(crate) fn run(args: &IndexArgs, runtime: &Runtime) -> Result<(), Failure> {
    let mut root = DataRoot::open(&args.data)?;
    if let Some(folder) = &args.index_dir {
        root = root.with_index_folder(std::path::absolute(folder).map_err(Failure::file(folder))?);
    }
    if args.drop {
        let dropped = index::drop_all(&root)?;
        return say(&format!("{} removed\n", counted(dropped, "index", "indexes")));
    }
    let options = IndexOptions { tables: args.tables.clone(), columns: args.columns.clone(), threads: args.threads };
    loop {
        let started = Instant::now();
        let report = one_round(args.verify, &root, &options, runtime)?;
        let quiet = args.watch.is_some() && count(&report, |it| matches!(it, Indexed::Built(_))) == 0;
        if !quiet {
            say(&describe(&report, args.verify, started.elapsed()))?;
        }
        if args.verify && count(&report, |it| matches!(it, Indexed::Wrong | Indexed::Unusable(_))) > 0 {
            return Err(Failure::Unfit);
        }
        let Some(pause) = args.watch else { return Ok(()) };
        std::thread::sleep(pause);
    }
}

fn one_round(
    verify: bool,
    root: &DataRoot,
    options: &IndexOptions,
    runtime: &Runtime,
) -> Result<IndexReport, StoreError> {
    let bar = if io::stderr().is_terminal() { ProgressBar::no_length() } else { ProgressBar::hidden() };
    bar.set_style(ProgressStyle::with_template("{spinner} {pos}/{len} files {msg}").expect("a sound template"));
    bar.enable_steady_tick(Duration::from_millis(200));
    let shown = bar.clone();
    let progress = move |file: &str, _: u64, in_all: usize| {
        shown.set_length(in_all as u64);
        shown.inc(1);
        shown.set_message(format!("/{file}"));
    };
    let catalog = Catalog::defender();
    let report = match verify {
        true => runtime.block_on(index::verify_all(root, &catalog, options, progress)),
        false => runtime.block_on(index::build_all(root, &catalog, options, progress)),
    };
    bar.finish_and_clear();
    report
}

/// What was done, in a line for each fact.
fn describe(report: &IndexReport, verify: bool, took: Duration) -> String {
    let (data, indexes) = report.bytes();
    let fresh = count(report, |it| matches!(it, Indexed::Fresh(_)));
    let mut text: String = report.warnings.iter().map(|warning| format!("{warning}\n")).collect();
    for (file, _, done) in &report.files {
        match done {
            Indexed::Unusable(why) => text.push_str(&format!("/{file}: {why}\n")),
            Indexed::Wrong => text.push_str(&format!("/{file}: the index is not the one that belongs to the file\n")),
            Indexed::Built(_) | Indexed::Fresh(_) => {}
        }
    }
    if verify {
        text.push_str(&format!("{} of {} right\n", fresh, counted(report.files.len(), "index", "indexes")));
        return text;
    }
    let built = count(report, |it| matches!(it, Indexed::Built(_)));
    let percent = if data == 0 { 0.0 } else { indexes as f64 * 100.0 / data as f64 };
    text.push_str(&format!(
        "{} built, {fresh} there already: {} for {} of Parquet ({percent:.1} %), {:.1} s\n",
        counted(built, "index", "indexes"),
        HumanBytes(indexes),
        HumanBytes(data),
        took.as_secs_f64(),
    ));
    text
}

fn count(report: &IndexReport, is: impl Fn(&Indexed) -> bool) -> usize {
    report.files.iter().filter(|(_, _, done)| is(done)).count()
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{} {}", HumanCount(count as u64), if count == 1 { one } else { many })
}

fn say(text: &str) -> Result<(), Failure> {
    io::stdout().write_all(text.as_bytes()).map_err(Failure::file("standard output".as_ref()))
}

#[cfg(test)]
mod tests {
    use vizsla_store::index::Skipped;

    use super::*;

    #[test]
    fn a_report_is_a_line_for_each_fact() {
        let file = |name: &str, done| (name.to_owned(), 1000, done);
        let built = IndexReport {
            files: vec![file("a", Indexed::Built(100)), file("b", Indexed::Fresh(50))],
            warnings: Vec::new(),
        };
        assert_eq!(
            describe(&built, false, Duration::from_millis(1500)),
            "1 index built, 1 there already: 150 B for 1.95 KiB of Parquet (7.5 %), 1.5 s\n"
        );
        let wrong = [Indexed::Unusable(Skipped::Missing), Indexed::Wrong, Indexed::Fresh(1)];
        let wrong = IndexReport {
            files: wrong.into_iter().map(|it| file("a", it)).collect(),
            warnings: vec!["/c: cut off".to_owned()],
        };
        assert_eq!(
            describe(&wrong, true, Duration::ZERO),
            "/c: cut off\n/a: there is no index\n/a: the index is not the one that belongs to the file\n1 of 3 indexes right\n"
        );
    }
}
