//! Lines to rows, on all threads.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::error::ArrowError;
use rayon::prelude::*;
use vizsla_schema::Catalog;

use super::buffer::{Gathered, TableBuffer};
use super::rejects::Reject;
use crate::error::{Result, StoreError};
use crate::json::scan::Scanner;
use crate::ndjson::{Block, Sink, Unfit, each_record, lines, split};
use crate::place::canonical;

/// As many workers as threads; each has buffers of its own, so they share nothing while they parse.
pub(super) struct Workers {
    workers: Vec<Worker>,
}

struct Worker {
    catalog: Arc<Catalog>,
    /// The table of records without an envelope.
    table: Option<String>,
    tables: Vec<(String, TableBuffer)>,
    /// Positions in `tables` by the name that records use.
    known: HashMap<String, usize>,
    current: usize,
    rejects: Vec<Reject>,
    weight: usize,
}

impl Workers {
    pub(super) fn new(catalog: Arc<Catalog>, table: Option<String>) -> Self {
        let worker = |_| Worker {
            catalog: Arc::clone(&catalog),
            table: table.clone(),
            tables: Vec::new(),
            known: HashMap::new(),
            current: 0,
            rejects: Vec::new(),
            weight: 0,
        };
        Self { workers: (0..rayon::current_num_threads()).map(worker).collect() }
    }

    /// Takes the rows of a block.
    pub(super) fn parse(&mut self, block: &Block) {
        let parts = split(block, self.workers.len());
        self.workers.par_iter_mut().zip(parts).for_each(|(worker, (first_line, part))| worker.parse(first_line, part));
    }

    /// About how many bytes the rows take that are gathered.
    pub(super) fn weight(&self) -> usize {
        self.workers.iter().map(|worker| worker.weight).sum()
    }

    /// How many rows are gathered.
    pub(super) fn rows(&self) -> u64 {
        let tables = self.workers.iter().flat_map(|worker| &worker.tables);
        tables.map(|(_, buffer)| buffer.rows() as u64).sum()
    }

    /// The lines not taken since the last call, in order.
    pub(super) fn take_rejects(&mut self) -> Vec<Reject> {
        self.workers.iter_mut().flat_map(|worker| std::mem::take(&mut worker.rejects)).collect()
    }

    /// All gathered rows, by table.
    pub(super) fn take_tables(&mut self) -> Result<Vec<(String, Gathered)>> {
        let mut taken = Vec::new();
        for worker in &mut self.workers {
            worker.weight = 0;
            for (name, buffer) in &mut worker.tables {
                if buffer.rows() > 0 {
                    taken.push((name.clone(), buffer.take()?));
                }
            }
        }
        Ok(taken)
    }
}

impl Worker {
    fn parse(&mut self, first_line: u64, part: &[u8]) {
        for (line, bytes) in lines(part, first_line) {
            let reason = match std::str::from_utf8(bytes) {
                Ok(text) => each_record(text, self).err().map(|e| e.to_string()),
                Err(_) => Some("not UTF-8".to_owned()),
            };
            if let Some(reason) = reason {
                let text = String::from_utf8_lossy(bytes).into_owned();
                self.rejects.push(Reject { line, reason, text });
            }
        }
    }

    /// The position of the table that records call `name`.
    fn find(&mut self, name: &str) -> Result<usize, Unfit> {
        if let Some(found) = self.known.get(name) {
            return Ok(*found);
        }
        // The name becomes a folder's, and whoever sends records must not choose any folder.
        if !is_table_name(name) {
            return Err(Unfit::NoName(name.to_owned()));
        }
        let canonical = canonical(name, &self.catalog);
        let found = self.tables.iter().position(|(known, _)| *known == canonical).unwrap_or_else(|| {
            let buffer = TableBuffer::new(self.catalog.table(&canonical));
            self.tables.push((canonical, buffer));
            self.tables.len() - 1
        });
        self.known.insert(name.to_owned(), found);
        Ok(found)
    }
}

/// A letter, then letters, digits and underscores.
fn is_table_name(name: &str) -> bool {
    name.len() <= 128
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

impl Sink for Worker {
    fn read(&mut self, table: Option<&str>, scanner: &mut Scanner<'_>) -> Result<(), Unfit> {
        self.current = match (table, self.table.take()) {
            (Some(named), own) => {
                self.table = own;
                self.find(named)?
            }
            (None, Some(own)) => {
                let found = self.find(&own);
                self.table = Some(own);
                found?
            }
            (None, None) => return Err(Unfit::NoTable),
        };
        self.tables[self.current].1.read(scanner)
    }

    fn keep(&mut self, line: &str) {
        self.weight += self.tables[self.current].1.keep(line);
    }
}

/// An error of arrow while rows are still in memory.
pub(super) fn at_memory(error: ArrowError) -> StoreError {
    StoreError::arrow("gathering rows", error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_tables_are_no_paths() {
        for (name, expected) in
            [("DeviceInfo", true), ("Custom_CL", true), ("../x", false), ("a/b", false), ("_a", false), ("", false)]
        {
            assert_eq!(is_table_name(name), expected, "{name}");
        }
    }
}
