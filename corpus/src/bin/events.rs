//! Writes a month of a made-up company's events, for benchmarks.
#![expect(clippy::print_stderr, reason = "a command-line program")]

use std::path::PathBuf;
use std::process::ExitCode;

use jiff::civil::Date;
use vizsla_corpus::generate::{Plan, Summary, generate_with};

const USAGE: &str = "\
usage: events --rows ROWS --out DIR [options]

  --rows ROWS     about how many rows over all tables, such as 15_000_000
  --out DIR       folder for the tables; files of the same name are replaced
  --seed N        makes the company and everything that happens (default 1)
  --start DATE    first day (default 2026-03-01)
  --days N        how many days (default 30)
  --threads N     files written at a time (default: as many as there are cores)
  --table NAME    only this table; may be repeated";

fn main() -> ExitCode {
    if std::env::args().any(|it| it == "--help") {
        eprintln!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let (plan, out, threads) = match parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("{message}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let written = generate_with(&plan, &out, threads, |now| {
        eprint!("\r{} of {} files, {} rows", now.files, now.files_in_all, now.rows);
    });
    eprintln!();
    match written {
        Ok(summary) => {
            eprintln!("{}", as_text(&summary));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<(Plan, PathBuf, usize), String> {
    let (mut out, mut threads) = (None, usize::MAX);
    let mut plan = Plan::month(jiff::civil::date(2026, 3, 1), 0);
    while let Some(flag) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{flag} needs a value"))?;
        match flag.as_str() {
            "--rows" => plan.rows = number(&value)?,
            "--out" => out = Some(PathBuf::from(value)),
            "--seed" => plan.seed = number(&value)?,
            "--start" => plan.start = value.parse::<Date>().map_err(|_| format!("{value} is not a day"))?,
            "--days" => plan.days = number(&value)?,
            "--threads" => threads = number(&value)?,
            "--table" => plan.tables.push(value),
            _ => return Err(format!("unknown option {flag}")),
        }
    }
    if plan.rows == 0 {
        return Err("--rows is missing".to_owned());
    }
    Ok((plan, out.ok_or("--out is missing")?, threads))
}

fn as_text(summary: &Summary) -> String {
    let tables = summary.tables.iter().map(|(table, rows)| format!("{table}: {rows} rows\n"));
    tables.collect::<String>() + &format!("{} rows, {} bytes", summary.rows(), summary.bytes)
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.replace('_', "").parse().map_err(|_| format!("{text} is not a number"))
}
