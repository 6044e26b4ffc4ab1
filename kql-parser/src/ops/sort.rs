//! `sort by` (also spelled `order by`), `top`, and the sort keys that other operators share.

use super::Parameter;
use crate::ast::{Expr, NamedExpr};
use crate::span::Span;

/// `sort by a, b asc nulls last`
#[derive(Clone, Debug, PartialEq)]
pub struct Sort {
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// Most significant first.
    pub keys: Vec<SortKey>,
    /// From the keyword on.
    pub span: Span,
}

/// `top n by key`
#[derive(Clone, Debug, PartialEq)]
pub struct Top {
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// How many rows at most.
    pub count: Expr,
    /// Most significant first.
    pub keys: Vec<SortKey>,
    /// From the keyword on.
    pub span: Span,
}

/// `expr asc nulls last`
#[derive(Clone, Debug, PartialEq)]
pub struct SortKey {
    /// What to sort by; a name is allowed and has no effect.
    pub expr: NamedExpr,
    /// Descending where it is absent.
    pub direction: Option<Direction>,
    /// First for `asc` and last for `desc` where it is absent.
    pub nulls: Option<Nulls>,
    /// All of it.
    pub span: Span,
}

/// `asc` or `desc`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// `asc`
    Asc,
    /// `desc`
    Desc,
}

/// Where nulls go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Nulls {
    /// `nulls first`
    First,
    /// `nulls last`
    Last,
}
