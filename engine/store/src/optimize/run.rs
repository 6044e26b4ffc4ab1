//! From a root to a report: groups at work, as many at a time as memory allows.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use rayon::prelude::*;

use super::encode::SHAPES;
use super::plan::{Group, groups};
use super::write::{Written, id, memory, write};
use super::{Left, Optimize, OptimizeReport, Progress, TableReport};
use crate::error::{Result, StoreError};
use crate::journal::{Journal, OPTIMIZE, Removal};
use crate::root::DataRoot;

pub(super) fn run(optimize: &Optimize, progress: &(dyn Fn(Progress) + Sync)) -> Result<OptimizeReport> {
    let given = optimize.root.display().to_string();
    let root = DataRoot::open(&given)?;
    let folder = fs::canonicalize(&optimize.root).map_err(|e| StoreError::io(given, e))?;
    let journal = match optimize.options.dry_run {
        true => None,
        false => Some(Journal::open(&folder, OPTIMIZE)?),
    };
    let mut report = OptimizeReport::default();
    let all = survey(optimize, &root, &folder, &mut report)?;
    let Some(journal) = journal else {
        all.iter().for_each(|group| tell_before(&mut report, group));
        return Ok(report);
    };
    let work = Work {
        root: &folder,
        journal: Mutex::new(&journal),
        memory: Budget::new(optimize.options.memory as u64),
        bytes: AtomicU64::new(0),
        total: all.iter().map(Group::bytes).sum(),
        progress,
        shapes: Mutex::default(),
    };
    // Large ones first: at the end one would have the machine to itself.
    let mut sorted = all;
    sorted.sort_by_key(|group| std::cmp::Reverse(group.bytes()));
    let done: Vec<_> = sorted.par_iter().with_max_len(1).map(|group| work.replace(group)).collect::<Result<_>>()?;
    for (group, outcome) in sorted.iter().zip(done) {
        let table = report.tables.entry(group.table.clone()).or_default();
        match outcome {
            Ok(written) => {
                table.after.count += written.files.count;
                table.after.bytes += written.files.bytes;
                tell_before(&mut report, group);
            }
            Err(left) => table.left.push(left),
        }
    }
    Ok(report)
}

fn tell_before(report: &mut OptimizeReport, group: &Group) {
    let table = report.tables.entry(group.table.clone()).or_default();
    table.rows += group.rows();
    table.before.count += group.files.len() as u64;
    table.before.bytes += group.bytes();
}

/// What there is to do.
fn survey(optimize: &Optimize, root: &DataRoot, folder: &Path, report: &mut OptimizeReport) -> Result<Vec<Group>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.map_err(|e| StoreError::io("starting to read", e))?;
    let mut all = Vec::new();
    for table in runtime.block_on(root.chosen(&optimize.options.tables, &optimize.catalog))? {
        let mut told = TableReport::default();
        all.extend(groups(folder, &table, optimize.catalog.table(&table.name), &mut told));
        report.tables.insert(table.name, told);
    }
    Ok(all)
}

struct Work<'a> {
    root: &'a Path,
    journal: Mutex<&'a Journal>,
    memory: Budget,
    bytes: AtomicU64,
    total: u64,
    progress: &'a (dyn Fn(Progress) + Sync),
    /// The shape that fitted last, by table.
    shapes: Mutex<BTreeMap<String, usize>>,
}

impl Work<'_> {
    /// Replaces a group's files. What is wrong with them is told; what would be wrong with others, too, is an error.
    fn replace(&self, group: &Group) -> Result<Result<Written, Left>> {
        let _held = self.memory.take(memory(group));
        let outcome = self.try_replace(group);
        self.bytes.fetch_add(group.bytes(), Ordering::Relaxed);
        self.tell(0.0);
        let left = |reason: String, failed| Ok(Err(Left { place: group.place(), reason, failed }));
        match outcome {
            Ok(Some(written)) => Ok(Ok(written)),
            Ok(None) => left("it would not become smaller".to_owned(), false),
            Err(error @ (StoreError::BrokenFile { .. } | StoreError::UnsupportedCompression { .. })) => {
                left(error.to_string(), true)
            }
            Err(error @ (StoreError::Changed { .. } | StoreError::NotTheSame { .. })) => left(error.to_string(), true),
            Err(error @ StoreError::Arrow { .. }) => left(error.to_string(), true),
            Err(error) => Err(error),
        }
    }

    fn try_replace(&self, group: &Group) -> Result<Option<Written>> {
        let id = id(group);
        // Where a table's files of one day would have grown, those of others would, too.
        let first = lock(&self.shapes).get(&group.table).copied().unwrap_or_default();
        for (number, shape) in SHAPES.iter().enumerate().skip(first) {
            let staging = lock(&self.journal).staging().inside(&id)?;
            let written = write(self.root, group, &staging, shape, &|part| self.tell(part * group.bytes() as f64));
            let fits = written.as_ref().is_ok_and(|written| written.files.bytes <= group.bytes());
            if fits {
                let written = written?;
                self.commit(group, &id, &written)?;
                staging.clear()?;
                lock(&self.shapes).insert(group.table.clone(), number);
                return Ok(Some(written));
            }
            staging.clear()?;
            // A reader's error may well be that the file is another one by now.
            self.unchanged(group)?;
            written?;
        }
        Ok(None)
    }

    fn commit(&self, group: &Group, id: &str, written: &Written) -> Result<()> {
        let removal = |file: &super::plan::Old| Removal { path: file.path.clone(), was: file.stamp };
        let removals = group.files.iter().map(removal).collect();
        let journal = lock(&self.journal);
        self.unchanged(group)?;
        journal.commit(id, &group.table, written.moves.clone(), removals)
    }

    fn unchanged(&self, group: &Group) -> Result<()> {
        let changed = group.files.iter().find(|file| !file.stamp.is_of(&self.root.join(&file.path)));
        match changed {
            Some(file) => Err(StoreError::Changed { file: file.path.display().to_string() }),
            None => Ok(()),
        }
    }

    fn tell(&self, more: f64) {
        let bytes = (self.bytes.load(Ordering::Relaxed) + more as u64).min(self.total);
        (self.progress)(Progress { bytes, total: self.total });
    }
}

/// Bytes that may be held.
struct Budget {
    free: Mutex<u64>,
    whole: u64,
    returned: Condvar,
}

struct Held<'a> {
    budget: &'a Budget,
    bytes: u64,
}

impl Budget {
    fn new(bytes: u64) -> Self {
        Self { free: Mutex::new(bytes), whole: bytes, returned: Condvar::new() }
    }

    /// Waits until there is as much, or all.
    fn take(&self, bytes: u64) -> Held<'_> {
        let bytes = bytes.min(self.whole);
        let free = self.returned.wait_while(lock(&self.free), |free| *free < bytes);
        *free.unwrap_or_else(PoisonError::into_inner) -= bytes;
        Held { budget: self, bytes }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        *lock(&self.budget.free) += self.bytes;
        self.budget.returned.notify_all();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
