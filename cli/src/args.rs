//! What can be written after `vizsla`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use vizsla_engine::{Engine, EngineError, IndexUse, Limits, OnBroken, QueryOptions};
use vizsla_functions::convert::parse_datetime;
use vizsla_store::DataRoot;
use vizsla_store::ingest::InputFormat;

use crate::show::Format;

/// Hunt in folders of Parquet and NDJSON exports with the KQL of Microsoft Defender.
///
/// Without a command it opens a prompt over the data: `vizsla --data exports/`.
#[derive(Debug, Parser)]
#[command(name = "vizsla", version, args_conflicts_with_subcommands = true)]
#[command(after_help = "Exit codes: 0 answered, 1 the query is not right, 2 usage, 3 data or limit, 130 interrupted.")]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) run: RunArgs,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// One line for each command; each has a file of its own.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run one query and print its answer.
    Query(QueryArgs),
    /// Check queries in .kql, .yaml and .md files without running them.
    Check(CheckArgs),
    /// Answer queries that come as JSON lines, each with a JSON line.
    Batch(BatchArgs),
    /// Write event streams (NDJSON, CSV) into a data folder as Parquet.
    Ingest(IngestArgs),
    /// Build indexes beside Parquet files, so that look-ups need not scan.
    Index(IndexArgs),
    /// Rewrite Parquet files so that queries read less of them.
    Optimize(OptimizeArgs),
    /// Try it on a small generated company.
    Demo(DemoArgs),
}

/// What to run queries on, and where they stop.
#[derive(Debug, Clone, Args)]
pub(crate) struct RunArgs {
    /// Folder that holds the tables; without it, only queries over `datatable` and `print` have rows.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<String>,
    /// What `now()` answers, such as 2026-03-09T12:00Z; the clock otherwise.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) now: Option<i64>,
    /// Value for a name of `declare query_parameters`.
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = parameter)]
    pub(crate) parameters: Vec<(String, String)>,
    /// Seconds a query may run.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<Duration>,
    /// Rows a query may answer, over all its tables.
    #[arg(long, value_name = "ROWS")]
    pub(crate) max_rows: Option<u64>,
    /// Bytes that sorts, groups and joins may hold, such as 4G.
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    pub(crate) memory_limit: Option<usize>,
    /// What to do with files that cannot be read.
    #[arg(long, value_enum, default_value = "fail")]
    pub(crate) on_broken_file: BrokenFile,
    /// Whether to use the indexes that `vizsla index` built. Answers are the same.
    #[arg(long, value_enum, default_value = "auto")]
    pub(crate) index: UseIndex,
    /// Folder that holds the indexes, if they are not beside the files.
    #[arg(long, value_name = "DIR")]
    pub(crate) index_dir: Option<PathBuf>,
}

/// See [`IndexUse`].
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum UseIndex {
    /// Where there is one that fits its file.
    Auto,
    /// Never.
    Off,
}

/// See [`OnBroken`].
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum BrokenFile {
    /// Stop and name the file.
    Fail,
    /// Answer without it, and say so.
    Skip,
}

/// `vizsla query`
#[derive(Debug, Args)]
pub(crate) struct QueryArgs {
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// The query; read from standard input if neither this nor -f is given.
    #[arg(value_name = "QUERY", conflicts_with = "file")]
    pub(crate) text: Option<String>,
    /// File that holds the query.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// How to print the answer; by the end of the name of -o, otherwise `table`.
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
    /// File to write the answer to; it appears whole or not at all.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// `vizsla check`
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Files, or folders to look through.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// How to print what was found.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: CheckFormat,
}

/// How `vizsla check` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// For people.
    Text,
    /// One JSON document.
    Json,
    /// SARIF 2.1.0, for code hosts.
    Sarif,
}

/// `vizsla batch`
#[derive(Debug, Args)]
pub(crate) struct BatchArgs {
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// Answer columns and mistakes without running anything.
    #[arg(long)]
    pub(crate) check_only: bool,
}

