//! `scan`: a state machine over ordered rows.

use super::{Parameter, SortKey};
use crate::ast::{ColumnDeclaration, Expr, Name};
use crate::span::Span;

/// `scan with_match_id=id declare (x: long = 0) with (step s1: a => x = 1; step s2: b;)`
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    /// `with_match_id` and hints.
    pub parameters: Vec<Parameter>,
    /// `order by`
    pub order_by: Vec<SortKey>,
    /// `partition by`
    pub partition_by: Vec<Expr>,
    /// Columns that steps assign.
    pub declare: Vec<ColumnDeclaration>,
    /// In the order written.
    pub steps: Vec<ScanStep>,
    /// From the keyword on.
    pub span: Span,
}

/// `step name optional output=last: condition => a = b, c = d;`
#[derive(Clone, Debug, PartialEq)]
pub struct ScanStep {
    /// What later steps call its row.
    pub name: Name,
    /// `optional`
    pub optional: bool,
    /// Which rows come out; all where it is absent.
    pub output: Option<StepOutput>,
    /// When a row matches.
    pub condition: Expr,
    /// What a match assigns.
    pub assignments: Vec<Assignment>,
    /// From `step` to `;`.
    pub span: Span,
}

/// `output = …` of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StepOutput {
    /// `all`
    All,
    /// `last`
    Last,
    /// `none`
    None,
}

/// `name = expr`
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// A declared column.
    pub name: Name,
    /// Its new value.
    pub value: Expr,
    /// All of it.
    pub span: Span,
}
