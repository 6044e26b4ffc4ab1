//! Events of a small fictional company, made from a seed: for the demo, for tests and for benchmarks.
//!
//! Twenty-two tables of a month or a day, of any size, in which ids agree: the process that made a connection
//! is a row of `DeviceProcessEvents`, the clicked link was in a message, the alert names both. An intrusion of
//! three days runs through them (see [`demo`]). The same plan makes the same bytes on any machine with any
//! number of threads; nothing reads a clock.
//!
//! The events stand in for real ones in shape and size. They say nothing about how often things happen, so no
//! detection should be tuned on them.
//!
//! ```no_run
//! use vizsla_corpus::generate::{Plan, generate};
//!
//! let plan = Plan { rows: 1_000_000, ..Plan::demo(jiff::civil::date(2026, 3, 2)) };
//! let summary = generate(&plan, "events".as_ref(), |_| {})?;
//! println!("{} rows, {} bytes", summary.rows(), summary.bytes);
//! # Ok::<(), vizsla_corpus::generate::GenerateError>(())
//! ```

mod alerts;
mod calendar;
mod cloud;
mod company;
pub mod demo;
mod endpoint;
mod identity;
mod inventory;
mod large;
mod mail;
mod process;
mod programs;
mod random;
mod rows;
mod sources;
mod story;
#[cfg(test)]
mod tests;
mod world;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use jiff::civil::Date;

pub use company::{Company, Device, User};

use rows::{Rows, Value};
use sources::{SOURCES, Source};
use story::Scene;
use world::{Slot, World};

const ROW_GROUP: usize = 131_072;
/// The library's default, and so what exports have: a day of a table in one group.
const LARGE_ROW_GROUP: usize = 1_048_576;

/// What to generate.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Makes the company and everything that happens in it.
    pub seed: u64,
    /// First day, in UTC.
    pub start: Date,
    /// How many days; at least one.
    pub days: u32,
    /// About how many rows over all tables. The intrusion's two hundred come on top.
    pub rows: u64,
    /// Names of the tables to write; none means all that can be generated, or the five largest and two more
    /// of devices if the company is large.
    pub tables: Vec<String>,
    /// Whether the company grows with the rows (a thousand devices at fifteen million) and has long tails:
    /// rare programs, words, hashes and accounts. Otherwise it is the demo's, forty devices.
    pub large: bool,
}

/// How far generation has come.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Rows in finished files.
    pub rows: u64,
    /// Finished files.
    pub files: usize,
    /// Files that the plan asks for.
    pub files_in_all: usize,
}

/// What was generated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Rows by table.
    pub tables: BTreeMap<String, u64>,
    /// Size of all files.
    pub bytes: u64,
}

