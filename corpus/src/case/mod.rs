//! Case files: prose, a query and its answer, in Markdown that reads well on its own.
//!
//! ````text
//! ---
//! now: 2024-05-01T12:00:00Z
//! ---
//! # where
//!
//! A row is kept when the predicate is true; null is not true.
//! ```kql
//! datatable(x:long)[1, long(null), 3] | where x > 1
//! ```
//! ```result
//! x:long
//! 3
//! ```
//! ````
//!
//! | Block | Holds |
//! |---|---|
//! | `kql` | the query; the prose line above it is the case's name |
//! | `kql as written: REASON` | a query whose `datatable`s have to stay in it, and why; files would give another answer |
//! | `result` | a table; rows in any order. One block for each table of the answer |
//! | `result ordered` | rows in exactly this order |
//! | `result any` | only columns and the number of rows count (`take`, ties) |
//! | `error` | codes, the text the message points at, a part of the message; each part may be left out |
//! | `data NAME` | a table that the queries after it can read |
//!
//! A table is a header `Name:type | Name:type` and a line for each row, cells separated by `|`. A string that is empty,
//! reads `null`, has blanks around it or holds a pipe, a quote or a line break is written as a JSON string (`""`,
//! `"a|b"`); dynamic cells are JSON; `null` is null; real cells may be `NaN`, `Infinity` and `-Infinity`.
//!
//! An error is one line, `KQL0210 SEM0100 at `FileNme`: no column named`. Codes are ours or the service's; text with a
//! backtick in it is written as a JSON string.
//!
//! A query without an answer below it is filled in by `UPDATE=1`, which rewrites every answer that differs. Front
//! matter holds options of all queries of a file: `now`. A fence of four backticks lets a query hold three.

mod cells;
mod check;
mod file;
mod judge;
mod print;

use std::ops::Range;
use std::path::PathBuf;

pub use check::{CaseFailure, Report, cases_folder, check_cases, check_cases_again, load_cases, run_cases};

use crate::{Failure, Table};

/// A file of cases.
#[derive(Debug, Clone)]
pub struct CaseFile {
    /// Where it was read.
    pub path: PathBuf,
    /// In file order.
    pub cases: Vec<Case>,
    text: String,
}

/// A query and what is known of its answer.
#[derive(Debug, Clone)]
pub struct Case {
    /// The last line of prose above the query.
    pub name: String,
    /// Line of the query's first line, from 1.
    pub line: usize,
    /// KQL text, without the line break at its end.
    pub query: String,
    /// What it runs with.
    pub options: CaseOptions,
    /// Why its rows cannot come from files instead, if they cannot.
    pub as_written: Option<String>,
    /// The answer, unless it is still to be filled in.
    pub expected: Option<Expected>,
    /// Where the answer's blocks stand in the file; empty, after the query, when there are none.
    answer: Range<usize>,
}

/// What a case runs with besides its query.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CaseOptions {
    /// What `now()` returns, as ISO 8601 text.
    pub now: Option<String>,
    /// Tables that exist besides the built-in ones, by name.
    pub tables: Vec<(String, Table)>,
}

/// A known answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Expected {
    /// One table for each result.
    Tables(Vec<ExpectedTable>),
    /// The query is refused.
    Error(ExpectedError),
}

/// A known result table.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpectedTable {
    /// Columns and rows.
    pub table: Table,
    /// What of the rows counts.
    pub rows: Rows,
}

/// What of the rows counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// Each row, in any order.
    Multiset,
    /// Each row, in this order.
    Ordered,
    /// How many there are.
    Any,
}

/// A known refusal; what is absent is not compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExpectedError {
    /// Our code, the service's, or both.
    pub codes: Vec<String>,
    /// The text of the query that the message is about.
    pub at: Option<String>,
    /// A part of the message.
    pub message: Option<String>,
}

/// Something that runs queries: the library with some settings, the command line, the server.
pub trait Driver {
    /// A few words for reports: `engine, indexed`.
    fn name(&self) -> &str;

    /// The result tables of a query, or its first error.
    ///
    /// # Errors
    /// The query is refused, or fails while it runs.
    fn run(&mut self, query: &str, options: &CaseOptions) -> Result<Vec<Table>, Failure>;

    /// Whether this driver can ask what the case asks; others are left out for it.
    fn honours(&self, _case: &Case) -> bool {
        true
    }
}
