//! `summarize` and `reduce`.

use super::Parameter;
use crate::ast::{Expr, NamedExpr};
use crate::span::Span;

/// `summarize a = count() by b, bin(c, 1h)`
#[derive(Clone, Debug, PartialEq)]
pub struct Summarize {
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// Possibly none.
    pub aggregates: Vec<NamedExpr>,
    /// Group keys; `None` without `by`.
    pub by: Option<Vec<NamedExpr>>,
    /// `bin = x` at the end of an old query.
    pub bin: Option<Expr>,
    /// From the keyword on.
    pub span: Span,
}

/// `reduce by a with threshold = 0.1, characters = "-"`
#[derive(Clone, Debug, PartialEq)]
pub struct Reduce {
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// The text to find patterns in.
    pub by: NamedExpr,
    /// After `with`.
    pub options: Vec<NamedExpr>,
    /// From the keyword on.
    pub span: Span,
}
