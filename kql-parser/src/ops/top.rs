//! `top-hitters` and `top-nested`.

use super::{Parameter, SortKey};
use crate::ast::{Expr, NamedExpr};
use crate::span::Span;

/// `top-hitters n of column by weight`
#[derive(Clone, Debug, PartialEq)]
pub struct TopHitters {
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// How many values.
    pub count: Expr,
    /// Whose values.
    pub of: NamedExpr,
    /// What to add up; rows are counted where it is absent.
    pub by: Option<SortKey>,
    /// From the keyword on.
    pub span: Span,
}

/// `top-nested 2 of a by sum(x), top-nested 1 of b by max(y)`
#[derive(Clone, Debug, PartialEq)]
pub struct TopNested {
    /// Outermost first.
    pub levels: Vec<TopNestedLevel>,
    /// From the first keyword on.
    pub span: Span,
}

/// One level of [`TopNested`].
#[derive(Clone, Debug, PartialEq)]
pub struct TopNestedLevel {
    /// How many values; all where it is absent.
    pub count: Option<Expr>,
    /// Whose values.
    pub of: NamedExpr,
    /// `with others = label`: one more row for the values left out.
    pub others: Option<Expr>,
    /// The aggregate to rank by.
    pub by: SortKey,
    /// From its keyword on.
    pub span: Span,
}