/// Why events could not be generated.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// A plan without a day.
    #[error("the plan has no days")]
    NoDays,
    /// The plan names a table for which there are no events.
    #[error("no events are generated for table `{table}`")]
    NotGenerated {
        /// As the plan names it.
        table: String,
    },
    /// A file or folder could not be written.
    #[error("cannot write {}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Rows could not be put together.
    #[error("cannot build a batch of rows")]
    Arrow(#[from] arrow::error::ArrowError),
    /// Rows could not be encoded.
    #[error("cannot encode rows as Parquet")]
    Parquet(#[from] parquet::errors::ParquetError),
}

impl Plan {
    /// A week of a few ten thousand rows, made in a second or two.
    pub fn demo(start: Date) -> Plan {
        Plan { seed: 1, start, days: 7, rows: 60_000, tables: Vec::new(), large: false }
    }

    /// A month of a company as large as the rows: for benchmarks.
    pub fn month(start: Date, rows: u64) -> Plan {
        Plan { seed: 1, start, days: 30, rows, tables: Vec::new(), large: true }
    }

    /// Whether the plan asks for a table.
    pub fn includes(&self, table: &str) -> bool {
        if self.tables.is_empty() {
            !self.large || large::share(table).is_some()
        } else {
            self.tables.iter().any(|name| name == table)
        }
    }
}

impl Summary {
    /// Rows over all tables.
    pub fn rows(&self) -> u64 {
        self.tables.values().sum()
    }
}

/// Write the events of `plan` to `<dir>/<Table>/<YYYY-MM-DD>.parquet`, a file for each table and day.
///
/// Files are in order of `Timestamp`, zstd, in row groups of 131,072 rows (of 1,048,576 from a large company, as
/// raw exports have them); moments have microseconds, strings are never null and dynamic values are JSON text.
/// Memory does not grow with the number of rows. Files of the same name are replaced, others stay. As many
/// threads write as there are cores.
///
/// # Errors
/// If the plan is empty or names an unknown table, or a file cannot be written; finished files then stay.
pub fn generate(plan: &Plan, dir: &Path, progress: impl FnMut(Progress)) -> Result<Summary, GenerateError> {
    generate_with(plan, dir, usize::MAX, progress)
}

/// As [`generate`], on so many threads at most.
///
/// # Errors
/// As [`generate`].
pub fn generate_with(
    plan: &Plan,
    dir: &Path,
    threads: usize,
    mut progress: impl FnMut(Progress),
) -> Result<Summary, GenerateError> {
    if plan.days == 0 {
        return Err(GenerateError::NoDays);
    }
    let world = World::new(plan)?;
    let mut scenes = story::scenes(&world);
    if plan.large {
        scenes.extend(large::needles(&world));
        scenes.sort_by_key(|scene| scene.at);
    }
    let files = files(plan, dir)?;
    let mut summary = Summary::default();
    let mut finished = 0;
    write_all(&world, &scenes, &files, threads, |file, rows, bytes| {
        finished += 1;
        *summary.tables.entry(file.source.table.to_owned()).or_default() += rows;
        summary.bytes += bytes;
        progress(Progress { rows: summary.rows(), files: finished, files_in_all: files.len() });
    })?;
    Ok(summary)
}

/// A file to write: a table's day.
struct DayFile {
    source: &'static Source,
    day: u32,
    path: PathBuf,
}

fn files(plan: &Plan, dir: &Path) -> Result<Vec<DayFile>, GenerateError> {
    let calendar = calendar::Calendar::new(plan.start, plan.days);
    let mut files = Vec::new();
    for source in SOURCES.iter().filter(|source| plan.includes(source.table)) {
        let folder = dir.join(source.table);
        fs::create_dir_all(&folder).map_err(|source| GenerateError::File { path: folder.clone(), source })?;
        files.extend((0..plan.days).map(|day| DayFile {
            source,
            day,
            path: folder.join(format!("{}.parquet", calendar.date(day))),
        }));
    }
    Ok(files)
}

/// Write every file on at most so many threads; `done` is told of each, in any order.
fn write_all(
    world: &World,
    scenes: &[Scene],
    files: &[DayFile],
    threads: usize,
    mut done: impl FnMut(&DayFile, u64, u64),
) -> Result<(), GenerateError> {
    let next = AtomicUsize::new(0);
    let workers = thread::available_parallelism().map_or(1, usize::from).min(threads.max(1)).min(files.len());
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..workers {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if sender.send((file, write_file(world, scenes, file))).is_err() {
                        return; // The receiver stopped at an error.
                    }
                }
            });
        }
        drop(sender);
        for (file, result) in receiver {
            let (rows, bytes) = result?;
            done(file, rows, bytes);
        }
        Ok(())
    })
}

/// Write a table's day: background rows and the intrusion's, merged by time. Tells rows and bytes.
fn write_file(world: &World, scenes: &[Scene], file: &DayFile) -> Result<(u64, u64), GenerateError> {
    let DayFile { source, day, path } = file;
    let table = world.catalog.table(source.table).expect("sources are tables of the catalog");
    let row_group = if world.large { LARGE_ROW_GROUP } else { ROW_GROUP };
    let mut writer = DayWriter { rows: Rows::create(table, path, row_group)?, report: u64::from(*day) << 32 };
    let (from, to) = (world.calendar.midnight(*day), world.calendar.midnight(*day + 1));
    let mut scenes = scenes.iter().filter(|it| it.table == source.table && (from..to).contains(&it.at)).peekable();
    let count = world.count(source.table, *day);
    for index in 0..count {
        let slot = Slot { day: *day, index, count };
        let at = (source.moment)(world, source.table, slot);
        while let Some(scene) = scenes.next_if(|scene| scene.at <= at) {
            writer.row(scene.at, |row| (scene.write)(world, row))?;
        }
        writer.row(at, |row| (source.write)(world, slot, at, row))?;
    }
    for scene in scenes {
        writer.row(scene.at, |row| (scene.write)(world, row))?;
    }
    let rows = writer.rows.finish()?;
    let bytes = fs::metadata(path).map_err(|source| GenerateError::File { path: path.clone(), source })?.len();
    Ok((rows, bytes))
}

struct DayWriter {
    rows: Rows,
    report: u64,
}

impl DayWriter {
    fn row(&mut self, at: i64, write: impl FnOnce(&mut Rows)) -> Result<(), GenerateError> {
        self.report += 1;
        self.rows.put("Timestamp", Value::Time(at));
        self.rows.offer("TimeGenerated", Value::Time(at));
        self.rows.offer("ReportId", self.report as i64);
        write(&mut self.rows);
        self.rows.end()
    }
}