/// `vizsla ingest`
#[derive(Debug, Args)]
pub(crate) struct IngestArgs {
    /// Data folder to write into; it is made if it is missing.
    #[arg(long, value_name = "DIR")]
    pub(crate) root: PathBuf,
    /// Table of records that have no envelope.
    #[arg(long, value_name = "TABLE")]
    pub(crate) table: Option<String>,
    /// What the lines are; by the file's name otherwise.
    #[arg(long, value_enum)]
    pub(crate) format: Option<LineFormat>,
    /// Files, plain or packed (.gz, .zst); `-` for standard input.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

/// `vizsla optimize`
#[derive(Debug, Args)]
pub(crate) struct OptimizeArgs {
    /// Folder that holds the tables.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// Table to rewrite; may be given several times. All tables otherwise.
    #[arg(long = "table", value_name = "TABLE")]
    pub(crate) tables: Vec<String>,
    /// Say what would be rewritten, and touch nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// See [`InputFormat`].
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum LineFormat {
    /// A JSON record a line, plain or in an envelope.
    Ndjson,
    /// Comma-separated values under a header.
    Csv,
}

/// `vizsla index`
#[derive(Debug, Args)]
pub(crate) struct IndexArgs {
    /// Folder that holds the tables.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: String,
    /// Folder for the indexes of exports that may not be written to; give it to queries too.
    #[arg(long, value_name = "DIR")]
    pub(crate) index_dir: Option<PathBuf>,
    /// Only this table; may be given several times.
    #[arg(long = "table", value_name = "TABLE")]
    pub(crate) tables: Vec<String>,
    /// Only these columns, separated by commas; indexes that hold others are built again.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,
    /// Go on, and look for new files so many seconds after each round.
    #[arg(long, value_name = "SECONDS", value_parser = seconds, num_args = 0..=1, default_missing_value = "10", conflicts_with_all = ["verify", "drop"])]
    pub(crate) watch: Option<Duration>,
    /// Compare each index with what would be built now; exit code 3 if one does not fit.
    #[arg(long, conflicts_with = "drop")]
    pub(crate) verify: bool,
    /// Remove all indexes.
    #[arg(long, conflicts_with_all = ["tables", "columns"])]
    pub(crate) drop: bool,
    /// How many files to work on at the same time; as many as there are cores if not given.
    #[arg(long, value_name = "COUNT")]
    pub(crate) threads: Option<usize>,
}

/// `vizsla demo`
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// A query to answer; without it, three worthwhile ones and then a prompt.
    #[arg(value_name = "QUERY")]
    pub(crate) text: Option<String>,
    /// How to print the answer to QUERY.
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) format: Format,
}

impl RunArgs {
    /// The engine over the data that was named.
    pub(crate) fn engine(&self) -> Result<Engine, EngineError> {
        let on_broken = match self.on_broken_file {
            BrokenFile::Fail => OnBroken::Fail,
            BrokenFile::Skip => OnBroken::Skip,
        };
        let Some(data) = &self.data else { return Ok(Engine::without_data()) };
        let mut root = DataRoot::open(data)?;
        if let Some(folder) = &self.index_dir {
            root = root.with_index_folder(folder);
        }
        let index = match self.index {
            UseIndex::Auto => IndexUse::Auto,
            UseIndex::Off => IndexUse::Off,
        };
        Ok(Engine::builder().root(root).on_broken(on_broken).index(index).build())
    }

    /// What each query is run with.
    pub(crate) fn options(&self) -> QueryOptions {
        QueryOptions {
            now: self.now,
            parameters: self.parameters.iter().cloned().collect(),
            limits: Limits { rows: self.max_rows, bytes: None, time: self.timeout, memory: self.memory_limit },
            cancel: None,
        }
    }
}

impl From<LineFormat> for InputFormat {
    fn from(format: LineFormat) -> Self {
        match format {
            LineFormat::Ndjson => InputFormat::Ndjson,
            LineFormat::Csv => InputFormat::Csv,
        }
    }
}

fn moment(text: &str) -> Result<i64, String> {
    parse_datetime(text).ok_or_else(|| "write a time such as 2026-03-09T12:00Z".to_owned())
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.trim().to_owned(), value.to_owned()))
}

fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text.trim_end_matches('s').parse().map_err(|_| "write a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(number).map_err(|error| error.to_string())
}

fn bytes(text: &str) -> Result<usize, String> {
    let number = text.trim_end_matches(|it: char| it.is_ascii_alphabetic());
    let shift = match text[number.len()..].to_ascii_lowercase().trim_end_matches("ib").trim_end_matches('b') {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        _ => return Err("write a number of bytes, with K, M, G or T if you like".to_owned()),
    };
    let count: usize = number.trim().parse().map_err(|_| "write a whole number of bytes".to_owned())?;
    count.checked_mul(1 << shift).ok_or_else(|| "that is more than there can be".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn sizes_have_units() {
        for (text, expected) in [
            ("0", Some(0)),
            ("1024", Some(1024)),
            ("4K", Some(4096)),
            ("2MiB", Some(2 << 20)),
            ("1gb", Some(1 << 30)),
            ("", None),
            ("4X", None),
            ("-1", None),
            ("99999999999999999999", None),
            ("99999999999T", None),
        ] {
            assert_eq!(bytes(text).ok(), expected, "{text:?}");
        }
    }

    #[test]
    fn parameters_may_hold_equal_signs() {
        assert_eq!(parameter("filter=a=b"), Ok(("filter".to_owned(), "a=b".to_owned())));
        assert!(parameter("filter").is_err());
    }

    #[test]
    fn times_and_timeouts() {
        assert_eq!(moment("2020-01-01"), Ok(637_134_336_000_000_000));
        assert!(moment("soon").is_err());
        assert_eq!(seconds("1.5s"), Ok(Duration::from_millis(1500)));
        assert!(seconds("-1").is_err());
    }
}
