//! `vizsla optimize`: Parquet files rewritten so that queries read less of them.

use std::io::{self, IsTerminal, Write};

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
use vizsla_schema::Catalog;
use vizsla_store::optimize::TableReport;
use vizsla_store::{Optimize, OptimizeOptions, OptimizeReport};

use crate::args::OptimizeArgs;
use crate::failure::Failure;

/// Runs `vizsla optimize`. Files that cannot be rewritten stay as they are, and are told.
pub(crate) fn run(args: &OptimizeArgs) -> Result<(), Failure> {
    let options = OptimizeOptions { tables: args.tables.clone(), dry_run: args.dry_run, ..OptimizeOptions::default() };
    let optimize = Optimize::new(&args.data, Catalog::defender(), options);
    let bar = if io::stderr().is_terminal() { ProgressBar::no_length() } else { ProgressBar::hidden() };
    let template = "{spinner} {bytes} of {total_bytes} rewritten, {eta} to go";
    bar.set_style(ProgressStyle::with_template(template).expect("a sound template"));
    let report = optimize.run(&|now| {
        bar.set_length(now.total);
        bar.set_position(now.bytes);
    });
    bar.finish_and_clear();
    let report = report?;
    let told = describe(&report, args.dry_run);
    io::stdout().write_all(told.as_bytes()).map_err(Failure::file("standard output".as_ref()))?;
    let failed = report.tables.values().flat_map(|table| &table.left).filter(|left| left.failed).count();
    match failed {
        0 => Ok(()),
        count => Err(Failure::LeftAsTheyWere(count)),
    }
}

/// What was done, in a line for each fact.
fn describe(report: &OptimizeReport, dry_run: bool) -> String {
    let mut text = String::new();
    for (name, table) in &report.tables {
        if table.before.count > 0 {
            text.push_str(&format!("{name}: {}\n", rewritten(table, dry_run)));
        }
        if table.ndjson > 0 {
            let files = counted(table.ndjson, "NDJSON file");
            text.push_str(&format!("{name}: {files} left alone; `vizsla ingest` makes Parquet of them\n"));
        }
        for left in &table.left {
            text.push_str(&format!("{name}: {} left as it was: {}\n", left.place, left.reason));
        }
    }
    if text.is_empty() {
        let fine = report.tables.values().map(|table| table.fine).sum();
        text.push_str(&format!("nothing to do: {}\n", counted(fine, "file")));
    }
    text
}

fn rewritten(table: &TableReport, dry_run: bool) -> String {
    let (before, after) = (&table.before, &table.after);
    let what =
        format!("{} in {} ({})", counted(table.rows, "row"), counted(before.count, "file"), HumanBytes(before.bytes));
    match dry_run {
        true => format!("would rewrite {what}"),
        false => format!("rewrote {what} as {} ({})", counted(after.count, "file"), HumanBytes(after.bytes)),
    }
}

/// `1 row`, `1,234 rows`.
fn counted(count: u64, one: &str) -> String {
    format!("{} {one}{}", HumanCount(count), if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use vizsla_store::optimize::{Files, Left};

    use super::*;

    #[test]
    fn a_report_is_a_line_for_each_fact() {
        let mut report = OptimizeReport::default();
        assert_eq!(describe(&report, false), "nothing to do: 0 files\n");
        let left = Left { place: "T/a.parquet".to_owned(), reason: "it is a symbolic link".to_owned(), failed: false };
        let table = TableReport {
            rows: 1234,
            before: Files { count: 24, bytes: 4096 },
            after: Files { count: 1, bytes: 2048 },
            fine: 3,
            ndjson: 1,
            left: vec![left],
        };
        report.tables.insert("T".to_owned(), table);
        assert_eq!(
            describe(&report, false),
            "T: rewrote 1,234 rows in 24 files (4.00 KiB) as 1 file (2.00 KiB)\n\
             T: 1 NDJSON file left alone; `vizsla ingest` makes Parquet of them\n\
             T: T/a.parquet left as it was: it is a symbolic link\n"
        );
        assert!(describe(&report, true).starts_with("T: would rewrite 1,234 rows in 24 files (4.00 KiB)\n"));
    }
}
