//! `partition` and `partition-by`.

use super::{Parameter, Subquery};
use crate::ast::Expr;
use crate::span::Span;

/// `partition hint.strategy=native by a (…)` or `partition by a {…}`
#[derive(Clone, Debug, PartialEq)]
pub struct Partition {
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// The key.
    pub by: Box<Expr>,
    /// `in range(…)` or `in dynamic([…])`
    pub within: Option<Box<Expr>>,
    /// What runs on each part.
    pub body: PartitionBody,
    /// From the keyword on.
    pub span: Span,
}

/// The two forms of a `partition` body.
#[derive(Clone, Debug, PartialEq)]
pub enum PartitionBody {
    /// `( operators )`, run on the rows of the part.
    Operators(Subquery),
    /// `{ query }`, which names its own source.
    Query(Box<Expr>),
}

/// `partition-by a (…)`, also spelled `__partitionby`.
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionBy {
    /// Hints.
    pub parameters: Vec<Parameter>,
    /// The key.
    pub by: Box<Expr>,
    /// `id guid(…)`, which tools write.
    pub id: Option<Box<Expr>>,
    /// Runs on the rows of each part.
    pub body: Subquery,
    /// From the keyword on.
    pub span: Span,
}
