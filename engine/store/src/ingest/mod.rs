//! NDJSON and CSV into well-formed, time-sorted Parquet files by day.
//!
//! ```text
//! <root>/DeviceEvents/2019-03-19/part-<input>-<n>.parquet     rows of a day, sorted by the time column
//! <root>/DeviceEvents/undated/part-<input>-<n>.parquet        rows without a time
//! <root>/DeviceTvmSecureConfiguration…/part-<input>-<n>.parquet   tables without a time column
//! <root>/_rejected/<name>-<input>.ndjson                      lines not taken: number, reason, text
//! <root>/_ingest/                                             the journal, see [`Journal`]
//! ```
//! `<input>` is a digest of the input's bytes. An input is taken whole or not at all, and a second time not again: see
//! [`Journal`] for how that survives `kill -9`.
//!
//! Fields that no schema declares become columns after the declared ones, of a type found from all their values. Files
//! hold all ten-millionths of a second: instants are `timestamp[ns, UTC]`; rows with an instant outside of 1677–2262, which
//! nanoseconds cannot reach, go to a file of their own, where that column is `timestamp[us, UTC]` (such an instant loses
//! its seventh digit, the row's other columns nothing). Durations are plain integers, ticks; `dynamic` is text of the logical
//! type JSON. No arrow schema is embedded, so every Parquet reader sees standard types.
//!
//! Memory: rows are gathered up to [`IngestOptions::memory`], sorted by time and set aside as a run on disk; in the end
//! the runs' rows of a day are merged, as many at a time as fit. An input that fits at once is never set aside.

mod buffer;
mod csv;
mod digest;
mod layout;
mod parquet;
mod rejects;
mod run;
mod worker;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use vizsla_schema::Catalog;

use crate::error::{Result, StoreError};
use crate::format::Compression;
use crate::journal::{INGEST, Journal};
use crate::ndjson::Blocks;
use digest::Digesting;
use rejects::Rejects;
use run::Sorter;
use worker::Workers;

/// What the lines of an input are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputFormat {
    /// A JSON record a line, plain or in an envelope.
    Ndjson,
    /// Comma-separated values under a header that names the columns. Needs [`Ingest::table_hint`].
    Csv,
}

/// How to ingest.
#[derive(Debug, Clone)]
pub struct IngestOptions {
    /// What the input is. Its compression is told by its name.
    pub format: InputFormat,
    /// Bytes of rows to gather before they are set aside on disk. The process needs about three times as much.
    pub memory: usize,
}

impl Default for IngestOptions {
    fn default() -> Self {
        Self { format: InputFormat::Ndjson, memory: 256 << 20 }
    }
}

/// How far an ingest has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Bytes of the input that were read, as it is packed.
    pub bytes: u64,
    /// Rows taken so far.
    pub rows: u64,
    /// Lines not taken so far.
    pub rejected: u64,
    /// Whether all lines are read and the files are being written.
    pub writing: bool,
}

/// What an ingest did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IngestReport {
    /// What was written, by table.
    pub tables: BTreeMap<String, TableReport>,
    /// Lines that were not taken.
    pub rejected: u64,
    /// Where those lines are.
    pub rejected_file: Option<PathBuf>,
    /// Whether the same bytes were ingested before, so that nothing was written now.
    pub already_there: bool,
    /// Bytes of the input, as it is packed.
    pub bytes: u64,
}

/// What was written of one table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableReport {
    /// Rows.
    pub rows: u64,
    /// Parquet files.
    pub files: u64,
    /// Their size.
    pub bytes: u64,
}

/// Writes inputs into a root.
#[derive(Debug, Clone)]
pub struct Ingest {
    root: PathBuf,
    catalog: Catalog,
    options: IngestOptions,
    table: Option<String>,
}

