//! Rewrites a root's Parquet files so that queries read less of them.
//!
//! Exports often have one huge page per column chunk, big dictionaries and rows of all devices mixed; then a look-up costs
//! as much as a scan. What is written here has small pages, dictionaries only where values repeat, page indexes, and the
//! rows of a device together within a span of time ([`order::SPAN`]). Rows and columns stay what they are: types, nulls,
//! columns that no schema declares, and what the files say of themselves.
//!
//! ```text
//! T/2026-03-09/00.parquet … 23.parquet   →  T/2026-03-09/opt-<id>-0.parquet     a day's files become one
//! T/day=2026-03-09/export.parquet        →  …/opt-<id>-0.parquet, opt-<id>-1.parquet     or several, if it is large
//! T.parquet                              →  T.parquet                            a table in one file stays one
//! ```
//! Only files of one folder that have the same columns are put together. NDJSON is left alone, and so are files that would
//! grow, that are symbolic links, or that hold what cannot be written back as it was; the report says which and why.
//!
//! New files are made in `<root>/_optimize`, read back, and compared: rows, the sum of the hashes of each column's cells,
//! and the sum over rows of their hash. Then they take the place of the old ones in one step for whoever reads through
//! [`crate::DataRoot`], whenever the process may die ([`crate::journal`]). A query that is under way at that moment may miss a file
//! that it had listed, and fails then; asked again it answers.
//!
//! Memory: a portion of rows (at most [`write::ROWS`]) is encoded one column at a time. What is held are the keys of
//! its rows, one decoded column, and the encoded columns.
//!
//! ```no_run
//! use vizsla_schema::Catalog;
//! use vizsla_store::{Optimize, OptimizeOptions};
//!
//! let optimize = Optimize::new("exports", Catalog::defender(), OptimizeOptions::default());
//! let report = optimize.run(&|_| ())?;
//! for (table, it) in &report.tables {
//!     assert!(it.after.bytes <= it.before.bytes, "{table}");
//! }
//! # Ok::<_, vizsla_store::StoreError>(())
//! ```

mod cells;
mod encode;
mod order;
mod plan;
mod read;
mod run;
mod write;

use std::collections::BTreeMap;
use std::path::PathBuf;

use vizsla_schema::Catalog;

use crate::error::Result;

/// How to optimise.
#[derive(Debug, Clone)]
pub struct OptimizeOptions {
    /// Only these tables; all if empty. Names as queries use them.
    pub tables: Vec<String>,
    /// Say what would be rewritten, and touch nothing.
    pub dry_run: bool,
    /// Bytes that all threads together may hold. A single portion of rows is rewritten even if it needs more.
    pub memory: usize,
}

impl Default for OptimizeOptions {
    fn default() -> Self {
        Self { tables: Vec::new(), dry_run: false, memory: 768 << 20 }
    }
}

/// How far an optimisation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Bytes of old files that are dealt with.
    pub bytes: u64,
    /// Bytes of old files that are to be rewritten.
    pub total: u64,
}

/// What an optimisation did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OptimizeReport {
    /// By table, those without Parquet or NDJSON files left out.
    pub tables: BTreeMap<String, TableReport>,
}

/// What was done with one table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableReport {
    /// Rows of the files that were rewritten.
    pub rows: u64,
    /// The files that were rewritten.
    pub before: Files,
    /// What they became; nothing in a dry run.
    pub after: Files,
    /// Files that an earlier run has written, or that are too small to gain anything.
    pub fine: u64,
    /// NDJSON files, which are left alone: `vizsla ingest` makes Parquet of them.
    pub ndjson: u64,
    /// Parquet files that were left as they are.
    pub left: Vec<Left>,
}

/// Some files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Files {
    /// How many.
    pub count: u64,
    /// Their size.
    pub bytes: u64,
}

/// Files that were left as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// A file, or the folder of several.
    pub place: String,
    /// Why, a clause without a full stop.
    pub reason: String,
    /// Whether it was tried and went wrong: the file is broken, changed meanwhile, or could not be read.
    pub failed: bool,
}

/// Rewrites the Parquet files of a root.
#[derive(Debug, Clone)]
pub struct Optimize {
    root: PathBuf,
    catalog: Catalog,
    options: OptimizeOptions,
}

impl Optimize {
    /// Of the folder `root`; `catalog` says where tables have their times and devices.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>, catalog: Catalog, options: OptimizeOptions) -> Self {
        Self { root: root.into(), catalog, options }
    }

    /// Optimises, and first finishes or clears up what a run left that was killed. Files of an earlier run are passed over,
    /// so a second run does nothing. Must not be called from async code.
    ///
    /// `progress` is called from several threads.
    ///
    /// # Errors
    /// [`crate::StoreError::MissingFolder`], [`crate::StoreError::Busy`] if another optimisation is running,
    /// [`crate::StoreError::NoTable`], [`crate::StoreError::DiskFull`] (what was replaced stays replaced, nothing else is
    /// left behind). Files that are broken or change meanwhile are no error, see [`TableReport::left`].
    pub fn run(&self, progress: &(dyn Fn(Progress) + Sync)) -> Result<OptimizeReport> {
        run::run(self, progress)
    }
}
