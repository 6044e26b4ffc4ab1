//! `join` and `lookup`.

use super::Parameter;
use crate::ast::Expr;
use crate::span::Span;

/// `join kind=inner (right) on a, $left.b == $right.c`
#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    /// `kind` and hints.
    pub parameters: Vec<Parameter>,
    /// The right side.
    pub right: Box<Expr>,
    /// How rows meet; absent for a cross join.
    pub condition: Option<JoinCondition>,
    /// From the keyword on.
    pub span: Span,
}

/// After the right side of a join.
#[derive(Clone, Debug, PartialEq)]
pub enum JoinCondition {
    /// `on a, $left.b == $right.c`
    On(Vec<Expr>),
    /// `where predicate`
    Where(Box<Expr>),
}

/// `lookup kind=leftouter (right) on a`
#[derive(Clone, Debug, PartialEq)]
pub struct Lookup {
    /// `kind` and hints.
    pub parameters: Vec<Parameter>,
    /// The right side.
    pub right: Box<Expr>,
    /// Columns or `$left.a == $right.b`.
    pub on: Vec<Expr>,
    /// From the keyword on.
    pub span: Span,
}
