//! `make-series`.

use super::Parameter;
use crate::ast::{Expr, NamedExpr};
use crate::span::Span;

/// `make-series a = sum(x) default = 0 on t from a to b step 1h by k`
#[derive(Clone, Debug, PartialEq)]
pub struct MakeSeries {
    /// `kind` and hints.
    pub parameters: Vec<Parameter>,
    /// At least one.
    pub aggregates: Vec<SeriesAggregate>,
    /// The axis.
    pub on: Box<NamedExpr>,
    /// Its extent and step.
    pub range: Box<SeriesRange>,
    /// One series for each key; `None` without `by`.
    pub by: Option<Vec<NamedExpr>>,
    /// From the keyword on.
    pub span: Span,
}

/// `a = sum(x) default = 0`
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesAggregate {
    /// The aggregate.
    pub expr: NamedExpr,
    /// What an empty bin gets.
    pub default: Option<Expr>,
    /// All of it.
    pub span: Span,
}

/// The axis of a series.
#[derive(Clone, Debug, PartialEq)]
pub enum SeriesRange {
    /// `from a to b step c`, the end excluded.
    FromToStep {
        /// First bin; the data's minimum where it is absent.
        from: Option<Expr>,
        /// End, excluded; the data's maximum where it is absent.
        to: Option<Expr>,
        /// Width of a bin.
        step: Expr,
    },
    /// `in range(a, b, c)`, the end included.
    InRange {
        /// First bin.
        from: Expr,
        /// Last bin.
        to: Expr,
        /// Width of a bin.
        step: Expr,
    },
}
