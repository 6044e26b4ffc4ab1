//! What comparing one case came to.

use std::collections::BTreeSet;

/// Verdict of one case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The answer agrees.
    Pass,
    /// There is an answer and it differs.
    Fail,
    /// The query was refused.
    Error,
    /// There is no answer for this case.
    Missing,
}

/// What a verdict leaned on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Note {
    /// Other column names that the documentation or the language service gives.
    AltColumns,
    /// Columns whose order only the data decides.
    ColumnOrder,
    /// Dots in the documented cell stood for anything.
    Elided,
    /// Equal after Markdown marks and quotes were dropped.
    Loose,
    /// There was nothing to compare with.
    NoExpectation,
    /// The engine may choose; columns and row count decided.
    Nondet,
    /// The documentation shows only some columns.
    PartialColumns,
    /// Rows with equal sort keys came in another order.
    Ties,
    /// A column's type differs.
    Type,
}

impl Note {
    /// The word that `compare.py` uses.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::AltColumns => "alt-columns",
            Self::ColumnOrder => "column-order",
            Self::Elided => "elided",
            Self::Loose => "loose",
            Self::NoExpectation => "no expectation",
            Self::Nondet => "nondet",
            Self::PartialColumns => "partial-columns",
            Self::Ties => "ties",
            Self::Type => "type",
        }
    }
}

pub(super) type Notes = BTreeSet<Note>;

/// Verdict, reason and notes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The verdict.
    pub status: Status,
    /// Why it is not a pass; empty otherwise.
    pub reason: String,
    /// What the verdict leaned on.
    pub notes: BTreeSet<Note>,
}

impl Outcome {
    pub(super) fn new(status: Status, reason: impl Into<String>, notes: Notes) -> Self {
        Self { status, reason: reason.into(), notes }
    }
}