impl Ingest {
    /// Into the folder `root`, which is made if it is missing; `catalog` declares columns and time columns.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>, catalog: Catalog, options: IngestOptions) -> Self {
        Self { root: root.into(), catalog, options, table: None }
    }

    /// The table of records that have no envelope.
    #[must_use]
    pub fn table_hint(mut self, table: impl Into<String>) -> Self {
        self.table = Some(table.into());
        self
    }

    /// Ingests a file, after a look whether it has been ingested before.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn run_file(&self, path: &Path, progress: &mut dyn FnMut(Progress)) -> Result<IngestReport> {
        let name = path.display().to_string();
        let open = || fs::File::open(path).map_err(|e| StoreError::io(&name, e));
        let journal = Journal::open(&self.root, INGEST)?;
        let mut digesting = Digesting::new(open()?);
        std::io::copy(&mut digesting, &mut std::io::sink()).map_err(|e| StoreError::io(&name, e))?;
        let (id, bytes) = digesting.finish();
        if journal.knows(&id) {
            return Ok(IngestReport { already_there: true, bytes, ..IngestReport::default() });
        }
        self.run_in(journal, open()?, &name, progress)
    }

    /// Ingests what `reader` yields; `name` is what messages call it, and its end (`.gz`, `.zst`) says how it is packed.
    ///
    /// # Errors
    /// [`StoreError::DiskFull`], [`StoreError::Busy`] if another ingest is running, [`StoreError::BrokenFile`] if the input
    /// cannot be unpacked. The root is then as it was before. Broken lines are no error, see [`IngestReport::rejected`].
    pub fn run(
        &self,
        reader: impl Read + Send,
        name: &str,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<IngestReport> {
        self.run_in(Journal::open(&self.root, INGEST)?, reader, name, progress)
    }

    fn run_in(
        &self,
        journal: Journal,
        reader: impl Read + Send,
        name: &str,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<IngestReport> {
        let failed = |e| StoreError::io(name, e);
        let mut input = BufReader::with_capacity(1 << 18, Digesting::new(reader));
        let counter = input.get_ref().counter();
        let mut sorter = Sorter::new(journal.staging(), self.options.memory);
        let mut rejects = Rejects::new(journal.staging());
        let mut now = Progress::default();
        {
            let unpacked = Compression::of_name(name).1.unpack(&mut input).map_err(failed)?;
            let text: Box<dyn Read + Send + '_> = match self.options.format {
                InputFormat::Ndjson => unpacked,
                InputFormat::Csv => Box::new(csv::as_ndjson(unpacked, name)?),
            };
            let mut report = |rows, rejected| {
                now = Progress { bytes: counter.bytes(), rows, rejected, writing: false };
                progress(now);
            };
            self.read(text, name, &mut sorter, &mut rejects, &mut report)?;
        }
        // A decompressor may stop before the end; the digest must not.
        std::io::copy(&mut input, &mut std::io::sink()).map_err(failed)?;
        let (id, bytes) = input.into_inner().finish();
        if journal.knows(&id) {
            return Ok(IngestReport { already_there: true, bytes, ..IngestReport::default() });
        }
        progress(Progress { bytes, writing: true, ..now });
        let parts = layout::write_parts(sorter, journal.staging(), &id)?;
        let mut report = IngestReport { bytes, ..IngestReport::default() };
        for part in &parts {
            let table = report.tables.entry(part.table.clone()).or_default();
            table.rows += part.rows;
            table.files += 1;
            table.bytes += part.bytes;
        }
        let mut moves: Vec<_> = parts.into_iter().map(|part| part.moved).collect();
        (report.rejected, report.rejected_file) = (rejects.count(), None);
        if let Some(moved) = rejects.finish(name, &id)? {
            report.rejected_file = Some(self.root.join(&moved.to));
            moves.push(moved);
        }
        journal.commit(&id, name, moves, Vec::new())?;
        Ok(report)
    }

    /// Reads all lines into the sorter, parsing on all threads while the next block is read.
    fn read(
        &self,
        text: Box<dyn Read + Send + '_>,
        name: &str,
        sorter: &mut Sorter,
        rejects: &mut Rejects,
        report: &mut dyn FnMut(u64, u64),
    ) -> Result<()> {
        let block = (self.options.memory / 16).clamp(64 << 10, 4 << 20);
        let mut blocks = Blocks::with_size(text, name, block);
        let mut workers = Workers::new(Arc::new(self.catalog.clone()), self.table.clone());
        let mut block = blocks.next()?;
        while let Some(current) = block {
            let (next, ()) = rayon::join(|| blocks.next(), || workers.parse(&current));
            block = next?;
            rejects.add(workers.take_rejects())?;
            report(sorter.rows() + workers.rows(), rejects.count());
            if workers.weight() > self.options.memory {
                sorter.add(workers.take_tables()?)?;
                sorter.set_aside()?;
            }
        }
        sorter.add(workers.take_tables()?)
    }
}
