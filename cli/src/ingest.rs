//! `vizsla ingest`: event streams into a data folder, as Parquet.

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::time::Duration;

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};
use vizsla_schema::Catalog;
use vizsla_store::ingest::{InputFormat, Progress};
use vizsla_store::{Ingest, IngestOptions, IngestReport};

use crate::args::IngestArgs;
use crate::failure::Failure;

/// Runs `vizsla ingest`. A file that fails ends it; those before it stay ingested.
pub(crate) fn run(args: &IngestArgs) -> Result<(), Failure> {
    for path in &args.files {
        let format = args.format.map_or_else(|| by_name(path), InputFormat::from);
        if format == InputFormat::Csv && args.table.is_none() {
            let message = format!("{}: CSV does not say its table, name it with --table", path.display());
            return Err(Failure::Usage(message));
        }
        let mut ingest =
            Ingest::new(&args.root, Catalog::defender(), IngestOptions { format, ..IngestOptions::default() });
        if let Some(table) = &args.table {
            ingest = ingest.table_hint(table);
        }
        let report = with_progress(path, |progress| match path == Path::new("-") {
            true => ingest.run(io::stdin(), "standard input", progress),
            false => ingest.run_file(path, progress),
        })?;
        let told = describe(path, &report);
        io::stdout().write_all(told.as_bytes()).map_err(Failure::file("standard output".as_ref()))?;
    }
    Ok(())
}

/// CSV if the name says so, whatever it is packed with.
fn by_name(path: &Path) -> InputFormat {
    let name = path.to_string_lossy().to_ascii_lowercase();
    let plain = name.trim_end_matches(".gz").trim_end_matches(".zst");
    if plain.ends_with(".csv") { InputFormat::Csv } else { InputFormat::Ndjson }
}

fn with_progress<T>(path: &Path, work: impl FnOnce(&mut dyn FnMut(Progress)) -> T) -> T {
    let bar = if io::stderr().is_terminal() { ProgressBar::no_length() } else { ProgressBar::hidden() };
    bar.set_style(ProgressStyle::with_template("{spinner} {prefix} {msg}").expect("a sound template"));
    bar.set_prefix(path.display().to_string());
    bar.enable_steady_tick(Duration::from_millis(200));
    let done = work(&mut |now: Progress| {
        let stage = if now.writing { "writing" } else { "reading" };
        bar.set_message(format!("{stage}: {} rows, {}", HumanCount(now.rows), HumanBytes(now.bytes)));
    });
    bar.finish_and_clear();
    done
}

/// What was done with a file, in a line for each table.
fn describe(path: &Path, report: &IngestReport) -> String {
    let name = path.display();
    if report.already_there {
        return format!("{name}: ingested before, nothing to do\n");
    }
    let mut text = String::new();
    for (table, it) in &report.tables {
        let (rows, files) = (counted(it.rows, "row"), counted(it.files, "file"));
        text.push_str(&format!("{name}: {rows} into {table} ({files}, {})\n", HumanBytes(it.bytes)));
    }
    if report.rejected > 0 {
        let place = report.rejected_file.as_deref().unwrap_or(Path::new("_rejected")).display().to_string();
        text.push_str(&format!("{name}: {} not taken, see {place}\n", counted(report.rejected, "line")));
    }
    if text.is_empty() {
        text.push_str(&format!("{name}: no rows\n"));
    }
    text
}

/// `1 row`, `1,234 rows`.
fn counted(count: u64, one: &str) -> String {
    format!("{} {one}{}", HumanCount(count), if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use vizsla_store::ingest::TableReport;

    use super::*;

    #[test]
    fn names_tell_the_format() {
        for (name, expected) in [
            ("a.csv", InputFormat::Csv),
            ("a.CSV.gz", InputFormat::Csv),
            ("a.ndjson.zst", InputFormat::Ndjson),
            ("-", InputFormat::Ndjson),
        ] {
            assert_eq!(by_name(name.as_ref()), expected, "{name}");
        }
    }

    #[test]
    fn a_report_is_a_line_for_each_fact() {
        let mut report = IngestReport { rejected: 2, ..IngestReport::default() };
        report.tables.insert("DeviceEvents".to_owned(), TableReport { rows: 1234, files: 1, bytes: 2048 });
        assert_eq!(
            describe("in.ndjson".as_ref(), &report),
            "in.ndjson: 1,234 rows into DeviceEvents (1 file, 2.00 KiB)\nin.ndjson: 2 lines not taken, see _rejected\n"
        );
    }
}
