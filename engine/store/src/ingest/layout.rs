//! From runs to the files of each day.

use std::path::PathBuf;

use arrow::array::RecordBatch;
use rayon::prelude::*;

use super::parquet::{typed, within_nanoseconds, write_part};
use super::run::{Day, Sorter, Table};
use crate::error::Result;
use crate::journal::{Move, Staging};
use crate::ticks;

/// A finished file.
pub(super) struct Part {
    pub(super) table: String,
    pub(super) rows: u64,
    pub(super) bytes: u64,
    pub(super) moved: Move,
}

/// What one file is to hold: days of runs, by position.
struct Plan<'a> {
    name: &'a str,
    table: &'a Table,
    day: Day,
    pieces: Vec<(usize, usize)>,
}

/// Writes all rows as files in `staging`, on all threads.
pub(super) fn write_parts(sorter: Sorter, staging: &Staging, id: &str) -> Result<Vec<Part>> {
    // Each thread holds the rows of a file, and once more while they are sorted and encoded.
    let budget = sorter.memory / rayon::current_num_threads() / 2;
    let plans: Vec<_> = sorter.tables.iter().flat_map(|(name, table)| plan(name, table, budget)).collect();
    let written = plans.par_iter().enumerate().map(|(number, plan)| write(plan, number, staging, id));
    Ok(written.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// One file a day, or several if the day's rows do not fit into `budget` bytes at once.
fn plan<'a>(name: &'a str, table: &'a Table, budget: usize) -> Vec<Plan<'a>> {
    let mut pieces: Vec<(Day, usize, usize)> = Vec::new();
    for (run, days) in table.runs.iter().map(|run| &run.days).enumerate() {
        pieces.extend(days.iter().enumerate().map(|(position, (day, _))| (*day, run, position)));
    }
    pieces.sort_unstable();
    let mut plans: Vec<Plan<'a>> = Vec::new();
    let mut weight = 0;
    for (day, run, position) in pieces {
        let piece = table.runs[run].row_weight * table.runs[run].days[position].1.len();
        match plans.last_mut().filter(|plan| plan.day == day && weight + piece <= budget) {
            Some(plan) => {
                plan.pieces.push((run, position));
                weight += piece;
            }
            None => {
                plans.push(Plan { name, table, day, pieces: vec![(run, position)] });
                weight = piece;
            }
        }
    }
    plans
}

fn write(plan: &Plan<'_>, number: usize, staging: &Staging, id: &str) -> Result<Vec<Part>> {
    let mut batches = Vec::new();
    for (run, position) in &plan.pieces {
        batches.extend(plan.table.runs[*run].day(*position)?);
    }
    let all = plan.table.together(&batches)?;
    let (sorted, _) = match plan.pieces.len() {
        1 => (all, Vec::new()), // a run is sorted
        _ => plan.table.sort(&all)?,
    };
    let halves = within_nanoseconds(&typed(plan.table, &sorted)?)?;
    let mut parts = Vec::new();
    for (half, suffix) in halves.iter().zip(["", "-wide"]).filter(|(half, _)| half.num_rows() > 0) {
        parts.push(write_one(plan, half, &format!("{number}{suffix}"), staging, id)?);
    }
    Ok(parts)
}

fn write_one(plan: &Plan<'_>, rows: &RecordBatch, number: &str, staging: &Staging, id: &str) -> Result<Part> {
    let staged = format!("part-{number}.parquet");
    let bytes = write_part(&staging.path(&staged), rows, plan.table)?;
    let folder = match plan.day {
        Day::At(day) => PathBuf::from(plan.name).join(ticks::format_date(day * vizsla_schema::Ticks::PER_DAY)),
        Day::Undated => PathBuf::from(plan.name).join("undated"),
        Day::Timeless => PathBuf::from(plan.name),
    };
    Ok(Part {
        table: plan.name.to_owned(),
        rows: rows.num_rows() as u64,
        bytes,
        moved: staging.moved(&staged, folder.join(format!("part-{id}-{number}.parquet"))),
    })
}
